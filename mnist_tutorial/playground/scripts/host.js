/* Explorables: small experiments inside a page.

   WHAT A PAGE HOLDS. Python (explorable.py) writes a div of the class
   mnist-explorable, whose data-kind says which one it is. In it are the data, as a
   script element of type application/json, and a paragraph in each language for
   readers without JavaScript. A script of type module comes behind it: the file
   KIND_explorer.js and all that it imports, joined into one. So top-level names are
   in one scope there, and none may stand in two files. (No tag is spelt out here: a
   browser would end the script.)

   The script starts each such div that has no shadow root yet, so it does not matter
   how often, or in which order, cells are run. It asks no host for anything, and is
   meant for a page of the book (served or from disk), JupyterLab, VS Code and Colab.

   HOW TO WRITE ANOTHER ONE. Add KIND_explorer.js here, and KIND.py with its function:

     explorable("KIND", {
       words: { zh: { title: "…", key: "…" }, en: { title: "…", key: "…" } },
       style: `CSS, seen by this explorable alone`,
       build({ data, word, colour, say }) { …; return { nodes: […], render() { … } }; },
     });

   build() makes the elements once. render() brings them up to date with the state; it
   is called at the start and after a change of theme or language, and build() calls it
   after each change of its own. word("key") is the text in the present language;
   elements made with { say: "key" } or { label: "key" } get their text or aria-label
   by themselves, those that are made later by say(node). Colours come from the variables in style.js, in a canvas by
   colour("--black"); with a colour of your own one of the two themes would break.

   What computes stands apart in KIND_model.js and knows no page. What is here for all
   of them: elements.js, plot.js, numbers.js, colours.js; and prefersStillness() below,
   to be asked before anything moves by itself. */

import { button, make } from "./elements.js";
import { BASE_STYLE } from "./style.js";

const page = document.documentElement;
const SHARED = { zh: { otherLanguage: "English" }, en: { otherLanguage: "中文" } };
const everyHost = () => document.querySelectorAll(".mnist-explorable");
const refreshes = new WeakMap(); // host → how to follow the page's theme and language

export function explorable(kind, parts) {
  for (const host of everyHost())
    if (host.dataset.kind === kind && !host.shadowRoot)
      show(host, JSON.parse(host.querySelector("script").textContent), parts);
}

// Shows one on a node of the page, of the class mnist-explorable.
export function show(host, data, { words, style, build }) {
  const word = (key) => words[pageLanguage()][key] ?? SHARED[pageLanguage()][key];
  const colours = new Map(); // looked up once a theme: asking is slow
  const colour = (name) => {
    if (!colours.has(name))
      colours.set(name, getComputedStyle(host).getPropertyValue(name).trim());
    return colours.get(name);
  };
  const say = (part) => {
    for (const node of [part, ...part.querySelectorAll("[data-say], [data-label]")]) {
      if (node.dataset.say) node.textContent = word(node.dataset.say);
      if (node.dataset.label) node.setAttribute("aria-label", word(node.dataset.label));
    }
  };
  const { nodes, render } = build({ data, word, colour, say });
  const header = make("header", make("h3", { say: "title" }));
  if (!isBook) header.append(button("otherLanguage", changeLanguage, "language"));
  const on = { keydown: keepKeys };
  const card = make("section.card", { label: "title", on }, header, ...nodes);
  const root = host.attachShadow({ mode: "open" });
  root.append(make("style", BASE_STYLE + style), card);

  const refresh = () => {
    const scheme = isDark(host) ? "dark" : "light";
    const lang = pageLanguage();
    if (host.dataset.scheme === scheme && card.lang === lang) return;
    host.dataset.scheme = scheme;
    card.lang = lang;
    colours.clear();
    say(card);
    render();
  };
  refreshes.set(host, refresh);
  setTimeout(refresh); // laying it out takes as long again
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

function changeLanguage() {
  page.dataset.explorableLanguage = pageLanguage() === "zh" ? "en" : "zh";
}

const refreshAll = () => everyHost().forEach((host) => refreshes.get(host)?.());
const watcher = new MutationObserver(refreshAll);
for (const node of [page, document.body]) watcher.observe(node, { attributes: true });
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", refreshAll);

export const prefersStillness = () =>
  matchMedia("(prefers-reduced-motion: reduce)").matches;
