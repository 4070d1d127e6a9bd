/* The training itself: one question after the other to the engine, in slices, so that
   the reader's wishes never wait long. */

import { startEngine } from "./engine_client.js";
import learning from "./engine_learning.js" with { type: "text" };
import { PIXELS, firstKernels, networkOf, shuffled } from "./training_model.js";

const SLICE_MS = 80;
const IMAGES_BETWEEN = 1500; // from one measurement to the next
const PART = 250; // images that are measured in one go

export const freshRun = () => ({
  steps: 0,
  seconds: 0,
  losses: [], // of each batch
  held: [], // of each measurement: { step, loss, accuracy }
  wrong: [], // held-out images at the last one: { index, reading }
  kernels: [], // of the first layer
});

export class Run {
  // `state` is the explorable's. show() is called when something in it has changed,
  // fail(error) when the engine cannot go on, isThere() tells whether the page has it.
  constructor(data, state, calls) {
    Object.assign(this, { data, state, ...calls });
    this.labels = Uint8Array.from(data.labels);
    this.count = this.labels.length - data.heldOut; // of images to learn from
    this.engine = this.pixels = null;
    this.turn = 0; // counts beginnings: an answer from before the last one is no good
    this.isBusy = this.isUnread = false; // isUnread: the drawings are to be read again
    this.isFresh = true; // whether it is still to begin
    this.seen = 0; // images since the last measurement
    document.addEventListener("visibilitychange", this.wake);
  }

  // What is most urgent first. Only one of these loops runs at a time.
  wake = async () => {
    if (this.isBusy) return;
    this.isBusy = true;
    try {
      for (let next; this.isThere() && !document.hidden && (next = this.next());) {
        const [start, { turn }] = [performance.now(), this];
        await next.call(this);
        const isTimed = next !== this.begin && turn === this.turn;
        if (isTimed) this.state.seconds += (performance.now() - start) / 1000;
        this.show();
      }
    } catch (error) {
      this.fail(error);
    }
    this.isBusy = false;
  };

  next() {
    const { isRunning, isStep, held, steps } = this.state;
    const isWanted = isRunning || isStep;
    if (this.isFresh) return isWanted || this.engine ? this.begin : null;
    if (this.isUnread) return this.read;
    const isRested = !isWanted && held.at(-1)?.step !== steps;
    if (!held.length || this.seen >= IMAGES_BETWEEN || isRested) return this.measure;
    return isWanted ? this.learn : null;
  }

  async begin() {
    this.isFresh = false;
    this.engine ??= startEngine(learning);
    const { settings, seed } = this.state;
    if (!this.pixels) {
      const { pixels } = await this.engine.ask("unpack", { text: this.data.digits });
      this.pixels = pixels;
    }
    const network = networkOf(settings);
    await this.ask("load", { network, seed, zero: settings.isZero });
    const most = Math.min(this.count, settings.images);
    const right = this.labels.slice(0, most);
    const labels = settings.isShuffled ? shuffled(right) : right;
    await this.ask("data", { images: this.imagesOf(0, most), labels, seed });
    this.seen = 0;
    await this.look();
  }

  async learn() {
    const { state } = this;
    const { rate: learningRate, batchSize } = state.settings;
    const slice = state.isRunning ? { milliseconds: SLICE_MS } : { steps: 1 };
    state.isStep = false;
    const answer = await this.ask("train", { ...slice, batchSize, learningRate });
    if (!answer) return;
    state.losses.push(...answer.losses);
    state.steps = answer.step;
    this.seen += answer.losses.length * batchSize;
    await this.look();
  }

  async look() {
    const answer = await this.ask("kernel");
    if (answer) this.state.kernels = firstKernels(answer);
    this.isUnread = this.state.drawings.length > 0;
  }

  async measure() {
    const { labels, count, state } = this;
    let loss = 0;
    const wrong = [];
    for (let from = count; from < labels.length; from += PART) {
      const to = Math.min(from + PART, labels.length);
      const images = this.imagesOf(from, to);
      const answer = await this.ask("evaluate", {
        images,
        labels: labels.slice(from, to),
      });
      if (!answer) return;
      loss += (answer.loss * (to - from)) / this.data.heldOut;
      for (const { index, reading } of answer.wrong)
        wrong.push({ index: from + index, reading });
    }
    this.seen = 0;
    const accuracy = 1 - wrong.length / this.data.heldOut;
    state.held.push({ step: state.steps, loss, accuracy });
    state.wrong = wrong;
  }

  async read() {
    this.isUnread = false;
    const { steps } = this.state;
    const drawings = [...this.state.drawings]; // another may come meanwhile
    const images = new Float32Array(drawings.length * PIXELS);
    drawings.forEach(({ field }, at) => images.set(field, at * PIXELS));
    const answer = await this.ask("predictMany", { images });
    if (!answer) return;
    drawings.forEach(({ readings }, at) => {
      const logits = answer.logits.subarray(10 * at, 10 * at + 10);
      const digit = logits.indexOf(Math.max(...logits));
      if (readings.at(-1)?.digit !== digit) readings.push({ step: steps, digit });
    });
  }

  // Resolves to null where another beginning has come in between.
  async ask(question, details) {
    const { turn } = this;
    const answer = await this.engine.ask(question, details);
    return turn === this.turn ? answer : null;
  }

  restart() {
    this.forget();
    this.wake();
  }

  readAgain() {
    this.isUnread = true;
    this.wake();
  }

  // The page has lost it: leave no worker behind.
  stop() {
    this.engine?.stop();
    this.engine = null;
    this.isBusy = false; // what was asked is never answered
    this.forget();
    document.removeEventListener("visibilitychange", this.wake);
  }

  forget() {
    this.turn += 1;
    this.isFresh = true;
    Object.assign(this.state, freshRun());
    for (const drawing of this.state.drawings) drawing.readings = [];
  }

  imagesOf(from, to) {
    return this.pixels.slice(from * PIXELS, to * PIXELS);
  }
}
