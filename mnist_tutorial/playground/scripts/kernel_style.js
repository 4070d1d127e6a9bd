/* How the kernel explorer looks. */

export const style = `
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
  .frame {
    border: 2px solid var(--mark); outline: 1px solid var(--white);
    pointer-events: none; position: absolute;
  }
  .output .frame { margin: -3px; padding: 3px; }
  .scale {
    border: 1px solid var(--rule); height: 12px; margin-top: 10px; position: relative;
  }
  .input .scale { background: linear-gradient(to right, var(--white), var(--black)); }
  .output .scale {
    background: linear-gradient(to right, var(--minus), var(--white), var(--plus));
  }
  .scale i {
    background: var(--mark); height: 18px; margin-left: -2px;
    outline: 1px solid var(--white); position: absolute; top: -4px; width: 4px;
  }
  .ends { display: flex; justify-content: space-between; }
  .sums, .group { align-items: center; display: flex; gap: 8px; }
  .sums { flex-wrap: wrap; gap: 12px 8px; justify-content: center; margin-top: 14px; }
  .group { align-items: start; }
  .nine { display: grid; gap: 2px; grid-template-columns: repeat(3, 42px); }
  .nine > * {
    border: 1px solid var(--rule); border-radius: 4px; font-size: 0.87rem; height: 36px;
    line-height: 34px; padding: 0; text-align: center; width: 42px;
  }
  .nine input[aria-invalid="true"] { border-color: var(--black); }
  .block { text-align: center; }
  .sign { font-size: 1.3rem; line-height: 112px; }
  .total {
    border: 2px solid var(--green); border-radius: 8px; font-size: 1.35rem;
    font-weight: 600; margin: 2px auto 0; padding: 6px; width: 6.2rem;
  }
  .place { font-variant-numeric: tabular-nums; margin-top: 6px; }
  .rounded { margin: 8px 0 0; text-align: center; }
  @container (max-width: 300px) {
    .nine { grid-template-columns: repeat(3, 36px); }
    .nine > * { font-size: 0.8rem; width: 36px; }
    .group { gap: 5px; }
  }
`;
