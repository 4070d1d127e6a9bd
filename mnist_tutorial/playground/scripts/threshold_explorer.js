/* Move the threshold of a classifier, and see which errors are traded for which. */

import { make, status, tell } from "./elements.js";
import { explorable } from "./host.js";
import { fixed } from "./numbers.js";
import { makeControls, makeFacts, makeMatrix } from "./threshold_controls.js";
import {
  cheapestStep,
  costsAtAll,
  grouped,
  makeCounts,
  matrixAt,
} from "./threshold_model.js";
import { makePlots } from "./threshold_plots.js";
import { THRESHOLD_STYLE } from "./threshold_style.js";
import { THRESHOLD_WORDS } from "./threshold_words.js";

explorable("threshold", {
  words: THRESHOLD_WORDS,
  style: THRESHOLD_STYLE,
  build: buildThreshold,
});

function buildThreshold({ data, word }) {
  const counts = makeCounts(data);
  const { last } = counts;
  const state = {
    step: last / 2,
    costs: { ...data.costs },
    refused: null, // which field holds no number, and the most that it may hold
  };
  const change = (changes) => {
    Object.assign(state, { refused: null }, changes);
    render();
  };
  const goTo = (step) => {
    change({ step });
    controls.write();
  };
  const goToCheapest = () => goTo(cheapestStep(costsAtAll(counts, state.costs)));

  const controls = makeControls(last, state, { change, goTo, goToCheapest });
  const verdict = status("verdict");
  const [matrix, facts] = [makeMatrix(), makeFacts()];
  const plots = makePlots(data, counts, state, goTo);

  function render() {
    const view = viewOf(state, counts);
    for (const part of [controls, matrix, facts, plots]) part.render(view, word);
    const { FN, FP } = view.matrix;
    const said = [fixed(view.step / last, 3), ...[FN, FP, view.cost].map(grouped)];
    tell(verdict, word("verdict")(...said));
  }
  const numbers = make("div.counts", matrix.node, facts.node);
  return { nodes: [...controls.nodes, verdict, numbers, plots.node], render };
}

// The state, and all that follows from it.
function viewOf(state, counts) {
  const costs = costsAtAll(counts, state.costs);
  return {
    ...state,
    matrix: matrixAt(counts, state.step),
    costsAtAll: costs,
    cost: costs[state.step],
    cheapest: cheapestStep(costs),
  };
}
