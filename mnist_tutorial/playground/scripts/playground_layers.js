/* Layer by layer what the network makes of the digit: all maps of a layer, and one of
   them large. */

import { choice, make, put } from "./elements.js";
import { fixed, magnitude } from "./numbers.js";
import { makeCells, paintPixels } from "./pictures.js";
import { makeAtlas } from "./playground_maps.js";

// goTo(group, index) is called when the reader chooses a layer, index null, or a number.
export function makeLayers(groups, state, goTo) {
  const atlases = groups.map(({ shape }) => makeAtlas(shape));
  const atlas = () => atlases[state.answer.group];
  const buttons = groups.map(({ name, shape }) =>
    make("button", make("span", name), make("span.muted", shape.join("×"))),
  );
  const tabs = choice("tabs", "layers", buttons, (group) => goTo(group, null));
  const here = () => atlas().partsOf(state.answer.index);
  const go = (changes) => {
    const index = atlas().indexOf({ ...here(), ...changes });
    if (index !== null) goTo(state.answer.group, index);
  };
  const sideways = true; // or a finger could not scroll past a picture as wide as the page
  const all = makeCells("maps", {
    size: () => atlas().grid,
    moveTo: (row, column) => go({ map: row * atlas().perRow + column }),
    moveBy: (rows, columns) =>
      go({ map: here().map + rows * atlas().perRow + columns }),
    sideways,
  });
  const one = makeCells("map", {
    size: () => [atlas().height, atlas().width],
    moveTo: (row, column) => go({ row, column }),
    moveBy: (rows, columns) =>
      go({ row: here().row + rows, column: here().column + columns }),
    sideways,
  });
  const [low, high] = [make("span.number"), make("span.number")];
  const ends = make("div.ends.muted", low, make("span", "0"), high);
  const head = make("div.muted", { say: "layers" });
  const scale = make("div.scale.signed");
  const node = make("div.layers", head, tabs.node, all.node, scale, ends);
  const render = (_, { shaded, empty }) => {
    tabs.select(state.group);
    const { width, height, count, perRow } = atlas();
    const { row, column, map } = here();
    const values = state.answer.maps[groups[state.answer.group].end];
    const largest = magnitude(values);
    const toRgb = shaded(largest);
    all.node.hidden = count === 1;
    all.show(Math.floor(map / perRow), map % perRow);
    one.show(row, column);
    paintAtlas(all.canvas, atlas(), values, toRgb, empty);
    const own = values.filter((_, at) => at % count === map);
    paintAtlas(one.canvas, makeAtlas([height, width, 1]), own, toRgb, empty);
    put(low, -largest, fixed(-largest));
    put(high, largest, fixed(largest));
  };
  return { node, map: one.node, render };
}

function paintAtlas(canvas, { across, down, pixelOf }, values, toRgb, empty) {
  const pixels = Array.from({ length: across * down }, () => empty);
  values.forEach((value, index) => (pixels[pixelOf(index)] = toRgb(value)));
  paintPixels(canvas, across, down, (at) => pixels[at]);
}
