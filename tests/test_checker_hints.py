"""The checker and hints: whatever a certificate's hints say, what it accepts holds on its box.

Hints that do not fit the original are rejected; those that fit choose among bounds that hold.
"""

from __future__ import annotations

import json
import random
from copy import deepcopy
from dataclasses import replace
from functools import cache
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pytest
from flint import fmpq

from lumpver.bounds.knowing import known
from lumpver.checker import check
from lumpver.claim.certificate import Digest, decode, encode
from lumpver.claim.domain import Box, Boxes
from lumpver.claim.hints import NO_HINTS, Hints, Leaning, Target
from lumpver.claim.statement import EVERYTHING, Claim
from lumpver.errors import LumpverError, Malformed, Rejected
from lumpver.exact.array import rationals
from lumpver.model.evaluation import trace
from lumpver.model.network import Network
from lumpver.reducing.boxing import bounded
from lumpver.reducing.reduction import reduce

if TYPE_CHECKING:
    from lumpver.claim.certificate import Certificate
    from lumpver.reducing.reduction import Reduction

FILE: Final = Digest("a" * 64)
SEEDS: Final = (1, 3, 9, 14)


def trained(seed: int, widths: tuple[int, ...] = (2, 7, 7, 6, 2)) -> Network:
    """Weights at random, small enough numbers to be added up exactly fast."""
    draw = np.random.default_rng(seed)
    return Network.from_layers(
        [
            (np.rint(draw.normal(size=(m, n)) * 64) / 64, np.rint(draw.normal(size=m) * 64) / 64)
            for n, m in pairwise(widths)
        ]
    )


def box(low: Any = "-1/2", high: Any = "1/2", count: int = 2) -> Box:
    """All inputs between two numbers."""
    return Box.of({"x": [(low, high)] * count})


@cache
def tight(seed: int, *boxes: Box) -> Reduction:
    """A reduction by tightened bounds, whose certificate has hints."""
    network = trained(seed)
    return reduce(network, known=bounded(network, Boxes(boxes or (box(),))))


def accepted(found: Reduction, proof: Certificate) -> bool:
    """Whether the checker accepts it for what it claims."""
    try:
        check(found.original, found.network, proof, claim=proof.claim)
    except Rejected:
        return False
    return True


def require_same(found: Reduction, domain: Boxes, rng: random.Random, *, points: int = 8) -> None:
    """Both networks give the same, exactly, at points of the domain, corners among them."""
    for _ in range(points):
        (_, ranges), *_ = rng.choice(domain.boxes).ranges
        x = [rng.choice((a, b, a + (b - a) * fmpq(rng.randint(0, 16), 16))) for a, b in ranges]
        assert found.original(x) == found.network(x)


@pytest.mark.parametrize("seed", SEEDS)
def test_hints_are_needed_and_enough(seed: int) -> None:
    """With them what was made by them is accepted, without them it is not."""
    found = tight(seed)
    proof = found.certificate
    assert proof.hints
    plain = reduce(found.original, known=known(found.original, Boxes((box(),))))
    assert found.network.units < plain.network.units
    assert accepted(found, proof)
    assert not accepted(found, replace(proof, hints=()))
    assert not accepted(found, replace(proof, hints=(NO_HINTS,)))
    require_same(found, Boxes((box(),)), random.Random(seed))


def test_hints_are_left_out_where_nothing_needs_them() -> None:
    """Of all inputs, without the rule that reads bounds, and where plain bounds say it all."""
    network = trained(0)
    there = bounded(network, Boxes((box(),)))
    assert reduce(network, known=there, rules=["merges"]).certificate.hints == ()
    small = Boxes((box("1/4", "9/32"),))
    assert reduce(network, known=bounded(network, small)).certificate.hints == ()


@pytest.mark.parametrize("seed", SEEDS)
def test_each_box_has_its_own(seed: int) -> None:
    """Hints for one box, said of the other, are either enough or rejected."""
    boxes = box(0, "3/4"), box("-3/4", 0)
    found = tight(seed, *boxes)
    proof = found.certificate
    assert accepted(found, proof)
    require_same(found, Boxes(boxes), random.Random(seed))
    if proof.hints:
        assert len(proof.hints) == 2
        accepted(found, replace(proof, hints=proof.hints[::-1]))
        assert not accepted(found, replace(proof, hints=proof.hints[:1]))
        assert not accepted(found, replace(proof, hints=(*proof.hints, NO_HINTS)))


