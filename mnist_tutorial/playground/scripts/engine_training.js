/* Training: the first weights, the loss and its gradient, a step of Adam, and the loop.
   It is what the chapter on training does, and scratch/training.py in Python. */

import { logLikelihoods } from "./engine_activations.js";
import { sizeOf } from "./engine_arrays.js";
import { backward } from "./engine_backward.js";

// Numbers in [0, 1) that are the same for the same seed (mulberry32 by T. Ettinger).
export function makeRandom(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

// Bytes from 0 to 255 become numbers from 0 to 1; other numbers stay.
export const toUnit = (pixels) =>
  pixels instanceof Uint8Array
    ? Float32Array.from(pixels, (byte) => byte / 255)
    : pixels;

// One of many images, which stand one after another.
export function imageAt({ input }, images, index) {
  const size = sizeOf(input);
  return images.subarray(index * size, (index + 1) * size);
}

// Weights for the layers that come without: evenly from -limit to limit, by Glorot and
// Bengio (2010), as in Keras.
export function drawWeights({ layers, settings }, random) {
  layers.forEach(({ kernel, windows, channels, filters }, which) => {
    if (!kernel || settings[which].kernel) return;
    const limit = Math.sqrt(6 / (windows.places * (channels + filters)));
    kernel.set(kernel.map(() => limit * (2 * random() - 1)));
  });
}

// How improbable the network finds the right class, and how that changes with each
// logit: by the probability that it gives, less 1 for the right one.
export function crossEntropy(logits, label) {
  const logs = logLikelihoods(logits);
  const gradient = logs.map(Math.exp);
  gradient[label] -= 1;
  return { loss: -logs[label], gradient };
}

// D. P. Kingma, J. Ba, "Adam: A Method for Stochastic Optimization", 2015: each
// parameter takes steps of about the same length. Constants and the place of EPSILON
// are those of Keras.
const [BETA_1, BETA_2, EPSILON] = [0.9, 0.999, 1e-7];

class Adam {
  constructor(parameters) {
    this.parameters = parameters;
    this.means = parameters.map((array) => array.map(() => 0));
    this.squares = parameters.map((array) => array.map(() => 0));
    this.updates = 0;
  }

  update(gradients, learningRate) {
    this.updates++;
    // The means begin at 0 and are too small at first; this makes up for it.
    const correction =
      Math.sqrt(1 - BETA_2 ** this.updates) / (1 - BETA_1 ** this.updates);
    this.parameters.forEach((parameter, which) => {
      const [mean, square] = [this.means[which], this.squares[which]];
      const gradient = gradients[which];
      for (let index = 0; index < parameter.length; index++) {
        const slope = gradient[index];
        mean[index] += (1 - BETA_1) * (slope - mean[index]);
        square[index] += (1 - BETA_2) * (slope * slope - square[index]);
        const direction = mean[index] / (Math.sqrt(square[index]) + EPSILON);
        parameter[index] -= learningRate * correction * direction;
      }
    });
  }
}

export class Trainer {
  constructor(network, images, labels, seed = 0) {
    this.network = network;
    this.images = toUnit(images);
    this.labels = labels;
    this.random = makeRandom(seed);
    const weighted = network.layers.filter(({ kernel }) => kernel);
    this.parameters = weighted.flatMap(({ kernel, bias }) => [kernel, bias]);
    for (const layer of weighted)
      layer.gradients = [layer.kernel, layer.bias].map((array) => array.map(() => 0));
    this.gradients = weighted.flatMap(({ gradients }) => gradients);
    this.adam = new Adam(this.parameters);
    this.order = []; // of the images still to come in this epoch
  }

  // One step: the gradient of the mean loss over a batch, then Adam. Returns that loss.
  step(batchSize, learningRate) {
    const { network } = this;
    const batch = this.nextBatch(batchSize);
    this.gradients.forEach((gradient) => gradient.fill(0));
    let total = 0;
    for (const index of batch) {
      network.forward(imageAt(network, this.images, index));
      const { loss, gradient } = crossEntropy(network.logits, this.labels[index]);
      backward(
        network,
        gradient.map((slope) => slope / batch.length),
      );
      total += loss;
    }
    this.adam.update(this.gradients, learningRate);
    return total / batch.length;
  }

  // In each epoch every image comes once, in another order; the last batch of an epoch
  // may be smaller.
  nextBatch(size) {
    if (!this.order.length) {
      this.order = Array.from(this.labels, (_, index) => index);
      for (let last = this.order.length - 1; last > 0; last--) {
        const other = Math.floor(this.random() * (last + 1));
        [this.order[last], this.order[other]] = [this.order[other], this.order[last]];
      }
    }
    return this.order.splice(0, size);
  }
}
