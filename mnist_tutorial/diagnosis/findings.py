"""What ``diagnose`` answers: findings, how sure they are, and what to try."""

from typing import NamedTuple

# From the strongest to the weakest.
SURENESS = ("sure", "likely", "possible")

ADVICE = {
    "alike_images": (
        "Look at some of the images, and at the step that loads or scales them."
    ),
    "single_class": "Look at the labels: with one class there is nothing to learn.",
    "not_numbers": (
        "Find where the images get values that are not numbers: a division by 0, an "
        "empty file, a logarithm."
    ),
    "shuffled_labels": (
        "Draw twenty images with their labels. Shuffle, sort and filter images and "
        "labels together, with one index for both."
    ),
    "shuffled_validation_labels": (
        "Draw twenty validation images with their labels, and split images and labels "
        "with one index for both."
    ),
    "different_preparation": (
        "Prepare both sets with one function, and compare shape, type, range and mean "
        "of what comes out."
    ),
    "unscaled_inputs": (
        "Bring the inputs to [0, 1], or to mean 0 and deviation 1; for bytes, divide "
        "by 255 once."
    ),
    "softmax_twice": (
        "Remove the softmax at the end of the network, or hand the loss "
        "from_logits=False; not both."
    ),
    "sorted_data": "Shuffle the training data before every epoch (shuffle=True).",
    "relu_at_the_end": (
        "Remove the activation of the last layer: logits may be negative."
    ),
    "zero_weights": (
        "Draw the weights at random; the default of Keras' layers does it. Only "
        "biases may begin at 0."
    ),
    "large_weights": "Draw smaller weights; the default of Keras' layers is right.",
    "rate_too_high": (
        "Divide the learning rate by 10 until the loss falls from the start."
    ),
    "dead_relus": (
        "Look at the initial biases and weights, and at the learning rate: a large "
        "step can push a ReLU below 0 for every image. Leaky ReLUs keep a gradient."
    ),
    "rate_too_low": "Multiply the learning rate by 10 until the loss falls visibly.",
    "diverged": (
        "Look for the first of these that is so: inputs that are not numbers or not "
        "scaled, a learning rate that is too high, a logarithm or a division in the "
        "loss."
    ),
    "not_learning": (
        "Train on 32 images until they are known by heart. If that fails, look at "
        "model, loss and learning rate; if it works, look at the data."
    ),
    "validation_fails": (
        "Draw images of both sets with their labels, side by side; compare how they "
        "were prepared, and look for labels that belong to other images."
    ),
    "overfitting": (
        "More data, augmentation, dropout, or early stopping. Nothing is broken."
    ),
    "still_learning": "More epochs, or a higher learning rate. Nothing is broken.",
    "no_validation": "Set a part of the training data aside: split_validation().",
}


class Finding(NamedTuple):
    """One thing that was seen in a run.

    Attributes
    ----------
    cause
        ``"healthy"``, one of ``FAULTS`` or of the other keys of ``ADVICE``.
    kind
        ``"fault"``: something is wrong; ``"remark"``: nothing is wrong, but it could
        be better; ``"healthy"``: nothing wrong was seen.
    sureness
        ``"sure"``: seen in the network or the data themselves; ``"likely"``: the
        best explanation of what was seen; ``"possible"``: one of several.
    seen
        The evidence, with its figures.
    advice
        What to try; for ``"healthy"``, what has not been looked at.
    """

    cause: str
    kind: str
    sureness: str
    seen: str
    advice: str

    def __str__(self) -> str:
        """Return three lines: the cause and how sure, what was seen, what to try."""
        return (
            f"{self.cause} ({self.kind}, {self.sureness})\n"
            f"  seen: {self.seen}\n"
            f"  try:  {self.advice}"
        )


def fault(cause: str, sureness: str, seen: str) -> Finding:
    """Return a finding that something is wrong."""
    return Finding(cause, "fault", sureness, seen, ADVICE[cause])


def remark(cause: str, seen: str) -> Finding:
    """Return a finding that something could be better."""
    return Finding(cause, "remark", "likely", seen, ADVICE[cause])


def ask_for(names: str) -> str:
    """Return the sentence that says what would make the answer surer."""
    return f"Hand in {names} to look closer."
