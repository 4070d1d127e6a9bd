/* What else the worker can be asked where a network learns. Who trains asks for a few
   steps at a time, and can ask for other things in between. */

import { Trainer, crossEntropy } from "./engine_training.js";
import { Engine } from "./engine_worker.js";

export class Learner extends Engine {
  // Digits as Python packs them (training.py): compressed, two pixels in a byte.
  async unpack({ text }) {
    const bytes = Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
    const stream = new Blob([bytes])
      .stream()
      .pipeThrough(new DecompressionStream("deflate"));
    const pairs = new Uint8Array(await new Response(stream).arrayBuffer());
    const pixels = new Uint8Array(2 * pairs.length);
    pairs.forEach((pair, at) =>
      pixels.set([17 * (pair >> 4), 17 * (pair & 15)], 2 * at),
    );
    return { pixels };
  }

  data({ images, labels, seed }) {
    const stranger = this.network.settings.find(
      ({ function: name }, index) =>
        !this.network.layers[index].backward || (name && name !== "relu"),
    );
    if (stranger) throw new Error(`cannot train ${stranger.name ?? stranger.kind}`);
    this.trainer = new Trainer(this.network, images, labels, seed);
    return { count: labels.length };
  }

  train({ steps = Infinity, milliseconds = Infinity, batchSize, learningRate }) {
    const losses = [];
    const end = performance.now() + milliseconds;
    while (losses.length < steps && (!losses.length || performance.now() < end))
      losses.push(this.trainer.step(batchSize, learningRate));
    return { losses, step: this.trainer.adam.updates };
  }

  // The mean loss, the accuracy, and what the others are taken for.
  evaluate({ images, labels }) {
    let total = 0;
    const wrong = [];
    this.eachOf(images, (logits, index) => {
      total += crossEntropy(logits, labels[index]).loss;
      const reading = logits.indexOf(Math.max(...logits));
      if (reading !== labels[index]) wrong.push({ index, reading });
    });
    const count = labels.length;
    return { loss: total / count, accuracy: 1 - wrong.length / count, wrong };
  }
}
