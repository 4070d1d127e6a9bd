/* How the threshold explorer looks. */

export const style = `
  .controls { gap: 6px 12px; }
  .controls input[type="range"] { flex-basis: 5rem; min-width: 5rem; }
  .controls .field { width: 4.5rem; }
  .prices { gap: 6px 14px; margin-top: 6px; }
  .prices label { align-items: center; display: flex; gap: 6px; }
  .prices .field { width: 4.5rem; }
  .verdict { font-weight: 600; margin: 8px 0; min-height: 3em; }
  .counts { align-items: start; display: grid; gap: 8px 18px; }
  table {
    border-collapse: collapse; font-size: 0.87rem; table-layout: fixed; width: 100%;
  }
  th { color: var(--muted); font-weight: 400; padding: 2px 4px; text-align: start; }
  thead th, td { width: 39%; }
  td {
    background: var(--paper); border: 1px solid var(--rule); padding: 3px 6px;
    vertical-align: top;
  }
  td:empty { background: none; border: 0; width: 22%; }
  td .number { display: block; font-size: 1.15rem; font-weight: 600; }
  td.TP, .bar.TP { --own: var(--orange); --share: 1; }
  td.FN, .bar.FN { --own: var(--orange); --share: 0.5; }
  td.FP, .bar.FP { --own: var(--blue); --share: 1; }
  td.TN, .bar.TN { --own: var(--blue); --share: 0.5; }
  td i {
    background: var(--own); border-radius: 2px; display: inline-block; height: 10px;
    margin-inline-end: 5px; opacity: var(--share); width: 10px;
  }
  .bar { fill: var(--own); fill-opacity: var(--share); }
  .facts > div {
    border-bottom: 1px solid var(--rule); column-gap: 8px; display: flex;
    flex-wrap: wrap; justify-content: space-between; padding: 3px 0;
  }
  .facts > div > :last-child { margin-inline-start: auto; text-align: end; }
  .facts b { font-weight: 600; }
  .facts .sum { font-variant-numeric: tabular-nums; }
  .plots { display: grid; gap: 6px 14px; margin-top: 10px; }
  .plots > div { display: grid; gap: 6px; min-width: 0; }
  .curve, .chance { fill: none; stroke: var(--muted); stroke-width: 2; }
  .chance { stroke-dasharray: 4 4; stroke-width: 1; }
  .threshold { stroke: var(--ink); stroke-width: 2; }
  .middle { stroke: var(--muted); }
  .now { fill: var(--ink); stroke: var(--paper); stroke-width: 2; }
  .least { fill: var(--green); stroke: var(--paper); stroke-width: 1.5; }
  .cheapest { margin: 4px 0 0; }
  @container (min-width: 560px) {
    .verdict { min-height: 1.5em; }
    .counts { grid-template-columns: 1fr 1fr; }
    .plots { align-items: start; grid-template-columns: 1.15fr 1fr; }
  }
`;
