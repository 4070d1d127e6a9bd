"""Tell whether a network is learning: broken runs to learn from, and a reader of runs.

The page ``faq/is_it_learning`` puts both to use. In the order in which to read:

- ``broken_runs``: nine faults, and how each is brought about;
- ``findings``: what an answer looks like, and how a rule gives one;
- ``reader``: ``diagnose``, from what it is handed to the findings in order;
- ``data_rules``, ``training_rules``: how each cause is recognised, by what limits, and
  what to try;
- ``evidence``: what the rules look at.

A new cause needs a rule, and its place in ``reader.RULES``.
"""

from mnist_tutorial.diagnosis.broken_runs import FAULTS, Run, break_run
from mnist_tutorial.diagnosis.findings import Finding
from mnist_tutorial.diagnosis.reader import diagnose

__all__ = ["FAULTS", "Finding", "Run", "break_run", "diagnose"]
