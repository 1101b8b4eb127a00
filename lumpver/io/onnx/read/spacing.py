"""Operators of ONNX that make positions of channels, or channels of positions, in square blocks.

Channel c of place s in a block is channel s C + c (blocks first), or c S + s where a word says so:
then channels are picked in the other order first. None means "opaque": an attribute, type or shape
that the exact model does not cover.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from lumpver.io.onnx.read.contracting import chained
from lumpver.io.onnx.read.operands import attributes, only, same
from lumpver.io.onnx.read.pooling import operand
from lumpver.model.linear import Linear, is_idle
from lumpver.model.pick import Pick
from lumpver.model.rearrange import Rearrange

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from onnx import NodeProto

    from lumpver.io.onnx.read.walk import Plan, Walk
    from lumpver.model.tensor import Dimension

_RANK: Final = 4
_CHANNELS: Final = -3
_MODES: Final = (b"DCR", b"CRD")


def _spaced(walk: Walk, node: NodeProto) -> Plan:
    """DepthToSpace and SpaceToDepth of channels and positions whose numbers are known."""
    found = operand(walk, node)
    if found is None:
        return None
    x, shape = found
    plan = steps(node, shape)
    if plan is None:
        return None
    picks = [len(places) for step in plan if isinstance(step, Pick) for _, places in step.places]
    if not walk.makes(sum(picks)):
        return None
    return chained(walk, node, x, plan) if plan else same(walk, node)


def steps(node: NodeProto, shape: Sequence[Dimension]) -> list[Rearrange | Pick] | None:
    """What such an operator does to a tensor of that shape, without names; None if unsure.

    Examples
    --------
    >>> from onnx import helper
    >>> node = helper.make_node("SpaceToDepth", ["x"], ["y"], blocksize=2)
    >>> [step.parameters for step in steps(node, ("N", 3, 4, 6))]
    [(0, 3, 2, 2, 3, 2), (0, 3, 5, 1, 2, 4), (0, 12, 2, 3)]
    """
    values = attributes(node)
    if len(shape) != _RANK or not only(values, "blocksize", "mode"):
        return None
    lengths = [size for size in shape[1:] if isinstance(size, int) and size > 0]
    block, mode = values.get("blocksize", 0), values.get("mode", _MODES[0])
    if len(lengths) < _RANK - 1 or block < 1 or mode not in _MODES:
        return None
    if block == 1:
        return []
    apart = _apart if node.op_type == "DepthToSpace" else _together
    return apart(lengths, block, mode)


def _apart(lengths: Sequence[int], block: int, mode: bytes) -> list[Rearrange | Pick] | None:
    """Channels as positions."""
    many, high, wide = lengths
    count, rest = divmod(many, block * block)
    if rest:
        return None
    order = tuple(c * block * block + s for s in range(block * block) for c in range(count))
    turns = mode != _MODES[0] and count > 1
    return [
        *([Pick("", "", "", ((_CHANNELS, order),))] if turns else []),
        _step("Reshape", 0, block, block, count, high, wide),
        _step("Transpose", 0, 3, 4, 1, 5, 2),
        _step("Reshape", 0, count, high * block, wide * block),
    ]


def _together(lengths: Sequence[int], block: int, mode: bytes) -> list[Rearrange | Pick] | None:
    """Positions as channels."""
    count, high, wide = lengths
    order = (0, 3, 5, 1, 2, 4) if mode == _MODES[0] else (0, 1, 3, 5, 2, 4)
    if high % block or wide % block:
        return None
    return [
        _step("Reshape", 0, count, high // block, block, wide // block, block),
        _step("Transpose", *order),
        _step("Reshape", 0, count * block * block, high // block, wide // block),
    ]


def _step(operator: str, *numbers: int) -> Rearrange:
    return Rearrange("", "", "", operator, numbers)


def alike(node: NodeProto, shape: Sequence[Dimension], others: Sequence[Any]) -> bool:
    """Whether these nodes, one after the other, are what the operator does to that shape."""
    plan = steps(node, shape)
    others = [other for other in others if not (isinstance(other, Linear) and is_idle(other))]
    if plan is None or len(plan) != len(others):
        return False
    return all(_same(step, other) for step, other in zip(plan, others, strict=True))


def _same(step: Rearrange | Pick, other: Any) -> bool:
    match step, other:
        case Pick(), Pick():
            return step.places == other.places
        case Rearrange(), Rearrange():
            ours, theirs = (
                (part.operator, part.parameters, part.zero_copies) for part in (step, other)
            )
            return ours == theirs
        case _:
            return False


SPACING: Final[dict[str, Callable[[Walk, NodeProto], Plan]]] = dict.fromkeys(
    ("DepthToSpace", "SpaceToDepth"), _spaced
)
