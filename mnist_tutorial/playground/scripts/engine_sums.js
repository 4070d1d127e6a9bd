/* Weighted sums: all that a convolution and a dense layer do. The chapter on convolution
   teaches them, scratch/layers.py is the same in Python. One image at a time: rows,
   columns and channels in one array, the channels of a pixel side by side. */

import { sizeOf } from "./engine_arrays.js";
import { makeWindows } from "./engine_windows.js";

const EIGHT = 8; // so many filters are added up in one go, which is quick

class WeightedSums {
  // With `groups`, channels and filters are dealt out evenly, and a filter sees the
  // `channels` of its own group alone. The kernel has the order of Keras: place in the
  // window, channel, filter.
  constructor({ values }, { windows, channels, filters, groups = 1 }) {
    Object.assign(this, { windows, channels, filters, groups });
    this.taps = windows.places * channels; // weights of one filter
    // With room for seven more, so that eight can be read where fewer are left.
    this.padded = new Float32Array(this.taps * filters + EIGHT - 1);
    this.kernel = this.padded.subarray(0, this.taps * filters);
    this.kernel.set(values.kernel ?? []);
    this.bias = values.bias ?? new Float32Array(filters);
  }

  // Each output is a sum of pixels times weights, and the bias. Zeros add nothing, and
  // after a ReLU they are many: the other numbers in a window are collected first.
  forward(inputs) {
    const { windows, outputs, bias, padded, taps, channels, filters } = this;
    const { places, pixels } = windows;
    const own = filters / this.groups;
    const values = new Float64Array(taps);
    const rows = new Int32Array(taps); // where in the kernel a value's weights begin
    for (let output = 0; output < outputs.length; output += own) {
      const first = output % filters;
      const window = (output - first) / filters;
      let count = 0;
      for (let place = 0; place < places; place++) {
        const pixel = pixels[window * places + place];
        if (pixel < 0) continue;
        const from = this.inputAt(pixel, first);
        for (let channel = 0; channel < channels; channel++) {
          const value = inputs[from + channel];
          if (value === 0) continue;
          values[count] = value;
          rows[count++] = (place * channels + channel) * filters;
        }
      }
      for (let done = 0; done < own; done += EIGHT) {
        const sums = addUp(values, rows, count, padded, first + done);
        const end = Math.min(EIGHT, own - done);
        for (let at = 0; at < end; at++)
          outputs[output + done + at] = bias[first + done + at] + sums[at];
      }
    }
  }

  // Where in the input the channels begin that a filter sees of a pixel.
  inputAt(pixel, filter) {
    const group = Math.floor((filter * this.groups) / this.filters);
    return (pixel * this.groups + group) * this.channels;
  }

  // What went into one output: the places of numbers in the input, -1 for a zero around
  // the image, and the weight of each.
  explain(output) {
    const { kernel, channels, filters } = this;
    const { places, pixels } = this.windows;
    const filter = output % filters;
    const first = ((output - filter) / filters) * places;
    const inputs = Int32Array.from({ length: this.taps }, (_, tap) => {
      const pixel = pixels[first + Math.floor(tap / channels)];
      return pixel < 0 ? -1 : this.inputAt(pixel, filter) + (tap % channels);
    });
    const weights = Float32Array.from(
      inputs,
      (_, tap) => kernel[tap * filters + filter],
    );
    return { inputs, weights, bias: this.bias[filter] };
  }
}

// Eight sums at once, of all values times the weights of the first filter, of the next
// one, and so on. (What is added up beyond the last filter is not looked at.)
function addUp(values, rows, count, weights, first) {
  let [a, b, c, d, e, f, g, h] = [0, 0, 0, 0, 0, 0, 0, 0];
  for (let index = 0; index < count; index++) {
    const value = values[index];
    const at = first + rows[index];
    a += value * weights[at];
    b += value * weights[at + 1];
    c += value * weights[at + 2];
    d += value * weights[at + 3];
    e += value * weights[at + 4];
    f += value * weights[at + 5];
    g += value * weights[at + 6];
    h += value * weights[at + 7];
  }
  return [a, b, c, d, e, f, g, h];
}

// In a depthwise convolution each channel is a group of its own.
export class Conv2D extends WeightedSums {
  constructor(settings, [height, width, depth]) {
    const { kernel, groups = 1, strides = [1, 1] } = settings;
    const { window = kernel.shape.slice(0, 2), filters = kernel.shape[3] } = settings;
    const windows = makeWindows([height, width], window, { ...settings, strides });
    const channels = depth / groups;
    super(settings, { windows, channels, filters, groups });
    this.shape = [...windows.shape, filters];
    this.kernelShape = [...window, channels, filters];
  }
}

// A dense layer sees all numbers of a row at once: its window is a single pixel, and the
// numbers are the channels of it.
export class Dense extends WeightedSums {
  constructor(settings, inputShape) {
    const { units: filters = settings.kernel.shape[1] } = settings;
    const [channels, ...others] = inputShape.toReversed();
    const pixels = Int32Array.from({ length: sizeOf(others) }, (_, index) => index);
    super(settings, { windows: { places: 1, pixels }, channels, filters });
    this.shape = [...inputShape.slice(0, -1), filters];
    this.kernelShape = [channels, filters];
  }
}
