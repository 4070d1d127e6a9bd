/* A trained network as a page of its own, such as playground(model).save() writes. All
   of it is in this page: the frame came from Python, and the script is the one that runs
   here. */

// Not spelt out, or a browser would end this script here.
const SCRIPT = "script";
const LAST_LINE = 'explorable("training", {';

const toBase64 = (bytes) => btoa(String.fromCharCode(...bytes));

// Three digits of each class to choose from, in the order that makeSamples() expects.
export function samplesOf({ heldOut, labels, imageAt }) {
  const indices = heldOut();
  const ofDigit = Array.from({ length: 10 }, (_, digit) =>
    indices.filter((index) => labels[index] === digit),
  );
  return [0, 1, 2].flatMap((which) =>
    ofDigit.map((own) => toBase64(imageAt(own[which]))),
  );
}

// The text of the page: `frame` is page.html, data what playground.py hands over.
export function pageOf(frame, data) {
  const { textContent: script } = [...document.scripts].find((node) =>
    node.textContent.includes(LAST_LINE),
  );
  const json = JSON.stringify(data).replaceAll("<", "\\u003c");
  const body = [
    `<div class="mnist-explorable" data-kind="playground">`,
    `<${SCRIPT} type="application/json">${json}</${SCRIPT}></div>`,
    `<${SCRIPT} type="module">${script}</${SCRIPT}>`,
  ].join("");
  return frame.replace("%s", () => data.name).replace("%s", () => body);
}

export function download(name, text) {
  const address = URL.createObjectURL(new Blob([text], { type: "text/html" }));
  const link = document.createElement("a");
  Object.assign(link, { href: address, download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(address), 60_000); // it may take a while to begin
}
