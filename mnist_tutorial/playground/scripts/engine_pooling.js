/* Pooling: of each window the largest number, or the mean, channel by channel. Global
   pooling is the same with a single window, over the whole image. */

import { makeWindows } from "./engine_windows.js";

export class Pooling {
  constructor({ kind, ...settings }, [height, width, channels]) {
    const { window = [height, width], keepdims = true } = settings;
    this.windows = makeWindows([height, width], window, settings);
    this.shape = keepdims ? [...this.windows.shape, channels] : [channels];
    this.isMax = kind.includes("Max");
    this.outputs = new Float32Array(
      (this.windows.pixels.length / this.windows.places) * channels,
    );
    this.winners = new Int32Array(this.outputs.length); // places of the largest
    this.counts = new Int32Array(this.outputs.length); // of numbers in the window
  }

  // The zeros around the image take no part.
  forward(inputs) {
    const { outputs, winners, counts, isMax, windows } = this;
    const { places, pixels } = windows;
    const channels = this.shape.at(-1);
    this.inputs = inputs;
    for (let output = 0; output < outputs.length; output++) {
      const channel = output % channels;
      const first = ((output - channel) / channels) * places;
      let [winner, sum, count] = [-1, 0, 0];
      for (let place = first; place < first + places; place++) {
        if (pixels[place] < 0) continue;
        const input = pixels[place] * channels + channel;
        if (!isMax) sum += inputs[input];
        else if (count === 0 || inputs[input] > inputs[winner]) winner = input;
        count++;
      }
      winners[output] = winner;
      counts[output] = count;
      outputs[output] = isMax ? inputs[winner] : sum / count;
    }
    return outputs;
  }

  // How fast an output changes with a number in its window: the largest alone decides,
  // or all do alike.
  share(input, output) {
    return this.isMax
      ? Number(input === this.winners[output])
      : 1 / this.counts[output];
  }

  backward(gradient) {
    const { places, pixels } = this.windows;
    const channels = this.shape.at(-1);
    this.inputGradient ??= new Float32Array(this.inputs.length);
    this.inputGradient.fill(0);
    for (let output = 0; output < gradient.length; output++) {
      const slope = gradient[output];
      if (slope === 0) continue;
      const channel = output % channels;
      const first = ((output - channel) / channels) * places;
      for (let place = first; place < first + places; place++) {
        if (pixels[place] < 0) continue;
        const input = pixels[place] * channels + channel;
        this.inputGradient[input] += this.share(input, output) * slope;
      }
    }
    return this.inputGradient;
  }

  explain(output) {
    const { places, pixels } = this.windows;
    const channels = this.shape.at(-1);
    const first = Math.floor(output / channels) * places;
    const inputs = pixels
      .subarray(first, first + places)
      .map((pixel) => (pixel < 0 ? -1 : pixel * channels + (output % channels)));
    const weights = Float32Array.from(inputs, (input) => this.share(input, output));
    return { inputs, weights, bias: 0 };
  }
}
