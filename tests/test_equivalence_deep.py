"""Depth: no step of `prove` recurses on it, and none grows with its square."""

from __future__ import annotations

from time import perf_counter
from typing import TYPE_CHECKING

import numpy as np
import pytest
import z3
from flint import fmpq

from lumpver.model.activations import Activation, leaky
from lumpver.model.evaluation import evaluate
from lumpver.model.network import Network
from lumpver.proving import Proved, Refuted, prove, smt
from lumpver.proving.claims import Claims
from lumpver.proving.comparison import compare, ranges_of
from lumpver.proving.effort import Budget
from lumpver.proving.intervals import Intervals
from lumpver.proving.pairing import pair
from lumpver.proving.sweeping import swept

if TYPE_CHECKING:
    from lumpver.proving.boxes import Box

DEEP = 1010  # beyond the 1000 frames that Python allows, each step taking one or more


def chain(depth: int, last: object = 1, *, activation: Activation | str = "relu") -> Network:
    """Layers that swap two units, and then one that adds them up."""
    layers = [([[0, 1], [1, 0]], None, activation)] * depth
    return Network.from_layers([*layers, ([[last, 1]], None, activation)])


@pytest.mark.parametrize("activation", [leaky("1/3"), "relu"], ids=["leaky", "relu"])
def test_deep_chains_are_proved_and_refuted(activation: Activation | str) -> None:
    """By joint lumping where they are equal, at a point where they differ."""
    deep = chain(DEEP, activation=activation)
    assert prove(deep, chain(DEEP, activation=activation)) == Proved("joint lumping")
    box = {"x": [(1, 2), (0, 1)]}
    found = prove(deep, chain(DEEP, 2, activation=activation), box=box)
    assert isinstance(found, Refuted)
    x = found.counterexample["x"]
    (ours,), (theirs,) = found.outputs["y"]
    assert theirs - ours == x[0]


@pytest.mark.long
def test_a_deep_chain_is_swept() -> None:
    """Levels, bounds and values of atoms far from the roots are found one by one."""
    lines = [
        Network.from_layers([([[1]], None, leaky("1/2"))] * DEEP + [([[w]], None)]) for w in (1, 3)
    ]
    ours = pair(*lines)
    box: Box = {"x": ((fmpq(-1), fmpq(2)),)}
    found = swept(ours, box, "z3", Budget(effort=1000), expected=1)
    assert isinstance(found, Refuted)
    comparison = compare(ours, box)
    table = comparison.table
    intervals = Intervals(table, lambda spine: ranges_of(table, ours, box, spine))
    claims = Claims(table, intervals, "z3", Budget())
    top = len(table.atoms) - 1
    assert claims.level(top) == DEEP
    assert intervals.atom(top) == (-fmpq(1) / fmpq(2) ** DEEP, fmpq(2))


def test_deep_terms_are_written_and_read_back() -> None:
    """As text whose length grows with the depth, not with its square, and as terms again."""
    lengths = []
    for depth in (DEEP // 2, DEEP):
        line = Network.from_layers([([[1]], [1], "identity")] * depth)
        (term,) = smt.encode(line, smt.inputs(line))["y"].tolist()
        text = smt.smtlib([term < 0])
        lengths.append(len(text))
        solver = z3.Solver()
        solver.from_string(text)
        assert solver.check() == z3.sat
        assert smt.ask(text, solver="z3").status == "sat"
    assert lengths[1] < 3 * lengths[0]


def test_deep_chains_are_evaluated() -> None:
    """Exactly, at a point, 5000 layers deep."""
    deep = chain(5000, activation=leaky("1/2"))
    found = evaluate(deep, {"x": np.array([1, 2])})
    assert [value.tolist() for value in found.values()] == [[3]]


def test_time_grows_with_depth_and_not_with_its_square() -> None:
    """Units that never switch are passed on through a few layers, not through all."""
    seconds = []
    for depth in (300, 1200):
        layers = [([[1, 1], [0, 1]], [1, 0])] * depth
        ours, theirs = (Network.from_layers([*layers, ([[1, 1]], [0])]) for _ in range(2))
        started = perf_counter()
        comparison = compare(pair(ours, theirs), {})
        seconds.append(perf_counter() - started)
        assert not comparison.open
        widest = max(layer.atoms.size for layer in comparison.table.layers)
        assert widest <= 2 * 64 + 2
    assert seconds[1] < 30 * max(seconds[0], 0.1)


def test_a_network_equals_itself_at_once() -> None:
    """Nothing is searched, unless something in it is random."""
    deep = chain(20)
    heard: list[str] = []
    assert prove(deep, deep, watch=lambda step, *_: heard.append(step)) == Proved("joint lumping")
    assert heard == []
