/* How the playground looks. */

import { PAD_STYLE } from "./pad_style.js";
import { CELLS_STYLE } from "./pictures.js";
import { SUMS_STYLE } from "./sums.js";

export const style = `
  ${SUMS_STYLE}
  ${CELLS_STYLE}
  ${PAD_STYLE}
  .model { margin: -8px 0 8px; overflow-wrap: anywhere; }
  .model:empty { display: none; }
  .seen { background: var(--white); }
  .small .seen, .maps { border: 1px solid var(--rule); border-radius: 6px; overflow: hidden; }
  .steps { display: grid; gap: 10px; grid-template-columns: 1fr 2.6fr; }
  .small .seen { display: grid; height: 84px; padding: 4px; place-items: center; }
  .small canvas { max-height: 100%; max-width: 100%; min-height: 0; object-fit: contain; }
  .step:last-child canvas { image-rendering: pixelated; }
  .step canvas { height: 74px; width: 100%; }
  .step .muted { display: block; line-height: 1.3; }
  .field28 .frame { background: var(--minus); border: 0; opacity: 0.75; outline: 0; }
  .answer { display: grid; gap: 3px; }
  .chance { align-items: center; display: grid; gap: 8px; grid-template-columns: 1em 1fr 4em; }
  .chance b { font-weight: 400; }
  .best b, .best .number { font-weight: 700; }
  .chance .number { text-align: end; }
  .track {
    background: var(--paper); border: 1px solid var(--rule); border-radius: 4px;
    height: 16px; overflow: hidden; position: relative;
  }
  .bar { background: var(--blue); display: block; height: 100%; }
  .best .bar { background: var(--green); }
  .before {
    background: var(--ink); height: 100%; margin-left: -2px; position: absolute; top: 0;
    width: 3px;
  }
  .inner { margin-top: 14px; }
  .tabs button { display: grid; line-height: 1.25; text-align: start; }
  .maps, .map { background: var(--panel); position: relative; }
  .map { align-self: start; border: 1px solid var(--rule); }
  .maps canvas, .map canvas { display: block; image-rendering: pixelated; width: 100%; }
  .map .frame { box-sizing: content-box; margin: -2px; }
  .detail { align-items: center; display: grid; gap: 10px; margin-top: 12px; }
  .ends { margin-top: -6px; }
  .value { min-height: 0; min-width: 0; }
  .place, .about { font-variant-numeric: tabular-nums; margin: 6px 0 0; }
  .about { text-align: center; }
  @container (min-width: 600px) {
    .detail { grid-template-columns: 15rem minmax(0, 1fr); }
  }
`;
