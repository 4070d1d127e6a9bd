/* The pictures of the kernel explorer: digits to choose from, input and output. */

import { choice, make, put } from "./elements.js";
import { OUT, SIZE } from "./kernel_model.js";
import { fixed } from "./numbers.js";
import { makeCells, paint } from "./pictures.js";

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

// One that can be pointed at, and below it what its colours mean.
function makePicture(name, { side, count, scale, ends }, moves) {
  const size = () => [count, count];
  const cells = makeCells("area", { label: `${name}Area`, size, side, ...moves });
  const below = make("div.ends.muted", ...ends.map((end) => make("span", end)));
  const head = make("div.muted", { say: name });
  return { ...cells, node: make(`div.${name}`, head, cells.node, scale, below) };
}

export function makePictures(moves) {
  const [low, high] = [make("span.number"), make("span.number")];
  const needle = make("i");
  const grays = { scale: make("div.scale"), ends: ["0", "1"] };
  const input = makePicture("input", { side: 3, count: SIZE, ...grays }, moves);
  const signs = { scale: make("div.scale.signed", needle), ends: [low, "0", high] };
  const output = makePicture("output", { side: 1, count: OUT, ...signs }, moves);
  const render = (view, { gray, signed, empty }) => {
    const { image, digit, kernel, values, largest, known, row, column, sum } = view;
    const inColour = signed(largest);
    const toRgb = (value, index) => (index < known ? inColour(value) : empty);
    paint(input.canvas, image, gray, [digit]);
    paint(output.canvas, values, toRgb, [digit, known, ...kernel]);
    input.show(row, column);
    output.show(row, column);
    put(low, -largest, fixed(-largest));
    put(high, largest, fixed(largest));
    needle.style.left = `${50 + (50 * sum) / largest}%`;
  };
  return { node: make("div.pictures", input.node, output.node), render };
}
