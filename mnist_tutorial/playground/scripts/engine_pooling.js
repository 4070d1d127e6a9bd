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
    // For each output, the numbers in its window; -1 for the zeros around the image,
    // which take no part.
    this.members = Int32Array.from({ length: pixels.length * channels }, (_, index) => {
      const output = Math.floor(index / places);
      const channel = output % channels;
      const pixel = pixels[((output - channel) / channels) * places + (index % places)];
      return pixel < 0 ? -1 : pixel * channels + channel;
    });
  }

  forward(inputs) {
    const { outputs, members, places, isMax } = this;
    for (let output = 0; output < outputs.length; output++) {
      let [largest, sum, count] = [-Infinity, 0, 0];
      for (let index = output * places; index < (output + 1) * places; index++) {
        const input = members[index];
        if (input < 0) continue;
        largest = Math.max(largest, inputs[input]);
        sum += inputs[input];
        count++;
      }
      outputs[output] = isMax ? largest : sum / count;
    }
  }

  // How much each number in a window counts: the largest alone, or all alike.
  explain(output, values) {
    const { places, outputs, isMax } = this;
    const inputs = this.members.slice(output * places, (output + 1) * places);
    const winner = inputs.find((input) => values[input] === outputs[output]);
    const share = 1 / inputs.filter((input) => input >= 0).length;
    const weightOf = (input) => (isMax ? Number(input === winner) : share);
    return { inputs, weights: Float32Array.from(inputs, weightOf), bias: 0 };
  }
}
