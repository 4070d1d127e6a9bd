/* Explorables: small experiments inside a page.

   WHAT A PAGE HOLDS. Python (explorable.py) writes a div of the class
   mnist-explorable, whose data-kind says which one it is. In it are the data, as a
   script element of type application/json, and a paragraph in each language for
   readers without JavaScript. A script of type module comes behind it: this file,
   then KIND_explorer.js. (No tag is spelt out here: a browser would end the script.)

   The script starts each such div that has no shadow root yet, so it does not matter
   how often, or in which order, cells are run. It asks no host for anything, and is
   meant for a page of the book (served or from disk), JupyterLab, VS Code and Colab.

   HOW TO WRITE ANOTHER ONE. Add KIND_explorer.js and KIND.py with its function here:

     explorable("KIND", {
       words: { zh: { title: "…", otherLanguage: "English", key: "…" },
                en: { title: "…", otherLanguage: "中文", key: "…" } },
       style: `CSS, seen by this explorable alone`,
       build({ data, word, colour }) { …; return { nodes: […], render() { … } }; },
     });

   build() makes the elements once. render() brings them up to date with the state; it
   is called at the start and after a change of theme or language, and build() calls it
   after each change of its own. word("key") is the text in the present language;
   elements made with { say: "key" } or { label: "key" } get their text or aria-label
   by themselves. Colours come from the variables below, in a canvas by
   colour("--black"); with a colour of your own one of the two themes would break.

   WHAT IS HERE FOR IT. make() an element; choice() of one of several; steer()
   something by mouse, finger or arrow keys; put() a number, rounded for reading and in
   full in data-value; tell() a live region; fixed() and significant() digits;
   parseNumber() that a reader typed; plot() with ticks() to draw lines and dots in;
   mix() colours and write readableOn() them; prefersStillness() before anything moves
   by itself. Format with `npx prettier --print-width 88 --write *.js`. */

const BASE_STYLE = `
  :host {
    --paper: #ffffff; --panel: #f4f6f8; --ink: #14181d; --muted: #4d5763;
    --rule: #c3cad2; --blue: #0072b2; --orange: #d55e00; --green: #00805d;
    --warning: #a84600;
    /* Pictures look as the book's figures do, in the dark theme too. */
    --white: #ffffff; --black: #000000; --minus: #0072b2; --plus: #d55e00;
    --mark: #00805d;
    color: var(--ink); color-scheme: light; display: block; margin: 0.5rem 0;
    font: 400 15px/1.5 -apple-system, BlinkMacSystemFont, "Segoe UI", Roboto,
      "Helvetica Neue", Arial, "PingFang SC", "Hiragino Sans GB", "Microsoft YaHei",
      "Noto Sans CJK SC", "Noto Sans SC", sans-serif;
    text-align: start;
  }
  :host([data-scheme="dark"]) {
    --paper: #14181d; --panel: #1f252c; --ink: #f0f3f6; --muted: #aab4bf;
    --rule: #46505b; --blue: #56b4e9; --orange: #f28c28; --green: #2fcf9f;
    --warning: #f9ac62;
    color-scheme: dark;
  }
  * { box-sizing: border-box; }
  .card {
    background: var(--panel); border: 1px solid var(--rule); border-radius: 10px;
    break-inside: avoid; container-type: inline-size; max-width: 46rem; padding: 12px;
  }
  header { align-items: center; display: flex; gap: 8px; margin-bottom: 10px; }
  h3 { flex: 1; font-size: 1rem; font-weight: 600; margin: 0; }
  button, input { color: inherit; font: inherit; }
  button {
    background: var(--paper); border: 1px solid var(--rule); border-radius: 7px;
    cursor: pointer; min-height: 36px; min-width: 36px; padding: 4px 12px;
  }
  button:hover:not(:disabled) { border-color: var(--ink); }
  button:disabled { background: none; color: var(--muted); cursor: default; }
  button[aria-checked="true"] {
    border-color: var(--green); box-shadow: inset 0 0 0 2px var(--green);
  }
  input[type="range"] {
    accent-color: var(--green); flex: 1 1 7rem; height: 36px; margin: 0; min-width: 6rem;
  }
  .field {
    background: var(--paper); border: 1px solid var(--rule); border-radius: 7px;
    height: 36px; padding: 0 8px; width: 5.5rem;
  }
  :focus-visible { outline: 3px solid var(--blue); outline-offset: 2px; }
  .row { align-items: center; display: flex; flex-wrap: wrap; gap: 6px; }
  .steered { cursor: crosshair; user-select: none; -webkit-user-select: none; }
  figure { margin: 0; min-width: 0; }
  svg {
    background: var(--paper); border: 1px solid var(--rule); border-radius: 6px;
    display: block; height: auto; width: 100%;
  }
  svg text { fill: var(--ink); font-size: 13px; font-variant-numeric: tabular-nums; }
  .axis { stroke: var(--rule); }
  .number { font-variant-numeric: tabular-nums; white-space: nowrap; }
  .muted { color: var(--muted); font-size: 0.87rem; }
  .refusal { color: var(--warning); margin: 6px 0 0; }
  .refusal:empty { display: none; }
  input[aria-invalid="true"] { border: 2px dashed var(--warning); }
`;

