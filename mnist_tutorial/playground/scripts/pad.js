/* The pad with all that belongs to it: what lies on it, now and before. */

import { make } from "./elements.js";
import { prepare } from "./ink_preparation.js";
import { makeDrawingArea } from "./pad_area.js";
import { makeSamples, makeTools } from "./pad_controls.js";
import { drawMarks, inkOf, padCanvas, pictureOf } from "./pad_drawing.js";
import { readPicture } from "./pad_pictures.js";

// look(changes) is called with what follows from each change of the pad.
export function makePad(state, samples, look) {
  const { context } = padCanvas(1, { willReadFrequently: true });
  let isWaiting = false;
  const read = () => {
    isWaiting = false;
    drawMarks(context, state.history.at(-1));
    const digit = prepare(inkOf(context));
    look({ digit, problem: null, cover: null, index: null });
  };
  // A pen may move more often than the screen is drawn.
  const readSoon = () => {
    if (!isWaiting) requestAnimationFrame(read);
    isWaiting = true;
  };
  const lay = (marks) => {
    state.history.push(marks);
    read();
  };
  const open = async (file) => {
    const { refusal, ...ink } = await readPicture(file);
    if (refusal) look({ problem: refusal });
    else lay([{ picture: pictureOf(ink) }]);
  };

  const area = makeDrawingArea(state, {
    begin: (stroke) => lay([...state.history.at(-1), stroke]),
    extend(points) {
      const stroke = state.history.at(-1).at(-1);
      stroke.points.push(...points);
      readSoon();
    },
  });
  const tools = makeTools(state, {
    undo() {
      state.history.pop();
      read();
    },
    clear: () => lay([]),
    setBrush: (brush) => look({ brush }),
    open,
  });
  const choices = samples.length
    ? makeSamples(samples, (picture) => lay([{ picture }]))
    : { node: "", render() {} };
  const render = (word) => {
    area.render();
    tools.render();
    choices.render(word);
  };
  return {
    area: area.nodes,
    tools: make("div", tools.node, choices.node),
    open,
    render,
  };
}

// Let the reader drop a picture on a node.
export function takeDrops(node, open) {
  node.addEventListener("dragover", (event) => event.preventDefault());
  node.addEventListener("drop", (event) => {
    event.preventDefault();
    const [file] = event.dataTransfer.files;
    if (file) open(file);
  });
}
