"""`prove` of NNet files: as their programs compute, inputs clipped to the limits."""

from __future__ import annotations

from fractions import Fraction
from random import Random
from typing import TYPE_CHECKING

import pytest

from lumpver import prove
from lumpver.errors import Malformed
from lumpver.io.nnet.reading import read as read_nnet
from lumpver.io.nnet.writing import write as write_nnet
from lumpver.model.network import Network
from lumpver.proving import Proved, Refuted, Unknown

if TYPE_CHECKING:
    from collections.abc import Sequence

Ends = tuple[str, str]


def file(W: Sequence[int], b: int, *ends: Ends, hidden: Sequence[int] = (1, 1)) -> Network:
    """ReLU of each input times `hidden`, weighted by W; with the limits of each input."""
    n = len(W)
    lows, highs = ("".join(f"{end[i]}," for end in ends) for i in (0, 1))
    rows = [",".join("0" if i != j else str(hidden[i]) for j in range(n)) + "," for i in range(n)]
    lines = [f"2,{n},1,{n},", f"{n},{n},1,", "0", lows, highs, "0," * (n + 1), "1," * (n + 1)]
    lines += [*rows, *["0,"] * n, ",".join(map(str, W)) + ",", f"{b},"]
    return read_nnet("\n".join([*lines, ""]).encode(), where="f")


def clipped(network: Network, x: Sequence[Fraction]) -> Fraction:
    """What programs compute, with Fractions."""
    source = network.source
    ends = zip(source.minima, source.maxima, x, strict=True)
    clips = [min(max(v, Fraction(low)), Fraction(high)) for low, high, v in ends]
    (y,) = network([str(v) for v in clips])
    return Fraction(int(y.p), int(y.q))


def point(answer: Refuted) -> list[Fraction]:
    """The counterexample as Fractions."""
    return [Fraction(int(v.p), int(v.q)) for v in answer.counterexample["x"]]


UNIT: Ends = ("0", "1")
WIDE: Ends = ("-1e30", "1e30")


def test_same_limits() -> None:
    """Two files with the same limits need only agree within them, and do for all inputs."""
    relu, line = file([1], 0, UNIT, hidden=[1]), file([-1], 0, UNIT, hidden=[-1])
    assert isinstance(prove(relu, file([1], 0, UNIT, hidden=[1])), Proved)
    assert isinstance(prove(relu, line), Refuted)  # ReLU(x) against -ReLU(-x) at x = 1
    zero = file([0], 0, ("-1", "0"), hidden=[1])
    found = prove(file([1], 0, ("-1", "0"), hidden=[1]), zero)
    assert isinstance(found, Proved)
    assert found.claim.where == "for all inputs"


def test_counterexamples_are_within_the_limits() -> None:
    """A difference that shows only where programs clip is none."""
    one, other = file([1, 1], 0, UNIT, UNIT), file([1, 2], 0, UNIT, UNIT)
    found = prove(one, other)
    assert isinstance(found, Refuted)
    assert all(0 <= x <= 1 for x in point(found))


def test_wide_limits_hide_nothing() -> None:
    """Points of all magnitudes are looked at, however wide the limits are."""
    bump = Network.from_layers([([[1], [1], [1]], [0, -1, -2]), ([[1, -2, 1]], None)])
    zero = Network.from_layers([([[0]], [0]), ([[0]], None)])
    one, other = (read_nnet(write_nnet(net), where="f") for net in (bump, zero))
    found = prove(one, other)
    assert isinstance(found, Refuted)
    assert found.step == "evaluation"


def test_different_limits_are_refuted() -> None:
    """The same network clipped elsewhere: at some point one clips and the other does not."""
    for one, other in (
        (file([3], 0, WIDE, hidden=[1]), file([3], 0, UNIT, hidden=[1])),
        (file([3, 1], 2, UNIT, WIDE), file([3, 1], 2, UNIT, ("-1e30", "1e31"))),
        (file([3], 0, ("0", "1"), hidden=[1]), file([3], 0, ("5", "6"), hidden=[1])),
    ):
        for a, b in ((one, other), (other, one)):
            found = prove(a, b)
            assert isinstance(found, Refuted)
            assert clipped(a, point(found)) != clipped(b, point(found))
            assert "clipped" in found.claim.remarks[-1]


