/* Pooling: of each window the largest number, or the mean, channel by channel. Global
   pooling is the same with a single window, over the whole image. */

import { makeWindows } from "./engine_windows.js";

export class Pooling {
  constructor({ kind, ...settings }, [height, width, channels]) {
    const { window = [height, width], keepdims = true } = settings;
    const { places, pixels, shape } = makeWindows([height, width], window, settings);
    this.shape = keepdims ? [...shape, channels] : [channels];
    this.isMax = kind.includes("Max");
    this.places = places;
    const count = (pixels.length / places) * channels;
    this.outputs = new Float32Array(count);
    this.winners = new Int32Array(count); // of each window: which number is the largest
    this.counts = new Int32Array(count); // of each window: how many numbers it has
    // For each output, the numbers in its window; -1 for the zeros around the image,
    // which take no part.
    this.members = Int32Array.from({ length: count * places }, (_, index) => {
      const output = Math.floor(index / places);
      const channel = output % channels;
      const pixel = pixels[((output - channel) / channels) * places + (index % places)];
      return pixel < 0 ? -1 : pixel * channels + channel;
    });
  }

  forward(inputs) {
    const { outputs, members, places, isMax } = this;
    this.inputs = inputs;
    for (let output = 0; output < outputs.length; output++) {
      let [winner, sum, count] = [-1, 0, 0];
      for (let index = output * places; index < (output + 1) * places; index++) {
        const input = members[index];
        if (input < 0) continue;
        if (!isMax) sum += inputs[input];
        else if (count === 0 || inputs[input] > inputs[winner]) winner = input;
        count++;
      }
      this.winners[output] = winner;
      this.counts[output] = count;
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
    const { members, places } = this;
    this.inputGradient ??= new Float32Array(this.inputs.length);
    this.inputGradient.fill(0);
    for (let output = 0; output < gradient.length; output++) {
      if (gradient[output] === 0) continue;
      for (let index = output * places; index < (output + 1) * places; index++) {
        const input = members[index];
        if (input < 0) continue;
        this.inputGradient[input] += this.share(input, output) * gradient[output];
      }
    }
    return this.inputGradient;
  }

  explain(output) {
    const from = output * this.places;
    const inputs = this.members.slice(from, from + this.places);
    const weights = Float32Array.from(inputs, (input) => this.share(input, output));
    return { inputs, weights, bias: 0 };
  }
}
