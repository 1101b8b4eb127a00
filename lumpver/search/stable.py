"""Units that never switch, whatever the input: the sign-stable rule.

What an activation like ReLU lets out is never negative. Behind it, a unit whose weights and
bias are all >= 0 is never negative either, so the next ReLU is the identity there: such
units merge by any exact linear dependence. One whose weights and bias are all <= 0 is never
positive: the next ReLU makes it 0.

up: units that are never negative
off: units that are never positive
span: a class of units as a combination of classes before it, and a constant

References
----------
Ressi, Romanello, Piazza, Rossi: *Neural Networks Reduction via Lumping*, Section 5: fixed
weights of one sign. Serra, Kumar, Ramalingam: *Lossless Compression of Deep Neural
Networks*, for boxes instead of signs.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, assert_never

import numpy as np

from lumpver.exact.array import Exact, entry, negative, positive
from lumpver.exact.dependence import combinations
from lumpver.model.linear import mixes
from lumpver.model.network import Linear, Network, Opaque, Pointwise, Rearrange
from lumpver.model.segments import aggregate
from lumpver.search.observation import family

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from flint import fmpq

    from lumpver.exact.proportional import Rows
    from lumpver.model.network import Segment
    from lumpver.model.relabelling import Mask, Relabelling

Class = list[tuple[int, "fmpq"]]
_FIRST = 16
_ROWS = 64


@dataclass(frozen=True, slots=True)
class Span:
    """The first unit of a class: coefficients of the first units of other classes, and k."""

    coefficients: dict[int, fmpq]
    constant: fmpq


@dataclass(frozen=True, slots=True)
class Signs:
    """Which units of a segment never switch; empty where the rule does not apply."""

    up: Mask
    off: Mask

    @staticmethod
    def unknown(units: int) -> Signs:
        """Nothing is known of any unit."""
        return Signs(np.zeros(units, dtype=bool), np.zeros(units, dtype=bool))

    def without(self, *, up: Mask, off: Mask) -> Signs:
        """The same, but not of these units."""
        return Signs(self.up & ~up, self.off & ~off)


def nonnegative(network: Network) -> frozenset[str]:
    """The tensors that are never negative because of the activation that makes them."""
    found: set[str] = set()
    for node in network.nodes:
        match node:
            case Pointwise():
                certain = node.activation.nonnegative
            case Rearrange():
                certain = node.input in found
            case Linear() | Opaque():
                certain = False
            case _:
                assert_never(node)
        if certain:
            found.update(node.outputs)
    return frozenset(found)


def signs(
    network: Network, segment: Segment, R: Exact, b: Exact, before: Relabelling | None
) -> Signs:
    """The units of a segment whose input is never negative, and that never switch.

    R and b are the segment's in terms of its input's blocks, which are never negative either;
    where there is but one matrix, a unit may also show its sign in the weights as they were.

    Examples
    --------
    >>> network = Network.from_layers([([[1], [-1]], None), ([[1, 2], [-1, 0]], None),
    ...                                ([[1, 1]], None)])
    >>> segment = network.segments[1]
    >>> found = signs(network, segment, *aggregate(segment, None, 2), None)
    >>> found.up.tolist(), found.off.tolist()
    ([True, False], [False, True])
    """
    readers = list(_readers(network, segment.output))
    if not readers or not all(transparent for transparent, _ in readers):
        return Signs.unknown(R.shape[0])
    up, off = _never_below(R, b), _never_above(R, b)
    if before is not None and sum(map(mixes, segment.nodes)) == 1:
        W, c = aggregate(segment, None, before.units)
        up, off = up | _never_below(W, c), off | _never_above(W, c)
    if not all(zero for _, zero in readers):
        off = np.zeros_like(off)
    return Signs(up, off)


def _readers(network: Network, name: str) -> Iterator[tuple[bool, bool]]:
    """For every reader of a tensor, also rearranged, what it does to units of one sign.

    Whether it leaves all that is >= 0 as it is, and so do those that follow it unit by
    unit; whether it makes 0 of all that is <= 0.
    """
    same = [name]
    for node in (node for tensor in same for node in network.readers.get(tensor, [])):
        match node:
            case Rearrange():
                same.append(node.output)
            case Pointwise():
                follow = (
                    after.activation.homogeneous
                    for member in family(network, node.output)
                    for after in network.readers.get(member, [])
                    if isinstance(after, Pointwise)
                )
                yield node.activation.homogeneous and all(follow), node.activation.slope == 0
            case Linear() | Opaque():
                yield False, False
            case _:
                assert_never(node)


def _never_below(R: Exact, b: Exact) -> Mask:
    """The rows of (R | b) that have no entry below 0."""
    return _without(negative, R, b)


def _never_above(R: Exact, b: Exact) -> Mask:
    """The rows of (R | b) that have no entry above 0."""
    return _without(positive, R, b)


def _without(sign: Callable[[Exact], Mask], R: Exact, b: Exact) -> Mask:
    """The rows of (R | b) with no entry of a sign; most that have one show it early."""
    found = ~sign(b) & ~sign(R[:, :_FIRST]).any(axis=1)
    rows = np.flatnonzero(found)
    for some in np.split(rows, range(_ROWS, rows.size, _ROWS)):
        found[some] = ~sign(R[some]).any(axis=1)
    return np.asarray(found, dtype=bool)


def spanned(classes: Sequence[Class], R: Exact, b: Exact, up: Mask) -> dict[int, Span]:
    """The classes whose units combine those of others, by their place; rows (R | b).

    Only classes that are never negative take part, all their members by themselves.

    Examples
    --------
    >>> classes = [[(0, 1)], [(1, 1)], [(2, 1)]]
    >>> R, b = np.array([[1.0, 0.0], [0.0, 2.0], [3.0, 1.0]]), np.array([0.0, 0.0, 5.0])
    >>> found = spanned(classes, R, b, np.ones(3, dtype=bool))
    >>> found[2].coefficients, found[2].constant
    ({0: 3, 1: 1/2}, 5)
    """
    if not up.any():
        return {}
    able = [i for i, members in enumerate(classes) if all(up[v] for v, _ in members)]
    leads: Rows = np.array([classes[i][0][0] for i in able], dtype=np.int64)
    if leads.size < 2:
        return {}
    found = {}
    for place, row in combinations(R[leads]).items():
        constant = entry(b, int(leads[place]))
        for j, coefficient in row.items():
            constant -= coefficient * entry(b, int(leads[j]))
        found[able[place]] = Span({able[j]: c for j, c in row.items()}, constant)
    return found
