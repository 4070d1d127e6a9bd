/* What the worker is asked, and what it answers. A question is { ask: "predict", image },
   and back comes { answer } or { error }, in the order of the questions. */

import { softmax } from "./engine_activations.js";
import { encode, makeRandom, sizeOf, toUnit } from "./engine_arrays.js";
import { Network } from "./engine_network.js";

export class Engine {
  load({ network, seed, zero }) {
    this.network = new Network(network, zero ? () => 0.5 : makeRandom(seed ?? 0));
    // A few times to no purpose, since code that has run before is quicker.
    const blank = new Float32Array(sizeOf(network.input)).fill(1);
    for (let round = 0; round < 3; round++) this.network.forward(blank);
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

let serving = null; // the engine that answers

// Of several engines the last one answers.
export function serve(port, engine) {
  if (!serving) port.addEventListener("message", answer);
  serving = engine;
}

async function answer({ target: port, data: { ask, ...rest } }) {
  try {
    port.postMessage({ answer: await serving[ask](rest) });
  } catch (error) {
    port.postMessage({ error: error.message });
  }
}
