/* Write a digit, and see what the network receives, what it makes of it layer by layer,
   and what it answers. */

import { make } from "./elements.js";
import { explorable } from "./host.js";
import { makePad } from "./pad.js";
import { rampsOf } from "./pictures.js";
import { makeLayers } from "./playground_layers.js";
import { makeNetwork } from "./playground_network.js";
import { covered, makeBars, makeReceived } from "./playground_reading.js";
import { style } from "./playground_style.js";
import { makeOrigin } from "./playground_sums.js";
import { words } from "./playground_words.js";

function build({ data, word, colour, say }) {
  const state = {
    failure: null, // what keeps the network from running
    cover: null, // the first row and column that are covered
    group: 0, // the layer that is shown, and which of its numbers; null: the largest
    index: null,
    asked: 0, // questions so far
    answer: null,
  };
  const change = (changes) => {
    Object.assign(state, changes);
    render();
  };
  const look = (changes) => {
    state.asked += 1;
    change(changes);
    const { digit, asked: number, group, index } = state;
    const { refusal, field: image } = digit;
    if (refusal) return;
    const cover = state.cover && covered(image, state.cover);
    ask({ number, image, cover, group, index });
  };
  const pad = makePad(state, data.samples, look);
  const bars = makeBars();
  const received = makeReceived(state, (cover) => look({ cover }));
  const inner = make("div.inner");
  const parts = []; // of what can be built once the layers are known
  const ask = makeNetwork(data.network, {
    begin(groups) {
      const goTo = (group, index) => look({ group, index });
      const maps = makeLayers(groups, state, goTo);
      const origin = makeOrigin(data.network.layers, groups, state, { goTo, say });
      parts.push(maps, origin);
      inner.append(maps.node, make("div.detail", maps.map, origin.node));
      say(inner);
    },
    take(answer) {
      // Since it was asked, the pad may have been cleared, or another layer chosen.
      if (state.digit.refusal || answer.group !== state.group) return;
      change({ answer, index: answer.index });
    },
    fail: ({ message }) => change({ failure: message }),
  });

  function render() {
    const ramps = rampsOf(colour);
    if (state.digit.refusal) state.answer = null;
    inner.hidden = !state.answer;
    pad.render(word);
    received.render();
    bars.render(state, word);
    if (state.answer) for (const part of parts) part.render(word, ramps);
    model.textContent = data.name && word("model")(data.name);
  }
  const model = make("p.model.muted");
  const below = [bars.verdict, pad.tools];
  const play = pad.layOut(below, [received.node, bars.node]);
  const hint = make("p.muted", { say: "photoHint" });
  return { nodes: [model, play, inner, hint], render };
}

explorable("playground", { words, style, build });
