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
# Over 99 % of the test images in seconds: see benchmarks/quick_recipe.py.
FAST = Recipe(
    "build_fast_cnn", epochs=2, batch_size=128, learning_rate=1e-2, schedule="one_cycle"
)
# Fewer mistakes than the source document's five epochs in about their time; how it was
# chosen, on validation images, stands in benchmarks/recipes.py.
BEST = Recipe(
    "build_best_cnn",  # less work an image than the document's network
    epochs=9,  # what fits into the document's time
    batch_size=64,  # twice the steps of 128, and an epoch takes no longer
    learning_rate=5e-3,  # high, which batch normalisation allows
    schedule="one_cycle",  # the last steps are small: they average over batches
    deform=True,  # after nine epochs the images would be known by heart
)
RECIPES = {"document": DOCUMENT, "fast": FAST, "best": BEST}