const page = document.documentElement;
const everyHost = () => document.querySelectorAll(".mnist-explorable");
const refreshes = new WeakMap(); // host → how to follow the page's theme and language

function explorable(kind, parts) {
  for (const host of everyHost())
    if (host.dataset.kind === kind && !host.shadowRoot) start(host, parts);
}

function start(host, { words, style, build }) {
  const data = JSON.parse(host.querySelector("script").textContent);
  const word = (key) => words[pageLanguage()][key];
  const colours = new Map(); // looked up once a theme: asking is slow
  const colour = (name) => {
    if (!colours.has(name))
      colours.set(name, getComputedStyle(host).getPropertyValue(name).trim());
    return colours.get(name);
  };
  const { nodes, render } = build({ data, word, colour });
  const header = make("header", {}, make("h3", { say: "title" }));
  if (!isBook) header.append(languageButton());
  const card = make(
    "section",
    { class: "card", label: "title", on: { keydown: keepKeys } },
    header,
    ...nodes,
  );
  host
    .attachShadow({ mode: "open" })
    .append(make("style", {}, BASE_STYLE + style), card);

  const refresh = () => {
    const scheme = isDark(host) ? "dark" : "light";
    const lang = pageLanguage();
    if (host.dataset.scheme === scheme && card.lang === lang) return;
    host.dataset.scheme = scheme;
    card.lang = lang;
    colours.clear();
    const texts = [card, ...card.querySelectorAll("[data-say], [data-label]")];
    for (const node of texts) {
      if (node.dataset.say) node.textContent = word(node.dataset.say);
      if (node.dataset.label) node.setAttribute("aria-label", word(node.dataset.label));
    }
    render();
  };
  refreshes.set(host, refresh);
  refresh();
}

// What is typed here is not for the notebook around, where a letter can be a command.
function keepKeys(event) {
  if (!event.ctrlKey && !event.metaKey && !event.altKey) event.stopPropagation();
}

/* --- theme, language, motion -------------------------------------------------- */

// The book and Colab, JupyterLab and VS Code name their theme; elsewhere the theme is
// dark where the text around is light.
function isDark(host) {
  const body = document.body.dataset;
  const lab = { true: "light", false: "dark" }[body.jpThemeLight];
  const named =
    page.dataset.theme ?? page.getAttribute("theme") ?? lab ?? body.vscodeThemeKind;
  if (/dark|light/.test(named)) return /dark/.test(named);
  const [red, green, blue] = getComputedStyle(host.parentNode).color.match(/[\d.]+/g);
  return 0.299 * red + 0.587 * green + 0.114 * blue > 127;
}

// A page of the book is in one language. A live notebook asks the browser, and shows a
// button to change it.
const isBook = "content_root" in page.dataset;

function pageLanguage() {
  const chosen = page.dataset.explorableLanguage ?? navigator.language;
  return /^zh/i.test(isBook ? page.lang : chosen) ? "zh" : "en";
}

function languageButton() {
  const click = () => {
    page.dataset.explorableLanguage = pageLanguage() === "zh" ? "en" : "zh";
  };
  return make("button", {
    type: "button",
    class: "language",
    say: "otherLanguage",
    on: { click },
  });
}

const refreshAll = () => everyHost().forEach((host) => refreshes.get(host)?.());
const watcher = new MutationObserver(refreshAll);
for (const node of [page, document.body]) watcher.observe(node, { attributes: true });
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", refreshAll);

