/* The pad itself, to draw on by mouse, finger, pen and keys. */

import { make, onArrows, placeAt, placeOf } from "./elements.js";
import { inside } from "./numbers.js";
import { PAD, drawMarks, padCanvas } from "./pad_drawing.js";

const KEY_STEP = 10;

// Into the state goes what lies on the pad: at first nothing. changed() is called when a
// stroke has begun or become longer.
export function makeDrawingArea(state, changed) {
  state.history = [[]]; // the marks before each change, at last those that lie there now
  state.brush = 22;
  const { canvas, context } = padCanvas(2);
  const pen = make("i.pen");
  const keys = make("p.keys.muted", { say: "keys" });
  const hand = { at: [PAD / 2, PAD / 2], isDown: false }; // of who draws by keys
  let points = []; // of the last stroke
  const begin = (point) => {
    points = [point];
    state.history.push([...state.history.at(-1), { points, width: state.brush }]);
    changed();
  };
  const extend = (...more) => {
    points.push(...more);
    changed();
  };
  const setDown = (isDown) => {
    hand.isDown = isDown;
    if (isDown) begin(hand.at);
    render();
  };
  const moveByKey = onArrows((...steps) => {
    hand.at = hand.at.map((at, axis) => inside(at + KEY_STEP * steps[axis], 0, PAD));
    if (hand.isDown) extend(hand.at);
    render();
  });
  const pointOf = (event) => placeOf(event, canvas).map((share) => share * PAD);
  const on = {
    pointerdown(event) {
      if (event.button !== 0 || !event.isPrimary) return;
      hand.isDown = false;
      canvas.setPointerCapture(event.pointerId);
      begin(pointOf(event));
    },
    pointermove(event) {
      if (!canvas.hasPointerCapture(event.pointerId)) return;
      // Where the page came over http the browser does not say what lay between.
      const between = event.getCoalescedEvents?.() ?? [];
      extend(...(between.length ? between : [event]).map(pointOf));
    },
    keydown(event) {
      moveByKey(event);
      if (event.key !== " ") return;
      event.preventDefault();
      if (!event.repeat) setDown(!hand.isDown);
    },
    blur: () => setDown(false),
  };
  const pad = { role: "application", label: "padArea", tabindex: 0, on };
  const node = make("div.pad.steered", pad, canvas, pen);
  function render() {
    drawMarks(context, state.history.at(-1));
    const [left, top, size] = [...hand.at, state.brush].map((length) => length / PAD);
    placeAt(pen, { left, top, width: size, height: size });
    pen.classList.toggle("down", hand.isDown);
  }
  return { nodes: [node, keys], render };
}