@pytest.mark.parametrize("seed", SEEDS)
def test_the_same_hints_say_less_of_a_larger_box(seed: int) -> None:
    """Where they are accepted for it, it holds there."""
    found = tight(seed)
    for ends in (("-1/2", "9/16"), (-1, 1), (-4, 4)):
        larger = Boxes((box(*ends),))
        if accepted(found, replace(found.certificate, claim=Claim(domain=larger))):
            require_same(found, larger, random.Random(seed), points=40)
        else:
            assert ends != ("-1/2", "1/2")


def target(at: int = 0, above: bool = False, by: str = "h1", column: int = 0) -> Target:
    """One entry, one line."""
    leaning = Leaning(np.array([column]), np.zeros((1, 1), dtype=np.uint8))
    return Target(np.array([at]), above, {by: leaning})


MISFITS: Final = {
    "a tensor that is not there": Hints({"h9.pre": (target(),)}),
    "an input": Hints({"x": (target(),)}),
    "an activation's output": Hints({"h2": (target(),)}),
    "the outputs": Hints({"y": (target(),)}),
    "an entry too far": Hints({"h2.pre": (target(7),)}),
    "an activation that is not there": Hints({"h2.pre": (target(by="h9"),)}),
    "an activation that comes later": Hints({"h2.pre": (target(by="h3"),)}),
    "what the activation itself makes": Hints({"h2.pre": (target(by="h2"),)}),
    "what an activation reads": Hints({"h2.pre": (target(by="h1.pre"),)}),
    "a line too far": Hints({"h2.pre": (target(column=7),)}),
    "a cut of no input": Hints(cuts=(3, 0, 0)),
    "a cut of no input below": Hints(cuts=(1, 2, 3, 0, 0, 0, 0)),
}


@pytest.mark.parametrize("hints", MISFITS.values(), ids=MISFITS)
def test_hints_that_do_not_fit_are_rejected(hints: Hints) -> None:
    """Also where no fact needs them."""
    found = tight(0)
    with pytest.raises(Rejected, match="hints"):
        check(
            found.original,
            found.network,
            replace(found.certificate, hints=(hints,)),
            claim=found.certificate.claim,
        )
    same = Claim(domain=Boxes((box(),)))
    nothing = replace(found.certificate, tensors={}, hints=(hints,), claim=same)
    with pytest.raises(Rejected, match="hints"):
        check(found.original, found.original, nothing, claim=same)


def test_hints_of_another_network_are_rejected() -> None:
    """They do not fit, or do not help."""
    for seed in SEEDS:
        found = tight(seed)
        others = [tight(other).certificate.hints for other in SEEDS if other != seed]
        others += [bounded(trained(1, (2, 7, 7, 7, 7, 2)), Boxes((box(),))).hints]
        assert not all(accepted(found, replace(found.certificate, hints=x)) for x in others)


def test_hints_without_a_box_are_rejected() -> None:
    """A certificate for all inputs has none."""
    network = trained(0)
    proof = replace(reduce(network, rules=()).certificate, hints=(Hints(cuts=(1, 0, 0)),))
    with pytest.raises(Rejected, match="hints"):
        check(network, network, proof, claim=EVERYTHING)


def test_ranges_without_ends_are_not_cut() -> None:
    """Nor are lines chosen where nothing is bounded."""
    network = trained(0)
    free = Claim(domain=Boxes((Box.of({"x": [(None, 1), (0, 1)]}),)))
    proof = replace(reduce(network, rules=()).certificate, claim=free)
    for hints in (Hints(cuts=(1, 0, 0)), Hints({"h2.pre": (target(),)})):
        with pytest.raises(Rejected, match="hints"):
            check(network, network, replace(proof, hints=(hints,)), claim=free)
    check(network, network, replace(proof, hints=(Hints(cuts=(2, 0, 0)),)), claim=free)


@pytest.mark.parametrize("limit", [-1, float("nan"), -float("inf")])
def test_a_limit_is_a_number_of_seconds(limit: float) -> None:
    """Anything else is refused."""
    with pytest.raises(Malformed, match="timeout"):
        bounded(trained(0), Boxes((box(),)), timeout=limit)


