/* What the network looks for, and what it misreads. */

import { make } from "./elements.js";
import { magnitude } from "./numbers.js";
import { paint, rampsOf } from "./pictures.js";

const TINTS = 64; // from 0 to the largest, for each sign
const MISREAD = 12;

export function makeKernels(state, colour) {
  const grid = make("div.kernels");
  const node = make("figure", make("figcaption.muted", { say: "kernels" }), grid);
  let shown = null;
  const render = () => {
    const { kernels } = state;
    node.hidden = !kernels.length;
    if (shown === kernels && grid.dataset.white === colour("--white")) return;
    [shown, grid.dataset.white] = [kernels, colour("--white")];
    while (grid.childElementCount > kernels.length) grid.lastChild.remove();
    while (grid.childElementCount < kernels.length)
      grid.append(make("canvas", { "aria-hidden": "true" }));
    const largest = Math.max(...kernels.map(magnitude));
    const known = new Map(); // to work out a colour takes time
    const toRgb = rampsOf(colour).signed(TINTS);
    const colourOf = (value) => {
      const shade = Math.round((TINTS * value) / largest);
      if (!known.has(shade)) known.set(shade, toRgb(shade));
      return known.get(shade);
    };
    kernels.forEach((kernel, at) => {
      const canvas = grid.children[at];
      delete canvas.dataset.shows;
      paint(canvas, kernel, colourOf, state.steps);
    });
  };
  return { node, render };
}

export function makeMisread(state, run, colour) {
  const grid = make("div.misread");
  const node = make("figure", make("figcaption.muted", { say: "misread" }), grid);
  let shown = null;
  const render = () => {
    node.hidden = !state.wrong.length;
    if (shown === state.wrong) return;
    shown = state.wrong;
    const { gray } = rampsOf(colour);
    grid.replaceChildren(
      ...state.wrong.slice(0, MISREAD).map(({ index, reading }) => {
        const canvas = make("canvas", { "aria-hidden": "true" });
        paint(
          canvas,
          run.imagesOf(index, index + 1),
          (value) => gray(value / 255),
          index,
        );
        const said = make("span.number", `${run.labels[index]} → ${reading}`);
        return make("div", canvas, said);
      }),
    );
  };
  return { node, render };
}
