/* How the training goes: numbers, and the curves of losses and of accuracy. */

import { figure, make, put } from "./elements.js";
import { fixed, inside, significant, ticks } from "./numbers.js";
import { circle, plot, polyline } from "./plot.js";

const POWERS = [-3, -2, -1, 0, 1]; // of ten, on the axis of losses
const SPOTS = 200; // more than that is not told apart

// Means of so many losses that a line of SPOTS remains: [step, loss].
function thinned(losses) {
  const each = Math.ceil(losses.length / SPOTS) || 1;
  return Array.from({ length: Math.ceil(losses.length / each) }, (_, index) => {
    const own = losses.slice(index * each, (index + 1) * each);
    return [
      index * each + own.length,
      own.reduce((sum, loss) => sum + loss, 0) / own.length,
    ];
  });
}

export function makeFacts(state) {
  const names = ["steps", "seconds", "batchLoss", "heldLoss", "accuracy"];
  const numbers = names.map((name) => make(`span.number.${name}`));
  const facts = names.map((name, at) =>
    make("div", make("div.muted", { say: name }), numbers[at]),
  );
  const render = () => {
    const { loss, accuracy } = state.held.at(-1) ?? {};
    const show = (at, value, text) =>
      put(numbers[at], value ?? "", value === undefined ? "—" : text(value));
    const rounded = (value) => significant(value, 3);
    show(0, state.steps, String);
    show(1, state.seconds, (value) => fixed(value, 1));
    show(2, state.losses.at(-1), rounded);
    show(3, loss, rounded);
    show(4, accuracy, (value) => `${fixed(100 * value, 1)}%`);
  };
  return { node: make("div.facts", ...facts), render };
}

const withEnd = (name, spots) => [
  polyline(name, spots),
  ...(spots.length ? [circle(`dot.${name}`, spots.at(-1), 3.5)] : []),
];

// The curves of the training before this one stay, to compare with.
export function makeCurves(state) {
  const [losses, accuracies] = [plot(380, 200), plot(380, 200)];
  const key = make(
    "figcaption.muted",
    make("i.key.train"),
    make("span", { say: "lossOfBatch" }),
    make("i.key.held"),
    make("span", { say: "lossOfHeld" }),
  );
  const node = make(
    "div.curves",
    make("figure.losses", key, losses.svg),
    figure("accuracies", accuracies.svg),
  );
  const render = () => {
    const last = Math.max(20, state.steps);
    const steps = { xs: [0, last], xTicks: ticks(0, last) };
    const curves = (x, y, key, scale) =>
      [state.before, state.held].map((held) =>
        held.map((measured) => [x(measured.step), y(scale(measured[key]))]),
      );
    const toPower = (loss) => inside(Math.log10(loss), POWERS[0], POWERS.at(-1));
    losses.draw({
      ...steps,
      ys: [POWERS[0], POWERS.at(-1)],
      yTicks: POWERS.map((power) => [
        power,
        String(Number((10 ** power).toPrecision(1))),
      ]),
      content(x, y) {
        const batches = thinned(state.losses);
        const train = batches.map(([step, loss]) => [x(step), y(toPower(loss))]);
        const [before, held] = curves(x, y, "loss", toPower);
        const drawn = [polyline("before", before), ...withEnd("train", train)];
        return { drawn: [...drawn, ...withEnd("held", held)] };
      },
    });
    accuracies.draw({
      ...steps,
      ys: [0, 100],
      yTicks: [0, 25, 50, 75, 100].map((percent) => [percent, `${percent}%`]),
      content(x, y) {
        const [before, held] = curves(x, y, "accuracy", (share) => 100 * share);
        return { drawn: [polyline("before", before), ...withEnd("held", held)] };
      },
    });
  };
  return { node, render };
}
