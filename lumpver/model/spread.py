"""How the units of one axis lie in another that has taken in its neighbours.

copies: how many times all units follow each other: axes before that of the units were taken in
parts: as how many neighbouring entries each unit lies: axes behind it were taken in
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np


@dataclass(frozen=True, slots=True)
class Spread:
    """Part j of copy i of unit v is entry (i n + v) parts + j, for n units."""

    copies: int = 1
    parts: int = 1

    @property
    def count(self) -> int:
        """How many entries each unit has become."""
        return self.copies * self.parts

    def then(self, other: Spread) -> Spread:
        """Where units lie that are spread again.

        Examples
        --------
        >>> import numpy as np
        >>> twice = Spread(2, 1).then(Spread(1, 2))
        >>> twice.of(np.arange(2)).tolist(), Spread(1, 2).of(Spread(2, 1).of(np.arange(2))).tolist()
        ([0, 0, 1, 1, 0, 0, 1, 1], [0, 0, 1, 1, 0, 0, 1, 1])
        """
        return Spread(self.copies * other.copies, self.parts * other.parts)

    def of(self, numbers: Any) -> Any:
        """One number for every entry, from one for every unit."""
        return np.tile(np.repeat(numbers, self.parts), self.copies)

    def gathered(self, mask: Any) -> Any:
        """The units of which any entry is in the mask."""
        return mask.reshape(self.copies, -1, self.parts).any(axis=(0, 2))


ALONE: Final = Spread()
