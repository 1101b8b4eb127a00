"""Opaque nodes in joint lumping: what they make is known by all that it depends on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lumpver.proving.layouts import layout_of
from lumpver.proving.values import Whole

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping

    from lumpver.model.network import Network, Opaque
    from lumpver.model.opaque import Constant
    from lumpver.proving.joint.sweep import Sweep
    from lumpver.proving.values import Value


def valued(sweep: Sweep, node: Opaque) -> dict[str, Value]:
    """The values of all outputs: numbers that only the same node of the same operands has."""
    operands = {name: sweep.whole(name) for name in node.inputs}
    key = _key(sweep.network, node, operands, sweep.tag)
    found: dict[str, Value] = {}
    for place, name in enumerate(node.outputs):
        if name:
            number = sweep.table.number((*key, place))
            shape = sweep.network.tensors[name].shape
            found[name] = Whole(number, layout_of(shape, ("opaque", number)))
    return found


def _key(
    network: Network, node: Opaque, operands: Mapping[str, Whole], tag: str
) -> tuple[Any, ...]:
    """All that an opaque node's outputs depend on; its own name where it may be random."""
    if node.draws:
        return ("random", tag, node.name, node.outputs)
    read = tuple(_operand(network, operand, operands) for operand in node.operands)
    captured = tuple(
        (name, _operand(network, name if constant is None else constant, operands))
        for name, constant in node.captured
    )
    made = tuple(bool(name) for name in node.outputs)  # Split divides by how many there are
    return ("opaque", network.environment, node.operator, node.content, read, captured, made)


def _operand(
    network: Network, operand: str | Constant | None, operands: Mapping[str, Whole]
) -> Hashable:
    if operand is None:
        return None
    if isinstance(operand, str):
        tensor = network.tensors.get(operand)
        return operands[operand], "" if tensor is None else tensor.dtype
    return operand.dtype, operand.shape, operand.data
