"""Inputs and outputs of two networks: whether they match, and have equal shapes.

Shapes are inferred from the inputs on, never taken from what a file declares of an output.
Equal shapes are equal for every batch size; two that are known to differ for some refute.

unit axes: axes of length 1; they count where the inputs have the same axes on both sides,
    and not between formats of which only one has a batch axis
class: lengths that the inputs say are the same, as one number or one name
"""

from __future__ import annotations

from dataclasses import dataclass, field
from math import prod
from typing import TYPE_CHECKING, Literal, assert_never

from lumpver.errors import ShapeMismatch
from lumpver.model.network import Join, Linear, Opaque, Pick, Pointwise, Pool, Rearrange
from lumpver.model.shapes import behind
from lumpver.proving.pairing import agree, matched

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from lumpver.model.network import Modelled, Network
    from lumpver.model.tensor import Dimension, Shape, Tensor
    from lumpver.proving.pairing import Pair

Verdict = Literal["same", "different", "unknown"]


@dataclass(slots=True)
class _Classes:
    """Which lengths are the same, by what the inputs have in common."""

    parents: dict[Dimension, Dimension] = field(default_factory=dict)

    def find(self, length: Dimension) -> Dimension:
        while length in self.parents:
            length = self.parents[length]
        return length

    def join(self, one: Dimension, other: Dimension) -> None:
        first, second = self.find(one), self.find(other)
        if first == second or (isinstance(first, int) and isinstance(second, int)):
            return
        if isinstance(first, int):
            first, second = second, first
        self.parents[first] = second


def inferred(network: Network, side: str = "") -> dict[str, Shape]:
    """The shape of every tensor as far as it follows from the inputs' shapes.

    Names of lengths are marked with the `side`; a length of an input without a name gets one.

    Examples
    --------
    >>> from lumpver.model.network import Network
    >>> chain = Network.from_layers([([[1, 2]], None), ([[1], [1], [1]], None)])
    >>> inferred(chain)["y"]
    (3,)
    """
    found: dict[str, Shape] = {}
    for tensor in network.inputs:
        shape = tensor.shape
        found[tensor.name] = (
            None
            if shape is None
            else tuple(
                size if isinstance(size, int) else f"{side}:{size or (tensor.name, axis)}"
                for axis, size in enumerate(shape)
            )
        )
    for node in network.nodes:
        match node:
            case Linear() | Pointwise() | Rearrange() | Pick() | Pool() | Join():
                found[node.output] = _behind(node, found)
            case Opaque():
                found |= dict.fromkeys(node.outputs)
            case _:
                assert_never(node)
    return found


def _behind(node: Modelled, found: Mapping[str, Shape]) -> Shape:
    try:
        return behind(node, found)
    except ShapeMismatch:
        return None


def differences(a: Network, b: Network) -> tuple[str, ...]:
    """How inputs and outputs are known to differ, in words: no input can show it.

    Examples
    --------
    >>> from lumpver.model.network import Network
    >>> one, two = (Network.from_layers([([[1]] * n, None)]) for n in (1, 2))
    >>> differences(one, two)
    ('output y has shape (1) in the first model and (2) in the second',)
    """
    for what, ours, theirs in (("input", a.inputs, b.inputs), ("output", a.outputs, b.outputs)):
        if len(ours) != len(theirs):
            return (f"the first model has {_count(what, ours)}, the second {_count(what, theirs)}",)
    inputs = matched(a.inputs, b.inputs)
    found = [
        _said("input", one, one.shape, other.shape)
        for one, other in inputs
        if not agree(one.shape, other.shape)
    ]
    found += [
        f"{what} {one.name} has type {one.dtype} in the first model and {other.dtype} in the second"
        for what, pairs in (("input", inputs), ("output", matched(a.outputs, b.outputs)))
        for one, other in pairs
        if _kind(one) != _kind(other) and not {one.dtype, other.dtype} & {"", "real"}
    ]
    if found:
        return tuple(found)
    return tuple(
        _said("output", one, ours, theirs)
        for one, ours, theirs, verdict in _outputs(a, b)
        if verdict == "different"
    )


def unsettled(a: Network, b: Network) -> frozenset[str]:
    """The first network's outputs whose inferred shapes leave open whether they are equal."""
    return frozenset(one.name for one, _, _, verdict in _outputs(a, b) if verdict == "unknown")


def _outputs(a: Network, b: Network) -> list[tuple[Tensor, Shape, Shape, Verdict]]:
    """Every output with its inferred shapes, and whether they are equal."""
    ours, theirs = inferred(a, "a"), inferred(b, "b")
    classes, alike = _Classes(), True
    for one, other in matched(a.inputs, b.inputs):
        here, there = ours[one.name], theirs[other.name]
        if here is None or there is None or len(here) != len(there):
            alike = False
            continue
        for length, same in zip(here, there, strict=True):
            classes.join(length, same)
    compare: Callable[[Shape, Shape], Verdict] = _equal if alike else _up_to_unit_axes
    found = []
    for one, other in matched(a.outputs, b.outputs):
        first, second = (
            None if shape is None else tuple(classes.find(length) for length in shape)
            for shape in (ours[one.name], theirs[other.name])
        )
        found.append((one, first, second, compare(first, second)))
    return found


def _equal(one: Shape, other: Shape) -> Verdict:
    if one is None or other is None:
        return "unknown"
    known = [x != y for x, y in zip(one, other, strict=False) if x is not None and y is not None]
    if len(one) != len(other) or any(known):
        return "different"
    return "same" if len(known) == len(one) else "unknown"


def _up_to_unit_axes(one: Shape, other: Shape) -> Verdict:
    return "same" if agree(one, other) else "different"


def _kind(tensor: Tensor) -> str:
    """The type, where floats of all widths are one: they hold real numbers."""
    return "float" if "float" in tensor.dtype or tensor.dtype == "double" else tensor.dtype


def unlike(pairing: Pair) -> str:
    """What is said of inputs that no point can be given for: a length is known on one side only.

    Examples
    --------
    >>> from lumpver.proving.pairing import pair
    >>> from lumpver.model.network import Network
    >>> one = Network.from_layers([([[1, 2]], None)])
    >>> unlike(pair(one, one))
    ''
    """
    for ours, theirs in pairing.inputs:
        one, other = (
            next(tensor for tensor in network.inputs if tensor.name == name)
            for network, name in ((pairing.a, ours), (pairing.b, theirs))
        )
        if one.shape is None or other.shape is None:
            continue
        sizes = [
            prod(size if isinstance(size, int) else 1 for size in tensor.shape or ())
            for tensor in (one, other)
        ]
        if sizes[0] != sizes[1]:
            return _said("input", one, one.shape, other.shape)
    return ""


def _said(what: str, tensor: Tensor, ours: Shape, theirs: Shape) -> str:
    shapes = (_words(ours), _words(theirs))
    return (
        f"{what} {tensor.name} has shape {shapes[0]} in the first model and {shapes[1]}"
        " in the second"
    )


def _words(shape: Shape) -> str:
    """A shape as a person writes it.

    Examples
    --------
    >>> _words(("a:N", 2)), _words(None)
    ('(N, 2)', 'unknown')
    """
    if shape is None:
        return "unknown"
    sizes = ("?" if size is None else str(size) for size in shape)
    return f"({', '.join(size.partition(':')[2] or size for size in sizes)})"


def _count(what: str, tensors: tuple[Tensor, ...]) -> str:
    return f"{len(tensors)} {what}{'' if len(tensors) == 1 else 's'}"
