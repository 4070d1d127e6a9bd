/* Slide a 3x3 kernel over a digit: cross-correlation, stride 1, no padding, which is
   what keras.layers.Conv2D computes for one channel. */

const SIZE = 28;
const OUT = SIZE - 2;
const LARGEST_WEIGHT = 99;
const SCAN_MS = 9; // for one place, when the window slides by itself

const PRESETS = {
  vertical: [-1, 0, 1, -1, 0, 1, -1, 0, 1],
  horizontal: [-1, -1, -1, 0, 0, 0, 1, 1, 1],
  outline: [-1, -1, -1, -1, 8, -1, -1, -1, -1],
  sharpen: [0, -1, 0, -1, 5, -1, 0, -1, 0],
  blur: Array(9).fill(1 / 9),
  identity: [0, 0, 0, 0, 1, 0, 0, 0, 0],
};

const KERNEL_WORDS = {
  zh: {
    title: "动手：一个 3×3 的卷积核",
    otherLanguage: "English",
    digits: "选一个数字",
    digit: (number) => `第 ${number} 张图片`,
    scan: "▶ 滑一遍",
    stop: "■ 停下",
    input: "输入 28×28：拖动绿框",
    output: "输出 26×26：点一个值",
    moveInput: "输入图像上的窗口，用方向键移动",
    moveOutput: "输出中的当前值，用方向键移动",
    kernels: "选一个卷积核",
    vertical: "竖边",
    horizontal: "横边",
    outline: "轮廓",
    sharpen: "锐化",
    blur: "模糊",
    identity: "原样",
    pixels: "绿框里的像素",
    weights: "权重（可以改）",
    weight: "权重",
    products: "乘积",
    sum: "九个乘积之和",
    rounded: "显示的数四舍五入过，计算用的是原来的数。",
    refused: `这里要填 −${LARGEST_WEIGHT} 到 ${LARGEST_WEIGHT} 之间的数，例如 0.5、−1 或 1/9。先保留原来的值。`,
  },
  en: {
    title: "Try it: one 3×3 kernel",
    otherLanguage: "中文",
    digits: "Choose a digit",
    digit: (number) => `image ${number}`,
    scan: "▶ slide over all",
    stop: "■ stop",
    input: "Input 28×28: drag the frame",
    output: "Output 26×26: tap a value",
    moveInput: "Window on the input image, arrow keys move it",
    moveOutput: "Current value of the output, arrow keys move it",
    kernels: "Choose a kernel",
    vertical: "vertical edges",
    horizontal: "horizontal edges",
    outline: "outline",
    sharpen: "sharpen",
    blur: "blur",
    identity: "identity",
    pixels: "pixels in the frame",
    weights: "weights (edit them)",
    weight: "weight",
    products: "products",
    sum: "sum of the products",
    rounded: "Numbers are rounded for display; the sum is made from the full ones.",
    refused: `A number from −${LARGEST_WEIGHT} to ${LARGEST_WEIGHT} is needed here, such as 0.5, −1 or 1/9. The last value stays.`,
  },
};

const KERNEL_STYLE = `
  .top { display: flex; flex-wrap: wrap; gap: 6px; justify-content: space-between; }
  .digits button { background: var(--white); padding: 3px; }
  .digits canvas { display: block; height: 30px; width: 30px; }
  .scan { flex: none; }
  @media (prefers-reduced-motion: reduce) { .scan { display: none; } }
  .pictures {
    display: grid; gap: 12px; grid-template-columns: 1fr 1fr; margin: 8px 0 12px;
  }
  .area { position: relative; }
  .area canvas {
    border: 1px solid var(--rule); display: block; image-rendering: pixelated;
    width: 100%;
  }
  .frame {
    border: 2px solid var(--mark); outline: 1px solid var(--white);
    pointer-events: none; position: absolute;
  }
  .output .frame { margin: -3px; padding: 3px; }
  .scale {
    border: 1px solid var(--rule); height: 12px; margin-top: 10px; position: relative;
  }
  .input .scale { background: linear-gradient(to right, var(--white), var(--black)); }
  .output .scale {
    background: linear-gradient(to right, var(--minus), var(--white), var(--plus));
  }
  .scale i {
    background: var(--mark); height: 18px; margin-left: -2px;
    outline: 1px solid var(--white); position: absolute; top: -4px; width: 4px;
  }
  .ends { display: flex; justify-content: space-between; }
  .sums, .group { align-items: center; display: flex; gap: 8px; }
  .sums { flex-wrap: wrap; gap: 12px 8px; justify-content: center; margin-top: 14px; }
  .group { align-items: start; }
  .nine { display: grid; gap: 2px; grid-template-columns: repeat(3, 42px); }
  .nine > * {
    border: 1px solid var(--rule); border-radius: 4px; font-size: 0.87rem; height: 36px;
    line-height: 34px; padding: 0; text-align: center; width: 42px;
  }
  .nine input[aria-invalid="true"] { border-color: var(--black); }
  .block { text-align: center; }
  .sign { font-size: 1.3rem; line-height: 112px; }
  .total {
    border: 2px solid var(--green); border-radius: 8px; font-size: 1.35rem;
    font-weight: 600; margin: 2px auto 0; padding: 6px; width: 6.2rem;
  }
  .place { font-variant-numeric: tabular-nums; margin-top: 6px; }
  .rounded { margin: 8px 0 0; text-align: center; }
  @container (max-width: 300px) {
    .nine { grid-template-columns: repeat(3, 36px); }
    .nine > * { font-size: 0.8rem; width: 36px; }
    .group { gap: 5px; }
  }
`;

