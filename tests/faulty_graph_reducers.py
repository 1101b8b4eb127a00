"""Reducers of whole models that are wrong in one way each, as somebody might have written them.

Each is right but for one thing that it forgets: a premise that the search asks for, or an
attribute that it does not write.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

import numpy as np
from flint import fmpq

from lumpver.errors import LumpverError
from lumpver.exact.array import nonzero, rationals, zeros
from lumpver.exact.scalar import ONE
from lumpver.io.files import load
from lumpver.io.onnx.write.fresh import fresh
from lumpver.model.join import Join
from lumpver.model.linear import Linear, moving
from lumpver.model.normalization import rational, scaling
from lumpver.model.pointwise import Pointwise
from lumpver.model.relabelling import Relabelling
from lumpver.model.segments import aggregate
from lumpver.model.weights import Normalization
from lumpver.reducing.reduction import reduce, reduce_by

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from lumpver.model.network import Network, Node, Segment


def padding_forgotten(network: Network) -> Network:
    """Constants are folded through the zero padding of convolutions."""
    with patch("lumpver.search.readers.misses", lambda *_: False):
        return reduce(network).network


def padded_means_forgotten(network: Network) -> Network:
    """Constants are constants behind a mean that counts padding, too."""
    with patch("lumpver.search.pool.meets_padding", lambda *_: False):
        return reduce(network).network


def variance_ignored(network: Network) -> Network:
    """Channels merge whatever their variances are."""
    with patch("lumpver.search.writing.ratio", lambda *_: ONE):
        return reduce(network).network


def groups_merged(network: Network) -> Network:
    """Units with equal filters merge, though each reads another group."""
    for segment in network.segments:
        kernel = moving(segment.nodes)
        if kernel is None or kernel.groups == 1 or len(segment.nodes) > 1:
            continue
        b = segment.nodes[0].b
        rows = [[*row, *([] if b is None else [rationals(b)[v]])]
                for v, row in enumerate(rationals(kernel.numbers).tolist())]  # fmt: skip
        found = _alike(rows)
        if found is not None:
            return _by(network, {segment.output: found})
    return network


def slopes_ignored(network: Network) -> Network:
    """Units merge whatever their own slopes are."""
    with patch("lumpver.search.groups._activated", lambda *_: {}):
        return reduce(network).network


def beta_forgotten(network: Network) -> Network:
    """A channel with gamma 0 goes, and what is added to it as well."""
    joins = any(isinstance(node, Join) for node in network.nodes)
    for segment in () if joins else network.segments:
        scaled = scaling(segment)
        if scaled is None or len(segment.nodes) < 2:
            continue
        gone = ~nonzero(scaled.gamma)
        if gone.any() and not gone.all():
            return _by(network, {segment.output: _without(gone)})
    return reduce(network).network


def one_writer_asked(network: Network) -> Network:
    """What a sum joins merges where its first operand has multiples, whatever the other has."""
    for node in network.nodes:
        if not isinstance(node, Join) or node.axis is not None:
            continue
        ends = [end for name in node.operands if (end := _writer(network, name)) is not None]
        if len({end.output for end in ends}) < 2:
            continue
        R, b = aggregate(rational(ends[0]), None, network.width.get(ends[0].input, 0))
        rows = np.c_[rationals(R), rationals(b)].tolist()
        found = _alike(rows)
        if found is not None:
            return _by(network, {end.output: found for end in ends})
    return network


def _writer(network: Network, name: str) -> Segment | None:
    """The run that makes a tensor, or what an activation makes it of."""
    node = network.producers.get(name)
    if isinstance(node, Pointwise):
        name = node.input
    return network.ends.get(name)


def _alike(rows: list[list[Any]]) -> Relabelling | None:
    """Equal rows in one block each; None where none are."""
    leads: dict[tuple[Any, ...], int] = {}
    block = [leads.setdefault(tuple(row), len(leads)) for row in rows]
    n = len(block)
    if len(leads) == n:
        return None
    return Relabelling(np.array(block), np.ones(n), zeros(n), len(leads))


def _without(gone: Any) -> Relabelling:
    """Some units are 0."""
    block = np.where(gone, -1, np.cumsum(~gone) - 1)
    return Relabelling(block, np.ones(gone.size), zeros(gone.size), int((~gone).sum()))


def _by(network: Network, found: Mapping[str, Relabelling]) -> Network:
    """The quotient, if it is a network at all."""
    try:
        made = reduce_by(network, found).network
        made.evaluate({t.name: np.zeros([n if isinstance(n, int) else 1 for n in t.shape or ()])
                       for t in made.inputs})  # fmt: skip
    except (LumpverError, IndexError, ValueError):
        return network
    return made


def operands_swapped(network: Network) -> Network:
    """Tensors are put side by side in the other order."""

    def swapped(node: Node, tensors: Any) -> Node:
        if not isinstance(node, Join) or node.operator != "Concat":
            return node
        same = len({tensors[name].shape for name in node.operands}) == 1
        return replace(node, operands=node.operands[::-1]) if same else node

    return _changed(network, swapped)


def differences_turned(network: Network) -> Network:
    """What is taken away is what it is taken from."""

    def turned(node: Node, _: Any) -> Node:
        if not isinstance(node, Join) or node.operator != "Sub":
            return node
        return replace(node, operands=node.operands[::-1])

    return _changed(network, turned)


def epsilon_ignored(network: Network) -> Network:
    """Normalizations divide by the root of the variance alone."""

    def exact(node: Node, _: Any) -> Node:
        if not isinstance(node, Linear) or not isinstance(node.weights, Normalization):
            return node
        weights = node.weights
        below = rationals(weights.variance)
        if not (below > 0).all():
            return node
        return replace(node, weights=replace(weights, epsilon=fmpq(0)))

    return _changed(network, exact)


def means_dropped(network: Network) -> Network:
    """Normalizations center nothing."""

    def moved(node: Node, _: Any) -> Node:
        if not isinstance(node, Linear) or not isinstance(node.weights, Normalization):
            return node
        return replace(node, weights=replace(node.weights, mean=zeros(node.weights.mean.size)))

    return _changed(network, moved)


def _changed(network: Network, change: Callable[[Node, Any], Node]) -> Network:
    """The right reduction with every node changed."""
    found = reduce(network, floats_only=True).network
    return replace(found, nodes=tuple(change(node, found.tensors) for node in found.nodes))


def of_files(function: Callable[[Network], Network]) -> Callable[[str], str]:
    """The same for the path of a file."""

    def reducer(path: str) -> str:
        target = Path(path).with_name("reduced.onnx")
        target.write_bytes(fresh(function(load(path).network)))
        return str(target)

    return reducer


FAULTY = (
    padding_forgotten,
    padded_means_forgotten,
    variance_ignored,
    groups_merged,
    slopes_ignored,
    beta_forgotten,
    one_writer_asked,
    operands_swapped,
    differences_turned,
    epsilon_ignored,
    means_dropped,
)
