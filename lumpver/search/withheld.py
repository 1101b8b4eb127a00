"""Units that a rule has to leave alone: because somebody asked, or a file cannot hold them.

unit: (tensor, index), the tensor being the output of an affine segment
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

Units = frozenset[tuple[str, int]]


@dataclass(frozen=True, slots=True)
class Withheld:
    """Units that must not be merged, folded as constants, or dropped as unused."""

    merges: Units = frozenset()
    constants: Units = frozenset()
    unused: Units = frozenset()

    def union(self, other: Withheld) -> Withheld:
        """Everything that either withholds."""
        return Withheld(
            self.merges | other.merges,
            self.constants | other.constants,
            self.unused | other.unused,
        )

    def __bool__(self) -> bool:
        return bool(self.merges or self.constants or self.unused)


@lru_cache(maxsize=8)
def by_tensor(chosen: Units) -> dict[str, frozenset[int]]:
    """The units of each tensor among those chosen."""
    found: dict[str, set[int]] = {}
    for name, unit in chosen:
        found.setdefault(name, set()).add(unit)
    return {name: frozenset(units) for name, units in found.items()}


def units_of(chosen: Units, name: str) -> list[int]:
    """The units of one tensor among those chosen.

    Examples
    --------
    >>> units_of(frozenset({("h", 3), ("g", 1)}), "h")
    [3]
    """
    return sorted(by_tensor(chosen).get(name, ()))


def require_pairs(keep: Any) -> None:
    """Nothing, if units are given by tensor and index.

    Raises
    ------
    TypeError
        Saying what to give instead.
    """
    for unit in keep:
        match unit:
            case (str(), int()):
                continue
        got = type(unit).__name__
        raise TypeError(f"keep: expected pairs such as ('h1', 3), got {got}")
