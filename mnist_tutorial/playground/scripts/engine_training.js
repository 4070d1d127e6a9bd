/* Training: the loss and its gradient, a step of Adam, and the loop. It is what the
   chapter on training does, and scratch/training.py in Python. */

import { logLikelihoods } from "./engine_activations.js";
import { makeRandom, toUnit } from "./engine_arrays.js";

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

export class Adam {
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
    this.adam = new Adam(network.parameters);
    this.order = []; // of the images still to come in this epoch
  }

  // One step: the gradient of the mean loss over a batch, then Adam. Returns that loss.
  step(batchSize, learningRate) {
    const { network } = this;
    const batch = this.nextBatch(batchSize);
    network.gradients.forEach((gradient) => gradient.fill(0));
    let total = 0;
    for (const index of batch) {
      const logits = network.forward(network.imageAt(this.images, index));
      const { loss, gradient } = crossEntropy(logits, this.labels[index]);
      network.backward(gradient.map((slope) => slope / batch.length));
      total += loss;
    }
    this.adam.update(network.gradients, learningRate);
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