function windowAt(image, row, column) {
  return Array.from(
    { length: 9 },
    (_, index) => image[(row + Math.floor(index / 3)) * SIZE + column + (index % 3)],
  );
}

function correlate(image, kernel) {
  return Float64Array.from({ length: OUT * OUT }, (_, place) =>
    windowAt(image, Math.floor(place / OUT), place % OUT).reduce(
      (sum, pixel, index) => sum + pixel * kernel[index],
      0,
    ),
  );
}

// Paints only if what the picture depends on has changed: this is the slow part.
function paint(canvas, values, toRgb, dependsOn) {
  if (canvas.dataset.shows === String(dependsOn)) return;
  canvas.dataset.shows = dependsOn;
  const side = Math.sqrt(values.length);
  canvas.width = canvas.height = side;
  const context = canvas.getContext("2d");
  const picture = context.createImageData(side, side);
  values.forEach((value, index) =>
    picture.data.set([...toRgb(value, index), 255], 4 * index),
  );
  context.putImageData(picture, 0, 0);
}

// Nine numbers in little room: −0.33, 12.5.
const short = (value) => fixed(value, Math.abs(value) < 9.995 ? 2 : 1);
const magnitude = (values) =>
  values.reduce((most, value) => Math.max(most, Math.abs(value)), 0) || 1;

