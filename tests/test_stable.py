"""Tests for the sign-stable rule: search, quotient, checker and certificate together."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from flint import fmpq
from hypothesis import given
from hypothesis import strategies as st

from lumpver import prove
from lumpver.checker import check
from lumpver.claim.certificate import Digest, decode, encode
from lumpver.errors import Malformed, NotRational, Rejected
from lumpver.exact.array import array, zeros
from lumpver.model.activations import RELU, Activation, activation, leaky
from lumpver.model.network import Network
from lumpver.model.relabelling import Mixed, Relabelling
from lumpver.reducing.reduction import Reduction, reduce_by
from lumpver.reducing.reduction import reduce as by_all_rules
from lumpver.search.forward import swept
from lumpver.search.lumping import LUMPING, RULES, coarsest
from lumpver.search.withheld import Withheld
from lumpver.tell.explanation import explain
from lumpver.tell.summary import layers

if TYPE_CHECKING:
    from collections.abc import Iterable


def reduce(network: Network, *, rules: Iterable[str] = LUMPING, **options: Any) -> Reduction:
    """The reduction without a chain that is made anew, which would leave nothing to look at."""
    return by_all_rules(network, rules=rules, **options)


FIRST = ([[1, -1], [2, 1], [-1, 1]], [0, 1, 0])
POINTS = [(0, 0), (1, 2), (-3, 5), ("1/3", -7), (9, "-5/2"), (-4, -4)]


def network(
    W: Any, b: Any = None, *, before: Activation = RELU, after: Activation = RELU
) -> Network:
    """Three units, then units of interest, then two sums of all of them."""
    readers = [[1] * len(W), list(range(1, len(W) + 1))]
    return Network.from_layers([(*FIRST, before), (W, b, after), (readers, None)])


def mixed(
    block: list[int],
    width: int,
    entries: dict[int, dict[int, Any]],
    *,
    ghosts: int = 0,
    off: tuple[int, ...] = (),
    constant: Any = None,
) -> Relabelling:
    """A relabelling with scales 1 and these rows of several entries."""
    flat = [(v, j, c) for v, row in sorted(entries.items()) for j, c in sorted(row.items())]
    unit, column, scale = zip(*flat, strict=True) if flat else ((), (), ())
    n = len(block)
    return Relabelling(
        np.array(block),
        np.ones(n),
        zeros(n) if constant is None else array(constant),
        width,
        ghosts,
        Mixed(np.array(unit, dtype=int), np.array(column, dtype=int), array(list(scale))),
        np.array(off, dtype=int),
    )


def accepted(found: Reduction) -> None:
    """The checker accepts, and both networks agree at points."""
    check(found.original, found.network, found.certificate)
    for point in POINTS:
        assert found.original(point) == found.network(point)


def rejected(network: Network, claim: Relabelling, *, rule: str = "activation") -> Rejected:
    """The checker's rejection of the reduction by a claimed relabelling of the second layer."""
    found = reduce_by(network, {"h2.pre": claim})
    with pytest.raises(Rejected) as caught:
        check(network, found.network, found.certificate)
    assert caught.value.rule == rule
    return caught.value


TWO_AND_SUM = [[1, 0, 2], [0, 1, 1], [1, 1, 3]]
SUM = mixed([0, 1, -1], 2, {2: {0: 1, 1: 1}})


@pytest.mark.parametrize(
    ("W", "b", "left"),
    [
        (TWO_AND_SUM, None, 2),
        (TWO_AND_SUM, [0, 1, 9], 2),  # a constant beside the entries
        ([[1, 0, 2], [1, 0, 2]], [0, 5], 1),  # and beside a single one
        ([[1, 0, 0], [0, 1, 0], [2, "1/3", 0]], None, 2),
        ([[-1, 0, -2], [1, -1, 0]], [0, 0], 1),  # never positive
        ([[-1, 0, -2], [-1, -1, 0]], [-1, 0], 0),  # nothing is left
        ([[1, -1, 0], [0, 1, 0], [1, 0, 0]], None, 3),  # may switch
        ([[1, 0, 2], [0, 1, 1], [1, 1, 3]], [-1, 0, 0], 3),  # negative bias
        ([[2, 0, 2], [1, 0, 1], [1, 1, 0], [3, 1, 2]], None, 2),  # multiples and a sum of them
    ],
)
def test_units_left(W: list[list[int]], b: list[int] | None, left: int) -> None:
    """What the rule merges, certified and checked, and nothing where a unit may switch."""
    found = reduce(network(W, b))
    assert found.network.width.get("h2.pre", 0) == left
    accepted(found)
    again = reduce(found.network)
    assert again.network.units == found.network.units


