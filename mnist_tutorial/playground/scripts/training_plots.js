/* The curves: losses, and how many held-out digits are read rightly. */

import { figure, make, put } from "./elements.js";
import { fixed, inside, powerOfTen, significant, ticks } from "./numbers.js";
import { circle, plot, polyline } from "./plot.js";

const LOSSES = [-3, 1]; // powers of ten on the axis
const SPOTS = 200; // more than that is not told apart

const onAxis = (loss) => inside(Math.log10(loss || 10 ** LOSSES[0]), ...LOSSES);

// Means of so many losses that a line of SPOTS remains: [step, loss].
function thinned(losses) {
  const each = Math.ceil(losses.length / SPOTS);
  return Array.from({ length: Math.ceil(losses.length / each) || 0 }, (_, index) => {
    const own = losses.slice(index * each, (index + 1) * each);
    const mean = own.reduce((sum, loss) => sum + loss, 0) / own.length;
    return [index * each + own.length, Number.isFinite(mean) ? mean : Infinity];
  });
}

export function makeCurves(state) {
  const [losses, rates] = [plot(380, 200), plot(380, 200)];
  const names = ["steps", "seconds", "batchLoss", "heldLoss", "accuracy"];
  const numbers = Object.fromEntries(
    names.map((name) => [name, make(`span.number.${name}`)]),
  );
  const facts = names.map((name) =>
    make("div", make("div.muted", { say: name }), numbers[name]),
  );
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
    figure("accuracies", rates.svg),
  );
  const render = () => {
    const { held, steps } = state;
    const last = Math.max(20, steps);
    const xs = { xs: [0, last], xTicks: ticks(0, last) };
    const batches = thinned(state.losses);
    const powers = [-3, -2, -1, 0, 1].map((power) => [power, powerOfTen(power)]);
    const line = (name, spots) => [
      polyline(name, spots),
      ...(spots.length ? [circle(`dot.${name}`, spots.at(-1), 3.5)] : []),
    ];
    losses.draw({
      ...xs,
      ys: LOSSES,
      yTicks: powers,
      content(x, y) {
        const spot = ([step, loss]) => [x(step), y(onAxis(loss))];
        const own = held.map(({ step, loss }) => spot([step, loss]));
        return { drawn: [...line("train", batches.map(spot)), ...line("held", own)] };
      },
    });
    rates.draw({
      ...xs,
      ys: [0, 100],
      yTicks: [0, 25, 50, 75, 100].map((percent) => [percent, `${percent} %`]),
      content: (x, y) => ({
        drawn: line(
          "held",
          held.map(({ step, accuracy }) => [x(step), y(100 * accuracy)]),
        ),
      }),
    });
    const now = held.at(-1);
    const show = (name, value, text) =>
      put(numbers[name], value ?? "", value === undefined ? "—" : text(value));
    show("steps", steps, String);
    show("seconds", state.seconds, (value) => fixed(value, 1));
    show("batchLoss", batches.at(-1)?.[1], (value) => significant(value, 3));
    show("heldLoss", now?.loss, (value) => significant(value, 3));
    show("accuracy", now?.accuracy, (value) => `${fixed(100 * value, 1)} %`);
  };
  return { node, facts: make("div.facts", ...facts), render };
}
