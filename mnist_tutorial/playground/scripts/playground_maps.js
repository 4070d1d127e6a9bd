/* Feature maps side by side in one picture, and which number is where in it. Nothing
   here knows a page. */

import { inside } from "./numbers.js";

const WIDEST_ROW = 16; // of outputs without rows and columns

// For outputs of shape [rows, columns, maps], or [n], which are laid in rows as one map.
// Between the maps a line of one pixel is left.
export function makeAtlas(shape) {
  const size = shape.reduce((product, side) => product * side, 1);
  const isFlat = shape.length < 3;
  const [, width, count] = isFlat ? [0, Math.min(size, WIDEST_ROW), 1] : shape;
  const height = Math.ceil(size / count / width);
  const perRow = Math.min(count, count > 32 ? 16 : 8);
  const grid = [Math.ceil(count / perRow), perRow]; // of maps
  const across = perRow * (width + 1) - 1;
  const down = grid[0] * (height + 1) - 1;
  // A number's row and column in its map, and which map that is.
  const partsOf = (index) => {
    const [place, map] = [Math.floor(index / count), index % count];
    return { row: Math.floor(place / width), column: place % width, map };
  };
  // The other way, or null where there is none.
  const indexOf = ({ row, column, map }) => {
    if (map < 0 || map >= count) return null;
    const [down, right] = [inside(row, 0, height - 1), inside(column, 0, width - 1)];
    const index = (down * width + right) * count + map;
    return index < size ? index : null;
  };
  // The pixel that shows a number.
  const pixelOf = (index) => {
    const { row, column, map } = partsOf(index);
    const y = Math.floor(map / perRow) * (height + 1) + row;
    return y * across + (map % perRow) * (width + 1) + column;
  };
  const nameOf = (index) => {
    const { row, column, map } = partsOf(index);
    return isFlat ? `[${index}]` : `[${row}, ${column}, ${map}]`;
  };
  const lengths = { width, height, count, perRow, grid, across, down };
  return { ...lengths, partsOf, indexOf, pixelOf, nameOf };
}
