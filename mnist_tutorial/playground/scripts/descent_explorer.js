/* Fit one weight by gradient descent, with the learning rate in the reader's hand. */

import { makeNumbers, makeRateControls } from "./descent_controls.js";
import { RUN_STEPS, isOver, makeLoss, makeRates, verdictOn } from "./descent_model.js";
import { makePlots } from "./descent_plots.js";
import { style } from "./descent_style.js";
import { words } from "./descent_words.js";
import { button, make, status, tell } from "./elements.js";
import { explorable, prefersStillness } from "./host.js";

const STEP_MS = 80; // for one step, when the ball runs by itself

function build({ data, word }) {
  const loss = makeLoss(data.x, data.y);
  const rates = makeRates(loss.steepness);
  const state = {
    rate: rates.at(0.4),
    path: [loss.at(loss.start)],
    since: 0, // index in the path at which the rate was last changed
    timer: null, // while the ball runs by itself
    isRefused: false, // whether what is typed as a rate is none
  };
  const verdict = () => verdictOn(state.path, state.since, loss);
  const change = (changes) => {
    Object.assign(state, changes);
    render();
  };
  const takeStep = () => {
    const { w, gradient } = state.path.at(-1);
    state.path.push(loss.at(w - state.rate * gradient));
  };
  const isDone = () => isOver(state.path) || verdict() === "arrived";
  const isShown = () => plots.node.isConnected;
  const run = makeRun(state, { takeStep, isDone, isShown, render });
  const startAt = (w) => {
    run.stop();
    change({ path: [loss.at(w)], since: 0 });
  };
  const controls = makeRateControls(rates, state, {
    setRate: (rate) => change({ rate, since: state.path.length - 1, isRefused: false }),
    refuse: () => change({ isRefused: true }),
  });
  const stepButton = button("step", () => {
    run.stop();
    takeStep();
    render();
  });
  const runButton = button("run", run.toggle);
  const resetButton = button("reset", () => startAt(state.path[0].w));
  const judgement = status("verdict");
  const plots = makePlots(data, loss, state, word, startAt);
  const numbers = makeNumbers();

  function render() {
    controls.render(word);
    runButton.textContent = word(state.timer === null ? "run" : "pause");
    stepButton.disabled = runButton.disabled = isOver(state.path);
    judgement.dataset.verdict = verdict();
    tell(judgement, word(verdict()));
    plots.render();
    numbers.render(state);
  }
  const buttons = make("div.row", stepButton, runButton, resetButton);
  const nodes = [...controls.nodes, buttons, judgement, plots.node, ...numbers.nodes];
  return { nodes, render };
}

// Many steps, one after the other, until they are done or the reader stops them. All at
// once for a reader who wants nothing to move.
function makeRun(state, { takeStep, isDone, isShown, render }) {
  const stop = () => {
    clearInterval(state.timer);
    state.timer = null;
  };
  const start = () => {
    let left = RUN_STEPS;
    const isEnd = () => left === 0 || isDone();
    const go = () => {
      left -= 1;
      takeStep();
    };
    if (prefersStillness()) while (!isEnd()) go();
    else if (!isEnd())
      state.timer = setInterval(() => {
        go();
        if (isEnd() || !isShown()) stop();
        render();
      }, STEP_MS);
  };
  const toggle = () => {
    if (state.timer === null) start();
    else stop();
    render();
  };
  return { stop, toggle };
}

explorable("descent", { words, style, build });
