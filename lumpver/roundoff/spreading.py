"""How errors spread through a network in one box.

Statement. For every input of the box that binary32 has, each entry of each tensor of an execution
is within `most` of the real one.
Why. By induction over the nodes. The error of a tensor is that of its operands, passed on, and
`own`, what its node adds. An affine step passes errors on by its maps. An activation passes on
that of an entry times the slope of a chord between the real argument and the executed one, which
is between the least and the largest slope around both. The largest of some entries is passed on
by the entry that is the largest in reals and in the execution, where that is sure; otherwise its
error is none that is larger than all of theirs. Rows of errors are substituted backwards by the
same, since all but the spread of slopes is linear (theory G.4).
Rounding. As of bounds: rows are data, and what they may be off, times the largest errors, counts.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, assert_never

import numpy as np

from lumpver.bounds.bounding import bounded, cost
from lumpver.bounds.maps import Placing
from lumpver.bounds.steps import Affine, Bent, Between, Blank, Each, Largest
from lumpver.exact.outward import lowered, raised, slack
from lumpver.model.functions import Pieces
from lumpver.nearness.steepness import steepness
from lumpver.roundoff.errors import Errors, Passing, Unbounded, Won
from lumpver.roundoff.nodes import own
from lumpver.roundoff.single import above

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from lumpver.bounds.leaf import Interval
    from lumpver.bounds.plan import Plan
    from lumpver.bounds.steps import Step
    from lumpver.exact.floats import Floats
    from lumpver.model.graph import Graph
    from lumpver.model.network import Node

_ROWS: Final = 2**22  # entries of rows that are substituted at once
_WORK: Final = 2**33  # products that the rows of one tensor may take
_NARROW: Final = ("float16", "bfloat16")


def unwatched() -> None:
    """Nobody waits."""


def spread(
    network: Graph,
    plan: Plan,
    box: Mapping[str, Interval],
    *,
    watch: Callable[[], None] = unwatched,
) -> Errors:
    """The errors of all tensors that the outputs depend on, for inputs in a box.

    `watch` is called before each node, and may raise to end it.

    Raises
    ------
    Unbounded
        If a node is executed in a way that is not known, or might overflow.
    """
    for tensor in network.tensors.values():
        if tensor.dtype in _NARROW:
            raise Unbounded(f"{tensor.name} is rounded to {tensor.dtype}, not to float32")
    errors = Errors(bounded(plan, box))
    with np.errstate(all="ignore"):
        for tensor in network.inputs:
            if tensor.name in plan.shapes:
                errors.most[tensor.name] = np.zeros(plan.size(tensor.name))
        for node in _needed(network, plan):
            watch()
            _passed(errors, network, node)
        for tensor in network.outputs:
            _nearer(errors, tensor.name)
    return errors


def _needed(network: Graph, plan: Plan) -> list[Node]:
    """The nodes that outputs depend on, in order."""
    wanted, found = {tensor.name for tensor in network.outputs}, []
    for node in reversed(network.nodes):
        if not wanted.isdisjoint(node.outputs):
            if node.outputs[0] not in plan.shapes or not wanted.isdisjoint(node.outputs[1:]):
                raise Unbounded(f"node {node.name}: what it computes is not modelled")
            found.append(node)
            wanted |= set(node.inputs)
    for tensor in network.inputs:
        if tensor.name in wanted and tensor.name not in plan.shapes:
            raise Unbounded(f"no bounds are known of {tensor.name}")
    return found[::-1]


def _passed(errors: Errors, network: Graph, node: Node) -> None:
    """The errors behind a node."""
    name = node.outputs[0]
    step = errors.plan.steps[name]
    passed = _forward(errors, name, step)
    errors.own[name] = own(errors, network, node)
    most = above(passed + errors.own[name])
    if not np.isfinite(most).all():
        raise Unbounded(f"no bounds are known of {name} on the box")
    errors.most[name] = most


def _forward(errors: Errors, name: str, step: Step) -> Floats:
    """What becomes of the errors of a step's operands, entry by entry."""
    match step:
        case Affine():
            found = np.zeros(errors.plan.size(name))
            for operand, made in step.operands:
                found += made.absolute.ahead(errors.most[operand][None])[0]
            errors.spread[name] = above(found)
            return errors.spread[name]
        case Bent():
            _nearer(errors, step.operand)
            known = errors.leaf.intervals[step.operand]
            most = errors.most[step.operand]
            low, high = _slopes(step, lowered(known.lower - most), raised(known.upper + most))
            errors.passing[name] = Passing(low / 2 + high / 2, above(raised(high - low) / 2))
            return above(np.maximum(np.abs(low), np.abs(high)) * most)
        case Largest():
            return _largest(errors, name, step)
        case Between():
            return _between(errors, step)
        case Blank():
            raise Unbounded(f"{name}: what makes it is not modelled")
        case _:
            assert_never(step)


