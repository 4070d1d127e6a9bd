/* Pooling: of each window one number a channel. Global pooling is the same with a single
   window, over the whole image. */

import { makeWindows } from "./engine_windows.js";

class Pooling {
  constructor(settings, [height, width, channels]) {
    const { window = [height, width], keepdims = true } = settings;
    this.windows = makeWindows([height, width], window, settings);
    const { rows, columns } = this.windows;
    this.shape = keepdims ? [rows.count, columns.count, channels] : [channels];
    this.outputs = new Float32Array(rows.count * columns.count * channels);
  }

  // The numbers of which one output is made, as places in the input; -1 outside.
  placesOf(index) {
    const { places, pixels } = this.windows;
    const channels = this.shape.at(-1);
    const first = Math.floor(index / channels) * places;
    return pixels
      .subarray(first, first + places)
      .map((pixel) => (pixel < 0 ? -1 : pixel * channels + (index % channels)));
  }
}

export class MaxPooling2D extends Pooling {
  // Keeps the largest number, and remembers in `winners` which it was.
  forward(inputs) {
    const { outputs } = this;
    const { places, pixels } = this.windows;
    const channels = this.shape.at(-1);
    this.winners ??= new Int32Array(outputs.length);
    this.inputs = inputs;
    for (let output = 0; output < outputs.length; output++) {
      const channel = output % channels;
      const first = ((output - channel) / channels) * places;
      let winner = -1; // the zeros around the image take no part
      for (let place = first; place < first + places; place++) {
        const input = pixels[place] * channels + channel;
        if (pixels[place] < 0) continue;
        if (winner < 0 || inputs[input] > inputs[winner]) winner = input;
      }
      this.winners[output] = winner;
      outputs[output] = inputs[winner];
    }
    return outputs;
  }

  // Only the winner changed the output, so it alone gets the gradient.
  backward(gradient) {
    this.inputGradient ??= new Float32Array(this.inputs.length);
    this.inputGradient.fill(0);
    for (let output = 0; output < gradient.length; output++)
      this.inputGradient[this.winners[output]] += gradient[output];
    return this.inputGradient;
  }

  explain(index) {
    const inputs = this.placesOf(index);
    const isWinner = (input) => Number(input === this.winners[index]);
    return { inputs, weights: Float32Array.from(inputs, isWinner), bias: 0 };
  }
}

export class AveragePooling2D extends Pooling {
  // Takes the mean of the pixels in the window; zeros around the image do not count.
  forward(inputs) {
    const { outputs } = this;
    const { places, pixels } = this.windows;
    const channels = this.shape.at(-1);
    this.inputs = inputs;
    for (let output = 0; output < outputs.length; output++) {
      const channel = output % channels;
      const first = ((output - channel) / channels) * places;
      let [sum, count] = [0, 0];
      for (let place = first; place < first + places; place++)
        if (pixels[place] >= 0) {
          sum += inputs[pixels[place] * channels + channel];
          count++;
        }
      outputs[output] = sum / count;
    }
    return outputs;
  }

  explain(index) {
    const inputs = this.placesOf(index);
    const count = inputs.filter((input) => input >= 0).length;
    const weights = Float32Array.from(inputs, (input) => Number(input >= 0) / count);
    return { inputs, weights, bias: 0 };
  }
}
