"""Keep TensorFlow's start-up lines out of the pages and the test logs.

TensorFlow writes about its instruction sets and missing GPUs to the standard
error of the process before any Python code can stop it. The kernels that run
the notebooks inherit the environment of whoever starts them, so it is set here
for builds of the book and by the root ``conftest.py`` for ``pytest``.
"""

import os

QUIET = {
    "TF_CPP_MIN_LOG_LEVEL": "3",
    # The debugger warns about frozen modules as each kernel starts.
    "PYDEVD_DISABLE_FILE_VALIDATION": "1",
}


def quiet_kernels():
    """Set the variables that are not set yet: a reader may want the lines."""
    for name, value in QUIET.items():
        os.environ.setdefault(name, value)


def setup(app):
    """Quieten the kernels that this build will start."""
    quiet_kernels()
    return {"parallel_read_safe": True, "parallel_write_safe": True}
