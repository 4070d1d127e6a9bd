/* Colours between two others, and a text that can be read on them. */

// Colours go in as #rrggbb and come out as [red, green, blue]: all of the first with
// share 0, all of the second with share 1.
export function mix(first, second, share) {
  const channel = (hex, index) => parseInt(hex.slice(1 + 2 * index, 3 + 2 * index), 16);
  return [0, 1, 2].map((index) =>
    Math.round(channel(first, index) * (1 - share) + channel(second, index) * share),
  );
}

// Black or white, whichever stands out more: never less than 4.5 to 1 (WCAG 2.1).
export function readableOn(rgb) {
  const [red, green, blue] = rgb.map((value) =>
    value <= 10 ? value / 3294.6 : ((value / 255 + 0.055) / 1.055) ** 2.4,
  );
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue > 0.179 ? "#000" : "#fff";
}

export function tint(node, rgb) {
  node.style.background = `rgb(${rgb.join(", ")})`;
  node.style.color = readableOn(rgb);
}
