"""Reductions of random whole models with one thing changed: what is wrong is never accepted."""

from __future__ import annotations

import sys
from collections import Counter
from typing import TYPE_CHECKING

import pytest
from graph_cases import agree
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from lumpver.checker import check
from lumpver.errors import LumpverError, Malformed, NotRational, Rejected, ShapeMismatch
from lumpver.proving import Proved, prove
from lumpver.reducing.reduction import reduce
from lumpver.trial.strategies import (
    PlantedGraph,
    mutated_certificates,
    mutated_graphs,
    planted_graphs,
)
from lumpver.trial.strategies.graph_mutations import CHANGES

if TYPE_CHECKING:
    from lumpver.claim.certificate import Certificate
    from lumpver.model.network import Network
    from lumpver.reducing.reduction import Reduction

Table = Counter[tuple[str, str]]


def differ(a: Network, b: Network) -> bool:
    """Whether outputs differ at some point, in number or shape, or there are none."""
    try:
        return not agree(a, b, points=3)
    except (ShapeMismatch, NotRational, Malformed):
        return True


def rule_of(original: Network, other: Network, certificate: Certificate) -> str | None:
    """The rule that rejects; None where nothing does."""
    try:
        check(original, other, certificate)
    except Rejected as error:
        return error.rule
    except LumpverError as error:  # shapes or activations that fit nothing
        return error.kind
    return None


def judged(data: st.DataObject, original: Network, made: Reduction, table: Table) -> None:
    """Note which rule rejects one mutant; one that is accepted computes the same."""
    kind, other, certificate = "claim", made.network, made.certificate
    claims = any(fact.relabelling for facts in certificate.tensors.values() for fact in facts)
    if claims and data.draw(st.integers(0, 3)) == 3:
        certificate = data.draw(mutated_certificates(certificate))
    else:
        kind, other = data.draw(mutated_graphs(made.network))
    rule = rule_of(original, other, certificate)
    if kind == "claim":
        table[kind, rule or "accepted"] += 1
        return
    wrong = differ(original, other)
    assert rule is not None or not wrong, f"{kind} changed, and accepted"
    table[kind, rule or "accepted"] += wrong or rule is None
    table["", "wrong"] += wrong


def tabulated(table: Table) -> str:
    """How many mutants of each kind were rejected by which rule."""
    kinds = sorted({kind for kind, _ in table if kind})
    rows = (
        f"  {kind:10} "
        + ", ".join(f"{rule} {count}" for (one, rule), count in table.most_common() if one == kind)
        for kind in kinds
    )
    return "\n".join([f"{table['', 'wrong']} mutants that are wrong", *rows])


def campaign(examples: int, mutants: int) -> Table:
    """What became of so many mutants of so many networks."""
    table: Table = Counter()

    @settings(max_examples=examples, phases=(Phase.generate,))
    @given(planted_graphs(least=1), st.data())
    def run(found: PlantedGraph, data: st.DataObject) -> None:
        made = reduce(found.network)
        for _ in range(mutants):
            judged(data, found.network, made, table)

    run()
    sys.stdout.write(f"\n{tabulated(table)}\n")
    return table


def test_no_wrong_mutant_is_accepted() -> None:
    """Hundreds that compute something else, with every kind of change among them."""
    table = campaign(60, 8)
    assert table["", "wrong"] > 200
    assert {kind for kind, rule in table if rule != "accepted"} >= {"claim", *CHANGES}


@pytest.mark.long
def test_no_wrong_mutant_is_accepted_of_many() -> None:
    """Thousands of them."""
    assert campaign(1500, 10)["", "wrong"] > 5000


@settings(max_examples=40)
@given(planted_graphs(least=1), st.data())
def test_what_differs_is_never_proved(found: PlantedGraph, data: st.DataObject) -> None:
    """`prove` does not say that a mutant is the same function where a point says otherwise."""
    _, other = data.draw(mutated_graphs(reduce(found.network).network))
    if differ(found.network, other):
        try:
            answer = prove(found.network, other, timeout=1, effort=20_000, apart=False)
        except LumpverError:  # shapes that do not fit each other
            return
        assert not isinstance(answer, Proved)
