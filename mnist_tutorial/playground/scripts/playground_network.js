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
  async function start() {
    const { shapes } = await engine.ask("load", { network });
    groups = groupSteps(network.layers, shapes);
    begin(groups);
    await answerAll();
  }
  start().catch(fail);
  return (question) => {
    next = question;
    if (!isBusy) answerAll().catch(fail);
  };
}

// The layers as Keras counts them, without those that only count the same numbers in
// another way. Each has its steps for the engine: `end` gives its outputs, `sum` is the
// last that is more than an activation.
function groupSteps(steps, shapes) {
  const groups = [];
  steps.forEach(({ kind, name }, step) => {
    if (kind === "Reshape") return;
    let group = groups.at(-1);
    if (group?.name !== name) groups.push((group = { name, sum: step }));
    if (kind !== "Activation") group.sum = step;
    Object.assign(group, { end: step, shape: shapes[step] });
  });
  return groups;
}

// The layer whose outputs another one's step takes in; undefined for the pixels.
export const groupBefore = (groups, step) => groups.findLast(({ end }) => end < step);

// Which of the inputs of an output to show: those of the channel of a small window that
// counts most, or else the nine that count most; and what they and the others add up to.
export function selectParts({ inputs, values, weights, bias }, { kernel, window }) {
  const side = kernel?.shape.length === 4 ? kernel.shape : [1, inputs.length];
  const [rows, columns] = window ?? side;
  const isSmall = rows <= 7 && columns <= 7;
  const cells = Array.from(inputs, (input, at) => {
    const [value, weight] = [values[at], weights[at]];
    return { input, value, weight, product: value * weight };
  });
  const total = (some) => some.reduce((sum, { product }) => sum + product, 0);
  const bySize = (size) => (one, other) => Math.abs(size(other)) - Math.abs(size(one));
  const count = isSmall ? inputs.length / (rows * columns) : 1;
  const channels = Array.from({ length: count }, (_, channel) =>
    cells.filter((_, at) => at % count === channel),
  );
  const shown = isSmall
    ? channels.toSorted(bySize(total))[0]
    : cells.toSorted(bySize(({ product }) => product)).slice(0, 9);
  return {
    isSmall,
    columns: isSmall ? columns : 3,
    channel: channels.indexOf(shown),
    channels: count,
    cells: shown,
    shown: total(shown),
    rest: cells.length - shown.length,
    others: total(cells) - total(shown),
    bias,
  };
}
