/* Where a window lies: convolution and pooling look at an image through a window that
   moves over it. What they do with the pixels in it is their own. */

import { sizeOf } from "./engine_arrays.js";

// Along one axis: how many windows there are, and the pixel at which the first begins.
// "valid": windows lie inside the image. "same": there are as many as pixels, or with a
// stride ceil(pixels / stride), and zeros at both ends, the odd one at the end.
function alongAxis(size, window, stride, dilation, padding) {
  const reach = (window - 1) * dilation + 1;
  const inside = Math.floor((size - reach) / stride) + 1;
  const count = padding === "same" ? Math.ceil(size / stride) : inside;
  if (count < 1) throw new Error(`a window of ${reach} on ${size} pixels`);
  const missing = Math.max(0, (count - 1) * stride + reach - size);
  return { count, first: -Math.floor(missing / 2) };
}

// All windows, from the top left to the bottom right. In `pixels` stands, at window *
// places + place, which pixel lies there: row * width + column, or -1 for a zero around
// the image.
export function makeWindows([height, width], window, settings) {
  const { strides = window, dilation = [1, 1], padding = "valid" } = settings;
  const [rows, columns] = [height, width].map((size, axis) =>
    alongAxis(size, window[axis], strides[axis], dilation[axis], padding),
  );
  const pixels = [];
  for (let down = 0; down < rows.count; down++)
    for (let right = 0; right < columns.count; right++)
      for (let i = 0; i < window[0]; i++)
        for (let j = 0; j < window[1]; j++) {
          const row = rows.first + down * strides[0] + i * dilation[0];
          const column = columns.first + right * strides[1] + j * dilation[1];
          const isInside = row >= 0 && row < height && column >= 0 && column < width;
          pixels.push(isInside ? row * width + column : -1);
        }
  const shape = [rows.count, columns.count];
  return { shape, places: sizeOf(window), pixels: Int32Array.from(pixels) };
}
