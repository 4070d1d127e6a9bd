/* The controls of the threshold explorer, and its numbers. */

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
import { fixed, significant } from "./numbers.js";
import { grouped } from "./threshold_model.js";

const LARGEST_COST = 10_000;

// A slider and a field for the threshold, a field for each cost, and a button.
export function makeControls(last, state, { change, goTo, goToCheapest }) {
  const field = (name, label, high, take) =>
    numberField(`field.number.${name}`, {
      label,
      limits: [0, high],
      take,
      refuse: () => change({ refused: { name, high } }),
      settle: () => {
        change({});
        write();
      },
    });
  const costField = (name) =>
    field(name, name, LARGEST_COST, (cost) =>
      change({ costs: { ...state.costs, [name]: cost } }),
    );
  const range = slider("threshold", last, goTo);
  const fields = {
    at: field("at", "thresholdField", 1, (threshold) =>
      change({ step: Math.round(threshold * last) }),
    ),
    miss: costField("miss"),
    alarm: costField("alarm"),
  };
  const write = () => {
    fields.at.value = fixed(state.step / last, 3);
    fields.miss.value = significant(state.costs.miss, 6);
    fields.alarm.value = significant(state.costs.alarm, 6);
  };
  write();
  const refusal = status("refusal");
  const named = (say) => make("label", make("span", { say }), fields[say]);
  const go = button("goToCheapest", goToCheapest, "go");
  const nodes = [
    make("div.row.controls", make("span", { say: "threshold" }), range, fields.at),
    make("div.row.prices", named("miss"), named("alarm"), go),
    refusal,
  ];
  const render = ({ step, costs, refused }, word) => {
    range.value = step;
    range.setAttribute("aria-valuetext", fixed(step / last, 3));
    for (const [name, value] of Object.entries({ at: step / last, ...costs }))
      showField(fields[name], value, name === refused?.name);
    // As it can be typed: in 10,000 the comma would be a decimal one.
    tell(refusal, refused ? word("refused")(refused.high) : "");
  };
  return { nodes, write, render };
}

export function makeMatrix() {
  const numbers = {};
  const cell = (name) => {
    numbers[name] = make(`span.number.${name}`);
    return make(`td.${name}`, make("i"), make("span", { say: name }), numbers[name]);
  };
  const heading = (say, scope) => make("th", { say, scope });
  const row = (say, ...names) => make("tr", heading(say, "row"), ...names.map(cell));
  const called = [heading("calledPositive", "col"), heading("calledNegative", "col")];
  const head = make("thead", make("tr", make("td"), ...called));
  const rows = [row("isPositive", "TP", "FN"), row("isNegative", "FP", "TN")];
  const node = make("table", { label: "matrix" }, head, make("tbody", ...rows));
  const render = ({ matrix }) => {
    for (const [name, count] of Object.entries(matrix))
      put(numbers[name], count, grouped(count));
  };
  return { node, render };
}

// How a number comes about, then the number.
export function makeFacts() {
  const facts = {};
  const names = ["sensitivity", "specificity", "precision", "total"];
  const rows = names.map((name) => {
    facts[name] = [make("span.sum.muted"), make(`b.number.${name}`)];
    return make("div", make("span", { say: name }), make("span", ...facts[name]));
  });
  const show = (name, sum, value, text) => {
    const [before, number] = facts[name];
    before.textContent = `${sum} = `;
    put(number, value, text);
  };
  const showShare = (name, part, rest) => {
    const share = part / (part + rest); // 0 / 0 if nobody is called positive
    const sum = `${grouped(part)} / (${grouped(part)} + ${grouped(rest)})`;
    show(name, sum, share, Number.isNaN(share) ? "—" : fixed(share, 3));
  };
  const render = ({ matrix: { TP, FN, FP, TN }, costs, cost }) => {
    showShare("sensitivity", TP, FN);
    showShare("specificity", TN, FP);
    showShare("precision", TP, FP);
    const [miss, alarm] = [grouped(costs.miss), grouped(costs.alarm)];
    const sum = `${miss} × ${grouped(FN)} + ${alarm} × ${grouped(FP)}`;
    show("total", sum, cost, grouped(cost));
  };
  return { node: make("div.facts", ...rows), render };
}
