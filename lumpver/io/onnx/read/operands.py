"""What a converter asks about a NodeProto: attributes, operands, whether they fit.

None means "opaque", and so the converter hands it on.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lumpver.errors import ShapeMismatch
from lumpver.exact.array import Exact, finite
from lumpver.io.onnx.read.load import label
from lumpver.io.onnx.read.tensors import FLOATS
from lumpver.model.network import Dimension, Linear
from lumpver.model.weights import weights_of

if TYPE_CHECKING:
    from onnx import NodeProto

    from lumpver.io.onnx.read.walk import Plan, Walk


def attributes(node: NodeProto) -> dict[str, Any]:
    """The attributes of a node as plain values: ints, floats, bytes, lists, protos."""
    found: dict[str, Any] = {}
    for attribute in node.attribute:
        kind = attribute.type
        if kind == 1:
            found[attribute.name] = attribute.f
        elif kind == 2:
            found[attribute.name] = int(attribute.i)
        elif kind == 3:
            found[attribute.name] = attribute.s
        elif kind == 4:
            found[attribute.name] = attribute.t
        elif kind == 6:
            found[attribute.name] = list(attribute.floats)
        elif kind == 7:
            found[attribute.name] = [int(i) for i in attribute.ints]
        else:
            found[attribute.name] = attribute
    return found


def only(values: dict[str, Any], *names: str) -> bool:
    """Whether no attribute besides `names` is there."""
    return set(values) <= set(names)


def fit(node: NodeProto, expected: int, got: Dimension) -> None:
    """Nothing, if a known length is the expected one.

    Raises
    ------
    ShapeMismatch
        Naming the node, if it is another.
    """
    if isinstance(got, int) and got != expected:
        raise ShapeMismatch(f"node {label(node)}", expected=f"{expected} units", got=str(got))


def named(node: NodeProto, place: int) -> str:
    """The name of an input, empty where it is left out; no tensor has that."""
    return str(node.input[place]) if place < len(node.input) else ""


def dynamic(walk: Walk, node: NodeProto, place: int) -> str | None:
    """The tensor at one input, if it is no constant and its type may be a float."""
    name = named(node, place)
    found = walk.tensor(name)
    if found is None:
        return None
    return name if found.dtype in FLOATS.values() or found.dtype == "" else None


def stored(walk: Walk, node: NodeProto, place: int, other: str) -> Exact | None:
    """The float entries of a constant input whose type fits the tensor `other`."""
    known = walk.constant(named(node, place))
    if known is None or not known.is_float:
        return None
    if walk.tensors[other].dtype not in ("", known.dtype):
        return None
    walk.typed[node.output[0]] = known.dtype
    walk.used.setdefault(other, known.dtype)
    entries: Exact = known.array()
    return entries


def numbers(walk: Walk, node: NodeProto, place: int, other: str) -> Exact | None:
    """The same, refusing what is no number.

    Raises
    ------
    NotANumber
        Naming the tensor and the index of an entry that is NaN or infinite.
    """
    found = stored(walk, node, place, other)
    return None if found is None else finite(found, where=f"tensor {node.input[place]}")


def linear(walk: Walk, node: NodeProto, x: str, W: Exact | None, b: Exact | None, axis: int
           ) -> Plan:  # fmt: skip
    """The affine node that a NodeProto is, if its weights fit the tensor."""
    if W is not None:
        fit(node, int(W.shape[-1]), walk.length(x, axis))
    return [Linear(label(node), x, node.output[0], weights_of(W), b, axis)]


def same(walk: Walk, node: NodeProto) -> Plan:
    """What computes the identity, along the axis of what is above; scalars have none."""
    x = dynamic(walk, node, 0)
    if x is None or walk.rank(x) == 0:
        return None
    return linear(walk, node, x, None, None, walk.axes.get(x, -1))
