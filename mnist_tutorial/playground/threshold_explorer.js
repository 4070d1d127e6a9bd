/* The threshold of a yes-or-no classifier: positive if probability >= threshold.

   Python hands over, by class, how many cases lie from one threshold of the slider to
   the next. All that is shown is counted from that, so it is exact; no probability was
   rounded on the way. */

const BIN = 25; // thresholds of the slider in one bar
const LARGEST_COST = 10_000;

const THRESHOLD_WORDS = {
  zh: {
    title: "动手：选一个阈值",
    otherLanguage: "English",
    threshold: "阈值",
    thresholdField: "阈值，输入数值",
    moveLine: "阈值线",
    miss: "一次漏报的代价",
    alarm: "一次误报的代价",
    goToCheapest: "移到代价最小处",
    verdict: (threshold, misses, alarms, cost) =>
      `概率 ≥ ${threshold} 就判为阳性：漏报 ${misses} 次，误报 ${alarms} 次，总代价 ${cost}。`,
    matrix: "混淆矩阵",
    calledPositive: "判为阳性",
    calledNegative: "判为阴性",
    isPositive: "实际阳性",
    isNegative: "实际阴性",
    TP: "TP 真阳性",
    FN: "FN 漏报",
    FP: "FP 误报",
    TN: "TN 真阴性",
    sensitivity: "灵敏度（召回率）",
    specificity: "特异度",
    precision: "精确率",
    total: "总代价",
    scores: "概率的分布：阳性向上，阴性向下；拖动阈值线",
    scale: "高度是占本类的比例，按平方根画",
    roc: "ROC 曲线：横轴是 1 − 特异度，纵轴是灵敏度",
    costs: "总代价随阈值的变化",
    cheapest: (threshold, cost) =>
      `● 是现在的阈值。◆ 是在这些数据上代价最小的阈值：${threshold}，总代价 ${cost}。它是照着这些数据挑的，好不好要用别的数据检验。`,
    refused: (high) => `这里要填 0 到 ${high} 之间的数。先保留原来的值。`,
  },
  en: {
    title: "Try it: choose a threshold",
    otherLanguage: "中文",
    threshold: "Threshold",
    thresholdField: "Threshold, as a number",
    moveLine: "Threshold line",
    miss: "Cost of a miss",
    alarm: "Cost of a false alarm",
    goToCheapest: "Go to the cheapest",
    verdict: (threshold, misses, alarms, cost) =>
      `Positive if probability ≥ ${threshold}. Misses: ${misses}, false alarms: ${alarms}, total cost: ${cost}.`,
    matrix: "Confusion matrix",
    calledPositive: "called positive",
    calledNegative: "called negative",
    isPositive: "is positive",
    isNegative: "is negative",
    TP: "TP true positive",
    FN: "FN miss",
    FP: "FP false alarm",
    TN: "TN true negative",
    sensitivity: "Sensitivity (recall)",
    specificity: "Specificity",
    precision: "Precision",
    total: "Total cost",
    scores: "Probabilities: positives up, negatives down; drag the line",
    scale: "Height: share of the class, on a square root scale",
    roc: "ROC curve: 1 − specificity across, sensitivity up",
    costs: "Total cost as a function of the threshold",
    cheapest: (threshold, cost) =>
      `● is the present threshold. ◆ is the one that costs least on these data: ${threshold}, total cost ${cost}. It is chosen on these data, so check it on others.`,
    refused: (high) =>
      `A number from 0 to ${high} is needed here. The last value stays.`,
  },
};

