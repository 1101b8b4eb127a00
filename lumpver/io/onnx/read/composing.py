"""Activations that an exporter wrote as several operators: a product that the table composes.

part: what an operator of them makes; spare, unless something else reads it
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lumpver.exact.scalar import ONE
from lumpver.io.onnx.read.load import label
from lumpver.model.activations import Activation
from lumpver.model.network import Pointwise
from lumpver.model.several import common
from lumpver.model.table import FUNCTIONS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from onnx import NodeProto

    from lumpver.io.onnx.read.walk import Plan, Walk
    from lumpver.model.functions import Step


def composed(walk: Walk, node: NodeProto) -> Plan:
    """The activation that a product of floats is together with what makes its factors.

    As x and sigmoid x, which is SiLU, or x and x, the square.
    """
    if node.attribute or len(node.input) != 2 or not all(map(walk.is_float, node.input)):
        return None
    for row in FUNCTIONS.values():
        parameters = (ONE,) * len(row.parameters)
        steps = row.composed(*parameters)
        if not steps or steps[-1].operator != node.op_type:
            continue
        for x, factor in (tuple(node.input), tuple(node.input)[::-1]):
            parts = _made(walk, steps, (x, factor), steps[-1].reads[1])
            if parts is not None and walk.tensor(x) is not None:
                walk.parts.update(parts)
                found = Activation(row.name, parameters)
                return [Pointwise(label(node), x, node.output[0], found)]
    return None


def _made(walk: Walk, steps: Sequence[Step], pair: tuple[str, str], place: int) -> list[str] | None:
    """The tensors from x to the factor that step `place` makes, None if others make it."""
    x, name = pair
    parts = []
    while place:
        step, maker = steps[place - 1], walk.makers.get(name)
        function = None if maker is None else common(maker.activation)
        if maker is None or function is None or function.parameters or len(step.reads) != 1:
            return None
        if step.operator not in {spelling.operator for spelling in function.row.onnx}:
            return None
        parts.append(name)
        name, place = maker.input, step.reads[0]
    return parts if name == x else None
