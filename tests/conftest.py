"""What the tests of several modules are handed, and which are of one backend."""

import os

import numpy as np
import pytest


def pytest_collection_modifyitems(config, items):
    """Leave out what has TensorFlow as its subject or its oracle on other backends."""
    if os.environ.get("KERAS_BACKEND", "tensorflow") == "tensorflow":
        return
    others = [item for item in items if item.get_closest_marker("tensorflow_only")]
    config.hook.pytest_deselected(items=others)
    items[:] = [item for item in items if item not in others]


@pytest.fixture(scope="module")
def images():
    return np.random.default_rng(0).random((3, 28, 28, 1), dtype=np.float32)
