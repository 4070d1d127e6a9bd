/* What the network receives, step by step, and what it answers. */

import { button, make, placeAt, put, status, tell } from "./elements.js";
import { FIELD } from "./ink_preparation.js";
import { fixed, inside } from "./numbers.js";
import { pictureOf } from "./pad_drawing.js";
import { makeCells } from "./pictures.js";

const COVER = 7; // pixels a side

// The image without the pixels under a square, whose first is at [row, column].
export function covered(image, [row, column]) {
  const rest = Float32Array.from(image);
  for (let down = row; down < row + COVER; down++)
    rest.fill(0, down * FIELD + column, down * FIELD + column + COVER);
  return rest;
}

const makeStep = (say) => {
  const canvas = make("canvas");
  const seen = make("div.seen", canvas);
  return { canvas, node: make("div.step", seen, make("span.muted", { say })) };
};

// cover([row, column]) is called when the reader covers a part, cover(null) when no more.
export function makeReceived(state, cover) {
  const [cut, box] = [makeStep("stepCut"), makeStep("stepBox")];
  const put = (...place) => cover(place.map((at) => inside(at, 0, FIELD - COVER)));
  const field = makeCells("field28", {
    label: "coverArea",
    size: () => [FIELD, FIELD],
    side: COVER,
    moveTo: put,
    moveBy(rows, columns) {
      const [row, column] = state.cover ?? [10, 10];
      put(row + rows, column + columns);
    },
  });
  const uncover = button("uncover", () => cover(null));
  const node = make(
    "div.received",
    make("div.muted", { say: "received" }),
    make("div.steps", make("div.small", cut.node, box.node), field.node),
    make("div.row.between", make("span.muted", { say: "coverHint" }), uncover),
  );
  let shown = null;
  const render = () => {
    const { digit } = state;
    const image = digit.field && { width: FIELD, height: FIELD, values: digit.field };
    const inks = [digit.cropped, digit.box, image];
    if (digit !== shown)
      [cut, box, field].forEach(({ canvas }, at) => {
        canvas.hidden = !inks[at];
        if (inks[at]) pictureOf(inks[at], canvas);
      });
    shown = digit;
    field.frame.hidden = uncover.disabled = !state.cover;
    field.show(...(state.cover ?? [0, 0]));
  };
  return { node, render };
}

// Ten bars, and in a line what they mean.
export function makeBars() {
  const rows = Array.from({ length: 10 }, (_, digit) => {
    const [bar, before, share] = [make("i.bar"), make("i.before"), make("span.number")];
    const track = make("div.track", bar, before);
    const node = make("div.chance", make("b", `${digit}`), track, share);
    return { bar, before, share, node };
  });
  const verdict = status("verdict");
  const head = make("div.muted", { say: "probabilities" });
  const node = make("div.answer", head, ...rows.map((row) => row.node));
  const render = (state, word) => {
    const { answer, problem, failure, digit } = state;
    const chances = answer?.probabilities ?? Array(10).fill(0);
    const best = chances.indexOf(Math.max(...chances));
    const percent = (at) => `${fixed(100 * chances[at], 1)}%`;
    rows.forEach(({ bar, before, share, node }, at) => {
      put(share, chances[at], answer ? percent(at) : "—");
      placeAt(bar, { width: chances[at] });
      placeAt(before, { left: answer?.before[at] ?? 0 });
      before.hidden = !answer?.cover;
      node.classList.toggle("best", Boolean(answer) && at === best);
    });
    const isWaiting = !digit.refusal && answer?.number !== state.asked;
    node.setAttribute("aria-busy", String(isWaiting));
    const refusal = problem ?? digit.refusal;
    if (failure) tell(verdict, word("noEngine")(failure));
    else if (refusal) tell(verdict, word(refusal));
    else if (answer) tell(verdict, word("verdict")(best, percent(best), answer.cover));
    const isRefused = Boolean(failure ?? refusal) && refusal !== "empty";
    verdict.classList.toggle("refusal", isRefused);
  };
  return { node, verdict, render };
}
