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
    seed: int

    def images(self):
        return arrays(self.seed, self.shape)[0]

    def convolution(self, filters=2):
        shape = (*self.window, self.shape[3], filters)
        return Conv2D(*arrays(self.seed + 1, shape, (filters,)))


@st.composite
def cases(draw):
    height, width = draw(st.integers(1, 4)), draw(st.integers(1, 4))
    size = [draw(st.integers(least, 9)) for least in (height, width)]
    return Case(
        shape=(draw(st.integers(1, 3)), *size, draw(st.integers(1, 3))),
        window=(height, width),
        seed=draw(st.integers(0, 10**6)),
    )
