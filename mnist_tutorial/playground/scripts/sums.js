/* Numbers in a square, and what is done with them: pixels × weights = products. */

import { make } from "./elements.js";
import { fixed } from "./numbers.js";

// In little room: −0.33, 12.5.
export const short = (value) => fixed(value, Math.abs(value) < 9.995 ? 2 : 1);

export const sign = (text) => make("span.sign", { "aria-hidden": "true" }, text);

export const block = (say, content) =>
  make("div.block", content, make("div.muted", { say }));

// Cells in rows of so many, 3 unless told otherwise.
export const grid = (say, cells, columns = 3) =>
  block(say, make("div.cells", { style: `--columns: ${columns}` }, ...cells));

export const group = (...nodes) => make("div.group", ...nodes);

// How they look.
export const SUMS_STYLE = `
  .sums, .group { align-items: center; display: flex; gap: 8px; }
  .sums { flex-wrap: wrap; gap: 12px 8px; justify-content: center; margin-top: 14px; }
  .group { align-items: start; flex-wrap: wrap; justify-content: center; }
  .cells { display: grid; gap: 2px; grid-template-columns: repeat(var(--columns), 42px); }
  .cells > * {
    border: 1px solid var(--rule); border-radius: 4px; font-size: 0.87rem; height: 36px;
    line-height: 34px; padding: 0; text-align: center; width: 42px;
  }
  .cells input[aria-invalid="true"] { border-color: var(--black); }
  .block { text-align: center; }
  .sign { font-size: 1.3rem; line-height: 112px; }
  .total {
    border: 2px solid var(--green); border-radius: 8px; font-size: 1.35rem;
    font-weight: 600; margin: 2px auto 0; padding: 6px; width: 6.2rem;
  }
  @container (max-width: 300px) {
    .cells { grid-template-columns: repeat(var(--columns), 36px); }
    .cells > * { font-size: 0.8rem; width: 36px; }
    .group { gap: 5px; }
  }
`;
