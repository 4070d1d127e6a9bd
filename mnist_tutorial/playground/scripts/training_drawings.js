/* The reader's own digits, which are read again and again while the network learns. */

import { button, make, status, tell } from "./elements.js";
import { FIELD, prepare } from "./ink_preparation.js";
import { makeDrawingArea } from "./pad_area.js";
import { drawMarks, inkOf, padCanvas, pictureOf } from "./pad_drawing.js";

const MOST_DRAWINGS = 8;
const CHANGES = 5; // so many readings of a drawing are shown

// A small pad. keep(field) is called with a digit as the network receives it, refuse()
// with a word for why there is none, or with null once the reader goes on.
function makeSmallPad({ keep, refuse }) {
  const state = {};
  const { context } = padCanvas(1, { willReadFrequently: true });
  const changed = () => {
    area.render();
    refuse(null);
  };
  const area = makeDrawingArea(state, changed);
  const clear = () => {
    state.history = [[]];
    changed();
  };
  const kept = button("keep", () => {
    drawMarks(context, state.history.at(-1));
    const { refusal, field } = prepare(inkOf(context));
    if (refusal) return refuse(refusal);
    clear();
    keep(field);
  });
  const tools = make("div.row", kept, button("clear", clear));
  return { kept, nodes: [...area.nodes, tools], render: area.render };
}

// A kept drawing, and what it was read as, one after the other.
function makeKept(drawing, remove) {
  const image = { width: FIELD, height: FIELD, values: drawing.field };
  const said = make("span.number.readings");
  const on = { click: remove };
  const gone = make("button.remove", { type: "button", on }, "×");
  const node = make("div.one", pictureOf(image), said, gone);
  const render = (word) => {
    const digits = drawing.readings.map(({ digit }) => digit);
    const dots = digits.length > CHANGES ? "… → " : "";
    tell(said, dots + digits.slice(-CHANGES).join(" → "));
    said.title = drawing.readings
      .map(({ step, digit }) => word("readAt")(step, digit))
      .join("\n");
    gone.setAttribute("aria-label", word("remove"));
  };
  return { node, render };
}

// readAgain() is called when there is another drawing.
export function makeDrawings(state, { readAgain, change }) {
  const rows = new Map(); // drawing → its row
  const take = (drawing) => {
    rows.set(
      drawing,
      makeKept(drawing, () => leave(drawing)),
    );
    list.append(rows.get(drawing).node);
    change({ drawings: [...state.drawings, drawing] });
    readAgain();
  };
  const leave = (drawing) => {
    rows.get(drawing).node.remove();
    rows.delete(drawing);
    change({ drawings: state.drawings.filter((other) => other !== drawing) });
  };
  const pad = makeSmallPad({
    keep: (field) => take({ field, readings: [] }),
    refuse: (refusal) => refusal !== state.refusal && change({ refusal }),
  });
  const refusal = status("refusal");
  const list = make("div.kept");
  const head = make("div.muted", { say: "drawings" });
  const own = make("div.own", make("div", ...pad.nodes, refusal), list);
  const render = (word) => {
    pad.render();
    pad.kept.disabled = rows.size === MOST_DRAWINGS;
    tell(refusal, state.refusal ? word(state.refusal) : "");
    for (const row of rows.values()) row.render(word);
  };
  return { node: make("div.drawings", head, own), render };
}
