"""What images, labels and outputs tell by themselves: arrays in, numbers out."""

import numpy as np


def shares(labels: np.ndarray, num_classes: int) -> np.ndarray:
    """Return what share of the labels each class has, shape ``(num_classes,)``."""
    return np.bincount(labels, minlength=num_classes) / len(labels)


def share_of_like_neighbours(images: np.ndarray, labels: np.ndarray) -> float:
    """Return the share of images whose nearest neighbour has the same label."""
    rows = images.reshape(len(images), -1).astype(float)
    squares = np.sum(rows**2, axis=1)
    distances = squares[:, None] + squares - 2 * rows @ rows.T  # (n, n)
    np.fill_diagonal(distances, np.inf)
    return float(np.mean(labels[distances.argmin(axis=1)] == labels))


def mean_image_difference(one: np.ndarray, two: np.ndarray) -> float:
    """Return how far two mean images are apart; about 1 if only chance parts them.

    The mean over the pixels of the squared difference, over what it would be for two
    samples of one population.
    """
    one, two = (part.reshape(len(part), -1).astype(float) for part in (one, two))
    expected = one.var(axis=0) / len(one) + two.var(axis=0) / len(two)
    squared = (one.mean(axis=0) - two.mean(axis=0)) ** 2
    return float(squared.sum() / max(expected.sum(), 1e-12))


def root_mean_square(values: np.ndarray) -> float:
    """Return how large the values are on average, whatever their sign."""
    return float(np.sqrt(np.mean(np.square(values, dtype=float))))


def cross_entropies(logits: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Return the loss of each example, shape ``(n,)``."""
    logits = logits.astype(float)
    logits = logits - logits.max(axis=1, keepdims=True)
    right = logits[np.arange(len(logits)), labels]
    return np.log(np.exp(logits).sum(axis=1)) - right


def are_probabilities(outputs: np.ndarray) -> bool:
    """Return whether no output is negative and each row adds up to 1."""
    return bool((outputs >= 0).all() and np.allclose(outputs.sum(axis=1), 1, atol=1e-3))
