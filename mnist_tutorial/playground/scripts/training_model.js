/* What can be trained, how, and how to spoil it. Nothing here knows a page. */

export const PIXELS = 784;

// What the reader chooses from.
export const OPTIONS = {
  convolutions: [0, 1, 2],
  filters: [4, 8, 16],
  units: [0, 32, 64],
  rate: [0.0003, 0.001, 0.003, 0.01, 0.1],
  batchSize: [8, 32, 128],
};

export const DEFAULTS = {
  convolutions: 2,
  filters: 8, // of the first convolution, the second has twice as many
  units: 0, // of the dense layer before the last one
  rate: 0.003,
  batchSize: 32,
  images: Infinity, // at most so many to learn from
  isShuffled: false, // whether labels come in another order than the images
  isZero: false, // whether the weights begin at 0
};

// These two may change while it learns; another change begins anew.
export const LIVE = ["rate", "batchSize"];

// Each with the page of the book that has the experiment.
export const BREAKS = {
  highRate: { changes: { rate: 0.1 }, page: "faq/is_it_learning" },
  shuffled: { changes: { isShuffled: true }, page: "faq/is_it_learning" },
  zero: { changes: { isZero: true }, page: "algorithm/training" },
  noConvolution: { changes: { convolutions: 0 }, page: "algorithm/convolution" },
  fewImages: { changes: { images: 100 }, page: "faq/overfitting" },
};

// The names of the breaks that such settings have.
export const brokenBy = (settings) =>
  Object.keys(BREAKS).filter((name) =>
    Object.entries(BREAKS[name].changes).every(
      ([key, value]) => settings[key] === value,
    ),
  );

// The network without weights, as engine_network.js takes it, with the names of Keras.
export function networkOf({ convolutions, filters, units }) {
  const layers = [];
  const activated = (layer) =>
    layers.push(layer, { kind: "Activation", name: layer.name, function: "relu" });
  for (let index = 0; index < convolutions; index++) {
    const end = index ? `_${index}` : "";
    const own = { filters: filters * 2 ** index, window: [3, 3] };
    activated({ kind: "Conv2D", name: `conv2d${end}`, ...own });
    layers.push({ kind: "MaxPooling2D", name: `max_pooling2d${end}`, window: [2, 2] });
  }
  layers.push({ kind: "Reshape", name: "flatten" });
  if (units) activated({ kind: "Dense", name: "dense", units });
  layers.push({ kind: "Dense", name: units ? "dense_1" : "dense", units: 10 });
  return { input: [28, 28, 1], layers };
}

// The same labels, in any order.
export function shuffled(labels) {
  const order = Array.from(labels, (label) => [Math.random(), label]);
  return Uint8Array.from(order.toSorted(([a], [b]) => a - b).map(([, label]) => label));
}

// The kernels of a layer, at most so many, each as a square of numbers.
export function firstKernels({ kernel, kernelShape }, most = 16) {
  const count = kernelShape.at(-1);
  return Array.from({ length: Math.min(count, most) }, (_, which) =>
    Float32Array.from(
      { length: kernel.length / count },
      (_, at) => kernel[at * count + which],
    ),
  );
}
