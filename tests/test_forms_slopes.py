"""Tests for columns of `model.forms` that units of several slopes share, and what premises stop."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from flint import fmpq
from hypothesis import assume, given
from hypothesis import strategies as st
from test_forms import SINCE, accepted, chain, rejected, value

from lumpver.checker import check
from lumpver.exact.scalar import ONE, ZERO
from lumpver.model.activations import ABS, Activation, leaky
from lumpver.model.forms import CONSTANT, Columns
from lumpver.model.network import Network, Pointwise
from lumpver.model.several import Several
from lumpver.proving import Proved, prove
from lumpver.reducing.reduction import reduce

if TYPE_CHECKING:
    from lumpver.model.forms import Form

SLOPES = st.sampled_from([ZERO, -ONE, fmpq(1, 2), fmpq(-1, 3), fmpq(2), fmpq(-2), fmpq(1)])
FACTORS = st.sampled_from([fmpq(p, q) for p in range(-3, 4) for q in (1, 2)])
HALF = fmpq(1, 2)


def several(*slopes: Any) -> Several:
    """A PReLU with these slopes."""
    return Several(tuple(map(leaky, slopes)), -1)


def bent(*rows: Any, slopes: Any, read: Any, constant: Any = 0) -> Network:
    """Units (weight, bias) over one input, each of its own slope, and an output of them."""
    made = chain(([[w] for w, _ in rows], [b for _, b in rows]), ([read], [constant]))
    nodes = tuple(
        replace(node, activation=several(*slopes)) if isinstance(node, Pointwise) else node
        for node in made.nodes
    )
    return replace(made, nodes=nodes)


@given(SLOPES, SLOPES, SLOPES, FACTORS, FACTORS, FACTORS)
def test_one_column_for_all_slopes(
    a: fmpq, b: fmpq, c: fmpq, first: fmpq, second: fmpq, x: fmpq
) -> None:
    """Units on one hyperplane, and units that read sums of those, are p r + q h."""
    assume(a != 1 and first != 0)
    columns = Columns(2)
    h: Form = {0: ONE, 1: 2 * ONE, CONSTANT: -ONE}
    r = columns.activated(h, a)
    other = columns.activated({column: first * v for column, v in h.items()}, b)
    total = dict(r)
    for column, v in other.items():
        total[column] = total.get(column, ZERO) + second * v
    total = {column: v for column, v in total.items() if v != 0}
    again = columns.activated(total, c)
    assert len(columns.behind) == 1
    at = x + 2 * ONE - 1
    ours = leaky(a)(at)
    theirs = leaky(b)(first * at)
    assert value([r, other, again], columns, [x, ONE]) == [
        ours, theirs, leaky(c)(ours + second * theirs),
    ]  # fmt: skip


def test_what_is_local_stays_so() -> None:
    """The first unit of a hyperplane is its column; others reach back, and only as they must."""
    columns = Columns(1)
    assert columns.activated({0: ONE}, HALF) == {1: 1}
    assert columns.activated({0: 2 * ONE}, HALF) == {1: 2}
    assert columns.activated({0: ONE}, ZERO) == {1: 2, 0: -1}
    assert columns.activated({0: -ONE}, fmpq(2)) == {1: -2}  # slopes that multiply to 1
    assert columns.activated({1: 3 * ONE}, fmpq(2)) == {0: 3}  # what undoes a slope is a line
    assert columns.activated({1: -ONE}, -ONE) == {1: 3, 0: -2}
    assert columns.room == 2**23 - 1 - 2 - 2 - 1


def test_signs_of_other_slopes_are_seen() -> None:
    """ReLU(h) and |h| are never negative, whatever slope the column has; a leaky unit may be."""
    columns = Columns(2)
    first = columns.activated({0: ONE, 1: ONE}, HALF)
    kink = columns.activated({0: ONE, 1: ONE}, ZERO)
    size = columns.activated({0: -ONE, 1: -ONE}, -ONE)
    other = columns.activated({0: ONE, 1: -ONE}, ZERO)
    for one in (kink, size):
        total = dict(one)
        for column, v in other.items():
            total[column] = total.get(column, ZERO) + v
        assert columns.activated(total, ZERO) == total
    both = {**first, **other}
    assert columns.activated(both, ZERO) != both
    assert len(columns.behind) == 3


@pytest.mark.parametrize("slope", ["1/2", "-1/3", 2, -1, -3])
def test_a_network_and_its_expansion(slope: Any) -> None:
    """LeakyReLU(h) is ReLU(h) - a ReLU(-h), |h| is both added up: `prove` and forms see it."""
    a = leaky(slope).slope
    assert a is not None
    W, b, V = [[1, 2], [3, -1], [-1, 1]], [1, 0, -2], [[1, -1, 2], [2, 1, 1]]
    short = chain((W, b), (V, None), ([[1, -3]], None), activation=leaky(slope))

    def twice(rows: Any, bias: Any) -> Any:
        return (
            [*rows, *([-w for w in row] for row in rows)],
            [*bias, *(-v for v in bias)],
        )

    def read(rows: Any) -> Any:
        return [[*row, *(-a * v for v in row)] for row in rows]

    long = chain(twice(W, b), twice(read(V), [0, 0]), (read([[1, -3]]), None))
    for one, other in ((short, long), (long, short)):
        accepted(one, other)
        answer = prove(one, other)
        assert isinstance(answer, Proved)
        assert answer.evidence == "joint"
    wrong = chain(twice(W, b), twice(read(V), [0, 0]), (read([[1, -2]]), None))
    rejected(short, wrong)
    rejected(wrong, short)


def test_another_slope_where_weights_agree() -> None:
    """The same hyperplanes, factors and readers, one slope of several another: seen at once."""
    rows = ((1, 1), (-2, -2), (1, 0))
    original = bent(*rows, slopes=(0, "1/2", -1), read=[1, 2, 1])
    accepted(original, original)
    for place in range(3):
        slopes: list[Any] = [0, "1/2", -1]
        slopes[place] = "1/3"
        rejected(original, bent(*rows, slopes=slopes, read=[1, 2, 1]))


def test_reflections_of_abs() -> None:
    """1 + a = 0: |-h| is |h|, and nothing of h; what ReLU leaves of h does not follow."""
    absolute = chain(([[1], [-1]], None), ([[1, -1]], None), activation=ABS)
    accepted(absolute, chain(([[0]], None)))
    rejected(absolute, chain(([[1]], None)))
    rejected(absolute, chain(([[2]], None)))
    turned = chain(([[-1]], None), ([[1]], None), activation=ABS)
    accepted(turned, chain(([[1]], None), ([[1]], None), activation=ABS))
    rejected(turned, chain(([[1]], None), ([[-1]], None), activation=ABS))


def test_slopes_that_multiply_to_one() -> None:
    """A(-h) of slope 2 is -2 times A(h) of slope 1/2: no line is left, and no other is right."""
    original = bent((-1, -1), slopes=(2,), read=[1])
    accepted(original, bent((1, 1), slopes=("1/2",), read=[-2]))
    rejected(original, bent((1, 1), slopes=("1/2",), read=[2]))
    rejected(original, bent((1, 1), slopes=("1/2",), read=["-1/2"]))
    undone = chain(([[1]], None), ([[1]], None), ([[1]], None), activation=leaky("1/2"))
    nodes = [*undone.nodes]
    nodes[3] = Pointwise("undo", nodes[3].inputs[0], nodes[3].outputs[0], leaky(2))
    accepted(replace(undone, nodes=tuple(nodes)), chain(([[1]], None)))
    rejected(undone, chain(([[1]], None)))


def test_a_hyperplane_that_is_nearly_the_same() -> None:
    """Another constant, or one entry more, is another hyperplane: a column has one form."""
    rows = ((1, 1), (2, 2))
    original = bent(*rows, slopes=(0, "1/2"), read=[1, 1])
    accepted(original, bent((1, 1), (-1, -1), slopes=(0, 0), read=[3, -1]))
    rejected(original, bent((1, 1), (-1, -2), slopes=(0, 0), read=[3, -1]))
    rejected(original, bent((1, 1), (-1, 1), slopes=(0, 0), read=[3, -1]))
    columns = Columns(2)
    columns.activated({0: ONE, 1: ONE}, HALF)
    near: list[Form] = [
        {2: ONE, 0: ONE}, {2: ONE, 0: ONE, 1: 2 * ONE}, {2: ONE, CONSTANT: ONE},
        {2: ONE, 0: ONE, 1: ONE, CONSTANT: ONE}, {0: ONE, 1: 2 * ONE}, {0: ONE, CONSTANT: ONE},
    ]  # fmt: skip
    for count, form in enumerate(near, start=2):
        columns.activated(form, ZERO)
        assert len(columns.behind) == count


@pytest.mark.parametrize("function", [leaky("1/2"), leaky(-2), leaky(3)])
def test_pairs_of_other_slopes_cancel(function: Activation) -> None:
    """Units t and -t of one slope, and t of two: what cancels is multiplied out, exactly so."""
    a = function.slope
    assert a is not None
    split = chain(
        ([[1, 2], [-1, -2], [3, -1], [-3, 1]], [1, -1, 0, 0]),
        ([[1, -1, 0, 0], [0, 0, 1, -1]], None),
        ([[1, 1]], None),
        activation=function,
    )
    found = reduce(split)
    check(split, found.network, found.certificate)
    assert found.network.units == 2
    for x in ([1, 2], ["-1/3", 5], [0, 0], [-7, -7]):
        assert split(x) == found.network(x)


def test_mixed_pairs_cancel() -> None:
    """PReLU: (1 - a) ReLU(t) + a t is A(t), so that their difference is a line, and no unit."""
    mixed = bent((1, 1), (-1, -1), (2, 0), slopes=(0, "1/2", 0), read=[1, -2, 1])
    found = reduce(mixed)
    check(mixed, found.network, found.certificate)
    assert found.network.units < 3
    for x in (-3, -1, 0, "1/2", 4):
        assert mixed([x]) == found.network([x])
    assert found.certificate.tensors.keys() >= SINCE.keys()