const prefersStillness = () => matchMedia("(prefers-reduced-motion: reduce)").matches;

/* --- elements ----------------------------------------------------------------- */

// make("svg:circle", { class: "ball", r: 7, on: { click } }, ...children)
function make(tag, { say, label, on = {}, ...attributes } = {}, ...children) {
  const node = tag.startsWith("svg:")
    ? document.createElementNS("http://www.w3.org/2000/svg", tag.slice(4))
    : document.createElement(tag);
  for (const [name, value] of Object.entries(attributes))
    node.setAttribute(name, value);
  for (const [name, handler] of Object.entries(on))
    node.addEventListener(name, handler);
  if (say) node.dataset.say = say;
  if (label) node.dataset.label = label;
  node.append(...children);
  return node;
}

const ARROWS = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
};

// One of several buttons, or none. Tab enters the group, arrow keys move within it.
function choice(label, buttons, pick) {
  const keydown = (event) => {
    const arrow = ARROWS[event.key];
    if (!arrow) return;
    event.preventDefault();
    const here = buttons.indexOf(event.target);
    const next = (here + arrow[0] + arrow[1] + buttons.length) % buttons.length;
    buttons[next].focus();
    pick(next);
  };
  buttons.forEach((button, index) => {
    button.type = "button";
    button.setAttribute("role", "radio");
    button.addEventListener("click", () => pick(index));
  });
  const select = (chosen) =>
    buttons.forEach((button, index) => {
      button.setAttribute("aria-checked", String(index === chosen));
      button.tabIndex = index === Math.max(chosen, 0) ? 0 : -1;
    });
  const node = make(
    "div",
    { class: "row", role: "radiogroup", label, on: { keydown } },
    ...buttons,
  );
  return { node, select };
}

// Let mouse, finger and arrow keys move something on a node. point(x, y) gets the place
// as fractions of the node's width and height; nudge(dx, dy) gets the steps of an arrow
// key, five with Shift. With sideways: true a finger that moves up or down scrolls the
// page instead, and moves nothing.
function steer(node, { point, nudge, sideways = false }) {
  const at = (event) => {
    const box = node.getBoundingClientRect();
    point(
      (event.clientX - box.left) / box.width,
      (event.clientY - box.top) / box.height,
    );
  };
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
    keydown(event) {
      const arrow = ARROWS[event.key];
      if (!arrow || event.ctrlKey || event.metaKey || event.altKey) return;
      event.preventDefault();
      const times = event.shiftKey ? 5 : 1;
      nudge(times * arrow[0], times * arrow[1]);
    },
  };
  for (const [name, handler] of Object.entries(on))
    node.addEventListener(name, handler);
  node.style.touchAction = sideways ? "pan-y" : "none";
  node.classList.add("steered");
  node.tabIndex = 0;
  return node;
}

/* --- numbers ------------------------------------------------------------------ */

function put(node, value, text) {
  node.dataset.value = value;
  node.textContent = text;
}

