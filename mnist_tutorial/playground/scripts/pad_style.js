/* How the pad looks, and what it gives. */

export const PAD_STYLE = `
  .play, .left, .right, .tools, .layers, .small {
    align-content: start; display: grid; gap: 8px; grid-template-columns: minmax(0, 1fr);
  }
  .play { gap: 14px 18px; }
  .between { justify-content: space-between; }
  .between > span { flex: 1 1 10rem; }
  .pad, .field28, .samples button { background: var(--white); }
  .pad, .field28 {
    aspect-ratio: 1; border: 1px solid var(--rule); border-radius: 6px; overflow: hidden;
    position: relative;
  }
  .pad { touch-action: none; }
  .pad > canvas, .field28 canvas { display: block; height: 100%; width: 100%; }
  .field28 canvas { image-rendering: pixelated; }
  .pen {
    border: 2px solid var(--mark); border-radius: 50%; display: none;
    pointer-events: none; position: absolute; transform: translate(-50%, -50%);
  }
  .pen.down { background: var(--mark); }
  .pad:focus-visible .pen, .pad:focus-visible + .keys { display: block; }
  .keys { display: none; margin: 0; }
  .verdict { font-weight: 600; margin: 0; min-height: 3em; }
  .brush { flex-wrap: nowrap; }
  .brush input { min-width: 4rem; }
  .samples { display: grid; gap: 4px; grid-template-columns: repeat(5, 1fr); }
  .samples button { display: grid; padding: 2px; place-items: center; }
  .samples canvas { height: 36px; width: 36px; }
  [hidden] { display: none !important; }
  @container (min-width: 600px) {
    .play { grid-template-columns: repeat(2, minmax(0, 1fr)); }
    .verdict { min-height: 1.5em; }
  }
`;
