"""Random arrays, and images with a window that moves over them."""

from typing import NamedTuple

import numpy as np
from hypothesis import settings
from hypothesis import strategies as st

from mnist_tutorial.scratch import Conv2D

many = settings(max_examples=60, deadline=None, derandomize=True)


def arrays(seed, *shapes):
    """Return an array of normal numbers for each shape."""
    rng = np.random.default_rng(seed)
    return [rng.normal(size=shape) for shape in shapes]


def relative_error(one, other):
    return np.linalg.norm(one - other) / max(
        np.linalg.norm(one), np.linalg.norm(other), 1e-300
    )


class Case(NamedTuple):
    """Images, and the window that moves over them."""

    shape: tuple[int, int, int, int]
    window: tuple[int, int]
    stride: int
    padding: str
    seed: int

    def images(self):
        return arrays(self.seed, self.shape)[0]

    def convolution(self, filters=2):
        shape = (*self.window, self.shape[3], filters)
        kernel, bias = arrays(self.seed + 1, shape, (filters,))
        return Conv2D(kernel, bias, stride=self.stride, padding=self.padding)


@st.composite
def cases(draw, square=False):
    padding = draw(st.sampled_from(["valid", "same"]))
    height = draw(st.integers(1, 4))
    window = height, height if square else draw(st.integers(1, 4))
    smallest = window if padding == "valid" else (1, 1)
    size = [draw(st.integers(least, 9)) for least in smallest]
    return Case(
        shape=(draw(st.integers(1, 3)), *size, draw(st.integers(1, 3))),
        window=window,
        stride=draw(st.integers(1, 4)),
        padding=padding,
        seed=draw(st.integers(0, 10**6)),
    )
