"""Tell whether a network is learning: broken runs to learn from, and a reader of runs.

The page ``faq/is_it_learning`` puts both to use. In the order in which to read:

- ``broken_runs``: nine faults, and how each is brought about;
- ``findings``: what an answer looks like, and the advice for each cause;
- ``reader``: ``diagnose``, from what it is handed to the findings in order;
- ``data_rules``, ``training_rules``: how each cause is recognised, and by what limits;
  ``remarks``: what is said where nothing is wrong;
- ``evidence``: the figures that the rules ask for, worked out with ``layers`` (the
  network taken apart) and ``measures`` (of arrays alone);
- ``checks``: what is refused.

A new cause needs a rule, its place in ``reader.RULES``, and its advice.
"""

from mnist_tutorial.diagnosis.broken_runs import FAULTS, Run, break_run
from mnist_tutorial.diagnosis.findings import ADVICE, Finding
from mnist_tutorial.diagnosis.reader import diagnose

__all__ = ["ADVICE", "FAULTS", "Finding", "Run", "break_run", "diagnose"]
