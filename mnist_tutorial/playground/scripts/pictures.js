/* Numbers as pictures: their colours, how they come onto a canvas, and how a reader points
   at one of them. */

import { mix } from "./colours.js";
import { make, placeAt, steer } from "./elements.js";

const SHADES = 256;

// How values become colours: from white to black, or to one of two colours by sign.
export function rampsOf(colour) {
  const [white, black] = [colour("--white"), colour("--black")];
  const [minus, plus] = [colour("--minus"), colour("--plus")];
  const signed = (most) => (value) =>
    mix(white, value < 0 ? minus : plus, Math.abs(value) / most);
  // The same for many values: each shade is worked out only once, which takes time.
  const shaded = (most) => {
    const known = new Map();
    return (value) => {
      const shade = Math.round((SHADES * value) / most);
      if (!known.has(shade)) known.set(shade, signed(SHADES)(shade));
      return known.get(shade);
    };
  };
  const empty = mix(colour("--panel"), colour("--panel"), 0);
  return { gray: (value) => mix(white, black, value), signed, shaded, empty };
}

// A canvas of so many pixels; toRgb(at) gives each, from 0 to 255, with or without alpha.
export function paintPixels(canvas, width, height, toRgb) {
  Object.assign(canvas, { width, height });
  const context = canvas.getContext("2d");
  const picture = context.createImageData(width, height);
  picture.data.fill(255);
  for (let at = 0; at < width * height; at++) picture.data.set(toRgb(at), 4 * at);
  context.putImageData(picture, 0, 0);
  return canvas;
}

// Paints only if what the picture depends on has changed: this is the slow part.
export function paint(canvas, values, toRgb, dependsOn) {
  if (canvas.dataset.shows === String(dependsOn)) return;
  canvas.dataset.shows = dependsOn;
  const side = Math.sqrt(values.length);
  paintPixels(canvas, side, side, (at) => toRgb(values[at], at));
}

// A picture of some cells, size() = [rows, columns], with a frame around the first ones,
// `side` by `side`. moveTo(row, column) is called with where the frame would begin when
// the reader points at its middle, moveBy(rows, columns) for arrow keys.
export function makeCells(name, { size, side = 1, label = name, ...moves }) {
  const { moveTo, moveBy, sideways } = moves;
  const [canvas, frame] = [make("canvas", { "aria-hidden": "true" }), make("i.frame")];
  const node = make(`div.${name}`, { role: "application", label }, canvas, frame);
  const first = (share, count) => Math.floor(share * count) - (side - 1) / 2;
  steer(node, {
    point: (x, y) => moveTo(first(y, size()[0]), first(x, size()[1])),
    nudge: (dx, dy) => moveBy(dy, dx),
    sideways,
  });
  const show = (row, column) => {
    const [height, width] = size().map((count) => 1 / count);
    const [top, left] = [row * height, column * width];
    placeAt(frame, { left, top, width: side * width, height: side * height });
  };
  return { node, canvas, frame, show };
}

// How such a picture looks, and the scale of its colours.
export const CELLS_STYLE = `
  .frame {
    border: 2px solid var(--mark); outline: 1px solid var(--white);
    pointer-events: none; position: absolute;
  }
  .scale { border: 1px solid var(--rule); height: 12px; }
  .signed { background: linear-gradient(to right, var(--minus), var(--white), var(--plus)); }
  .ends { display: flex; justify-content: space-between; }
`;

// A byte a pixel, row by row, in base64; out come values in [0, 1].
export const decode = (text) =>
  Float64Array.from(atob(text), (character) => character.charCodeAt(0) / 255);