def test_rules_without_it() -> None:
    """Without the rule nothing of the kind is merged."""
    rules = [rule for rule in RULES if rule != "stable"]
    assert reduce(network(TWO_AND_SUM), rules=rules).network.units == 6


def test_only_behind_what_is_never_negative() -> None:
    """ReLU, |x| and sigmoid let out nothing negative; the input and LeakyReLU may."""
    for function in (RELU, activation("abs"), activation("sigmoid")):
        found = reduce(network(TWO_AND_SUM, before=function))
        check(found.original, found.network, found.certificate)
        assert found.network.widths[-2] == 2
    for function in (leaky("1/2"), activation("tanh"), activation("identity")):
        rejected(network(TWO_AND_SUM, before=function), SUM)
    first = Network.from_layers([(TWO_AND_SUM, None), ([[1, 2, 3]], None)])
    assert coarsest(first).relabellings == {}
    claim = reduce_by(first, {"h1.pre": SUM})
    with pytest.raises(Rejected):
        check(first, claim.network, claim.certificate)


def test_only_through_what_leaves_it_alone() -> None:
    """ReLU, LeakyReLU and |x| are the identity on what is >= 0; Clip and sigmoid are not."""
    for function in (RELU, leaky("1/2"), activation("abs")):
        found = reduce(network(TWO_AND_SUM, after=function))
        assert found.network.width["h2.pre"] == 2
        accepted(found)
    for function in (activation("sigmoid"), Activation("Clip", (fmpq(0), fmpq(6)))):
        assert "h2.pre" not in coarsest(network(TWO_AND_SUM, after=function)).relabellings
        rejected(network(TWO_AND_SUM, after=function), SUM)


def test_never_positive_only_before_relu() -> None:
    """LeakyReLU of what is <= 0 is not 0."""
    W = [[-1, 0, -2], [1, -1, 0]]
    off = mixed([1, 0], 1, {}, ghosts=1, off=(1,))
    assert reduce(network(W, after=leaky("1/2"))).network.width["h2.pre"] == 2
    rejected(network(W, after=leaky("1/2")), off, rule="switched off")
    accepted(reduce_by(network(W), {"h2.pre": off}))


@pytest.mark.parametrize(
    ("W", "b"),
    [
        ([[-1, 0, 1], [1, -1, 0]], [0, 0]),
        ([[-1, 0, 0], [1, -1, 0]], [1, 0]),
        ([[1, 0, 0], [1, -1, 0]], [0, 0]),
    ],
)
def test_not_switched_off(W: list[list[int]], b: list[int]) -> None:
    """One weight or bias above 0, and the unit may fire."""
    rejected(network(W, b), mixed([1, 0], 1, {}, ghosts=1, off=(1,)), rule="switched off")


def test_a_part_that_may_switch() -> None:
    """The sum never goes below 0, but one of its parts does: ReLU does not distribute."""
    W = [[3, 1, 0], [-1, 2, 0], [2, 3, 0]]
    found = reduce_by(network(W), {"h2.pre": SUM})
    assert any(found.original(point) != found.network(point) for point in POINTS)
    assert rejected(network(W), SUM).unit == 2


def test_a_sum_that_may_switch() -> None:
    """Both parts never go below 0, but their difference does."""
    claim = mixed([0, 1, -1], 2, {2: {0: 1, 1: -1}})
    assert rejected(network([[1, 0, 2], [0, 1, 1], [1, -1, 1]]), claim).unit == 2


def test_a_shift_that_may_switch() -> None:
    """A constant beside an entry passes only where nothing switches."""
    claim = mixed([0, 0], 1, {}, constant=[0, 5])
    rejected(network([[1, -1, 0], [1, -1, 0]], [0, 5]), claim)
    accepted(reduce_by(network([[1, 1, 0], [1, 1, 0]], [0, 5]), {"h2.pre": claim}))


def test_wrong_coefficients() -> None:
    """Every coefficient and the constant are recomputed."""
    accepted(reduce_by(network(TWO_AND_SUM), {"h2.pre": SUM}))
    for row in ({0: 1, 1: 2}, {0: "1/3", 1: 1}, {0: -1, 1: 1}):
        rejected(network(TWO_AND_SUM), mixed([0, 1, -1], 2, {2: row}), rule="affine")
    shifted = mixed([0, 1, -1], 2, {2: {0: 1, 1: 1}}, constant=[0, 0, 1])
    assert "bias" in rejected(network(TWO_AND_SUM), shifted, rule="affine").expected


