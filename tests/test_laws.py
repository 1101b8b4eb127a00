"""Multiples and reflections through activations: each law holds, and nothing beside it passes."""

from __future__ import annotations

from itertools import product
from typing import Any, Final

import numpy as np
import pytest
from ball_arithmetic import ball, fine
from flint import fmpq
from hypothesis import given
from hypothesis import strategies as st
from onnx_models import network as read_onnx

import lumpver
from lumpver.checker import check
from lumpver.claim.certificate import Certificate
from lumpver.claim.facts import Fact
from lumpver.errors import Rejected
from lumpver.exact.array import array
from lumpver.exact.scalar import ONE, ZERO, number
from lumpver.io.onnx.write.fresh import fresh
from lumpver.model.activations import (
    ABS,
    IDENTITY,
    RELU,
    SIGMOID,
    SIGN,
    SOFTSIGN,
    SQUARE,
    TANH,
    Activation,
    activation,
    at_least,
    at_most,
    clip,
    hard_sigmoid,
    leaky,
    samples,
    shrink,
)
from lumpver.model.network import Network
from lumpver.model.relabelling import Relabelling
from lumpver.search.lumping import DEFINITION_6, LUMPING

ALL: Final = tuple(samples())
EVERY: Final = pytest.mark.parametrize("function", ALL, ids=str)
RATIONALS: Final = st.fractions(-9, 9, max_denominator=12).map(number)
SCALES: Final = (ONE, -ONE, fmpq(2), fmpq(-2), fmpq(1, 3), fmpq(-3, 4))

LAWS: Final = [
    (RELU, (2, 0), (2, 0)),
    (RELU, (-1, 0), None),
    (RELU, (1, 1), None),
    (RELU, (0, 0), None),
    (leaky("1/4"), ("1/3", 0), ("1/3", 0)),
    (leaky("1/4"), (-1, 0), None),
    (leaky(-1), (-2, 0), (2, 0)),
    (ABS, (-3, 0), (3, 0)),
    (ABS, (-1, 1), None),
    (IDENTITY, (-3, 5), (-3, 5)),
    (TANH, (-1, 0), (-1, 0)),
    (TANH, (2, 0), None),
    (TANH, (-1, 1), None),
    (SIGMOID, (-1, 0), (-1, 1)),
    (SIGMOID, (-2, 0), None),
    (SIGMOID, (-1, 1), None),
    (SOFTSIGN, (-1, 0), (-1, 0)),
    (SOFTSIGN, (-2, 0), None),
    (activation("erf"), (-1, 0), (-1, 0)),
    (SQUARE, (-3, 0), (9, 0)),
    (SQUARE, ("1/2", 0), ("1/4", 0)),
    (SQUARE, (1, 2), None),
    (SIGN, (7, 0), (1, 0)),
    (SIGN, (-7, 0), (-1, 0)),
    (SIGN, (1, 1), None),
    (clip(0, 6), (-1, 6), (-1, 6)),
    (clip(0, 6), (-1, 0), None),
    (clip(0, 6), (-1, 5), None),
    (clip(0, 6), (2, -3), None),
    (clip(-1, 1), (-1, 0), (-1, 0)),
    (clip(-1, 3), (-1, 2), (-1, 2)),
    (hard_sigmoid("1/6", "1/2"), (-1, 0), (-1, 1)),
    (hard_sigmoid("1/4", "1/4"), (-1, 2), (-1, 1)),
    (hard_sigmoid("1/4", "1/4"), (-1, 0), None),
    (hard_sigmoid("1/4", "1/4"), (2, -1), None),
    (shrink(1, 1), (-1, 0), (-1, 0)),
    (shrink(1, 0), (-1, 0), (-1, 0)),
    (shrink(1, 0), (2, 0), None),
    (at_least(3), (2, -3), (2, -3)),
    (at_least(3), (2, 0), None),
    (at_least(3), (-1, 6), None),
    (at_most(-2), ("1/2", -1), ("1/2", -1)),
    (at_most(-2), (2, -2), None),
    *((activation(name), (-1, 0), None) for name in ("gelu", "mish", "softplus", "exp")),
    *((activation(name), (2, 0), None) for name in ("gelu", "mish", "hardswish", "exp")),
    (Activation("Elu", (ONE,)), (2, 0), None),
    (Activation("Swish", (ONE,)), (-1, 0), None),
    (Activation("ThresholdedRelu", (ONE,)), (2, 0), None),
    (Activation("ThresholdedRelu", (ZERO,)), (2, 0), (2, 0)),
]  # fmt: skip


