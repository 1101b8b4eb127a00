"""Synthetic layers: combined rows are exactly what the plan says, or there is no layer."""

from __future__ import annotations

import numpy as np
import pytest
from flint import fmpq

from experiments.paper.synthetic import (
    Combined,
    Plan,
    coefficients,
    follows,
    overwritten,
    plan,
    rounded,
)
from lumpver.errors import Malformed, Unrepresentable
from lumpver.exact.array import array, entry, rationals

HALF = fmpq(1, 2)


def weights(seed: int, *, width: int = 12, columns: int = 5) -> tuple[np.ndarray, np.ndarray]:
    """Random weights and biases."""
    random = np.random.default_rng(seed)
    return random.normal(size=(width, columns)), random.normal(size=width)


@pytest.mark.parametrize("family", ["same", "mixed", "signed"])
@pytest.mark.parametrize("terms", [1, 2, 3, 4])
def test_combined_rows_are_exact(family: str, terms: int) -> None:
    """Every combined weight and bias is the combination of the stored fixed ones."""
    made = plan(family, terms, width=12, fixed=6, seed=3)
    W, b = overwritten(*weights(1), made)
    assert W.dtype == b.dtype == np.float32
    assert follows(W, b, made)
    table = rationals(np.column_stack([W, b]))
    for one in made.combined:
        for column in range(table.shape[1]):
            total = sum((c * table[j, column] for j, c in one.terms), fmpq(0))
            assert table[one.node, column] == total


@pytest.mark.parametrize("family", ["same", "signed"])
def test_fixed_rows_have_one_sign(family: str) -> None:
    """In these families no fixed weight or bias is negative."""
    made = plan(family, 2, width=12, fixed=6, seed=0)
    W, b = overwritten(*weights(2), made)
    nodes = list(made.fixed)
    assert (W[nodes] >= 0).all()
    assert (b[nodes] >= 0).all()


def test_all_rows_have_one_sign_in_the_same_family() -> None:
    """Positive coefficients leave non-negative rows non-negative."""
    W, b = overwritten(*weights(2), plan("same", 4, width=12, fixed=6, seed=0))
    assert (W >= 0).all()
    assert (b >= 0).all()


def test_mixed_rows_keep_their_signs() -> None:
    """Fixed weights are within half a step of the grid of what they were."""
    made = plan("mixed", 2, width=12, fixed=6, seed=0)
    W, b = weights(2)
    ours, biases = overwritten(W, b, made)
    nodes = list(made.fixed)
    assert (np.abs(ours[nodes] - W[nodes]) <= 2.0**-11).all()
    assert (np.abs(biases[nodes] - b[nodes]) <= 2.0**-11).all()


@pytest.mark.parametrize("terms", [2, 3, 4])
def test_signed_combinations_have_both_signs(terms: int) -> None:
    """Each has a positive coefficient and a negative one; the others have positive ones."""
    for family in ("same", "mixed", "signed"):
        for one in plan(family, terms, width=40, fixed=20, seed=1).combined:
            signs = {c > 0 for _, c in one.terms}
            assert signs == ({True, False} if family == "signed" else {True})
            assert len({node for node, _ in one.terms}) == terms
            assert all(fmpq(1, 4) <= abs(c) <= 1 for _, c in one.terms)


def test_families_differ_in_signs_only() -> None:
    """Seed and number of terms choose nodes, order and sizes of coefficients."""
    same, signed = (plan(f, 3, width=20, fixed=9, seed=5) for f in ("same", "signed"))
    assert same.fixed == signed.fixed
    assert [c.node for c in same.combined] == [c.node for c in signed.combined]
    for ours, theirs in zip(same.combined, signed.combined, strict=True):
        assert [(j, abs(c)) for j, c in theirs.terms] == list(ours.terms)


