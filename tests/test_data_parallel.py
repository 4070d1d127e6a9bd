"""Several computers: processes on one machine, which see each other through loopback.

What they train together is compared with what one process trains alone on the same
batches, whole and with a process killed midway.
"""

import json
import os
import socket
import subprocess
import sys
import time
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parent.parent
PROGRAM = """
import sys
import time

import keras
import numpy as np
from mnist_tutorial.data_parallel import join_computers, train_share

address, computers, number, folder, pause = sys.argv[1:]
computers, number = int(computers), int(number)
if computers > 1:
    join_computers(address, computers, number)
rng = np.random.default_rng(0)
x, y = rng.random((641, 28, 28, 1), dtype=np.float32), rng.integers(0, 10, 641)
keras.utils.set_random_seed(0)
dense = keras.layers.Dense(10)
model = keras.Sequential([keras.Input((28, 28, 1)), keras.layers.Flatten(), dense])
rest = keras.callbacks.LambdaCallback(on_epoch_end=lambda *_: time.sleep(float(pause)))
given = {"epochs": 6, "batch_size": 64, "shuffle": False, "callbacks": [rest]}
history = train_share(model, x[:640], y[:640], resume_from=folder, **given)
np.save(f"{folder}/{number}.npy", np.concatenate([dense.kernel, dense.bias[None]]))
print(len(history["loss"]), history["loss"][-1])
"""
ALONE = {"KERAS_BACKEND": "jax", "JAX_PLATFORMS": "cpu", "TF_CPP_MIN_LOG_LEVEL": "3"}


def start(*command):
    return subprocess.Popen(
        [sys.executable, *map(str, command)],
        env=os.environ | ALONE | {"PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def start_pair(folder, pause):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
    return [
        start("-c", PROGRAM, address, 2, number, folder, pause) for number in (0, 1)
    ]


def ended(*processes):
    """Return the last line that each printed; all have ended well."""
    told = [process.communicate(timeout=300) for process in processes]
    for process, (_, errors) in zip(processes, told, strict=True):
        assert process.returncode == 0, errors[-2000:]
    return [out.splitlines()[-1] for out, _ in told]


def test_two_take_the_steps_of_one_though_one_is_killed_midway(tmp_path):
    pair, folder = tmp_path / "pair", tmp_path / "alone"
    alone = start("-c", PROGRAM, "-", 1, 0, folder, 0)
    first, second = start_pair(pair, 1)
    while not (pair / "checkpoint.npz").exists():
        assert first.poll() is None is second.poll()
        time.sleep(0.05)
    second.kill()
    _, errors = first.communicate(timeout=120)
    assert first.returncode == 3, errors
    assert errors.splitlines()[-1].startswith("error: another computer is gone")
    with np.load(pair / "checkpoint.npz") as kept:
        reached = len(json.loads(str(kept["state"]))["history"]["loss"])
    assert 0 < reached < 6

    told = ended(*start_pair(pair, 0), alone)
    assert told[0] == told[1]
    ours, theirs = np.load(pair / "0.npy"), np.load(pair / "1.npy")
    np.testing.assert_array_equal(ours, theirs)
    np.testing.assert_allclose(ours, np.load(folder / "0.npy"), rtol=0, atol=1e-5)
