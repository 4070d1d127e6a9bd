"""What the generators refuse, before they draw anything."""

import math
from collections.abc import Sequence
from numbers import Integral, Real

import numpy as np

from mnist_tutorial.errors import InputError


def check_counts(least: int = 0, **counts: int) -> None:
    """Refuse what is not a whole number, at least ``least``."""
    for name, value in counts.items():
        is_whole = isinstance(value, Integral) and not isinstance(value, bool)
        if not is_whole or value < least:
            raise InputError(
                f"{name} must be a whole number, at least {least}, got {value!r}"
            )


def check_size(height: int, width: int, *, least: tuple[int, int]) -> None:
    """Refuse a picture that is too small for what is to be drawn in it."""
    for name, value, lowest in (
        ("height", height, least[0]),
        ("width", width, least[1]),
    ):
        is_whole = isinstance(value, Integral) and not isinstance(value, bool)
        if not is_whole or value < lowest:
            raise InputError(
                f"{name} must be a whole number of pixels, at least {lowest}, got "
                f"{value!r}; in a smaller picture nothing could be told apart"
            )


def check_shares(**shares: float) -> None:
    """Refuse what is not a number in [0, 1]."""
    for name, value in shares.items():
        is_number = isinstance(value, Real) and not isinstance(value, bool)
        if not is_number or not 0 <= value <= 1:
            raise InputError(f"{name} must be in [0, 1], got {value!r}")


def is_row(values: object) -> bool:
    """Tell whether these are values one after another: a list, a range, an array."""
    if isinstance(values, np.ndarray):
        return values.ndim > 0
    return isinstance(values, Sequence) and not isinstance(values, str | bytes)


def check_not_negative(**numbers: float) -> None:
    """Refuse what is not a finite number, at least 0."""
    for name, value in numbers.items():
        is_number = isinstance(value, Real) and not isinstance(value, bool)
        if not is_number or not (math.isfinite(value) and value >= 0):
            raise InputError(f"{name} must be a number, at least 0, got {value!r}")


def check_choice(name: str, value: str, known: Sequence[str]) -> None:
    """Refuse what is not one of the known words, and list them."""
    if value not in known:
        raise InputError(f"{name} must be one of {', '.join(known)}, got {value!r}")
