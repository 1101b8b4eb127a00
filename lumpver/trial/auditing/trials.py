"""One trial: the reducer runs on one network, and its result is judged.

reducer: a callable from Network to Network, or to something with a `network`; or from the
    path of an ONNX file to the path of another
alike: two failures that are taken for the same one
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from math import inf
from pathlib import Path
from random import Random
from time import monotonic
from typing import TYPE_CHECKING, Final

from lumpver.errors import LumpverError, Malformed, Unreadable
from lumpver.io.files import format_of, parsed
from lumpver.io.reading import read_bytes
from lumpver.model.network import Network, Opaque
from lumpver.trial.auditing.answers import CRASHED, RETURNED, plain
from lumpver.trial.auditing.judging import judged
from lumpver.trial.auditing.verdicts import INTERFACE, Verdict
from lumpver.trial.strategies.forms import FORMS, as_onnx

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lumpver.trial.auditing.nearby import Tolerance
    from lumpver.trial.auditing.witnesses import Point
    from lumpver.trial.auditing.workers import Worker

_SPARE_BYTES: Final = 2**24


@dataclass(slots=True)
class Trials:
    """Where a reducer runs, and how its results are looked at.

    `form` is how a generated network's file is written for a reducer of files; `within` is the
    tolerance that the reducer promises, if it is not to be exact;
    `slowest` is the longest time that a call took which returned.
    """

    worker: Worker
    folder: Path
    seed: int
    onnx: bool = False
    form: str = FORMS[0]
    within: Tolerance | None = None
    slowest: float = field(default=0.0, init=False)

    def verdict(
        self,
        network: Network,
        *,
        key: object,
        patience: float,
        path: Path | None = None,
        hints: Sequence[Point] = (),
        proving: float = inf,
    ) -> Verdict:
        """The verdict on what the reducer makes of a network, proved within so many seconds."""
        argument = self.argument(network, path)
        outcome = self.worker.call(argument, patience=patience)
        if outcome.kind != RETURNED:
            return Verdict(outcome.kind, outcome.detail)
        self.slowest = max(self.slowest, outcome.seconds)
        if outcome.value is None:
            expected = "a path" if self.onnx else "a Network"
            return Verdict(INTERFACE, f"expected {expected}, got {outcome.detail}")
        try:
            most = _SPARE_BYTES + 32 * network.parameters
            result = _network(outcome.value, network, onnx=self.onnx, most=most)
        except LumpverError as error:
            return Verdict(INTERFACE, plain(f"the result cannot be read: {error}"))
        random = Random(f"{self.seed}/{key}")  # noqa: S311 the same points every time
        left = self.worker.until - monotonic()
        seconds = min(left, proving)
        verdict = judged(
            network,
            result,
            random=random,
            hints=hints,
            seconds=seconds,
            limit=left / 2,
            within=self.within,
        )
        return replace(verdict, result=result, wrapped=outcome.wrapped)

    def argument(self, network: Network, path: Path | None = None) -> Network | str:
        """What the reducer is given: the network, or the path of its file."""
        if not self.onnx:
            return network
        if path is None:
            path = self.folder / "model.onnx"
            path.write_bytes(as_onnx(network, self.form))
        return str(path)


def alike(a: Verdict, b: Verdict) -> bool:
    """Whether two failures are taken for the same one.

    Examples
    --------
    >>> alike(Verdict("crash", "KeyError: 3"), Verdict("crash", "KeyError: 4"))
    True
    """
    return _sort(a) == _sort(b)


def refuses(verdict: Verdict) -> bool:
    """Whether a call ended with an exception that says that it takes no such networks.

    Examples
    --------
    >>> words = ("NotImplementedError: Conv", "KeyError: 3")
    >>> tuple(refuses(Verdict("crash", word)) for word in words)
    (True, False)
    """
    name = _sort(verdict)[1]
    return name == "NotImplementedError" or name.startswith("lumpver.errors.")


def _sort(verdict: Verdict) -> tuple[str, str]:
    words = (verdict.detail.splitlines() or [""])[-1]
    return verdict.kind, words.partition(":")[0] if verdict.kind == CRASHED else ""


def _network(value: Network | str, original: Network, *, onnx: bool, most: int) -> Network:
    """What a reducer handed back, read if it is a path."""
    if isinstance(value, Network):
        return _recognised(value, original)
    if not onnx:
        raise Malformed("result", expected="a Network", got="str")
    path = Path(value)
    format_of(path)
    data = read_bytes(path, most=most)
    if len(data) > most:
        raise Unreadable(str(path), expected=f"at most {most} bytes", got="more")
    return parsed(path, data).network


def _recognised(network: Network, original: Network) -> Network:
    """The network; of opaque nodes that the original has, what it knows besides is known."""
    if not network.opaque or network.environment != original.environment:
        return network
    known = {_said(node): node for node in original.nodes if isinstance(node, Opaque)}
    nodes = (
        replace(node, draws=known[_said(node)].draws, shaped=known[_said(node)].shaped)
        if isinstance(node, Opaque) and _said(node) in known
        else node
        for node in network.nodes
    )
    return replace(network, nodes=tuple(nodes))


def _said(node: Opaque) -> tuple[str, bytes, int]:
    return node.operator, node.content, len(node.operands)
