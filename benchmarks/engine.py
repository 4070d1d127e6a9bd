# ruff: noqa: E402  (TensorFlow reads its settings as it loads)
"""Time the page's engine in turn with the CPU backend of TensorFlow.js.

    python benchmarks/engine.py            writes benchmarks/engine.json

Both run the document's network with the same weights in some fresh pages of Chromium,
image by image. The engine answers from its worker, with all feature maps, TensorFlow.js
(fetched by npm into a temporary folder) in the page, with the logits alone. Counted is
from the image's array to that of the logits.
"""

import base64
import json
import os
import platform
import re
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "tools"), str(ROOT / "tests" / "browser")]

from measure_margins import ENVIRONMENT, commit, processor

os.environ.update(ENVIRONMENT)

import keras
import numpy as np
from chromium import FLAGS, NO_CHROMIUM, find_chromium
from playwright.sync_api import sync_playwright

from mnist_tutorial.datasets import load_mnist
from mnist_tutorial.models import build_cnn
from mnist_tutorial.playground import export_network
from mnist_tutorial.playground.explorable import joined

STORED = Path(__file__).with_suffix(".json")
RIVAL = "@tensorflow/tfjs@4.22.0"
PAGES, ROUNDS = 10, 20
FIRST_MS, RATIO, LOGITS = 30, 0.5, 1e-3  # what must hold

# The settings that TensorFlow.js needs, for the layers of the document's network.
SETTINGS = {"filters", "kernel_size", "pool_size", "units", "activation"}

MEASURE = """async ({ network, layers, weights, images }) => {
  const bytes = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  const numbers = (text) => new Float32Array(bytes(text).buffer);
  await tf.setBackend("cpu");
  layers[0].settings.inputShape = network.input;
  const model = tf.sequential();
  for (const { name, settings } of layers) model.add(tf.layers[name](settings));
  model.setWeights(weights.map(({ shape, text }) => tf.tensor(numbers(text), shape)));
  const start = performance.now();
  const engine = startEngine();
  await engine.ask("load", { network });
  const loaded = performance.now() - start;
  const shape = [1, ...network.input];
  const answers = {
    engine: async (image) => (await engine.ask("predict", { image })).logits,
    tfjs: async (image) =>
      tf.tidy(() => model.predict(tf.tensor(image, shape)).dataSync()),
  };
  const times = { engine: [], tfjs: [] };
  let difference = 0;
  for (const [round, text] of images.entries()) {
    const image = numbers(text);
    const logits = {};
    for (const name of round % 2 ? ["tfjs", "engine"] : ["engine", "tfjs"]) {
      const before = performance.now();
      logits[name] = await answers[name](image);
      times[name].push(performance.now() - before);
    }
    logits.engine.forEach((value, at) => {
      difference = Math.max(difference, Math.abs(value - logits.tfjs[at]));
    });
  }
  return { loaded, times, difference };
}"""


def in_base64(array: np.ndarray) -> str:
    """Return float32 numbers as text."""
    return base64.b64encode(np.float32(array).tobytes()).decode()


def described(layer: keras.Layer) -> dict:
    """Return a layer as TensorFlow.js is told it, in its spelling of the names."""
    kind, config = type(layer).__name__, layer.get_config()
    names = {name: re.sub("_s", "S", name) for name in SETTINGS & config.keys()}
    settings = {spelt: config[name] for name, spelt in names.items()}
    return {"name": kind[0].lower() + kind[1:].replace("D", "d"), "settings": settings}


def fetch_rival(folder: str) -> str:
    """Return the script of TensorFlow.js, as npm has it."""
    npm = ["npm", "pack", "--silent", "--pack-destination", folder, RIVAL]
    done = subprocess.run(npm, check=True, capture_output=True, text=True)
    with tarfile.open(Path(folder) / done.stdout.split()[-1]) as package:
        return package.extractfile("package/dist/tf.min.js").read().decode()


def main() -> int:
    """Measure, store, and say what must hold and does not."""
    model = build_cnn()
    (images, _), _ = load_mnist()
    weights = [{"shape": w.shape, "text": in_base64(w)} for w in model.get_weights()]
    given = {
        "network": export_network(model, weights="float32"),
        "layers": [described(layer) for layer in model.layers],
        "weights": weights,
        "images": [in_base64(image) for image in images[:ROUNDS]],
    }
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        rival = fetch_rival(folder)
        path = find_chromium(playwright) or sys.exit(NO_CHROMIUM)
        with playwright.chromium.launch(executable_path=path, args=FLAGS) as browser:
            runs, version = [], browser.version
            for _ in range(PAGES):
                with browser.new_page() as page:
                    page.add_script_tag(content=rival)
                    page.add_script_tag(content=joined("engine_client.js"))
                    runs.append(page.evaluate(MEASURE, given))
    first, median = {}, {}
    for name in ("engine", "tfjs"):
        times = np.round([run["times"][name] for run in runs], 2)
        first[name] = times[:, 0].tolist()
        median[name] = round(float(np.median(times)), 2)
    about = {
        "command": "python benchmarks/engine.py",
        "commit": commit(),
        "processor": processor(),
        "python": platform.python_version(),
        "versions": {"chromium": version, "tfjs": RIVAL.rpartition("@")[2]},
        "load_ms": [round(run["loaded"], 1) for run in runs],
        "first_ms": first,
        "median_ms": median,
        "ratio": round(median["engine"] / median["tfjs"], 3),
        "logits_differ_by": max(run["difference"] for run in runs),
    }
    STORED.write_text(json.dumps(about, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(about, indent=1))
    is_quick = np.median(first["engine"]) < FIRST_MS and about["ratio"] < RATIO
    return 0 if is_quick and about["logits_differ_by"] < LOGITS else 1


if __name__ == "__main__":
    sys.exit(main())
