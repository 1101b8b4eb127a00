"""The search for an answer, step by step, each sound by itself.

Joint lumping costs least and is tried first; where units reflect each other forms are compared
then; what is left is evaluated, then swept, and at last put to the solver as a whole.
"""

from __future__ import annotations

from dataclasses import replace
from math import prod
from typing import TYPE_CHECKING, Final

from lumpver.errors import TooLarge
from lumpver.exact.unit import require_exact_unit
from lumpver.model.widths import MOST_UNITS
from lumpver.proving.answers import (
    FORMS,
    INTERFACE,
    JOINT,
    MONOLITHIC,
    STEPS,
    Answer,
    Proved,
    Refuted,
    Unknown,
)
from lumpver.proving.comparison import Comparison, compare
from lumpver.proving.enclosing import enclosed, has_roots
from lumpver.proving.evaluating import evaluated
from lumpver.proving.imaging import work
from lumpver.proving.interface import unlike
from lumpver.proving.joint.boxed import both
from lumpver.proving.monolithic import NOT_REPLAYED, asked
from lumpver.proving.reflecting import alike
from lumpver.proving.sweeping import swept
from lumpver.proving.unmodelled import irrational, unmodelled
from lumpver.search.reflections import reflects

_MOST_AXES: Final = 32  # of an array that every numpy function can take
_DEAR: Final = 2**16  # multiplications, or entries of a tensor
_BYTES: Final = 64  # of a number and where it stands

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from lumpver.proving.boxes import Box
    from lumpver.proving.effort import Budget
    from lumpver.proving.pairing import Pair
    from lumpver.proving.smt import Solver


def search(
    pairing: Pair,
    boxes: Sequence[Box],
    solver: Solver,
    limits: Budget,
    *,
    unsettled: Collection[str] = (),
) -> Answer:
    """Whether the pair's outputs are equal on all the boxes.

    Outputs that are `unsettled` have shapes of which only how they are made can tell
    whether they are equal.

    Examples
    --------
    >>> from lumpver.proving.effort import Budget
    >>> from lumpver.proving.pairing import pair
    >>> from lumpver.model.network import Network
    >>> one = Network.from_layers([([[1]], None)])
    >>> search(pair(one, one), ({},), "z3", Budget()).step
    'joint lumping'
    """
    answers = []
    for box in boxes:
        answer = _answered(pairing, box, unsettled, solver, limits)
        require_exact_unit()  # solvers set modes of their own
        if not isinstance(answer, Proved):
            return answer
        answers.append(answer)
    nothing = Proved(JOINT)  # of no box
    return max(answers, key=lambda answer: STEPS.index(answer.step), default=nothing)


def _answered(
    pairing: Pair, box: Box, unsettled: Collection[str], solver: Solver, limits: Budget
) -> Answer:
    comparison = _compared(pairing, box, limits)
    answer = _entries(comparison, solver, limits)
    unshaped = comparison.unshaped(unsettled) if isinstance(answer, Proved) else ()
    if unshaped:
        said = f"whether output {unshaped[0].name} has the same shape in both models is not known"
        words = unmodelled(pairing, unshaped)
        return Unknown(INTERFACE, "; ".join(part for part in (words, said) if part))
    return answer


def joined(pairing: Pair, box: Box, limits: Budget) -> bool:
    """Whether joint lumping shows that all outputs are equal on a box."""
    return not _compared(pairing, box, limits).open


def _compared(pairing: Pair, box: Box, limits: Budget) -> Comparison:
    """The networks side by side, as what the box says of them where some output is open else."""
    comparison = compare(pairing, box, budget=limits)
    known = both(pairing, box) if comparison.open else None
    if known is None:
        return comparison
    inside = compare(pairing, box, known=known, budget=limits)
    return inside if len(inside.open) <= len(comparison.open) else comparison


def _entries(comparison: Comparison, solver: Solver, limits: Budget) -> Answer:
    """Whether the outputs have equal entries in row-major order."""
    pairing, box = comparison.pair, comparison.box
    if not comparison.open:
        return Proved(JOINT)
    if large := _too_large(pairing):
        if words := unmodelled(pairing, comparison.open):
            return Unknown(MONOLITHIC, f"{words}; {large.where} is too large to evaluate")
        raise large
    if said := unlike(pairing):
        return Unknown(INTERFACE, said)
    mirrored = any(reflects(network.segments) for network in (pairing.a, pairing.b))
    if mirrored:
        limits.watch(FORMS, 0, 1)
        if alike(pairing):
            return Proved(FORMS)
    refuted = _refuted(comparison, limits)
    if refuted is not None:
        return refuted
    known = comparison.a.known, comparison.b.known
    answer: Proved | Refuted | Unknown | None = swept(
        pairing, box, solver, limits, expected=_expected(comparison), known=known
    )
    if answer is None:
        answer = asked(pairing, box, solver, limits)
    if isinstance(answer, Unknown):
        return replace(answer, reason=_reason(comparison, answer.reason))
    return answer


def _refuted(comparison: Comparison, limits: Budget) -> Refuted | None:
    """A refutation at some point: replayed exactly, or else by bounds that do not meet.

    The other way round where exact values are dear, and there are hardly any.
    """
    pairing, box = comparison.pair, comparison.box
    dear = max(max(work(network)) for network in (pairing.a, pairing.b)) >= _DEAR
    if dear and has_roots(comparison):
        found = enclosed(pairing, box, limits)
        return found or evaluated(comparison, limits)
    return evaluated(comparison, limits) or enclosed(pairing, box, limits)


def _too_large(pairing: Pair) -> TooLarge | None:
    """What is said of an input with more entries than can be evaluated or asked about."""
    for tensor in (*pairing.a.inputs, *pairing.b.inputs):
        shape = tensor.shape or ()
        size = prod(length for length in shape if isinstance(length, int))
        if size > MOST_UNITS:
            got = f"{size:,}, which take about {_size(size * _BYTES)} as exact numbers"
            return TooLarge(
                f"input {tensor.name}", expected=f"at most {MOST_UNITS:,} entries", got=got
            )
        if len(shape) > _MOST_AXES:
            expected, got = f"at most {_MOST_AXES} axes", str(len(shape))
            return TooLarge(f"input {tensor.name}", expected=expected, got=got)
    return None


def _size(count: int) -> str:
    """Bytes for a person.

    Examples
    --------
    >>> _size(10**10), _size(2**90)
    ('10 GB', '1237940 ZB')
    """
    names = ("kB", "MB", "GB", "TB", "PB", "EB", "ZB")
    power = max(1, min(len(names), (len(str(count)) - 1) // 3))
    return f"{count // 1000**power} {names[power - 1]}"


def _reason(comparison: Comparison, reason: str) -> str:
    """Why nothing is known, what is not modelled first, then what has no values."""
    words = unmodelled(comparison.pair, comparison.open)
    if words and NOT_REPLAYED in reason:
        return words  # which is why: nothing behind it has a value
    roots = irrational(comparison.pair, comparison.open)
    return "; ".join(part for part in (words, roots or reason) if part)


def _expected(comparison: Comparison) -> int:
    """How many independent functions sweeping may meet, at most."""
    table = comparison.table
    roots = sum(len(roots) for roots in table.roots)
    return len(table.atoms) - roots + min(roots, len(table.places)) + 1
