"""Set the environment of the kernels that ``pytest --nbval`` starts."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent / "book" / "_ext"))

from kernel_environment import set_environment  # noqa: E402

set_environment()
