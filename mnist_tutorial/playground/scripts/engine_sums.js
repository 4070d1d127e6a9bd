/* Weighted sums, forward and backward: all that a convolution and a dense layer do. The
   chapter on convolution teaches the one direction, the chapter on backpropagation the
   other; scratch/layers.py is the same in Python. One image at a time: rows, columns
   and channels in one array, the channels of a pixel side by side. */

const EIGHT = 8; // so many filters are added up in one go, which is quick

export class WeightedSums {
  // With `groups`, channels and filters are dealt out evenly, and a filter sees the
  // `channels` of its own group alone. The kernel has the order of Keras: place in the
  // window, channel, filter.
  constructor({ values = {} }, { windows, channels, filters, groups = 1 }, random) {
    Object.assign(this, { windows, channels, filters, groups });
    this.taps = windows.places * channels; // weights of one filter
    // With room for seven more, so that eight can be read where fewer are left.
    this.padded = new Float32Array(this.taps * filters + EIGHT - 1);
    this.kernel = this.padded.subarray(0, this.taps * filters);
    // Evenly from -limit to limit, by Glorot and Bengio (2010), as in Keras.
    const limit = Math.sqrt(6 / (windows.places * (channels + filters)));
    this.kernel.set(values.kernel ?? this.kernel.map(() => limit * (2 * random() - 1)));
    this.bias = values.bias ?? new Float32Array(filters);
    this.values = { kernel: this.kernel, bias: this.bias };
    this.gradients = [this.kernel, this.bias].map((array) => array.map(() => 0));
    this.outputs = new Float32Array((windows.pixels.length * filters) / windows.places);
  }

  // Each output is a sum of pixels times weights, and the bias. Zeros add nothing, and
  // after a ReLU they are many: the other numbers in a window are collected first.
  forward(inputs) {
    const { windows, outputs, bias, padded, taps, groups, channels, filters } = this;
    const { places, pixels } = windows;
    const own = filters / groups;
    const values = new Float64Array(taps);
    const rows = new Int32Array(taps); // where in the kernel a value's weights begin
    const sums = new Float64Array(EIGHT);
    this.inputs = inputs;
    for (let window = 0; window * places < pixels.length; window++)
      for (let group = 0; group < groups; group++) {
        let count = 0;
        for (let place = 0; place < places; place++) {
          const pixel = pixels[window * places + place];
          if (pixel < 0) continue;
          const from = (pixel * groups + group) * channels;
          for (let channel = 0; channel < channels; channel++) {
            const value = inputs[from + channel];
            if (value === 0) continue;
            values[count] = value;
            rows[count++] = (place * channels + channel) * filters;
          }
        }
        for (let first = group * own; first < (group + 1) * own; first += EIGHT) {
          addUp(values, rows, count, padded, first, sums);
          const end = Math.min(first + EIGHT, (group + 1) * own);
          for (let filter = first; filter < end; filter++)
            outputs[window * filters + filter] = bias[filter] + sums[filter - first];
        }
      }
    return outputs;
  }

  // `gradient` says how the loss changes with each output. An output is a sum of
  // products: with a weight it changes as fast as the pixel is large, with a pixel as
  // fast as the weight is large. A weight was used in every window and a pixel in
  // several, so all that they receive is added up; for weights over a batch, too. The
  // first layer has nobody to pass a gradient on to.
  backward(gradient, isFirst) {
    const { windows, groups, filters } = this;
    const own = filters / groups;
    const slopes = new Float64Array(own); // those of a window that are not 0,
    const columns = new Int32Array(own); // and where in the kernel their weights are
    this.inputGradient ??= new Float32Array(this.inputs.length);
    this.inputGradient.fill(0);
    for (let output = 0; output < gradient.length; output += own) {
      const first = output % filters;
      let count = 0;
      for (let filter = first; filter < first + own; filter++) {
        const slope = gradient[output + filter - first];
        if (slope === 0) continue;
        this.gradients[1][filter] += slope;
        slopes[count] = slope;
        columns[count++] = filter;
      }
      if (!count) continue;
      const from = ((output - first) / filters) * windows.places;
      for (let place = 0; place < windows.places; place++)
        if (windows.pixels[from + place] >= 0) {
          const input = this.inputAt(windows.pixels[from + place], first);
          this.backThrough(place, input, slopes, columns, count, isFirst);
        }
    }
    return this.inputGradient;
  }

  // The share of one pixel in a window, channel by channel.
  backThrough(place, input, slopes, columns, count, isFirst) {
    const { kernel, inputs, inputGradient, channels, filters } = this;
    const [kernelGradient] = this.gradients;
    for (let channel = 0; channel < channels; channel++) {
      const row = (place * channels + channel) * filters;
      const value = inputs[input + channel];
      if (value !== 0)
        for (let index = 0; index < count; index++)
          kernelGradient[row + columns[index]] += slopes[index] * value;
      if (isFirst) continue;
      let total = 0;
      for (let index = 0; index < count; index++)
        total += slopes[index] * kernel[row + columns[index]];
      inputGradient[input + channel] += total;
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
    const { kernel, taps, channels, filters } = this;
    const { places, pixels } = this.windows;
    const filter = output % filters;
    const first = ((output - filter) / filters) * places;
    const inputs = Int32Array.from({ length: taps }, (_, tap) => {
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
function addUp(values, rows, count, weights, first, sums) {
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
  [sums[0], sums[1], sums[2], sums[3]] = [a, b, c, d];
  [sums[4], sums[5], sums[6], sums[7]] = [e, f, g, h];
}
