/* Layer by layer what the network makes of the digit, one layer at a time. */

import { choice, make, put, steer } from "./elements.js";
import { fixed, magnitude } from "./numbers.js";
import { makeAtlas } from "./playground_maps.js";

const SHADES = 256; // from 0 to the largest, for each sign

// goTo(group, index) is called when the reader chooses a layer, index null, or a number.
export function makeLayers(groups, state, goTo) {
  const atlases = groups.map(({ shape }) => makeAtlas(shape));
  const atlas = () => atlases[state.group];
  const buttons = groups.map(({ name, shape }) =>
    make("button", make("span", name), make("span.muted", shape.join("×"))),
  );
  const tabs = choice("tabs", "layers", buttons, (group) => goTo(group, null));
  const canvas = make("canvas", { "aria-hidden": "true" });
  const frame = make("i.frame");
  const take = (index) => {
    if (index !== null) goTo(state.group, index);
  };
  const reading = { role: "application", label: "mapArea" };
  const area = steer(make("div.maps", reading, canvas, frame), {
    point: (x, y) => take(atlas().indexAt(x, y)),
    nudge: (dx, dy) => take(atlas().beside(state.answer.index, dx, dy)),
  });
  const [low, high] = [make("span.number"), make("span.number")];
  const ends = make("div.ends.muted", low, make("span", "0"), high);
  const node = make(
    "div.layers",
    make("div.muted", { say: "layers" }),
    tabs.node,
    area,
    make("div.scale.signed"),
    ends,
  );
  const render = (_, { signed, empty }) => {
    tabs.select(state.group);
    const { across, down, spotOf } = atlas();
    const { x, y } = spotOf(state.answer.index);
    frame.hidden = state.answer.group !== state.group;
    frame.style.left = `${(100 * x) / across}%`;
    frame.style.top = `${(100 * y) / down}%`;
    frame.style.width = `${100 / across}%`;
    frame.style.height = `${100 / down}%`;
    const map = state.answer.maps[groups[state.group].end];
    const largest = magnitude(map);
    paintAtlas(canvas, atlas(), map, largest, signed(SHADES), empty);
    put(low, -largest, fixed(-largest));
    put(high, largest, fixed(largest));
  };
  return { node, render };
}

function paintAtlas(canvas, { across, down, spotOf }, map, largest, toRgb, empty) {
  Object.assign(canvas, { width: across, height: down });
  const context = canvas.getContext("2d");
  const picture = context.createImageData(across, down);
  for (let at = 0; at < picture.data.length; at += 4)
    picture.data.set([...empty, 255], at);
  const colours = new Map();
  map.forEach((value, index) => {
    const shade = Math.round((SHADES * value) / largest);
    if (!colours.has(shade)) colours.set(shade, toRgb(shade));
    const { x, y } = spotOf(index);
    picture.data.set(colours.get(shade), 4 * (y * across + x));
  });
  context.putImageData(picture, 0, 0);
}
