"""Set the environment of the kernels that ``pytest --nbval`` starts."""

import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent / "book" / "_ext"))

from kernel_environment import set_environment, threads  # noqa: E402

set_environment()
# Workers of pytest-xdist share the cores; TensorFlow reads this when it is imported.
if workers := os.environ.get("PYTEST_XDIST_WORKER_COUNT"):
    cores = len(os.sched_getaffinity(0))
    os.environ.update(threads(max(1, cores // int(workers))))
