/* The pictures of the kernel explorer: digits to choose from, input and output. */

import { choice, make, put, steer } from "./elements.js";
import { OUT, SIZE } from "./kernel_model.js";
import { fixed } from "./numbers.js";
import { paint } from "./pictures.js";

export function makeDigits(images, pick) {
  const canvases = images.map(() => make("canvas"));
  const buttons = canvases.map((canvas) => make("button", canvas));
  const { node, select } = choice("digits", "digits", buttons, pick);
  const render = (digit, word, { gray }) => {
    buttons.forEach((button, index) => {
      button.setAttribute("aria-label", word("digit")(index + 1));
      paint(canvases[index], images[index], gray, []);
    });
    select(digit);
  };
  return { node, render };
}

// A picture with a frame around some cells, whose first one is at [row, column]. A
// reader points at one cell: in the input at the middle of the window.
function picture(name, { side, cells, ends }, { moveTo, moveBy }) {
  const middle = (cells - 1) / 2;
  const canvas = make("canvas", { "aria-hidden": "true" });
  const frame = make("div.frame");
  const reading = { role: "application", label: `${name}Area` };
  const area = steer(make("div.area", reading, canvas, frame), {
    point: (x, y) =>
      moveTo(Math.floor(y * side) - middle, Math.floor(x * side) - middle),
    nudge: (dx, dy) => moveBy(dy, dx),
  });
  const scale = make("div.scale");
  const below = make("div.ends.muted", ...ends.map((end) => make("span", end)));
  const node = make(
    `div.${name}`,
    make("div.muted", { say: name }),
    area,
    scale,
    below,
  );
  const showFrame = (row, column) => {
    frame.style.left = `${(100 * column) / side}%`;
    frame.style.top = `${(100 * row) / side}%`;
    frame.style.width = frame.style.height = `${(100 * cells) / side}%`;
  };
  return { node, canvas, scale, showFrame };
}

export function makePictures(moves) {
  const [low, high] = [make("span.number"), make("span.number")];
  const input = picture("input", { side: SIZE, cells: 3, ends: ["0", "1"] }, moves);
  const ends = [low, "0", high];
  const output = picture("output", { side: OUT, cells: 1, ends }, moves);
  const needle = make("i");
  output.scale.append(needle);
  const render = (view, { gray, signed, empty }) => {
    const { image, digit, kernel, values, largest, known, row, column, sum } = view;
    const inColour = signed(largest);
    const toRgb = (value, index) => (index < known ? inColour(value) : empty);
    paint(input.canvas, image, gray, [digit]);
    paint(output.canvas, values, toRgb, [digit, known, ...kernel]);
    input.showFrame(row, column);
    output.showFrame(row, column);
    put(low, -largest, fixed(-largest));
    put(high, largest, fixed(largest));
    needle.style.left = `${50 + (50 * sum) / largest}%`;
  };
  return { node: make("div.pictures", input.node, output.node), render };
}
