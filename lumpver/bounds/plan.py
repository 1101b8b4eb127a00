"""The plan of a network: its tensors laid out flat, for one sample, and a step for each.

sample: an input of as many entries as the box says: all lengths that are not given are 1
"""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from typing import TYPE_CHECKING, assert_never

from lumpver.bounds import join, linear, opaque, pick, pointwise, pool, rearrange
from lumpver.bounds.steps import Blank
from lumpver.errors import ShapeMismatch
from lumpver.model.network import Join, Linear, Opaque, Pick, Pointwise, Pool, Rearrange
from lumpver.model.opaque import behind as behind_opaque
from lumpver.model.shapes import behind

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lumpver.bounds.steps import Step
    from lumpver.model.graph import Graph
    from lumpver.model.network import Node
    from lumpver.model.tensor import Dimension, Shape

Lengths = tuple[int, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Plan:
    """The shape of each tensor that is laid out, and the step that makes it, in order.

    Inputs have no step. A tensor of unknown shape is not there, nor what is made of it.
    """

    shapes: dict[str, Lengths]
    steps: dict[str, Step]

    def size(self, name: str) -> int:
        """How many entries a tensor has."""
        return prod(self.shapes[name])


def planned(network: Graph, sizes: Mapping[str, int]) -> Plan:
    """The plan for inputs of so many entries.

    Raises
    ------
    ShapeMismatch
        If an input has not so many entries, lengths that are not given being 1, or a node does
        not apply to that.
    """
    plan = Plan({}, {})
    for tensor in network.inputs:
        if tensor.name in sizes and tensor.shape is not None:
            plan.shapes[tensor.name] = _laid_out(tensor.shape, sizes[tensor.name], tensor.name)
    for node in network.nodes:
        made = _made(node, plan.shapes)
        if made is None:
            continue
        name, shape = made
        plan.shapes[name] = shape
        plan.steps[name] = _step(node, plan.shapes, shape)
    return plan


def _laid_out(shape: tuple[Dimension, ...], size: int, name: str) -> Lengths:
    found = tuple(length if isinstance(length, int) else 1 for length in shape)
    if prod(found) != size:
        raise ShapeMismatch(f"input {name}", expected=f"{prod(found)} entries", got=str(size))
    return found


def _made(node: Node, shapes: Mapping[str, Lengths]) -> tuple[str, Lengths] | None:
    """The node's first output and its shape, if that is known."""
    match node:
        case Opaque():
            known: dict[str, Shape] = dict(shapes)
            if any(name not in shapes for name in node.inputs):
                return None
            found = behind_opaque(node, known)
        case Linear() | Pointwise() | Pool() | Rearrange() | Pick() | Join():
            if any(name not in shapes for name in node.inputs):
                return None
            found = behind(node, dict(shapes))
        case _:
            assert_never(node)
    if found is None or any(not isinstance(length, int) for length in found):
        return None
    return node.outputs[0], tuple(int(length or 0) for length in found)


def _step(node: Node, shapes: Mapping[str, Lengths], made: Lengths) -> Step:
    match node:
        case Linear():
            return linear.step(node, shapes[node.input])
        case Pointwise():
            return pointwise.step(node, shapes[node.input])
        case Pool():
            return pool.step(node, shapes[node.input])
        case Pick():
            return pick.step(node, shapes[node.input])
        case Rearrange():
            return rearrange.step(node, shapes[node.input])
        case Join():
            return join.step(node, [shapes[name] for name in node.inputs], made)
        case Opaque():
            found = opaque.step(node)
            return found if node.value is None or node.value.shape == made else Blank()
        case _:
            assert_never(node)
