"""Activations in floats, entry by entry: their values, and how steep they are.

At a bend the piece before it counts, as automatic differentiation has it for ReLU.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from lumpver.bounds.steps import Each
from lumpver.exact.outward import nearest
from lumpver.model.functions import Pieces

if TYPE_CHECKING:
    from collections.abc import Callable

    from lumpver.bounds.pointwise import Given
    from lumpver.exact.floats import Floats
    from lumpver.model.activations import Activation
    from lumpver.model.functions import Curve

_FAR: Final = 500.0  # beyond it curves are lines, as far as floats tell, and e^y is not finite


def value(given: Given, x: Floats) -> Floats | None:
    """A(x), entry by entry; None where A jumps.

    Examples
    --------
    >>> from lumpver.model.activations import RELU
    >>> value(RELU, np.array([-1.0, 2.0])), slope(RELU, np.array([-1.0, 2.0]))
    (array([0., 2.]), array([0., 1.]))
    """
    return _each(given, x, 0)


def slope(given: Given, x: Floats) -> Floats | None:
    """A'(x), entry by entry; None where A jumps."""
    return _each(given, x, 1)


def _each(given: Given, x: Floats, order: int) -> Floats | None:
    if not isinstance(given, Each):
        return _one(given, x, order)
    found = np.empty_like(x)
    for place, function in enumerate(given.kinds):
        at = given.which == place
        made = _one(function, x[:, at], order)
        if made is None:
            return None
        found[:, at] = made
    return found


def _one(function: Activation, x: Floats, order: int) -> Floats | None:
    mapping = function.mapping
    if not isinstance(mapping, Pieces):
        return _curved(mapping, x, order)
    if not mapping.meets:
        return None
    place = np.searchsorted(nearest(np.array(mapping.bends, dtype=object)), x)
    slopes, shifts = (
        nearest(np.array([getattr(line, part) for line in mapping.lines], dtype=object))
        for part in ("slope", "constant")
    )
    return np.asarray(slopes[place] if order else slopes[place] * x + shifts[place])


def _curved(curve: Curve, x: Floats, order: int) -> Floats:
    plain, steep = _formulas(curve)
    if curve.rational:
        return _filled(steep if order else plain, x)
    near = np.clip(x, -_FAR, _FAR)
    tilt = _filled(steep, near)
    return tilt if order else _filled(plain, near) + tilt * (x - near)


def _filled(formula: Callable[[Floats], Any], x: Floats) -> Floats:
    return np.array(np.broadcast_to(np.asarray(formula(x), dtype=np.float64), x.shape))


@lru_cache(maxsize=64)
def _formulas(curve: Curve) -> tuple[Callable[[Floats], Any], Callable[[Floats], Any]]:
    """A and A' as functions of arrays."""
    import sympy  # noqa: PLC0415 only where there is a curve

    y = sympy.Symbol("y", real=True)
    formula = curve.formula(sympy, y)
    error = np.vectorize(math.erf, otypes=[np.float64])
    plain, steep = (
        sympy.lambdify(y, one, modules=[{sympy.erf.__name__: error}, "numpy"])
        for one in (formula, sympy.diff(formula, y))
    )
    return plain, steep
