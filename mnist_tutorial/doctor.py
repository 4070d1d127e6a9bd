"""What ``mnist-tutorial doctor`` checks: each function returns what it found.

Whether the imports work is part of what is checked, so they stand inside.
"""

import importlib
import math
import os
import platform
import subprocess
import time
from pathlib import Path

from mnist_tutorial.errors import InputError
from mnist_tutorial.recipes import DOCUMENT

STEPS_TIMED = 30
MIN_MEMORY_GIB = 2
# What lets each backend of Keras find a GPU of NVIDIA's, and what hides one from it.
WITH_CUDA = {
    "tensorflow": "tensorflow[and-cuda]",
    "jax": "jax[cuda12]",
    "torch": "PyTorch for CUDA (https://pytorch.org/get-started/locally)",
}
HIDING = {
    "tensorflow": {"CUDA_VISIBLE_DEVICES": ("", "-1")},
    "jax": {"CUDA_VISIBLE_DEVICES": ("", "-1"), "JAX_PLATFORMS": ("cpu",)},
    "torch": {"CUDA_VISIBLE_DEVICES": ("", "-1"), "KERAS_TORCH_DEVICE": ("cpu",)},
}


def _version(package: str) -> str:
    return importlib.import_module(package).__version__


def _keras() -> str:
    import keras

    backend = keras.backend.backend()
    return f"{keras.__version__} on the backend {backend} {_version(backend)}"


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

    # TensorFlow names the computer first: /job:localhost/replica:0/task:0/device:GPU:0
    device = str(keras.ops.zeros(1).device).rpartition("device:")[2].lower()
    present = _nvidia_gpus()
    names = ", ".join(present)
    if not device.startswith("cpu"):
        found = f"{device} does the work ({names or 'not of NVIDIA'})"
        if len(present) > 1:
            found += "; Keras uses one of them unless it is told to share the work"
        return found
    if not present:
        return "none, the CPU does the work"
    todo = _what_shows_gpus(keras.backend.backend())
    return f"{names} not used; the CPU is enough, but to use a GPU, {todo}"


def _nvidia_gpus() -> list[str]:
    """Return the names of the GPUs that the driver sees, whoever may use them."""
    command = ["nvidia-smi", "--query-gpu=name", "--format=csv,noheader"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    except (OSError, subprocess.TimeoutExpired):
        return []
    # Without a GPU it fails, and says so where the names would be.
    return [] if done.returncode else done.stdout.splitlines()


def _what_shows_gpus(backend: str) -> str:
    for name, values in HIDING[backend].items():
        if os.environ.get(name) in values:
            return f"unset {name}, which is {os.environ[name]!r}"
    if backend != "torch" and platform.system() == "Windows":
        return f"run the book in WSL: {backend} has no GPUs on Windows"
    return f"install {WITH_CUDA[backend]}, or a newer driver"


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
