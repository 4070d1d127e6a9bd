/* Train a network from random weights, break the training, and take the network home. */

import { make, status, tell } from "./elements.js";
import { explorable } from "./host.js";
// What is saved is a playground, which this script starts as well.
import "./playground_explorer.js";
import { makeBreaks, makeButtons, makeSettings } from "./training_controls.js";
import { makeDrawings } from "./training_drawings.js";
import { DEFAULTS, LIVE } from "./training_model.js";
import { makeKernels, makeMisread } from "./training_pictures.js";
import { makeCurves, makeFacts } from "./training_plots.js";
import { Run, freshRun } from "./training_run.js";
import { savePage } from "./training_save.js";
import { trainingStyle } from "./training_style.js";
import { trainingWords } from "./training_words.js";

const atFirst = () => ({
  ...freshRun(),
  settings: DEFAULTS,
  seed: 0,
  isRunning: false,
  isStep: false, // whether one step is wanted
  before: [], // what was measured in the training before this one
  drawings: [], // { field, readings: [{ step, digit }] }
  refusal: null, // the word for why a drawing was not kept
  failure: null,
});

function buildTraining({ data, word, colour }) {
  const state = atFirst();
  const change = (changes) => {
    Object.assign(state, changes);
    render();
  };
  const run = new Run(data, state, {
    isThere: () => node.isConnected,
    show: () => render(),
    fail: ({ message }) => change({ failure: message, isRunning: false }),
  });
  const wake = (changes) => {
    change(changes);
    run.wake();
  };
  const restart = (changes) => {
    const { seed, held, before } = state;
    Object.assign(state, changes, { seed: seed + 1 });
    state.before = held.length > 1 ? held : before;
    run.restart();
    render();
  };
  const set = (changes) => {
    const settings = { ...state.settings, ...changes };
    if (LIVE.includes(Object.keys(changes)[0])) change({ settings });
    else restart({ settings });
  };
  const spoil = (changes) =>
    restart({ settings: { ...DEFAULTS, ...changes }, isRunning: true });
  const buttons = makeButtons(state, {
    toggle: () => wake({ isRunning: !state.isRunning }),
    step: () => wake({ isStep: true }),
    restart: () => restart({}),
    save: () => savePage(run, word("savedName")(state.held.at(-1))),
  });
  const parts = [
    buttons,
    makeFacts(state),
    makeCurves(state),
    makeBreaks(state, spoil),
    makeSettings(state, set),
    makeKernels(state, colour),
    makeDrawings(state, { change, readAgain: () => run.readAgain() }),
    makeMisread(state, run, colour),
  ];
  const [failure, about] = [status("refusal"), make("p.muted", { say: "about" })];
  const node = make("div.training", failure, ...parts.map((part) => part.node), about);

  function render() {
    for (const part of parts) part.render(word);
    tell(failure, state.failure ? word("noEngine")(state.failure) : "");
  }
  watch(node, () => {
    state.isRunning = false;
    run.stop();
    render();
  });
  return { nodes: [node], render };
}

// A cell that is run again leaves no worker behind.
function watch(node, leave) {
  const watcher = new MutationObserver(() => {
    if (node.isConnected) return;
    watcher.disconnect();
    leave();
  });
  watcher.observe(document, { childList: true, subtree: true });
}

explorable("training", {
  words: trainingWords,
  style: trainingStyle,
  build: buildTraining,
});
