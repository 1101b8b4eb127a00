"""Forms of weighted sums, and what units of equal rows share."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lumpver.errors import TooLarge
from lumpver.exact.scalar import ONE, number
from lumpver.model.activations import ABS, RELU, leaky
from lumpver.model.combining import combined
from lumpver.model.forms import CONSTANT, Columns, Form, add, starting

if TYPE_CHECKING:
    from lumpver.model.activations import Activation


def test_there_is_only_so_much_room() -> None:
    """More entries than there is room for are refused before they are made."""
    with pytest.raises(TooLarge):
        combined(np.arange(1.0, 82.0).reshape(9, 9), np.zeros(9), starting(9), Columns(9, room=80))


def plain(W: np.ndarray, b: np.ndarray, forms: list[Form]) -> list[Form]:
    """The forms of W x + b, each sum by itself."""
    found = []
    for row, bias in zip(W, b, strict=True):
        total: Form = {}
        for weight, form in [*zip(row, forms, strict=True), (bias, {CONSTANT: ONE})]:
            if weight:
                add(total, number(weight), form)
        found.append(total)
    return found


@given(st.data(), st.sampled_from([RELU, ABS, leaky("1/3"), leaky(2)]))
def test_what_units_share_changes_nothing(data: st.DataObject, function: Activation) -> None:
    """Equal rows and units that share their form give what each gives by itself."""
    slope, small = function.slope, st.integers(-2, 2)
    assert slope is not None
    shared, own = Columns(2), Columns(2)
    forms, others = starting(2), starting(2)
    for _ in range(3):
        rows = data.draw(
            st.lists(
                st.lists(small, min_size=len(forms), max_size=len(forms)), min_size=1, max_size=3
            )
        )
        picked = data.draw(st.lists(st.sampled_from(rows), min_size=1, max_size=5))
        W, b = (
            np.array(picked, dtype=float),
            np.array([data.draw(small) for _ in picked], dtype=float),
        )
        forms = shared.each_activated(combined(W, b, forms, shared), [slope] * len(b))
        others = [own.activated(form, slope) for form in plain(W, b, others)]
        assert forms == others
        assert (shared.behind, shared.factors) == (own.behind, own.factors)


def test_equal_rows_share_a_form() -> None:
    """Rows are equal by their numbers and by what they read, not by where they read it."""
    one = {0: ONE, 1: ONE}
    rows = np.array([[1.0, 0.0, 2.0], [0.0, 1.0, 2.0], [-1.0, 0.0, 2.0], [1.0, 0.0, 2.0]])
    found = combined(rows, np.array([0.0, 0.0, 0.0, 1.0]), [one, one, {1: ONE}], Columns(2))
    assert found == [{0: 1, 1: 3}, {0: 1, 1: 3}, {0: -1, 1: 1}, {0: 1, 1: 3, CONSTANT: 1}]
    assert found[0] is found[1]
    assert one == {0: 1, 1: 1}
