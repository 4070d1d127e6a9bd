/* What the network receives, step by step, and what it answers. */

import { button, make, placeAt, put, status, steer, tell } from "./elements.js";
import { FIELD } from "./ink_preparation.js";
import { fixed, inside } from "./numbers.js";
import { pictureOf } from "./pad_drawing.js";

const COVER = 7; // pixels a side

// The image without the pixels under a square, whose first is at [row, column].
export function covered(image, [row, column]) {
  const rest = Float32Array.from(image);
  for (let down = row; down < row + COVER; down++)
    rest.fill(0, down * FIELD + column, down * FIELD + column + COVER);
  return rest;
}

const step = (say) => {
  const seen = make("div.seen");
  return { seen, node: make("div.step", seen, make("span.muted", { say })) };
};

// cover([row, column]) is called when the reader covers a part, cover(null) when no more.
export function makeReceived(state, cover) {
  const [cut, box] = [step("stepCut"), step("stepBox")];
  const [field, patch] = [make("div.seen"), make("i.patch")];
  const middle = (COVER - 1) / 2;
  const put = (...place) => cover(place.map((at) => inside(at, 0, FIELD - COVER)));
  const reading = { role: "application", label: "coverArea" };
  const area = steer(make("div.field28", reading, field, patch), {
    point: (x, y) =>
      put(Math.floor(y * FIELD) - middle, Math.floor(x * FIELD) - middle),
    nudge(dx, dy) {
      const [row, column] = state.cover ?? [10, 10];
      put(row + dy, column + dx);
    },
  });
  const uncover = button("uncover", () => cover(null));
  const node = make(
    "div.received",
    make("div.muted", { say: "received" }),
    make("div.steps", make("div.small", cut.node, box.node), area),
    make("div.row.between", make("span.muted", { say: "coverHint" }), uncover),
  );
  let shown = null;
  const render = () => {
    const { digit } = state;
    if (digit !== shown) {
      const image = digit.field && { width: FIELD, height: FIELD, values: digit.field };
      const pictures = [digit.cropped, digit.box, image];
      [cut.seen, box.seen, field].forEach((holder, at) =>
        holder.replaceChildren(...(pictures[at] ? [pictureOf(pictures[at])] : [])),
      );
    }
    shown = digit;
    const [row, column] = state.cover ?? [0, 0];
    patch.hidden = !state.cover;
    placeAt(patch, { top: row / FIELD, left: column / FIELD });
    uncover.disabled = !state.cover;
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
    rows.forEach(({ bar, before, share, node }, index) => {
      put(share, chances[index], answer ? `${fixed(100 * chances[index], 1)} %` : "—");
      placeAt(bar, { width: chances[index] });
      placeAt(before, { left: answer?.before[index] ?? 0 });
      before.hidden = !answer?.cover;
      node.classList.toggle("best", Boolean(answer) && index === best);
    });
    const isWaiting = !digit.refusal && answer?.number !== state.asked;
    node.setAttribute("aria-busy", String(isWaiting));
    const refusal = problem ?? digit.refusal;
    const percent = fixed(100 * chances[best], 1);
    if (failure) tell(verdict, word("noEngine")(failure));
    else if (refusal) tell(verdict, word(refusal));
    else if (answer) tell(verdict, word("verdict")(best, percent, answer.cover));
    const isRefused = Boolean(failure ?? refusal) && refusal !== "empty";
    verdict.classList.toggle("refusal", isRefused);
  };
  return { node, verdict, render };
}
