"""How much may be spent: solver effort per query, and perhaps a deadline.

Without a deadline nothing depends on time: the same input gives the same answer.

effort: what `smt.ask` bounds a query by
watch: who is told which step runs, how much of it is done, and out of how much
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from time import monotonic
from typing import Final

from lumpver.errors import Malformed
from lumpver.proving.smt import EFFORT

SMALL: Final = 500_000
_LONGEST: Final = 1e8  # years: what clocks and solvers can still count
Watch = Callable[[str, int, int], None]


def unseen(step: str, done: int, of: int) -> None:
    """Nobody watches."""
    del step, done, of


def unasked(text: str) -> None:
    """Nobody wants to know what is being asked."""
    del text


@dataclass(frozen=True, slots=True)
class Budget:
    """Effort for the last, largest query, a smaller one for each of the others.

    `watch` is told of every step, `question` of the last queries before they are asked.
    """

    effort: int = EFFORT
    deadline: float | None = None
    watch: Watch = field(default=unseen, compare=False)
    question: Callable[[str], None] = field(default=unasked, compare=False)

    @property
    def small(self) -> int:
        """The effort of one query among many."""
        return min(self.effort, SMALL)

    @property
    def over(self) -> bool:
        """Whether the deadline has passed."""
        return self.deadline is not None and monotonic() >= self.deadline

    @property
    def left(self) -> float | None:
        """Seconds to the deadline, if there is one."""
        return None if self.deadline is None else max(0.0, self.deadline - monotonic())


def budget(
    *, timeout: float | None = None, effort: int | None = None, watch: Watch = unseen
) -> Budget:
    """A budget that ends `timeout` seconds from now.

    Raises
    ------
    Malformed
        If the timeout is negative or no number, or the effort not positive.

    Examples
    --------
    >>> budget(timeout=0).over, budget().over
    (True, False)
    """
    if timeout is not None and not timeout >= 0:
        raise Malformed("timeout", expected="seconds", got=str(timeout))
    if effort is not None and effort <= 0:
        raise Malformed("effort", expected="a positive number of steps", got=str(effort))
    end = None if timeout is None else monotonic() + min(timeout, _LONGEST)
    return Budget(EFFORT if effort is None else effort, end, watch)
