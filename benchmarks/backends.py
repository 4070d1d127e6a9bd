# ruff: noqa: E402  (Keras reads its backend as it loads)
"""Train the quick recipe and the source document's on each backend of Keras.

    python benchmarks/backends.py            writes benchmarks/backends.json

Both train on the same 54,000 images, each time in a process of its own with one thread:
``document`` once, and ``fast`` with three seeds, the backends in turn and their order
changing from seed to seed. Building and compiling the network count. The test images
only report. PyTorch is installed first: ``pip install torch``.
"""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tools"))

from measure_margins import ENVIRONMENT, about, threads

BACKENDS = ["tensorflow", "jax", "torch"]
SEEDS = {"document": range(1), "fast": range(3)}
STORED = Path(__file__).with_suffix(".json")


def measure(backend: str, recipe: str, seed: int) -> dict:
    """Train once in a process of its own."""
    settings = {
        "KERAS_BACKEND": backend,
        # JAX has no variable for the number of threads of a convolution.
        "XLA_FLAGS": "--xla_cpu_multi_thread_eigen=false",
        "PYTHONPATH": os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")]),
    }
    done = subprocess.run(
        [sys.executable, __file__, recipe, str(seed)],
        env=os.environ | ENVIRONMENT | threads(1) | settings,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    found = json.loads(done.stdout.splitlines()[-1])
    return {"backend": backend, "recipe": recipe, "seed": seed, **found}


def train(recipe: str, seed: int) -> dict:
    """Train once in this process, which has no other work."""
    import keras
    import numpy as np

    from mnist_tutorial import models, recipes
    from mnist_tutorial.datasets import load_mnist, split_validation
    from mnist_tutorial.evaluation import predict_classes
    from mnist_tutorial.training import train, train_fast

    if keras.backend.backend() == "torch":
        import torch

        torch.set_num_threads(1)
    (x, y), (x_test, y_test) = load_mnist()
    train_set, _ = split_validation(x, y)
    keras.utils.set_random_seed(seed)
    wall, used = time.perf_counter(), time.process_time()
    if recipe == "fast":
        model = getattr(models, recipes.FAST.builder)()
        train_fast(model, *train_set, seed=seed)
    else:
        model = getattr(models, recipes.DOCUMENT.builder)()
        train(model, *train_set, seed=seed)
    seconds, used = time.perf_counter() - wall, time.process_time() - used
    readings = predict_classes(model, x_test)
    return {
        "seconds": round(seconds, 1),
        "processor_seconds": round(used, 1),
        "test_accuracy": float(np.mean(readings == y_test)),
    }


def main() -> None:
    """Measure and store."""
    head = {
        "command": "python benchmarks/backends.py",
        **about("keras", *BACKENDS),
    }
    runs = []
    for recipe, seeds in SEEDS.items():
        for seed in seeds:
            for backend in BACKENDS[seed:] + BACKENDS[:seed]:
                runs.append(measure(backend, recipe, seed))
                print(runs[-1], flush=True)
    # A line a run.
    lines = ",\n  ".join(json.dumps(run) for run in runs)
    head = json.dumps(head, indent=1).removesuffix("\n}")
    STORED.write_text(f'{head},\n "runs": [\n  {lines}\n ]\n}}\n', encoding="utf-8")


if __name__ == "__main__":
    if sys.argv[1:]:
        print(json.dumps(train(sys.argv[1], int(sys.argv[2]))))
    else:
        main()
