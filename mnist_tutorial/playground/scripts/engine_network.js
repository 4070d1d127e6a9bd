/* A network: layers, one after another. Python (export.py) writes it as JSON:
     { input: [28, 28, 1], layers: [{ kind: "Conv2D", name: "conv2d", … }, …] }
   An activation is a layer of its own. */

import { Activation, Reshape, Scale } from "./engine_activations.js";
import { decode, sizeOf } from "./engine_arrays.js";
import { Pooling } from "./engine_pooling.js";
import { Conv2D, Dense } from "./engine_sums.js";

// Each has a shape, and forward(inputs), which sets its outputs. All other kinds are
// Pooling.
const KINDS = { Conv2D, Dense, Activation, Scale, Reshape };
const ARRAYS = ["kernel", "bias", "scale", "offset"];

export class Network {
  constructor({ input, layers }) {
    let shape = input;
    this.input = input;
    this.settings = layers;
    this.layers = layers.map((settings) => {
      const given = ARRAYS.filter((name) => settings[name]);
      const values = Object.fromEntries(
        given.map((name) => [name, decode(settings[name])]),
      );
      const Layer = KINDS[settings.kind] ?? Pooling;
      const layer = new Layer({ ...settings, values }, shape);
      layer.outputs = new Float32Array(sizeOf(layer.shape));
      shape = layer.shape;
      return layer;
    });
  }

  // Each layer keeps its outputs, which are its feature maps.
  forward(image) {
    this.image = image;
    this.layers.forEach((layer, which) => layer.forward(this.inputsOf(which)));
  }

  inputsOf(which) {
    return this.layers[which - 1]?.outputs ?? this.image;
  }

  // What the softmax at the end is given, or else what the last layer gives.
  get logits() {
    const isSoftmax = this.settings.at(-1).function === "softmax";
    return this.inputsOf(this.layers.length - Number(isSoftmax));
  }
}
