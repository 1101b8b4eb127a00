"""Which NodeProto each node of a reduced network stems from, or belongs to if it is new."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lumpver.io.onnx.read.source import Source
    from lumpver.model.network import Node


def by_origin(nodes: Iterable[Node], source: Source) -> dict[int, list[Node]]:
    """The nodes that stem from each NodeProto, by its index; new ones with what they lead to."""
    found: dict[int, list[Node]] = {}
    new: list[Node] = []
    for node in nodes:
        index = source.origin.get(named(node))
        if index is None:
            new.append(node)
            continue
        found.setdefault(index, []).extend([*new, node])
        new = []
    return found


def named(node: Node) -> str:
    """The first tensor that a node makes and that has a name."""
    return next(filter(None, node.outputs), "")
