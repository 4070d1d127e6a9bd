/* The network of the playground: it is asked about the latest drawing alone, and its
   layers as a reader counts them. */

import { startEngine } from "./engine_client.js";

// ask(question) may be called at any time; take(answer) is called with the answer to the
// latest question, whose fields it has too. Of those that come while the network is at
// work only the last is answered. A question is { image, cover, group, index }: cover, if
// any, is the image with a part covered; group and index name a number of a layer to be
// explained, index null the largest one.
export function makeNetwork(network, { begin, take, fail }) {
  const engine = startEngine();
  let [next, isBusy, groups] = [null, true, null];

  async function answerAll() {
    isBusy = true;
    while (next) {
      const question = next;
      next = null;
      take(await answer(question));
    }
    isBusy = false;
  }
  async function answer(question) {
    const { image, cover, group } = question;
    const whole = await engine.ask("predict", { image });
    const seen = cover ? await engine.ask("predict", { image: cover }) : whole;
    const { end, sum } = groups[group];
    const map = seen.maps[end];
    const index = question.index ?? map.indexOf(Math.max(...map));
    const parts = await engine.ask("explain", { layer: sum, index });
    return { ...question, ...seen, before: whole.probabilities, index, parts };
  }
  const ask = (question) => {
    next = question;
    if (!isBusy) answerAll().catch(fail);
  };
  engine
    .ask("load", { network })
    .then(({ layers: steps }) => {
      groups = groupSteps(steps);
      begin({ steps, groups });
      return answerAll();
    })
    .catch(fail);
  return ask;
}

// The layers as Keras counts them, without those that only count the same numbers in
// another way. Each has its steps for the engine: `end` gives its outputs, `sum` is the
// last that is more than an activation.
function groupSteps(steps) {
  const groups = [];
  steps.forEach(({ kind, name, shape }, step) => {
    if (kind === "Reshape") return;
    let group = groups.at(-1);
    if (group?.name !== name) groups.push((group = { name, sum: step }));
    if (kind !== "Activation") group.sum = step;
    Object.assign(group, { end: step, shape });
  });
  return groups;
}

// The layer whose outputs another one's step takes in; undefined for the pixels.
export const groupBefore = (groups, step) => groups.findLast(({ end }) => end < step);

// Which of the inputs of an output to show, at most `most` of them: those of one channel
// of the window, or, where there is no small window, those that count most; and what
// they and the others add up to.
export function selectParts({ inputs, values, weights, bias }, step, most = 49) {
  const products = values.map((value, at) => value * weights[at]);
  const window = step.kernelShape?.length === 4 ? step.kernelShape : step.window;
  const [rows, columns] = window ?? [1, inputs.length];
  const channels = inputs.length / (rows * columns);
  const isSmall = rows * columns <= most && columns <= 7;
  const total = (chosen) => chosen.reduce((sum, at) => sum + products[at], 0);
  const all = [...inputs.keys()];
  const ofChannel = (channel) => all.filter((at) => at % channels === channel);
  const bySize = (one, other) => Math.abs(other[1]) - Math.abs(one[1]);
  let [shown, channel] = [all, 0];
  if (isSmall) {
    const sums = Array.from({ length: channels }, (_, at) => [
      at,
      total(ofChannel(at)),
    ]);
    [[channel]] = sums.toSorted(bySize);
    shown = ofChannel(channel);
  } else {
    const sized = all.map((at) => [at, products[at]]).toSorted(bySize);
    shown = sized.slice(0, 9).map(([at]) => at);
  }
  const rest = all.length - shown.length;
  return {
    isSmall,
    columns: isSmall ? columns : 3,
    channel,
    channels,
    cells: shown.map((at) => [inputs[at], values[at], weights[at], products[at]]),
    shown: total(shown),
    rest,
    others: total(all) - total(shown),
    bias,
  };
}
