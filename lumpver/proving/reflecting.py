"""Forms of two networks over one table of columns: equal forms of the outputs are a proof.

Every entry of a tensor has its own form, so that convolutions and layouts need no rules of their
own. Where a node has no forms, or they do not fit, nothing is said.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from math import prod
from typing import TYPE_CHECKING, Any, assert_never

import numpy as np

from lumpver.errors import TooLarge
from lumpver.exact.array import Exact, entry, multiply
from lumpver.exact.array import add as exact_sum
from lumpver.exact.roots import root
from lumpver.exact.scalar import ONE
from lumpver.model import pick, rearrange
from lumpver.model.forms import Columns, Form, add
from lumpver.model.linear import Linear, is_idle, laid_out, taps_of
from lumpver.model.network import Join, Opaque, Pick, Pointwise, Pool, Rearrange
from lumpver.model.regions import behind, with_forms
from lumpver.model.several import laid_out as activations
from lumpver.model.weights import Diagonal, Identity, Kernel, Matrix, Normalization
from lumpver.proving.replaying import shape_of
from lumpver.proving.switching import never_switches

if TYPE_CHECKING:
    from lumpver.model.network import Node
    from lumpver.proving.pairing import Pair

Signs = Mapping[str, tuple[int, dict[int, bool]]]

_ROOM = 2**22  # entries of forms, of both networks


def alike(pair: Pair) -> bool:
    """Whether both networks' outputs are seen to have equal forms, whatever their inputs are.

    Examples
    --------
    >>> from lumpver.model.network import Network
    >>> from lumpver.proving.pairing import pair
    >>> split = Network.from_layers([([[1], [-1]], None), ([[1, -1]], None)])
    >>> alike(pair(split, Network.from_layers([([[1]], None)])))
    True
    """
    sizes = [shape_of(pair.a, ours) for ours, _ in pair.inputs]
    if not pair.general or None in sizes:
        return False
    count = sum(prod(size or ()) for size in sizes)
    if _same(pair, Columns(count, room=_ROOM), {}):
        return True
    for first, network in enumerate((pair.a, pair.b)):
        signs = never_switches(network)
        if signs and _same(pair, Columns(count, room=_ROOM), signs, first=first):
            return True
    return False


def _same(pair: Pair, columns: Columns, signs: Signs, *, first: int = 0) -> bool:
    """The same, where these units of one network never switch; its forms are had first."""
    try:
        ours = _outputs(pair, first, columns, signs)
        theirs = _outputs(pair, 1 - first, columns, {})
    except TooLarge:
        return False
    return ours is not None and ours == theirs


def _outputs(pair: Pair, side: int, columns: Columns, signs: Signs) -> list[list[Form]] | None:
    """The forms of a network's outputs, entry by entry; None where one has none."""
    network = (pair.a, pair.b)[side]
    known: dict[str, Exact] = {}
    first = 0
    for names in pair.inputs:
        shape = shape_of(network, names[side])
        if shape is None:
            return None
        columns.takes(prod(shape))
        known[names[side]] = _array([{first + i: ONE} for i in range(prod(shape))], shape)
        first += prod(shape)
    for node in network.nodes:
        if isinstance(node, Pointwise) and node.input in known:
            _tell(known[node.input], signs.get(node.input), columns)
        found = _formed(node, known, columns)
        if found is not None:
            known[node.outputs[0]] = found
    wanted = [(output.ours, output.theirs)[side] for output in pair.outputs]
    if any(name not in known for name in wanted):
        return None
    return [known[name].ravel().tolist() for name in wanted]


def _tell(x: Exact, known: tuple[int, dict[int, bool]] | None, columns: Columns) -> None:
    """Take it that units along an axis never switch, at any position."""
    axis, units = known or (-1, {})
    for unit, up in units.items():
        for form in np.take(x, [unit], axis=axis).ravel().tolist() if x.ndim >= -axis else ():
            columns.tell(form, up=up)


def _array(forms: list[Form], shape: tuple[int, ...]) -> Exact:
    result = np.empty(len(forms), dtype=object)
    result[:] = forms
    return result.reshape(shape)


def _formed(node: Node, known: Mapping[str, Exact], columns: Columns) -> Exact | None:
    """The forms of what a node makes, if it has any."""
    if any(name not in known for name in node.inputs):
        return None
    match node:
        case Linear():
            return _linear(node, known[node.input], columns)
        case Pointwise():
            return _activated(node, known[node.input], columns)
        case Rearrange():
            return rearrange.value(node, known[node.input])
        case Pick():
            return _picked(node, known[node.input], columns)
        case Join():
            return _joined(node, [known[name] for name in node.inputs], columns)
        case Pool() | Opaque():
            return None
        case _:
            assert_never(node)


def _linear(node: Linear, x: Exact, columns: Columns) -> Exact | None:
    if is_idle(node):
        return x
    columns.takes(x.size * taps_of([node]))
    rows = laid_out(node, x)
    shape = rows.shape[1:]
    flat = rows.reshape(rows.shape[0], prod(shape))
    plain = _multiplied_out(node)
    if plain is None or not flat.shape[1]:
        return None
    found = [behind(plain, list(map(_form, part)), columns) for part in flat.T.tolist()]
    made = _array([form for part in found for form in part], (len(found), -1)).T
    return np.moveaxis(made.reshape(made.shape[0], *shape), 0, x.ndim + node.axis)


def _form(value: Any) -> Form:
    """A form: what stands for padding is none."""
    return value if isinstance(value, dict) else {}


def _multiplied_out(node: Linear) -> Linear | None:
    """The node, a normalization as factors and a bias; None if one of them is irrational."""
    match node.weights:
        case Matrix() | Kernel() | Diagonal() | Identity():
            return node
        case Normalization(gamma, mean) as weights:
            below = [root(entry(weights.squares, v)) for v in range(gamma.size)]
            if None in below:
                return None
            factors = multiply(gamma, np.array([ONE / r for r in below if r is not None]))
            moved = -multiply(factors, mean)
            b = moved if node.b is None else exact_sum(moved, node.b)
            return replace(node, weights=Diagonal(factors), b=b)
        case _:
            assert_never(node.weights)


def _activated(node: Pointwise, x: Exact, columns: Columns) -> Exact | None:
    if with_forms(node) is None:
        return None
    slopes = [function.slope for function in activations(node.activation, x.shape)]
    known = [slope for slope in slopes if slope is not None]
    return _array(columns.each_activated(x.ravel().tolist(), known), x.shape)


def _picked(node: Pick, x: Exact, columns: Columns) -> Exact:
    along = {axis: len(places) for axis, places in node.places}
    columns.takes(prod(along.get(axis - x.ndim, size) for axis, size in enumerate(x.shape)))
    return pick.value(node, x)


def _joined(node: Join, operands: list[Exact], columns: Columns) -> Exact | None:
    if node.operator == "Concat" and node.axis is not None:
        columns.takes(sum(part.size for part in operands))  # as often as it is doubled
        return np.concatenate(operands, axis=node.axis)
    if node.operator not in {"Add", "Sub"}:
        return None
    columns.takes(prod(np.broadcast_shapes(*(part.shape for part in operands))))
    spread = np.broadcast_arrays(*operands)
    found = []
    for first, *others in zip(*(part.ravel().tolist() for part in spread), strict=True):
        total = dict(first)
        for other in others:
            add(total, ONE if node.operator == "Add" else -ONE, other)
        columns.takes(len(total))
        found.append(total)
    return _array(found, spread[0].shape)
