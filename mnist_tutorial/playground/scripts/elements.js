/* Elements of a page, and how a reader works them by mouse, finger and keyboard. */

import { parseNumber } from "./numbers.js";

// make("svg:circle.ball", { r: 7, on: { click } }, ...children): an element with its
// classes, then, if there are any, its attributes and handlers. { say } and { label }
// name the word that becomes its text or its aria-label.
export function make(name, ...parts) {
  const given = parts[0]?.constructor === Object ? parts.shift() : {};
  const { say, label, on = {}, ...attributes } = given;
  const [tag, ...classes] = name.split(".");
  const node = tag.startsWith("svg:")
    ? document.createElementNS("http://www.w3.org/2000/svg", tag.slice(4))
    : document.createElement(tag);
  node.classList.add(...classes);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  for (const [key, handler] of Object.entries(on)) node.addEventListener(key, handler);
  if (say) node.dataset.say = say;
  if (label) node.dataset.label = label;
  node.append(...parts);
  return node;
}

export const button = (say, click, name = say) =>
  make(`button.${name}`, { type: "button", say, on: { click } });

export const figure = (say, node, ...more) =>
  make(`figure.${say}`, make("figcaption.muted", { say }), node, ...more);

/* --- what is shown ------------------------------------------------------------ */

// A number, rounded for reading, and in full in data-value.
export function put(node, value, text) {
  node.dataset.value = value;
  node.textContent = text;
}

// For a live region: it is read out when it changes, not each time it is drawn.
export function tell(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

// Where a node is, and how large, as shares of the one around it.
export function placeAt(node, shares) {
  for (const [side, share] of Object.entries(shares))
    node.style[side] = `${100 * share}%`;
}

export const status = (name) => make(`p.${name}`, { role: "status" });

/* --- what a reader sets ------------------------------------------------------- */

// A field for a number within limits, [low, high]. take(value) follows each key after
// which one stands there, refuse() each other key, settle() the end of typing.
export function numberField(classes, { label, limits, take, refuse, settle }) {
  const input = () => {
    const value = parseNumber(field.value);
    if (value !== null && value >= limits[0] && value <= limits[1]) take(value);
    else refuse();
  };
  const on = { input, change: () => settle() };
  const field = make(`input.${classes}`, { autocomplete: "off", label, on });
  return field;
}

// The number that counts, which is not always what stands in the field.
export function showField(field, value, isRefused) {
  field.dataset.value = value;
  field.setAttribute("aria-invalid", String(isRefused));
}

// The browser's own slider, in whole steps from 0 to max.
export function slider(label, max, take) {
  const on = { input: () => take(Number(node.value)) };
  const node = make("input", { type: "range", min: 0, max, label, on });
  return node;
}

const ARROWS = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
};

// One of several buttons, or none. Tab enters the group, arrow keys move within it.
export function choice(name, label, buttons, pick) {
  const keydown = (event) => {
    const arrow = ARROWS[event.key];
    if (!arrow) return;
    event.preventDefault();
    const here = buttons.indexOf(event.target);
    const next = (here + arrow[0] + arrow[1] + buttons.length) % buttons.length;
    buttons[next].focus();
    pick(next);
  };
  buttons.forEach((node, index) => {
    node.type = "button";
    node.setAttribute("role", "radio");
    node.addEventListener("click", () => pick(index));
  });
  const select = (chosen) =>
    buttons.forEach((node, index) => {
      node.setAttribute("aria-checked", String(index === chosen));
      node.tabIndex = index === Math.max(chosen, 0) ? 0 : -1;
    });
  const group = { role: "radiogroup", label, on: { keydown } };
  return { node: make(`div.row.${name}`, group, ...buttons), select };
}

// nudge(dx, dy) gets the steps of an arrow key, five with Shift.
export function onArrows(nudge) {
  return (event) => {
    const arrow = ARROWS[event.key];
    if (!arrow || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    const times = event.shiftKey ? 5 : 1;
    nudge(times * arrow[0], times * arrow[1]);
  };
}

// Where a pointer is, as shares of a node's width and height.
export function placeOf({ clientX, clientY }, node) {
  const { left, top, width, height } = node.getBoundingClientRect();
  return [(clientX - left) / width, (clientY - top) / height];
}

// Let mouse, finger and arrow keys move something on a node. point(x, y) gets the place
// of placeOf(); nudge is as for onArrows. With sideways: true a finger that moves up or down scrolls the page instead, and moves nothing.
export function steer(node, { point, nudge, sideways = false }) {
  const at = (event) => point(...placeOf(event, node));
  let waitsAt = null; // where a finger came down that may be about to scroll
  const on = {
    pointerdown(event) {
      if (event.button !== 0) return;
      node.setPointerCapture(event.pointerId);
      waitsAt = sideways && event.pointerType === "touch" ? event.clientX : null;
      if (waitsAt === null) at(event);
    },
    pointermove(event) {
      if (!node.hasPointerCapture(event.pointerId)) return;
      if (waitsAt !== null && Math.abs(event.clientX - waitsAt) < 6) return;
      waitsAt = null;
      at(event);
    },
    pointerup(event) {
      if (waitsAt !== null) at(event);
      waitsAt = null;
    },
    pointercancel() {
      waitsAt = null;
    },
    keydown: onArrows(nudge),
  };
  for (const [key, handler] of Object.entries(on)) node.addEventListener(key, handler);
  node.style.touchAction = sideways ? "pan-y" : "none";
  node.classList.add("steered");
  node.tabIndex = 0;
  return node;
}
