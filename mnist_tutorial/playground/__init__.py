"""Experiments that run inside a page: no kernel, no network, no library.

Each function takes arrays and returns an object that a notebook shows as one piece
of HTML: the data, a text for readers without JavaScript, and a script, which finds
out about language and colours where it is shown, since the cells of the Chinese and
of the English book are the same. In the order in which to read:

- ``explorable``: the piece of HTML;
- ``kernel``, ``descent``, ``threshold``: one experiment each, and what it refuses;
- ``export``: a Keras model, for the engine in ``scripts`` that runs it;
- ``playground``: a pad to draw on, for any network, also as a file of its own;
- ``training``: a network that learns in the page, on digits of MNIST;
- ``scripts``: what they do. ``host.js`` says at its head how to write another one.
"""

from mnist_tutorial.playground.descent import descent_explorer
from mnist_tutorial.playground.explorable import Explorable
from mnist_tutorial.playground.export import export_network
from mnist_tutorial.playground.kernel import kernel_explorer
from mnist_tutorial.playground.playground import Playground, playground
from mnist_tutorial.playground.threshold import threshold_explorer
from mnist_tutorial.playground.training import training_explorer

__all__ = ["Explorable", "Playground", "descent_explorer", "export_network"]
__all__ += ["kernel_explorer", "playground", "threshold_explorer", "training_explorer"]
