/* What lies on the pad: strokes and pictures, one over the other. */

import { make } from "./elements.js";
import { paintPixels } from "./pictures.js";

export const PAD = 280; // units a side: 10 for each pixel of a digit of MNIST

// A canvas with so many pixels for a unit, and its context, which counts in units.
export function padCanvas(scale, settings) {
  const canvas = make("canvas");
  canvas.width = canvas.height = PAD * scale;
  const context = canvas.getContext("2d", settings);
  context.scale(scale, scale);
  context.imageSmoothingEnabled = false;
  return { canvas, context };
}

// A stroke is { points: [[x, y], …], width }, a picture { picture: canvas }.
export function drawMarks(context, marks) {
  context.clearRect(0, 0, PAD, PAD);
  for (const mark of marks)
    if (mark.picture) drawPicture(context, mark.picture);
    else drawStroke(context, mark);
}

// How large a picture is where it just fits.
export function fitted({ width, height }) {
  const scale = PAD / Math.max(width, height);
  return [width, height].map((side) => Math.max(1, Math.round(side * scale)));
}

function drawPicture(context, picture) {
  const size = fitted(picture);
  const middle = size.map((side) => Math.floor((PAD - side) / 2));
  context.drawImage(picture, ...middle, ...size);
}

// Through the middles between the points, so that a quick hand leaves no corners.
function drawStroke(context, { points, width }) {
  const [first] = points;
  const last = points.at(-1);
  Object.assign(context, { lineWidth: width, lineCap: "round", lineJoin: "round" });
  context.beginPath();
  context.moveTo(...first);
  points.slice(1, -1).forEach(([x, y], index) => {
    const [nextX, nextY] = points[index + 2];
    context.quadraticCurveTo(x, y, (x + nextX) / 2, (y + nextY) / 2);
  });
  // A finger that only taps leaves a dot.
  context.lineTo(last[0], last[1] + (points.length === 1 ? 0.01 : 0));
  context.stroke();
}

// A canvas, one pixel a unit, as an ink (ink_marks.js): how much of each is covered.
export function inkOf(context) {
  const { data } = context.getImageData(0, 0, PAD, PAD);
  const values = new Float64Array(PAD ** 2).map((_, at) => data[4 * at + 3] / 255);
  return { width: PAD, height: PAD, values };
}

// The other way: black, as opaque as there is ink.
export const pictureOf = ({ width, height, values }, canvas = make("canvas")) =>
  paintPixels(canvas, width, height, (at) => [0, 0, 0, 255 * values[at]]);
