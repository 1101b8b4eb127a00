"""Networks with planted lumpings, together with the relation that was planted.

A base network is blown up: units become several members with their scales, constants and
unread units join them, and every outgoing weight is split among members, so that rows are
multiples only after the blocks before them are taken together.

base: the network before planting; it computes the same function
member: a unit that is `scale` times a base unit
spare: a constant, or a unit that nothing reads
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from hypothesis import strategies as st

from lumpver.exact.array import compact
from lumpver.exact.scalar import ONE, ZERO, number
from lumpver.model.activations import IDENTITY, RELU, Activation
from lumpver.model.relabelling import Relabelling
from lumpver.search.lumping import Lumping
from lumpver.search.pointwise import activated
from lumpver.trial.strategies.drafts import Draft, Layer, dot
from lumpver.trial.strategies.networks import drafts
from lumpver.trial.strategies.numbers import factors, small

if TYPE_CHECKING:
    from collections.abc import Sequence

    from flint import fmpq
    from hypothesis.strategies import SearchStrategy

    from lumpver.model.network import Network
    from lumpver.trial.strategies.drafts import Number, Row
    from lumpver.trial.strategies.networks import Range

CONSTANT, UNREAD = -1, -2


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit of the blown-up layer: `scale` times base unit `block`, or a spare."""

    block: int
    scale: fmpq = ONE
    value: fmpq = ZERO


@dataclass(frozen=True, slots=True, eq=False)
class Planted:
    """A network, a lumping of it, and the smaller network that it was made from.

    `lumping` is valid but need not be the coarsest: the base may lump by itself.
    """

    network: Network
    lumping: Lumping
    base: Network
    draft: Draft


@st.composite
def planted(  # noqa: PLR0913 each is a choice of its own, all have defaults
    draw: st.DrawFn,
    *,
    depth: Range = (1, 2),
    width: Range = (1, 3),
    inputs: Range = (1, 2),
    outputs: Range = (1, 2),
    activations: Sequence[Activation] = (RELU,),
    numbers: SearchStrategy[Number] | None = None,
    scales: SearchStrategy[Number] | None = None,
    branches: bool = False,
    batch: bool = False,
) -> Planted:
    """Networks with members, constants and unread units planted in every hidden layer.

    Examples
    --------
    >>> from hypothesis import find
    >>> found = find(planted(), lambda planted: planted.network.units > planted.base.units)
    >>> found.network.units, found.base.units, found.lumping.of("h1").width
    (2, 1, 1)
    """
    drawn = small() if numbers is None else numbers
    base = draw(
        drafts(
            depth=depth,
            width=width,
            inputs=inputs,
            outputs=outputs,
            activations=activations,
            numbers=drawn,
            branches=branches,
            batch=batch,
        )
    )
    growth = _Growth(draw, drawn, factors() if scales is None else scales, base)
    plans = {i: growth.plan(i) for i in base.hidden}
    layers = tuple(growth.layer(i, plans) for i in range(len(base.layers)))
    grown = replace(base, layers=layers)
    return Planted(grown.network(), _lumping(grown, plans), base.network(), grown)


@dataclass(frozen=True, slots=True)
class _Growth:
    """What layers grow from: the base and where choices come from."""

    draw: st.DrawFn
    numbers: SearchStrategy[Number]
    scales: SearchStrategy[Number]
    base: Draft

    def plan(self, i: int) -> tuple[Unit, ...]:
        """The units of hidden layer i, shuffled."""
        layer = self.base.layers[i]
        units: list[Unit] = []
        for block in range(layer.units):
            for _ in range(self.draw(st.integers(1, 3))):
                free = layer.activation.homogeneous
                units.append(Unit(block, number(self.draw(self.scales)) if free else ONE))
        if self.draw(st.booleans()):
            units.append(Unit(CONSTANT, value=self._value(layer.activation)))
        units += [Unit(UNREAD)] * self.draw(st.integers(0, 1))
        return tuple(self.draw(st.permutations(units)))

    def _value(self, function: Activation) -> fmpq:
        if not function.rational:
            return ZERO
        return number(self.draw(self.numbers))

    def layer(self, i: int, plans: dict[int, tuple[Unit, ...]]) -> Layer:
        """Layer i over the blown-up layer that it reads."""
        before = self.base.layers[i]
        if i not in plans:
            rows = [self._row(plans, before.source, w) for w in before.W]
            biases = list(before.b)
        else:
            rows = [self._member(plans, before, unit) for unit in plans[i]]
            biases = [self._bias(before, unit) for unit in plans[i]]
        shift = self._constants(plans, before.source)
        b = tuple(number(c) - dot(row, shift) for c, row in zip(biases, rows, strict=True))
        return replace(before, W=tuple(rows), b=b)

    def _bias(self, before: Layer, unit: Unit) -> fmpq:
        if unit.block == UNREAD:
            return number(self.draw(self.numbers))
        return unit.value if unit.block < 0 else unit.scale * number(before.b[unit.block])

    def _member(self, plans: dict[int, tuple[Unit, ...]], before: Layer, unit: Unit) -> Row:
        columns = self.base.width(before.source)
        if unit.block >= 0:
            row = [unit.scale * number(w) for w in before.W[unit.block]]
        elif unit.block == CONSTANT:
            row = [ZERO] * columns
        else:
            row = [number(self.draw(self.numbers)) for _ in range(columns)]
        return self._row(plans, before.source, row)

    def _row(self, plans: dict[int, tuple[Unit, ...]], source: int, row: Sequence[Number]) -> Row:
        """Weights over the grown layer whose class sums are `row`."""
        if source not in plans:
            return tuple(row)
        units = plans[source]
        weights = [ZERO] * len(units)
        for u, unit in enumerate(units):
            if unit.block == CONSTANT:
                weights[u] = number(self.draw(self.numbers))
        for block, total in enumerate(row):
            *others, last = [u for u, unit in enumerate(units) if unit.block == block]
            rest = number(total)
            for u in others:
                weights[u] = number(self.draw(self.numbers))
                rest -= weights[u] * units[u].scale
            weights[last] = rest / units[last].scale
        return tuple(weights)

    def _constants(self, plans: dict[int, tuple[Unit, ...]], source: int) -> Row:
        """What the constants of the layer before contribute for weights 1."""
        if source not in plans:
            return (ZERO,) * self.base.width(source)
        function = self.base.layers[source].activation
        return tuple(
            function(unit.value) if unit.block == CONSTANT else ZERO for unit in plans[source]
        )


def _lumping(grown: Draft, plans: dict[int, tuple[Unit, ...]]) -> Lumping:
    """The planted relation, for every tensor that it relabels."""
    found: dict[str, Relabelling] = {}
    for i, units in plans.items():
        width = len({unit.block for unit in units if unit.block >= 0})
        ghosts = sum(unit.block == UNREAD for unit in units)
        block = [width if unit.block == UNREAD else unit.block for unit in units]
        scale, constant = np.empty(len(units), dtype=object), np.empty(len(units), dtype=object)
        scale[:], constant[:] = [u.scale for u in units], [u.value for u in units]
        before = Relabelling(
            np.array(block, dtype=np.int64), compact(scale), compact(constant), width, ghosts
        )
        found[grown.before(i)] = before
        function = grown.layers[i].activation
        if function != IDENTITY:
            found[grown.name(i)] = activated(before, function)
    return Lumping(found)
