"""Pointwise nodes as operators of ONNX, as the table of activations spells them."""

from __future__ import annotations

from typing import TYPE_CHECKING, assert_never

from lumpver.errors import Unrepresentable
from lumpver.exact.array import array
from lumpver.exact.scalar import text
from lumpver.io.storage import fits
from lumpver.model.functions import Attribute, Operand

if TYPE_CHECKING:
    from onnx import NodeProto

    from lumpver.io.onnx.read.source import Source
    from lumpver.io.onnx.write.emitted import Emitted
    from lumpver.model.functions import Function, Spelling
    from lumpver.model.network import Pointwise


def activation(out: Emitted, node: Pointwise, dtype: str) -> None:
    """The node; its parameters are operands where it has those: attributes are float32.

    Raises
    ------
    Unrepresentable
        If an operand's type or an attribute does not hold a parameter, or the operator set has
        no operator for it.
    """
    function = node.activation
    spelling = _spelling(function.row, out.opset)
    if spelling is None:
        composition(out, node, dtype)
        return
    operands = [node.input]
    values: dict[str, float | str] = {}
    for parameter, value in zip(spelling.parameters, function.parameters, strict=True):
        match parameter:
            case Operand():
                word = f"{node.output}/{parameter.name}"
                operands.append(out.constant(word, array(value), dtype))
            case Attribute():
                if not fits(array([value]), "float32"):
                    where = f"node {node.name} {parameter.name}"
                    raise Unrepresentable(where, expected="a float32", got=text(value))
                values[parameter.name] = float(value.p) / float(value.q)
            case _:
                assert_never(parameter)
    if spelling.word is not None:
        values[spelling.word.name] = spelling.word.text
    out.node(spelling.operator, operands, node.output, **values)


def whole(node: Pointwise, proto: NodeProto, source: Source, written: set[str]) -> list[NodeProto]:
    """The nodes of the file that compute an activation: its parts not yet written, and that one."""
    function = node.activation
    steps = function.row.composed(*function.parameters)
    composed = len(steps) > 1 and steps[-1].operator == proto.op_type
    return [*_parts(proto, source, written), proto] if composed else [proto]


def _parts(proto: NodeProto, source: Source, written: set[str]) -> list[NodeProto]:
    """What makes the factors of a product, where nothing else needed it."""
    found: list[NodeProto] = []
    for name in proto.input:
        if name in source.spare and name not in written:
            written.add(name)
            maker = next(node for node in source.model.graph.node if name in node.output)
            found += [*_parts(maker, source, written), maker]
    return found


def composition(out: Emitted, node: Pointwise, dtype: str) -> None:
    """The node as several operators that compute it together.

    Raises
    ------
    Unrepresentable
        If there are none.
    """
    function = node.activation
    steps = function.row.composed(*function.parameters)
    if not steps:
        expected = f"an operator of opset {out.opset}"
        raise Unrepresentable(f"node {node.name}", expected=expected, got=str(function))
    made = [node.input]
    for step in steps:
        last = step is steps[-1]
        target = node.output if last else out.name(f"{node.output}/{step.operator}")
        operands = []
        for place in step.reads:
            if place >= 0:
                operands.append(made[place])
                continue
            value, word = function.parameters[-place - 1], function.row.parameters[-place - 1]
            operands.append(out.constant(f"{node.output}/{word}", array(value), dtype))
        out.node(step.operator, operands, target)
        made.append(target)


def _spelling(row: Function, opset: int) -> Spelling | None:
    """The newest spelling all of whose parameters are operands, else the newest, if any."""
    known = [spelling for spelling in row.onnx if spelling.versions[0] <= opset]
    exact = [s for s in known if all(isinstance(p, Operand) for p in s.parameters)]
    return next(reversed(exact or known), None)
