/* What else the worker can be asked where a network learns. Who trains asks for a few
   steps at a time, and can ask for other things in between. */

import { canLearn } from "./engine_backward.js";
import {
  Trainer,
  crossEntropy,
  drawWeights,
  imageAt,
  makeRandom,
  toUnit,
} from "./engine_training.js";
import { Engine } from "./engine_worker.js";

export class Learner extends Engine {
  // A layer that has no weights yet says how many to draw: filters and window, or units.
  load({ network, seed = 0, zero }) {
    const answer = super.load({ network });
    drawWeights(this.network, zero ? () => 0.5 : makeRandom(seed));
    return answer;
  }

  // The weights of the first layer that has some, as they are now.
  kernel() {
    const { kernel, kernelShape } = this.network.layers.find((layer) => layer.kernel);
    return { kernel, kernelShape };
  }

  // The network as Python writes it.
  save() {
    const { input, layers, settings } = this.network;
    const saved = layers.map(({ kernel, bias, kernelShape }, which) => ({
      ...settings[which],
      ...(kernel && {
        kernel: encode(kernel, kernelShape),
        bias: encode(bias, [bias.length]),
      }),
    }));
    return { network: { input, layers: saved } };
  }

  predictMany({ images }) {
    const logits = [];
    this.eachOf(images, (row) => logits.push(...row));
    return { logits: Float32Array.from(logits) };
  }

  // Calls back with the logits of each of many images.
  eachOf(images, use) {
    const numbers = toUnit(images);
    for (let index = 0; ; index++) {
      const image = imageAt(this.network, numbers, index);
      if (!image.length) return;
      this.network.forward(image);
      use(this.network.logits, index);
    }
  }

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
    const stranger = this.network.settings.find((settings) => !canLearn(settings));
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

function encode(values, shape) {
  const bytes = new Uint8Array(values.slice().buffer);
  const characters = Array.from(bytes, (byte) => String.fromCharCode(byte));
  return { shape, type: "float32", data: btoa(characters.join("")) };
}
