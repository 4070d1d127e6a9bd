/* Train a network from random weights, break the training, and take the network home. */

import { make, status, tell } from "./elements.js";
import { explorable } from "./host.js";
import "./playground_explorer.js";
import { makeBreaks, makeButtons, makeSettings } from "./training_controls.js";
import { makeDrawings } from "./training_drawings.js";
import { BREAKS, DEFAULTS, LIVE } from "./training_model.js";
import { makeKernels, makeMisread } from "./training_pictures.js";
import { makeCurves } from "./training_plots.js";
import { freshRun, makeRun } from "./training_run.js";
import { download, pageOf, samplesOf } from "./training_save.js";
import { trainingStyle } from "./training_style.js";
import { trainingWords } from "./training_words.js";

function buildTraining({ data, word, colour }) {
  const state = {
    ...freshRun(),
    settings: DEFAULTS,
    broken: null, // the name of a break
    seed: 0,
    isRunning: false,
    isStep: false, // whether one step is wanted
    drawings: [], // { field, readings: [{ step, digit }] }
    refusal: null, // the word for why a drawing was not kept
    failure: null,
  };
  const change = (changes) => {
    Object.assign(state, changes);
    render();
  };
  const restart = (changes) => {
    change({ ...changes, seed: state.seed + 1 });
    run.restart();
    render();
  };
  const run = makeRun(data, state, {
    isThere: () => play.isConnected,
    show: () => render(),
    fail: ({ message }) => change({ failure: message, isRunning: false }),
  });
  const wake = (changes) => {
    change(changes);
    run.wake();
  };
  const settings = makeSettings(state, (changes) => {
    const all = { ...state.settings, ...changes };
    if (LIVE.includes(Object.keys(changes)[0])) change({ settings: all });
    else restart({ settings: all });
  });
  const buttons = makeButtons(state, {
    toggle: () => wake({ isRunning: !state.isRunning }),
    step: () => wake({ isStep: true }),
    restart: () => restart({}),
    async save() {
      const { convolutions, filters, steps, held } = state;
      const percent = (100 * held.at(-1).accuracy).toFixed(1);
      const name = word("savedName")({ convolutions, filters, steps, percent });
      const network = await run.trained();
      const samples = samplesOf(run);
      download("my_network.html", pageOf(data.page, { name, network, samples }));
    },
  });
  const breaks = makeBreaks(state, (broken) => {
    const changes = broken ? BREAKS[broken].changes : {};
    const all = { ...DEFAULTS, ...changes };
    restart({ settings: all, broken, isRunning: Boolean(broken) || state.isRunning });
  });
  const curves = makeCurves(state);
  const parts = [
    settings,
    buttons,
    breaks,
    curves,
    makeKernels(state, colour),
    makeMisread(state, run, colour),
    makeDrawings(state, { change, readAgain: run.readAgain }),
  ];
  const [kernels, misread, drawings] = parts.slice(4);
  const failure = status("refusal");

  function render() {
    for (const part of parts) part.render(word);
    tell(failure, state.failure ? word("noEngine")(state.failure) : "");
  }
  const play = make(
    "div.training",
    buttons.node,
    failure,
    curves.facts,
    curves.node,
    breaks.node,
    settings.node,
    kernels.node,
    drawings.node,
    misread.node,
    make("p.muted", { say: "about" }),
  );
  // A cell that is run again leaves no worker behind.
  const watch = new MutationObserver(() => {
    if (play.isConnected) return;
    run.stop();
    watch.disconnect();
  });
  watch.observe(document, { childList: true, subtree: true });
  return { nodes: [play], render };
}

explorable("training", {
  words: trainingWords,
  style: trainingStyle,
  build: buildTraining,
});
