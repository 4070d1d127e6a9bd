/* The controls of the descent explorer, and its numbers. */

import { SLIDER_STEPS } from "./descent_model.js";
import {
  button,
  make,
  numberField,
  put,
  showField,
  slider,
  status,
  tell,
} from "./elements.js";
import { significant } from "./numbers.js";

// A slider and a field for the learning rate.
export function makeRateControls(rates, state, { setRate, refuse }) {
  const range = slider("rate", SLIDER_STEPS, (position) => {
    setRate(rates.at(position));
    write();
  });
  const field = numberField("field.rate.number", {
    label: "rateField",
    low: rates.lowest,
    high: rates.highest,
    take: setRate,
    refuse,
    settle: () => write(),
  });
  const refusal = status("refusal");
  const write = () => {
    field.value = significant(state.rate, 6);
  };
  write();
  const limits = [significant(rates.lowest), significant(rates.highest)];
  const render = (word) => {
    range.value = rates.positionOf(state.rate);
    range.setAttribute("aria-valuetext", significant(state.rate));
    showField(field, state.rate, state.isRefused);
    tell(refusal, state.isRefused ? word("refused")(...limits) : "");
  };
  const row = make("div.row.controls", make("span", { say: "rate" }), range, field);
  return { nodes: [row, refusal], render };
}

export function makeButtons({ step, run, reset }) {
  const nodes = [button("step", step), button("run", run), button("reset", reset)];
  const render = (word, isRunning, isOver) => {
    nodes[1].textContent = word(isRunning ? "pause" : "run");
    nodes[0].disabled = nodes[1].disabled = isOver;
  };
  return { node: make("div.row", ...nodes), render };
}

// Where the path is now, and how the next step comes about.
export function makeNumbers() {
  const number = (name) => make(`span.number.${name}`);
  const together = (...parts) => make("span.number", ...parts);
  const names = ["steps", "weight", "loss", "gradient"];
  const [steps, weight, loss, gradient] = names.map(number);
  const facts = [steps, weight, loss, gradient].map((node, index) =>
    make("div", make("div.muted", { say: names[index] }), node),
  );
  const [from, rate, slope, next] = ["from", "rate-used", "slope", "next"].map(number);
  const formula = make(
    "div.formula",
    make("span.muted", { say: "next" }),
    " ",
    together("w ← w − η × ", make("span", { say: "gradient" })),
    " ",
    together("= ", from, " − ", rate, " × ", slope),
    " ",
    together("= ", next),
  );
  const render = (state) => {
    const here = state.path.at(-1);
    const show = (node, value) => put(node, value, significant(value));
    put(steps, state.path.length - 1, String(state.path.length - 1));
    show(weight, here.w);
    show(loss, here.loss);
    show(gradient, here.gradient);
    show(from, here.w);
    show(rate, state.rate);
    const factor = significant(here.gradient);
    put(slope, here.gradient, here.gradient < 0 ? `(${factor})` : factor);
    show(next, here.w - state.rate * here.gradient);
  };
  return { nodes: [make("div.facts", ...facts), formula], render };
}
