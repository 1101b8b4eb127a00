"""Networks with one unit more that compute the same: what `entries` reaches gets it, too.

A unit is added to all tensors that are tied together; what reads it is made up for: its
weights are taken away from the unit that it is a multiple of, or from a bias.

multiple: the new unit is `scale` times unit `like`, in all that is tied
constant: it is the same number for all inputs, in each tensor another one
unread: it is anything, and all weights for it are 0
new: the entries of a tensor that belong to the new unit
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final, Literal, assert_never

import numpy as np

from lumpver.errors import Malformed
from lumpver.exact.array import Exact, compact, rationals, zeros
from lumpver.exact.scalar import ONE, ZERO
from lumpver.model.linear import Linear, moving, normalizes
from lumpver.model.network import Join, Network, Opaque, Pick, Pointwise, Pool, Rearrange
from lumpver.model.rearrange import spread_axis
from lumpver.model.several import Several
from lumpver.model.shapes import behind
from lumpver.model.spread import ALONE
from lumpver.model.weights import Kernel, Matrix
from lumpver.trial.strategies.entries import is_written, reached
from lumpver.trial.strategies.passing import (
    CannotGrow,
    New,
    activated,
    joined,
    new,
    normalized,
    numbers_of,
    pooled,
    scaled,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from flint import fmpq

    from lumpver.model.nodes import Modelled
    from lumpver.model.relabelling import Mask
    from lumpver.model.tensor import Shape
    from lumpver.trial.strategies.entries import Entries

    Draw = Callable[[int], list[fmpq]]

Kind = Literal["multiple", "constant", "unread"]
KINDS: Final[tuple[Kind, ...]] = ("multiple", "constant", "unread")


@dataclass(frozen=True, slots=True)
class Growth:
    """What is added to the tensors tied to `lead`, and where: in front of unit `place`.

    `steps` are the scale of what a normalization reads, over that of what it makes, and of the
    root that it divides by; the first may be negative. What is only `near` is no
    multiple where a second tensor is written, or where a root is another, and a constant as if
    there were no padding; then the network computes something else.
    """

    lead: str
    kind: Kind
    like: int = 0
    scale: fmpq = ONE
    place: int = 0
    steps: tuple[fmpq, fmpq] = (ONE, ONE)
    near: bool = False


def grown(network: Network, growth: Growth, draw: Draw) -> Network | None:
    """The network with one unit more, that computes the same; None where that cannot be.

    `draw` hands out so many numbers.

    Raises
    ------
    Malformed
        If there are no such units.

    Examples
    --------
    >>> one = Network.from_layers([([[3]], [1]), ([[2]], None)])
    >>> two = grown(one, Growth("h1.pre", "multiple", scale=2 * ONE), lambda n: [ONE] * n)
    >>> two.widths, [node.W.tolist() for node in two.nodes[::2]]
    ((1, 2, 1), [[[6.0], [3.0]], [[1.0, 0.0]]])
    """
    width = network.width[growth.lead]
    if not (0 <= growth.like < width and 0 <= growth.place <= width):
        raise Malformed("growth", expected=f"units below {width}", got=str(growth))
    order = [*range(width)]
    order.insert(growth.place, growth.like)
    found = reached(network, growth.lead, order)
    if found is None:
        return None
    try:
        return _Growing(network, growth, draw, found).made()
    except CannotGrow:
        return None


def left(network: Network, lead: str, kept: Sequence[int]) -> Network | None:
    """The network with only these units in all that is tied to `lead`; None where that cannot be.

    It computes something else, mostly.

    Examples
    --------
    >>> two = Network.from_layers([([[3], [5]], [1, 2]), ([[2, 7]], None)])
    >>> [node.W.tolist() for node in left(two, "h1.pre", [1]).nodes[::2]]
    [[[5.0]], [[7.0]]]
    """
    found = reached(network, lead, kept)
    if found is None or not kept:
        return None
    try:
        return _Growing(network, Growth(lead, "unread", place=-2), _nothing, found).made()
    except CannotGrow:
        return None


def _nothing(_: int) -> list[fmpq]:
    return []


@dataclass(slots=True)
class _Growing:
    """What the new entries of each changed tensor are, so far."""

    network: Network
    growth: Growth
    draw: Draw
    entries: dict[str, Entries]
    known: dict[str, New] = field(default_factory=dict)
    written: int = 0

    def made(self) -> Network:
        """The network with all nodes changed that have to be."""
        shapes: dict[str, Shape] = {t.name: t.shape for t in self.network.inputs}
        nodes: list[Modelled] = []
        for node in self.network.nodes:
            if isinstance(node, Opaque):
                raise CannotGrow
            changed = self._node(node)
            nodes.append(changed)
            shapes[changed.output] = behind(changed, shapes)
        tensors = {t.name: replace(t, shape=shapes[t.name]) for t in self.network.tensors.values()}
        outputs = tuple(tensors[tensor.name] for tensor in self.network.outputs)
        return replace(self.network, outputs=outputs, nodes=tuple(nodes), tensors=tensors)

    def _new(self, name: str) -> Mask:
        return np.asarray(self.entries[name].unit == self.growth.place)

    def _node(self, node: Modelled) -> Modelled:
        reads = any(name in self.entries for name in node.inputs)
        if isinstance(node, Linear) and is_written(node):
            node = self._read(node) if reads else node
            return self._written(node) if node.output in self.entries else node
        return self._passed(node) if reads else node

    def _passed(self, node: Modelled) -> Modelled:
        """A node that leaves units apart."""
        constant = self.growth.kind == "constant"
        match node:
            case Linear():
                node, after = self._scaled(node)
            case Pointwise():
                node = self._activated(node)
                after = activated(node, self.known[node.input], constant=constant)
            case Pool():
                shape = self.network.tensors[node.input].shape
                after = pooled(node, shape, self.known[node.input], near=self.growth.near)
            case Rearrange():
                node, after = self._rearranged(node)
            case Pick():
                raise CannotGrow
            case Join():
                given = [self.known[name] for name in node.operands if name in self.known]
                after = joined(node, given, constant=constant)
            case _:
                assert_never(node)
        self.known[node.output] = after
        return node

    def _written(self, node: Linear) -> Linear:
        """The node with a row for each new entry."""
        old, made = self.entries[node.output].old, self._new(node.output)
        W = _numbers(node)[old].copy()
        b = rationals(zeros(W.shape[0])) if node.b is None else rationals(node.b)[old].copy()
        after = new(int(made.sum()))
        match self.growth.kind:
            case "multiple":
                step = self.growth.scale
                step *= self.growth.steps[0] if self._is_normalized(node.output) else ONE
                W[made], b[made], after = W[made] * step, b[made] * step, new(after.count, step)
                if self.growth.near and self.written:
                    W[made] = numbers_of(self.draw(W[made].size)).reshape(W[made].shape)
            case "constant":
                after = new(after.count, value=numbers_of(self.draw(after.count)))
                W[made], b[made] = ZERO, after.value
            case "unread":
                W[made] = numbers_of(self.draw(W[made].size)).reshape(W[made].shape)
                b[made] = ONE
        self.known[node.output], self.written = after, self.written + 1
        bias = None if node.b is None and not b.astype(bool).any() else compact(b)
        return replace(node, weights=_with(node, W), b=bias)

    def _is_normalized(self, name: str) -> bool:
        readers = self.network.readers.get(name, [])
        return len(readers) == 1 and all(isinstance(r, Linear) and normalizes(r) for r in readers)

    def _read(self, node: Linear) -> Linear:
        """The node with columns for the new entries of what it reads, made up for."""
        found, made = self.entries[node.input], self._new(node.input)
        kernel, W = moving([node]), _numbers(node)
        taps = 1 if kernel is None else kernel.window.taps
        columns = W.reshape(W.shape[0], -1, taps)[:, found.old].copy()
        given, b = self.known[node.input], node.b
        drawn = numbers_of(self.draw(W.shape[0] * given.count * taps))
        drawn = drawn.reshape(W.shape[0], given.count, taps)
        match self.growth.kind:
            case "multiple":
                like = [np.flatnonzero((found.old == old) & ~made)[0] for old in found.old[made]]
                columns[:, like] = columns[:, like] - drawn * given.scale[:, None]
            case "constant":
                if kernel is not None and not self.growth.near:
                    drawn[:, np.outer(given.value.astype(bool), kernel.window.missed)] = ZERO
                shift = (drawn.sum(axis=2) * given.value).sum(axis=1)
                if shift.astype(bool).any():
                    b = compact((rationals(zeros(shift.size) if b is None else b)) - shift)
            case "unread":
                drawn[:] = ZERO
        columns[:, made] = drawn
        return replace(node, weights=_with(node, columns.reshape(W.shape[0], -1)), b=b)

    def _scaled(self, node: Linear) -> tuple[Linear, New]:
        old, made = self.entries[node.output].old, self._new(node.output)
        given, growth = self.known[node.input], self.growth
        if not normalizes(node):
            return scaled(node, old, made, given, near=growth.near)
        steps = None if growth.kind == "constant" else (ONE, ONE)
        if growth.kind == "multiple":
            steps = growth.scale, growth.steps[1]
        return normalized(node, old, made, given, steps=steps, near=growth.near)

    def _activated(self, node: Pointwise) -> Pointwise:
        """The node with an activation for each new entry, as the one that it is like has it."""
        if not isinstance(node.activation, Several):
            return node
        old: list[int] = self.entries[node.input].old.tolist()
        return replace(node, activation=node.activation.chosen(old))

    def _rearranged(self, node: Rearrange) -> tuple[Rearrange, New]:
        before = self.network.tensors[node.input].shape
        place = spread_axis(node, before, self.network.axes[node.input])
        over = ALONE if place is None else place[1]
        which = over.of(np.cumsum(self._new(node.input)) - 1)[self._new(node.output)]
        if node.operator == "Reshape" and node.parameters is not None:
            width = self.network.width[node.output]
            after = int(self.entries[node.output].old.size)
            node = replace(node, parameters=_reshaped(node.parameters, width, after))
        return node, self.known[node.input].at(which)


def _numbers(node: Linear) -> Exact:
    return rationals(node.W if node.W is not None else zeros(0, 0))


def _with(node: Linear, W: Exact) -> Matrix | Kernel:
    kernel = moving([node])
    return Matrix(compact(W)) if kernel is None else Kernel(compact(W), kernel.window)


def _reshaped(parameters: tuple[int, ...], before: int, after: int) -> tuple[int, ...]:
    """The target of a Reshape with another number of units along the last axis so long."""
    places = [i for i, size in enumerate(parameters) if size == before]
    if -1 in parameters and parameters.index(-1) == len(parameters) - 1:
        return parameters
    if not places:
        raise CannotGrow
    return (*parameters[: places[-1]], after, *parameters[places[-1] + 1 :])
