"""Valid lumpings of a given network, from the identity to the coarsest.

Any of them is right: partial merges, other representatives and scales, constants kept or
folded, unobserved blocks kept or dropped. The checker has to accept them all.

part: some of the members of a class of multiples
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from hypothesis import strategies as st

from lumpver.errors import NotRational
from lumpver.exact.array import compact, entry, nonzero, rationals, zeros
from lumpver.exact.proportional import proportional_rows
from lumpver.exact.scalar import ONE, number
from lumpver.model.activations import IDENTITY
from lumpver.model.network import Network, Pointwise
from lumpver.model.normalization import rational
from lumpver.model.relabelling import Relabelling
from lumpver.model.segments import aggregate
from lumpver.model.several import common
from lumpver.search.lumping import Lumping
from lumpver.search.observation import drop_unobserved, pinned
from lumpver.search.pointwise import activated
from lumpver.trial.strategies.numbers import factors

if TYPE_CHECKING:
    from flint import fmpq

    from lumpver.exact.array import Exact
    from lumpver.model.activations import Activation

    Members = list[tuple[int, fmpq]]


@st.composite
def lumpings(
    draw: st.DrawFn, network: Network, *, fold: bool = False, drop: bool = True
) -> Lumping:
    """Valid lumpings of a network of affine nodes, each with its activation, on one axis.

    With `fold` every constant is folded, as Definition 6* has it; with `drop` unobserved
    blocks may become ghosts.

    Examples
    --------
    >>> from hypothesis import find
    >>> twins = Network.from_layers([([[1], [2]], None), ([[1, 1]], None)])
    >>> find(lumpings(twins), lambda found: True).relabellings
    {}
    >>> found = find(lumpings(twins), lambda found: found.of("h1") is not None)
    >>> found.of("h1").units
    2
    """
    found: dict[str, Relabelling] = {}
    sums: dict[str, Exact] = {}
    fixed = pinned(network)
    for segment in network.segments:
        units = network.width.get(segment.input, 0)
        R, b = aggregate(rational(segment), found.get(segment.input), units)
        sums[segment.output] = R
        if segment.output in fixed:
            continue
        readers = network.readers.get(segment.output, [])
        functions = [node for node in readers if isinstance(node, Pointwise)]
        if len(functions) != 1 or len(readers) != 1:
            continue
        function = common(functions[0].activation)
        if function is None:
            continue
        relabelling = _drawn(draw, R, b, function, fold=fold)
        if not relabelling.is_identity:
            found[segment.output] = relabelling
            found[functions[0].output] = activated(relabelling, function)
    if drop and draw(st.booleans()):
        found = drop_unobserved(network, found, sums, pinned=fixed, kept=frozenset())
    return Lumping(found)


def _drawn(draw: st.DrawFn, R: Exact, b: Exact, function: Activation, *, fold: bool) -> Relabelling:
    """A valid relabelling of one layer, given its class sums."""
    moving = nonzero(R).any(axis=1)
    folded = [
        int(v)
        for v in np.flatnonzero(~moving)
        if _rational(function, entry(b, int(v))) and (fold or draw(st.booleans()))
    ]
    multiples = function.homogeneous
    classes = proportional_rows(R, b, np.flatnonzero(moving), multiples=multiples)
    classes += [[(int(v), ONE)] for v in np.flatnonzero(~moving) if int(v) not in folded]
    parts = [part for members in classes for part in _split(draw, members)]
    scaled = [_rescaled(draw, part) if multiples else part for part in parts]
    order = draw(st.permutations(range(len(parts)))) if draw(st.booleans()) else None
    return _relabelling(scaled, folded, b, order)


def _split(draw: st.DrawFn, members: Members) -> list[Members]:
    """The class in parts; every member by itself comes first."""
    parts: list[Members] = []
    home: list[Members] = []
    for place, member in enumerate(members):
        back = draw(st.integers(0, place)) if place else 0
        if back == 0:
            parts.append([])
        home.append(home[place - back] if back else parts[-1])
        home[-1].append(member)
    return parts


def _rescaled(draw: st.DrawFn, part: Members) -> Members:
    """The members with scales as ratios to another representative than the first."""
    if len(part) == 1 and not draw(st.booleans()):
        return [(part[0][0], ONE)]
    unit = number(draw(factors())) / part[draw(st.integers(0, len(part) - 1))][1]
    return [(v, ratio * unit) for v, ratio in part]


def _relabelling(
    classes: list[Members], folded: list[int], b: Exact, order: list[int] | None
) -> Relabelling:
    n = b.shape[0]
    block = np.full(n, -1, dtype=np.int64)
    scale, constant = rationals(zeros(n) + 1), rationals(zeros(n))
    ordered = sorted(classes) if order is None else [sorted(classes)[j] for j in order]
    for column, members in enumerate(ordered):
        for v, ratio in members:
            block[v], scale[v] = column, ratio
    for v in folded:
        constant[v] = entry(b, v)
    return Relabelling(block, compact(scale), compact(constant), len(classes))


def _rational(function: Activation, value: fmpq) -> bool:
    if function == IDENTITY:
        return True
    try:
        function(value)
    except NotRational:
        return False
    return True
