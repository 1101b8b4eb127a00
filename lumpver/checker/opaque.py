"""Opaque nodes: nothing is known of them, so everything must be the same.

Domain, operator, attributes, subgraphs with what they capture, constants byte for byte.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lumpver.claim.facts import Fact
from lumpver.errors import reject
from lumpver.model.network import Constant

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lumpver.checker.walk import Walk
    from lumpver.model.network import Opaque

    Counterparts = Mapping[str, frozenset[str | None]]

Operand = str | Constant | None


def established(walk: Walk, node: Opaque) -> dict[str, tuple[Fact, ...]]:
    """The one fact about each output: it is its counterpart, of a node that no other has.

    Raises
    ------
    Rejected
        If an input is relabelled, or the counterparts are not made by the same node.
    """
    counterparts = {name: walk.unchanged(name, "opaque node") for name in node.inputs}
    lead = next((name for name in node.outputs if name), None)
    if lead is None:
        return {}
    stated = walk.alone(lead)
    used = id(walk.reduced.producers.get(stated.counterpart or "")) in walk.paired
    found = walk.producer("opaque node", lead, stated, node)
    if used:
        reject("opaque node", node.name, "a node of its own", "one that another has")
    same_opaque(node, found, counterparts)
    for ours, theirs in zip(node.outputs, found.outputs, strict=True):
        if bool(ours) != bool(theirs) or (ours and walk.alone(ours).counterpart != theirs):
            reject("opaque node", node.name, f"output {ours}", f"output {theirs}")
    pairs = zip(node.outputs, found.outputs, strict=True)
    return {ours: (Fact(theirs),) for ours, theirs in pairs if ours}


def same_opaque(ours: Opaque, theirs: Opaque, counterparts: Counterparts) -> None:
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
        _same_operand(ours, a, b, counterparts)
    if [name for name, _ in ours.captured] != [name for name, _ in theirs.captured]:
        reject("opaque node", ours.name, "the same captured names", "others")
    for (name, a), (_, b) in zip(ours.captured, theirs.captured, strict=True):
        _same_operand(ours, name if a is None else a, name if b is None else b, counterparts)


def _same_operand(node: Opaque, ours: Operand, theirs: Operand, counterparts: Counterparts) -> None:
    if isinstance(ours, Constant) and isinstance(theirs, Constant):
        same = ours.same_as(theirs)
    elif isinstance(ours, str):
        same = isinstance(theirs, str) and theirs in counterparts[ours]
    else:
        same = ours is None and theirs is None
    if not same:
        reject("opaque node", node.name, "the same operands", "others")