const THRESHOLD_STYLE = `
  .controls { gap: 6px 12px; }
  .controls input[type="range"] { flex-basis: 5rem; min-width: 5rem; }
  .controls .field { width: 4.5rem; }
  .prices { gap: 6px 14px; margin-top: 6px; }
  .prices label { align-items: center; display: flex; gap: 6px; }
  .prices .field { width: 4.5rem; }
  .verdict { font-weight: 600; margin: 8px 0; min-height: 3em; }
  .counts { align-items: start; display: grid; gap: 8px 18px; }
  table {
    border-collapse: collapse; font-size: 0.87rem; table-layout: fixed; width: 100%;
  }
  th { color: var(--muted); font-weight: 400; padding: 2px 4px; text-align: start; }
  thead th, td { width: 39%; }
  td {
    background: var(--paper); border: 1px solid var(--rule); padding: 3px 6px;
    vertical-align: top;
  }
  td:empty { background: none; border: 0; width: 22%; }
  td .number { display: block; font-size: 1.15rem; font-weight: 600; }
  td.TP, .bar.TP { --own: var(--orange); --share: 1; }
  td.FN, .bar.FN { --own: var(--orange); --share: 0.5; }
  td.FP, .bar.FP { --own: var(--blue); --share: 1; }
  td.TN, .bar.TN { --own: var(--blue); --share: 0.5; }
  td i {
    background: var(--own); border-radius: 2px; display: inline-block; height: 10px;
    margin-inline-end: 5px; opacity: var(--share); width: 10px;
  }
  .bar { fill: var(--own); fill-opacity: var(--share); }
  .facts > div {
    border-bottom: 1px solid var(--rule); column-gap: 8px; display: flex;
    flex-wrap: wrap; justify-content: space-between; padding: 3px 0;
  }
  .facts > div > :last-child { margin-inline-start: auto; text-align: end; }
  .facts b { font-weight: 600; }
  .facts .sum { font-variant-numeric: tabular-nums; }
  .plots { display: grid; gap: 6px 14px; margin-top: 10px; }
  .plots > div { display: grid; gap: 6px; min-width: 0; }
  .curve, .chance { fill: none; stroke: var(--muted); stroke-width: 2; }
  .chance { stroke-dasharray: 4 4; stroke-width: 1; }
  .threshold { stroke: var(--ink); stroke-width: 2; }
  .middle { stroke: var(--muted); }
  .now { fill: var(--ink); stroke: var(--paper); stroke-width: 2; }
  .least { fill: var(--green); stroke: var(--paper); stroke-width: 1.5; }
  .cheapest { margin: 4px 0 0; }
  @container (min-width: 560px) {
    .verdict { min-height: 1.5em; }
    .counts { grid-template-columns: 1fr 1fr; }
    .plots { align-items: start; grid-template-columns: 1.15fr 1fr; }
  }
`;

// At each threshold, how many cases have a probability that reaches it.
function countFromAbove(cases) {
  const counts = [...cases];
  for (let step = counts.length - 2; step >= 0; step--)
    counts[step] += counts[step + 1];
  return counts;
}

// Between two probabilities every threshold costs the same. Of the thresholds that cost
// least take the middle of the longest such stretch: small changes do least there.
// Equal costs may differ by rounding: 3 × 0.1 is more than 0.3.
function cheapestStep(costs) {
  const least = Math.min(...costs) * (1 + 1e-12);
  let [best, longest, length] = [0, 0, 0];
  costs.forEach((cost, step) => {
    length = cost <= least ? length + 1 : 0;
    if (length > longest) [longest, best] = [length, step - Math.floor(length / 2)];
  });
  return best;
}

// 1,234 and 0.5: in full, since the numbers around have to add up.
const grouped = (value) => value.toLocaleString("en", { maximumFractionDigits: 6 });

const percent = (share) => `${Number((100 * share).toPrecision(1))}\u00a0%`;

