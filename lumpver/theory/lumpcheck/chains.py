"""Networks as dense chains: affine layers and slopes, one after the other.

item: an affine layer, or what acts unit by unit: a slope, or a rearrangement of no effect
front: rearrangements before the first item, which both networks must share
place: which tensor of a chain, 0 what its first item reads, i what the i-th makes
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, assert_never

from lumpver.errors import Unrepresentable
from lumpver.model.linear import units_read
from lumpver.model.network import Join, Linear, Opaque, Pick, Pointwise, Pool, Rearrange, Unary
from lumpver.model.rearrange import rearranged
from lumpver.model.several import common
from lumpver.model.weights import rows

if TYPE_CHECKING:
    from lumpver.model.network import Network, Node, Shape


@dataclass(frozen=True, slots=True)
class Chain:
    """A dense chain: the nodes in front, and its items with the width that each reads."""

    network: Network
    front: tuple[Rearrange, ...]
    inputs: int
    items: tuple[tuple[Unary, int], ...]

    @property
    def places(self) -> dict[str, int]:
        """The place of every tensor from the one that the first item reads."""
        names = [self.front[-1].output if self.front else self.network.inputs[0].name]
        names += [node.output for node, _ in self.items]
        return {name: place for place, name in enumerate(names)}


def chain(network: Network) -> Chain:
    """The network as a dense chain.

    Raises
    ------
    Unrepresentable
        Naming the node that makes it none.

    Examples
    --------
    >>> from lumpver.model.network import Network
    >>> found = chain(Network.from_layers([([[1, 2]], None), ([[3]], None)]))
    >>> found.inputs, [type(node).__name__ for node, _ in found.items]
    (2, ['Linear', 'Pointwise', 'Linear'])
    """
    if len(network.inputs) != 1 or len(network.outputs) != 1:
        got = f"{len(network.inputs)} inputs, {len(network.outputs)} outputs"
        raise Unrepresentable("network", expected="one input and one output", got=got)
    front: list[Rearrange] = []
    items: list[tuple[Unary, int]] = []
    here, shape = network.inputs[0].name, network.inputs[0].shape
    units: int | None = None
    for node in network.nodes:
        match node:
            case Join() | Opaque():
                raise _unfit(node, "a dense layer", f"{node.operator}, which is not modelled")
            case Pool() | Pick():
                raise _unfit(node, "a dense layer", _other(node))
            case Linear() | Pointwise() | Rearrange() if node.input != here:
                raise _unfit(node, f"to read {here}", f"reads {node.input}")
            case Rearrange() if not items:
                front.append(node)
                shape = rearranged(node, shape)
            case Linear() | Pointwise() | Rearrange():
                known = _units(node, shape) if units is None else units
                items.append((node, known))
                shape, units = _behind(node, shape, known)
            case _:
                assert_never(node)
        here = node.output
    if here != network.outputs[0].name:
        name = network.outputs[0].name
        raise Unrepresentable(f"output {name}", expected="the last tensor", got=f"{here} behind it")
    inputs = items[0][1] if items else _last(network.outputs[0].name, shape)
    return Chain(network, tuple(front), inputs, tuple(items))


def _unfit(node: Node, expected: str, got: str) -> Unrepresentable:
    return Unrepresentable(f"node {node.name}", expected=expected, got=got)


def _other(node: Pool | Pick) -> str:
    return "a pool" if isinstance(node, Pool) else "some of the entries"


def _units(node: Unary, shape: Shape) -> int:
    """How many units the first item reads."""
    match node:
        case Linear():
            told = units_read(node)
        case Pointwise() | Pool() | Rearrange() | Pick():
            told = None
        case _:
            assert_never(node)
    return _last(f"node {node.name}", shape) if told is None else told


def _last(where: str, shape: Shape) -> int:
    size = shape[-1] if shape else None
    if not isinstance(size, int):
        raise Unrepresentable(where, expected="a known number of units", got=str(shape))
    return size


def _behind(node: Unary, shape: Shape, units: int) -> tuple[Shape, int]:
    """Shape and units behind an item, refusing what no item can be."""
    match node:
        case Linear():
            if node.axis != -1:
                raise _unfit(node, "the last axis", f"axis {node.axis}")
            made = rows(node.weights)
            wide = units if made is None else made
            return (None if shape is None else (*shape[:-1], wide)), wide
        case Pointwise():
            function = common(node.activation)
            if function is None or function.slope is None:
                raise _unfit(node, "two slopes, as ReLU has", str(node.activation))
            return shape, units
        case Pool() | Pick():
            raise _unfit(node, "a dense layer", _other(node))
        case Rearrange():
            after = rearranged(node, shape)
            if node.operator == "Transpose" or not _alike(shape, after, units):
                raise _unfit(node, "units in their order", f"{node.operator} of {shape}")
            return after, units
        case _:
            assert_never(node)


def _alike(before: Shape, after: Shape, units: int) -> bool:
    """Whether two shapes differ in axes of length 1 alone, and units are last in both."""
    if not before or not after or before[-1] != units or after[-1] != units:
        return False
    long = [[size for size in shape[:-1] if size != 1] for shape in (before, after)]
    return long[0] == long[1] and None not in long[0]
