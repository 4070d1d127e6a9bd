/* The controls of the descent explorer, and its numbers. */

import { make, numberField, put, showField, slider, status, tell } from "./elements.js";
import { significant } from "./numbers.js";

const SLIDER_STEPS = 1000;

// A slider and a field for the learning rate.
export function makeRateControls(rates, state, { setRate, refuse }) {
  const range = slider("rate", SLIDER_STEPS, (position) => {
    setRate(rates.at(position / SLIDER_STEPS));
    write();
  });
  const field = numberField("field.rate.number", {
    label: "rateField",
    limits: rates.limits,
    take: setRate,
    refuse,
    settle: () => write(),
  });
  const refusal = status("refusal");
  const write = () => {
    field.value = significant(state.rate, 6);
  };
  write();
  const limits = rates.limits.map((rate) => significant(rate));
  const render = (word) => {
    range.value = SLIDER_STEPS * rates.shareOf(state.rate);
    range.setAttribute("aria-valuetext", significant(state.rate));
    showField(field, state.rate, state.isRefused);
    tell(refusal, state.isRefused ? word("refused")(...limits) : "");
  };
  const row = make("div.row.controls", make("span", { say: "rate" }), range, field);
  return { nodes: [row, refusal], render };
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
  const show = (value, ...nodes) =>
    nodes.forEach((node) => put(node, value, significant(value)));
  const render = (state) => {
    const here = state.path.at(-1);
    show(state.path.length - 1, steps);
    show(here.w, weight, from);
    show(here.loss, loss);
    show(here.gradient, gradient, slope);
    if (here.gradient < 0) slope.textContent = `(${slope.textContent})`;
    show(state.rate, rate);
    show(here.w - state.rate * here.gradient, next);
  };
  return { nodes: [make("div.facts", ...facts), formula], render };
}
