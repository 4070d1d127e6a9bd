/* Where a number of a layer comes from: values, weights, products, and their sum. */

import { tint } from "./colours.js";
import { make, put } from "./elements.js";
import { magnitude } from "./numbers.js";
import { makeAtlas } from "./playground_maps.js";
import { groupBefore, selectParts } from "./playground_network.js";
import { block, grid, group, short, sign } from "./sums.js";

// Three squares of cells, and what stands behind them. descend(cell) is called when the
// reader asks where a value comes from.
function makeSquares(count, columns, kind, descend) {
  const cells = (name) => Array.from({ length: count }, () => make(name));
  const values = cells("button.number.value");
  values.forEach((node, at) => node.addEventListener("click", () => descend(at)));
  const columnsOf = [values, cells("span.number.weight"), cells("span.number.product")];
  const [from, by, give] = [kind, "weights", "products"].map((say, at) =>
    grid(say, columnsOf[at], columns),
  );
  const [place, total] = [make("div.place.muted"), make("div.total.number")];
  const sum = block("value", make("div", place, total));
  const equation = [group(from, sign("×"), by), group(sign("="), give, sign("→"), sum)];
  const render = (parts, name, value, { signed, gray }) => {
    columnsOf.forEach((nodes, which) => {
      const numbers = parts.cells.map((cell) => cell[which + 1]);
      const isGray = kind === "pixels" && which === 0;
      const toRgb = isGray ? gray : signed(magnitude(numbers));
      nodes.forEach((node, at) => {
        put(node, numbers[at], short(numbers[at]));
        tint(node, toRgb(numbers[at]));
      });
    });
    place.textContent = `${name} =`;
    put(total, value, short(value));
  };
  return { values, equation, render };
}

// goTo(group, index) is called when the reader asks where one of the values comes from.
export function makeOrigin({ steps, groups, say }, state, goTo) {
  const holder = make("div.sums");
  const about = make("p.about");
  const node = make("div.origin", holder, about);
  let [parts, squares, built] = [null, null, ""];

  // The layer that the values are outputs of; undefined: they are pixels.
  const source = () => groupBefore(groups, groups[state.answer.group].sum);
  const descend = (at) => goTo(groups.indexOf(source()), parts.cells[at][0]);

  const renderSum = (name, value, ramps) => {
    const { cells, columns } = parts;
    const kind = source() ? "values" : "pixels";
    const wanted = `${kind}: ${cells.length} in ${columns}`;
    if (built !== wanted) {
      squares = makeSquares(cells.length, columns, kind, descend);
      holder.replaceChildren(...squares.equation);
      say(holder);
    }
    built = wanted;
    squares.render(parts, name, value, ramps);
    squares.values.forEach((button, at) => {
      button.disabled = kind === "pixels" || cells[at][0] < 0;
    });
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
      renderSum(name + makeAtlas(shape).nameOf(index), value, ramps);
      about.textContent = word("sumOf")({ ...parts, sum: sums.sum }) + after;
    } else about.textContent = short(sums.values[0]) + after;
  };
  return { node, render };
}
