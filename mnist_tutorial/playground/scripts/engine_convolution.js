/* The two layers that have weights. They differ only in what a window is. */

import { sizeOf } from "./engine_arrays.js";
import { WeightedSums } from "./engine_sums.js";
import { makeWindows } from "./engine_windows.js";

// In a depthwise convolution each channel is a group of its own.
export class Conv2D extends WeightedSums {
  constructor(settings, [height, width, depth], random) {
    const { kernel, groups = 1, strides = [1, 1] } = settings;
    const { window = kernel.shape.slice(0, 2), filters = kernel.shape[3] } = settings;
    const windows = makeWindows([height, width], window, { ...settings, strides });
    const channels = depth / groups;
    super(settings, { windows, channels, filters, groups }, random);
    this.shape = [...windows.shape, filters];
    this.kernelShape = [...window, channels, filters];
  }
}

// A dense layer sees all numbers of a row at once: its window is a single pixel, and the
// numbers are the channels of it.
export class Dense extends WeightedSums {
  constructor(settings, inputShape, random) {
    const { units: filters = settings.kernel.shape[1] } = settings;
    const [channels, ...others] = inputShape.toReversed();
    const pixels = Int32Array.from({ length: sizeOf(others) }, (_, index) => index);
    const windows = { places: 1, pixels };
    super(settings, { windows, channels, filters }, random);
    this.shape = [...inputShape.slice(0, -1), filters];
    this.kernelShape = [channels, filters];
  }
}
