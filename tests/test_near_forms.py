"""Linear forms of tensors in the inputs: no point leaves them, and they say nothing of too many."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from flint import fmpq
from hypothesis import given
from hypothesis import strategies as st
from test_nearness import LEAKY, PAIRS, WHOLE, layers, points, twins

from lumpver.bounds.leaf import Interval
from lumpver.model.activations import ABS, RELU
from lumpver.nearness import forms
from lumpver.nearness.covering import covered
from lumpver.nearness.judging import alike
from lumpver.nearness.leaves import Form

if TYPE_CHECKING:
    from lumpver.model.activations import Activation
    from lumpver.nearness.leaves import Leaves


def exact(value: Any) -> fmpq:
    """A float as the number that it is."""
    return fmpq(*float(value).as_integer_ratio())


def tensors(seed: int, function: Activation, x: list[fmpq]) -> dict[str, list[fmpq]]:
    """All tensors of the first of the twins at a point, exactly."""
    value, found = x, {}
    for k, (W, b) in enumerate(layers(np.random.default_rng(seed), (2, 4, 4, 2)), start=1):
        value = [
            sum((w * v for w, v in zip(row, value, strict=True)), shift)
            for row, shift in zip(W, b, strict=True)
        ]
        found["y" if k == 3 else f"h{k}.pre"] = value
        if k < 3:
            value = found[f"h{k}"] = [fmpq(function(v)) for v in value]
    return found


@pytest.mark.parametrize("function", [RELU, LEAKY, ABS], ids=str)
@given(seed=st.integers(0, 2**16))
def test_no_point_leaves_a_form(function: Activation, seed: int) -> None:
    """At corners and elsewhere, some inputs being fixed, exactly."""
    one, other = twins(seed, function)
    random = np.random.default_rng(seed)
    box = points(alike(one, other, WHOLE, PAIRS), random, 3)
    if seed % 2:
        box.upper[0, seed % 4 // 2] = box.lower[0, seed % 4 // 2]
    leaves = covered(alike(one, other, WHOLE, PAIRS), {"x": box})
    for leaf in range(3):
        x = np.where(random.random(2) < 0.3, box.lower[leaf], box.upper[leaf])
        x = np.where(random.random(2) < 0.3, (box.lower[leaf] + box.upper[leaf]) / 2, x)
        at = [exact(value) for value in x]
        given_ = leaves.forms["x"]
        moved = [v - exact(c) for v, c in zip(at, given_.constant[leaf], strict=True)]
        e = []
        for row in given_.slopes[leaf]:  # an input each, free in some leaf
            entries = np.flatnonzero(row)
            assert entries.size <= 1
            e += [moved[i] / exact(row[i]) for i in entries] or [fmpq(0)]
        assert all(abs(value) <= 1 for value in e)
        for name, values in tensors(seed, function, at).items():
            form = leaves.forms[name]
            for i, value in enumerate(values):
                slopes = zip(e, form.slopes[leaf, :, i], strict=True)
                said = sum((p * exact(s) for p, s in slopes), exact(form.constant[leaf, i]))
                assert abs(value - said) <= exact(form.off[leaf, i])


def test_too_many_free_inputs_have_no_form(monkeypatch: pytest.MonkeyPatch) -> None:
    """In each leaf by itself: one with few beside one with many has what it has alone."""
    twin = alike(*twins(5), WHOLE, PAIRS)
    box = Interval(np.array([[-1.0, 0.5], [-1.0, 0.0]]), np.array([[1.0, 0.5], [1.0, 1.0]]))
    without = covered(twin, {"x": box}, plain=True)
    monkeypatch.setattr(forms, "MOST_FREE", 1)
    both = covered(twin, {"x": box})
    assert np.isnan(both.forms["y"].off[1]).all()
    assert np.isfinite(both.forms["y"].off[0]).all()
    alone = [covered(twin, {"x": Interval(box.lower[i : i + 1], box.upper[i : i + 1])})
             for i in range(2)]  # fmt: skip
    for name, known in both.intervals.items():
        for i in range(2):
            for end in ("lower", "upper"):
                found = getattr(known, end)[i]
                assert np.abs(found - getattr(alone[i].intervals[name], end)[0]).max() < 1e-12
    assert not same(both, without, 0)  # forms and rows
    assert same(both, without, 1, "h1.pre")  # intervals alone, where no row is needed yet


def same(one: Leaves, other: Leaves, leaf: int, *names: str) -> bool:
    """Whether tensors have the same bounds in a leaf."""
    return all(
        (one.intervals[name].lower[leaf] == other.intervals[name].lower[leaf]).all()
        and (one.intervals[name].upper[leaf] == other.intervals[name].upper[leaf]).all()
        for name in names or one.intervals
    )


def test_numbers_beyond_all_bounds_say_nothing() -> None:
    """What is not finite narrows no interval, and is not taken for a number later."""
    known = Interval(np.array([[-1.0, -2.0]]), np.array([[1.0, 2.0]]))
    for off in (np.nan, np.inf):
        form = Form(np.zeros((1, 1, 2)), np.zeros((1, 2)), np.array([[off, 0.5]]))
        found = forms.narrowed(form, known, 1)
        assert (found.lower[0, 0], found.upper[0, 0]) == (-1.0, 1.0)
        assert -0.51 < found.lower[0, 1] < -0.5 < 0.5 < found.upper[0, 1] < 0.51
