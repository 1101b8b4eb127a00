"""`audit`: a reducer runs on many networks, and every result is judged.

Models come first, each failing one a finding of its own; then generated networks, of which
the first that fails ends the search. What fails is shrunk.

reducer: a callable from Network to Network, or to something with a `network`; or from the
    path of an ONNX file to the path of another
patience: seconds that one call may take on a generated network
"""

from __future__ import annotations

import tempfile
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Any, Final

from lumpver.auditing.cases import generated, model
from lumpver.auditing.printing import Subject, as_test
from lumpver.auditing.reports import Finding, Missed, Report, shown
from lumpver.auditing.shrinking import shrunk
from lumpver.auditing.trials import Trials, alike
from lumpver.auditing.workers import HUNG, Worker
from lumpver.errors import Malformed, Unrepresentable
from lumpver.reduction import reduce
from lumpver.strategies.reading import draft

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from lumpver.auditing.verdicts import Verdict
    from lumpver.network import Network
    from lumpver.strategies.drafts import Draft


_SEARCH: Final = 2 / 3
_MOST_SHRUNK: Final = 20_000
_LEAST_PATIENCE: Final = 0.25


def audit(
    function: Callable[[Any], Any],
    *,
    examples: int = 1000,
    seed: int = 0,
    models: Iterable[Network | Path | str] = (),
    seconds: float = 30,
    patience: float = 2,
    onnx: bool = False,
) -> Report:
    """What is wrong with a reducer, judged on `models` and `examples` generated networks.

    Results are compared exactly: one that rounds is wrong. About `seconds` are spent, a
    third of them on shrinking. No finding says that none was found, not that all is well.

    Raises
    ------
    Malformed
        If `examples` is negative, or a time is not positive.
    Unreadable, Unrepresentable
        If a model cannot be read, or not be written for a reducer of files.

    Examples
    --------
    >>> from lumpver.reduction import reduce
    >>> audit(reduce, examples=20).sound
    True
    """
    _positive(examples + 1, seconds, patience)
    started = monotonic()
    subject = Subject.of(function, onnx=onnx)
    with tempfile.TemporaryDirectory() as folder, Worker(function) as worker:
        trials = Trials(worker, Path(folder), seed, onnx)
        run = _Run(subject, trials, patience, started, seconds)
        for given in models:
            run.model(given)
        complete = run.search(examples)
    return Report(
        str(subject),
        seed,
        tuple(run.findings),
        tuple(run.missed),
        dict(sorted(run.counts.items())),
        tuple(run.models),
        complete,
        monotonic() - started,
    )


def _positive(*numbers: float) -> None:
    for x in numbers:
        if not x > 0:
            raise Malformed("audit", expected="positive numbers", got=str(x))


def assert_sound(function: Callable[[Any], Any], **options: Any) -> Report:
    """The report of `audit`, if it has no finding and anything was tried: a test's one line.

    Raises
    ------
    AssertionError
        With the report's text, the smallest failing network among it.

    Examples
    --------
    >>> from lumpver.reduction import reduce
    >>> assert_sound(reduce, examples=5, seed=1).counts["networks"]
    5
    """
    __tracebackhide__ = True
    report = audit(function, **options)
    if not report.sound:
        raise AssertionError(f"\n{report.text()}")
    if not report.counts.get("networks"):
        raise AssertionError(f"{report.subject}: no network was tried")
    return report


