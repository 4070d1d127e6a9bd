/* What the reader sets, the buttons, and the ways to break a training. */

import { button, choice, make } from "./elements.js";
import { BREAKS, OPTIONS, brokenBy } from "./training_model.js";

// set(changes) is called with the settings that the reader changes.
export function makeSettings(state, set) {
  const rows = Object.entries(OPTIONS).map(([name, values]) => {
    const buttons = values.map((value) => make("button", String(value)));
    const pick = (index) => set({ [name]: values[index] });
    const options = choice(name, name, buttons, pick);
    const head = make("span.muted", { say: name });
    const node = make("div.setting", head, options.node);
    const render = () => {
      options.select(values.indexOf(state.settings[name]));
      const isIdle = name === "filters" && state.settings.convolutions === 0;
      for (const each of buttons) each.disabled = isIdle;
    };
    return { node, render };
  });
  const node = make("div.settings", ...rows.map((row) => row.node));
  return { node, render: () => rows.forEach((row) => row.render()) };
}

export function makeButtons(state, { toggle, step, restart, save }) {
  const [run, one] = [button("start", toggle, "run"), button("step", step)];
  const saved = button("save", save);
  const node = make("div.row", run, one, button("restart", restart), saved);
  const render = (word) => {
    run.textContent = word(state.isRunning ? "pause" : "start");
    one.disabled = state.isRunning;
    // Its accuracy is to be known.
    const isMeasured = state.held.at(-1)?.step === state.steps;
    saved.disabled = state.isRunning || state.steps === 0 || !isMeasured;
  };
  return { node, render };
}

// spoil(changes) is called with what a break changes in the settings; nothing puts all
// back.
export function makeBreaks(state, spoil) {
  const names = Object.keys(BREAKS);
  const buttons = names.map((name) => button(name, () => spoil(BREAKS[name].changes)));
  const back = button("putBack", () => spoil({}));
  const hints = make("div.hints", { "aria-live": "polite" });
  const node = make(
    "div.breaks",
    make("div.muted", { say: "breaks" }),
    make("div.row", ...buttons, back),
    hints,
  );
  const isBook = "content_root" in document.documentElement.dataset;
  const linkTo = (page, text) =>
    make("a", { href: `../${page}.${isBook ? "html" : "ipynb"}` }, text);
  const render = (word) => {
    const broken = brokenBy(state.settings);
    names.forEach((name, index) =>
      buttons[index].setAttribute("aria-pressed", String(broken.includes(name))),
    );
    const texts = broken.map((name) => word(`${name}Hint`));
    if (!broken.length) texts.push(word("breaksHint"));
    if (hints.dataset.shows === texts.join()) return;
    hints.dataset.shows = texts.join();
    hints.replaceChildren(
      ...texts.map((text, index) => {
        const { page } = BREAKS[broken[index]] ?? {};
        return make("p", text, ...(page ? [" ", linkTo(page, word("chapter"))] : []));
      }),
    );
  };
  return { node, render };
}
