/* The threshold of a yes-or-no classifier: positive if probability >= threshold.

   Python hands over, by class, how many cases lie from one threshold of the slider to
   the next. All that is shown is counted from that, so it is exact; no probability was
   rounded on the way. Nothing here knows a page. */

const BIN = 25; // thresholds of the slider in one bar

// At each threshold: hits (TP), misses (FN) and alarms (FP).
export function makeCounts({ positives, negatives }) {
  const [hits, alarms] = [countFromAbove(positives), countFromAbove(negatives)];
  return {
    last: positives.length - 1,
    positives: hits[0],
    negatives: alarms[0],
    hits,
    misses: hits.map((count) => hits[0] - count),
    alarms,
  };
}

// At each threshold, how many cases have a probability that reaches it.
function countFromAbove(cases) {
  const counts = [...cases];
  for (let step = counts.length - 2; step >= 0; step--)
    counts[step] += counts[step + 1];
  return counts;
}

// The state, and all that follows from it: the confusion matrix at its step, and what
// the errors cost, at this threshold and at each.
export function viewOf(state, { hits, misses, alarms, negatives }) {
  const { step, costs } = state;
  const [TP, FN, FP] = [hits[step], misses[step], alarms[step]];
  const costsAtAll = misses.map(
    (count, at) => count * costs.miss + alarms[at] * costs.alarm,
  );
  const cheapest = cheapestStep(costsAtAll);
  const matrix = { TP, FN, FP, TN: negatives - FP };
  return { ...state, matrix, costsAtAll, cost: costsAtAll[step], cheapest };
}

// Between two probabilities every threshold costs the same. Of the thresholds that cost
// least take the middle of the longest such stretch: small changes do least there.
// Equal costs may differ by rounding: 3 × 0.1 is more than 0.3.
function cheapestStep(costs) {
  const least = Math.min(...costs) * (1 + 1e-12);
  let [best, longest, length] = [0, 0, 0];
  costs.forEach((cost, step) => {
    length = cost <= least ? length + 1 : 0;
    if (length > longest) [longest, best] = [length, step - Math.floor(length / 2)];
  });
  return best;
}

// The bars of one class: from, to, and height, the square root of the share.
export function barsOf(cases) {
  const last = cases.length - 1;
  const total = cases.reduce((sum, count) => sum + count, 0);
  const shares = Array(Math.ceil(last / BIN)).fill(0);
  // Who has probability 1 belongs into the last bar.
  cases.forEach((count, step) => {
    shares[Math.min(Math.floor(step / BIN), shares.length - 1)] += count / total;
  });
  return shares.map((share, index) => ({
    from: (index * BIN) / last,
    to: ((index + 1) * BIN) / last,
    height: Math.sqrt(share),
  }));
}

// 1,234 and 0.5: in full, since the numbers around have to add up.
export const grouped = (value) =>
  value.toLocaleString("en", { maximumFractionDigits: 6 });
