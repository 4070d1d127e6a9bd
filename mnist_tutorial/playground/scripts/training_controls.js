/* What the reader sets, the buttons, and the ways to break a training. */

import { button, choice, make } from "./elements.js";
import { BREAKS, OPTIONS } from "./training_model.js";

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
  const node = make("div.row.buttons", run, one, button("restart", restart), saved);
  const render = (word) => {
    run.textContent = word(state.isRunning ? "pause" : "start");
    one.disabled = state.isRunning;
    saved.disabled = state.steps === 0;
  };
  return { node, render };
}

// spoil(name) is called with the name of a break, or with null to put all back.
export function makeBreaks(state, spoil) {
  const link = make("a");
  const hint = make("p.hint", { "aria-live": "polite" });
  const buttons = Object.keys(BREAKS).map((name) => button(name, () => spoil(name)));
  const back = button("putBack", () => spoil(null));
  const node = make(
    "div.breaks",
    make("div.muted", { say: "breaks" }),
    make("div.row", ...buttons, back),
    hint,
  );
  const render = (word) => {
    const { broken } = state;
    Object.keys(BREAKS).forEach((name, index) =>
      buttons[index].setAttribute("aria-pressed", String(name === broken)),
    );
    if (hint.dataset.shows === `${broken} ${word("title")}`) return;
    hint.dataset.shows = `${broken} ${word("title")}`;
    hint.replaceChildren(word(broken ? `${broken}Hint` : "breaksHint"));
    if (!broken) return;
    const isBook = "content_root" in document.documentElement.dataset;
    link.href = `../${BREAKS[broken].page}.${isBook ? "html" : "ipynb"}`;
    link.textContent = word("chapter");
    hint.append(" ", link);
  };
  return { node, render };
}
