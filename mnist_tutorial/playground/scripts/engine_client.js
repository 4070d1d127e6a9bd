/* The page's side of the engine: it starts a worker, so that the page never waits, and
   asks it questions; engine_worker.js has the list. */

import source from "./engine.js" with { type: "text" };

export function startEngine() {
  const address = URL.createObjectURL(new Blob([source], { type: "text/javascript" }));
  const worker = new Worker(address);
  const waiting = new Map();
  worker.addEventListener("message", ({ data: { id, answer, error } }) => {
    const { resolve, reject } = waiting.get(id);
    waiting.delete(id);
    if (error === undefined) resolve(answer);
    else reject(new Error(error));
  });
  let count = 0;

  function ask(question, details = {}) {
    return new Promise((resolve, reject) => {
      const id = ++count;
      waiting.set(id, { resolve, reject });
      worker.postMessage({ id, ask: question, ...details });
    });
  }

  function stop() {
    worker.terminate();
    URL.revokeObjectURL(address);
  }
  return { ask, stop };
}
