"""`prove`: whether two networks compute the same function, within a limit of time.

With a limit the search runs in a process of its own, which is ended when it is over.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from lumpver.claim.closeness import EQUAL, Relative, Within
from lumpver.claim.statement import Claim
from lumpver.errors import Malformed, SelfCheckFailed
from lumpver.exact.scalar import ZERO, number
from lumpver.exact.unit import require_exact_unit
from lumpver.proving.answers import (
    INTERFACE,
    JOINT,
    SPLITTING,
    Answer,
    Proved,
    Refuted,
    Unknown,
    flat,
)
from lumpver.proving.apart import search_apart
from lumpver.proving.boxes import Domain, read_domain, unread
from lumpver.proving.clipping import beyond_limits, within_limits
from lumpver.proving.effort import Budget, Watch, budget, unseen
from lumpver.proving.interface import differences, unsettled
from lumpver.proving.nearest import nearest
from lumpver.proving.nearing import nearing
from lumpver.proving.pairing import pair
from lumpver.proving.partial import WHOLE, Course, fits
from lumpver.proving.relating import relating
from lumpver.proving.searching import joined, search
from lumpver.proving.unmodelled import unmodelled

if TYPE_CHECKING:
    from collections.abc import Callable

    from lumpver.claim.closeness import Closeness
    from lumpver.model.network import Network
    from lumpver.proving.smt import Solver
    from lumpver.search.workers import Hands

_CLIPPED = "programs that run the .nnet files clip their inputs to different limits"
_UNSHAPED = "whether outputs have the same shape in both models is not known"
_PARTS = 2**6  # of boxes of models that are known to be equal: else there may be other evidence
_BEYOND = (
    "the models differ on the box around the half-spaces, at an input outside those; whether they"
    " differ within them is not known"
)


def prove(  # noqa: PLR0913 each is an option of its own
    a: Network,
    b: Network,
    *,
    box: Any = None,
    solver: Solver = "z3",
    timeout: float | None = None,
    effort: int | None = None,
    watch: Watch = unseen,
    apart: bool = True,
    closeness: Closeness = EQUAL,
    smallest: bool = False,
    processes: Hands = 1,
    course: Course = WHOLE,
) -> Answer:
    """Whether `a` and `b` compute the same outputs for all inputs, or for all in `box`.

    With another `closeness`, whether outputs are as near as that: within some eps, or of the same
    class. Where they are not equal that is shown on boxes, by cutting these, in so many
    `processes` (a script that asks for several guards its main module as multiprocessing wants) or
    by any concurrent.futures.Executor, whose workers have this package,
    as far as the `course` says. With `smallest`, eps is sought, too (`nearest`).

    Inputs and outputs are paired by name where the names agree, else by position. `box` is
    what `io.domains.stated` takes, and its bounds stay exact; where a file has half-spaces, a
    difference on the box that is outside those refutes nothing. Inputs of NNet files are
    clipped to their limits; against a model without limits the claim is for inputs within
    them. `solver` is z3, cvc5 or both. `timeout` is in seconds, and kept within two more
    whatever a solver does, as the search then runs in a process of its own; it does not if not
    `apart`, and then solvers are only asked to stop. Without a timeout the answer depends on
    `effort`, in solver steps per query, and never on time. `watch` is told which step runs, how
    much of it is done, and out of how much.

    Raises
    ------
    Malformed, ShapeMismatch
        If an option is none of those, or the box does not fit.
    Unreadable, Missing
        If the box is a file that cannot be read, or the solver is needed and not installed.
    Disagreement
        If two solvers contradict each other.
    InexactUnit
        If this process does not compute with floats as it should, before or after a step.

    Examples
    --------
    >>> from lumpver.model.network import Network
    >>> twins = Network.from_layers([([[1], [2]], None), ([[1, 1]], None)])
    >>> found = prove(twins, Network.from_layers([([[3]], None), ([[1]], None)]))
    >>> found.answer, found.step, found.evidence
    ('proved', 'joint lumping', 'joint')
    """
    if solver not in {"z3", "cvc5", "both"}:
        raise Malformed("solver", expected="z3, cvc5 or both", got=repr(solver))
    require_exact_unit()
    limits = budget(timeout=timeout, effort=effort, watch=watch)
    if smallest or closeness != EQUAL:
        return _near(a, b, box, None if smallest else closeness, limits, processes, course)
    seek = search if limits.deadline is None or not apart else search_apart
    return _proved(a, b, box, partial(seek, solver=solver, limits=limits), limits)


def _near(
    a: Network,
    b: Network,
    box: Any,
    asked: Closeness | None,
    limits: Budget,
    processes: Hands,
    course: Course,
) -> Answer:
    """The answer of how near they are: equal where joint lumping says so, else on each box.

    Where nothing is asked, the smallest eps that shows.
    """
    closeness = Within(ZERO) if asked is None else asked
    if said := "; ".join(differences(a, b)):
        claim = Claim(unread(box), closeness)
        return Refuted(INTERFACE, {}, {}, evidence=INTERFACE, claim=claim, reason=said)
    pairing = pair(a, b)
    domain = within_limits(read_domain(pairing.a, box), pairing, a, b)
    claim = replace(domain.claim, closeness=closeness)
    if course.begun is not None:
        fits(course.begun, claim)
    if domain.clipped is not None:
        return Unknown(SPLITTING, _CLIPPED, claim=claim)
    if left := unsettled(a, b):
        words = unmodelled(pairing, [one for one in pairing.outputs if one.name in left])
        said = "; ".join(part for part in (words, _UNSHAPED) if part)
        return Unknown(INTERFACE, said, claim=claim)
    equal = all(joined(pairing, one, limits) for one in domain.boxes)
    if equal and (asked is None or not course.wanted):
        return Proved(JOINT, claim=claim)
    if equal:
        course = replace(course, parts=min(course.parts or _PARTS, _PARTS))
    if asked is None:
        return _enclosed(nearest(a, b, domain.boxes, limits, processes=processes), domain, claim)
    ask = partial(relating, asked=asked) if isinstance(asked, Relative) else nearing
    found = ask(a, b, domain.boxes, claim, limits, processes=processes, course=course)
    if equal:
        covering = found.covering if isinstance(found, Proved) else None
        return Proved(JOINT, claim=claim, covering=covering)
    return replace(_within(found, domain), claim=claim)


def _enclosed(found: Answer, domain: Domain, claim: Claim) -> Answer:
    """The answer, whose claim says how near they are; its point is one of the domain."""
    if not isinstance(found, Proved):
        return replace(found, claim=claim)
    point = found.largest
    if point is not None:
        kept = _within(point, domain)
        point = replace(kept, claim=claim) if isinstance(kept, Refuted) else None
    return replace(found, claim=replace(claim, closeness=found.claim.closeness), largest=point)


def _proved(
    a: Network, b: Network, box: Any, seek: Callable[..., Answer], limits: Budget
) -> Answer:
    """The answer, by what the interfaces say, then by `seek`, then of inputs beyond limits."""
    if said := "; ".join(differences(a, b)):
        return Refuted(INTERFACE, {}, {}, evidence=INTERFACE, claim=Claim(unread(box)), reason=said)
    pairing = pair(a, b)
    domain = within_limits(read_domain(pairing.a, box), pairing, a, b)
    answer: Answer = Proved(JOINT)
    if a is not b or any(node.draws for node in a.opaque):
        answer = seek(pairing, domain.boxes, unsettled=unsettled(a, b))
    answer = beyond_limits(_within(answer, domain), domain, pairing, limits)
    return replace(answer, claim=domain.claim)


def _within(answer: Answer, domain: Domain) -> Answer:
    """The answer; a counterexample outside the box would be a bug, and is refused.

    Where the boxes are around half-spaces it may be outside those, and then nothing is known.
    """
    if isinstance(answer, Refuted):
        point = {name: [*map(number, flat(value))] for name, value in answer.counterexample.items()}
        if not domain.holds(point):
            if domain.around:
                return Unknown(answer.step, _BEYOND)
            expected, got = "a counterexample within the box", "another"
            raise SelfCheckFailed("prove", expected=expected, got=got)
    return answer
