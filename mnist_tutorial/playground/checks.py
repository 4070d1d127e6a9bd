"""What more than one explorer refuses, and how it says so."""

import numpy as np

from mnist_tutorial.errors import InputError


def checked_array(name: str, values: np.ndarray) -> np.ndarray:
    """Return an array, or refuse what is none."""
    try:
        return np.asarray(values)
    except ValueError as error:
        raise InputError(
            f"{name} must be an array of numbers, got rows of several lengths"
        ) from error
