"""Turn a picture of a digit into what a network trained on MNIST expects.

A network reads well only what resembles its training images, and MNIST's were made
by one fixed recipe [1]_: bright ink on black, the digit scaled until it just fits a
box of 20 x 20 pixels, and placed in a field of 28 x 28 with its centre of mass in the
middle. `prepare_digit` repeats that recipe for any picture of one digit, and
`load_digit_image` reads such a picture from a file. Taught in ``code/handwriting``.

References
----------
.. [1] Y. LeCun, L. Bottou, Y. Bengio and P. Haffner, "Gradient-based learning applied
   to document recognition", Proceedings of the IEEE 86(11), 2278-2324, 1998.
"""

from mnist_tutorial.preprocessing.digits import MIN_STROKE, place_ink, prepare_digit
from mnist_tutorial.preprocessing.files import load_digit_image, picture_beside
