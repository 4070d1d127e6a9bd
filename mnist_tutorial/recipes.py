"""The recipes of the book: which network is trained, for how long, in which steps.

They stand here and nowhere else. Nothing heavy is imported, so that the command line
can quote them at once.
"""

from typing import NamedTuple


class Recipe(NamedTuple):
    """What ``training.train`` is told; ``builder`` is a function of ``models``."""

    builder: str
    epochs: int
    batch_size: int
    learning_rate: float
    schedule: str
    deform: bool = False


# The source document's network and settings.
DOCUMENT = Recipe(
    "build_cnn", epochs=5, batch_size=32, learning_rate=1e-3, schedule="constant"
)
# Over 99 % of the test images in seconds.
FAST = Recipe(
    "build_fast_cnn",  # little work an image: an epoch takes seconds
    epochs=2,  # after one it reads too few; a third costs half as much again
    batch_size=128,  # enough to keep the processor busy, and 400 steps an epoch
    learning_rate=1e-2,  # high, which batch normalisation allows
    schedule="one_cycle",  # the last steps are small: they average over batches
)
# Fewer mistakes than the source document's five epochs in about their time.
BEST = Recipe(
    "build_best_cnn",  # less work an image than the document's network
    epochs=9,  # what fits into the document's time
    batch_size=128,
    learning_rate=5e-3,
    schedule="one_cycle",
    deform=True,  # after nine epochs the images would be known by heart
)
RECIPES = {"document": DOCUMENT, "fast": FAST, "best": BEST}