explorable("kernel", {
  words: KERNEL_WORDS,
  style: KERNEL_STYLE,
  build({ data, word, colour }) {
    const images = data.images.map((text) =>
      Float64Array.from(atob(text), (character) => character.charCodeAt(0) / 255),
    );
    const state = {
      digit: 0,
      kernel: [...PRESETS.vertical],
      place: 0, // of the window's first pixel in the output, row by row
      scanFrom: null, // when the window began to slide by itself
      refused: null, // the weight whose text is no number
    };
    // Begin where there is something to see.
    const first = correlate(images[0], state.kernel);
    state.place = first.indexOf(Math.max(...first));

    const nine = (build) => Array.from({ length: 9 }, (_, index) => build(index));
    const change = (changes) => {
      Object.assign(state, changes);
      render();
    };

    const thumbnails = images.map(() => make("canvas"));
    const digitButtons = thumbnails.map((canvas) => make("button", {}, canvas));
    const digits = choice("digits", digitButtons, (digit) => change({ digit }));
    digits.node.classList.add("digits");

    const moveTo = (row, column) => {
      const inside = (value) => Math.min(Math.max(value, 0), OUT - 1);
      change({ place: inside(row) * OUT + inside(column), scanFrom: null });
    };
    const here = () => [Math.floor(state.place / OUT), state.place % OUT];

    const scan = make("button", {
      type: "button",
      class: "scan",
      on: {
        click: () => {
          change({ scanFrom: state.scanFrom === null ? performance.now() : null });
          requestAnimationFrame(slide);
        },
      },
    });
    const slide = (now) => {
      if (state.scanFrom === null || !scan.isConnected) return;
      const place = Math.max(0, Math.floor((now - state.scanFrom) / SCAN_MS));
      if (place >= OUT * OUT) return change({ place: OUT * OUT - 1, scanFrom: null });
      change({ place });
      requestAnimationFrame(slide);
    };

    // A reader points at one pixel: in the input at the middle of the window.
    const picture = (name, label, side, middle, scale, ends) => {
      const canvas = make("canvas", { "aria-hidden": "true" });
      const frame = make("div", { class: "frame" });
      const area = steer(
        make("div", { class: "area", role: "application", label }, canvas, frame),
        {
          point: (x, y) =>
            moveTo(Math.floor(y * side) - middle, Math.floor(x * side) - middle),
          nudge: (dx, dy) => moveTo(here()[0] + dy, here()[1] + dx),
        },
      );
      const node = make(
        "div",
        { class: name },
        make("div", { class: "muted", say: name }),
        area,
        make("div", { class: "scale" }, ...scale),
        make("div", { class: "ends muted" }, ...ends),
      );
      return { node, canvas, frame, side };
    };
    const [low, high] = [0, 1].map(() => make("span", { class: "number" }));
    const needle = make("i");
    const input = picture(
      "input",
      "moveInput",
      SIZE,
      1,
      [],
      [make("span", {}, "0"), make("span", {}, "1")],
    );
    const output = picture(
      "output",
      "moveOutput",
      OUT,
      0,
      [needle],
      [low, make("span", {}, "0"), high],
    );

    const presetNames = Object.keys(PRESETS);
    const presets = choice(
      "kernels",
      presetNames.map((name) => make("button", { say: name })),
      (index) => {
        change({ kernel: [...PRESETS[presetNames[index]]], refused: null });
        showWeights();
      },
    );

    const pixels = nine(() => make("span", { class: "number pixel" }));
    const products = nine(() => make("span", { class: "number product" }));
    const weights = nine((index) =>
      make("input", {
        class: "number weight",
        autocomplete: "off",
        on: {
          focus: () => weights[index].select(),
          input: () => {
            const value = parseNumber(weights[index].value);
            if (value === null || Math.abs(value) > LARGEST_WEIGHT)
              return change({ refused: index });
            const kernel = state.kernel.map((weight, other) =>
              other === index ? value : weight,
            );
            change({ kernel, refused: null });
          },
          change: () => showWeights(),
        },
      }),
    );
    const showWeights = () =>
      weights.forEach((field, index) => {
        const digits = Math.abs(state.kernel[index]) < 10 ? 2 : 1;
        field.value = String(Number(state.kernel[index].toFixed(digits))).replace(
          "-",
          "−",
        );
      });
    const refusal = make("p", { class: "refusal", role: "status" });
    const total = make("div", { class: "total number sum" });
    const place = make("div", { class: "place muted" });
    const result = make(
      "div",
      { "aria-live": "polite", "aria-atomic": "true" },
      place,
      total,
    );

    const block = (say, cells) =>
      make(
        "div",
        { class: "block" },
        make("div", { class: "nine" }, ...cells),
        make("div", { class: "muted", say }),
      );
    const group = (...nodes) => make("div", { class: "group" }, ...nodes);
    const sign = (text) => make("span", { class: "sign", "aria-hidden": "true" }, text);
    const sums = make(
      "div",
      { class: "sums" },
      group(block("pixels", pixels), sign("×"), block("weights", weights)),
      group(
        sign("="),
        block("products", products),
        sign("→"),
        make(
          "div",
          { class: "block" },
          result,
          make("div", { class: "muted", say: "sum" }),
        ),
      ),
    );

    function render() {
      const { digit, kernel } = state;
      const [row, column] = here();
      const image = images[digit];
      const values = correlate(image, kernel);
      const largest = magnitude(values);
      const [white, black, minus, plus, empty] = [
        "--white",
        "--black",
        "--minus",
        "--plus",
        "--panel",
      ].map(colour);
      const gray = (value) => mix(white, black, value);
      const signed = (most) => (value) =>
        mix(white, value < 0 ? minus : plus, Math.abs(value) / most);

      digitButtons.forEach((button, index) => {
        button.setAttribute("aria-label", word("digit")(index + 1));
        paint(thumbnails[index], images[index], gray, []);
      });
      digits.select(digit);
      scan.textContent = word(state.scanFrom === null ? "scan" : "stop");

      paint(input.canvas, image, gray, [digit]);
      const known = state.scanFrom === null ? OUT * OUT : state.place + 1;
      paint(
        output.canvas,
        values,
        (value, index) =>
          index < known ? signed(largest)(value) : mix(empty, empty, 0),
        [digit, known, ...kernel],
      );
      for (const [{ frame, side }, cells] of [
        [input, 3],
        [output, 1],
      ]) {
        frame.style.left = `${(100 * column) / side}%`;
        frame.style.top = `${(100 * row) / side}%`;
        frame.style.width = frame.style.height = `${(100 * cells) / side}%`;
      }

      const patch = windowAt(image, row, column);
      const parts = patch.map((pixel, index) => pixel * kernel[index]);
      patch.forEach((pixel, index) => {
        put(pixels[index], pixel, short(pixel));
        tint(pixels[index], gray(pixel));
        put(products[index], parts[index], short(parts[index]));
        tint(products[index], signed(magnitude(parts))(parts[index]));
        weights[index].dataset.value = kernel[index];
        weights[index].setAttribute(
          "aria-label",
          `${word("weight")} [${Math.floor(index / 3)}, ${index % 3}]`,
        );
        weights[index].setAttribute("aria-invalid", String(index === state.refused));
        tint(weights[index], signed(magnitude(kernel))(kernel[index]));
      });
      tell(refusal, state.refused === null ? "" : word("refused"));
      presets.select(
        presetNames.findIndex((name) =>
          PRESETS[name].every((weight, index) => weight === kernel[index]),
        ),
      );

      const sum = values[state.place];
      put(low, -largest, fixed(-largest));
      put(high, largest, fixed(largest));
      needle.style.left = `${50 + (50 * sum) / largest}%`;
      put(total, sum, fixed(sum));
      tint(total, signed(largest)(sum));
      place.textContent = `output[${row}, ${column}] =`;
    }

    showWeights();
    return {
      nodes: [
        make("div", { class: "top" }, digits.node, scan),
        make("div", { class: "pictures" }, input.node, output.node),
        presets.node,
        sums,
        make("p", { class: "rounded muted", say: "rounded" }),
        refusal,
      ],
      render,
    };
  },
});
