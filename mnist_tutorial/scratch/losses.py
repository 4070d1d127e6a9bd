"""How wrong the outputs are, and the gradient with which ``backward`` begins."""

import numpy as np

from mnist_tutorial.scratch.checks import check_floats, check_labels


def softmax_cross_entropy(
    logits: np.ndarray, labels: np.ndarray
) -> tuple[float, np.ndarray]:
    """Measure how improbable the network finds the right classes.

    Parameters
    ----------
    logits
        Floats, shape ``(n, classes)``.
    labels
        Integers from 0 to ``classes - 1``, shape ``(n,)``.

    Returns
    -------
    loss : float
        ``-log(probability of the label)``, its mean over the batch.
    gradient : np.ndarray
        The derivative with respect to each logit,
        ``(probabilities - one_hot(labels)) / n``, shape ``(n, classes)``.

    Raises
    ------
    InputError
        If a shape, a type or a label does not fit.
    """
    check_floats("logits", logits, axes=2)
    check_labels(labels, *logits.shape)
    n = len(logits)
    # Only differences of logits matter; with none above 0, exp cannot overflow.
    shifted = logits - logits.max(axis=1, keepdims=True)
    log_sums = np.log(np.exp(shifted).sum(axis=1, keepdims=True))  # (n, 1)
    log_probabilities = shifted - log_sums  # (n, classes)
    loss = -log_probabilities[np.arange(n), labels].mean()
    gradient = np.exp(log_probabilities)
    gradient[np.arange(n), labels] -= 1
    return float(loss), gradient / n


def mean_squared_error(
    predictions: np.ndarray, targets: np.ndarray
) -> tuple[float, np.ndarray]:
    """Average the squared differences over all elements.

    Parameters
    ----------
    predictions, targets
        Floats of the same shape.

    Returns
    -------
    loss : float
        The mean of ``(predictions - targets) ** 2``.
    gradient : np.ndarray
        The derivative with respect to each prediction,
        ``2 * (predictions - targets) / size``, of the same shape.

    Raises
    ------
    InputError
        If the shapes differ, or there is anything but finite floats.
    """
    check_floats("predictions", predictions)
    check_floats("targets", targets, shape=predictions.shape)
    differences = predictions - targets
    loss = np.mean(differences**2)
    return float(loss), 2 * differences / differences.size
