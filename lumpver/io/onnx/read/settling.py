"""What only the whole graph tells: open types, axes of nodes without numbers, spare nodes."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, assert_never

from lumpver.model.linear import is_idle
from lumpver.model.network import Join, Linear, Node, Opaque, Pick, Pointwise, Pool, Rearrange

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from lumpver.io.onnx.read.walk import Walk


def open_types(walk: Walk) -> dict[str, str]:
    """The type of each tensor whose maker leaves it open, as far as its readers tell."""
    found = dict(walk.used)
    for node in reversed(walk.nodes):
        if isinstance(node, Opaque) or node.output not in found or _converts(walk, node):
            continue
        for name in node.inputs:
            found.setdefault(name, found[node.output])
    return {name: kind for name, kind in found.items() if not walk.tensors[name].dtype}


def _converts(walk: Walk, node: Node) -> bool:
    """Whether a node does nothing but give a type."""
    return isinstance(node, Linear) and is_idle(node) and node.output in walk.typed


def needed(walk: Walk, nodes: Sequence[Node], outputs: Iterable[str]) -> tuple[Node, ...]:
    """The nodes without those that only make lengths or parts which nothing else reads."""
    live = set(outputs)
    kept: list[Node] = []
    for node in reversed(nodes):
        spare = all(name in walk.lengths or name in walk.parts for name in node.outputs)
        if not spare or not live.isdisjoint(node.outputs):
            live.update(node.inputs)
            kept.append(node)
    return tuple(reversed(kept))


def settled(walk: Walk, outputs: Iterable[str]) -> tuple[Node, ...]:
    """The nodes; one without numbers goes along the axis of the affine node that reads it.

    What leads to no output has no say, since a reduced model does not have it.
    """
    wanted: dict[str, int] = {}
    live = set(outputs)
    nodes = list(walk.nodes)
    for i, node in reversed(list(enumerate(nodes))):
        match node:
            case Linear():
                if node.output in live:
                    axis = wanted.get(node.output, node.axis) if is_idle(node) else node.axis
                    nodes[i] = node if axis == node.axis else replace(node, axis=axis)
                    wanted[node.input] = axis
                    live.add(node.input)
            case Pointwise() | Pool() | Rearrange() | Pick():
                if node.output in live:
                    live.add(node.input)
            case Join() | Opaque():
                live.update(node.inputs)
            case _:
                assert_never(node)
    return tuple(nodes)