def test_no_time_is_no_hints() -> None:
    """What is known then is what the rule without hints says, more carefully."""
    network, there = trained(0), Boxes((box(),))
    found, plain = bounded(network, there, timeout=0), known(network, there)
    assert all(hints.nothing for hints in found.hints)
    for name, ends in plain.intervals.items():
        assert (found.intervals[name].lower <= ends.lower).all()
        assert (found.intervals[name].upper >= ends.upper).all()


# Mutants of certificates that have hints.

GARBAGE: Final = (None, True, -1, 0, 1, 2, 3, 255, 10**9, "", "nan", "AA==", [], {}, [0], 0.5)


def places(found: Any) -> list[tuple[Any, Any]]:
    """Every place in a document: what it is in, and its key."""
    keys = list(found) if isinstance(found, dict) else range(len(found))
    here = [(found, key) for key in keys]
    return here + [
        place for key in keys if isinstance(found[key], dict | list) for place in places(found[key])
    ]


def mutate(rng: random.Random, hints: Any) -> None:
    """One change of hints, most of them of a kind that can be read."""
    where, key = rng.choice(places(hints))
    value = where[key]
    if isinstance(value, str) and rng.random() < 0.9:
        alphabet = "ABCDabcd0129+/"
        at = rng.randrange(max(1, len(value) - 3))
        where[key] = value[:at] + rng.choice(alphabet) + value[at + 1 :]
    elif type(value) is int and rng.random() < 0.9:
        where[key] = max(0, value + rng.choice((-2, -1, 1, 2)))
    elif isinstance(value, dict) and len(value) > 1 and rng.random() < 0.5:
        one, other = rng.sample(list(value), 2)
        value[one], value[other] = value[other], value[one]
    elif isinstance(value, list) and value and rng.random() < 0.5:
        value.insert(rng.randrange(len(value) + 1), rng.choice(value))
    elif isinstance(where, dict) and rng.random() < 0.5:
        del where[key]
    else:
        where[key] = rng.choice(GARBAGE)


def require_within(found: Reduction, proof: Certificate, rng: random.Random) -> None:
    """No exact value leaves the bounds that the hints give."""
    domain = proof.claim.domain
    assert isinstance(domain, Boxes)
    bounds = known(found.original, domain, hints=proof.hints).intervals
    for _ in range(3):
        (_, ranges), *_ = rng.choice(domain.boxes).ranges
        x = [rng.choice((a, b, a + (b - a) * fmpq(rng.randint(0, 16), 16))) for a, b in ranges]
        for name, value in trace(found.original, {"x": np.array(x, dtype=object)}).items():
            for v, a, b in zip(
                rationals(value).ravel(), bounds[name].lower, bounds[name].upper, strict=True
            ):
                assert fmpq(*float(a).as_integer_ratio()) <= v <= fmpq(*float(b).as_integer_ratio())


def campaign(many: int, seed: int) -> dict[str, int]:
    """What became of so many mutants."""
    rng, tally = random.Random(seed), {"refused": 0, "rejected": 0, "accepted": 0}
    pairs = [tight(seed) for seed in SEEDS] + [
        tight(seed, box(0, "3/4"), box("-3/4", 0)) for seed in SEEDS
    ]
    pairs = [found for found in pairs if found.certificate.hints]
    documents = [
        json.loads(encode(replace(found.certificate, original=FILE, reduced=FILE)))
        for found in pairs
    ]
    for _ in range(many):
        found, document = rng.choice(list(zip(pairs, documents, strict=True)))
        mutant = deepcopy(document)
        for _ in range(rng.choice((1, 1, 2, 5))):
            if mutant["hints"]:
                mutate(rng, mutant["hints"])
        try:
            proof = decode(json.dumps(mutant).encode())
        except LumpverError:
            tally["refused"] += 1
            continue
        if accepted(found, proof):
            tally["accepted"] += 1
            require_same(found, proof.claim.domain, rng, points=4)  # type: ignore[arg-type]
            require_within(found, proof, rng)
        else:
            tally["rejected"] += 1
    return tally


def test_mutants_are_sound_or_refused() -> None:
    """A few hundred: all three happen often."""
    assert min(campaign(300, 0).values()) > 20


@pytest.mark.long
def test_many_mutants_are_sound_or_refused() -> None:
    """Thousands."""
    assert min(campaign(20_000, 1).values()) > 1000
