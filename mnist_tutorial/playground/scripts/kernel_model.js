/* A 3x3 kernel on a digit: cross-correlation, stride 1, no padding, which is what
   keras.layers.Conv2D computes for one channel. Nothing here knows a page. */

import { magnitude } from "./numbers.js";

export const SIZE = 28;
export const OUT = SIZE - 2;
export const LARGEST_WEIGHT = 99;

export const PRESETS = {
  vertical: [-1, 0, 1, -1, 0, 1, -1, 0, 1],
  horizontal: [-1, -1, -1, 0, 0, 0, 1, 1, 1],
  outline: [-1, -1, -1, -1, 8, -1, -1, -1, -1],
  sharpen: [0, -1, 0, -1, 5, -1, 0, -1, 0],
  blur: Array(9).fill(1 / 9),
  identity: [0, 0, 0, 0, 1, 0, 0, 0, 0],
};

// Which preset a kernel is, as an index; -1 if none.
export const presetOf = (kernel) =>
  Object.values(PRESETS).findIndex((preset) =>
    preset.every((weight, index) => weight === kernel[index]),
  );

// The whole output, row by row.
export function correlate(image, kernel) {
  return Float64Array.from({ length: OUT * OUT }, (_, place) =>
    multiply(image, kernel, place).products.reduce((sum, product) => sum + product, 0),
  );
}

// What goes into one value of the output, whose place is counted row by row.
function multiply(image, kernel, place) {
  const [row, column] = [Math.floor(place / OUT), place % OUT];
  const pixels = [0, 1, 2].flatMap((down) => {
    const start = (row + down) * SIZE + column;
    return [...image.subarray(start, start + 3)];
  });
  const products = pixels.map((pixel, index) => pixel * kernel[index]);
  return { row, column, pixels, products };
}

// The state, and all that follows from it: what goes into the value at its place, the
// whole output, and how many of its values, from the first one, are to be seen.
export function viewOf(state, image) {
  const values = correlate(image, state.kernel);
  return {
    ...state,
    ...multiply(image, state.kernel, state.place),
    image,
    values,
    sum: values[state.place],
    largest: magnitude(values),
    known: state.scanFrom === null ? OUT * OUT : state.place + 1,
  };
}
