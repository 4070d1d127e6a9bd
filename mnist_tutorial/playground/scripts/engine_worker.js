/* What the worker is asked, and what it answers. A question is { ask: "predict", image },
   and back comes { answer } or { error }, in the order of the questions. Who trains asks
   for a few steps at a time, and can ask for other things in between. */

import { softmax } from "./engine_activations.js";
import { encode, makeRandom, sizeOf, toUnit } from "./engine_arrays.js";
import { Network } from "./engine_network.js";
import { Trainer, crossEntropy } from "./engine_training.js";

class Engine {
  load({ network, seed, zero }) {
    this.network = new Network(network, zero ? () => 0.5 : makeRandom(seed ?? 0));
    this.trainer = null;
    // Once to no purpose, since code that has run before is quicker.
    this.network.forward(new Float32Array(sizeOf(network.input)).fill(1));
    return this.layers();
  }

  layers() {
    return { layers: this.network.describe((array) => array) };
  }

  save() {
    const { input } = this.network;
    return { network: { input, layers: this.network.describe(encode) } };
  }

  predict({ image }) {
    const start = performance.now();
    this.network.forward(toUnit(image));
    const milliseconds = performance.now() - start;
    const maps = this.network.layers.map(({ outputs }) => outputs.slice());
    const logits = this.network.logits.slice();
    const probabilities = Float32Array.from(softmax(logits));
    return { logits, probabilities, maps, milliseconds };
  }

  predictMany({ images }) {
    const logits = [];
    this.eachOf(images, (row) => logits.push(...row));
    return { logits: Float32Array.from(logits) };
  }

  // Where the number came from that stands at this place in the outputs of a layer.
  explain({ layer: which, index }) {
    const layer = this.network.layers[which];
    const same = { inputs: Int32Array.of(index), weights: null, bias: 0 };
    const parts = layer.explain?.(index) ?? same;
    const before = this.network.layers[which - 1]?.outputs ?? this.network.image;
    const values = Float32Array.from(parts.inputs, (input) => before[input] ?? 0);
    return { ...parts, values, sum: layer.outputs[index] };
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

  // Calls back with the logits of each of many images.
  eachOf(images, use) {
    const numbers = toUnit(images);
    for (let index = 0; ; index++) {
      const image = this.network.imageAt(numbers, index);
      if (!image.length) return;
      this.network.forward(image);
      use(this.network.logits, index);
    }
  }
}

export function serve(port) {
  const engine = new Engine();
  port.addEventListener("message", ({ data: { ask, ...rest } }) => {
    try {
      port.postMessage({ answer: engine[ask](rest) });
    } catch (error) {
      port.postMessage({ error: error.message });
    }
  });
}
