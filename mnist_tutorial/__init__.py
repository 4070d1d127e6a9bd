"""Companion package of the book *Image recognition with MNIST*.

Import what a page needs from its module, for example
``from mnist_tutorial.datasets import load_mnist``. Importing the package alone
loads nothing else, so that it stays quick.
"""


def load_ipython_extension(shell: object) -> None:
    """Let failed assertions say what was expected and what came.

    IPython calls it for ``%load_ext mnist_tutorial``, the first line of every page.
    """
    from mnist_tutorial.assertions import watch_assertions

    watch_assertions(shell)
