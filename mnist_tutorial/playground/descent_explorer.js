/* Gradient descent on the one weight of ŷ = w·x, with the mean squared error as loss.

   The verdict is read off the steps that were taken, as a reader would do it: for this
   loss a gradient is proportional to the distance from the bottom. Which learning rates
   converge is for the reader to find out: nothing here tells. */

const MOST_STEPS = 1000;
const RUN_STEPS = 100;
const STEP_MS = 80;
const SLIDER_STEPS = 1000;

const DESCENT_WORDS = {
  zh: {
    title: "动手：一个权重的梯度下降",
    otherLanguage: "English",
    rate: "学习率 η",
    rateField: "学习率 η，输入数值",
    step: "走一步",
    run: `▶ 走 ${RUN_STEPS} 步`,
    pause: "■ 停下",
    reset: "回到起点",
    parabola: "损失随 w 的变化：拖动小球选起点",
    moveBall: "起点 w",
    losses: "每一步的损失（对数轴）",
    line: "数据点和直线 ŷ = w·x",
    steps: "步数",
    weight: "w",
    loss: "损失",
    gradient: "梯度",
    next: "下一步",
    outside: "在图外：w =",
    refused: (low, high) => `学习率要填 ${low} 到 ${high} 之间的数。先保留原来的值。`,
    ready: "先猜一猜：用这个学习率，小球会怎样走？",
    arrived: "到底了：梯度几乎是 0。",
    creeping: "在爬：方向对，但每步只走一点点。",
    converging: "在收敛：每一步都离最低点更近。",
    oscillating: "左右摆动，但在收敛。",
    neither: "左右跳，既不更近，也不更远。",
    diverging: "在发散：每一步都离最低点更远。",
    overflow: "溢出：损失大得存不下，停在这里。",
    limit: `走了 ${MOST_STEPS} 步，够了。回到起点再试。`,
  },
  en: {
    title: "Try it: gradient descent on one weight",
    otherLanguage: "中文",
    rate: "Learning rate η",
    rateField: "Learning rate η, as a number",
    step: "Step",
    run: `▶ ${RUN_STEPS} steps`,
    pause: "■ Stop",
    reset: "Back to start",
    parabola: "Loss as a function of w: drag the ball to a start",
    moveBall: "Starting w",
    losses: "Loss at each step (log axis)",
    line: "Data points and the line ŷ = w·x",
    steps: "steps",
    weight: "w",
    loss: "loss",
    gradient: "gradient",
    next: "Next step",
    outside: "out of the picture: w =",
    refused: (low, high) =>
      `The learning rate must be a number from ${low} to ${high}. The last value stays.`,
    ready: "Guess first: how will the ball move with this learning rate?",
    arrived: "At the bottom: the gradient is almost 0.",
    creeping: "Creeping: the right way, but only a little at each step.",
    converging: "Converging: each step ends nearer to the bottom.",
    oscillating: "Swinging from side to side, but converging.",
    neither: "Jumping from side to side, neither nearer nor farther.",
    diverging: "Diverging: each step ends farther from the bottom.",
    overflow: "Overflow: the loss is too large to store, so it stops here.",
    limit: `${MOST_STEPS} steps are enough. Go back to the start and try again.`,
  },
};

const DESCENT_STYLE = `
  .controls { gap: 6px 12px; margin-bottom: 8px; }
  .plots { display: grid; gap: 6px 14px; margin: 8px 0; }
  svg .outside { paint-order: stroke; stroke: var(--paper); stroke-width: 4; }
  .curve { fill: none; stroke: var(--muted); stroke-width: 2; }
  .trail { fill: none; stroke: var(--blue); stroke-opacity: 0.6; stroke-width: 1.5; }
  .dot { fill: var(--blue); }
  .ball { fill: var(--orange); stroke: var(--paper); stroke-width: 2; }
  .tangent, .fit { stroke: var(--orange); stroke-width: 2.5; }
  .facts { display: grid; gap: 2px 12px; grid-template-columns: repeat(4, 1fr); }
  .facts .number { font-size: 1.05rem; font-weight: 600; }
  .formula {
    background: var(--paper); border: 1px solid var(--rule); border-radius: 6px;
    margin-top: 8px; padding: 6px 10px;
  }
  .verdict { font-weight: 600; margin: 8px 0 0; min-height: 3em; }
  .verdict:is([data-verdict="diverging"], [data-verdict="overflow"]) {
    color: var(--warning);
  }
  @container (max-width: 480px) { .facts { grid-template-columns: 1fr 1fr; } }
  @container (min-width: 560px) {
    .plots { grid-template-columns: 1.2fr 1fr; }
    .parabola { grid-row: span 2; }
    .verdict { min-height: 1.5em; }
  }
`;

