/* How "train one here" looks. */

export const trainingStyle = `
  .training { display: grid; gap: 14px; grid-template-columns: minmax(0, 1fr); }
  .training > p { margin: 0; }
  [hidden] { display: none !important; }
  .facts { display: grid; gap: 2px 12px; grid-template-columns: repeat(5, 1fr); }
  .facts .number { font-size: 1.05rem; font-weight: 600; }
  .curves, .settings { display: grid; gap: 8px 14px; grid-template-columns: minmax(0, 1fr); }
  polyline { fill: none; stroke-width: 1.5; }
  .train { stroke: var(--blue); }
  .held { stroke: var(--orange); stroke-width: 2.5; }
  .dot.train { fill: var(--blue); }
  .dot.held { fill: var(--orange); }
  .before { stroke: var(--muted); stroke-opacity: 0.6; }
  .key {
    background: var(--blue); display: inline-block; height: 3px; margin: 0 5px 0 0;
    vertical-align: middle; width: 18px;
  }
  .key.held { background: var(--orange); margin-left: 12px; }
  .setting .muted { display: block; }
  .hints { margin-top: 8px; min-height: 3em; }
  .hints p { margin: 0; }
  a { color: inherit; }
  button[aria-pressed="true"] {
    border-color: var(--warning); box-shadow: inset 0 0 0 2px var(--warning);
  }
  .kernels, .misread { display: flex; flex-wrap: wrap; gap: 6px; }
  .kernels canvas {
    border: 1px solid var(--rule); height: 56px; image-rendering: pixelated; width: 56px;
  }
  .misread div { display: grid; justify-items: center; }
  .misread canvas { height: 48px; image-rendering: pixelated; width: 48px; }
  .own { display: grid; gap: 10px 18px; grid-template-columns: minmax(0, 1fr); margin-top: 6px; }
  .own > div { align-content: start; display: grid; gap: 8px; }
  .pad, .one canvas { background: var(--white); }
  .pad {
    aspect-ratio: 1; border: 1px solid var(--rule); border-radius: 6px; max-width: 15rem;
    overflow: hidden; position: relative; touch-action: none;
  }
  .pad > canvas { display: block; height: 100%; width: 100%; }
  .pen {
    border: 2px solid var(--mark); border-radius: 50%; display: none;
    pointer-events: none; position: absolute; transform: translate(-50%, -50%);
  }
  .pen.down { background: var(--mark); }
  .pad:focus-visible .pen, .pad:focus-visible + .keys { display: block; }
  .keys { display: none; margin: 0; }
  .one { align-items: center; display: flex; gap: 10px; }
  .one canvas { height: 42px; image-rendering: pixelated; width: 42px; }
  .readings { flex: 1; white-space: normal; }
  @container (max-width: 480px) { .facts { grid-template-columns: 1fr 1fr; } }
  @container (min-width: 600px) {
    .curves, .settings { grid-template-columns: repeat(2, minmax(0, 1fr)); }
    .own { grid-template-columns: 15rem minmax(0, 1fr); }
    .hints { min-height: 1.5em; }
  }
`;
