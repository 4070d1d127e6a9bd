/* What the playground says. */

import { short } from "./sums.js";

export const words = {
  zh: {
    title: "动手：写一个数字，看网络怎样读",
    model: (name) => `网络：${name}`,
    padArea: "画板",
    keys: "方向键移动笔，空格键落笔、抬笔。",
    undo: "撤销",
    clear: "清空",
    picture: "图片或拍照…",
    brush: "笔的粗细",
    samples: "或选一个 MNIST 的数字",
    others: "换一批",
    sample: (digit) => `数字 ${digit}`,
    received: "网络收到的图",
    stepCut: "1. 裁出数字",
    stepBox: "2. 缩到 20×20",
    coverArea: "28×28 的输入。点按或用方向键遮住一块",
    coverHint: "3. 按重心放进 28×28。按住图，遮住一块，看答案怎样变。",
    uncover: "拿开",
    probabilities: "十个概率",
    verdict: (digit, percent, isCovered) =>
      `${isCovered ? "遮住以后，" : ""}网络读作 ${digit}，概率 ${percent} %。`,
    layers: "一层一层看：选一层，选一张特征图，再点一个数，看它从哪来",
    maps: "这一层的特征图，用方向键选",
    map: "一张特征图，用方向键选一个数",
    pixels: "像素",
    values: "上一层的值",
    weights: "权重",
    products: "乘积",
    value: "这个数",
    sumOf({ isSmall, channel, channels, cells, rest, shown, others, bias, sum }) {
      const own = isSmall
        ? channels > 1
          ? `第 ${channel + 1} 个输入通道（共 ${channels} 个，它的影响最大）`
          : "这些乘积"
        : `影响最大的 ${cells.length} 项`;
      const more = rest ? `，其余 ${rest} 项 ${short(others)}` : "";
      return `${own}之和 ${short(shown)}${more}，偏置 ${short(bias)}，合计 ${short(sum)}`;
    },
    empty: "画板是空的：写一个数字，选一个，或拖进一张图片。",
    dots: "只看到几个小点。把数字写大一些。",
    marks: "看到的痕迹太多，不像一个数字。清空再写。",
    several: "看到不止一个数字。一次只写一个。",
    wide: "太宽了，不像一个数字。一次只写一个。",
    noPicture: "这个文件不是图片，或者已损坏。换一张 PNG 或 JPEG。",
    tooLarge: "这张图片超过 4000 万像素。先把它缩小。",
    noContrast: "这张图片里看不出笔迹。换一张深浅分明的。",
    noEngine: (message) => `网络没能运行起来：${message}`,
    photoHint:
      "这里读图片的办法很简单：底色以四边为准。有阴影、格线的照片，用命令 mnist-tutorial predict 读得更好。",
  },
  en: {
    title: "Try it: write a digit and see how the network reads it",
    model: (name) => `Network: ${name}`,
    padArea: "Drawing pad",
    keys: "Arrow keys move the pen, Space puts it down and lifts it.",
    undo: "Undo",
    clear: "Clear",
    picture: "Picture or photo…",
    brush: "Brush",
    samples: "Or choose a digit of MNIST",
    others: "Others",
    sample: (digit) => `a digit ${digit}`,
    received: "What the network receives",
    stepCut: "1. cut out",
    stepBox: "2. scaled to 20×20",
    coverArea: "The input, 28×28. Press or use arrow keys to cover a part",
    coverHint:
      "3. centred by mass in 28×28. Press on it to cover a part, and watch the answer change.",
    uncover: "Uncover",
    probabilities: "Ten probabilities",
    verdict: (digit, percent, isCovered) =>
      `${isCovered ? "With a part covered, it" : "The network"} reads ${digit}, with probability ${percent} %.`,
    layers:
      "Choose a layer, a feature map, and a number in it, and see where it comes from",
    maps: "Feature maps of the layer, arrow keys choose",
    map: "One feature map, arrow keys choose a number",
    pixels: "pixels",
    values: "values before",
    weights: "weights",
    products: "products",
    value: "this number",
    sumOf({ isSmall, channel, channels, cells, rest, shown, others, bias, sum }) {
      const own = isSmall
        ? channels > 1
          ? `Input channel ${channel + 1} of ${channels}, which counts most,`
          : "These products"
        : `The ${cells.length} that count most`;
      const more = rest ? `, the other ${rest} products ${short(others)}` : "";
      return `${own} add up to ${short(shown)}${more}, bias ${short(bias)}, together ${short(sum)}`;
    },
    empty: "The pad is empty: write a digit, choose one, or drop a picture.",
    dots: "Only small dots were found. Write the digit larger.",
    marks: "Too many marks to be one digit. Clear the pad and write again.",
    several: "More than one digit was found. Write one at a time.",
    wide: "Too wide to be one digit. Write one at a time.",
    noPicture: "This file is no picture, or is damaged. Choose a PNG or a JPEG.",
    tooLarge: "This picture has more than 40 million pixels. Scale it down first.",
    noContrast: "No writing stands out in this picture. Choose one with more contrast.",
    noEngine: (message) => `The network could not be started: ${message}`,
    photoHint:
      "Pictures are read in a simple way here: the ground is what lies along the rim. Photos with shadows or lines are read better by the command mnist-tutorial predict.",
  },
};
