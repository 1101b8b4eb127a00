"""Judging within time and memory: what is large is judged in a process that can be ended.

A reducer may return a network that is right to read and endless to evaluate. What is not
much larger than a small original is judged at once; the rest in a fork, whose answer is
JSON.

size: bytes that the numbers take, and some for each node
"""

from __future__ import annotations

import json
import multiprocessing
import os
import sys
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final, assert_never

from lumpver.exact.array import array, is_float
from lumpver.model.linear import numbers_of
from lumpver.model.network import Join, Linear, Opaque, Pick, Pointwise, Pool, Rearrange
from lumpver.model.several import parameters_of
from lumpver.reducing.reduction import reduce
from lumpver.trial.auditing.reports import texts
from lumpver.trial.auditing.verdicts import UNKNOWN, UNREFUTED, WRONG, Verdict, judge
from lumpver.trial.auditing.witnesses import Witness

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from multiprocessing.connection import Connection
    from random import Random

    from lumpver.exact.array import Exact
    from lumpver.model.network import Network
    from lumpver.trial.auditing.nearby import Tolerance
    from lumpver.trial.auditing.witnesses import Point

_SMALL: Final = 2**16
_SPARE: Final = 2**12
_NODE: Final = 64
_MEMORY: Final = 2**32
_MOST_SAID: Final = 2**20
_SHORTEST: Final = 0.25
_LONGEST: Final = 1e6
_FORKS: Final = hasattr(os, "fork") and sys.platform != "darwin"
_PARTS: Final = ("point", "ours", "theirs")  # of a witness, as JSON


def size_of(network: Network) -> int:
    """How much there is to read in a network.

    Examples
    --------
    >>> from lumpver.model.network import Network
    >>> one, long = (Network.from_layers([([[3**n]], None)]) for n in (1, 10_000))
    >>> size_of(one) < 100 < size_of(long) < 3000
    True
    """
    total = 0
    for node in network.nodes:
        total += _NODE
        match node:
            case Linear():
                total += sum(_bytes(part) for part in numbers_of(node))
            case Pointwise():
                total += sum(map(_digits, parameters_of(node.activation)))
            case Pool() | Rearrange() | Pick() | Join() | Opaque():
                pass
            case _:
                assert_never(node)
    return total


def _bytes(part: Exact) -> int:
    if is_float(part):
        return int(part.nbytes)
    return sum(_digits(value) for value in part.reshape(-1).tolist())


def _digits(value: Any) -> int:
    return int(value.p.height_bits() + value.q.height_bits()) // 8 + 1


def judged(
    original: Network,
    result: Network,
    *,
    random: Random,
    hints: Sequence[Point] = (),
    seconds: float,
    limit: float,
    within: Tolerance | None = None,
) -> Verdict:
    """The verdict of `judge`, or that there is none in `limit` seconds."""
    options: dict[str, Any] = {"hints": hints, "seconds": seconds, "within": within}
    before, after = size_of(original), size_of(result)
    if not _FORKS or (before <= _SMALL and after <= 2 * before + _SPARE):
        return judge(original, result, random=random, **options)

    def work() -> dict[str, Any]:
        return _said(judge(original, result, random=random, **options))

    said = done(limit, work)
    if said is None:
        words = f"{after} bytes of numbers and nodes, where the original has {before}"
        neither = UNREFUTED if within is None else UNKNOWN
        return Verdict(neither, f"no verdict in time and memory: {words}")
    witness = None
    if _PARTS[0] in said:
        parts = ({name: array(x) for name, x in said[key].items()} for key in _PARTS)
        witness = Witness(*parts)
    return Verdict(said["kind"], said["detail"], witness)


def _said(verdict: Verdict) -> dict[str, Any]:
    """A verdict as JSON; numbers too long to look at are left out."""
    found: dict[str, Any] = {"kind": verdict.kind, "detail": verdict.detail}
    witness = verdict.witness
    if witness is None:
        return found
    values = (witness.point, witness.original, witness.reduced)
    if sum(_bytes(array(x)) for part in values for x in part.values()) > _MOST_SAID // 4:
        return {"kind": WRONG, "detail": f"{verdict.detail}, with outputs too long to show"}
    parts = ({name: texts(x) for name, x in part.items()} for part in values)
    return found | dict(zip(_PARTS, parts, strict=True))


def units_possible(network: Network, *, floats_only: bool, limit: float) -> int | None:
    """How many units the coarsest lumping leaves; None if that takes too long to find out."""

    def work() -> int:
        return reduce(network, floats_only=floats_only).network.units

    if not _FORKS or size_of(network) <= _SMALL:
        return work()
    found: int | None = done(limit, work)
    return found


def done(limit: float, work: Callable[[], Any]) -> Any:
    """What `work` gives, which is JSON, in a fork with `limit` seconds; None if it does not."""
    context = multiprocessing.get_context("fork")
    ours, theirs = context.Pipe(duplex=False)
    process = context.Process(target=_work, args=(work, theirs), daemon=True)
    process.start()
    theirs.close()
    try:
        with suppress(EOFError, OSError):
            if ours.poll(min(max(limit, _SHORTEST), _LONGEST)):
                return json.loads(ours.recv_bytes(_MOST_SAID))
        return None
    finally:
        ours.close()
        process.kill()
        process.join()
        process.close()


def _work(work: Callable[[], Any], pipe: Connection[Any, Any]) -> None:
    """Send what `work` gives, or nothing; this process does not come back."""
    try:
        with suppress(ImportError, OSError, ValueError):
            import resource  # noqa: PLC0415 not on every system

            resource.setrlimit(resource.RLIMIT_DATA, (_MEMORY, _MEMORY))
        pipe.send_bytes(json.dumps(work()).encode())
    finally:
        os._exit(0)
