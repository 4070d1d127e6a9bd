/* Layers without a window: what they do to a number depends on that number alone, or for
   softmax on its neighbours in the channel. */

import { sizeOf } from "./engine_arrays.js";

const sigmoid = (x) => 1 / (1 + Math.exp(-x));
const elu = (x, alpha = 1) => (x > 0 ? x : alpha * Math.expm1(x));

// Wrong by 1.5e-7 at most (M. Abramowitz, I. Stegun, 1964, 7.1.26).
function errorFunction(x) {
  const t = 1 / (1 + 0.3275911 * Math.abs(x));
  const factors = [1.061405429, -1.453152027, 1.421413741, -0.284496736, 0.254829592];
  const sum = factors.reduce((sum, factor) => (sum + factor) * t, 0);
  return Math.sign(x) * (1 - sum * Math.exp(-x * x));
}

// Named as in Keras; each gets a number and the layer's settings.
const FUNCTIONS = {
  relu: (x, { negative_slope: slope = 0, threshold = 0, max_value: max = Infinity }) =>
    x < threshold ? slope * (x - threshold) : Math.min(x, max),
  leaky_relu: (x, { negative_slope: slope = 0.2 }) => (x < 0 ? slope * x : x),
  elu: (x, { alpha }) => elu(x, alpha),
  selu: (x) => 1.0507009873554805 * elu(x, 1.6732632423543772),
  gelu: (x) => (x / 2) * (1 + errorFunction(x / Math.SQRT2)),
  silu: (x) => x * sigmoid(x),
  sigmoid,
  tanh: Math.tanh,
  softplus: (x) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x))),
};

export class Activation {
  constructor(settings, inputShape) {
    this.settings = settings;
    this.shape = inputShape;
  }

  forward(inputs) {
    const { settings, outputs, shape } = this;
    if (settings.function === "softmax") {
      const length = shape.at(-1);
      for (let from = 0; from < inputs.length; from += length)
        outputs.set(softmax(inputs.subarray(from, from + length)), from);
      return;
    }
    const apply = FUNCTIONS[settings.function];
    for (let index = 0; index < inputs.length; index++)
      outputs[index] = apply(inputs[index], settings);
  }
}

export const softmax = (logits) => logLikelihoods(logits).map(Math.exp);

// Only differences of logits matter; with none above 0, exp cannot overflow.
export function logLikelihoods(logits) {
  const largest = logits.reduce((a, b) => Math.max(a, b));
  const sum = logits.reduce((sum, logit) => sum + Math.exp(logit - largest), 0);
  return Float64Array.from(logits, (logit) => logit - largest - Math.log(sum));
}

// Batch normalisation, once it is trained, and Rescaling: a factor and a summand, for
// all channels or for each.
export class Scale {
  constructor({ values }, inputShape) {
    this.values = values;
    this.shape = inputShape;
  }

  forward(inputs) {
    const { scale, offset } = this.values;
    for (let index = 0; index < inputs.length; index++) {
      const factor = scale[index % scale.length];
      this.outputs[index] = inputs[index] * factor + offset[index % offset.length];
    }
  }

  explain(index) {
    const { scale, offset } = this.values;
    const weights = Float32Array.of(scale[index % scale.length]);
    const bias = offset[index % offset.length];
    return { inputs: Int32Array.of(index), weights, bias };
  }
}

// The same numbers in another shape, or in a row.
export class Reshape {
  constructor(settings, inputShape) {
    this.shape = settings.shape ?? [sizeOf(inputShape)];
  }

  forward(inputs) {
    this.outputs = inputs;
  }
}
