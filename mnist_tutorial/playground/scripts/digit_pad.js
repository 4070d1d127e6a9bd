/* The pad in a live kernel: what is drawn goes to Python (widgets.py), which shares a
   model with the page. */

import { make, status, tell } from "./elements.js";
import { show } from "./host.js";
import { FIELD } from "./ink_preparation.js";
import { makePad } from "./pad.js";
import { pictureOf } from "./pad_drawing.js";
import { PAD_STYLE } from "./pad_style.js";
import { PAD_WORDS } from "./pad_words.js";

const words = {
  zh: {
    ...PAD_WORDS.zh,
    title: "写一个数字，交给 Python",
    empty: "画板是空的：写一个数字，或拖进一张图片。",
    kept: "已交给 Python：读画板的 digit 属性。",
  },
  en: {
    ...PAD_WORDS.en,
    title: "Write a digit for Python",
    empty: "The pad is empty: write a digit, or drop a picture.",
    kept: "Python has it: read the pad's attribute digit.",
  },
};
const style = `${PAD_STYLE} .field28 { justify-self: center; width: 60%; }`;

// Float32 numbers as text: of all that a model can hold, only text is compared by value
// in every notebook, and so is sent again when it has changed.
const inBase64 = ({ buffer }) => btoa(String.fromCharCode(...new Uint8Array(buffer)));

function build({ data: model, word }) {
  const state = {};
  const look = (changes) => {
    Object.assign(state, changes);
    const { refusal, field } = state.digit;
    model.set("_made", refusal ? { refusal } : { field: inBase64(field) });
    model.save_changes();
    render();
  };
  const pad = makePad(state, [], look);
  const received = make("div.field28");
  const verdict = status("verdict");
  function render() {
    const { digit, problem } = state;
    pad.render(word);
    const image = { width: FIELD, height: FIELD, values: digit.field };
    received.replaceChildren(...(digit.field ? [pictureOf(image)] : []));
    tell(verdict, word(problem ?? digit.refusal ?? "kept"));
  }
  const caption = make("div.muted", { say: "received" });
  const play = pad.layOut([verdict], [pad.tools, caption, received]);
  return { nodes: [play, make("p.muted", { say: "photoHint" })], render };
}

// anywidget calls it with the model and a node, which comes onto the page only later:
// before that nobody knows its theme.
export function showDigitPad({ model, el }) {
  const host = make("div.mnist-explorable");
  const onPage = new ResizeObserver(() => {
    onPage.disconnect();
    el.append(host);
    show(host, model, { words, style, build });
  });
  onPage.observe(el);
}
