/* How the descent explorer looks. */

export const style = `
  .controls { gap: 6px 12px; margin-bottom: 8px; }
  .plots { display: grid; gap: 6px 14px; margin: 8px 0; }
  svg .outside { paint-order: stroke; stroke: var(--paper); stroke-width: 4; }
  .curve { fill: none; stroke: var(--muted); stroke-width: 2; }
  .trail { fill: none; stroke: var(--blue); stroke-opacity: 0.6; stroke-width: 1.5; }
  .dot { fill: var(--blue); }
  .ball { fill: var(--orange); stroke: var(--paper); stroke-width: 2; }
  .tangent, .fit { stroke: var(--orange); stroke-width: 2.5; }
  .facts { display: grid; gap: 2px 12px; grid-template-columns: repeat(4, 1fr); }
  .facts .number { font-size: 1.05rem; font-weight: 600; }
  .formula {
    background: var(--paper); border: 1px solid var(--rule); border-radius: 6px;
    margin-top: 8px; padding: 6px 10px;
  }
  .verdict { font-weight: 600; margin: 8px 0 0; min-height: 3em; }
  .verdict:is([data-verdict="diverging"], [data-verdict="overflow"]) {
    color: var(--warning);
  }
  @container (max-width: 480px) { .facts { grid-template-columns: 1fr 1fr; } }
  @container (min-width: 560px) {
    .plots { grid-template-columns: 1.2fr 1fr; }
    .parabola { grid-row: span 2; }
    .verdict { min-height: 1.5em; }
  }
`;
