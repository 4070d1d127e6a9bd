/* What stands around the pad: tools, and digits to choose from. */

import { button, choice, make, slider } from "./elements.js";
import { pictureOf } from "./pad_drawing.js";
import { decode } from "./pictures.js";

const THINNEST = 4;
const SHOWN = 10; // samples at a time

export function makeTools(state, { undo, clear, setBrush, open }) {
  const brush = slider("brush", 40, (value) => setBrush(THINNEST + value));
  const [back, empty] = [button("undo", undo), button("clear", clear)];
  const change = () => {
    const [chosen] = file.files;
    file.value = ""; // the same one may be chosen again
    if (chosen) open(chosen);
  };
  const on = { change };
  const file = make("input", { type: "file", accept: "image/*", hidden: "", on });
  const picture = button("picture", () => file.click());
  const width = make("label.row.brush", make("span", { say: "brush" }), brush);
  const node = make("div.tools", make("div.row", back, empty, picture, file), width);
  const render = () => {
    brush.value = state.brush - THINNEST;
    brush.setAttribute("aria-valuetext", String(state.brush));
    back.disabled = state.history.length === 1;
    empty.disabled = !state.history.at(-1).length;
  };
  return { node, render };
}

// Digits of MNIST, ten at a time. lay(picture) puts one on the pad.
export function makeSamples(texts, lay) {
  const pictures = texts.map((text) =>
    pictureOf({ width: 28, height: 28, values: decode(text) }),
  );
  const buttons = pictures.slice(0, SHOWN).map((picture) => make("button", picture));
  const pick = (index) => lay(buttons[index].firstChild);
  const digits = choice("samples", "samples", buttons, pick);
  const more = button("others", () => {
    pictures.push(...pictures.splice(0, SHOWN));
    buttons.forEach((node, index) => node.replaceChildren(pictures[index]));
  });
  const render = (word) => {
    digits.select(-1);
    buttons.forEach((node, index) => (node.ariaLabel = word("sample")(index)));
  };
  const head = make("div.row.between", make("span.muted", { say: "samples" }), more);
  return { node: make("div", head, digits.node), render };
}
