/* Weighted sums, forward and backward: all that a convolution and a dense layer do. The
   chapter on convolution teaches the one direction, the chapter on backpropagation the
   other; scratch/layers.py is the same in Python. One image at a time: rows, columns
   and channels in one array, the channels of a pixel side by side. */

const EIGHT = 8; // so many filters are added up in one go, which is quick

export class WeightedSums {
  // With `groups`, the channels and the filters are dealt out evenly: a filter sees the
  // channels of its own group alone. `channels` counts these. The kernel has the order
  // of Keras: place in the window, channel, filter.
  constructor({ values = {} }, { windows, channels, filters, groups = 1 }, random) {
    this.windows = windows;
    this.groups = groups;
    this.taps = windows.places * channels; // weights of one filter
    // Evenly from -limit to limit, by Glorot and Bengio (2010), as in Keras.
    const limit = Math.sqrt(6 / (windows.places * (channels + filters)));
    const draw = () => limit * (2 * random() - 1);
    this.kernel =
      values.kernel ?? Float32Array.from({ length: this.taps * filters }, draw);
    this.bias = values.bias ?? new Float32Array(filters);
    this.parameters = [this.kernel, this.bias];
    this.gradients = this.parameters.map((array) => new Float32Array(array.length));
    this.outputs = new Float32Array((windows.pixels.length / windows.places) * filters);
    this.pack();
  }

  // Copies the kernel, eight filters side by side, and zeros where filters run out. To
  // be called when the kernel has changed.
  pack() {
    const { kernel, taps, groups } = this;
    const filters = this.bias.length;
    const own = filters / groups;
    this.blocks = Math.ceil(own / EIGHT); // of each group
    this.packed ??= new Float32Array(groups * this.blocks * taps * EIGHT);
    for (let filter = 0; filter < filters; filter++) {
      const [group, inGroup] = [Math.floor(filter / own), filter % own];
      const block = group * this.blocks + Math.floor(inGroup / EIGHT);
      const to = block * taps * EIGHT + (inGroup % EIGHT);
      for (let tap = 0; tap < taps; tap++)
        this.packed[to + tap * EIGHT] = kernel[tap * filters + filter];
    }
  }

  // Each output is a sum of pixels times weights, and the bias. Zeros add nothing, and
  // after a ReLU they are many: the other numbers in a window are collected first.
  forward(inputs) {
    const { windows, outputs, bias, packed, taps, groups, blocks } = this;
    const { places, pixels } = windows;
    const own = bias.length / groups;
    const channels = taps / places;
    const values = new Float64Array(taps);
    const rows = new Int32Array(taps); // where in `packed` a value's weights are
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
            rows[count++] = (place * channels + channel) * EIGHT;
          }
        }
        for (let block = 0; block < blocks; block++) {
          const start = (group * blocks + block) * taps * EIGHT;
          addUp(values, rows, count, packed, start, sums);
          const first = group * own + block * EIGHT;
          const end = Math.min(first + EIGHT, (group + 1) * own);
          for (let filter = first; filter < end; filter++)
            outputs[window * bias.length + filter] =
              bias[filter] + sums[filter - first];
        }
      }
    return outputs;
  }

  // `gradient` says how the loss changes with each output. An output is a sum of
  // products: with a weight it changes as fast as the pixel is large, with a pixel as
  // fast as the weight is large. A weight was used in every window and a pixel in
  // several, so all that they receive is added up; for weights over a batch, too.
  backward(gradient) {
    const { windows, kernel, inputs, taps, groups } = this;
    const { places, pixels } = windows;
    const [kernelGradient, biasGradient] = this.gradients;
    const filters = biasGradient.length;
    const channels = taps / places;
    this.inputGradient ??= new Float32Array(inputs.length);
    const { inputGradient } = this;
    inputGradient.fill(0);
    for (let output = 0; output < gradient.length; output++) {
      const slope = gradient[output];
      if (slope === 0) continue;
      const filter = output % filters;
      const window = (output - filter) / filters;
      const group = Math.floor((filter * groups) / filters);
      biasGradient[filter] += slope;
      for (let place = 0; place < places; place++) {
        const pixel = pixels[window * places + place];
        if (pixel < 0) continue;
        const from = (pixel * groups + group) * channels;
        let weight = place * channels * filters + filter;
        for (let input = from; input < from + channels; input++, weight += filters) {
          kernelGradient[weight] += slope * inputs[input];
          inputGradient[input] += slope * kernel[weight];
        }
      }
    }
    return inputGradient;
  }

  // What went into one output: a number of the input (-1: a zero around the image), its
  // weight, and so on.
  explain(index) {
    const { windows, kernel, bias, taps, groups } = this;
    const { places, pixels } = windows;
    const filters = bias.length;
    const channels = taps / places;
    const filter = index % filters;
    const window = (index - filter) / filters;
    const group = Math.floor((filter * groups) / filters);
    const from = Int32Array.from({ length: taps }, (_, tap) => {
      const pixel = pixels[window * places + Math.floor(tap / channels)];
      return pixel < 0 ? -1 : (pixel * groups + group) * channels + (tap % channels);
    });
    const weights = Float32Array.from(from, (_, tap) => kernel[tap * filters + filter]);
    return { inputs: from, weights, bias: bias[filter] };
  }
}

// Eight sums at once, each of all values times the weights of one filter.
function addUp(values, rows, count, packed, start, sums) {
  let [a, b, c, d, e, f, g, h] = [0, 0, 0, 0, 0, 0, 0, 0];
  for (let index = 0; index < count; index++) {
    const value = values[index];
    const at = start + rows[index];
    a += value * packed[at];
    b += value * packed[at + 1];
    c += value * packed[at + 2];
    d += value * packed[at + 3];
    e += value * packed[at + 4];
    f += value * packed[at + 5];
    g += value * packed[at + 6];
    h += value * packed[at + 7];
  }
  sums[0] = a;
  sums[1] = b;
  sums[2] = c;
  sums[3] = d;
  sums[4] = e;
  sums[5] = f;
  sums[6] = g;
  sums[7] = h;
}
