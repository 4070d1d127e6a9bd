"""Is a gradient right? Measure slopes, and compare."""

import copy
import math
from collections.abc import Callable

import numpy as np

from mnist_tutorial.checks import check_counts, check_floats
from mnist_tutorial.errors import InputError
from mnist_tutorial.scratch.layers import Layer

STEP = 1e-5


def numerical_gradient(
    function: Callable[[np.ndarray], float], values: np.ndarray
) -> np.ndarray:
    """Measure the slope of a function in the direction of each of its values.

    ``function`` takes an array like ``values``, floats of any shape, and returns a
    number. The result, ``float64`` and of that shape, has for each value ``v``, while
    the others stay, ``(f(v + step) - f(v - step)) / (2 * step)`` with a step of 1e-5.
    """
    check_floats("values", values)
    left, right = _one_sided(function, values, STEP)
    return (left + right) / 2


def _one_sided(
    function: Callable[[np.ndarray], float], values: np.ndarray, step: float
) -> tuple[np.ndarray, np.ndarray]:
    """Measure the slopes to the left and to the right of each value.

    They differ at a kink, such as that of ReLU at 0, where there is no derivative.
    """
    moved = values.astype(np.float64)
    left, right = np.empty_like(moved), np.empty_like(moved)
    here = function(moved)
    for index in np.ndindex(moved.shape):
        value = moved[index]
        moved[index] = value - step
        left[index] = (here - function(moved)) / step
        moved[index] = value + step
        right[index] = (function(moved) - here) / step
        moved[index] = value
    return left, right


def gradient_check(
    layer: Layer, inputs: np.ndarray, *, max_entries: int = 50
) -> dict[str, float]:
    """Compare what ``backward`` says with slopes that are measured with ``forward``.

    All outputs, each times a random number, are added up: that is the function whose
    gradient is wanted. It is computed in ``float64``, on copies of the layer, with the
    weights that it had before ``backward``: a layer that trains itself there must pass
    the gradient on before it changes them.

    At a kink of ReLU or of max pooling there is no gradient to compare with. Kinks
    are told from bends by looking closer: with half the step, the slopes to the left
    and to the right differ half as much at a bend, but not at a kink. What has a kink
    within one step is left out; if that is more than half of an array, an
    ``InputError`` says so.

    Parameters
    ----------
    layer
        Any layer, or a :class:`Network`. One that is random is refused.
    inputs
        Floats that the layer takes. Random ones are best. In a picture, black areas
        are at a kink wherever a bias is 0, and all alike to max pooling.
    max_entries
        A larger array is cut into so many pieces. The entries of a piece are moved
        together, up or down at random; where that meets a kink, one of them alone.
        Each piece takes four forward passes, at most eight.

    Returns
    -------
    dict of str to float
        One relative error under ``"inputs"`` and under each of the layer's
        ``parameter_names``: the length of the difference between the two gradients,
        divided by the length of the longer one. A right ``backward`` is below 1e-6. A
        wrong one is mostly above 0.1, less if only some of many entries are wrong, and
        infinite if its gradient has the wrong shape or is not finite.
    """
    if not isinstance(layer, Layer):
        raise InputError(
            f"layer must be a Layer of this package, got {layer!r}; hand in an object, "
            "ReLU() instead of ReLU, of a class derived from Layer"
        )
    check_floats("inputs", inputs)
    check_counts(max_entries=max_entries)
    rng = np.random.default_rng(0)
    layer, inputs = _in_float64(copy.deepcopy(layer)), np.array(inputs, np.float64)
    output_gradient = rng.normal(size=_checked_outputs(layer, inputs).shape)
    trained = copy.deepcopy(layer)  # backward may change its weights
    gradients = [trained.backward(output_gradient.copy()), *trained.gradients]
    names, arrays = ["inputs", *layer.parameter_names], [inputs, *layer.parameters]

    def weighted_sum():
        return np.sum(output_gradient * layer.forward(inputs))

    errors = {}
    for name, array, gradient in zip(names, arrays, gradients, strict=True):
        pieces = np.array_split(np.arange(array.size), min(array.size, max_entries))
        signs = rng.choice([-1.0, 1.0], array.size)
        slopes, is_smooth = _slopes(weighted_sum, array, pieces, signs)
        if array.size > max_entries and not is_smooth.all():
            pieces = [
                piece if good else rng.choice(piece, 1)
                for piece, good in zip(pieces, is_smooth, strict=True)
            ]
            slopes, is_smooth = _slopes(weighted_sum, array, pieces, signs)
        if is_smooth.mean() < 0.5:
            raise InputError(
                f"{name} must be away from kinks, got {np.sum(~is_smooth)} of "
                f"{len(pieces)} entries at one; try random inputs and biases"
            )
        errors[name] = math.inf
        if np.shape(gradient) == array.shape:
            signed = signs * np.ravel(gradient)
            claimed = [signed[piece].sum() / len(piece) ** 0.5 for piece in pieces]
            claimed = np.array(claimed)
            errors[name] = _relative_error(claimed[is_smooth], slopes[is_smooth])
    return errors


def _checked_outputs(layer: Layer, inputs: np.ndarray) -> np.ndarray:
    """Return what ``forward`` gives, or refuse one whose slopes cannot be measured."""
    given = inputs.copy()
    outputs = np.array(layer.forward(given))
    if not np.isfinite(outputs).all():
        raise InputError(
            "forward must give finite numbers, got NaN or infinity; look for it in the "
            "inputs and the weights"
        )
    if not np.array_equal(given, inputs):
        raise InputError(
            "forward must leave its inputs as they are, got them changed; compute with "
            "inputs.copy()"
        )
    # A few times: a little dropout often leaves the same numbers out twice.
    if not all(np.array_equal(layer.forward(inputs), outputs) for _ in range(9)):
        raise InputError(
            "forward must give the same outputs for the same inputs, got others when "
            "it was called again; fix what is random in it, such as the mask of dropout"
        )
    return outputs


def _slopes(
    function: Callable[[], float],
    array: np.ndarray,
    pieces: list[np.ndarray],
    signs: np.ndarray,
) -> tuple[np.ndarray, np.ndarray]:
    """Return the slope along each piece, and whether there is no kink near."""
    original = array.copy()
    moves = np.zeros(len(pieces))

    def function_of(moves):
        array[...] = original
        for piece, move in zip(pieces, moves, strict=True):
            array.flat[piece] += signs[piece] * move / len(piece) ** 0.5
        return function()

    left, right = _one_sided(function_of, moves, STEP)
    near_left, near_right = _one_sided(function_of, moves, STEP / 2)
    array[...] = original
    kinks = (right - left) - 2 * (near_right - near_left)
    is_smooth = np.abs(kinks) <= 1e-6 * np.abs([left, right]).max()
    return (left + right) / 2, is_smooth


def _in_float64(layer: Layer) -> Layer:
    if hasattr(layer, "layers"):
        layer.layers = [_in_float64(part) for part in layer.layers]
    else:
        for name in layer.parameter_names:
            setattr(layer, name, getattr(layer, name).astype(np.float64))
    return layer


def _relative_error(one: np.ndarray, other: np.ndarray) -> float:
    longer = max(np.linalg.norm(one), np.linalg.norm(other))
    error = float(np.linalg.norm(one - other) / longer) if longer else 0.0
    return error if math.isfinite(error) else math.inf