explorable("threshold", {
  words: THRESHOLD_WORDS,
  style: THRESHOLD_STYLE,
  build({ data, word }) {
    const last = data.positives.length - 1;
    const hits = countFromAbove(data.positives); // at each threshold: TP
    const alarms = countFromAbove(data.negatives); // FP
    const [positives, negatives] = [hits[0], alarms[0]];
    const misses = hits.map((count) => positives - count);
    const state = {
      step: last / 2,
      costs: { ...data.costs },
      refused: null, // which field holds no number, and the most that it may hold
    };
    const thresholdAt = (step) => fixed(step / last, 3);
    const costsAtAll = () =>
      hits.map(
        (_, step) => misses[step] * state.costs.miss + alarms[step] * state.costs.alarm,
      );

    const change = (changes) => {
      Object.assign(state, { refused: null }, changes);
      render();
    };
    const goTo = (step) => {
      change({ step: Math.round(inside(step, 0, last)) });
      showNumbers();
    };

    /* --- what the reader sets --- */

    const fields = {};
    const field = (name, label, high, take) =>
      (fields[name] = make("input", {
        class: `field number ${name}`,
        autocomplete: "off",
        label,
        on: {
          input: () => {
            const value = parseNumber(fields[name].value);
            if (value !== null && value >= 0 && value <= high) return take(value);
            // As it can be typed: in 10,000 the comma would be a decimal one.
            change({ refused: { name, high } });
          },
          change: () => {
            change({});
            showNumbers();
          },
        },
      }));
    const costField = (name) =>
      make(
        "label",
        {},
        make("span", { say: name }),
        field(name, name, LARGEST_COST, (cost) =>
          change({ costs: { ...state.costs, [name]: cost } }),
        ),
      );
    const slider = make("input", {
      type: "range",
      min: 0,
      max: last,
      label: "threshold",
      on: { input: () => goTo(Number(slider.value)) },
    });
    const showNumbers = () => {
      fields.at.value = thresholdAt(state.step);
      for (const name of ["miss", "alarm"])
        fields[name].value = significant(state.costs[name], 6);
    };
    const refusal = make("p", { class: "refusal", role: "status" });
    const verdict = make("p", { class: "verdict", role: "status" });
    const goToCheapest = make("button", {
      type: "button",
      class: "go",
      say: "goToCheapest",
      on: { click: () => goTo(cheapestStep(costsAtAll())) },
    });
    const controls = [
      make(
        "div",
        { class: "row controls" },
        make("span", { say: "threshold" }),
        slider,
        field("at", "thresholdField", 1, (threshold) =>
          change({ step: Math.round(threshold * last) }),
        ),
      ),
      make(
        "div",
        { class: "row prices" },
        costField("miss"),
        costField("alarm"),
        goToCheapest,
      ),
      refusal,
      verdict,
    ];

    /* --- numbers --- */

    const counts = Object.fromEntries(
      ["TP", "FN", "FP", "TN"].map((name) => [
        name,
        make("span", { class: `number ${name}` }),
      ]),
    );
    const cell = (name) =>
      make("td", { class: name }, make("i"), make("span", { say: name }), counts[name]);
    const heading = (say, scope) => make("th", { say, scope });
    const matrix = make(
      "table",
      { label: "matrix" },
      make(
        "thead",
        {},
        make(
          "tr",
          {},
          make("td"),
          heading("calledPositive", "col"),
          heading("calledNegative", "col"),
        ),
      ),
      make(
        "tbody",
        {},
        make("tr", {}, heading("isPositive", "row"), cell("TP"), cell("FN")),
        make("tr", {}, heading("isNegative", "row"), cell("FP"), cell("TN")),
      ),
    );
    // How a number comes about, then the number.
    const facts = Object.fromEntries(
      ["sensitivity", "specificity", "precision", "total"].map((name) => [
        name,
        [make("span", { class: "sum muted" }), make("b", { class: `number ${name}` })],
      ]),
    );
    const show = (name, sum, value, text) => {
      const [before, number] = facts[name];
      before.textContent = `${sum} = `;
      put(number, value, text);
    };

    /* --- pictures --- */

    const scores = plot(380, 206);
    const roc = plot(340, 330);
    const costs = plot(380, 150);
    const line = steer(
      make(
        "div",
        {
          class: "line",
          role: "slider",
          label: "moveLine",
          "aria-valuemin": 0,
          "aria-valuemax": 1,
        },
        scores.svg,
      ),
      {
        point: (fraction) => {
          const { left, right } = scores.box;
          goTo((last * (fraction * scores.width - left)) / (right - left));
        },
        nudge: (dx, dy) => goTo(state.step + (last / 100) * (dx - dy)),
        sideways: true,
      },
    );
    const figure = (say, node, ...more) =>
      make(
        "figure",
        { class: say },
        make("figcaption", { class: "muted", say }),
        node,
        ...more,
      );
    const fifths = [0, 0.2, 0.4, 0.6, 0.8, 1].map((value) => [value, String(value)]);
    const upright = ({ top, bottom }, x) =>
      make("svg:line", { class: "threshold", x1: x, x2: x, y1: top, y2: bottom });
    const spot = (x, y) => make("svg:circle", { class: "now", cx: x, cy: y, r: 7 });
    const diamond = (x, y) =>
      make("svg:path", { class: "least", d: `M${x} ${y - 9} l9 9 l-9 9 l-9 -9 z` });

    const bars = [data.positives, data.negatives].map((cases, index) => {
      const shares = Array(Math.ceil(last / BIN)).fill(0);
      // Who has probability 1 belongs into the last bar.
      cases.forEach((count, step) => {
        const bar = Math.min(Math.floor(step / BIN), shares.length - 1);
        shares[bar] += count / [positives, negatives][index];
      });
      return shares.map(Math.sqrt);
    });
    const tallest = Math.max(...bars.flat());

    function drawScores() {
      const line = state.step / last;
      const most = [1, 0.5, 0.2, 0.1, 0.05, 0.02].find(
        (share) => share <= tallest ** 2,
      );
      const heights = [most, most / 10].map((share) => [
        Math.sqrt(share),
        percent(share),
      ]);
      scores.draw({
        xs: [0, 1],
        ys: [-tallest, tallest],
        xTicks: fifths,
        yTicks: [...heights, [0, "0"], ...heights.map(([at, text]) => [-at, text])],
        content: (x, y) => {
          const box = (name, from, to, height) =>
            make("svg:rect", {
              class: `bar ${name}`,
              x: x(from),
              width: x(to) - x(from),
              y: y(Math.max(height, 0)),
              height: Math.abs(y(height) - y(0)),
            });
          // The line cuts the bar that it stands in.
          const both = (names, height, index) => {
            const [from, to] = [index, index + 1].map((edge) => (edge * BIN) / last);
            const cut = inside(line, from, to);
            return [box(names[0], from, cut, height), box(names[1], cut, to, height)];
          };
          return {
            drawn: [
              ...bars[0].flatMap((height, index) => both(["FN", "TP"], height, index)),
              ...bars[1].flatMap((height, index) => both(["TN", "FP"], -height, index)),
              make("svg:line", {
                class: "middle",
                x1: x(0),
                x2: x(1),
                y1: y(0),
                y2: y(0),
              }),
              upright(scores.box, x(line)),
            ],
          };
        },
      });
    }

    function drawRoc(cheapest) {
      const place = (step) => [alarms[step] / negatives, hits[step] / positives];
      roc.draw({
        xs: [0, 1],
        ys: [0, 1],
        xTicks: fifths,
        yTicks: fifths,
        content: (x, y) => {
          const at = (step) => [x(place(step)[0]), y(place(step)[1])];
          return {
            drawn: [
              polyline(
                "chance",
                [0, 1].map((value) => [x(value), y(value)]),
              ),
              polyline(
                "curve",
                hits.map((_, step) => at(step)),
              ),
            ],
            written: [diamond(...at(cheapest)), spot(...at(state.step))],
          };
        },
      });
    }

    function drawCosts(all, cheapest) {
      const highest = Math.max(...all) || 1;
      costs.draw({
        xs: [0, 1],
        ys: [0, highest],
        xTicks: fifths,
        yTicks: ticks(0, highest, 3),
        content: (x, y) => {
          const at = (step) => [x(step / last), y(all[step])];
          return {
            drawn: [
              polyline(
                "curve",
                all.map((_, step) => at(step)),
              ),
              upright(costs.box, x(state.step / last)),
            ],
            written: [diamond(...at(cheapest)), spot(...at(state.step))],
          };
        },
      });
    }
    const advice = make("p", { class: "cheapest muted" });

    function render() {
      const { step, refused } = state;
      const all = costsAtAll();
      const cheapest = cheapestStep(all);
      const [TP, FN, FP] = [hits[step], misses[step], alarms[step]];
      const TN = negatives - FP;
      for (const [name, count] of Object.entries({ TP, FN, FP, TN }))
        put(counts[name], count, grouped(count));
      for (const [name, part, rest] of [
        ["sensitivity", TP, FN],
        ["specificity", TN, FP],
        ["precision", TP, FP],
      ]) {
        const share = part / (part + rest); // 0 / 0 if nobody is called positive
        const sum = `${grouped(part)} / (${grouped(part)} + ${grouped(rest)})`;
        show(name, sum, share, Number.isNaN(share) ? "—" : fixed(share, 3));
      }
      const { miss, alarm } = state.costs;
      show(
        "total",
        `${grouped(miss)} × ${grouped(FN)} + ${grouped(alarm)} × ${grouped(FP)}`,
        all[step],
        grouped(all[step]),
      );
      drawScores();
      drawRoc(cheapest);
      drawCosts(all, cheapest);

      const threshold = thresholdAt(step);
      put(
        advice,
        cheapest / last,
        word("cheapest")(thresholdAt(cheapest), grouped(all[cheapest])),
      );
      slider.value = step;
      for (const node of [slider, line]) node.setAttribute("aria-valuetext", threshold);
      line.setAttribute("aria-valuenow", step / last);
      for (const [name, value] of Object.entries({ at: step / last, ...state.costs })) {
        fields[name].dataset.value = value;
        fields[name].setAttribute("aria-invalid", String(name === refused?.name));
      }
      tell(refusal, refused ? word("refused")(refused.high) : "");
      tell(
        verdict,
        word("verdict")(threshold, grouped(FN), grouped(FP), grouped(all[step])),
      );
    }

    showNumbers();
    return {
      nodes: [
        ...controls,
        make(
          "div",
          { class: "counts" },
          matrix,
          make(
            "div",
            { class: "facts" },
            ...Object.entries(facts).map(([name, nodes]) =>
              make("div", {}, make("span", { say: name }), make("span", {}, ...nodes)),
            ),
          ),
        ),
        make(
          "div",
          { class: "plots" },
          make(
            "div",
            {},
            figure("scores", line, make("div", { class: "muted", say: "scale" })),
            figure("costs", costs.svg),
          ),
          make("div", {}, figure("roc", roc.svg), advice),
        ),
      ],
      render,
    };
  },
});
