/* A trained network as a page of its own, such as playground(model).save() writes. All
   of it is in this page: the frame came from Python, and the script is the one that runs
   here. */

import { make } from "./elements.js";
import { PIXELS } from "./training_model.js";

// Not spelt out, or a browser would end this script here.
const SCRIPT = "script";
const LAST_LINE = 'explorable("training", {';

// Three digits of each class to choose from, in the order that makeSamples() expects.
function samplesOf({ pixels, labels, count }) {
  const own = (digit, which) => {
    let index = count - 1;
    for (let left = which; left >= 0; left--) index = labels.indexOf(digit, index + 1);
    return btoa(
      String.fromCharCode(...pixels.subarray(index * PIXELS, (index + 1) * PIXELS)),
    );
  };
  const digits = [...Array(10).keys()];
  return [0, 1, 2].flatMap((which) => digits.map((digit) => own(digit, which)));
}

// The text of the page: `frame` is page.html, data what playground.py hands over.
function pageOf(frame, data) {
  const { textContent: script } = [...document.scripts].find((node) =>
    node.textContent.includes(LAST_LINE),
  );
  const json = JSON.stringify(data).replaceAll("<", "\\u003c");
  const body = [
    `<div class="mnist-explorable" data-kind="playground">`,
    `<${SCRIPT} type="application/json">${json}</${SCRIPT}></div>`,
    `<${SCRIPT} type="module">${script}</${SCRIPT}>`,
  ].join("");
  const title = make("b", data.name).innerHTML; // in which markup is text
  return frame.replace("%s", () => title).replace("%s", () => body);
}

// Hands the reader a page with the network that a run has trained.
export async function savePage(run, name) {
  const { network } = await run.ask("save");
  const text = pageOf(run.data.page, { name, network, samples: samplesOf(run) });
  const address = URL.createObjectURL(new Blob([text], { type: "text/html" }));
  const link = document.createElement("a");
  Object.assign(link, { href: address, download: "my_network.html" });
  link.click();
  setTimeout(() => URL.revokeObjectURL(address), 60_000); // it may take a while to begin
}
