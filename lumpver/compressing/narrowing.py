"""Numbers of a narrower type, and scales of units with which more of them stay exact.

A unit may stand at any scale where its activation is positively homogeneous: theory E. Of a row
that is an odd number times numbers with fewer digits, these are taken, and readers get the odd one.
"""

from __future__ import annotations

from fractions import Fraction
from math import gcd
from typing import TYPE_CHECKING, Final

import numpy as np

from lumpver.compressing.numbers import Numbers, rounded
from lumpver.errors import Malformed
from lumpver.model.linear import mixes
from lumpver.model.network import Linear

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lumpver.compressing.sites import Site
    from lumpver.exact.floats import Floats
    from lumpver.model.network import Network

TYPES: Final = ("float32", "float16", "bfloat16")
_LARGEST: Final = 2**24  # an odd factor that columns can take up


def narrowed(network: Network, dtype: str | None) -> Numbers:
    """The numbers of all layers, to be rounded to a type where theirs is wider; else as they are.

    Raises
    ------
    Malformed
        If it is none of the types.
    """
    if dtype is None:
        return Numbers(network)
    if dtype not in TYPES:
        raise Malformed("rounding", expected=" or ".join(TYPES), got=repr(dtype)[:40])
    found = Numbers(network, dtype=dtype)
    for run in network.segments:
        for node in run.nodes:
            if isinstance(node, Linear) and mixes(node):
                found.loaded(node)
            elif node.b is not None:
                found.shifted(node)
    return found


def scale(numbers: Numbers, sites: Sequence[Site]) -> None:
    """Put units at scales at which more of their numbers are of the type, where there are such."""
    if numbers.dtype is None:
        return
    for i, site in enumerate(sites):
        if site.activation.homogeneous:
            for unit in range(site.units):
                _scale(numbers, i, site, unit)


def _scale(numbers: Numbers, i: int, site: Site, unit: int) -> None:
    """The same of one unit."""
    W, b = numbers.of(site.run), numbers.bias(site.run)
    row = np.append(W[unit], b[unit])
    odd = common(row)
    if not 1 < odd < _LARGEST or _misses(numbers, row) == 0:
        return
    columns = [
        numbers.of(reader.run)[:, reader.columns(unit, site.units)] for reader in site.readers
    ]
    before = sum(_misses(numbers, x) for x in (row, *columns))
    after = sum(_misses(numbers, x) for x in (row / odd, *(x * odd for x in columns)))
    if after >= before:
        return
    W[unit], b[unit] = W[unit] / odd, b[unit] / odd
    for reader in site.readers:
        numbers.of(reader.run)[:, reader.columns(unit, site.units)] *= odd
    numbers.scales[i, unit] = odd


def common(row: Floats) -> int:
    """The largest odd number that divides all numbers, as far as they are whole times powers of 2.

    Examples
    --------
    >>> common(np.array([1.5, -0.75, 6.0])), common(np.array([1.0, 3.0]))
    (3, 1)
    """
    found = 0
    for value in row[row != 0].tolist():
        found = gcd(found, Fraction(value).numerator)
        if found == 1:
            return 1
    return found // (found & -found) if found else 1


def _misses(numbers: Numbers, values: Floats) -> int:
    """How many numbers the type does not hold."""
    return int((rounded(values, numbers.dtype or "real") != values).sum())