@pytest.mark.parametrize(("function", "row", "expected"), LAWS, ids=str)
def test_rows(function: Activation, row: Any, expected: Any) -> None:
    """What a law makes of a row, or that it has none."""
    found = function.law.row(*map(number, row))
    assert found == (None if expected is None else tuple(map(number, expected)))


@EVERY
@given(y=RATIONALS)
def test_laws_hold(function: Activation, y: fmpq) -> None:
    """A(s y + k) = s' A(y) + k', for every row that has a law, about the centre or not."""
    centre = function.law.centre
    for scale, beside in product(SCALES, (centre, ZERO, ONE)):
        row = function.law.row(scale, beside * (1 - scale))
        if row is not None:
            s, k = row
            with fine():
                left = ball(function, scale * y + beside * (1 - scale))
                apart = left - (s * ball(function, y) + k)
                assert apart.contains(0)
                assert apart.abs_upper() < 1


@EVERY
def test_rational_laws_are_all_there_are_about_the_centre(function: Activation) -> None:
    """A row without a law is no law: at some number the values are not in proportion."""
    if not function.rational or function == IDENTITY or len(set(map(function, range(-9, 10)))) == 1:
        return
    centre = function.law.centre
    points = [fmpq(n, 16) for n in range(-160, 161)]
    for scale in SCALES:
        shift = centre * (1 - scale)
        if function.law.row(scale, shift) is not None:
            continue
        values = [(function(y), function(scale * y + shift)) for y in points]
        first, last = values[0], next(pair for pair in values if pair[0] != values[0][0])
        s = (last[1] - first[1]) / (last[0] - first[0])
        assert any(moved - first[1] != s * (value - first[0]) for value, moved in values)


# through the checker


def pair(function: Activation, row: Any, image: Any) -> tuple[Network, Network, Certificate]:
    """Two units of which the second is s times the first plus k; one unit, as `image` has it."""
    (scale, shift), (s, k) = (tuple(map(number, both)) for both in (row, image))
    W = [[1, 2], [scale, 2 * scale]]
    ours = Network.from_layers([(W, [1, scale + shift], function), ([[3, 5], [0, -1]], [0, 7])])
    theirs = Network.from_layers([([[1, 2]], [1], function), ([[3 + 5 * s], [-s]], [5 * k, 7 - k])])
    found = Relabelling(np.array([0, 0]), array([ONE, scale]), array([ZERO, shift]), 1)
    return ours, theirs, Certificate({"h1.pre": (Fact("h1.pre", found),)})


RIGHT: Final = [(f, row, image) for f, row, image in LAWS if image is not None and f != IDENTITY]
WRONG: Final = [(f, row) for f, row, image in LAWS if image is None and row != (0, 0)]


@pytest.mark.parametrize(("function", "row", "image"), RIGHT, ids=str)
def test_right_rows_are_accepted(function: Activation, row: Any, image: Any) -> None:
    """And only with what the law makes of them, the right numbers, and the same function."""
    ours, theirs, certificate = pair(function, row, image)
    check(ours, theirs, certificate)
    assert isinstance(lumpver.prove(ours, theirs), lumpver.Proved)
    s, k = map(number, image)
    others = [pair(function, row, wrong)[1] for wrong in ((-s, k), (s + 1, k), (s, k + 1))]
    scale, shift = map(number, row)
    for wrong in others:
        with pytest.raises(Rejected):
            check(ours, wrong, certificate)
    for wrong in ((scale, shift + 1), (-scale, shift), (2 * scale, shift)):
        with pytest.raises(Rejected):
            check(ours, theirs, pair(function, wrong, image)[2])
        with pytest.raises(Rejected):
            check(pair(function, wrong, image)[0], theirs, certificate)
    for other in ALL:
        if other not in (function, IDENTITY):
            with pytest.raises(Rejected, match="activation"):
                check(ours, pair(other, row, image)[1], certificate)


@pytest.mark.parametrize(("function", "row"), WRONG, ids=str)
def test_rows_without_a_law_are_rejected(function: Activation, row: Any) -> None:
    """Whatever the reduced network makes of them, by the rule that they break."""
    scale, shift = map(number, row)
    for image in ((scale, shift), (-scale, shift), (abs(scale), 0), (1, 0)):
        ours, theirs, certificate = pair(function, row, image)
        with pytest.raises(Rejected) as caught:
            check(ours, theirs, certificate)
        assert caught.value.rule == "activation"


