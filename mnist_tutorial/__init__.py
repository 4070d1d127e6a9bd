"""Companion package of the book *Image recognition with MNIST*.

Import what a page needs from its module, for example
``from mnist_tutorial.datasets import load_mnist``. Importing the package alone
loads nothing else, so that it stays quick.
"""
