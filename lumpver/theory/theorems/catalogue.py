"""Every claim, in one fixed order: from the property of ReLU to the paper's experiment."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lumpver.theory.theorems import (
    combinations,
    homogeneity,
    maxima,
    printed,
    proportions,
    quotients,
    signs,
    steady,
    symmetries,
)

if TYPE_CHECKING:
    from lumpver.theory.theorems.proving import Theorem


def all_theorems() -> tuple[Theorem, ...]:
    """Every claim, from the property of ReLU to the paper's experiment; names are distinct.

    Examples
    --------
    >>> {theorem.outcome for theorem in all_theorems()} == {"proved", "refuted"}
    True
    """
    return (
        *homogeneity.THEOREMS,
        *quotients.THEOREMS,
        *printed.THEOREMS,
        *maxima.THEOREMS,
        *proportions.THEOREMS,
        *signs.THEOREMS,
        *combinations.THEOREMS,
        *steady.THEOREMS,
        *symmetries.THEOREMS,
    )
