/* The pad with all that belongs to it: what lies on it, now and before. */

import { make } from "./elements.js";
import { prepare } from "./ink_preparation.js";
import { makeDrawingArea } from "./pad_area.js";
import { makeSamples, makeTools } from "./pad_controls.js";
import { drawMarks, inkOf, padCanvas, pictureOf } from "./pad_drawing.js";
import { readPicture } from "./pad_pictures.js";

// Into the state goes what lies on the pad. look(changes) is called with what follows
// from each change of it.
export function makePad(state, samples, look) {
  state.digit = { refusal: "empty" }; // what preparation makes of it
  state.problem = null; // the word for why a picture was not taken
  const { context } = padCanvas(1, { willReadFrequently: true });
  let isWaiting = false;
  const read = () => {
    isWaiting = false;
    drawMarks(context, state.history.at(-1));
    look({ digit: prepare(inkOf(context)), problem: null, cover: null, index: null });
  };
  // Not while the pen moves: a page is not to be held up for long at a time.
  const readSoon = () => {
    if (!isWaiting) setTimeout(read);
    isWaiting = true;
  };
  const lay = (...marks) => {
    state.history.push(marks);
    read();
  };
  const open = async (file) => {
    const { refusal, ...ink } = await readPicture(file);
    if (refusal) look({ problem: refusal });
    else lay({ picture: pictureOf(ink) });
  };

  const area = makeDrawingArea(state, readSoon);
  const tools = makeTools(state, {
    undo() {
      state.history.pop();
      read();
    },
    clear: () => lay(),
    setBrush: (brush) => look({ brush }),
    open,
  });
  const choices = samples.length
    ? makeSamples(samples, (picture) => lay({ picture }))
    : { node: "", render() {} };
  const on = {
    dragover: (event) => event.preventDefault(),
    drop(event) {
      event.preventDefault();
      const [file] = event.dataTransfer.files;
      if (file) open(file);
    },
  };
  return {
    tools: make("div", tools.node, choices.node),
    // With what stands below the pad and beside it. Pictures can be dropped on all of it.
    layOut(below, beside) {
      const left = make("div.left", ...area.nodes, ...below);
      return make("div.play", { on }, left, make("div.right", ...beside));
    },
    render(word) {
      area.render();
      tools.render();
      choices.render(word);
    },
  };
}
