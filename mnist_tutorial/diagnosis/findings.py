"""What ``diagnose`` answers, and how a rule is made that answers so."""

from collections.abc import Callable
from functools import partial, wraps
from typing import NamedTuple

from mnist_tutorial.diagnosis.evidence import Evidence

# From the strongest to the weakest.
SURENESS = ("sure", "likely", "possible")


class Finding(NamedTuple):
    """One thing that was seen in a run.

    Attributes
    ----------
    cause
        ``"healthy"``, or the name of one of the rules, such as those in ``FAULTS``.
    kind
        ``"fault"``: something is wrong; ``"remark"``: nothing is wrong, but it could
        be better; ``"healthy"``: nothing wrong was seen.
    sureness
        ``"sure"``: seen in the network or the data themselves; ``"likely"``: the
        best explanation of what was seen; ``"possible"``: one of several.
    seen
        The evidence, with its figures.
    advice
        What to try; for ``"healthy"``, what has not been looked at.
    """

    cause: str
    kind: str
    sureness: str
    seen: str
    advice: str

    def __str__(self) -> str:
        """Return three lines: the cause and how sure, what was seen, what to try."""
        return (
            f"{self.cause} ({self.kind}, {self.sureness})\n"
            f"  seen: {self.seen}\n"
            f"  try:  {self.advice}"
        )


# How sure, and what was seen; None if the cause was not seen.
Sight = tuple[str, str] | None
Rule = Callable[[Evidence], Finding | None]


def rule(kind: str, advice: str) -> Callable[[Callable[[Evidence], Sight]], Rule]:
    """Make a rule of a function that looks for one cause, which is its name."""

    def make_rule(look: Callable[[Evidence], Sight]) -> Rule:
        @wraps(look)
        def find(run: Evidence) -> Finding | None:
            sight = look(run)
            return sight and Finding(look.__name__, kind, *sight, advice)

        return find

    return make_rule


fault = partial(rule, "fault")
remark = partial(rule, "remark")
