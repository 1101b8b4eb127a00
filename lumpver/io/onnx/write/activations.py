"""Pointwise nodes as operators of ONNX, as the table of activations spells them."""

from __future__ import annotations

from typing import TYPE_CHECKING, assert_never

from lumpver.errors import Unrepresentable
from lumpver.exact.array import array
from lumpver.exact.scalar import text
from lumpver.io.storage import fits
from lumpver.model.functions import Attribute, Operand

if TYPE_CHECKING:
    from lumpver.io.onnx.write.emitted import Emitted
    from lumpver.model.functions import Function, Spelling
    from lumpver.model.network import Pointwise


def activation(out: Emitted, node: Pointwise, dtype: str) -> None:
    """The node; its parameters are operands where it has those: attributes are float32.

    Raises
    ------
    Unrepresentable
        If an operand's type or an attribute does not hold a parameter.
    """
    function = node.activation
    spelling = _spelling(function.row, out.opset)
    operands, values = [node.input], {}
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
    out.node(spelling.operator, operands, node.output, **values)


def _spelling(row: Function, opset: int) -> Spelling:
    """The newest spelling all of whose parameters are operands, else the newest."""
    known = [spelling for spelling in row.onnx if spelling.versions[0] <= opset]
    exact = [s for s in known if all(isinstance(p, Operand) for p in s.parameters)]
    return (exact or known)[-1]
