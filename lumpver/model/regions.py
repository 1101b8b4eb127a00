"""Regions: the nodes from one tensor to another, and the forms of what they make."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, assert_never

from lumpver.errors import ShapeMismatch
from lumpver.exact.array import rationals, zeros
from lumpver.exact.scalar import ONE
from lumpver.model.combining import combined, shifted
from lumpver.model.forms import Columns, Form, add, scaled
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
from lumpver.model.several import each, kinds
from lumpver.model.weights import Diagonal, Identity, Kernel, Matrix, Normalization, whole

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from flint import fmpq

    from lumpver.model.graph import Graph
    from lumpver.model.nodes import Node
    from lumpver.model.window import Window

Formed = Linear | Pointwise | Join  # of what these make, forms can be had


def through(
    nodes: Sequence[Formed],
    forms: list[Form],
    columns: Columns,
    signs: Mapping[str, Mapping[int, bool]] = MappingProxyType({}),
) -> list[Form]:
    """The forms behind nodes that follow each other, branch or join, the last one's.

    All act along one axis, on what the first of them reads, which has these forms: one for each
    unit, or where a kernel reads it for each unit and tap. `signs` has units that are never
    negative, or with False never positive, of tensors that activations read.

    Raises
    ------
    ShapeMismatch
        If a node does not read or add as many units as there are.
    TooLarge
        If there is no room left for them.
    """
    known = {nodes[0].inputs[0]: forms} if nodes else {}
    follow(nodes, known, columns, signs)
    return known[nodes[-1].output] if nodes else forms


def follow(
    nodes: Sequence[Formed],
    known: dict[str, list[Form]],
    columns: Columns,
    signs: Mapping[str, Mapping[int, bool]] = MappingProxyType({}),
) -> None:
    """Add the forms of what these nodes make to those that are known, if they are not.

    Raises
    ------
    ShapeMismatch, TooLarge
        As `through`.
    """
    for node in nodes:
        if node.output in known:
            continue
        match node:
            case Linear():
                known[node.output] = behind(node, known[node.input], columns)
            case Pointwise():
                read = known[node.input]
                bends = slopes(node, len(read))
                for unit, up in signs.get(node.input, {}).items():
                    columns.tell(read[unit], up=up)
                known[node.output] = columns.each_activated(read, bends)
            case Join():
                known[node.output] = joined(node, [known[x] for x in node.operands], columns)
            case _:
                assert_never(node)


def slopes(node: Pointwise, units: int) -> list[fmpq]:
    """The slope of each unit's activation, where A(y) = y for y >= 0.

    Raises
    ------
    ShapeMismatch
        If an activation has no two slopes, or there are not as many.
    """
    found = [function.slope for function in each(node.activation, units)]
    if None in found:
        raise ShapeMismatch(f"node {node.name}", expected="two slopes", got="others")
    return [slope for slope in found if slope is not None]


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
            found = read
        case Normalization():
            raise ShapeMismatch(f"node {node.name}", expected="weights of units", got="others")
        case _:
            assert_never(node.weights)
    return shifted(found, b)


def joined(node: Join, operands: Sequence[list[Form]], columns: Columns) -> list[Form]:
    """The forms of the units that a join makes of tensors whose units have these forms.

    A Concat is one along their axis; all others have as many units of each operand.

    Raises
    ------
    ShapeMismatch
        If it adds up other numbers of units, or does not add up.
    TooLarge
        If there is no room left for them.

    Examples
    --------
    >>> forms = [{0: ONE}, {1: ONE}]
    >>> joined(Join("d", ("a", "b"), "y", "Sub"), [forms, forms[::-1]], Columns(2))
    [{0: 1, 1: -1}, {1: 1, 0: -1}]
    """
    place = f"node {node.name}"
    if node.operator == "Concat":
        columns.takes(sum(map(len, operands)))  # as often as it is doubled
        return [form for forms in operands for form in forms]
    if not _adds(node):
        raise ShapeMismatch(place, expected="a sum", got=node.operator)
    counts = [len(forms) for forms in operands]
    if len(set(counts)) > 1:
        raise ShapeMismatch(place, expected=f"{counts[0]} units of each operand", got=str(counts))
    sign = -ONE if node.operator == "Sub" else ONE
    found: list[Form] = []
    for first, *others in zip(*operands, strict=True):
        total = dict(first)
        for other in others:
            add(total, sign, other)
        found.append(total)
    columns.takes(sum(map(len, found)))
    return found


def _adds(node: Join) -> bool:
    return node.operator in ("Add", "Sub", "Concat")


def between(network: Graph, start: str, end: str) -> tuple[Formed, ...] | None:
    """The nodes on all ways from a tensor to another, in order, if forms can be had of them.

    That is where all are activations of two slopes, weights of units along one axis, or sums,
    differences and Concats along it; kernels with a window only read `start`, all that reads it
    does so with the same one. Then all of its tensors have one shape, but for that axis and the
    positions in `start`. None where some node is not like that, or what it reads does not come
    from `start`.
    """
    wanted, found = {end}, list[Formed]()
    for node in reversed(network.nodes):
        if wanted.isdisjoint(node.outputs):
            continue
        able = with_forms(node)
        if able is None:
            return None
        found.append(able)
        wanted.discard(able.output)
        wanted |= {*able.inputs} - {start}
    axes = {axis for node in found if (axis := axis_of(node)) is not None}
    windows = {_window(node) for node in found if start in node.inputs}
    within = any(_window(node) is not None for node in found if start not in node.inputs)
    alike = len(axes) == len(windows) == 1 and not within and not wanted
    return tuple(reversed(found)) if alike else None


def axis_of(node: Formed) -> int | None:
    """The axis whose units a node mixes, scales, shifts or puts side by side; None if it has none.

    What treats all entries alike, or does nothing, does so along any.
    """
    match node:
        case Linear():
            return None if is_idle(node) else node.axis
        case Join() | Pointwise():
            return node.axis
        case _:
            assert_never(node)


def region_axis(nodes: Sequence[Formed]) -> int:
    """The axis along which the nodes of a region act."""
    return next(axis for node in nodes if (axis := axis_of(node)) is not None)


def _window(node: Formed) -> Window | None:
    """The window of a node, if it is a kernel."""
    return window_of([node]) if isinstance(node, Linear) else None


def region_window(nodes: Sequence[Formed]) -> Window | None:
    """The window with which the nodes of a region read its start, if they do so with one."""
    return _window(nodes[0])


def with_forms(node: Node | None) -> Formed | None:
    """The node, if forms can be had of it."""
    match node:
        case Linear():
            return None if normalizes(node) else node
        case Pointwise():
            able = all(function.homogeneous for function in kinds(node.activation))
            return node if able else None
        case Join():
            return node if _adds(node) else None
        case Pool() | Rearrange() | Pick() | Opaque() | None:
            return None
        case _:
            assert_never(node)
