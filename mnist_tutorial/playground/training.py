"""A network that learns in the page, from random weights, without Python."""

import base64
import zlib

import numpy as np

from mnist_tutorial.datasets import load_raw_mnist
from mnist_tutorial.playground.explorable import Explorable, source_of

TRAINING_IMAGES = 3000
HELD_OUT_IMAGES = 1000


def training_explorer() -> Explorable:
    """Let a reader train a network from random weights, and spoil its training.

    It learns from the first 3,000 digits of the training set of MNIST and is measured
    on the next 1,000, in 16 grey levels, so that they take half a megabyte. The reader
    chooses layers, learning rate and batch size, watches losses, accuracy and kernels,
    has drawings of their own read while it learns, and saves the network as
    `playground` would. Its links lead to the book's chapters from a notebook in
    ``code``.
    """
    (images, labels), _ = load_raw_mnist()
    count = TRAINING_IMAGES + HELD_OUT_IMAGES
    # Two pixels a byte: 255 is 17 times 15.
    levels = np.rint(images[:count].reshape(count, -1) / 17).astype(np.uint8)
    packed = zlib.compress((levels[:, ::2] << 4 | levels[:, 1::2]).tobytes(), 9)
    return Explorable(
        "training",
        {
            "digits": base64.b64encode(packed).decode(),
            "labels": "".join(map(str, labels[:count])),
            "heldOut": HELD_OUT_IMAGES,
            "page": source_of("page.html"),
        },
        {
            "zh-CN": "这里是一个可以动手的小实验：在浏览器里从随机的权重开始训练一个"
            "网络，看损失、准确率和卷积核怎样变，再把训练弄坏。它需要 JavaScript。",
            "en": "Here is a small experiment: train a network from random weights in "
            "your browser, watch losses, accuracy and kernels change, then break the "
            "training. It needs JavaScript.",
        },
    )