@dataclass(slots=True)
class _Run:
    """One audit while it lasts."""

    subject: Subject
    trials: Trials
    patience: float
    started: float
    seconds: float
    counts: Counter[str] = field(default_factory=Counter)
    models: list[str] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    missed: list[Missed] = field(default_factory=list)

    def search(self, examples: int) -> bool:
        """Try generated networks until one fails; whether time sufficed for that."""
        drafts = generated(examples, seed=self.trials.seed, onnx=self.subject.onnx)
        for index in range(examples):
            if self.left(_SEARCH) <= 0:
                return False
            found = next(drafts)
            network = found.network()
            try:
                verdict = self.examine(network, key=index, patience=self.patience)
            except Unrepresentable:
                self.counts["not representable"] += 1
                continue
            origin = f"generated network {index}"
            if verdict.faulty:
                self.findings.append(self.finding(origin, network, found, verdict))
                return True
            self.compare_units(origin, found, network, verdict)
        return True

    def model(self, given: Network | Path | str) -> None:
        """Try one model."""
        origin, network = model(given)
        if origin in self.models:
            origin = f"{origin} ({len(self.models) + 1})"
        self.models.append(origin)
        path = None if given is network else Path(str(given))
        patience = max(self.patience, self.left(1))
        verdict = self.examine(network, key=origin, patience=patience, path=path)
        if verdict.faulty:
            self.findings.append(self.finding(origin, network, _small(network), verdict))
        else:
            self.compare_units(origin, None, network, verdict)

    def left(self, share: float) -> float:
        """Seconds left of this share of the whole time."""
        return self.started + share * self.seconds - monotonic()

    def examine(
        self, network: Network, *, key: object, patience: float, path: Path | None = None
    ) -> Verdict:
        """The verdict on what the reducer makes of a network, counted."""
        verdict = self.trials.verdict(network, key=key, patience=patience, path=path)
        self.counts["networks"] += 1
        self.counts[verdict.kind] += 1
        return verdict

    def compare_units(
        self, origin: str, found: Draft | None, network: Network, verdict: Verdict
    ) -> None:
        """Note a correct result that has more units than it needs; the smallest is kept."""
        if verdict.result is None:
            return
        possible = reduce(network, floats_only=self.subject.onnx).network.units
        units = verdict.result.units
        if units <= possible:
            return
        self.counts["missed"] += 1
        test = ""
        if found is not None:
            remark = f"leaves {units} units, {possible} are possible"
            test = as_test(self.subject, found, remark=remark)
        missed = Missed(origin, network, units, possible, test)
        if not self.missed or self.missed[0].network.units > network.units:
            self.missed = [missed]

    def finding(
        self, origin: str, network: Network, found: Draft | None, verdict: Verdict
    ) -> Finding:
        """The finding on the smallest network that fails in the same way."""
        before = network.units
        if found is not None:
            smallest, verdict = self.shrink(found, verdict)
            if smallest is not None:
                network, found = smallest.network(), smallest
            elif found.network().digest != network.digest:
                found = None
        test = "" if found is None else self.printed(found, verdict)
        return Finding(verdict.kind, origin, verdict.detail, network, before, verdict.witness, test)

    def printed(self, found: Draft, verdict: Verdict) -> str:
        """The failing test."""
        witness = verdict.witness
        if witness is None:
            remark = (verdict.detail.splitlines() or [""])[-1]
            return as_test(self.subject, found, remark=f"{verdict.kind}: {remark}")
        pairs = (
            f"{name}: {shown(value)} but got {shown(witness.reduced[name])}"
            for name, value in witness.original.items()
            if shown(value) != shown(witness.reduced[name])
        )
        return as_test(
            self.subject,
            found,
            point=witness.point,
            remark="; ".join(pairs),
            wrapped=verdict.wrapped,
        )

    def shrink(self, found: Draft, verdict: Verdict) -> tuple[Draft | None, Verdict]:
        """The smallest draft that fails alike, with its verdict; None where none does."""
        last = verdict
        patience = self.patience
        if verdict.kind == HUNG:
            patience = min(patience, max(_LEAST_PATIENCE, 20 * self.trials.slowest))

        def fails(candidate: Draft) -> bool:
            nonlocal last
            hints = () if last.witness is None else (last.witness.point,)
            try:
                now = self.trials.verdict(
                    candidate.network(), key="", patience=patience, hints=hints, proving=False
                )
            except Unrepresentable:
                return False
            same = alike(now, verdict)
            last = now if same else last
            return same

        if not fails(found):
            return None, verdict
        until = self.started + self.seconds
        if verdict.kind == HUNG:
            until = min(until, monotonic() + 2.5 * self.patience)
        smallest = shrunk(found, fails, until=until)
        if verdict.kind == HUNG:
            last = self.trials.verdict(smallest.network(), key="", patience=self.patience)
            if not alike(last, verdict):
                return None, verdict
        return smallest, last


def _small(network: Network) -> Draft | None:
    """The network as a draft, if it is one and not too large to be shrunk."""
    if network.parameters > _MOST_SHRUNK:
        return None
    try:
        return draft(network)
    except Malformed:
        return None
