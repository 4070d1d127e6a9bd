/* Feature maps side by side in one picture, and which number is where in it. Nothing
   here knows a page. */

import { inside } from "./numbers.js";

// For outputs of shape [rows, columns, maps], or [n], which is laid in rows. Between the
// maps a line of one pixel is left.
export function makeAtlas(shape) {
  const size = shape.reduce((product, side) => product * side, 1);
  const isFlat = shape.length < 3;
  const [, width, count] = isFlat ? [0, Math.min(size, 16), 1] : shape;
  const height = Math.ceil(size / count / width);
  const perRow = Math.min(count, count > 32 ? 16 : 8);
  const across = perRow * (width + 1) - 1;
  const down = Math.ceil(count / perRow) * (height + 1) - 1;

  // Counted without the lines, x from the left and y from above.
  const partsOf = (index) => {
    const [place, map] = [Math.floor(index / count), index % count];
    return {
      x: (map % perRow) * width + (place % width),
      y: Math.floor(map / perRow) * height + Math.floor(place / width),
    };
  };
  // The number there, or null where there is none.
  const indexOf = (x, y) => {
    const map = Math.floor(y / height) * perRow + Math.floor(x / width);
    const index = ((y % height) * width + (x % width)) * count + map;
    return map < count && index < size ? index : null;
  };
  const withLines = (at, side) => at + Math.floor(at / side);
  const withoutLines = (at, side) =>
    Math.floor(at / (side + 1)) * side + Math.min(at % (side + 1), side - 1);

  return {
    across,
    down,
    // Of a pixel, given by fractions of the picture's width and height.
    indexAt(x, y) {
      const [left, top] = [x * across, y * down].map(Math.floor);
      return indexOf(
        withoutLines(inside(left, 0, across - 1), width),
        withoutLines(inside(top, 0, down - 1), height),
      );
    },
    // The pixel that shows a number.
    spotOf(index) {
      const { x, y } = partsOf(index);
      return { x: withLines(x, width), y: withLines(y, height) };
    },
    // From the rim of a map the next step leads into the next map.
    beside(index, dx, dy) {
      const { x, y } = partsOf(index);
      const rows = Math.ceil(count / perRow) * height;
      return indexOf(
        inside(x + dx, 0, perRow * width - 1),
        inside(y + dy, 0, rows - 1),
      );
    },
  };
}

// Where a number is in outputs of this shape: row, column and map, or how many before it.
export function placeOf(index, [, width, count]) {
  if (!count) return [index];
  const place = Math.floor(index / count);
  return [Math.floor(place / width), place % width, index % count];
}
