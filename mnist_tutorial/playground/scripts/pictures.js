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

// A canvas of so many pixels; rgba(at) gives each, from 0 to 255.
export function paintPixels(canvas, width, height, rgba) {
  Object.assign(canvas, { width, height });
  const context = canvas.getContext("2d");
  const picture = context.createImageData(width, height);
  for (let at = 0; at < width * height; at++) picture.data.set(rgba(at), 4 * at);
  context.putImageData(picture, 0, 0);
  return canvas;
}

// Paints only if what the picture depends on has changed: this is the slow part.
export function paint(canvas, values, toRgb, dependsOn) {
  if (canvas.dataset.shows === String(dependsOn)) return;
  canvas.dataset.shows = dependsOn;
  const side = Math.sqrt(values.length);
  paintPixels(canvas, side, side, (at) => [...toRgb(values[at], at), 255]);
}

// A byte a pixel, row by row, in base64; out come values in [0, 1].
export const decode = (text) =>
  Float64Array.from(atob(text), (character) => character.charCodeAt(0) / 255);
