/* The pad itself, to draw on by mouse, finger, pen and keys. */

import { make, onArrows, placeAt } from "./elements.js";
import { inside } from "./numbers.js";
import { PAD, drawMarks, padCanvas } from "./pad_drawing.js";

const KEY_STEP = 10;

// begin(stroke) lays a stroke on the pad, of which extend(points) makes more.
export function makeDrawingArea(state, { begin, extend }) {
  const { canvas, context } = padCanvas(2);
  const pen = make("i.pen");
  const keys = make("p.keys.muted", { say: "keys" });
  const hand = { at: [PAD / 2, PAD / 2], isDown: false };
  const pointOf = (event) => {
    const box = canvas.getBoundingClientRect();
    return [
      ((event.clientX - box.left) * PAD) / box.width,
      ((event.clientY - box.top) * PAD) / box.height,
    ];
  };
  const start = (point) => begin({ points: [point], width: state.brush });
  const setDown = (isDown) => {
    hand.isDown = isDown;
    if (isDown) start(hand.at);
    render();
  };
  const move = (dx, dy) => {
    hand.at = hand.at.map((place, axis) =>
      inside(place + KEY_STEP * [dx, dy][axis], 0, PAD),
    );
    if (hand.isDown) extend([hand.at]);
    render();
  };
  const moveByKey = onArrows(move);
  const on = {
    pointerdown(event) {
      if (event.button !== 0 || !event.isPrimary) return;
      hand.isDown = false;
      canvas.setPointerCapture(event.pointerId);
      start(pointOf(event));
    },
    pointermove(event) {
      if (!canvas.hasPointerCapture(event.pointerId)) return;
      // Where the page came over http the browser does not say what lay between.
      const between = event.getCoalescedEvents?.() ?? [];
      extend((between.length ? between : [event]).map(pointOf));
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