# through the whole program


def planted(function: Activation) -> Network:
    """A unit, opposite ones, multiples and duplicates about the centre; constants."""
    c = function.law.centre
    scales = [ONE, -ONE, fmpq(2), fmpq(-3), ONE]
    W = [[s, 2 * s] for s in scales] + [[ZERO, ZERO]] * 2
    b = [c + s * (5 - c) for s in scales] + [c, fmpq(4)]
    return Network.from_layers([(W, b, function), ([[1, 2, 4, 8, 16, 32, 64], [1] * 7], None)])


def left(function: Activation) -> int:
    """How many of the five that vary are left by the law."""
    law = function.law
    if law.straight:
        return 1
    sides = 1 if law.reflection is not None else 2
    return {(True, 1): 1, (True, 2): 2, (False, 1): 3, (False, 2): 4}[law.degree is not None, sides]


@EVERY
def test_all_that_a_law_tells_is_found(function: Activation) -> None:
    """As many units are left as the law says; proved both ways, written and read again."""
    if function == IDENTITY:
        return
    network = planted(function)
    found = lumpver.reduce(network, rules=LUMPING)
    check(network, found.network, found.certificate)
    assert found.network.units - irrational(function) == left(function)
    assert isinstance(lumpver.prove(network, found.network), lumpver.Proved)
    if function.rational:
        for point in product((-3, ZERO, fmpq(1, 2), 4), repeat=2):
            assert found.network(point) == network(point)


def irrational(function: Activation) -> int:
    """How many of the two constants stay, since nobody knows a rational value."""
    stay = {b for b in (function.law.centre, fmpq(4)) if not _known(function, b)}
    return len(stay)


def _known(function: Activation, y: fmpq) -> bool:
    try:
        function(y)
    except lumpver.LumpverError:
        return False
    return True


@pytest.mark.parametrize("function", [SIGMOID, clip(0, 6), ABS, SIGN], ids=str)
def test_the_papers_rules_have_positive_multiples_only(function: Activation) -> None:
    """By Definition 6* nothing is reflected."""
    found = lumpver.reduce(planted(function), rules=DEFINITION_6)
    assert found.network.units > left(function)


@pytest.mark.parametrize(
    "function", [TANH, SIGMOID, clip(0, 6), SIGN, SQUARE, hard_sigmoid("1/4", "1/4")], ids=str
)
def test_files_go_all_the_way(function: Activation, tmp_path: Any) -> None:
    """Through ONNX files the same units go."""
    path, small = tmp_path / "model.onnx", tmp_path / "small.onnx"
    path.write_bytes(fresh(planted(function)))
    outcome = lumpver.reduce_file(path, small, types="widen", rules=LUMPING)
    lumpver.check(path, small, outcome.certificate)
    direct = lumpver.reduce(planted(function), rules=LUMPING).network
    assert read_onnx(small.read_bytes()).units == direct.units


@given(st.data())
def test_a_chain_of_symmetries(data: st.DataObject) -> None:
    """Networks of rational activations with small rows, many of them opposite: same values."""
    functions = [f for f in ALL if f.rational and f != IDENTITY]
    layers: list[Any] = []
    width = 2
    for _ in range(data.draw(st.integers(1, 3))):
        function = data.draw(st.sampled_from(functions))
        count, c = data.draw(st.integers(1, 4)), function.law.centre
        rows = data.draw(
            st.lists(
                st.lists(st.integers(-2, 2), min_size=width + 1, max_size=width + 1),
                min_size=count,
                max_size=count,
            )
        )
        signs = data.draw(st.lists(st.sampled_from([1, -1, 2]), min_size=count, max_size=count))
        rows = [*rows, *([s * x for x in row] for s, row in zip(signs, rows, strict=True))]
        W = [row[:-1] for row in rows]
        b = [c + row[-1] for row in rows]
        layers.append((W, b, function))
        width = len(rows)
    layers.append(([[1 + i % 3 for i in range(width)]], None))
    network = Network.from_layers(layers)
    found = lumpver.reduce(network, rules=LUMPING)
    check(network, found.network, found.certificate)
    for point in product((-2, ZERO, fmpq(1, 2), 3), repeat=2):
        assert found.network(point) == network(point)
