"""Pick nodes as operators of ONNX: Slice where places follow each other evenly, else Gather.

What picks all places of an axis is a Gather, or a Split into one part, which are read as picks
again: a Slice of all is read as nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from lumpver.errors import Unrepresentable
from lumpver.io.onnx.write.emitted import Emitted, Initializer
from lumpver.model.network import Pick

if TYPE_CHECKING:
    from collections.abc import Sequence

    from onnx import NodeProto

    from lumpver.model.network import Network, Node
    from lumpver.model.pick import Places
    from lumpver.model.tensor import Shape

_BY_INPUTS: Final = 10  # the first opset in which Slice is told its bounds by tensors
_SPLIT_BY_INPUT: Final = 13
_FROM_THE_END: Final = 11
_BEFORE: Final = -(2**31)  # the end of a Slice that runs backwards to the first entry


def pick(out: Emitted, node: Pick, shape: Shape, *, slices: bool = True) -> None:
    """Append the operators that the node is, of an input of this shape; Gather alone if asked.

    Raises
    ------
    Unrepresentable
        If axes count from the front, and it is not known how many there are.
    """
    rank = None if shape is None else len(shape)
    everything = [axis for axis, places in node.places if _takes_all(shape, axis, places)]
    if slices and everything and len(node.places) == 1:
        _whole(out, node, node.places[0], rank or 0)
        return
    some = (one for one in node.places if slices and one[0] not in everything)
    known = {axis: _steps(places, out.opset) for axis, places in some}
    even = {axis: steps for axis, steps in known.items() if steps is not None}
    odd = [(axis, places) for axis, places in node.places if axis not in even]
    shift = 0 if out.opset >= _FROM_THE_END else rank
    if shift is None:
        raise Unrepresentable(f"node {node.name}", expected="a known rank", got="none")
    x, left = node.input, len(odd) + bool(even)
    for axis, places in odd:
        left -= 1
        y = node.output if not left else out.name(f"{node.output}/picked")
        out.node("Gather", [x, _stored(out, node, "places", places)], y, axis=axis + shift)
        x = y
    if even:
        _sliced(out, node, x, {axis + shift: steps for axis, steps in even.items()})


def _takes_all(shape: Shape, axis: int, places: Places) -> bool:
    """Whether these are all places of an axis, in order."""
    return shape is not None and shape[axis] == len(places) and places == (*range(len(places)),)


def _whole(out: Emitted, node: Pick, places: tuple[int, Places], rank: int) -> None:
    """Append a Split into one part."""
    axis, size = places[0] + rank, len(places[1])
    if out.opset < _SPLIT_BY_INPUT:
        out.node("Split", [node.input], node.output, axis=axis, split=[size])
    else:
        part = _stored(out, node, "split", [size])
        out.node("Split", [node.input, part], node.output, axis=axis)


def _sliced(out: Emitted, node: Pick, x: str, even: dict[int, tuple[int, int, int]]) -> None:
    starts, ends, steps = zip(*even.values(), strict=True)
    if out.opset < _BY_INPUTS:
        extra: dict[str, Any] = {"starts": [*starts], "ends": [*ends], "axes": [*even]}
        out.node("Slice", [x], node.output, **extra)
        return
    given = {"starts": starts, "ends": ends, "axes": [*even]}
    if any(step != 1 for step in steps):
        given["steps"] = steps
    names = [_stored(out, node, what, numbers) for what, numbers in given.items()]
    out.node("Slice", [x, *names], node.output)


def _steps(places: Places, opset: int) -> tuple[int, int, int] | None:
    """Start, end and step of a Slice that picks these places, if one does."""
    first, step = places[0], places[1] - places[0] if len(places) > 1 else 1
    if step == 0 or (step != 1 and opset < _BY_INPUTS):
        return None
    end = first + step * len(places)
    if places != tuple(range(first, end, step)):
        return None
    return first, end if end >= 0 else _BEFORE, step


def _stored(out: Emitted, node: Pick, what: str, numbers: Sequence[int]) -> str:
    name = out.name(f"{node.output}/{what}")
    out.initializers.append(Initializer(name, np.array(numbers, dtype=np.int64), "int64"))
    return name


def split(out: Emitted, nodes: Sequence[Node], proto: NodeProto, original: Network) -> bool:
    """Append the Split that some nodes are, if they are one: it, or one into other parts."""
    picks = [node for node in nodes if isinstance(node, Pick)]
    made = [node.outputs[0] for node in nodes]
    if proto.op_type != "Split" or not picks or made != [*proto.output]:
        return False
    if all(original.producers.get(node.output) is node for node in picks):
        out.nodes.append(proto)
        return True
    axes = {axis for node in picks for axis, _ in node.places}
    if len(picks) < len(nodes) or len(axes) > 1:
        return False
    places = [place for node in picks for place in node.places[0][1]]
    if places != [*range(len(places))]:
        return False
    _split(out, picks, proto)
    return True


def _split(out: Emitted, nodes: Sequence[Pick], proto: NodeProto) -> None:
    from onnx import helper  # noqa: PLC0415 heavy

    sizes = [len(node.places[0][1]) for node in nodes]
    changed = type(proto)()
    changed.CopyFrom(proto)
    kept = [attribute for attribute in changed.attribute if attribute.name == "axis"]
    del changed.attribute[:]
    changed.attribute.extend(kept)
    del changed.input[1:]
    if out.opset < _SPLIT_BY_INPUT:
        changed.attribute.append(helper.make_attribute("split", sizes))
    else:
        changed.input.append(_stored(out, nodes[0], "split", sizes))
    out.nodes.append(changed)
