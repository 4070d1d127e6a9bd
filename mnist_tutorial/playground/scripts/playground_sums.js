/* Where a number of a layer comes from: values, weights, products, and their sum. */

import { tint } from "./colours.js";
import { make, put } from "./elements.js";
import { magnitude } from "./numbers.js";
import { makeAtlas } from "./playground_maps.js";
import { groupBefore, selectParts } from "./playground_network.js";
import { block, grid, group, short, sign } from "./sums.js";

// Three squares of cells, and what stands behind them. descend(at) is called when the
// reader asks where a value comes from; pixels come from nowhere.
function makeSquares(count, columns, kind, descend) {
  const cells = (name) => Array.from({ length: count }, () => make(name));
  const parts = {
    value: cells("button.number.value"),
    weight: cells("span.number.weight"),
    product: cells("span.number.product"),
  };
  parts.value.forEach((node, at) => node.addEventListener("click", () => descend(at)));
  const squares = [kind, "weights", "products"].map((say, at) =>
    grid(say, Object.values(parts)[at], columns),
  );
  const [place, total] = [make("div.place.muted"), make("div.total.number")];
  const sum = block("value", make("div", place, total));
  const equation = [
    group(squares[0], sign("×"), squares[1]),
    group(sign("="), squares[2], sign("→"), sum),
  ];
  const render = (shown, name, value, { signed, gray }) => {
    for (const [part, nodes] of Object.entries(parts)) {
      const numbers = shown.map((cell) => cell[part]);
      const isGray = kind === "pixels" && part === "value";
      const toRgb = isGray ? gray : signed(magnitude(numbers));
      nodes.forEach((node, at) => {
        put(node, numbers[at], short(numbers[at]));
        tint(node, toRgb(numbers[at]));
      });
    }
    parts.value.forEach((node, at) => {
      node.disabled = kind === "pixels" || shown[at].input < 0;
    });
    place.textContent = `${name} =`;
    put(total, value, short(value));
  };
  return { equation, render };
}

// goTo(group, index) is called when the reader asks where one of the values comes from.
export function makeOrigin(steps, groups, state, { goTo, say }) {
  const holder = make("div.sums");
  const about = make("p.about");
  const node = make("div.origin", holder, about);
  let [parts, squares, built] = [null, null, ""];

  const renderSum = (source, name, value, ramps) => {
    const wanted = `${source?.name}: ${parts.cells.length} in ${parts.columns}`;
    if (built !== wanted) {
      const descend = (at) => goTo(groups.indexOf(source), parts.cells[at].input);
      const kind = source ? "values" : "pixels";
      squares = makeSquares(parts.cells.length, parts.columns, kind, descend);
      holder.replaceChildren(...squares.equation);
      say(holder);
    }
    built = wanted;
    squares.render(parts.cells, name, value, ramps);
  };
  const render = (word, ramps) => {
    const { group, index, maps, parts: sums } = state.answer;
    const { name, sum, end, shape } = groups[group];
    const value = maps[end][index];
    const { kind, function: activation } = steps[end];
    const after = kind === "Activation" ? ` → ${activation} → ${short(value)}` : "";
    holder.hidden = !sums.weights;
    if (sums.weights) {
      parts = selectParts(sums, steps[sum]);
      const place = name + makeAtlas(shape).nameOf(index);
      renderSum(groupBefore(groups, sum), place, value, ramps);
      about.textContent = word("sumOf")({ ...parts, sum: sums.sum }) + after;
    } else about.textContent = short(sums.values[0]) + after;
  };
  return { node, render };
}
