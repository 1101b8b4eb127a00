"""Tests for `exact.stored`: the same bytes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from lumpver.exact import stored
from lumpver.exact.array import array
from lumpver.exact.stored import same_numbers


@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [
        (None, None, True),
        (None, np.zeros(1), False),
        (np.zeros(1), np.zeros(1), True),
        (np.zeros(1), -np.zeros(1), False),
        (np.zeros(1), np.zeros(1, "f4"), False),
        (np.zeros(1), np.zeros((1, 1)), False),
        (array(["1/3"]), array(["1/3"]), False),
    ],
)
def test_same_numbers_means_same_bytes(a: Any, b: Any, *, expected: bool) -> None:
    """The shortcut is for stored floats only; it may say no, never yes wrongly."""
    assert same_numbers(a, b) is expected


@pytest.mark.parametrize("block", [1, 8, 64, 2**20])
@pytest.mark.parametrize("turn", [False, True])
def test_same_numbers_in_blocks(monkeypatch: pytest.MonkeyPatch, block: int, *, turn: bool) -> None:
    """One entry anywhere, or the sign of a zero, makes them others, however they lie in memory."""
    monkeypatch.setattr(stored, "_BLOCK", block)
    given = np.arange(35.0).reshape(5, 7)[:, 1:]
    a = given.T if turn else given
    assert same_numbers(a, a.copy())
    assert same_numbers(a, np.asfortranarray(a))
    assert same_numbers(a, a[:])
    assert not same_numbers(a, a[::-1])
    assert not same_numbers(np.zeros(3), -np.zeros(3))
    assert same_numbers(np.array(2.0), np.array(2.0))
    assert not same_numbers(np.array(2.0), np.array(3.0))
    for index in np.ndindex(a.shape):
        other = a.copy(order="K")
        other[index] += 1
        assert not same_numbers(a, other)
        assert not same_numbers(other, a)
