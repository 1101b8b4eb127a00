"""Pointwise nodes as operators of ONNX, as the table of activations spells them."""

from __future__ import annotations

from typing import TYPE_CHECKING, assert_never

from lumpver.errors import Unrepresentable
from lumpver.exact.array import array
from lumpver.exact.scalar import text
from lumpver.io.storage import fits, own_type
from lumpver.model.functions import Attribute, Operand
from lumpver.model.several import common, kinds, parameters_of

if TYPE_CHECKING:
    from onnx import NodeProto

    from lumpver.io.onnx.read.source import Source
    from lumpver.io.onnx.write.emitted import Emitted
    from lumpver.model.activations import Activation
    from lumpver.model.functions import Function, Spelling
    from lumpver.model.network import Network, Pointwise


def activation(out: Emitted, node: Pointwise, dtype: str, *, instead: str = "") -> None:
    """The node; its parameters are operands where it has those: attributes are float32.

    The first operand takes the place of the initializer of another name, where there is one.

    Raises
    ------
    Unrepresentable
        If an operand's type or an attribute does not hold a parameter, or the operator set has
        no operator for it.
    """
    function = common(node.activation)
    if function is None or node.axis is not None:
        _by_unit(out, node, dtype, instead)
        return
    spelling = _spelling(function.row, out.opset)
    if spelling is None:
        composition(out, node, function, dtype)
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


def _by_unit(out: Emitted, node: Pointwise, dtype: str, instead: str) -> None:
    """The node, its parameters as operands with one number for each unit."""
    given = node.activation
    spelling = _spelling(kinds(given)[0].row, out.opset)
    parts = () if spelling is None else spelling.parameters
    if spelling is None or not all(isinstance(p, Operand) and p.spread for p in parts):
        expected = "an operator with parameters for each unit"
        raise Unrepresentable(f"node {node.name}", expected=expected, got=str(given))
    numbers = array(parameters_of(given)).reshape(-1, len(parts))
    operands = [node.input]
    for place, parameter in enumerate(parts):
        shape = (-1, *[1] * (-(node.axis or -1) - 1))
        values, word = numbers[:, place].reshape(shape), f"{node.output}/{parameter.name}"
        operands.append(out.constant(word, values, dtype, instead="" if place else instead))
    out.node(spelling.operator, operands, node.output)


def changed(
    out: Emitted,
    node: Pointwise,
    proto: NodeProto,
    networks: tuple[Network, Network],
    written: set[str],
) -> None:
    """The node as the original has it, or with the activations of the units that are left.

    Raises
    ------
    Unrepresentable
        If the type of its output does not hold a parameter.
    """
    original, reduced = networks
    if node.axis is None or original.producers.get(node.output) is node:
        out.nodes += _whole(node, proto, original.source, written)
        return
    stored = {tensor.name for tensor in original.source.model.graph.initializer}
    old = next((name for name in proto.input[1:] if name in stored), "")
    activation(out, node, own_type(reduced, node.output), instead=old)


def _whole(node: Pointwise, proto: NodeProto, source: Source, written: set[str]) -> list[NodeProto]:
    """The nodes of the file that compute an activation: its parts not yet written, and that one."""
    function = common(node.activation)
    if function is None:
        return [proto]
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


def composition(out: Emitted, node: Pointwise, function: Activation, dtype: str) -> None:
    """The node, of this activation, as several operators that compute it together.

    Raises
    ------
    Unrepresentable
        If there are none.
    """
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
