/* What the playground says. */

import { PAD_WORDS } from "./pad_words.js";
import { short } from "./sums.js";

export const words = {
  zh: {
    ...PAD_WORDS.zh,
    title: "动手：写一个数字，看网络怎样读",
    model: (name) => `网络：${name}`,
    stepCut: "1. 裁出数字",
    stepBox: "2. 缩到 20×20",
    coverArea: "28×28 的输入。点按或用方向键遮住一块",
    coverHint: "3. 按质心放进 28×28。按住图，遮住一块，看答案怎样变。",
    uncover: "拿开",
    probabilities: "十个概率",
    verdict: (digit, percent, isCovered) =>
      `${isCovered ? "遮住以后，" : ""}网络读作 ${digit}，概率 ${percent}。`,
    layers: "选一层、一张特征图，再点一个数，看它从哪来",
    maps: "这一层的特征图，用方向键选",
    map: "一张特征图，用方向键选一个数",
    pixels: "像素",
    values: "上一层的值",
    weights: "权重",
    products: "乘积",
    value: "这个数",
    sumOf({ isSmall, channel, channels, cells, rest, shown, others, bias, sum }) {
      let own = isSmall ? "这些乘积" : `影响最大的 ${cells.length} 项`;
      if (isSmall && channels > 1)
        own = `第 ${channel + 1} 个输入通道（共 ${channels} 个，它的影响最大）`;
      const more = rest ? `，其余 ${rest} 项 ${short(others)}` : "";
      return `${own}之和 ${short(shown)}${more}，偏置 ${short(bias)}，合计 ${short(sum)}`;
    },
    noEngine: (message) => `网络没能运行起来：${message}`,
  },
  en: {
    ...PAD_WORDS.en,
    title: "Try it: write a digit and see how the network reads it",
    model: (name) => `Network: ${name}`,
    stepCut: "1. cut out",
    stepBox: "2. scaled to 20×20",
    coverArea: "The input, 28×28. Press or use arrow keys to cover a part",
    coverHint:
      "3. centred by mass in 28×28. Press to cover a part: the answer changes.",
    uncover: "Uncover",
    probabilities: "Ten probabilities",
    verdict: (digit, percent, isCovered) =>
      `${isCovered ? "With a part covered, it" : "The network"} reads ${digit}, with probability ${percent}.`,
    layers: "Choose a layer, a feature map, and a number: see where it comes from",
    maps: "Feature maps of the layer, arrow keys choose",
    map: "One feature map, arrow keys choose a number",
    pixels: "pixels",
    values: "values before",
    weights: "weights",
    products: "products",
    value: "this number",
    sumOf({ isSmall, channel, channels, cells, rest, shown, others, bias, sum }) {
      let own = isSmall ? "These products" : `The ${cells.length} that count most`;
      if (isSmall && channels > 1)
        own = `Products of input channel ${channel + 1} of ${channels}, which counts most,`;
      const more = rest ? `, the other ${rest} products ${short(others)}` : "";
      return `${own} add up to ${short(shown)}${more}, bias ${short(bias)}, together ${short(sum)}`;
    },
    noEngine: (message) => `The network could not be started: ${message}`,
  },
};