def test_the_fixed_nodes_depend_on_the_seed_alone() -> None:
    """Variants of one seed share their fixed nodes; another seed has others."""
    two, four = (plan("mixed", terms, width=40, fixed=20, seed=1) for terms in (2, 4))
    assert two.fixed == four.fixed
    assert two.fixed != plan("mixed", 2, width=40, fixed=20, seed=2).fixed


@pytest.mark.parametrize(
    ("family", "terms", "fixed"),
    [("other", 2, 4), ("", 2, 4), ("same", 0, 4), ("same", 5, 4), ("same", 2, 9), ("same", 1, 0)],
)
def test_impossible_plans_are_refused(family: str, terms: int, fixed: int) -> None:
    """An unknown family, no term, more terms than fixed nodes, more of those than nodes."""
    with pytest.raises(Malformed):
        plan(family, terms, width=8, fixed=fixed, seed=0)


def test_a_plan_without_combined_nodes_changes_signs_only() -> None:
    """Where all nodes are fixed nothing is combined."""
    made = plan("mixed", 1, width=4, fixed=4, seed=0)
    assert made.combined == ()
    assert made.coefficients.shape == (0, 4)
    W, b = overwritten(np.eye(4), np.zeros(4), made)
    assert W.tolist() == np.eye(4).tolist()
    assert not b.any()


@pytest.mark.parametrize(
    ("fixed", "combined"),
    [
        ((0,), ()),
        ((0, 0), ()),
        ((0, 1), (Combined(1, ((0, HALF),)),)),
        ((0,), (Combined(1, ((1, HALF),)),)),
        ((0,), (Combined(1, ((7, HALF),)),)),
        ((0, 2), ()),
    ],
    ids=["missing", "twice", "both", "itself", "nowhere", "outside"],
)
def test_wrong_plans_are_refused(fixed: tuple[int, ...], combined: tuple[Combined, ...]) -> None:
    """Every node once; combinations of fixed nodes only."""
    with pytest.raises(Malformed):
        Plan("mixed", 2, fixed, combined)


@pytest.mark.parametrize("value", [8.0, -8.0, 1e30, np.inf, np.nan])
def test_large_weights_are_refused(value: float) -> None:
    """A weight off the grid's range would need more bits than a float32 has."""
    with pytest.raises(Unrepresentable):
        rounded(np.array([value]), "mixed")


def test_combinations_that_are_no_float32_are_refused() -> None:
    """A third has no end in binary."""
    made = Plan("mixed", 2, (0,), (Combined(1, ((0, fmpq(1, 3)),)),))
    with pytest.raises(Unrepresentable, match="float32"):
        overwritten(np.ones((2, 1)), np.zeros(2), made)
    long = Plan("mixed", 2, (0,), (Combined(1, ((0, fmpq(2**25 + 1)),)),))
    with pytest.raises(Unrepresentable, match="float32"):
        overwritten(np.ones((2, 1)), np.zeros(2), long)


def test_zero_rows_combine_to_zero() -> None:
    """The combination of zeros is a zero without a sign."""
    made = plan("signed", 2, width=4, fixed=2, seed=0)
    W, b = overwritten(-np.zeros((4, 3)), -np.zeros(4), made)
    assert not W.any()
    assert not np.signbit(W).any()
    assert not np.signbit(b).any()


def test_a_row_off_by_one_bit_does_not_follow() -> None:
    """The plan's rows are compared without tolerance, biases too."""
    made = plan("mixed", 2, width=12, fixed=6, seed=3)
    W, b = overwritten(*weights(1), made)
    node = made.combined[2].node
    for part in (W[node], b[node : node + 1]):
        before = part[0].copy()
        part[0] = np.nextafter(before, np.float32(9))
        assert not follows(W, b, made)
        part[0] = before
    assert follows(W, b, made)


def test_coefficients_add_up() -> None:
    """A node that is named twice in a combination counts twice."""
    one = Combined(1, ((0, HALF), (0, HALF)))
    assert entry(array(coefficients([one], 2)), 0, 0) == 1
