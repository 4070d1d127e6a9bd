/* The page's side of the engine: it starts a worker, so that the page never waits, and
   asks it questions; engine_worker.js has the list. */

import source from "./engine.js" with { type: "text" };

// `more` is the text of what runs behind it, if any.
export function startEngine(more = "") {
  const script = new Blob([source, more], { type: "text/javascript" });
  const address = URL.createObjectURL(script);
  const worker = new Worker(address);
  const waiting = []; // for answers, which come in the order of the questions
  worker.addEventListener("message", ({ data: { answer, error } }) => {
    const { resolve, reject } = waiting.shift();
    if (error === undefined) resolve(answer);
    else reject(new Error(error));
  });
  // Where a page may not have workers, say so instead of waiting for ever.
  let failure = null;
  worker.addEventListener("error", ({ message }) => {
    failure = new Error(message ?? "no worker may run in this page");
    for (const { reject } of waiting) reject(failure);
  });

  const ask = (question, details) =>
    new Promise((resolve, reject) => {
      if (failure) throw failure;
      waiting.push({ resolve, reject });
      worker.postMessage({ ask: question, ...details });
    });
  const stop = () => {
    worker.terminate();
    URL.revokeObjectURL(address);
  };
  return { ask, stop };
}