def _slopes(step: Bent, low: Floats, up: Floats) -> tuple[Floats, Floats]:
    """The least and the largest slope between arguments."""
    given = step.activation
    for function in given.kinds if isinstance(given, Each) else (given,):
        pieces = function.mapping
        if not isinstance(pieces, Pieces) or not pieces.meets:
            raise Unbounded(f"how {function} rounds is not known")
    return steepness(given, low, up)


def _largest(errors: Errors, name: str, step: Largest) -> Floats:
    """The largest error of each window; that of its winner where there is one."""
    most, known = errors.most[step.operand], errors.leaf.intervals[step.operand]
    ends = lowered(known.lower - most), raised(known.upper + most)
    lows, highs = (np.append(x, -np.inf)[step.met] for x in ends)
    first, every = lows.argmax(axis=0), np.arange(step.met.shape[1])
    best = step.met[first, every]
    highs[first, every] = -np.inf
    alone = (highs.max(axis=0, initial=-np.inf) <= lows[first, every]) & (best >= 0)
    errors.won[name] = Won(np.where(alone, best, 0), alone)
    window = np.append(most, 0.0)[step.met].max(axis=0, initial=0.0)
    return np.where(alone, most[np.where(alone, best, 0)], window)


def _between(errors: Errors, step: Between) -> Floats:
    """What is made of several tensors at once."""
    parts = list(zip(step.operands, step.shapes, strict=True))
    off = [errors.most[name].reshape(shape) for name, shape in parts]
    if step.operator in {"Max", "Min"}:
        found = off[0]
        for other in off[1:]:
            found = np.maximum(found, other)
    elif step.operator == "Mul":
        a, b = (errors.size(name).reshape(shape) for name, shape in parts)
        found = above(a * off[1] + off[0] * b)
    else:
        raise Unbounded(f"how {step.operator} of two tensors rounds is not known")
    return np.array(np.broadcast_to(found, step.made)).reshape(-1)


def _nearer(errors: Errors, name: str) -> None:
    """Substitute rows of a tensor's error backwards; keep the smaller ones.

    Not of a tensor that has so many entries, and so much in front, that it would take too long.
    """
    most = errors.most[name]
    work, wide = cost(errors.plan, name)
    at = np.flatnonzero(most)
    if not at.size or name not in errors.own or work * at.size > _WORK:
        return
    step = max(1, _ROWS // max(1, wide))
    for some in np.split(at, range(step, at.size, step)):
        rows = np.zeros((some.size, most.size))
        rows[np.arange(some.size), some] = 1.0
        most[some] = np.minimum(most[some], reached(errors, name, rows))


@dataclass(slots=True, eq=False)
class _Rows:
    """Rows by the tensor whose errors they multiply, and how much their sums are at most."""

    parts: dict[str, Floats]
    total: Floats

    def add(self, errors: Errors, name: str, rows: Floats) -> None:
        before = self.parts.get(name)
        found = rows if before is None else before + rows
        self.parts[name] = found
        self.total += slack(2, np.abs(found) @ errors.most[name])


def reached(errors: Errors, name: str, rows: Floats) -> Floats:
    """How large rows of the error of a tensor are at most."""
    found = _Rows({name: rows}, np.zeros(rows.shape[0]))
    order = list(errors.plan.shapes)
    for tensor in reversed(order[: order.index(name) + 1]):
        part = found.parts.pop(tensor, None)
        if part is not None and tensor in errors.own:
            _substituted(errors, tensor, part, found)
    return above(found.total)


def _substituted(errors: Errors, name: str, rows: Floats, found: _Rows) -> None:
    """Rows of the error of a tensor, as rows of those of what its step reads."""
    step, size = errors.plan.steps[name], np.abs(rows)
    found.total += size @ errors.own[name]
    match step:
        case Affine():
            found.total += slack(rows.shape[1], size @ errors.spread[name])
            for operand, made in step.operands:
                found.add(errors, operand, made.back(rows))
        case Bent():
            passing, most = errors.passing[name], errors.most[step.operand]
            found.total += size @ (passing.apart * most)
            found.add(errors, step.operand, rows * passing.middle)
        case Largest():
            won = errors.won[name]
            found.total += np.where(won.alone, 0.0, size) @ errors.most[name]
            placing = Placing(won.best, errors.plan.size(step.operand))
            passed = placing.back(np.where(won.alone, rows, 0.0))
            terms = np.where(won.alone, size, 0.0) @ errors.most[step.operand][won.best]
            found.total += slack(rows.shape[1], terms)
            found.add(errors, step.operand, passed)
        case Between() | Blank():
            found.total += size @ errors.most[name]
        case _:
            assert_never(step)
