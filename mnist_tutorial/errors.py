"""The one exception that means "you can put this right yourself"."""


class InputError(ValueError):
    """Something that was handed in cannot be used as it is.

    Raised for what the user controls: a file, a path, an option, an array of the
    wrong kind. The message is a single line that says what was expected, what was
    received and what to do about it, so that the command line can print it as it
    stands. A mistake in this package raises anything else, and keeps its traceback.
    """

    def __init__(self, message: str):
        # An array that was handed in is written in several lines.
        super().__init__(" ".join(message.splitlines()))
