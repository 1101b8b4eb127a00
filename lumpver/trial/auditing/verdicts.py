"""One network and what a reducer made of it: proved, unrefuted, or faulty, and why.

Names and shapes first, then exact evaluation at many points, then `prove`. A difference
is a difference at a rational input, replayed through both networks.

proved: `prove` says that the outputs are equal for all inputs
unrefuted: no point was found where they differ, and no proof either
unknown: the same, of a reducer that promises a tolerance
refused: the reducer says that it takes no such networks
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from lumpver.errors import LumpverError, NotRational
from lumpver.exact.array import array, equal
from lumpver.model.evaluation import evaluate
from lumpver.model.network import Network
from lumpver.proving import Proved, Refuted, prove
from lumpver.trial.auditing.answers import CRASHED, HUNG, plain
from lumpver.trial.auditing.nearby import beyond
from lumpver.trial.auditing.witnesses import Witness, witness

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from random import Random

    from lumpver.exact.array import Exact
    from lumpver.model.network import Tensor
    from lumpver.trial.auditing.nearby import Tolerance
    from lumpver.trial.auditing.witnesses import Point

PROVED, UNREFUTED, REFUSED, UNKNOWN = "proved", "unrefuted", "refused", "unknown"
WRONG, INTERFACE = "wrong", "interface"
_FAULTY: Final = (WRONG, INTERFACE, CRASHED, HUNG)
_SECONDS: Final = 5.0
_EFFORT: Final = 1_000_000
_LARGE: Final = 5_000  # parameters, above which a process of its own costs little


@dataclass(frozen=True, slots=True, eq=False)
class Verdict:
    """`kind` is one of the words above, or what became of the call if it did not return.

    `witness` is there for a wrong function, `result` if the reducer returned a network,
    `wrapped` if that was inside something else.
    """

    kind: str
    detail: str = ""
    witness: Witness | None = None
    result: Network | None = None
    wrapped: bool = False

    @property
    def faulty(self) -> bool:
        """Whether this is a finding."""
        return self.kind in _FAULTY


def judge(
    original: Network,
    result: Any,
    *,
    random: Random,
    hints: Sequence[Point] = (),
    seconds: float = _SECONDS,
    within: Tolerance | None = None,
) -> Verdict:
    """What is known of `result`, which a reducer made of `original`.

    It is to compute the same, or to be `within` a tolerance of that. A proof is looked for within
    `seconds`, and not if there are none.

    Examples
    --------
    >>> from random import Random
    >>> one = Network.from_layers([([[1]], None), ([[1]], None)])
    >>> two = Network.from_layers([([[2]], None), ([[1]], None)])
    >>> judge(one, two, random=Random(0)).kind
    'wrong'
    """
    if not isinstance(result, Network):
        return Verdict(INTERFACE, f"expected a Network, got {type(result).__name__}")
    words = interface(original, result)
    if words:
        return Verdict(INTERFACE, words)
    try:
        if within is None:
            found = witness(original, result, random=random, hints=hints)
        else:
            found = beyond(original, result, within, random=random, hints=hints)
    except NotRational as error:
        return _proved(original, result, str(error), seconds, within)
    except (LumpverError, ArithmeticError, LookupError, MemoryError, ValueError) as error:
        return Verdict(INTERFACE, plain(f"the result cannot be evaluated: {error}"))
    if found is not None:
        return Verdict(WRONG, _wrong(within), found)
    return _proved(original, result, "", seconds, within)


def _wrong(within: Tolerance | None) -> str:
    return "another function" if within is None else f"not {within}"


def interface(original: Network, result: Network) -> str:
    """How the result's inputs and outputs differ from the original's; empty if not."""
    for what, ours, theirs in (
        ("inputs", original.inputs, result.inputs),
        ("outputs", original.outputs, result.outputs),
    ):
        expected, got = ([t.name for t in side] for side in (ours, theirs))
        if expected != got:
            return f"{what}: expected {', '.join(expected)}, got {', '.join(got) or 'none'}"
        for a, b in zip(ours, theirs, strict=True):
            if not _fits(a, b):
                return f"{a.name}: expected {a.dtype} {a.shape}, got {b.dtype} {b.shape}"
    return ""


def _fits(a: Tensor, b: Tensor) -> bool:
    """Whether types agree as far as both are known; symbolic lengths may be renamed."""
    if "real" not in {a.dtype, b.dtype} and a.dtype != b.dtype:
        return False
    if a.shape is None or b.shape is None:
        return True
    return len(a.shape) == len(b.shape) and all(
        x == y or not (isinstance(x, int) and isinstance(y, int))
        for x, y in zip(a.shape, b.shape, strict=True)
    )


def _proved(
    original: Network, result: Network, reason: str, seconds: float, within: Tolerance | None
) -> Verdict:
    """What `prove` says; a refutation counts only if it replays exactly."""
    neither = UNREFUTED if within is None else UNKNOWN
    if seconds <= 0:
        return Verdict(neither, reason)
    large = original.parameters + result.parameters > _LARGE
    near: dict[str, Any] = {}
    if within is not None:
        near = {"box": within.box, "closeness": within.closeness}
    try:
        answer = prove(
            original, result, timeout=min(seconds, _SECONDS), effort=_EFFORT, apart=large, **near
        )
    except LumpverError as error:
        return Verdict(neither, reason or str(error))
    if isinstance(answer, Proved):
        return Verdict(PROVED, answer.step)
    if isinstance(answer, Refuted):
        return _replayed(original, result, answer.counterexample, within)
    return Verdict(neither, reason or answer.reason)


def _replayed(
    original: Network, result: Network, given: Mapping[str, Any], within: Tolerance | None
) -> Verdict:
    neither = UNREFUTED if within is None else UNKNOWN
    try:
        point = {name: array(value) for name, value in given.items()}
        ours, theirs = evaluate(original, point), evaluate(result, point)
    except LumpverError as error:
        return Verdict(neither, f"a counterexample that does not replay: {error}")
    if not _differ(ours, theirs, within):
        return Verdict(neither, "a counterexample that does not replay")
    return Verdict(WRONG, _wrong(within), Witness(point, ours, theirs))


def _differ(
    ours: Mapping[str, Exact], theirs: Mapping[str, Exact], within: Tolerance | None
) -> bool:
    if within is not None:
        return within.broken(ours, theirs)
    return not all(bool(np.all(equal(value, theirs[name]))) for name, value in ours.items())
