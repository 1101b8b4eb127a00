"""How near executions in float32 are: how near models are in reals, and floats to that."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final, assert_never

import numpy as np
from flint import fmpq

from lumpver.claim.closeness import EQUAL, Equal, Relative, SameClass, Within
from lumpver.claim.domain import Boxes
from lumpver.claim.semantics import Float32
from lumpver.errors import Malformed
from lumpver.exact.outward import as_float
from lumpver.exact.scalar import number
from lumpver.proving.answers import INTERFACE, SPLITTING, Answer, Proved, Refuted, Unknown, flat
from lumpver.proving.boxes import read_domain
from lumpver.proving.effort import budget
from lumpver.proving.interface import differences
from lumpver.proving.nearing import violated
from lumpver.proving.pairing import matched, pair
from lumpver.proving.proving import prove
from lumpver.roundoff.both import together
from lumpver.roundoff.errors import Unbounded
from lumpver.roundoff.parts import UNCOVERED
from lumpver.roundoff.single import held

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lumpver.claim.closeness import Closeness
    from lumpver.claim.domain import Domain
    from lumpver.claim.statement import Claim
    from lumpver.model.network import Network
    from lumpver.proving.effort import Budget

_NO_BOX: Final = (
    "how far executions are from real arithmetic is shown on boxes: say which inputs count, with"
    " ends for each (--box)"
)
_RELATIVE: Final = ("relative", "one relative to a range")
_LATE: Final = "the time limit has passed before it was known how far executions may be off"
_MORE: Final = fmpq(1025, 1024)  # another order of sums may lose a little more


class _Late(Exception):
    """The time is over."""


def executed(
    a: Network, b: Network, *, box: Any = None, closeness: Closeness = EQUAL, **options: Any
) -> Answer:
    """Whether executions of `a` and `b` in float32 are so near, for all inputs in `box`.

    That is so in every execution that evaluates each node by itself, for what both models are
    apart in real arithmetic, and how far executions of either may be from that, add up to no more.
    Models that are equal in reals are within a number that the claim then names. The options are
    those of `proving.prove`.

    Raises
    ------
    Malformed
        If a class is asked for, or what is relative to a range.

    Examples
    --------
    >>> from lumpver.model.network import Network
    >>> twins = Network.from_layers([([[1], [2]], None), ([[1, 1]], None)])
    >>> single = Network.from_layers([([[3]], None), ([[1]], None)])
    >>> print(executed(twins, single, box="[0, 1]").claim)  # doctest: +ELLIPSIS
    within 9/10000000 of each other on ..., in float32 arithmetic, summed in any order
    """
    if isinstance(closeness, SameClass | Relative):
        expected = "a bound on differences, or none, of executions in float32"
        what, got = ("same class", "a class") if isinstance(closeness, SameClass) else _RELATIVE
        raise Malformed(what, expected=expected, got=got)
    if differences(a, b):
        found = prove(a, b, box=box, closeness=closeness, **options)
        return replace(found, claim=_floats(found.claim, closeness))
    claim = _floats(read_domain(pair(a, b).a, box).claim, closeness)
    limits = budget(timeout=options.get("timeout"))
    try:
        errors = _errors(a, b, claim.domain, closeness, limits)
    except _Late:
        return Unknown(SPLITTING, _LATE, claim=claim)
    except Unbounded as error:
        return Unknown(SPLITTING, str(error), claim=claim)
    if isinstance(closeness, Within) and any(
        closeness.of(name) < _MORE * error for name, error in errors.items()
    ):
        largest = max(errors.values())
        about = f"{as_float(largest):.3g}"
        why = f"executions of both models together may be {about} from real arithmetic"
        return Unknown(SPLITTING, why, claim=claim)
    options["timeout"] = limits.left
    match closeness:
        case Equal():
            return _equal(prove(a, b, box=box, **options), errors)
        case Within():
            return _near(a, b, box, closeness, errors, options)
        case _:
            assert_never(closeness)


def _errors(
    a: Network, b: Network, domain: Domain, closeness: Closeness, limits: Budget
) -> dict[str, fmpq]:
    """What the errors of both models add up to, by the first's outputs."""

    def watch() -> None:
        if limits.over:
            raise _Late

    inputs = [(one.name, other.name) for one, other in matched(a.inputs, b.inputs)]
    outputs = [(one.name, other.name) for one, other in matched(a.outputs, b.outputs)]
    if not isinstance(domain, Boxes):
        raise Unbounded(_NO_BOX)
    near = closeness if isinstance(closeness, Within) else Within(fmpq(2) ** 127)
    room = {name: near.of(name) / 2 for name, _ in outputs}
    return together(a, b, domain, inputs=inputs, outputs=outputs, room=room, watch=watch)


def _floats(claim: Claim, closeness: Closeness) -> Claim:
    """The same claim, of floats."""
    remarks = (*claim.remarks, UNCOVERED)
    return replace(claim, closeness=closeness, semantics=Float32(), remarks=remarks)


def _equal(found: Answer, errors: Mapping[str, fmpq]) -> Answer:
    """What is equal in reals is within the errors in floats."""
    eps = _short(max(errors.values(), default=fmpq(0)) * _MORE)
    match found:
        case Proved():
            return replace(found, claim=_floats(found.claim, Within(eps)))
        case Refuted() if found.evidence != INTERFACE:
            why = "the models differ in real arithmetic: say how near is enough (--eps)"
            return Unknown(found.step, why, claim=_floats(found.claim, EQUAL))
        case Refuted() | Unknown():
            return replace(found, claim=_floats(found.claim, EQUAL))
        case _:
            assert_never(found)


def _short(value: fmpq) -> fmpq:
    """The next larger number of two decimal digits."""
    if not value:
        return value
    place = fmpq(1)
    while value < 10 * place:
        place /= 10
    while value >= 100 * place:
        place *= 10
    return place * fmpq((value / place).ceil())


def _near(
    a: Network,
    b: Network,
    box: Any,
    closeness: Within,
    errors: Mapping[str, fmpq],
    options: Mapping[str, Any],
) -> Answer:
    """As near in reals as the errors leave; what is much farther apart there is so in floats."""
    left = {name: closeness.of(name) - _MORE * error for name, error in errors.items()}
    real = Within(closeness.eps, tuple(sorted(left.items())))
    found = prove(a, b, box=box, closeness=real, **options)
    claim = _floats(found.claim, closeness)
    match found:
        case Proved():
            return replace(found, claim=claim, shown=found.claim)
        case Refuted() if found.evidence == INTERFACE:
            return replace(found, claim=claim)
        case Refuted():
            beyond = tuple(sorted((n, closeness.of(n) + error) for n, error in errors.items()))
            if violated(found, Within(closeness.eps, beyond)) and _stored(found):
                return replace(found, claim=claim)
            why = "in real arithmetic a point is nearly as far apart, and rounding may be the rest"
            return Unknown(found.step, why, claim=claim)
        case Unknown():
            return replace(found, claim=claim)
        case _:
            assert_never(found)


def _stored(found: Refuted) -> bool:
    """Whether a point is one of binary32."""
    values = [number(x) for value in found.counterexample.values() for x in flat(value)]
    return held(np.array(values, dtype=object))