def test_a_block_that_is_off_cannot_be_combined() -> None:
    """What is never positive and what is never negative do not mix."""
    W = [[1, 0, 0], [-1, 0, 0], [0, 0, 0]]
    claim = mixed([0, 1, -1], 1, {2: {0: 1, 1: 1}}, ghosts=1, off=(1,))
    rejected(network(W), claim)


def test_ghosts_in_a_combination() -> None:
    """A unit may combine blocks that nobody observes, if they are what it says."""
    layered = Network.from_layers(
        [FIRST, (TWO_AND_SUM, None), ([[1, 0, 1], [2, -1, -1]], None), ([[1, 1]], None)]
    )
    accepted(reduce(layered))
    unread = Network.from_layers([FIRST, (TWO_AND_SUM, None), ([[0, 0, 0]], [3])])
    claim = mixed([0, 1, -1], 0, {2: {0: 1, 1: 1}}, ghosts=2)
    accepted(reduce_by(unread, {"h2.pre": claim}))
    wrong = mixed([0, 1, -1], 0, {2: {0: 1, 1: 2}}, ghosts=2)
    found = reduce_by(unread, {"h2.pre": wrong})
    with pytest.raises(Rejected):
        check(unread, found.network, found.certificate)


def test_a_ghost_without_members() -> None:
    """A combination of a block that no unit defines is refused."""
    claim = mixed([0, 1, -1], 2, {2: {0: 1, 2: 1}}, ghosts=1)
    rejected(network(TWO_AND_SUM), claim, rule="ghost")


def test_outputs_are_never_combined() -> None:
    """Outputs carry the identity."""
    found = reduce(Network.from_layers([FIRST, (TWO_AND_SUM, None)]))
    assert found.network.units == 3
    out = Network.from_layers([FIRST, (TWO_AND_SUM, None, RELU)])
    assert reduce(out).network.units == 6


def test_kept_units_stay() -> None:
    """A unit that somebody wants to keep is neither combined nor switched off."""
    for unit in range(3):
        found = reduce(network(TWO_AND_SUM), keep=frozenset({("h2.pre", unit)}))
        assert found.network.width["h2.pre"] == 3
    off = network([[-1, 0, -2], [1, -1, 0]])
    assert reduce(off, keep=frozenset({("h2.pre", 0)})).network.width["h2.pre"] == 2


def test_a_chain_of_combinations() -> None:
    """Negative coefficients above do not hide that a unit's weights are all >= 0."""
    deep = Network.from_layers(
        [
            FIRST,
            ([[1, 1, 0], [1, 2, 0], [1, 0, 0]], None),  # the third is twice the first - second
            ([[1, 0, 1], [0, 1, 0], [1, 1, 1]], None),
            ([[1, 2, 3]], None),
        ]
    )
    found = reduce(deep)
    assert found.network.widths[2:4] == (2, 2)
    accepted(found)


def test_floats_only() -> None:
    """Where float64 cannot hold the sums, units stay."""
    third = network([[3, 0, 0], [0, 1, 0], [1, 1, 0]])
    assert reduce(third).network.width["h2.pre"] == 2
    kept = reduce(third, floats_only=True)
    assert kept.network.width["h2.pre"] == 3
    assert layers(kept)[1].kept_unrepresentable == 1
    accepted(kept)
    assert reduce(network(TWO_AND_SUM), floats_only=True).network.width["h2.pre"] == 2
    huge = network([[1, 0, 0], [1, 0, 0]], [0, 2.0**-1000])
    accepted(reduce(huge, floats_only=True))


def test_recover_explain_and_count() -> None:
    """People are told what became of a unit."""
    found = reduce(network([*TWO_AND_SUM, [-1, 0, 0]], [0, 0, 4, 0]))
    assert found.recover("h2", [5, 7]) == [5, 7, 16, 0]
    assert found.recover("h2.pre", [5, 7]) == [5, 7, 16, None]
    words = [explain(found.certificate, f"h2.pre[{v}]") for v in (2, 3)]
    assert [one.fate for one in words] == ["combined", "constant"]
    assert "reduced h2.pre[0] + reduced h2.pre[1] + 4;" in words[0].sentence
    layer = layers(found)[1]
    assert (layer.units_after, layer.merged, layer.constant, layer.unused) == (2, 1, 1, 0)
    assert found.lumping.blocks("h2.pre") == ((0,), (1,), (3,))
    assert found.lumping.rho("h2.pre")[2] is None


