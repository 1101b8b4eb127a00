"""A network read into a table: what each node makes of the values of what it reads."""

from __future__ import annotations

from typing import TYPE_CHECKING, assert_never

from lumpver.model.network import Join, Linear, Opaque, Pick, Pointwise, Pool, Rearrange
from lumpver.proving.joint import join, linear, opaque, pick, pointwise, pool, rearrange
from lumpver.proving.values import Whole

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lumpver.model.network import Node
    from lumpver.model.tensor import Dimension
    from lumpver.proving.joint.sweep import Sweep
    from lumpver.proving.values import Value


def swept(sweep: Sweep, inputs: Mapping[str, int]) -> dict[str, Value]:
    """The value of every tensor, given the inputs' numbers by name."""
    for tensor in sweep.network.inputs:
        layout = None if tensor.shape is None else tuple(map(_length, tensor.shape))
        sweep.values[tensor.name] = Whole(inputs[tensor.name], layout)
    for place, node in enumerate(sweep.network.nodes):
        sweep.tell(place)
        sweep.values |= valued(sweep, node)
    return sweep.values


def valued(sweep: Sweep, node: Node) -> dict[str, Value]:
    """The values of a node's outputs; a run of linear nodes has one at its end."""
    match node:
        case Linear():
            end = sweep.network.ends.get(node.output)
            return {} if end is None else {node.output: linear.valued(sweep, end)}
        case Pointwise():
            return {node.output: pointwise.valued(sweep, node)}
        case Rearrange():
            return {node.output: rearrange.valued(sweep, node)}
        case Pick():
            return {node.output: pick.valued(sweep, node)}
        case Pool():
            return {node.output: pool.valued(sweep, node)}
        case Join():
            return {node.output: join.valued(sweep, node)}
        case Opaque():
            return opaque.valued(sweep, node)
        case _:
            assert_never(node)


def _length(size: Dimension) -> int | None:
    """A length, None where it is symbolic: names mean nothing across networks."""
    return size if isinstance(size, int) else None
