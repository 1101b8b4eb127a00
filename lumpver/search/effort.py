"""How much a search may still do: so many products of numbers, until a time of the clock.

Where the clock is not asked the same is done each time, whatever the machine.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import inf
from time import monotonic


@dataclass(slots=True, eq=False)
class Effort:
    """What is left. What a part spends, the whole has spent.

    Examples
    --------
    >>> whole = Effort(100)
    >>> half = whole.part(0.5)
    >>> half.spend(60)
    >>> half.over, whole.over, whole.products
    (True, False, 40)
    """

    products: float = inf
    until: float = inf
    whole: Effort | None = None

    @property
    def over(self) -> bool:
        """Whether nothing is left."""
        return self.products <= 0 or (self.until < inf and monotonic() > self.until)

    def spend(self, products: float) -> None:
        """So much less is left."""
        self.products -= products
        if self.whole is not None:
            self.whole.spend(products)

    def part(self, share: float) -> Effort:
        """That share of what is left, of the time as well."""
        now = monotonic() if self.until < inf else 0.0
        until = now + (self.until - now) * share
        return Effort(max(0.0, self.products) * share, until, self)
