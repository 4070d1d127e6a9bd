/* Nine pixels times nine weights, which can be typed, and the sum of the products. */

import { tint } from "./colours.js";
import { make, numberField, put, showField, status, tell } from "./elements.js";
import { LARGEST_WEIGHT } from "./kernel_model.js";
import { fixed, magnitude } from "./numbers.js";
import { block, grid, group, short, sign } from "./sums.js";

const nine = (build) => Array.from({ length: 9 }, (_, index) => build(index));

// take(index, weight) gets what a reader has typed, refuse(index) what is no weight.
export function makeSums({ take, refuse, settle }) {
  const pixels = nine(() => make("span.number.pixel"));
  const products = nine(() => make("span.number.product"));
  const weights = nine((index) =>
    numberField("number.weight", {
      limits: [-LARGEST_WEIGHT, LARGEST_WEIGHT],
      take: (weight) => take(index, weight),
      refuse: () => refuse(index),
      settle,
    }),
  );
  for (const field of weights) field.addEventListener("focus", () => field.select());
  const total = make("div.total.number.sum");
  const place = make("div.place.muted");
  const live = { "aria-live": "polite", "aria-atomic": "true" };
  const refusal = status("refusal");

  const sum = block("sum", make("div", live, place, total));
  const node = make(
    "div.sums",
    group(grid("pixels", pixels), sign("×"), grid("weights", weights)),
    group(sign("="), grid("products", products), sign("→"), sum),
  );
  const render = (view, word, { gray, signed }) => {
    const byWeight = signed(magnitude(view.kernel));
    const byProduct = signed(magnitude(view.products));
    view.pixels.forEach((pixel, index) => {
      const [weight, product] = [view.kernel[index], view.products[index]];
      put(pixels[index], pixel, short(pixel));
      tint(pixels[index], gray(pixel));
      put(products[index], product, short(product));
      tint(products[index], byProduct(product));
      const label = `${word("weight")} [${Math.floor(index / 3)}, ${index % 3}]`;
      weights[index].setAttribute("aria-label", label);
      showField(weights[index], weight, index === view.refused);
      tint(weights[index], byWeight(weight));
    });
    place.textContent = `output[${view.row}, ${view.column}] =`;
    put(total, view.sum, fixed(view.sum));
    tint(total, signed(view.largest)(view.sum));
    tell(refusal, view.refused === null ? "" : word("refused"));
  };
  // As a reader would type them: 1, not 1.00.
  const write = (kernel) =>
    kernel.forEach((weight, index) => {
      const text = weight.toFixed(Math.abs(weight) < 10 ? 2 : 1);
      weights[index].value = String(Number(text)).replace("-", "−");
    });
  return { node, refusal, write, render };
}
