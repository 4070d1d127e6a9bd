/* How wide strokes are, and how thin ones become wider, as preprocessing/digits.py and
   marks.py do it. Nothing here knows a page. */

import { boxOf } from "./ink_marks.js";

const BOX = 20;
// In pixels of the result: 99.5 % of MNIST's strokes are wider than the first.
const MIN_STROKE = 1.2;
const TYPICAL_STROKE = 2.3;

// The smallest rectangle around all ink above 0.
export function crop(ink) {
  const places = [];
  ink.values.forEach((value, at) => value > 0 && places.push(at));
  const { rows, columns } = boxOf(places, ink.width);
  return cut(ink, columns[0], rows[0], columns[1] - columns[0], rows[1] - rows[0]);
}

// A rectangle of some ink; where it reaches beyond there is none.
export function cut(ink, left, top, width, height) {
  const values = new Float64Array(width * height).map((_, at) => {
    const [row, column] = [top + Math.floor(at / width), left + (at % width)];
    const isInside = row >= 0 && row < ink.height && column >= 0 && column < ink.width;
    return isInside ? ink.values[row * ink.width + column] : 0;
  });
  return { width, height, values };
}

// A line's area is its length times its width, and its outline twice its length. Steps
// of a pixel grid overstate an outline by 4 / pi on average.
function strokeWidth({ width, values }) {
  const isInk = (at) => values[at] > 0.5;
  let [area, steps] = [0, 0];
  for (let at = 0; at < values.length; at++) {
    if (!isInk(at)) continue;
    area += 1;
    steps += !isInk(at - width) + !isInk(at + width);
    steps += at % width === 0 || !isInk(at - 1);
    steps += (at + 1) % width === 0 || !isInk(at + 1);
  }
  return (2 * area) / Math.max((steps * Math.PI) / 4, 1);
}

// A ballpoint digit that fills the pad has strokes a hundredth of its height wide,
// MNIST's are a tenth; scaled down as they are, they fade to a hint.
export function thickenThinStrokes(ink) {
  const unit = Math.max(ink.width, ink.height) / BOX;
  const own = strokeWidth(ink);
  if (own >= MIN_STROKE * unit) return ink;
  const growth = (TYPICAL_STROKE * unit - own) / 2;
  const margin = Math.ceil(growth) + 1;
  const [width, height] = [ink.width + 2 * margin, ink.height + 2 * margin];
  const wider = cut(ink, -margin, -margin, width, height);
  const values = distances(wider, margin).map((distance) =>
    Math.min(Math.max(growth + 1 - distance, 0), 1),
  );
  return crop({ width, height, values });
}

// From each pixel's middle to that of the nearest one with ink, as far as it matters:
// down the columns, then along the rows over the columns around.
function distances({ width, values }, most) {
  const down = new Float64Array(values.length);
  for (const backwards of [false, true])
    for (let step = 0; step < values.length; step++) {
      const at = backwards ? values.length - 1 - step : step;
      const before = backwards ? at + width : at - width;
      const next = (down[before] ?? Infinity) + 1;
      if (values[at] > 0.5) down[at] = 0;
      else down[at] = backwards ? Math.min(down[at], next) : next;
    }
  return down.map((_, at) => {
    const column = at % width;
    const end = Math.min(column + most, width - 1);
    let least = Infinity;
    for (let x = Math.max(column - most, 0); x <= end; x++)
      least = Math.min(least, (x - column) ** 2 + down[at - column + x] ** 2);
    return Math.sqrt(least);
  });
}
