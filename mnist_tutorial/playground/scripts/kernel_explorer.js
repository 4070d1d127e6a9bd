/* Slide a 3x3 kernel over a digit, and see where each number of the output is from. */

import { button, choice, make } from "./elements.js";
import { explorable } from "./host.js";
import { OUT, PRESETS, correlate, presetOf, viewOf } from "./kernel_model.js";
import { makeDigits, makePictures } from "./kernel_pictures.js";
import { style } from "./kernel_style.js";
import { makeSums } from "./kernel_sums.js";
import { words } from "./kernel_words.js";
import { inside } from "./numbers.js";
import { decode, rampsOf } from "./pictures.js";

const SCAN_MS = 9; // for one place, when the window slides by itself

function build({ data, word, colour }) {
  const images = data.images.map(decode);
  const state = {
    digit: 0,
    kernel: PRESETS.vertical,
    place: 0, // of the window's first pixel in the output, row by row
    scanFrom: null, // when the window began to slide by itself
    refused: null, // the weight whose text is no number
  };
  // Begin where there is something to see.
  const first = correlate(images[0], state.kernel);
  state.place = first.indexOf(Math.max(...first));

  const change = (changes) => {
    Object.assign(state, changes);
    render();
  };
  const moveTo = (row, column) => {
    const place = inside(row, 0, OUT - 1) * OUT + inside(column, 0, OUT - 1);
    change({ place, scanFrom: null });
  };
  const moveBy = (rows, columns) =>
    moveTo(Math.floor(state.place / OUT) + rows, (state.place % OUT) + columns);

  const digits = makeDigits(images, (digit) => change({ digit }));
  const scan = makeScan(state, change);
  const pictures = makePictures({ moveTo, moveBy });
  const presets = makePresets((kernel) => {
    change({ kernel, refused: null });
    sums.write(kernel);
  });
  const sums = makeSums({
    take: (changed, value) => {
      const retyped = (weight, index) => (index === changed ? value : weight);
      change({ kernel: state.kernel.map(retyped), refused: null });
    },
    refuse: (index) => change({ refused: index }),
    settle: () => sums.write(state.kernel),
  });
  sums.write(state.kernel);

  function render() {
    const ramps = rampsOf(colour);
    const view = viewOf(state, images[state.digit]);
    digits.render(state.digit, word, ramps);
    scan.textContent = word(state.scanFrom === null ? "scan" : "stop");
    pictures.render(view, ramps);
    presets.select(presetOf(state.kernel));
    sums.render(view, word, ramps);
  }
  const top = make("div.top", digits.node, scan);
  const rounded = make("p.rounded.muted", { say: "rounded" });
  const nodes = [top, pictures.node, presets.node, sums.node, rounded, sums.refusal];
  return { nodes, render };
}

function makePresets(pick) {
  const names = Object.keys(PRESETS);
  const buttons = names.map((say) => make("button", { say }));
  return choice("presets", "kernels", buttons, (index) => pick(PRESETS[names[index]]));
}

// A button that lets the window slide from place to place, up to the last one.
function makeScan(state, change) {
  const slide = (now) => {
    if (state.scanFrom === null || !node.isConnected) return;
    const place = Math.max(0, Math.floor((now - state.scanFrom) / SCAN_MS));
    if (place >= OUT * OUT) {
      change({ place: OUT * OUT - 1, scanFrom: null });
      return;
    }
    change({ place });
    requestAnimationFrame(slide);
  };
  const node = button("scan", () => {
    change({ scanFrom: state.scanFrom === null ? performance.now() : null });
    requestAnimationFrame(slide);
  });
  return node;
}

explorable("kernel", { words, style, build });
