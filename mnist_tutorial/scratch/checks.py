"""What the NumPy network refuses, before it computes anything."""

import math
from numbers import Integral, Real

import numpy as np

from mnist_tutorial.errors import InputError


def check_floats(
    name: str,
    array: np.ndarray,
    *,
    axes: int | None = None,
    shape: tuple[int, ...] | None = None,
) -> None:
    """Refuse what is no array of finite floats, or has other axes or another shape."""
    if not isinstance(array, np.ndarray) or array.dtype not in (np.float32, np.float64):
        received = getattr(array, "dtype", type(array).__name__)
        raise InputError(
            f"{name} must be a NumPy array of float32 or float64, got {received}; "
            "convert it with np.asarray(…, dtype=np.float32)"
        )
    if array.ndim == 0:
        raise InputError(f"{name} must have at least one axis, got a single number")
    if axes is not None and array.ndim != axes:
        raise InputError(f"{name} must have {axes} axes, got shape {array.shape}")
    if shape is not None and array.shape != shape:
        raise InputError(f"{name} must have shape {shape}, got {array.shape}")
    if array.size == 0:
        raise InputError(f"{name} must not be empty, got shape {array.shape}")
    if not np.isfinite(array).all():
        raise InputError(
            f"{name} must be finite numbers, got NaN or infinity; if they arise in "
            "training, choose a smaller learning rate"
        )


def check_labels(labels: np.ndarray, count: int, classes: int) -> None:
    """Refuse what is not one class number an example."""
    if not isinstance(labels, np.ndarray) or labels.dtype.kind not in "iu":
        received = getattr(labels, "dtype", type(labels).__name__)
        raise InputError(f"labels must be a NumPy array of integers, got {received}")
    if labels.shape != (count,):
        raise InputError(
            f"labels must have shape {(count,)}, one an example, got {labels.shape}"
        )
    if labels.min() < 0 or labels.max() >= classes:
        raise InputError(
            f"labels must lie in 0 to {classes - 1}, got {labels.min()} to "
            f"{labels.max()}"
        )


def check_counts(**counts: int) -> None:
    """Refuse what is not a whole number from 1."""
    for name, value in counts.items():
        if isinstance(value, bool) or not (isinstance(value, Integral) and value >= 1):
            raise InputError(f"{name} must be a whole number from 1, got {value!r}")


def check_positive(**numbers: float) -> None:
    """Refuse what is not a positive number."""
    for name, value in numbers.items():
        is_number = isinstance(value, Real) and not isinstance(value, bool)
        if not (is_number and math.isfinite(value) and value > 0):
            raise InputError(f"{name} must be a positive number, got {value!r}")


def check_parts(**parts: float) -> None:
    """Refuse what does not lie in [0, 1)."""
    for name, value in parts.items():
        if not (isinstance(value, Real) and 0 <= value < 1):
            raise InputError(f"{name} must be in [0, 1), got {value!r}")
