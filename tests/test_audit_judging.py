"""Tests of `trial.auditing.judging`: large results are judged in a process that can be ended."""

from __future__ import annotations

import os
import sys
from random import Random
from time import monotonic, sleep
from typing import TYPE_CHECKING

import numpy as np
import pytest
from small_networks import TWINS

from lumpver.exact.array import rationals
from lumpver.model.network import Network
from lumpver.trial.auditing.judging import done, judged, size_of, units_possible

if TYPE_CHECKING:
    from lumpver.trial.auditing.verdicts import Verdict

forks = pytest.mark.skipif(
    not hasattr(os, "fork") or sys.platform == "darwin", reason="judged at once where nothing forks"
)


def verdict(result: Network, *, limit: float = 60) -> Verdict:
    """What is known of a result of `TWINS`."""
    return judged(TWINS, result, random=Random(0), seconds=limit, limit=limit)


def wide(count: int, weight: int = 1) -> Network:
    """`TWINS` as many units, with three times `weight` spread over them."""
    return Network.from_layers(
        [(np.full((count, 1), 3.0), None), (np.full((1, count), weight / count), None)]
    )


@pytest.mark.parametrize("count", [1, 1024])
def test_large_results_are_judged_alike(count: int) -> None:
    """Small or large, what is equal is proved, and what is not is shown, with the same numbers."""
    assert verdict(wide(count)).kind == "proved"
    wrong = verdict(wide(count, 2))
    assert (wrong.kind, wrong.detail) == ("wrong", "another function")
    assert wrong.witness is not None
    x = wrong.witness.point["x"]
    ours, theirs = (
        rationals(part["y"])[0] for part in (wrong.witness.original, wrong.witness.reduced)
    )
    assert ours == rationals(TWINS.evaluate({"x": x})["y"])[0]
    assert theirs == 2 * ours


@forks
def test_a_judgement_without_end_is_none() -> None:
    """Numbers that grow with every layer: no verdict, in time, and no fault either."""
    layers = [([[3**200_000]], None)] * 60
    endless = Network.from_layers([*layers, *[([["1/" + str(3**100)]], None)] * 3])
    started = monotonic()
    found = verdict(endless, limit=0.5)
    assert monotonic() - started < 20
    assert found.kind == "unrefuted"
    assert "no verdict in time" in found.detail


@forks
def test_outputs_too_long_to_show_are_not_shown() -> None:
    """The difference is known, its numbers are not printed."""
    found = verdict(Network.from_layers([([[3**2_000_000], [1]], None), ([[1, 1]], None)]))
    assert (found.kind, found.witness) == ("wrong", None)
    assert "too long" in found.detail


@forks
def test_work_is_ended() -> None:
    """Time, memory, an exception, an exit: nothing comes back, and nothing is left."""
    assert done(20, lambda: {"a": [1]}) == {"a": [1]}
    assert done(0.1, lambda: sleep(100)) is None
    assert done(20, lambda: 1 // 0) is None
    assert done(20, lambda: os._exit(0)) is None
    assert done(20, lambda: "x" * 2**21) is None
    assert done(20, lambda: np.ones(2**31).sum()) is None


def test_size_counts_numbers_and_nodes() -> None:
    """An empty network has none; a longer number counts for more."""
    empty = Network.from_layers([(np.zeros((0, 0)), None)])
    assert 0 < size_of(empty) < size_of(TWINS) < size_of(wide(100))


def test_units_are_counted_within_the_time() -> None:
    """The coarsest lumping of equal units leaves one."""
    large = wide(6_000)
    assert units_possible(TWINS, floats_only=False, limit=60) == 1
    assert units_possible(large, floats_only=False, limit=60) == 1
