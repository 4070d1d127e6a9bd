/* The training itself: one question after the other to the engine, in slices, so that
   the reader's wishes never wait long. */

import { startEngine } from "./engine_client.js";
import { PIXELS, firstKernels, networkOf, shuffled, unpack } from "./training_model.js";

const SLICE_MS = 80;
const IMAGES_BETWEEN = 1500; // from one measurement to the next
const PART = 250; // images that are measured in one go

export const freshRun = () => ({
  steps: 0,
  seconds: 0,
  losses: [], // of each batch
  held: [], // of each measurement: { step, loss, accuracy }
  wrong: [], // held-out images at the last one: { index, reading }
  kernels: [],
});

// `state` is the explorable's; show() is called when something in it has changed.
export function makeRun(data, state, { isThere, show, fail }) {
  const labels = Uint8Array.from(data.labels);
  const count = labels.length - data.heldOut; // of images to learn from
  let [engine, pixels, turn, isBusy, isMeasured] = [null, null, 0, false, false];
  let [isFresh, isUnread, seen] = [true, false, 0];

  const imagesOf = (from, to) => pixels.slice(from * PIXELS, to * PIXELS);
  const ask = (question, details) => engine.ask(question, details);

  async function begin() {
    isFresh = false;
    pixels ??= await unpack(data.digits);
    engine ??= startEngine();
    const { settings, seed } = state;
    await ask("load", { network: networkOf(settings), seed, zero: settings.isZero });
    const most = Math.min(count, settings.images);
    const right = labels.slice(0, most);
    const given = settings.isShuffled ? shuffled(right) : right;
    await ask("data", { images: imagesOf(0, most), labels: given, seed });
    isMeasured = false;
    isUnread = true;
    await look();
  }
  async function learn() {
    const { rate: learningRate, batchSize } = state.settings;
    const slice = state.isRunning ? { milliseconds: SLICE_MS } : { steps: 1 };
    state.isStep = false;
    const mine = turn;
    const { losses, step } = await ask("train", { ...slice, batchSize, learningRate });
    if (mine !== turn) return;
    state.losses.push(...losses);
    state.steps = step;
    seen += losses.length * batchSize;
    isUnread = true;
    if (seen >= IMAGES_BETWEEN) isMeasured = false;
    await look();
  }
  async function look() {
    const mine = turn;
    const { layers } = await ask("layers");
    if (mine === turn) state.kernels = firstKernels(layers);
  }
  async function measure() {
    const mine = turn;
    const step = state.steps;
    let loss = 0;
    const wrong = [];
    for (let from = count; from < labels.length; from += PART) {
      const to = Math.min(from + PART, labels.length);
      const part = { images: imagesOf(from, to), labels: labels.slice(from, to) };
      const found = await ask("evaluate", part);
      if (mine !== turn) return;
      loss += (found.loss * (to - from)) / data.heldOut;
      wrong.push(
        ...found.wrong.map(({ index, reading }) => ({ index: from + index, reading })),
      );
    }
    [isMeasured, seen] = [true, 0];
    state.held.push({ step, loss, accuracy: 1 - wrong.length / data.heldOut });
    state.wrong = wrong;
  }
  async function read() {
    isUnread = false;
    const { drawings, steps } = state;
    if (!drawings.length) return;
    const images = new Float32Array(drawings.length * PIXELS);
    drawings.forEach(({ field }, at) => images.set(field, at * PIXELS));
    const mine = turn;
    const { logits } = await ask("predictMany", { images });
    if (mine !== turn) return;
    drawings.forEach(({ readings }, at) => {
      const own = logits.subarray(10 * at, 10 * at + 10);
      const digit = own.indexOf(Math.max(...own));
      if (readings.at(-1)?.digit !== digit) readings.push({ step: steps, digit });
    });
  }
  const isWanted = () => state.isRunning || state.isStep;

  // What is most urgent first. Only one of these loops runs at a time.
  async function work() {
    if (isBusy) return;
    isBusy = true;
    while (isThere() && !document.hidden) {
      const start = performance.now();
      if (isFresh && (isWanted() || engine)) await begin();
      else if (isFresh) break;
      else if (isUnread) await read();
      else if (!isMeasured) await measure();
      else if (isWanted()) await learn();
      else break;
      state.seconds += (performance.now() - start) / 1000;
      show();
    }
    isBusy = false;
  }
  const wake = () => work().catch(fail);
  document.addEventListener("visibilitychange", wake);
  return {
    wake,
    restart() {
      turn += 1;
      isFresh = true;
      Object.assign(state, freshRun());
      for (const drawing of state.drawings) drawing.readings = [];
      wake();
    },
    readAgain() {
      isUnread = true;
      wake();
    },
    trained: () => ask("save").then(({ network }) => network),
    imageAt: (index) => imagesOf(index, index + 1),
    heldOut: () => Array.from({ length: data.heldOut }, (_, at) => count + at),
    labels,
    stop() {
      document.removeEventListener("visibilitychange", wake);
      engine?.stop();
      engine = null;
      isFresh = true;
    },
  };
}
