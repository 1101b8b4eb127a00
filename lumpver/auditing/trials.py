"""One trial: the reducer runs on one network, and its result is judged.

reducer: a callable from Network to Network, or to something with a `network`; or from the
    path of an ONNX file to the path of another
alike: two failures that are taken for the same one
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any

from lumpver.auditing.cases import model
from lumpver.auditing.verdicts import INTERFACE, Verdict, judge
from lumpver.auditing.workers import CRASHED, RETURNED, Worker
from lumpver.errors import LumpverError
from lumpver.network import Network

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lumpver.auditing.witnesses import Point


@dataclass(slots=True)
class Trials:
    """Where a reducer runs, and how its results are looked at.

    `slowest` is the longest time that a call took which returned.
    """

    worker: Worker
    folder: Path
    seed: int
    onnx: bool = False
    slowest: float = field(default=0.0, init=False)

    def verdict(
        self,
        network: Network,
        *,
        key: object,
        patience: float,
        path: Path | None = None,
        hints: Sequence[Point] = (),
        proving: bool = True,
    ) -> Verdict:
        """The verdict on what the reducer makes of a network."""
        argument: Any = network
        if self.onnx:
            argument = str(self.folder / "model.onnx" if path is None else path)
            if path is None:
                _write(Path(argument), network)
        outcome = self.worker.call(argument, patience=patience)
        if outcome.kind != RETURNED:
            return Verdict(outcome.kind, outcome.detail)
        self.slowest = max(self.slowest, outcome.seconds)
        try:
            result = _network(outcome.value, onnx=self.onnx)
        except LumpverError as error:
            return Verdict(INTERFACE, f"the result cannot be read: {error}")
        if outcome.detail:
            return Verdict(INTERFACE, f"expected a Network, got {outcome.detail}")
        random = Random(f"{self.seed}/{key}")  # noqa: S311 the same points every time
        verdict = judge(network, result, random=random, hints=hints, proving=proving)
        known = result if isinstance(result, Network) else None
        return replace(verdict, result=known, wrapped=outcome.wrapped)


def alike(a: Verdict, b: Verdict) -> bool:
    """Whether two failures are taken for the same one.

    Examples
    --------
    >>> alike(Verdict("crash", "KeyError: 3"), Verdict("crash", "KeyError: 4"))
    True
    """
    return _sort(a) == _sort(b)


def _sort(verdict: Verdict) -> tuple[str, str]:
    words = (verdict.detail.splitlines() or [""])[-1]
    return verdict.kind, words.partition(":")[0] if verdict.kind == CRASHED else ""


def _write(path: Path, network: Network) -> None:
    from lumpver.io.onnx.fresh import fresh  # noqa: PLC0415 heavy: onnx

    path.write_bytes(fresh(network))


def _network(value: Any, *, onnx: bool) -> Any:
    """What a reducer handed back, read if it is a path."""
    if not onnx or not isinstance(value, str):
        return value
    return model(value)[1]
