"""What ``mnist-tutorial doctor`` checks: each function returns what it found.

Whether the imports work is part of what is checked, so they stand inside.
"""

import importlib
import math
import os
import platform
import time
from pathlib import Path

from mnist_tutorial.errors import InputError
from mnist_tutorial.recipes import DOCUMENT

STEPS_TIMED = 30
MIN_MEMORY_GIB = 2


def _version(package: str) -> str:
    return importlib.import_module(package).__version__


def _keras() -> str:
    import keras

    return f"{keras.__version__} on the backend {keras.backend.backend()}"


def _cpus() -> str:
    # A container or a batch system may lend only some of the machine's cores.
    has_affinity = hasattr(os, "sched_getaffinity")
    return str(len(os.sched_getaffinity(0)) if has_affinity else os.cpu_count())


def _memory() -> str:
    try:
        size = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, ValueError, OSError):
        return "size unknown on this system"
    try:
        # A container's own limit, which may be far below the machine's memory.
        size = min(size, int(Path("/sys/fs/cgroup/memory.max").read_text()))
    except (OSError, ValueError):
        pass
    gib = size / 2**30
    if gib < MIN_MEMORY_GIB:
        raise InputError(
            f"expected {MIN_MEMORY_GIB} GiB, found {gib:.1f}; use a larger machine, "
            "or Colab"
        )
    return f"{gib:.1f} GiB"


def _gpus() -> str:
    import keras

    devices = keras.distribution.list_devices("gpu")
    return ", ".join(devices) or "none, the CPU does the work"


def _data() -> str:
    from mnist_tutorial import datasets

    (_, y_train), (_, y_test) = datasets.load_raw_mnist()
    return (
        f"{len(y_train):,} training and {len(y_test):,} test images, checksum right "
        f"({datasets.DATA_FILE})"
    )


def _training() -> str:
    import keras

    from mnist_tutorial import datasets, models

    (x_train, y_train), _ = datasets.load_mnist()
    size = DOCUMENT.batch_size
    model = getattr(models, DOCUMENT.builder)()
    model.compile("adam", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    for step in range(2 + STEPS_TIMED):
        # The first two steps also build the graph.
        if step == 2:
            started = time.perf_counter()
        part = slice(step * size, (step + 1) * size)
        loss = float(model.train_on_batch(x_train[part], y_train[part]))
        if not math.isfinite(loss):
            raise InputError(f"expected a finite loss, got {loss}")
    seconds = (time.perf_counter() - started) / STEPS_TIMED
    steps = DOCUMENT.epochs * math.ceil(54_000 / size)
    return (
        f"{seconds:.4f} s a step of {size} images, so about "
        f"{max(1, round(seconds * steps / 60))} min for the source document's "
        f"{DOCUMENT.epochs} epochs"
    )


CHECKS = {
    "Python": platform.python_version,
    "NumPy": lambda: _version("numpy"),
    "TensorFlow": lambda: _version("tensorflow"),
    "Keras": _keras,
    "CPUs": _cpus,
    "memory": _memory,
    "GPUs": _gpus,
    "data": _data,
    "training": _training,
}
