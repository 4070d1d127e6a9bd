/* How every explorable looks: the colours of both themes, and what they share. */

export const BASE_STYLE = `
  :host {
    --paper: #ffffff; --panel: #f4f6f8; --ink: #14181d; --muted: #4d5763;
    --rule: #c3cad2; --blue: #0072b2; --orange: #d55e00; --green: #00805d;
    --warning: #a84600;
    /* Pictures look as the book's figures do, in the dark theme too. */
    --white: #ffffff; --black: #000000; --minus: #0072b2; --plus: #d55e00;
    --mark: #00805d;
    color: var(--ink); color-scheme: light; display: block; margin: 0.5rem 0;
    font: 400 15px/1.5 -apple-system, BlinkMacSystemFont, "Segoe UI", Roboto,
      "Helvetica Neue", Arial, "PingFang SC", "Hiragino Sans GB", "Microsoft YaHei",
      "Noto Sans CJK SC", "Noto Sans SC", sans-serif;
    text-align: start;
  }
  :host([data-scheme="dark"]) {
    --paper: #14181d; --panel: #1f252c; --ink: #f0f3f6; --muted: #aab4bf;
    --rule: #46505b; --blue: #56b4e9; --orange: #f28c28; --green: #2fcf9f;
    --warning: #f9ac62;
    color-scheme: dark;
  }
  * { box-sizing: border-box; }
  .card {
    background: var(--panel); border: 1px solid var(--rule); border-radius: 10px;
    break-inside: avoid; container-type: inline-size; max-width: 46rem; padding: 12px;
  }
  header { align-items: center; display: flex; gap: 8px; margin-bottom: 10px; }
  h3 { flex: 1; font-size: 1rem; font-weight: 600; margin: 0; }
  button, input { color: inherit; font: inherit; }
  button {
    background: var(--paper); border: 1px solid var(--rule); border-radius: 7px;
    cursor: pointer; min-height: 36px; min-width: 36px; padding: 4px 12px;
  }
  button:hover:not(:disabled) { border-color: var(--ink); }
  button:disabled { background: none; color: var(--muted); cursor: default; }
  button[aria-checked="true"] {
    border-color: var(--green); box-shadow: inset 0 0 0 2px var(--green);
  }
  input[type="range"] {
    accent-color: var(--green); flex: 1 1 7rem; height: 36px; margin: 0; min-width: 6rem;
  }
  .field {
    background: var(--paper); border: 1px solid var(--rule); border-radius: 7px;
    height: 36px; padding: 0 8px; width: 5.5rem;
  }
  :focus-visible { outline: 3px solid var(--blue); outline-offset: 2px; }
  .row { align-items: center; display: flex; flex-wrap: wrap; gap: 6px; }
  .steered { cursor: crosshair; user-select: none; -webkit-user-select: none; }
  figure { margin: 0; min-width: 0; }
  svg {
    background: var(--paper); border: 1px solid var(--rule); border-radius: 6px;
    display: block; height: auto; width: 100%;
  }
  svg text { fill: var(--ink); font-size: 13px; font-variant-numeric: tabular-nums; }
  .axis { stroke: var(--rule); }
  .number { font-variant-numeric: tabular-nums; white-space: nowrap; }
  .muted { color: var(--muted); font-size: 0.87rem; }
  .refusal { color: var(--warning); margin: 6px 0 0; }
  .refusal:empty { display: none; }
  input[aria-invalid="true"] { border: 2px dashed var(--warning); }
`;
