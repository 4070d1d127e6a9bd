/* Gradient descent on the one weight of ŷ = w·x, with the mean squared error as loss.
   Nothing here knows a page. */

import { inside, roundUp } from "./numbers.js";

export const MOST_STEPS = 1000;
export const RUN_STEPS = 100;

// The loss of points, and where to look at it: around the bottom, as far as the sides
// are steep.
export function makeLoss(x, y) {
  const mean = (term) =>
    x.reduce((sum, value, index) => sum + term(value, y[index]), 0) / x.length;
  const at = (w) => ({
    w,
    loss: mean((x, y) => (w * x - y) ** 2),
    gradient: mean((x, y) => 2 * (w * x - y) * x),
  });
  const steepness = 2 * mean((x) => x * x);
  const bottom = mean((x, y) => x * y) / (steepness / 2);
  const half = 1.6 * Math.abs(bottom) || 1;
  const range = [bottom - half, bottom + half];
  return { at, steepness, bottom, half, range, start: bottom === 0 ? -0.8 * half : 0 };
}

// The learning rates of a slider, from far too low to far too high: equal shares of its
// length are equal factors.
export function makeRates(steepness) {
  const lowest = 10 ** Math.floor(Math.log10(0.002 / steepness));
  const highest = roundUp(5 / steepness);
  const decades = Math.log10(highest / lowest);
  const at = (share) => Number((lowest * 10 ** (decades * share)).toPrecision(3));
  const shareOf = (rate) => Math.log10(rate / lowest) / decades;
  return { limits: [lowest, highest], at, shareOf };
}

export const isOver = (path) =>
  !Number.isFinite(path.at(-1).loss) || path.length > MOST_STEPS;

// What the steps say that were taken since the rate was last changed, read off as a
// reader would do it: for this loss a gradient is proportional to the distance from the
// bottom. Which rates converge is for the reader to find out: nothing here tells.
export function verdictOn(path, since, { at, range }) {
  const { loss, gradient } = path.at(-1);
  const steps = path.length - 1 - since;
  if (!Number.isFinite(loss)) return "overflow";
  if (path.length > MOST_STEPS) return "limit";
  if (Math.abs(gradient) <= 1e-9 * Math.abs(at(range[0]).gradient)) return "arrived";
  if (steps === 0) return "ready";
  const left = Math.abs(gradient / path[since].gradient);
  const leftByStep = left ** (1 / steps);
  const hasCrossed = gradient * path.at(-2).gradient < 0;
  if (left > 1.02) return "diverging";
  if (hasCrossed && left > 0.98) return "neither";
  if (hasCrossed && leftByStep > 0.05) return "oscillating";
  return leftByStep > 0.9 ? "creeping" : "converging";
}

/* --- where the pictures are looked at ----------------------------------------- */

// The losses that the parabola's picture shows.
export function lossRange({ at, range, bottom }) {
  const [edge, least] = [at(range[0]).loss, at(bottom).loss];
  const floor = Math.max(0, least - 0.15 * (edge - least));
  return [floor, edge + 0.02 * (edge - floor)];
}

// Logarithms of losses, and the powers of ten to write beside them. A loss may be 0 or
// infinite, which no log axis can show.
export function logAxis(losses) {
  const largest = Math.min(Math.max(...losses), 1e300);
  const logs = losses.map((loss) =>
    Math.log10(inside(loss, 1e-20 * largest || 1e-20, largest || 1)),
  );
  const low = Math.floor(Math.min(...logs));
  const high = Math.max(Math.ceil(Math.max(...logs)), low + 1);
  const every = Math.ceil((high - low) / 4);
  const length = Math.floor((high - low) / every) + 1;
  const powers = Array.from({ length }, (_, index) => low + index * every);
  return { logs, low, high, powers };
}

// All values and 0, with a margin.
export function around(values) {
  const [low, high] = [Math.min(0, ...values), Math.max(0, ...values)];
  const margin = 0.08 * (high - low) || 1;
  return [low - margin, high + margin];
}

// Both ends of the line ŷ = w·x, not much farther than the picture reaches.
export function lineEnds(w, xs, [bottom, top]) {
  return xs.map((x) => {
    const reached = inside(w * x, 2 * bottom - top, 2 * top - bottom);
    return reached === w * x ? [x, reached] : [reached / w, reached];
  });
}
