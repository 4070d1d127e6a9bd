/* Two axes, and lines, dots and bars between them. */

import { make, steer } from "./elements.js";
import { inside } from "./numbers.js";

/* --- marks: what is drawn, in the plot's own units ---------------------------- */

export const line = (name, [x1, y1], [x2, y2]) =>
  make(`svg:line.${name}`, { x1, y1, x2, y2 });

export const circle = (name, [cx, cy], r) => make(`svg:circle.${name}`, { cx, cy, r });

export const label = (x, y, anchor, text) =>
  make("svg:text", { x, y, "text-anchor": anchor }, text);

export const polyline = (name, spots) =>
  make(`svg:polyline.${name}`, {
    points: spots.map(([x, y]) => `${x.toFixed(2)},${y.toFixed(2)}`).join(" "),
  });

/* --- the plot ----------------------------------------------------------------- */

// draw() takes the ends of both axes as [low, high], ticks as [value, text], and
// content(x, y), which gets the way from values to places and returns marks: those
// "drawn" are cut off at the edge, those "written" are not.
export function plot(width, height) {
  const box = { left: 52, right: width - 14, top: 12, bottom: height - 26 };
  const axes = make("svg:g");
  const notes = make("svg:g");
  // What leaves the picture is cut off; a dot on its edge is not.
  const [left, top] = [box.left - 5, box.top - 5];
  const [wide, high] = [box.right - left + 5, box.bottom - top + 5];
  const marks = make("svg:svg", {
    x: left,
    y: top,
    width: wide,
    height: high,
    viewBox: `${left} ${top} ${wide} ${high}`,
  });
  marks.style.cssText = "border: 0; background: none; overflow: hidden;";
  const frame = { viewBox: `0 0 ${width} ${height}`, "aria-hidden": "true" };
  const svg = make("svg:svg", frame, axes, marks, notes);

  const draw = ({ xs, ys, xTicks, yTicks, content }) => {
    const x = along(xs, box.left, box.right);
    const y = along(ys, box.bottom, box.top);
    axes.replaceChildren(
      ...xTicks.flatMap(([value, text]) => [
        line("axis", [x(value), box.top], [x(value), box.bottom]),
        label(x(value), height - 8, "middle", text),
      ]),
      ...yTicks.flatMap(([value, text]) => [
        line("axis", [box.left, y(value)], [box.right, y(value)]),
        label(box.left - 6, y(value) + 4, "end", text),
      ]),
    );
    const { drawn, written = [] } = content(x, y);
    marks.replaceChildren(...drawn);
    notes.replaceChildren(...written);
  };
  return { svg, box, width, draw };
}

// Far outside one place is as good as another, so long as it is finite.
function along([low, high], from, to) {
  return (value) =>
    inside(from + ((value - low) / (high - low)) * (to - from), -9999, 9999);
}

// A plot whose x axis, from low to high, is a slider: now() is its value, and moveTo()
// gets another one. An arrow key goes a hundredth of the way.
export function plotSlider(
  name,
  { svg, box, width },
  { low, high, now, moveTo, ...its },
) {
  const limits = { role: "slider", "aria-valuemin": low, "aria-valuemax": high };
  const go = (value) => moveTo(inside(value, low, high));
  return steer(make(`div.${name}`, { ...limits, ...its }, svg), {
    point: (fraction) => {
      const share = (fraction * width - box.left) / (box.right - box.left);
      go(low + share * (high - low));
    },
    nudge: (dx, dy) => go(now() + ((dx - dy) * (high - low)) / 100),
    sideways: true,
  });
}

export function showSlider(node, value, text) {
  node.setAttribute("aria-valuenow", value);
  node.setAttribute("aria-valuetext", text);
}
