"""The exact rank of a matrix over the rationals.

The rank modulo a prime never exceeds the rank of the integer matrix, so a full one is exact
at once; otherwise fraction-free elimination over the integers decides.
"""

from __future__ import annotations

from flint import nmod_mat

from lumpver.exact.array import PRIME, Exact, integer_multiple


def rank(a: Exact) -> int:
    """The exact rank of a matrix over the rationals.

    Examples
    --------
    >>> from lumpver.exact.array import array
    >>> rank(array([[1, 2], [2, 4], ["1/3", 1]]))
    2
    """
    if 0 in a.shape:
        return 0
    integers = integer_multiple(a)
    quick = int(nmod_mat(integers, PRIME).rank())
    return quick if quick == min(a.shape) else int(integers.rank())
