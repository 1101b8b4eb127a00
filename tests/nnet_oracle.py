"""A second reading of NNet files, slow and plain: what their programs compute, clipping aside."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise
from typing import TYPE_CHECKING

from nasty import fractions

if TYPE_CHECKING:
    from lumpver.model.network import Network

TINY = """\
// a comment
2,2,1,2,
2,2,1,
0,
-1,-1,
1,1,
0.5,0,1,
2,-4,10,
1,-1,
0.1,1e-1,
0.25,
-3,
1,0.5,
0,
"""


def cells(line: str) -> list[Fraction]:
    """The numbers of a line, a comma behind the last one or not."""
    words = [word.strip() for word in line.split(",")]
    return [Fraction(word) for word in (words if words[-1] else words[:-1])]


def computed(data: bytes, x: list[Fraction]) -> list[Fraction]:
    """The outputs at `x`, word by word with Fractions."""
    text = data.decode(errors="surrogateescape")
    lines = text.split("\n")
    while lines[0].startswith("//"):
        del lines[0]
    sizes = [int(n) for n in cells(lines[1])]
    means, ranges = cells(lines[5]), cells(lines[6])
    mean = means[-1] if len(means) > len(x) else Fraction(0)
    factor = ranges[-1] if len(ranges) > len(x) else Fraction(1)
    values = [(v - m) / r for v, m, r in zip(x, means, ranges, strict=False)]
    at = 7
    for layer, (before, after) in enumerate(pairwise(sizes), start=2):
        W = [cells(line) for line in lines[at : at + after]]
        b = [cells(line) for line in lines[at + after : at + 2 * after]]
        assert all(len(row) == before for row in W)
        assert all(len(row) == 1 for row in b)
        sums = [
            sum((w * v for w, v in zip(row, values, strict=True) if w), Fraction(0)) for row in W
        ]
        values = [s + bias for s, (bias,) in zip(sums, b, strict=True)]
        if layer < len(sizes):
            values = [max(v, Fraction(0)) for v in values]
        at += 2 * after
    return [v * factor + mean for v in values]


def values(network: Network, x: list[Fraction]) -> list[Fraction]:
    """A network's outputs at `x`, as Fractions."""
    found: list[Fraction] = fractions(network.evaluate({"x": x})["y"]).ravel().tolist()
    return found
