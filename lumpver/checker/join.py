"""Joins of tensors, relabelled or not: the same operator reads the counterparts, in order.

What rows the operands' rows make is said by `rules.joining`.

left: an operand of which some unit is held, so that it has a counterpart
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from lumpver.checker import linear
from lumpver.checker.rules import joining
from lumpver.checker.wiring import units
from lumpver.claim.facts import NEVER_NEGATIVE, UNBOUNDED, Bounds, Fact
from lumpver.errors import reject
from lumpver.exact.array import zeros
from lumpver.model.copies import is_nothing
from lumpver.model.join import certain
from lumpver.model.network import Linear, Segment
from lumpver.model.rearrange import MOST_UNITS
from lumpver.model.relabelling import identity
from lumpver.model.together import beside
from lumpver.model.weights import Diagonal

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lumpver.checker.walk import Walk
    from lumpver.model.network import Join, Shape
    from lumpver.model.relabelling import Relabelling


_MATRIX: Final = 2  # axes


def established(walk: Walk, node: Join) -> dict[str, tuple[Fact, ...]]:
    """The one fact about the output; all operands stay, or are relabelled as the rule says.

    Raises
    ------
    Rejected
        If they are relabelled otherwise, or the counterpart is another join or one of other
        tensors.
    """
    name, stated = node.output, walk.alone(node.output)
    made = walk.reduced.producers.get(stated.counterpart or "")
    if isinstance(made, Linear) and is_nothing(node, walk.leads):
        return {name: (_nothing(walk, node, stated, made.axis),)}
    target, facts = _operands(walk, node, stated)
    if target is not None:
        walk.typed(name, target)
    bounds = _bounds(node, facts)
    axes = {fact.axis for fact in facts if fact.relabelling is not None}
    if not axes:
        return {name: (Fact(target, bounds=bounds),)}
    if len(axes) > 1 or None in axes:
        reject("join", name, "units along one axis", ", ".join(map(str, axes)))
    [axis] = axes
    if node.operator == "MatMul":
        after = _multiplied(walk, node, facts, int(axis or 0))
    else:
        after = _joined(walk, node, facts, int(axis or 0))
    if after.is_identity:
        return {name: (Fact(target, bounds=bounds),)}
    if after.width == 0:
        walk.vanished(name, stated)
        return {name: (Fact(None, after, axis=axis, bounds=bounds),)}
    return {name: (Fact(target, after, axis=axis, bounds=bounds),)}


def _nothing(walk: Walk, node: Join, stated: Fact, axis: int) -> Fact:
    """The fact about a difference of equal tensors: the counterpart is 0, as 0 times either is."""
    name = node.output
    count = units(walk.original, walk.shapes, name, axis)
    if not isinstance(count, int):
        reject("join", name, "a known number of units", str(count))
    if count > walk.reduced.parameters:
        reject("join", name, f"{count} weights", f"{walk.reduced.parameters} in all")
    zero = Linear(node.name, node.operands[0], name, Diagonal(zeros(count)), None, axis)
    return linear.established(walk, Segment((zero,)), Fact(stated.counterpart))


def _operands(walk: Walk, node: Join, stated: Fact) -> tuple[str | None, list[Fact]]:
    """The counterpart of the join, and the fact about each operand whose counterpart it reads.

    Of a Concat, operands of which nothing is left are left out; one that is left alone may be
    the counterpart itself.
    """
    name, known = node.output, [walk.facts[operand] for operand in node.inputs]
    gone = [node.axis is not None and all(f.counterpart is None for f in some) for some in known]
    left = len(gone) - sum(gone)
    if left == 0:
        return None, [some[0] for some in known]
    if left == 1 < len(gone):
        target, *read = _read_alone(walk, node, stated)
    else:
        found = walk.producer("join", name, stated, node)
        target = found.output
        if (found.operator, found.axis) != (node.operator, node.axis):
            expected, got = (f"{n.operator} along {n.axis}" for n in (node, found))
            reject("join", name, expected, got)
        read = [*found.inputs]
    if len(read) != left:
        reject("join", name, f"{left} operands", str(len(read)))
    rest = iter(read)
    pairs = zip(known, gone, strict=True)
    return target, [some[0] if lost else _of(name, some, next(rest)) for some, lost in pairs]


def _of(name: str, known: Sequence[Fact], theirs: str) -> Fact:
    """The fact about an operand with this counterpart."""
    for fact in known:
        if fact.counterpart == theirs:
            return fact
    expected = " or ".join(sorted(str(fact.counterpart) for fact in known))
    return reject("join", name, f"to read {expected}", f"reads {theirs}")


def _read_alone(walk: Walk, node: Join, stated: Fact) -> tuple[str, str]:
    """The counterpart of a Concat of which one operand is left, and that of the operand."""
    known = [fact for operand in node.inputs for fact in walk.facts[operand]]
    for source in dict.fromkeys(fact.counterpart for fact in known if fact.counterpart):
        target = walk.passed(node.output, stated, source, node.axis or 0)
        if target is not None:
            return target, source
    return reject("join", node.output, "what is left of the operands", str(stated.counterpart))


def _bounds(node: Join, facts: Sequence[Fact]) -> Bounds:
    """Never negative, where the operands tell that."""
    known = [fact.bounds.never_negative for fact in facts]
    if node.operator in ("Sub", "MatMul"):
        return UNBOUNDED
    sure = any(known) if node.operator == "Max" else all(known)
    return NEVER_NEGATIVE if sure else UNBOUNDED


def _joined(walk: Walk, node: Join, facts: Sequence[Fact], axis: int) -> Relabelling:
    """The relabelling of the result, along the axis of those of the operands."""
    name, given = node.output, [fact.relabelling for fact in facts]
    known = [found for found in given if found is not None]
    if node.axis == axis:
        pairs = zip(node.inputs, given, strict=True)
        return beside([_whole(walk, operand, found, axis) for operand, found in pairs])
    if any(found.mixed for found in known):
        reject("join", name, "at most one entry a row", "several")
    if node.axis is None:
        _require_shapes(walk, node, facts, axis)
    if len(known) == len(given):
        if node.operator in ("Mul", "Div"):
            return joining.factors(node, *known)
        return joining.alike(node, known)
    if node.operator == "Mul" or (node.operator == "Div" and given[1] is None):
        return joining.scaled(node, known[0])
    return reject("join", name, "all operands relabelled, or none", "one of them")


def _multiplied(walk: Walk, node: Join, facts: Sequence[Fact], axis: int) -> Relabelling:
    """The relabelling of a product along its columns, that of its second operand."""
    name, (first, second) = node.output, facts
    shape = walk.shapes[node.inputs[1]]
    if axis != -1 or shape is None or len(shape) < _MATRIX:
        reject("join", name, "units that are columns of matrices", f"axis {axis} of {shape}")
    if first.relabelling is not None or second.relabelling is None:
        reject("join", name, "a first factor that stays as it is", "one relabelled")
    return joining.mixed(node, second.relabelling)


def _whole(walk: Walk, name: str, found: Relabelling | None, axis: int) -> Relabelling:
    """The relabelling of an operand of a Concat."""
    if found is not None:
        return found
    count = units(walk.original, walk.shapes, name, axis)
    if not isinstance(count, int) or count > MOST_UNITS:
        reject("join", name, f"a known number of units, at most {MOST_UNITS}", str(count))
    return identity(count)


def _require_shapes(walk: Walk, node: Join, facts: Sequence[Fact], axis: int) -> None:
    """All shapes are known, no operand is repeated along the units' axis, unless it stays.

    Then it is repeated along that axis, of length 1, in both models.
    """
    name = node.output
    shapes = [walk.shapes[operand] for operand in node.inputs]
    if not certain(*shapes):
        reject("join", name, "tensors of known shapes that fit", " and ".join(map(str, shapes)))
    for fact, shape in zip(facts, shapes, strict=True):
        got, found = walk.theirs[fact.counterpart or ""], fact.relabelling
        expected = _expected(shape, axis, found)
        if expected is None or got != expected:
            reject("join", name, f"an operand of shape {expected}", str(got))


def _expected(shape: Shape, axis: int, found: Relabelling | None) -> Shape:
    """The shape of a counterpart; None where the operand has not the units that it should."""
    sizes = list(shape or ())
    along = sizes[axis] if len(sizes) >= -axis else 1
    if found is None:
        return tuple(sizes) if along == 1 else None
    if along != found.units or len(sizes) < -axis:
        return None
    sizes[axis] = found.width
    return tuple(sizes)
