"""Operators of ONNX that pick entries by constant places: Slice, Split, Gather.

None means "opaque": places that are no constants, that runtimes may read apart, or that lie
along an axis of unknown length.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from lumpver.io.onnx.read.integers import bounds, slices
from lumpver.io.onnx.read.load import label
from lumpver.io.onnx.read.operands import attributes, dynamic, only, same
from lumpver.io.onnx.read.tensors import INT32, INT64
from lumpver.io.onnx.read.walk import FROM_THE_END, Plan, Walk
from lumpver.model.names import Derived
from lumpver.model.pick import Pick, Places
from lumpver.model.rearrange import Rearrange

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from onnx import NodeProto

_ALL: Final = 2**63 - 1  # the end of a Slice that has none
_UNEVEN: Final = 18  # the first in which the last part may be smaller


def _operand(walk: Walk, node: NodeProto) -> tuple[str, int] | None:
    """The tensor of floats that a node picks from, and its rank."""
    x = dynamic(walk, node, 0)
    rank = None if x is None else walk.rank(x)
    if x is None or not rank or not walk.is_float(x):
        return None
    return x, rank


def _picks(
    walk: Walk, node: NodeProto, x: str, y: str, places: Mapping[int, range | list[int]]
) -> Pick | None:
    """The node that picks these places, if there are some, and room for them."""
    if not walk.makes(sum(map(len, places.values()))) or not all(map(len, places.values())):
        return None
    found: list[tuple[int, Places]] = [(axis, tuple(some)) for axis, some in places.items()]
    return Pick(label(node), x, y, tuple(sorted(found)))


def _slice(walk: Walk, node: NodeProto) -> Plan:
    """A Slice; one that takes everything along each axis does nothing."""
    found = _operand(walk, node)
    if found is None or not only(attributes(node), "starts", "ends", "axes"):
        return None
    x, rank = found
    said = slices(walk, node, rank)
    if said is None:
        return None
    places: dict[int, range | list[int]] = {}
    for axis, start, end, step in said:
        size = walk.length(x, axis - rank)
        if start == 0 and step == 1 and end == _ALL:
            continue  # whatever the length
        taken = bounds(start, end, step, size) if isinstance(size, int) else None
        if taken is None:
            return None
        if taken != range(size if isinstance(size, int) else 0):
            places[axis - rank] = taken
    if not places:
        return same(walk, node)
    made = _picks(walk, node, x, node.output[0], places)
    return None if made is None else [made]


def _gather(walk: Walk, node: NodeProto) -> Plan:
    """A Gather by a vector of constants, or by one number, which takes the axis away."""
    found = _operand(walk, node)
    indices = walk.constant(node.input[1])
    values = attributes(node)
    if found is None or indices is None or not only(values, "axis"):
        return None
    x, rank = found
    axis = values.get("axis", 0)
    if indices.element_type not in (INT32, INT64) or len(indices.shape) > 1:
        return None
    if not -rank <= axis < rank or not walk.makes(indices.size):
        return None
    size = walk.length(x, axis % rank - rank)
    chosen = [int(place) for place in indices.array().reshape(-1)]
    least = 0 if walk.opset < FROM_THE_END or not isinstance(size, int) else -size
    if not isinstance(size, int) or any(not least <= place < size for place in chosen):
        return None
    y, place = node.output[0], axis % rank - rank
    picked = y if indices.shape else Derived(f"operand of {y}, picked")
    made = _picks(walk, node, x, picked, {place: [n % size for n in chosen]})
    if made is None or indices.shape:
        return None if made is None else [made]
    return [made, Rearrange(label(node), picked, y, "Squeeze", (axis % rank,))]


def _split(walk: Walk, node: NodeProto) -> Plan:
    """A Split into parts of known lengths."""
    found = _operand(walk, node)
    values = attributes(node)
    if found is None or not all(node.output) or not only(values, "axis", "split", "num_outputs"):
        return None
    x, rank = found
    axis = values.get("axis", 0)
    if not -rank <= axis < rank:  # of old, too, since there is nothing else that it may mean
        return None
    size = walk.length(x, axis % rank - rank)
    parts = _parts(walk, node, size) if isinstance(size, int) else None
    if parts is None or len(parts) != len(node.output) or sum(parts) != size or min(parts) < 0:
        return None
    nodes, start = [], 0
    for y, part in zip(node.output, parts, strict=True):
        made = _picks(walk, node, x, y, {axis % rank - rank: range(start, start + part)})
        if made is None:
            return None
        nodes.append(made)
        start += part
    return [*nodes]


def _parts(walk: Walk, node: NodeProto, size: int) -> list[int] | None:
    """The lengths of the parts, as a node says them, or all alike."""
    values = attributes(node)
    given = values.get("split")
    if len(node.input) > 1 and node.input[1]:
        known = walk.constant(node.input[1])
        if known is None or known.element_type != INT64 or len(known.shape) != 1:
            return None
        given = [int(part) for part in known.array()] if known.size == len(node.output) else None
        return None if "num_outputs" in values else given
    if given is not None:
        return [*given]
    count = len(node.output)
    if walk.opset >= _UNEVEN:
        if values.get("num_outputs") != count:
            return None
        part = -(-size // count)
        return [*[part] * (count - 1), size - part * (count - 1)]
    return [size // count] * count if size % count == 0 else None


PICKING: Final[dict[str, Callable[[Walk, NodeProto], Plan]]] = {
    "Gather": _gather,
    "Slice": _slice,
    "Split": _split,
}
