/* Move the threshold of a classifier, and see which errors are traded for which. */

import { make, status, tell } from "./elements.js";
import { explorable } from "./host.js";
import { fixed } from "./numbers.js";
import { makeControls, makeFacts, makeMatrix } from "./threshold_controls.js";
import { grouped, makeCounts, viewOf } from "./threshold_model.js";
import { makePlots } from "./threshold_plots.js";
import { style } from "./threshold_style.js";
import { words } from "./threshold_words.js";

function build({ data, word }) {
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
  const goToCheapest = () => goTo(viewOf(state, counts).cheapest);

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

explorable("threshold", { words, style, build });
