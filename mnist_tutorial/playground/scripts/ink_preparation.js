/* From a drawing to what a network trained on MNIST expects, step by step, as
   preprocessing/digits.py does where ground and ink are known: the digit is cut out,
   thin strokes are thickened, the longer side becomes 20 pixels, and the centre of mass
   comes into the middle of 28 x 28. Nothing here knows a page. */

import { findDigit } from "./ink_marks.js";
import { crop, cut, thickenThinStrokes } from "./ink_strokes.js";

export const FIELD = 28;
const BOX_SIDE = 20;
const CENTRE = 14;

// What is made of a drawing, an ink as in ink_marks.js: { cropped, box, field }, or
// { refusal } where there is not one digit.
export function prepare(ink) {
  const { refusal, ...digit } = findDigit(ink);
  if (refusal) return { refusal };
  const cropped = thickenThinStrokes(crop(digit));
  const box = fitBox(cropped);
  return { cropped, box, field: place(box) };
}

// Half a pixel goes to the even number, as in Python.
const roundHalfToEven = (value) =>
  value % 1 === 0.5 ? 2 * Math.round(value / 2) : Math.round(value);

// Scale the longer side to 20 pixels. A thin pen leaves every pixel half covered, and
// MNIST's strokes reach full ink, so the fullest pixel becomes 1.
function fitBox({ width, height, values }) {
  const scale = BOX_SIDE / Math.max(width, height);
  const [across, down] = [width, height].map((side) =>
    Math.max(1, roundHalfToEven(side * scale)),
  );
  const narrow = resample(values, height, width, across); // (across, height)
  const scaled = resample(narrow, across, height, down); // (down, across)
  const most = Math.max(...scaled);
  return { width: across, height: down, values: scaled.map((value) => value / most) };
}

// Give each of some lines, one behind the other, another length. What comes out is
// turned: its lines are what were the columns. The filter is Pillow's: as wide as the
// reduction, so that every pixel counts, and without negative lobes, so that no dark
// halo appears around a stroke.
function resample(values, lines, before, after) {
  const out = new Float32Array(lines * after);
  const scale = before / after;
  const reach = Math.max(scale, 1);
  for (let place = 0; place < after; place++) {
    const centre = (place + 0.5) * scale;
    const first = Math.max(Math.trunc(centre - reach + 0.5), 0);
    const end = Math.min(Math.trunc(centre + reach + 0.5), before);
    const weights = Array.from({ length: end - first }, (_, index) =>
      hamming((first + index - centre + 0.5) / reach),
    );
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    for (let line = 0; line < lines; line++) {
      const start = line * before + first;
      const add = (sum, weight, index) => sum + weight * values[start + index];
      out[place * lines + line] = weights.reduce(add, 0) / total;
    }
  }
  return out;
}

function hamming(x) {
  if (x === 0) return 1;
  if (Math.abs(x) >= 1) return 0;
  const angle = Math.PI * x;
  return (Math.sin(angle) / angle) * (0.54 + 0.46 * Math.cos(angle));
}

// By whole pixels, as in MNIST: part of a pixel would blur the digit once more. The box
// stays inside the field even where its mass lies at one end.
function place(box) {
  const { width, height, values } = box;
  let [mass, across, down] = [0, 0, 0];
  values.forEach((value, at) => {
    mass += value;
    across += value * (at % width);
    down += value * Math.floor(at / width);
  });
  // A digit may lie just between two places, and no rounding error is to decide then.
  const offset = (sum, side) => {
    const wanted = Math.round(1000 * (CENTRE - sum / mass)) / 1000;
    return Math.min(Math.max(roundHalfToEven(wanted), 0), FIELD - side);
  };
  const [top, left] = [offset(down, height), offset(across, width)];
  return Float32Array.from(cut(box, -left, -top, FIELD, FIELD).values);
}
