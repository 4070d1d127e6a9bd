/* Numbers as pictures: their colours, and how they come onto a canvas. */

import { mix } from "./colours.js";

// How values become colours: from white to black, or to one of two colours by sign.
export function rampsOf(colour) {
  const [white, black] = [colour("--white"), colour("--black")];
  const [minus, plus] = [colour("--minus"), colour("--plus")];
  return {
    gray: (value) => mix(white, black, value),
    signed: (most) => (value) =>
      mix(white, value < 0 ? minus : plus, Math.abs(value) / most),
    empty: mix(colour("--panel"), colour("--panel"), 0),
  };
}

// Paints only if what the picture depends on has changed: this is the slow part.
export function paint(canvas, values, toRgb, dependsOn) {
  if (canvas.dataset.shows === String(dependsOn)) return;
  canvas.dataset.shows = dependsOn;
  const side = Math.sqrt(values.length);
  canvas.width = canvas.height = side;
  const context = canvas.getContext("2d");
  const picture = context.createImageData(side, side);
  values.forEach((value, index) =>
    picture.data.set([...toRgb(value, index), 255], 4 * index),
  );
  context.putImageData(picture, 0, 0);
}

// A byte a pixel, row by row, in base64; out come values in [0, 1].
export const decode = (text) =>
  Float64Array.from(atob(text), (character) => character.charCodeAt(0) / 255);
