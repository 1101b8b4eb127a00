"""Activation operators of ONNX, as the table of activations spells them.

None means "opaque": parameters or shapes that the exact model does not cover.
"""

from __future__ import annotations

from math import inf
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from flint import fmpq

from lumpver.exact.array import finite, rationals
from lumpver.exact.scalar import number
from lumpver.io.onnx.read.broadcasting import along_one_axis
from lumpver.io.onnx.read.load import label
from lumpver.io.onnx.read.operands import attributes, dynamic, numbers, only, same, stored
from lumpver.io.onnx.read.walk import SPREADS
from lumpver.model.activations import Activation, at_least, at_most
from lumpver.model.functions import Attribute, Operand
from lumpver.model.network import Pointwise
from lumpver.model.several import from_numbers
from lumpver.model.table import spelled, versions

if TYPE_CHECKING:
    from onnx import NodeProto

    from lumpver.io.onnx.read.walk import Plan, Walk
    from lumpver.model.functions import Function, Spelling

_EACH: Final = 16  # numbers' worth of room that one activation takes


def activated(walk: Walk, node: NodeProto) -> Plan:
    """The activation that a node computes."""
    values = attributes(node)
    found = [pair for pair in spelled(node.op_type, walk.opset) if _in_words(pair[1], values)]
    if len(found) != 1:
        return None
    [(row, spelling)] = found
    named = [p.name for p in spelling.parameters if isinstance(p, Attribute)]
    named += [spelling.word.name] if spelling.word else []
    if not only(values, *named, *spelling.hints):
        return None
    if not (spelling.integers or walk.is_float(node.input[0])):
        return None
    x = dynamic(walk, node, 0)
    read = [
        _attribute(node, parameter, values)
        if isinstance(parameter, Attribute)
        else _operand(walk, node, parameter, x)
        for parameter in spelling.parameters
    ]
    exact = tuple(value for value in read if isinstance(value, fmpq))
    if x is None or None in read:
        return None if x is None else _by_unit(walk, node, row, spelling)
    if len(exact) < len(read):
        return _one_sided(walk, node, x, read)
    if not row.admits(*exact):
        return None
    return [Pointwise(label(node), x, node.output[0], Activation(row.name, exact))]


def _by_unit(walk: Walk, node: NodeProto, row: Function, spelling: Spelling) -> Plan:
    """The activation of which each unit along an axis has its own: of one parameter, an operand."""
    x, parameters = node.input[0], spelling.parameters
    if walk.opset < SPREADS or len(parameters) != 1:
        return None
    [parameter] = parameters
    if not isinstance(parameter, Operand) or not parameter.spread or parameter.limit is not None:
        return None
    entries = numbers(walk, node, parameter.place, x)
    spread = None if entries is None else along_one_axis(walk, node, x, entries)
    if entries is None or spread is None or entries.size == 1:
        return None
    if not isinstance(walk.length(x, spread[1]), int) or not walk.makes(_EACH * entries.size):
        return None
    values = rationals(entries).ravel().tolist()
    if not all(row.admits(value) for value in dict.fromkeys(values)):
        return None
    function = from_numbers(row.name, values, spread[1])
    return [Pointwise(label(node), x, node.output[0], function)]


def _one_sided(walk: Walk, node: NodeProto, x: str, limits: list[fmpq | float | None]) -> Plan:
    """A function between two limits of which one is infinite, or both."""
    low, high = limits
    if low == -inf and high == inf:  # no number at all is none of these
        return same(walk, node)
    if low == -inf and isinstance(high, fmpq):
        return [Pointwise(label(node), x, node.output[0], at_most(high))]
    if high == inf and isinstance(low, fmpq):
        return [Pointwise(label(node), x, node.output[0], at_least(low))]
    return None


def _in_words(spelling: Spelling, values: dict[str, Any]) -> bool:
    """Whether the attribute that is a word is there as the spelling has it, or rightly left out."""
    if spelling.word is None:
        return True
    given = values.get(spelling.word.name)
    return spelling.word.default if given is None else given == spelling.word.text.encode()


def _attribute(
    node: NodeProto, parameter: Attribute, values: dict[str, Any]
) -> fmpq | float | None:
    given = values.get(parameter.name, parameter.default)
    if given is None:
        return None
    value = np.float32(given)
    if parameter.limit and not np.isfinite(value):
        return float(value)
    return number(finite(np.array([value]), where=f"{label(node)} {parameter.name}")[0])


def _operand(walk: Walk, node: NodeProto, parameter: Operand, x: str | None) -> fmpq | float | None:
    if x is None:
        return None
    if parameter.limit is not None and not "".join(node.input[parameter.place :][:1]):
        return parameter.limit
    read = numbers if parameter.limit is None else stored
    entries = read(walk, node, parameter.place, x)
    if entries is None or entries.size != 1 or entries.dtype == object:
        return None
    if parameter.spread and entries.ndim > (walk.rank(x) or 0):
        return None
    value = entries.reshape(-1)[0]
    if parameter.limit is not None and np.isinf(value):
        return float(value)
    return number(value) if np.isfinite(value) else None


ACTIVATIONS: Final = dict.fromkeys(versions(), activated)
