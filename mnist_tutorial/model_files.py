"""Digit classifiers from files, which anybody may have made.

None of the code that a file might hold is run. Keras is imported inside the functions:
it takes seconds, and a wrong path should be told at once.
"""

import warnings
import zipfile
from pathlib import Path

import numpy as np

from mnist_tutorial.checks import are_probabilities, check_file
from mnist_tutorial.errors import InputError

SHAPES = ((None, 28, 28, 1), (None, 10))


def check_model_file(path: Path) -> None:
    """Refuse what can be told from the file alone."""
    check_file(path, "model file")
    if path.suffix != ".keras" or not zipfile.is_zipfile(path):
        raise InputError(
            f"{path}: expected a model saved by Keras 3 as .keras, got something else; "
            "train one with: mnist-tutorial train --output model.keras"
        )


def load_classifier(path: Path):
    """Load a Keras model from images to ten outputs."""
    check_model_file(path)

    import keras

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        # What a damaged or foreign file raises depends on where Keras stumbles over
        # it, and all of it means the same.
        try:
            model = keras.saving.load_model(path, compile=False, safe_mode=True)
            shapes = (model.input_shape, model.output_shape)
        except Exception as error:
            raise InputError(
                f"{path}: cannot be loaded as a Keras model ({type(error).__name__}); "
                "the file is damaged, was saved by a newer Keras, or holds Python code "
                "(a Lambda layer or the like), which is not run from a file: build "
                "the model from Keras' own layers and save it again"
            ) from error
    if shapes != SHAPES:
        raise InputError(
            f"{path}: expected a model from images {SHAPES[0]} to ten outputs "
            f"{SHAPES[1]}, got {shapes[0]} to {shapes[1]}; choose a digit classifier"
        )
    return model


def check_logits(model, path: Path) -> None:
    """Refuse to train on a model that ends in softmax: the loss expects logits."""
    blank = np.zeros((1, 28, 28, 1), dtype=np.float32)
    if are_probabilities(model.predict(blank, verbose=0)):
        raise InputError(
            f"{path}: expected a model that gives logits, got one that gives "
            "probabilities; remove its last softmax"
        )
