/* How the kernel explorer looks. */

import { CELLS_STYLE } from "./pictures.js";
import { SUMS_STYLE } from "./sums.js";

export const style = `
  ${SUMS_STYLE}
  ${CELLS_STYLE}
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
  .output .frame { margin: -3px; padding: 3px; }
  .scale { margin-top: 10px; position: relative; }
  .input .scale { background: linear-gradient(to right, var(--white), var(--black)); }
  .scale i {
    background: var(--mark); height: 18px; margin-left: -2px;
    outline: 1px solid var(--white); position: absolute; top: -4px; width: 4px;
  }
  .place { font-variant-numeric: tabular-nums; margin-top: 6px; }
  .rounded { margin: 8px 0 0; text-align: center; }
`;
