"""Regions: the nodes from one tensor to another, and the forms of what they make."""

from __future__ import annotations

from typing import TYPE_CHECKING, assert_never

from lumpver.errors import ShapeMismatch
from lumpver.exact.array import rationals, zeros
from lumpver.model.forms import Columns, Form, combined, scaled, shift
from lumpver.model.join import Join
from lumpver.model.linear import (
    Linear,
    is_idle,
    mixes,
    normalizes,
    taps_of,
    units_made,
    units_read,
    window_of,
)
from lumpver.model.opaque import Opaque
from lumpver.model.pick import Pick
from lumpver.model.pointwise import Pointwise
from lumpver.model.pool import Pool
from lumpver.model.rearrange import Rearrange
from lumpver.model.weights import Diagonal, Identity, Kernel, Matrix, Normalization, whole

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lumpver.model.graph import Graph
    from lumpver.model.nodes import Node
    from lumpver.model.window import Window


def through(nodes: Sequence[Linear | Pointwise], forms: list[Form], columns: Columns) -> list[Form]:
    """The forms behind nodes that follow each other or branch, the last of which is asked for.

    All act along one axis, on what the first of them reads, which has these forms: one for each
    unit, or where a kernel reads it for each unit and tap.

    Raises
    ------
    ShapeMismatch
        If a node does not read or add as many units as there are.
    TooLarge
        If there is no room left for them.
    """
    known = {nodes[0].input: forms} if nodes else {}
    for node in nodes:
        read = known[node.input]
        match node:
            case Linear():
                known[node.output] = behind(node, read, columns)
            case Pointwise():
                slope = node.activation.slope
                if slope is None:
                    raise ShapeMismatch(f"node {node.name}", expected="two slopes", got="others")
                known[node.output] = [columns.activated(form, slope) for form in read]
            case _:
                assert_never(node)
    return known[nodes[-1].output] if nodes else forms


def behind(node: Linear, read: list[Form], columns: Columns) -> list[Form]:
    """The forms of the units that weights make of units, or of units and taps, with these forms.

    Raises
    ------
    ShapeMismatch
        If it does not read or add as many units as there are, or is a normalization.
    TooLarge
        If there is no room left for them.
    """
    size = units_read(node)
    size = None if size is None else size * taps_of([node])
    if size not in {None, len(read)}:
        raise ShapeMismatch(f"node {node.name}", expected=f"{size} units", got=str(len(read)))
    made = units_made(node) if mixes(node) else len(read)
    if node.b is not None and node.b.size != made:
        got = f"{node.b.size} biases"
        raise ShapeMismatch(f"node {node.name}", expected=f"{made} biases", got=got)
    b = zeros(made or 0) if node.b is None else node.b
    match node.weights:
        case Matrix(numbers):
            return combined(numbers, b, read, columns)
        case Diagonal(factors):
            found = [scaled(form, s) for form, s in zip(read, rationals(factors), strict=True)]
        case Kernel() as kernel:
            return combined(whole(kernel), b, read, columns)
        case Identity():
            found = [dict(form) for form in read]
        case Normalization():
            raise ShapeMismatch(f"node {node.name}", expected="weights of units", got="others")
        case _:
            assert_never(node.weights)
    shift(found, b)
    return found


def between(network: Graph, start: str, end: str) -> tuple[Linear | Pointwise, ...] | None:
    """The nodes on all ways from a tensor to another, in order, if forms can be had of them.

    That is where all are activations of two slopes or weights of units along one axis; kernels
    with a window only read `start`, all of them with the same one. None where some node is not
    like that, or what it reads does not come from `start`.
    """
    wanted, found = {end}, list[Linear | Pointwise]()
    for node in reversed(network.nodes):
        if wanted.isdisjoint(node.outputs):
            continue
        able = with_forms(node)
        if able is None:
            return None
        found.append(able)
        wanted.discard(able.output)
        wanted |= {able.input} - {start}
    axes = {node.axis for node in found if isinstance(node, Linear) and not is_idle(node)}
    windows = {_window(node) for node in found if node.input == start}
    within = any(_window(node) is not None for node in found if node.input != start)
    alike = len(axes) == len(windows) == 1 and not within and not wanted
    return tuple(reversed(found)) if alike else None


def _window(node: Linear | Pointwise) -> Window | None:
    """The window of a node, if it is a kernel."""
    return window_of([node]) if isinstance(node, Linear) else None


def region_window(nodes: Sequence[Linear | Pointwise]) -> Window | None:
    """The window with which the nodes of a region read its start, if they do so with one."""
    return _window(nodes[0])


def with_forms(node: Node | None) -> Linear | Pointwise | None:
    """The node, if forms can be had of it."""
    match node:
        case Linear():
            return None if normalizes(node) else node
        case Pointwise():
            return None if node.activation.slope is None else node
        case Pool() | Rearrange() | Pick() | Join() | Opaque() | None:
            return None
        case _:
            assert_never(node)
