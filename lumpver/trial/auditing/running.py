"""One audit while it lasts: models first, then generated networks, each judged at once.

found: a draft, where the network is one, so that it can be shrunk and printed
left: seconds left of a share of the whole time
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from math import inf
from time import monotonic
from typing import TYPE_CHECKING, Final

from lumpver.errors import Malformed, Unrepresentable
from lumpver.trial.auditing.answers import HUNG
from lumpver.trial.auditing.cases import WARM, Found, generated, model, network_of, whole_models
from lumpver.trial.auditing.judging import units_possible
from lumpver.trial.auditing.pipes import TimeIsUp
from lumpver.trial.auditing.printing import Subject, as_test
from lumpver.trial.auditing.reports import Finding, Missed, shown
from lumpver.trial.auditing.shrinking import shrunk
from lumpver.trial.auditing.trials import Trials, alike, refuses
from lumpver.trial.auditing.verdicts import REFUSED, Verdict
from lumpver.trial.strategies.forms import FORMS
from lumpver.trial.strategies.reading import draft

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from lumpver.model.network import Network

PATIENCE: Final = 2.0
FIRST_CALL: Final = "first call"
_SEARCH: Final = 2 / 3
_MOST_SHRUNK: Final = 20_000
_LEAST_PATIENCE: Final = 0.25
_WHOLE: Final = 2  # one in so many networks is a whole model
_MOST_REFUSED: Final = 5
_PROVING: Final = 0.5


@dataclass(slots=True)
class Run:
    """What has been tried and found so far."""

    subject: Subject
    trials: Trials
    patience: float | None
    started: float
    seconds: float
    tried: float = field(init=False)
    counts: Counter[str] = field(default_factory=Counter)
    models: list[str] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    missed: list[Missed] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.tried = self.started

    def everything(self, models: Iterable[Network | Path | str], examples: int) -> bool:
        """Try the models, then generated networks; whether time sufficed for that."""
        given = tuple(models)
        if not given and not examples:
            return True
        try:
            if not self.begun():
                return True
            for each in given:
                self.model(*model(each))
            return self.search(examples)
        except TimeIsUp:
            return False

    def begun(self) -> bool:
        """Whether the reducer was loaded, and came back from its first call."""
        first = WARM if not self.subject.onnx else replace(WARM, batch=True)
        network = first.network()
        worker = self.trials.worker
        worker.warm = self.trials.argument(network)
        stuck = worker.begin()
        self.tried = monotonic()
        if isinstance(worker.reducer, str):
            self.subject = self.subject.named(worker.name, worker.module)
        if stuck is None:
            return True
        self.counts[HUNG] += 1
        verdict = Verdict(HUNG, stuck.detail)
        test = self.printed(first, verdict)
        self.findings.append(
            Finding(HUNG, FIRST_CALL, stuck.detail, network, network.units, None, test)
        )
        return False

    def search(self, examples: int) -> bool:
        """Try generated networks until one fails; whether time sufficed for that."""
        drafts = generated(examples, seed=self.trials.seed, onnx=self.subject.onnx)
        wholes = whole_models(seed=self.trials.seed)
        patience = self.patience or PATIENCE
        for index in range(examples):
            if self.left(_SEARCH) <= 0:
                return False
            whole = index % _WHOLE == _WHOLE - 1 and self.counts[REFUSED] < _MOST_REFUSED
            found = next(wholes) if whole else next(drafts)
            network = network_of(found)
            self.trials.form = FORMS[(index // _WHOLE if whole else index) % len(FORMS)]
            try:
                verdict = self.examine(network, key=index, patience=patience, whole=whole)
            except Unrepresentable:
                self.counts["not representable"] += 1
                continue
            origin = f"generated network {index}"
            if verdict.faulty:
                self.findings.append(self.finding(origin, network, found, verdict))
                return True
            self.compare_units(origin, found, network, verdict)
        return True

    def model(self, origin: str, network: Network, path: Path | None) -> None:
        """Try one model."""
        if origin in self.models:
            origin = f"{origin} ({len(self.models) + 1})"
        self.models.append(origin)
        self.trials.form = FORMS[0]
        patience = self.patience or max(_LEAST_PATIENCE, self.left(1))
        verdict = self.examine(network, key=origin, patience=patience, path=path)
        if verdict.faulty:
            self.findings.append(self.finding(origin, network, _small(network), verdict))
        else:
            self.compare_units(origin, None, network, verdict)

    def left(self, share: float) -> float:
        """Seconds left of this share of the time that the first call left."""
        return self.tried - monotonic() + share * (self.started + self.seconds - self.tried)

    def examine(
        self,
        network: Network,
        *,
        key: object,
        patience: float,
        path: Path | None = None,
        whole: bool = False,
    ) -> Verdict:
        """The verdict on what the reducer makes of a network, counted.

        Of a `whole` model proofs are not sought for long, and the reducer may refuse it.
        """
        proving = _PROVING if whole else inf
        verdict = self.trials.verdict(
            network, key=key, patience=patience, path=path, proving=proving
        )
        if whole and refuses(verdict):
            verdict = Verdict(REFUSED, verdict.detail)
        self.counts["networks"] += 1
        self.counts[verdict.kind] += 1
        return verdict

    def compare_units(
        self, origin: str, found: Found | None, network: Network, verdict: Verdict
    ) -> None:
        """Note a correct result that has more units than it needs; the smallest is kept.

        Of one that is near there is no least number.
        """
        if verdict.result is None or self.trials.within is not None or self.left(1) <= 0:
            return
        possible = units_possible(network, floats_only=self.subject.onnx, limit=self.left(1))
        units = verdict.result.units
        if possible is None or units <= possible:
            return
        self.counts["missed"] += 1
        test = ""
        if found is not None:
            remark = f"leaves {units} units, {possible} are possible"
            test = as_test(self.subject, found, form=self.trials.form, remark=remark)
        missed = Missed(origin, network, units, possible, test)
        if not self.missed or self.missed[0].network.units > network.units:
            self.missed = [missed]

    def finding(
        self, origin: str, network: Network, found: Found | None, verdict: Verdict
    ) -> Finding:
        """The finding on the smallest network that fails in the same way."""
        before = network.units
        if found is not None:
            smallest, verdict = self.shrink(found, verdict)
            if smallest is not None:
                network, found = network_of(smallest), smallest
            elif network_of(found).digest != network.digest:
                found = None
        test = "" if found is None else self.printed(found, verdict)
        return Finding(verdict.kind, origin, verdict.detail, network, before, verdict.witness, test)

    def printed(self, found: Found, verdict: Verdict) -> str:
        """The failing test."""
        witness = verdict.witness
        if witness is None:
            remark = (verdict.detail.splitlines() or [""])[-1]
            return as_test(
                self.subject, found, form=self.trials.form, remark=f"{verdict.kind}: {remark}"
            )
        pairs = (
            f"{name}: {shown(value)} but got {shown(witness.reduced[name])}"
            for name, value in witness.original.items()
            if shown(value) != shown(witness.reduced[name])
        )
        return as_test(
            self.subject,
            found,
            form=self.trials.form,
            point=witness.point,
            remark="; ".join(pairs),
            within=self.trials.within,
            wrapped=verdict.wrapped,
        )

    def shrink(self, found: Found, verdict: Verdict) -> tuple[Found | None, Verdict]:
        """The smallest draft that fails alike, with its verdict; None where none does."""
        last = verdict
        usual = patience = self.patience or PATIENCE
        if verdict.kind == HUNG:
            patience = min(patience, max(_LEAST_PATIENCE, 20 * self.trials.slowest))

        def fails(candidate: Found) -> bool:
            nonlocal last
            hints = () if last.witness is None else (last.witness.point,)
            try:
                now = self.trials.verdict(
                    network_of(candidate), key="", patience=patience, hints=hints, proving=0
                )
            except (Unrepresentable, TimeIsUp):
                return False
            same = alike(now, verdict)
            last = now if same else last
            return same

        if not fails(found):
            return None, verdict
        until = self.started + self.seconds
        if verdict.kind == HUNG:
            until = min(until, monotonic() + 2.5 * usual)
        smallest = shrunk(found, fails, until=until)
        if verdict.kind == HUNG:
            try:
                last = self.trials.verdict(network_of(smallest), key="", patience=usual)
            except TimeIsUp:
                return None, verdict
            if not alike(last, verdict):
                return None, verdict
        return smallest, last


def _small(network: Network) -> Found | None:
    """The network, as a draft if it is one, if it is not too large to be shrunk."""
    if network.parameters > _MOST_SHRUNK:
        return None
    try:
        return draft(network)
    except Malformed:
        return None if network.opaque else network
