/* What stands around the pad: tools, and digits to choose from. */

import { button, choice, make, slider } from "./elements.js";
import { pictureOf } from "./pad_drawing.js";
import { decode } from "./pictures.js";

const BRUSHES = [4, 44];
const SHOWN = 10; // samples at a time

export function makeTools(state, { undo, clear, setBrush, open }) {
  const brush = slider("brush", BRUSHES[1] - BRUSHES[0], (value) =>
    setBrush(BRUSHES[0] + value),
  );
  const buttons = [button("undo", undo), button("clear", clear)];
  const take = () => {
    const [chosen] = file.files;
    file.value = ""; // the same one may be chosen again
    if (chosen) open(chosen);
  };
  const file = make("input", { type: "file", accept: "image/*", on: { change: take } });
  file.hidden = true;
  const picture = button("picture", () => file.click());
  const width = make("label.row.brush", make("span", { say: "brush" }), brush);
  const node = make("div.tools", make("div.row", ...buttons, picture, file), width);
  const render = () => {
    brush.value = state.brush - BRUSHES[0];
    brush.setAttribute("aria-valuetext", String(state.brush));
    buttons[0].disabled = state.history.length === 1;
    buttons[1].disabled = !state.history.at(-1).length;
  };
  return { node, render };
}

// Digits of MNIST, ten at a time. lay(picture) puts one on the pad.
export function makeSamples(texts, lay) {
  const pictures = texts.map((text) =>
    pictureOf({ width: 28, height: 28, values: decode(text) }),
  );
  let first = 0;
  const buttons = Array.from({ length: SHOWN }, () => make("button"));
  const digits = choice("samples", "samples", buttons, (index) =>
    lay(pictures[first + index]),
  );
  const show = () =>
    buttons.forEach((node, index) => node.replaceChildren(pictures[first + index]));
  const more = button("others", () => {
    first = (first + SHOWN) % pictures.length;
    show();
  });
  show();
  const render = (word) => {
    digits.select(-1);
    for (const [index, node] of buttons.entries())
      node.ariaLabel = word("sample")(index);
  };
  const head = make("div.row.between", make("span.muted", { say: "samples" }), more);
  return { node: make("div", head, digits.node), render };
}