def test_proved_without_a_certificate() -> None:
    """`prove` finds it out by itself, and refutes the merge of a part that may switch."""
    found = reduce(network([*TWO_AND_SUM, [-1, 0, 0]]))
    assert prove(found.original, found.network).semantics == "real"
    wrong = reduce_by(network([[3, 1, 0], [-1, 2, 0], [2, 3, 0]]), {"h2.pre": SUM})
    refuted = prove(wrong.original, wrong.network)
    assert wrong.original(refuted.counterexample) != wrong.network(refuted.counterexample)


def test_never_negative_tensors() -> None:
    """Outputs of ReLU and the like, also rearranged."""

    def never_negative(given: Network) -> set[str]:
        facts = swept(given, RULES, Withheld()).facts
        return {name for name, fact in facts.items() if fact.bounds.never_negative}

    assert never_negative(network(TWO_AND_SUM)) == {"h1", "h2"}
    assert never_negative(network(TWO_AND_SUM, before=leaky(2))) == {"h2"}


def test_given_relabellings_must_fit() -> None:
    """A relabelling of another tensor, of other units or without a pure unit is refused."""
    with pytest.raises(Malformed):
        reduce_by(network(TWO_AND_SUM), {"h2": SUM})
    with pytest.raises(Malformed):
        reduce_by(network(TWO_AND_SUM[:2]), {"h2.pre": SUM})
    with pytest.raises(Malformed):
        reduce_by(network(TWO_AND_SUM), {"h2.pre": mixed([0, 0, 0], 2, {})})


@st.composite
def never_switching(draw: st.DrawFn) -> Network:
    """Networks with many weights of one sign, a few others, and small numbers."""
    numbers = st.sampled_from([fmpq(n, d) for n in range(4) for d in (1, 2, 3)])
    widths = [2, *draw(st.lists(st.integers(1, 4), min_size=2, max_size=3)), 1]
    found = []
    for depth, (m, n) in enumerate(pairwise(widths)):
        signs = [1, 1, 1, -1] if depth else [1, -1]
        rows = [
            [draw(numbers) * draw(st.sampled_from(signs)) for _ in range(m + 1)] for _ in range(n)
        ]
        if n > 2 and draw(st.booleans()):
            rows[-1] = [sum(entries) for entries in zip(*rows[:-1], strict=True)]
        if draw(st.integers(0, 4)) == 0:
            rows[0] = [-abs(entry) for entry in rows[0]]
        function = draw(st.sampled_from([RELU, RELU, RELU, leaky("1/2"), activation("abs")]))
        W, b = [row[:-1] for row in rows], [row[-1] for row in rows]
        found.append((W, b, function) if depth < len(widths) - 2 else (W, b))
    return Network.from_layers(found)


@given(never_switching(), st.lists(st.fractions(-9, 9), min_size=2, max_size=2))
def test_any_reduction_is_exact(network: Network, point: list[Any]) -> None:
    """Checked, equal at a point, and never larger than without the rule."""
    found = reduce(network)
    check(network, found.network, found.certificate)
    assert network(point) == found.network(point)
    digest = Digest("0" * 64)
    named = replace(found.certificate, original=digest, reduced=digest)
    assert encode(decode(encode(named))) == encode(named)
    rest = [rule for rule in LUMPING if rule != "stable"]
    assert found.network.units <= reduce(network, rules=rest).network.units


@given(never_switching(), st.data())
def test_no_wrong_claim_is_accepted(network: Network, data: st.DataObject) -> None:
    """Whatever rows are claimed: what the checker accepts is equal at many points."""
    target = data.draw(st.sampled_from([s.output for s in network.segments[:-1]]))
    n = network.width[target]
    kept = data.draw(st.integers(1, n))
    rows: dict[int, dict[int, Any]] = {}
    small = st.sampled_from([1, 1, 1, 2, -1, fmpq(1, 2)])
    for v in range(kept, n):
        chosen = data.draw(st.lists(st.integers(0, kept - 1), min_size=2, max_size=3, unique=True))\
            if kept > 1 else []  # fmt: skip
        rows[v] = {j: data.draw(small) for j in chosen}
    rows = {v: row for v, row in rows.items() if row}
    claim = mixed([*range(kept), *[-1] * (n - kept)], kept, rows)
    found = reduce_by(network, {target: claim})
    try:
        check(network, found.network, found.certificate)
    except (Rejected, NotRational):
        return
    for x in range(-4, 5):
        for y in (-7, "-1/2", 0, "1/3", 5):
            assert network([x, y]) == found.network([x, y])
