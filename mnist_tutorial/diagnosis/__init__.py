"""Tell whether a network is learning: broken runs to learn from, and a reader of runs.

The page ``faq/is_it_learning`` puts both to use.
"""

from mnist_tutorial.diagnosis.broken_runs import FAULTS, Run, break_run
from mnist_tutorial.diagnosis.reader import ADVICE, Finding, diagnose

__all__ = ["ADVICE", "FAULTS", "Finding", "Run", "break_run", "diagnose"]
