"""The campaign: mutants by number, checked, judged and counted.

Mutant `i` of a seed is the same on every machine, whatever else runs.

right: accepted, and the oracle agrees
wrong: accepted, and the oracle has a reason: a bug of the checker
crash: an exception that is no LumpverError: a bug too
unjudged: accepted, but the original cannot be evaluated anywhere
"""

from __future__ import annotations

import hashlib
import random
from collections import Counter
from dataclasses import dataclass, field, replace
from itertools import accumulate
from typing import TYPE_CHECKING, Final

from lumpver.claim.certificate import decode
from lumpver.errors import LumpverError
from lumpver.reducing.verification import check_models
from mutation import (
    on_certificates,
    on_facts,
    on_forms,
    on_networks,
    on_nodes,
    on_onnx,
    on_several,
    on_signs,
    on_text,
    on_wiring,
    oracle,
    runtime,
)
from mutation.draft import Draft
from mutation.networks import opened

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from mutation.draft import Mutator
    from mutation.networks import Case

KINDS: Final[tuple[tuple[float, tuple[Mutator, ...]], ...]] = (
    (0.25, on_certificates.MUTATORS),
    (0.15, on_signs.MUTATORS),
    (0.2, on_forms.MUTATORS),
    (0.1, on_onnx.MUTATORS),
    (0.1, on_wiring.MUTATORS),
    (0.07, on_text.MUTATORS),
    (0.23, on_networks.MUTATORS),
    (0.1, on_nodes.MUTATORS),
    (0.4, on_facts.MUTATORS),  # both of every other mutant
    (0.2, on_several.MUTATORS),
)
_BOUNDS: Final = tuple(accumulate(weight for weight, _ in KINDS))
VERSIONS: Final = (1, 3)
MOST_UNITS_ON_PAPER: Final = 12


@dataclass(slots=True)
class Tally:
    """What became of the mutants, and every one that must not be."""

    outcomes: Counter[str] = field(default_factory=Counter)
    rules: Counter[str] = field(default_factory=Counter)
    mutators: Counter[tuple[str, str]] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        total = sum(self.outcomes.values())
        rows = [f"{total} mutants"]
        rows += [f"  {count:7} {name}" for name, count in self.outcomes.most_common()]
        rows.append("rejections by rule")
        rows += [f"  {count:7} {name}" for name, count in self.rules.most_common()]
        rows.append("accepted and right, by mutator")
        rows += [
            f"  {count:7} {name}"
            for (name, outcome), count in self.mutators.most_common()
            if outcome == "right"
        ]
        return "\n".join(rows + self.faults)


def mutant(
    seed: int, index: int, cases: Sequence[Case], *, versions: Sequence[int] = VERSIONS
) -> Draft:
    """One mutant: one to three mutators on a right pair, something changed for certain.

    Version 1 stands for what lumpver 0.1.0 wrote, which is version 2 where that is needed.
    """
    rng = random.Random(f"{seed}:{index}")
    case = rng.choices(cases, [case.weight for case in cases])[0]
    while True:
        pair, version = rng.choice(case.pairs), rng.choice(versions)
        draft = Draft.of(case, pair, version)
        before = (pair.original, pair.reduced, Draft.of(case, pair, version).certificate())
        for _ in range(rng.choice((1, 1, 1, 2, 2, 3))):
            _mutate(rng, draft)
        if (draft.original, draft.reduced, draft.certificate()) != before:
            return draft


def _mutate(rng: random.Random, draft: Draft) -> None:
    while True:
        drawn = rng.random() * _BOUNDS[-1]
        kind = next(k for k, bound in enumerate(_BOUNDS) if drawn <= bound)
        change = rng.choice(KINDS[kind][1])
        if not isinstance(draft.document, dict) or not isinstance(
            draft.document.get("tensors"), dict
        ):
            return
        try:
            done = change(rng, draft)
        except (TypeError, KeyError, AttributeError, IndexError, ValueError, ArithmeticError):
            done = False  # an earlier mutator left nothing of the kind
        if done:
            draft.history.append(change.__name__)
            return


def outcome(draft: Draft, *, on_paper: bool, points: int) -> tuple[str, str]:
    """What became of a mutant, and why."""
    ours, theirs = draft.case.places
    try:
        claim = decode(draft.certificate())
        original = opened(ours, draft.original)
        same = draft.original == draft.reduced and ours.suffix == theirs.suffix
        reduced = replace(original, path=theirs) if same else opened(theirs, draft.reduced)
        check_models(original, reduced, claim)
    except LumpverError as error:
        return "rejected", getattr(error, "rule", error.kind)
    networks = original.network, reduced.network
    if any(
        claimed is None or claimed.sha256 != hashlib.sha256(data).hexdigest()
        for claimed, data in ((claim.original, draft.original), (claim.reduced, draft.reduced))
    ):
        return "wrong", "digests of other files"
    try:
        reason = oracle.wrong(*networks, claim, draft.original, points)
    except oracle.Unjudged:
        return "unjudged", ""
    if reason is None and on_paper and original.network.units <= MOST_UNITS_ON_PAPER:
        reason = oracle.paper_says(*networks, claim)
    random_nodes = any("Random" in node.operator for node in original.network.opaque)
    if reason is None and original.network.opaque and not random_nodes:
        found = oracle.evidence(original.network, draft.original, points)
        reason = runtime.differs(draft.original, draft.reduced, found[0][0])
    return ("right", "") if reason is None else ("wrong", reason)


def run(
    count: int,
    *,
    seed: int,
    cases: Sequence[Case],
    versions: Sequence[int] = VERSIONS,
    thorough: bool = True,
    progress: Callable[[int], None] = lambda _: None,
) -> Tally:
    """The tally of the first `count` mutants; if not `thorough`, at fewer points."""
    tally = Tally()
    for index in range(count):
        draft = mutant(seed, index, cases, versions=versions)
        points = (8 if thorough else 5) if draft.case.weight == 1 else 2
        try:
            found, why = outcome(draft, on_paper=index % 8 == 0, points=points)
        except Exception as error:  # noqa: BLE001 that there is none is what is tested
            found, why = "crash", repr(error)[:300]
        tally.outcomes[found] += 1
        if found == "rejected":
            tally.rules[why] += 1
        elif found in ("wrong", "crash"):
            tally.faults.append(
                f"{found}: seed {seed}, mutant {index}, {draft.case.name},"
                f" {' + '.join(draft.history)}: {why}"
            )
        for name in set(draft.history):
            tally.mutators[name, found] += 1
        progress(index)
    return tally
