"""Curves between bounds: by their values at the ends where they rise, else by how steep they are.

Statement. A(h) is between both numbers for every h from start to end.
Why. A curve that rises is least and largest at its ends; |A(h)| <= |A(0)| + lipschitz |h| for any;
a formula of a ball of numbers is a ball that all values are in.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lumpver.exact import balls
from lumpver.exact.scalar import ZERO

if TYPE_CHECKING:
    from flint import fmpq

    from lumpver.model.functions import Curve, Range


def image(curve: Curve, bounds: Range, start: fmpq | None, end: fmpq | None) -> Range:
    """Numbers beyond which no value between `start` and `end` is, None where none is known.

    Examples
    --------
    >>> from lumpver.model.activations import SQUARE
    >>> from lumpver.exact.scalar import number
    >>> low, high = image(SQUARE.mapping, SQUARE.bounds, number(-1), number(2))
    >>> low, 4 <= high < 5
    (0, True)
    """
    found = [bounds]
    if curve.increasing:
        found.append((_value(curve, start)[0], _value(curve, end)[1]))
    elif start is not None and end is not None:
        if curve.rational:
            found.append(balls.ends(curve.formula, start, end))
        middle, reach = curve.value(ZERO), max(abs(start), abs(end))
        if curve.lipschitz is not None and middle is not None:
            found.append((middle - curve.lipschitz * reach, middle + curve.lipschitz * reach))
    lows = [low for low, _ in found if low is not None]
    highs = [high for _, high in found if high is not None]
    return max(lows, default=None), min(highs, default=None)


def _value(curve: Curve, y: fmpq | None) -> Range:
    """Two numbers that A(y) is between, None where none is known."""
    if y is None:
        return None, None
    known = curve.value(y)
    return balls.ends(curve.formula, y, y) if known is None else (known, known)
