"""Activations in floats, entry by entry: their values, and how steep they are.

At a bend the piece before it counts, as automatic differentiation has it for ReLU.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from lumpver.model.functions import Pieces
from lumpver.search.sampling import by_kind, lines_at

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
    return by_kind(given, x, _value)


def slope(given: Given, x: Floats) -> Floats | None:
    """A'(x), entry by entry; None where A jumps."""
    return by_kind(given, x, _slope)


def _value(function: Activation, x: Floats) -> Floats | None:
    if not isinstance(function.mapping, Pieces):
        return _curved(function.mapping, x, 0)
    found = lines_at(function, x)
    return None if found is None else np.asarray(found[0] * x + found[1])


def _slope(function: Activation, x: Floats) -> Floats | None:
    if not isinstance(function.mapping, Pieces):
        return _curved(function.mapping, x, 1)
    found = lines_at(function, x)
    return None if found is None else found[0]


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
