"""Opaque nodes: nothing is known of them, so everything must be the same.

Domain, operator, attributes, subgraphs with what they capture, constants byte for byte.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lumpver.checker.rules import reject
from lumpver.model.network import Constant

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lumpver.model.network import Opaque

Operand = str | Constant | None


def same_opaque(ours: Opaque, theirs: Opaque, counterpart: Mapping[str, str | None]) -> None:
    """Both nodes are one function of counterparts and equal constants.

    Raises
    ------
    Rejected
        If they differ in anything, or read other tensors than the counterparts.
    """
    if ours.operator != theirs.operator or ours.content != theirs.content:
        reject("opaque node", ours.name, f"the same {ours.operator}", theirs.operator)
    if len(ours.operands) != len(theirs.operands) or len(ours.outputs) != len(theirs.outputs):
        reject("opaque node", ours.name, "as many inputs and outputs", "others")
    for a, b in zip(ours.operands, theirs.operands, strict=True):
        _same_operand(ours, a, b, counterpart)
    if [name for name, _ in ours.captured] != [name for name, _ in theirs.captured]:
        reject("opaque node", ours.name, "the same captured names", "others")
    for (name, a), (_, b) in zip(ours.captured, theirs.captured, strict=True):
        _same_operand(ours, name if a is None else a, name if b is None else b, counterpart)


def _same_operand(
    node: Opaque, ours: Operand, theirs: Operand, counterpart: Mapping[str, str | None]
) -> None:
    if isinstance(ours, Constant) and isinstance(theirs, Constant):
        same = ours.same_as(theirs)
    elif isinstance(ours, str):
        same = isinstance(theirs, str) and counterpart[ours] == theirs
    else:
        same = ours is None and theirs is None
    if not same:
        reject("opaque node", node.name, "the same operands", "others")