def test_different_limits_are_never_proved() -> None:
    """Where clipping seems to change nothing, that is unknown, and said."""
    found = prove(file([0], 7, UNIT, hidden=[1]), file([0], 7, WIDE, hidden=[1]))
    assert isinstance(found, Unknown)
    assert "different limits" in found.reason
    found = prove(file([0], 7, UNIT, hidden=[1]), file([0], 7, ("5", "6"), hidden=[1]))
    assert isinstance(found, Unknown)


def test_limits_that_are_written_otherwise_are_equal() -> None:
    """Numbers count, not words."""
    one, other = file([1], 0, ("0", "10"), hidden=[1]), file([1], 0, ("0.0", "1e1"), hidden=[1])
    assert isinstance(prove(one, other), Proved)


def test_a_box_within_the_limits() -> None:
    """There nobody clips, and the claim is as for any network."""
    one, other = file([1], 0, UNIT, hidden=[1]), file([1], 0, WIDE, hidden=[1])
    found = prove(one, other, box={"x": [("1/2", 1)]})
    assert isinstance(found, Proved)
    assert found.claim.limits is None
    assert not isinstance(prove(one, other, box={"x": [("1/2", 2)]}), Proved)


def test_without_limits() -> None:
    """Against a model without limits the claim is for inputs within them, and named so."""
    one, other = file([1], 0, UNIT, hidden=[1]), Network.from_layers([([[1]], None)])
    for a, b, whose in ((one, other, "first"), (other, one, "second")):
        found = prove(a, b)  # ReLU(x) is x there
        assert isinstance(found, Proved)
        assert found.claim.as_dict()["domain"] == {"limits": f"the {whose} model"}
        assert f"for all inputs within the limits of the {whose} model" in str(found.claim)
        assert "x[0] from 0 to 1" in found.claim.remarks[-1]
        within = prove(a, b, box={"x": [("1/2", "3/4")]})
        assert within.claim.as_dict()["domain"] == {"box": "the given ranges"}
    double = Network.from_layers([([[2]], None)])
    found = prove(one, double)
    assert isinstance(found, Refuted)
    assert 0 < point(found)[0] <= 1


def test_boxes_outside_the_limits() -> None:
    """A box in which every program clips is refused, and so are limits that are no numbers."""
    one = file([1], 0, UNIT, hidden=[1])
    for other in (one, Network.from_layers([([[1]], None)])):
        with pytest.raises(Malformed, match="within the limits"):
            prove(one, other, box={"x": [(5, 6)]})
    with pytest.raises(Malformed, match="limits of x"):
        prove(file([1], 0, ("1", "0"), hidden=[1]), one)


@pytest.mark.parametrize("seed", range(40))
def test_answers_are_right_of_the_programs(seed: int) -> None:
    """Small files at random: what is proved holds at many points, what is refuted does not."""
    random = Random(seed)
    ends = [("0", "1"), ("-1", "1"), ("-1", "0"), ("0", "0"), ("-2", "1e30")]
    kept = random.choice(ends)
    sides = [
        file(
            [random.choice((0, 1, 1, 2)), 1],
            0,
            kept if random.random() < 0.7 else random.choice(ends),
            random.choice(ends[:2]),
            hidden=[random.choice((-1, 1)), 1],
        )
        for _ in range(2)
    ]
    found = prove(*sides)
    if isinstance(found, Refuted):
        assert clipped(sides[0], point(found)) != clipped(sides[1], point(found))
    if isinstance(found, Proved):
        for _ in range(200):
            x = [Fraction(random.randint(-12, 12), 4) for _ in range(2)]
            assert clipped(sides[0], x) == clipped(sides[1], x)
