/* A picture from a file as ink. This is the simple case: one digit on a ground that is
   the same all over, darker or lighter. Shadows, lines and frames, which
   preprocessing/paper.py and marks.py tell from ink, are not looked for. */

import { fitted, padCanvas } from "./pad_drawing.js";

const MOST_PIXELS = 40e6; // to decode more would take a telephone's memory
const LEAST_CONTRAST = 0.1;

// Resolves to an ink, or to { refusal }, a word for why there is none.
export async function readPicture(file) {
  const image = new Image();
  image.src = URL.createObjectURL(file);
  try {
    await new Promise((resolve, reject) =>
      Object.assign(image, { onload: resolve, onerror: reject }),
    );
    if (image.width * image.height > MOST_PIXELS) return { refusal: "tooLarge" };
    await image.decode();
    return inkOn(brightnessOf(image));
  } catch {
    return { refusal: "noPicture" };
  } finally {
    URL.revokeObjectURL(image.src);
  }
}

// The picture, as large as it fits on the pad; transparent places are white.
function brightnessOf(image) {
  const { context } = padCanvas(1);
  const [width, height] = fitted(image);
  Object.assign(context, { imageSmoothingEnabled: true, fillStyle: "#fff" });
  context.imageSmoothingQuality = "high";
  context.fillRect(0, 0, width, height);
  context.drawImage(image, 0, 0, width, height);
  const { data } = context.getImageData(0, 0, width, height);
  const values = Float64Array.from({ length: width * height }, (_, at) => {
    const [red, green, blue] = data.subarray(4 * at, 4 * at + 3);
    return (0.299 * red + 0.587 * green + 0.114 * blue) / 255;
  });
  return { width, height, values };
}

// The ground is as bright as the middle one of the pixels at the rim. What differs from
// it most is full of ink, what differs less than a third as much is ground.
function inkOn({ width, height, values }) {
  const rim = values.filter((_, at) => {
    const [row, column] = [Math.floor(at / width), at % width];
    return row % (height - 1) === 0 || column % (width - 1) === 0;
  });
  const ground = rim.toSorted()[Math.floor(rim.length / 2)];
  const isDark = values.reduce((sum, value) => sum + (value - ground) ** 3, 0) < 0;
  const ink = values.map((value) => (isDark ? ground - value : value - ground));
  const full = ink.toSorted().at(-6); // a few pixels may be broken
  if (!(full >= LEAST_CONTRAST)) return { refusal: "noContrast" };
  const share = (value) => Math.min(Math.max((1.5 * value) / full - 0.5, 0), 1);
  return { width, height, values: ink.map(share) };
}