const dot = ([cx, cy]) => make("svg:circle", { class: "dot", cx, cy, r: 3.5 });

/* --- the explorable ----------------------------------------------------------- */

explorable("descent", {
  words: DESCENT_WORDS,
  style: DESCENT_STYLE,
  build({ data: { x, y }, word }) {
    const mean = (term) =>
      x.reduce((sum, value, index) => sum + term(value, y[index]), 0) / x.length;
    const lossAt = (w) => mean((x, y) => (w * x - y) ** 2);
    const gradientAt = (w) => mean((x, y) => 2 * (w * x - y) * x);
    const at = (w) => ({ w, loss: lossAt(w), gradient: gradientAt(w) });

    // Picture and slider are laid out around the bottom and how steep the sides are.
    const steepness = 2 * mean((x) => x * x);
    const bottom = mean((x, y) => x * y) / (steepness / 2);
    const half = 1.6 * Math.abs(bottom) || 1;
    const range = [bottom - half, bottom + half];
    const lowestRate = 10 ** Math.floor(Math.log10(0.002 / steepness));
    const highestRate = roundUp(5 / steepness);
    const decades = Math.log10(highestRate / lowestRate);
    const rateAt = (position) =>
      Number((lowestRate * 10 ** ((decades * position) / SLIDER_STEPS)).toPrecision(3));
    const positionOf = (rate) =>
      (SLIDER_STEPS * Math.log10(rate / lowestRate)) / decades;

    const state = {
      rate: rateAt(0.4 * SLIDER_STEPS),
      path: [at(bottom === 0 ? -0.8 * half : 0)],
      since: 0, // index in the path at which the rate was last changed
      timer: null,
      isRefused: false,
    };
    const now = () => state.path.at(-1);
    const isOver = () => !Number.isFinite(now().loss) || state.path.length > MOST_STEPS;
    const takeStep = () => state.path.push(at(now().w - state.rate * now().gradient));
    const stop = () => {
      clearInterval(state.timer);
      state.timer = null;
    };
    const startAt = (w) => {
      stop();
      Object.assign(state, { path: [at(w)], since: 0 });
      render();
    };
    const setRate = (rate) => {
      Object.assign(state, { rate, since: state.path.length - 1, isRefused: false });
      render();
    };

    function verdict() {
      const { loss, gradient } = now();
      const steps = state.path.length - 1 - state.since;
      if (!Number.isFinite(loss)) return "overflow";
      if (state.path.length > MOST_STEPS) return "limit";
      if (Math.abs(gradient) <= 1e-9 * Math.abs(gradientAt(range[0]))) return "arrived";
      if (steps === 0) return "ready";
      const left = Math.abs(gradient / state.path[state.since].gradient);
      const leftByStep = left ** (1 / steps);
      const hasCrossed = gradient * state.path.at(-2).gradient < 0;
      if (left > 1.02) return "diverging";
      if (hasCrossed && left > 0.98) return "neither";
      if (hasCrossed && leftByStep > 0.05) return "oscillating";
      return leftByStep > 0.9 ? "creeping" : "converging";
    }

    const run = () => {
      if (state.timer !== null) {
        stop();
        return render();
      }
      let left = RUN_STEPS;
      const isDone = () => left === 0 || isOver() || verdict() === "arrived";
      const go = () => {
        left -= 1;
        takeStep();
      };
      if (prefersStillness()) while (!isDone()) go();
      else if (!isDone())
        state.timer = setInterval(() => {
          go();
          if (isDone() || !plane.svg.isConnected) stop();
          render();
        }, STEP_MS);
      render();
    };

    const slider = make("input", {
      type: "range",
      min: 0,
      max: SLIDER_STEPS,
      label: "rate",
      on: {
        input: () => {
          setRate(rateAt(Number(slider.value)));
          showRate();
        },
      },
    });
    const field = make("input", {
      class: "field rate number",
      autocomplete: "off",
      label: "rateField",
      on: {
        input: () => {
          const rate = parseNumber(field.value);
          if (rate >= lowestRate && rate <= highestRate) return setRate(rate);
          state.isRefused = true;
          render();
        },
        change: () => showRate(),
      },
    });
    const showRate = () => {
      field.value = significant(state.rate, 6);
    };
    const refusal = make("p", { class: "refusal", role: "status" });

    const button = (say, click) =>
      make("button", { type: "button", class: say, say, on: { click } });
    const buttons = {
      step: button("step", () => {
        stop();
        takeStep();
        render();
      }),
      run: button("run", run),
      reset: button("reset", () => startAt(state.path[0].w)),
    };
    const judgement = make("p", { class: "verdict", role: "status" });

    const plane = plot(380, 318);
    const history = plot(340, 150);
    const scatter = plot(340, 150);
    const ball = steer(
      make(
        "div",
        {
          class: "start",
          role: "slider",
          label: "moveBall",
          "aria-valuemin": range[0],
          "aria-valuemax": range[1],
        },
        plane.svg,
      ),
      {
        point: (fraction) => {
          const { left, right } = plane.box;
          const share = (fraction * plane.width - left) / (right - left);
          startAt(range[0] + inside(share, 0, 1) * 2 * half);
        },
        nudge: (dx, dy) =>
          startAt(inside(state.path[0].w + ((dx - dy) * half) / 50, ...range)),
        sideways: true,
      },
    );
    const figure = (say, node) =>
      make("figure", { class: say }, make("figcaption", { class: "muted", say }), node);
    const plots = make(
      "div",
      { class: "plots" },
      figure("parabola", ball),
      figure("losses", history.svg),
      figure("line", scatter.svg),
    );

    const number = (name) => make("span", { class: `number ${name}` });
    const facts = Object.fromEntries(
      ["steps", "weight", "loss", "gradient"].map((name) => [name, number(name)]),
    );
    const [from, rate, slope, result] = ["from", "rate-used", "slope", "next"].map(
      number,
    );
    const formula = make(
      "div",
      { class: "formula" },
      make("span", { class: "muted", say: "next" }),
      " ",
      make(
        "span",
        { class: "number" },
        "w ← w − η × ",
        make("span", { say: "gradient" }),
      ),
      " ",
      make("span", { class: "number" }, "= ", from, " − ", rate, " × ", slope),
      " ",
      make("span", { class: "number" }, "= ", result),
    );

    function drawPlane() {
      const [edge, least] = [lossAt(range[0]), lossAt(bottom)];
      const floor = Math.max(0, least - 0.15 * (edge - least));
      const top = edge + 0.02 * (edge - floor);
      const { w, loss, gradient } = now();
      plane.draw({
        xs: range,
        ys: [floor, top],
        xTicks: ticks(...range),
        yTicks: ticks(floor, top),
        content: (x, y) => {
          const spot = ({ w, loss }) => [x(w), y(loss)];
          const curve = Array.from({ length: 81 }, (_, index) =>
            at(range[0] + (index / 40) * half),
          );
          const drawn = [
            polyline("curve", curve.map(spot)),
            polyline("trail", state.path.map(spot)),
            ...state.path.slice(-200, -1).map(spot).map(dot),
          ];
          if (w >= range[0] && w <= range[1]) {
            const reach = 0.18 * half;
            const tangent = [-reach, reach].map((dw) =>
              spot({ w: w + dw, loss: loss + dw * gradient }),
            );
            const [cx, cy] = spot(now());
            return {
              drawn: [...drawn, polyline("tangent", tangent)],
              written: [make("svg:circle", { class: "ball", cx, cy, r: 9 })],
            };
          }
          const way = w > range[1] ? 1 : -1;
          const border = way > 0 ? plane.box.right : plane.box.left;
          const height = (plane.box.top + plane.box.bottom) / 2;
          return {
            drawn,
            written: [
              make("svg:path", {
                class: "ball outside",
                d: `M${border + 8 * way} ${height} l${-16 * way} -10 v20 z`,
              }),
              make(
                "svg:text",
                {
                  class: "outside",
                  x: (plane.box.left + plane.box.right) / 2,
                  y: height + 5,
                  "text-anchor": "middle",
                },
                `${word("outside")} ${significant(w)}`,
              ),
            ],
          };
        },
      });
    }

    function drawHistory() {
      // A loss may be 0 or infinite, which no log axis can show.
      const largest = Math.min(Math.max(...state.path.map(({ loss }) => loss)), 1e300);
      const logs = state.path.map(({ loss }) =>
        Math.log10(inside(loss, 1e-20 * largest || 1e-20, largest || 1)),
      );
      const low = Math.floor(Math.min(...logs));
      const high = Math.max(Math.ceil(Math.max(...logs)), low + 1);
      const last = Math.max(10, state.path.length - 1);
      const every = Math.ceil((high - low) / 4);
      const powers = Array.from(
        { length: Math.floor((high - low) / every) + 1 },
        (_, index) => low + index * every,
      );
      history.draw({
        xs: [0, last],
        ys: [low, high],
        xTicks: ticks(0, last),
        yTicks: powers.map((power) => [power, powerOfTen(power)]),
        content: (x, y) => {
          const spots = logs.map((log, step) => [x(step), y(log)]);
          return {
            drawn: [
              polyline("trail", spots),
              ...(spots.length > 60 ? spots.slice(-1) : spots).map(dot),
            ],
          };
        },
      });
    }

    function drawScatter() {
      const around = (values) => {
        const [low, high] = [Math.min(0, ...values), Math.max(0, ...values)];
        const margin = 0.08 * (high - low) || 1;
        return [low - margin, high + margin];
      };
      const [xs, ys] = [around(x), around(y)];
      const { w } = now();
      const ends = xs.map((value) => {
        const reached = inside(w * value, 2 * ys[0] - ys[1], 2 * ys[1] - ys[0]);
        return reached === w * value ? [value, reached] : [reached / w, reached];
      });
      scatter.draw({
        xs,
        ys,
        xTicks: ticks(...xs),
        yTicks: ticks(...ys, 3),
        content: (toX, toY) => ({
          drawn: [
            ...x.map((value, index) => dot([toX(value), toY(y[index])])),
            polyline(
              "fit",
              ends.map(([x, y]) => [toX(x), toY(y)]),
            ),
          ],
        }),
      });
    }

    function render() {
      const { w, loss, gradient } = now();
      drawPlane();
      drawHistory();
      drawScatter();
      const steps = state.path.length - 1;
      put(facts.steps, steps, String(steps));
      for (const [node, value] of [
        [facts.weight, w],
        [facts.loss, loss],
        [facts.gradient, gradient],
        [from, w],
        [rate, state.rate],
        [result, w - state.rate * gradient],
      ])
        put(node, value, significant(value));
      put(
        slope,
        gradient,
        gradient < 0 ? `(${significant(gradient)})` : significant(gradient),
      );
      ball.setAttribute("aria-valuenow", state.path[0].w);
      ball.setAttribute("aria-valuetext", significant(state.path[0].w));

      slider.value = positionOf(state.rate);
      slider.setAttribute("aria-valuetext", significant(state.rate));
      field.dataset.value = state.rate;
      field.setAttribute("aria-invalid", String(state.isRefused));
      const limits = [significant(lowestRate), significant(highestRate)];
      tell(refusal, state.isRefused ? word("refused")(...limits) : "");
      buttons.run.textContent = word(state.timer === null ? "run" : "pause");
      buttons.step.disabled = buttons.run.disabled = isOver();
      judgement.dataset.verdict = verdict();
      tell(judgement, word(verdict()));
    }

    showRate();
    return {
      nodes: [
        make(
          "div",
          { class: "row controls" },
          make("span", { say: "rate" }),
          slider,
          field,
        ),
        refusal,
        make("div", { class: "row" }, ...Object.values(buttons)),
        judgement,
        plots,
        make(
          "div",
          { class: "facts" },
          ...Object.entries(facts).map(([name, node]) =>
            make("div", {}, make("div", { class: "muted", say: name }), node),
          ),
        ),
        formula,
      ],
      render,
    };
  },
});
