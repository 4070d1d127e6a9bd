/* A network: layers, one after another. Python (export.py) writes it as JSON:
     { input: [28, 28, 1], layers: [{ kind: "Conv2D", name: "conv2d", … }, …] }
   An activation is a layer of its own. A layer that has no weights yet says how many to
   draw: filters and window, or units. */

import { Activation, Reshape, Scale } from "./engine_activations.js";
import { decode, sizeOf } from "./engine_arrays.js";
import { Conv2D, Dense } from "./engine_convolution.js";
import { Pooling } from "./engine_pooling.js";

// Each has a shape, outputs, and forward(inputs); those that can be trained also have
// backward(gradient), which comes after it, and returns the gradient of the inputs.
const KINDS = {
  Conv2D,
  Dense,
  MaxPooling2D: Pooling,
  AveragePooling2D: Pooling,
  GlobalMaxPooling2D: Pooling,
  GlobalAveragePooling2D: Pooling,
  Activation,
  Scale,
  Reshape,
};
const ARRAYS = ["kernel", "bias", "scale", "offset"];

export class Network {
  constructor({ input, layers }, random) {
    let shape = input;
    this.input = input;
    this.settings = layers;
    this.layers = layers.map((settings) => {
      const values = {};
      for (const name of ARRAYS)
        if (settings[name]) values[name] = decode(settings[name]);
      const layer = new KINDS[settings.kind]({ ...settings, values }, shape, random);
      shape = layer.shape;
      return layer;
    });
  }

  // One of many images, which stand one after another.
  imageAt(images, index) {
    const size = sizeOf(this.input);
    return images.subarray(index * size, (index + 1) * size);
  }

  // Each layer keeps its outputs, which are its feature maps.
  forward(image) {
    this.image = image;
    return this.layers.reduce((numbers, layer) => layer.forward(numbers), image);
  }

  // What the softmax at the end is given, or else what the last layer gives.
  get logits() {
    const last = this.layers.at(-1);
    return this.settings.at(-1).function === "softmax" ? last.inputs : last.outputs;
  }

  // From the last layer to the first, each passes on what its inputs are to blame for.
  backward(gradient) {
    return this.layers.reduceRight(
      (slope, layer, index) => layer.backward(slope, index === 0),
      gradient,
    );
  }

  get parameters() {
    return this.layers.flatMap(({ kernel, bias }) => (kernel ? [kernel, bias] : []));
  }

  get gradients() {
    return this.layers.flatMap((layer) => layer.gradients ?? []);
  }

  // Settings, shapes and weights, as they are now; arrays in the form that `write` gives
  // them. With `encode` it is what Python writes.
  describe(write) {
    return this.layers.map(({ shape, kernelShape, values = {} }, index) => {
      const described = { ...this.settings[index], shape, kernelShape };
      for (const [name, array] of Object.entries(values))
        described[name] = write(
          array,
          name === "kernel" ? kernelShape : [array.length],
        );
      return described;
    });
  }
}
