"""Tell whether a network is learning: broken runs to learn from, and a reader of runs.

The page ``faq/diagnosis`` puts both to use. In the order in which to read:

- ``broken_runs``: nine faults, and how each is brought about;
- ``reader``: ``diagnose``, from what it is handed to the findings in order;
- ``data_rules``, ``training_rules``: how each cause is recognised, by what limits;
- ``evidence``: what the rules look at.

A new cause needs a rule, and its place and its advice in ``reader.CAUSES``.
"""

from mnist_tutorial.diagnosis.broken_runs import FAULTS, Run, break_run
from mnist_tutorial.diagnosis.reader import Finding, diagnose

__all__ = ["FAULTS", "Finding", "Run", "break_run", "diagnose"]
