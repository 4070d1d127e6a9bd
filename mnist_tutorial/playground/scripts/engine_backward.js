/* The way back: how the loss changes with each number that went into a layer, and with
   each weight. The chapter on backpropagation teaches it; scratch/layers.py is the same
   in Python. */

// Each is given a layer and its inputs, and `gradient`, which says how the loss changes
// with each output; it adds to `back`, the same for each input. The first layer has
// nobody to pass it on to.
const BACKWARD = {
  Conv2D: throughSums,
  Dense: throughSums,
  MaxPooling2D: throughPooling,
  AveragePooling2D: throughPooling,
  GlobalMaxPooling2D: throughPooling,
  GlobalAveragePooling2D: throughPooling,
  Activation: throughRelu,
  Reshape: (_, inputs, gradient, back) => back.set(gradient),
};

export const canLearn = ({ kind, function: name = "relu" }) =>
  kind in BACKWARD && name === "relu";

// From the last layer to the first, each passes on what its inputs are to blame for.
export function backward(network, gradient) {
  network.layers.reduceRight((slopes, layer, which) => {
    const inputs = network.inputsOf(which);
    layer.inputGradient ??= new Float32Array(inputs.length);
    const back = layer.inputGradient.fill(0);
    const { kind } = network.settings[which];
    BACKWARD[kind](layer, inputs, slopes, back, which === 0);
    return back;
  }, gradient);
}

// An output is a sum of products: with a weight it changes as fast as the pixel is large,
// with a pixel as fast as the weight is large. A weight was used in every window and a
// pixel in several, so all that they receive is added up; for weights over a batch, too.
function throughSums(layer, inputs, gradient, back, isFirst) {
  const { windows, groups, filters } = layer;
  const own = filters / groups;
  const slopes = new Float64Array(own); // those of a window that are not 0,
  const columns = new Int32Array(own); // and where in the kernel their weights are
  for (let output = 0; output < gradient.length; output += own) {
    const first = output % filters;
    let count = 0;
    for (let filter = first; filter < first + own; filter++) {
      const slope = gradient[output + filter - first];
      if (slope === 0) continue;
      layer.gradients[1][filter] += slope;
      slopes[count] = slope;
      columns[count++] = filter;
    }
    if (!count) continue;
    const used = { inputs, slopes, columns, count };
    const from = ((output - first) / filters) * windows.places;
    for (let place = 0; place < windows.places; place++) {
      const pixel = windows.pixels[from + place];
      if (pixel < 0) continue;
      const input = layer.inputAt(pixel, first);
      throughPixel(layer, place, input, used, isFirst ? null : back);
    }
  }
}

// The share of one pixel in a window, channel by channel.
function throughPixel(layer, place, input, { inputs, slopes, columns, count }, back) {
  const { kernel, channels, filters } = layer;
  const [kernelGradient] = layer.gradients;
  for (let channel = 0; channel < channels; channel++) {
    const row = (place * channels + channel) * filters;
    const value = inputs[input + channel];
    if (value !== 0)
      for (let index = 0; index < count; index++)
        kernelGradient[row + columns[index]] += slopes[index] * value;
    if (!back) continue;
    let total = 0;
    for (let index = 0; index < count; index++)
      total += slopes[index] * kernel[row + columns[index]];
    back[input + channel] += total;
  }
}

// Of each window the largest number alone decides, or all do alike.
function throughPooling({ members, places, outputs, isMax }, inputs, gradient, back) {
  for (let output = 0; output < gradient.length; output++) {
    if (gradient[output] === 0) continue;
    let index = output * places;
    if (isMax) {
      while (inputs[members[index]] !== outputs[output]) index++;
      back[members[index]] += gradient[output];
    } else {
      const own = members.subarray(index, index + places).filter((input) => input >= 0);
      for (const input of own) back[input] += gradient[output] / own.length;
    }
  }
}

// The gradient passes where the number passed.
function throughRelu({ settings }, inputs, gradient, back) {
  const { negative_slope: slope = 0, threshold = 0, max_value: max } = settings;
  for (let index = 0; index < gradient.length; index++) {
    const factor = inputs[index] > threshold ? Number(!(inputs[index] > max)) : slope;
    back[index] = factor * gradient[index];
  }
}
