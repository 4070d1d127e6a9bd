/* Tell a digit from dust, or refuse, as preprocessing/marks.py does. An ink is
   { width, height, values }: row by row how full each pixel is, from 0 to 1. Nothing
   here knows a page. */

// The least side of a digit, as a part of the picture's; as wide as MNIST's widest.
const LEAST_DIGIT = 0.06;
const WIDEST_DIGIT = 2;
const MOST_PARTS = 8;

// The first row and the one behind the last of some pixels, and the columns likewise.
export function boxOf(places, width) {
  const span = (numbers) => [
    numbers.reduce((least, number) => Math.min(least, number), Infinity),
    numbers.reduce((most, number) => Math.max(most, number + 1), 0),
  ];
  return {
    rows: span(places.map((at) => Math.floor(at / width))),
    columns: span(places.map((at) => at % width)),
  };
}

// The connected parts of some ink: the places of their pixels, and their boxes.
function partsOf({ width, values }) {
  const free = values.map((value) => value > 0.1);
  const parts = [];
  for (let start = 0; start < values.length; start++) {
    if (!free[start]) continue;
    const places = [start];
    free[start] = 0;
    for (const at of places)
      // which grows
      for (const row of [at - width, at, at + width])
        for (const step of [-1, 0, 1]) {
          const column = (at % width) + step;
          if (column < 0 || column === width || !free[row + step]) continue;
          free[row + step] = 0;
          places.push(row + step);
        }
    parts.push({ places, ...boxOf(places, width) });
  }
  return parts;
}

// The ink without dust, and a refusal, a word for what is there instead of one digit.
export function findDigit(ink) {
  const full = partsOf(ink).filter(({ places }) =>
    places.some((at) => ink.values[at] > 0.5),
  );
  const largest = Math.max(...full.map(({ places }) => places.length));
  const kept = full.filter(({ places }) => places.length >= largest / 20);
  const values = new Float64Array(ink.values.length);
  for (const { places } of kept) for (const at of places) values[at] = ink.values[at];
  const refusal = whyNotOne(kept, ink);
  return { ...ink, values, refusal };
}

const lengthOf = ([start, end]) => end - start;

// A word for why parts are none, too small, too many or too wide to be one digit.
function whyNotOne(parts, { width, height }) {
  if (!parts.length) return "empty";
  const longest = (axis) => Math.max(...parts.map((part) => lengthOf(part[axis])));
  const [tallest, widest] = [longest("rows"), longest("columns")];
  if (Math.max(tallest, widest) < LEAST_DIGIT * Math.max(width, height)) return "dots";
  // Parts of one digit that lie apart, a bar or a hook, differ in height.
  const alike = parts.filter(({ rows }) => lengthOf(rows) >= 0.7 * tallest);
  const all = parts.flatMap(({ places }) => places);
  const { rows, columns } = boxOf(all, width);
  if (parts.length > MOST_PARTS) return "marks";
  if (areApart(alike, "rows") || areApart(alike, "columns")) return "several";
  return lengthOf(columns) > WIDEST_DIGIT * lengthOf(rows) ? "wide" : null;
}

// Whether some parts hardly overlap with those before them along an axis.
function areApart(parts, axis) {
  const [first, ...others] = parts
    .map((part) => part[axis])
    .toSorted(([one], [other]) => one - other);
  let last = first[1];
  return others.some((side) => {
    const isApart = side[0] >= last - 0.2 * lengthOf(side);
    last = Math.max(last, side[1]);
    return isApart;
  });
}
