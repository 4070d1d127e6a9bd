/* What the network looks for, and what it misreads. */

import { make } from "./elements.js";
import { magnitude } from "./numbers.js";
import { paint, rampsOf } from "./pictures.js";

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
    const toRgb = rampsOf(colour).shaded(Math.max(...kernels.map(magnitude)));
    kernels.forEach((kernel, at) => {
      const canvas = grid.children[at];
      delete canvas.dataset.shows;
      paint(canvas, kernel, toRgb, state.steps);
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
