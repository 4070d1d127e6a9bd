/* The pictures of the threshold explorer: the scores, the ROC curve, the costs. */

import { figure, make, put } from "./elements.js";
import { fixed, inside, ticks } from "./numbers.js";
import { circle, line, plot, plotSlider, polyline, showSlider } from "./plot.js";
import { barsOf, grouped } from "./threshold_model.js";

const FIFTHS = [0, 0.2, 0.4, 0.6, 0.8, 1].map((value) => [value, String(value)]);

const percent = (share) => `${Number((100 * share).toPrecision(1))}\u00a0%`;

const upright = ({ top, bottom }, x) => line("threshold", [x, top], [x, bottom]);

const diamond = ([x, y]) =>
  make("svg:path.least", { d: `M${x} ${y - 9} l9 9 l-9 9 l-9 -9 z` });

// The threshold that is set, and the cheapest one.
const marks = (at, { step, cheapest }) => [
  diamond(at(cheapest)),
  circle("now", at(step), 7),
];

// goTo(step) is called when the reader moves the line.
export function makePlots(data, counts, state, goTo) {
  const { last } = counts;
  const [scores, roc, costs] = [plot(380, 206), plot(340, 330), plot(380, 150)];
  const bars = [barsOf(data.positives), barsOf(data.negatives)];
  const moving = plotSlider("line", scores, {
    label: "moveLine",
    low: 0,
    high: 1,
    now: () => state.step / last,
    moveTo: (threshold) => goTo(Math.round(threshold * last)),
  });
  const advice = make("p.cheapest.muted");
  const scale = make("div.muted", { say: "scale" });
  const node = make(
    "div.plots",
    make("div", figure("scores", moving, scale), figure("costs", costs.svg)),
    make("div", figure("roc", roc.svg), advice),
  );
  const render = (view, word) => {
    drawScores(scores, bars, view.step / last);
    drawRoc(roc, counts, view);
    drawCosts(costs, view, last);
    showSlider(moving, view.step / last, fixed(view.step / last, 3));
    const least = view.cheapest / last;
    const cost = grouped(view.costsAtAll[view.cheapest]);
    put(advice, least, word("cheapest")(fixed(least, 3), cost));
  };
  return { node, render };
}

function drawScores(scores, [positives, negatives], threshold) {
  const heights = [...positives, ...negatives].map(({ height }) => height);
  const tallest = Math.max(...heights);
  const most = [1, 0.5, 0.2, 0.1, 0.05, 0.02].find((share) => share <= tallest ** 2);
  const up = [most, most / 10].map((share) => [Math.sqrt(share), percent(share)]);
  const content = (x, y) => {
    const box = (name, from, to, height) =>
      make(`svg:rect.bar.${name}`, {
        x: x(from),
        width: x(to) - x(from),
        y: y(Math.max(height, 0)),
        height: Math.abs(y(height) - y(0)),
      });
    // The line cuts the bar that it stands in.
    const both = (below, above, sign) => (bar) => {
      const { from, to } = bar;
      const cut = inside(threshold, from, to);
      const height = sign * bar.height;
      return [box(below, from, cut, height), box(above, cut, to, height)];
    };
    const drawn = [
      ...positives.flatMap(both("FN", "TP", 1)),
      ...negatives.flatMap(both("TN", "FP", -1)),
      line("middle", [x(0), y(0)], [x(1), y(0)]),
      upright(scores.box, x(threshold)),
    ];
    return { drawn };
  };
  scores.draw({
    xs: [0, 1],
    ys: [-tallest, tallest],
    xTicks: FIFTHS,
    yTicks: [...up, [0, "0"], ...up.map(([height, text]) => [-height, text])],
    content,
  });
}

function drawRoc(roc, { hits, alarms, positives, negatives }, view) {
  const content = (x, y) => {
    const at = (step) => [x(alarms[step] / negatives), y(hits[step] / positives)];
    const chance = line("chance", [x(0), y(0)], [x(1), y(1)]);
    const curve = polyline("curve", [...hits.keys()].map(at));
    return { drawn: [chance, curve], written: marks(at, view) };
  };
  roc.draw({ xs: [0, 1], ys: [0, 1], xTicks: FIFTHS, yTicks: FIFTHS, content });
}

function drawCosts(costs, view, last) {
  const all = view.costsAtAll;
  const highest = Math.max(...all) || 1;
  const content = (x, y) => {
    const at = (step) => [x(step / last), y(all[step])];
    const curve = polyline("curve", [...all.keys()].map(at));
    const now = upright(costs.box, x(view.step / last));
    return { drawn: [curve, now], written: marks(at, view) };
  };
  const yTicks = ticks(0, highest, 3);
  costs.draw({ xs: [0, 1], ys: [0, highest], xTicks: FIFTHS, yTicks, content });
}
