/* Layer by layer what the network makes of the digit: all maps of a layer, and one of
   them large. */

import { choice, make, placeAt, put, steer } from "./elements.js";
import { fixed, magnitude } from "./numbers.js";
import { paintPixels } from "./pictures.js";
import { makeAtlas } from "./playground_maps.js";

const SHADES = 256; // from 0 to the largest, for each sign

// A picture of so many cells, [rows, columns], with a frame around one. point(row, column)
// is called when the reader points at a cell, nudge(dx, dy) for arrow keys.
function makeCells(name, size, point, nudge) {
  const canvas = make("canvas", { "aria-hidden": "true" });
  const frame = make("i.frame");
  const node = make(`div.${name}`, { role: "application", label: name }, canvas, frame);
  steer(node, {
    point: (x, y) => point(Math.floor(y * size()[0]), Math.floor(x * size()[1])),
    nudge,
    sideways: true, // or a finger could not scroll past a picture as wide as the page
  });
  const show = (row, column) => {
    const [height, width] = size().map((count) => 1 / count);
    placeAt(frame, { left: column * width, top: row * height, width, height });
  };
  return { node, canvas, show };
}

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
  const all = makeCells(
    "maps",
    () => [Math.ceil(atlas().count / atlas().perRow), atlas().perRow],
    (row, column) => go({ map: row * atlas().perRow + column }),
    (dx, dy) => go({ map: here().map + dx + dy * atlas().perRow }),
  );
  const one = makeCells(
    "map",
    () => [atlas().height, atlas().width],
    (row, column) => go({ row, column }),
    (dx, dy) => go({ row: here().row + dy, column: here().column + dx }),
  );
  const [low, high] = [make("span.number"), make("span.number")];
  const ends = make("div.ends.muted", low, make("span", "0"), high);
  const head = make("div.muted", { say: "layers" });
  const node = make("div.layers", head, tabs.node, all.node, make("div.scale"), ends);
  const render = (_, { signed, empty }) => {
    tabs.select(state.group);
    const { width, height, count, perRow } = atlas();
    const { row, column, map } = here();
    const values = state.answer.maps[groups[state.answer.group].end];
    const largest = magnitude(values);
    const colours = { largest, toRgb: signed(SHADES), empty };
    all.node.hidden = count === 1;
    all.show(Math.floor(map / perRow), map % perRow);
    one.show(row, column);
    paintAtlas(all.canvas, atlas(), values, colours);
    const own = values.filter((_, at) => at % count === map);
    paintAtlas(one.canvas, makeAtlas([height, width, 1]), own, colours);
    put(low, -largest, fixed(-largest));
    put(high, largest, fixed(largest));
  };
  return { node, map: one.node, render };
}

function paintAtlas(canvas, atlas, values, { largest, toRgb, empty }) {
  const ground = [...empty, 255];
  const pixels = Array.from({ length: atlas.across * atlas.down }, () => ground);
  const known = new Map(); // to work out a colour takes time
  values.forEach((value, index) => {
    const shade = Math.round((SHADES * value) / largest);
    if (!known.has(shade)) known.set(shade, [...toRgb(shade), 255]);
    pixels[atlas.pixelOf(index)] = known.get(shade);
  });
  paintPixels(canvas, atlas.across, atlas.down, (at) => pixels[at]);
}
