/* The reader's own digits, which are read again and again while the network learns. */

import { button, make, status, tell } from "./elements.js";
import { FIELD, prepare } from "./ink_preparation.js";
import { makeDrawingArea } from "./pad_area.js";
import { drawMarks, inkOf, padCanvas, pictureOf } from "./pad_drawing.js";

const MOST = 8;
const CHANGES = 5; // so many readings of a drawing are shown

// readAgain() is called when there is another drawing.
export function makeDrawings(state, { readAgain, change }) {
  const pad = { history: [[]], brush: 22 };
  const { context } = padCanvas(1, { willReadFrequently: true });
  const area = makeDrawingArea(pad, {
    begin: (stroke) => lay([...pad.history[0], stroke]),
    extend(points) {
      pad.history[0].at(-1).points.push(...points);
      area.render();
    },
  });
  const lay = (marks) => {
    pad.history = [marks];
    change({ refusal: null });
  };
  const keep = () => {
    drawMarks(context, pad.history[0]);
    const { refusal, field } = prepare(inkOf(context));
    if (refusal) return change({ refusal });
    state.drawings.push({ field, readings: [] });
    lay([]);
    readAgain();
  };
  const remove = (drawing) =>
    change({ drawings: state.drawings.filter((other) => other !== drawing) });
  const [kept, cleared] = [button("keep", keep), button("clear", () => lay([]))];
  const refusal = status("refusal");
  const list = make("div.kept");
  const node = make(
    "div.drawings",
    make("div.muted", { say: "drawings" }),
    make(
      "div.own",
      make("div", ...area.nodes, make("div.row", kept, cleared), refusal),
      list,
    ),
  );
  const rows = new Map(); // drawing → its row
  const rowOf = (drawing) => {
    const image = { width: FIELD, height: FIELD, values: drawing.field };
    const said = make("span.number.readings");
    const gone = make("button.remove", { type: "button" }, "×");
    gone.addEventListener("click", () => remove(drawing));
    return { said, gone, node: make("div.keptOne", pictureOf(image), said, gone) };
  };
  const render = (word) => {
    area.render();
    kept.disabled = state.drawings.length === MOST;
    tell(refusal, state.refusal ? word(state.refusal) : "");
    for (const drawing of state.drawings)
      if (!rows.has(drawing)) rows.set(drawing, rowOf(drawing));
    const shown = state.drawings.map((drawing) => rows.get(drawing));
    if (
      shown.length !== list.childElementCount ||
      shown.at(-1)?.node !== list.lastChild
    )
      list.replaceChildren(...shown.map((row) => row.node));
    for (const drawing of state.drawings) {
      const { said, gone } = rows.get(drawing);
      const readings = drawing.readings.map(({ digit }) => digit);
      const dots = readings.length > CHANGES ? "… → " : "";
      tell(said, dots + readings.slice(-CHANGES).join(" → "));
      said.title = drawing.readings
        .map(({ step, digit }) => word("readAt")(step, digit))
        .join("\n");
      gone.setAttribute("aria-label", word("remove"));
    }
  };
  return { node, render };
}
