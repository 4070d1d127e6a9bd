"""A trained network in a page, to draw for: it runs there, without Python."""

import base64
import html
import math
import re
from pathlib import Path
from typing import Any

import numpy as np

from mnist_tutorial.checks import check_output, checked_path
from mnist_tutorial.datasets import load_raw_mnist
from mnist_tutorial.errors import InputError
from mnist_tutorial.playground.explorable import Explorable, source_of
from mnist_tutorial.playground.export import export_network

SAMPLES = 3  # of each class
# What Keras calls a model to which nobody has given a name.
NAMELESS = re.compile(r"(sequential|functional)(_\d+)?")


class Playground(Explorable):
    """A network and a pad to draw on: a notebook shows it, `save` writes a page."""

    def save(self, path: str | Path) -> None:
        """Write one file that any browser opens, without a network connection.

        It replaces a file of that name. One that does not end in ``.html``, or is in a
        folder that cannot be written to, raises ``InputError``.
        """
        path = checked_path(path)
        check_output(path, ".html")
        title = html.escape(self.data["name"] or "MNIST")
        path.write_text(source_of("page.html") % (title, self._repr_html_()), "utf-8")


def playground(model: Any, *, weights: str = "float16") -> Playground:
    """Let a reader draw a digit, and see what a network makes of it.

    The page prepares a drawing as `mnist_tutorial.preprocessing` does, and shows what
    the network receives, its ten probabilities, the feature maps of each layer, and
    where each number in them comes from.

    Parameters
    ----------
    model
        A trained Keras model from 784 pixels in [0, 1], such as ``(28, 28, 1)``, to ten
        logits or probabilities, whose layers `export_network` knows.
    weights
        ``"float16"``, or ``"float32"`` for full precision and twice the size.

    Raises
    ------
    InputError
        If the model has another shape, or a layer that the page cannot compute.
    """
    network = export_network(model, weights=weights)
    if math.prod(network["input"]) != 784 or model.output_shape != (None, 10):
        raise InputError(
            "model must lead from 784 pixels, such as (None, 28, 28, 1), to ten "
            f"outputs, got {model.input_shape} to {model.output_shape}; choose a "
            "classifier of grey digits"
        )
    _, (images, labels) = load_raw_mnist()
    chosen = [np.flatnonzero(labels == digit)[:SAMPLES] for digit in range(10)]
    name = "" if NAMELESS.fullmatch(model.name) else model.name
    samples = [base64.b64encode(images[at]).decode() for at in np.ravel(chosen, "F")]
    return Playground(
        "playground",
        {"name": name, "network": network, "samples": samples},
        {
            "zh-CN": "这里是一个可以动手的小实验：用鼠标或手指写一个数字，看网络收到"
            "什么、每一层算出什么、把它读成几。它需要 JavaScript。",
            "en": "Here is a small experiment: write a digit with mouse or finger, see "
            "what the network receives, what each layer makes of it and which digit it "
            "reads. It needs JavaScript.",
        },
    )