// For a live region: it is read out when it changes, not each time it is drawn.
function tell(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

// 1.50, −0.33, and no −0.00.
function fixed(value, digits = 2) {
  const text = value.toFixed(digits);
  return Number(text) === 0 ? text.replace("-", "") : text.replace("-", "−");
}

// 0.1234, 12.3, 1.234×10⁷: as short as so many digits allow.
function significant(value, digits = 4) {
  if (!Number.isFinite(value)) return value < 0 ? "−∞" : "∞";
  const size = Math.abs(value);
  if (size === 0 || (size >= 1e-3 && size < 1e5))
    return String(Number(value.toPrecision(digits))).replace("-", "−");
  const [mantissa, exponent] = value
    .toExponential(digits - 1)
    .split("e")
    .map(Number);
  return `${String(mantissa).replace("-", "−")}×${powerOfTen(exponent)}`;
}

function powerOfTen(exponent) {
  if (exponent >= -2 && exponent <= 3)
    return String(Number((10 ** exponent).toPrecision(1)));
  return (
    "10" +
    [...String(exponent)]
      .map((sign) => "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"["-0123456789".indexOf(sign)])
      .join("")
  );
}

// What a reader may type: 0.5, .5, -1, −1, 1/9, 1e-3, with a Chinese keyboard too.
// null if it is no number.
function parseNumber(text) {
  const plain = text
    .normalize("NFKC")
    .replace(/[−–]/g, "-")
    .replace(/[。,]/g, ".")
    .replace(/\s/g, "");
  const number = "(?:\\d+\\.?\\d*|\\.\\d+)";
  const found = new RegExp(
    `^([+-]?${number}(?:e[+-]?\\d+)?)(?:/(${number}))?$`,
    "i",
  ).exec(plain);
  const value = found ? Number(found[1]) / Number(found[2] ?? 1) : NaN;
  return Number.isFinite(value) ? value : null;
}

/* --- plots -------------------------------------------------------------------- */

const inside = (value, low, high) => Math.min(Math.max(value, low), high);

// The next of 1, 2, 5, 10, 20, … from a positive number on.
function roundUp(value) {
  const power = 10 ** Math.floor(Math.log10(value));
  return [1, 2, 5, 10, 20].map((digit) => digit * power).find((nice) => nice >= value);
}

function ticks(low, high, most = 4) {
  const step = roundUp((high - low) / most);
  const first = Math.ceil(low / step);
  return Array.from({ length: Math.floor(high / step) - first + 1 }, (_, index) => {
    const value = (first + index) * step;
    return [value, significant(value)];
  });
}

function plot(width, height) {
  const box = { left: 52, right: width - 14, top: 12, bottom: height - 26 };
  const axes = make("svg:g");
  const notes = make("svg:g");
  // What leaves the picture is cut off; a dot on its edge is not.
  const marks = make("svg:svg", {
    x: box.left - 5,
    y: box.top - 5,
    width: box.right - box.left + 10,
    height: box.bottom - box.top + 10,
  });
  marks.setAttribute(
    "viewBox",
    ["x", "y", "width", "height"].map((name) => marks.getAttribute(name)).join(" "),
  );
  marks.style.cssText = "border: 0; background: none; overflow: hidden;";
  const svg = make(
    "svg:svg",
    { viewBox: `0 0 ${width} ${height}`, "aria-hidden": "true" },
    axes,
    marks,
    notes,
  );

  // Far outside one place is as good as another, so long as it is finite.
  const along =
    ([low, high], from, to) =>
    (value) =>
      inside(from + ((value - low) / (high - low)) * (to - from), -9999, 9999);

  const draw = ({ xs, ys, xTicks, yTicks, content }) => {
    const x = along(xs, box.left, box.right);
    const y = along(ys, box.bottom, box.top);
    axes.replaceChildren(
      ...xTicks.flatMap(([value, text]) => [
        make("svg:line", {
          class: "axis",
          x1: x(value),
          x2: x(value),
          y1: box.top,
          y2: box.bottom,
        }),
        make("svg:text", { x: x(value), y: height - 8, "text-anchor": "middle" }, text),
      ]),
      ...yTicks.flatMap(([value, text]) => [
        make("svg:line", {
          class: "axis",
          x1: box.left,
          x2: box.right,
          y1: y(value),
          y2: y(value),
        }),
        make(
          "svg:text",
          { x: box.left - 6, y: y(value) + 4, "text-anchor": "end" },
          text,
        ),
      ]),
    );
    const { drawn, written = [] } = content(x, y);
    marks.replaceChildren(...drawn);
    notes.replaceChildren(...written);
  };
  return { svg, box, width, draw };
}

const polyline = (name, spots) =>
  make("svg:polyline", {
    class: name,
    points: spots.map(([x, y]) => `${x.toFixed(2)},${y.toFixed(2)}`).join(" "),
  });

/* --- colours ------------------------------------------------------------------ */

// Colours go in as #rrggbb and come out as [red, green, blue]: all of the first with
// share 0, all of the second with share 1.
function mix(first, second, share) {
  const channel = (hex, index) => parseInt(hex.slice(1 + 2 * index, 3 + 2 * index), 16);
  return [0, 1, 2].map((index) =>
    Math.round(channel(first, index) * (1 - share) + channel(second, index) * share),
  );
}

// Black or white, whichever stands out more: never less than 4.5 to 1 (WCAG 2.1).
function readableOn(rgb) {
  const [red, green, blue] = rgb.map((value) =>
    value <= 10 ? value / 3294.6 : ((value / 255 + 0.055) / 1.055) ** 2.4,
  );
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue > 0.179 ? "#000" : "#fff";
}

function tint(node, rgb) {
  node.style.background = `rgb(${rgb.join(", ")})`;
  node.style.color = readableOn(rgb);
}
