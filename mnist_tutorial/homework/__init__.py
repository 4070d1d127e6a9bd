"""Graded work: what a homework's notebook imports, the checks of its questions.

The notebooks are in the folder ``homework`` of the repository. A check is no secret,
the data it uses are: a *course key*, any text in the environment variable
``MNIST_TUTORIAL_KEY``, chooses them when an instructor grades. Students practise with
another key, the same for all.
"""

from mnist_tutorial.homework.checking import (
    Answer,
    Feedback,
    Homework,
    Slip,
    own_generator,
)
