/* What the worker is asked, and what it answers. A question is { ask: "predict", image },
   and back comes { answer } or { error }, in the order of the questions. */

import { softmax } from "./engine_activations.js";
import { sizeOf } from "./engine_arrays.js";
import { Network } from "./engine_network.js";

export class Engine {
  load({ network }) {
    this.network = new Network(network);
    // A few times to no purpose, since code that has run before is quicker.
    const blank = new Float32Array(sizeOf(network.input)).fill(1);
    for (let round = 0; round < 3; round++) this.network.forward(blank);
    return { shapes: this.network.layers.map(({ shape }) => shape) };
  }

  predict({ image }) {
    this.network.forward(image);
    const maps = this.network.layers.map(({ outputs }) => outputs.slice());
    const logits = this.network.logits.slice();
    return { logits, probabilities: Float32Array.from(softmax(logits)), maps };
  }

  // Where the number came from that stands at this place in the outputs of a layer.
  explain({ layer: which, index }) {
    const layer = this.network.layers[which];
    const before = this.network.inputsOf(which);
    const same = { inputs: Int32Array.of(index), weights: null, bias: 0 };
    const parts = layer.explain?.(index, before) ?? same;
    const values = Float32Array.from(parts.inputs, (input) => before[input] ?? 0);
    return { ...parts, values, sum: layer.outputs[index] };
  }
}

let serving = null; // of several engines the last one

export function serve(engine) {
  serving = engine;
  addEventListener("message", answer); // which is the same one every time
}

async function answer({ data: { ask, ...details } }) {
  try {
    postMessage({ answer: await serving[ask](details) });
  } catch ({ message }) {
    postMessage({ error: message });
  }
}
