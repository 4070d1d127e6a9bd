"""How wrong the outputs are, and the gradient with which ``backward`` begins."""

import numpy as np

from mnist_tutorial.checks import check_floats, checked_labels


def softmax_cross_entropy(
    logits: np.ndarray, labels: np.ndarray
) -> tuple[float, np.ndarray]:
    """Measure how improbable the network finds the right classes.

    Of logits, floats of shape ``(n, classes)``, and labels, whole numbers from 0, shape
    ``(n,)``, it returns the loss, ``-log(probability of the label)`` in the mean over
    the batch, and its derivative with respect to each logit, ``(probabilities -
    one_hot(labels)) / n``, shape ``(n, classes)``.
    """
    check_floats("logits", logits, "n", "classes")
    n, classes = logits.shape
    labels = checked_labels(labels, n, classes)
    chosen = np.arange(n), labels.astype(int)  # each row's label
    # Only differences of logits matter; with none above 0, exp cannot overflow.
    shifted = logits - logits.max(axis=1, keepdims=True)  # (n, classes)
    log_sums = np.log(np.exp(shifted).sum(axis=1, keepdims=True))  # (n, 1)
    log_probabilities = shifted - log_sums  # (n, classes)
    gradient = np.exp(log_probabilities)  # (n, classes)
    gradient[chosen] -= 1
    return float(-log_probabilities[chosen].mean()), gradient / n
