"""Set the environment of the kernels that run the notebooks.

TensorFlow reads its settings as it loads, before any cell can change them, and
writes to the standard error of the process before any Python code can stop it.
Kernels inherit the environment of whoever starts them, so it is set here for builds
of the book and by the root ``conftest.py`` for ``pytest``.
"""

import os

ENVIRONMENT = {
    # No lines about instruction sets and missing GPUs in the pages.
    "TF_CPP_MIN_LOG_LEVEL": "3",
    # Use oneDNN also on processors for which TensorFlow leaves it off. They train a
    # convolutional network up to twice as fast with it.
    "TF_ENABLE_ONEDNN_OPTS": "1",
    # The debugger warns about frozen modules as each kernel starts.
    "PYDEVD_DISABLE_FILE_VALIDATION": "1",
}


def set_environment():
    """Set the variables that are not set yet: a reader may want others."""
    for name, value in ENVIRONMENT.items():
        os.environ.setdefault(name, value)


def threads(count):
    """Return the variables that hold a process to a number of threads."""
    names = (
        "TF_NUM_INTRAOP_THREADS",
        "TF_NUM_INTEROP_THREADS",
        "OMP_NUM_THREADS",
        "OPENBLAS_NUM_THREADS",
    )
    return dict.fromkeys(names, str(count))


def setup(app):
    """Prepare the kernels that this build will start."""
    set_environment()
    return {"parallel_read_safe": True, "parallel_write_safe": True}
