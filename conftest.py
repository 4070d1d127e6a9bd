"""Set the environment of the kernels that ``pytest --nbval`` starts."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent / "book" / "_ext"))

from quiet_kernels import quiet_kernels  # noqa: E402

quiet_kernels()
