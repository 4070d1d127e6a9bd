/* Tell a digit from dust, or refuse, as preprocessing/marks.py does. An ink is
   { width, height, values }: row by row how full each pixel is, from 0 to 1. Nothing
   here knows a page. */

// The least side of a digit, as a part of the picture's; as wide as MNIST's widest.
const LEAST_DIGIT = 0.06;
const WIDEST_DIGIT = 2;
const MOST_PARTS = 8;

// The connected parts of some ink: labels, 0 where there is none, and of each part its
// number, its area, its fullest pixel, and its box, whose ends lie behind it.
function labelParts({ width, height, values }) {
  const labels = new Int32Array(values.length);
  const parts = [];
  for (let start = 0; start < values.length; start++) {
    if (labels[start] || values[start] <= 0.1) continue;
    const number = parts.length + 1;
    const part = { number, area: 0, peak: 0, rows: [height, 0], columns: [width, 0] };
    const waiting = [start];
    labels[start] = number;
    while (waiting.length) {
      const at = waiting.pop();
      const [row, column] = [Math.floor(at / width), at % width];
      part.area += 1;
      part.peak = Math.max(part.peak, values[at]);
      include(part.rows, row);
      include(part.columns, column);
      for (let y = Math.max(row - 1, 0); y <= Math.min(row + 1, height - 1); y++)
        for (let x = Math.max(column - 1, 0); x <= Math.min(column + 1, width - 1); x++)
          if (!labels[y * width + x] && values[y * width + x] > 0.1) {
            labels[y * width + x] = number;
            waiting.push(y * width + x);
          }
    }
    parts.push(part);
  }
  return { labels, parts };
}

function include(side, place) {
  side[0] = Math.min(side[0], place);
  side[1] = Math.max(side[1], place + 1);
}

const lengthOf = ([start, end]) => end - start;

// The ink without dust, or { refusal }, a word for what is there instead of one digit.
export function findDigit(ink) {
  const { labels, parts } = labelParts(ink);
  const full = parts.filter(({ peak }) => peak > 0.5);
  const largest = Math.max(...full.map(({ area }) => area));
  const kept = full.filter(({ area }) => area >= largest / 20);
  const refusal = whyNotOne(kept, Math.max(ink.width, ink.height));
  if (refusal) return { refusal };
  const numbers = new Set(kept.map(({ number }) => number));
  const values = ink.values.map((value, at) => (numbers.has(labels[at]) ? value : 0));
  return { ...ink, values };
}

// A word for why parts are none, too small, too many or too wide to be one digit.
function whyNotOne(parts, side) {
  if (!parts.length) return "empty";
  const sides = (axis) => parts.map((part) => part[axis]);
  const extent = (axis) =>
    Math.max(...sides(axis).map(([, end]) => end)) -
    Math.min(...sides(axis).map(([start]) => start));
  // Parts of one digit that lie apart, a bar or a hook, differ in height.
  const tallest = Math.max(...sides("rows").map(lengthOf));
  const alike = parts.filter(({ rows }) => lengthOf(rows) >= 0.7 * tallest);
  if (Math.max(tallest, ...sides("columns").map(lengthOf)) < LEAST_DIGIT * side)
    return "dots";
  if (parts.length > MOST_PARTS) return "marks";
  if (countApart(alike, "rows") > 1 || countApart(alike, "columns") > 1)
    return "several";
  return extent("columns") > WIDEST_DIGIT * extent("rows") ? "wide" : null;
}

// How many groups of parts there are that hardly overlap along an axis.
function countApart(parts, axis) {
  const sides = parts
    .map((part) => part[axis])
    .toSorted(([one], [other]) => one - other);
  let [count, last] = [0, -Infinity];
  for (const side of sides) {
    if (side[0] >= last - 0.2 * lengthOf(side)) count += 1;
    last = Math.max(last, side[1]);
  }
  return count;
}
