"""Claims about executions in float32: proved, refuted, left open, and checked by certificates."""

from __future__ import annotations

import json
from dataclasses import replace
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from executions import ORDERS, executed
from flint import fmpq
from near_models import ENDS, WHOLE, near
from test_nearness import twins
from test_roundoff import points

import lumpver
from lumpver.checker import check
from lumpver.claim.closeness import EQUAL, SameClass, Within
from lumpver.claim.domain import Box, Boxes
from lumpver.claim.implication import ClaimsLess
from lumpver.claim.semantics import Float32
from lumpver.claim.statement import Claim
from lumpver.errors import Malformed, Rejected
from lumpver.exact.scalar import number
from lumpver.io.json.writing import write
from lumpver.model.network import Network
from lumpver.proving import Proved, Refuted, Unknown, prove
from lumpver.proving import executed as proved

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Run

BOX = {"x": ENDS}
ONCE = fmpq(1)
TWIN = Network.from_layers([([[1], [2]], None), ([[1, 1]], None)])
SINGLE = Network.from_layers([([[3]], None), ([[1]], None)])


def apart(one: Network, other: Network, seed: int) -> Fraction:
    """The largest difference of executions that were tried, in any two orders."""
    rng = np.random.default_rng(seed)
    most = Fraction(0)
    for x in points([(float(a), float(b)) for a, b in ENDS], rng, 6):
        results = [[executed(n, x, order, rng) for order in ORDERS] for n in (one, other)]
        for ours in results[0]:
            for theirs in results[1]:
                for y, z in zip(ours, theirs, strict=True):
                    most = max(most, abs(Fraction(float(y)) - Fraction(float(z))))
    return most


def eps_of(claim: Claim) -> Any:
    """The bound of a claim."""
    assert isinstance(claim.closeness, Within)
    return claim.closeness.eps


def real(one: Network, other: Network) -> fmpq:
    """A number that both are within in reals, a little above the largest difference found."""
    eps = fmpq(0)
    while isinstance(found := prove(one, other, box=BOX, closeness=Within(eps)), Refuted):
        sides = (map(number, side) for side in found.outputs["y"])
        eps = max(abs(p - q) for p, q in zip(*sides, strict=True)) * fmpq(101, 100)
    return eps


@pytest.mark.parametrize("seed", range(4))
def test_near_in_reals_is_nearly_as_near_in_floats(seed: int) -> None:
    """Proved with room for rounding, left open without, refuted far below."""
    one, other = twins(seed)
    eps = real(one, other)
    room = eps + fmpq(1, 1000)
    found = proved(one, other, box=BOX, closeness=Within(room))
    assert isinstance(found, Proved)
    assert found.claim == Claim(WHOLE, Within(room), Float32())
    assert found.shown is not None
    assert eps <= found.shown.closeness.of("y") < room  # type: ignore[union-attr]
    assert any("Winograd" in remark for remark in found.claim.remarks)
    assert apart(one, other, seed) <= Fraction(int(room.p), int(room.q))
    assert isinstance(proved(one, other, box=BOX, closeness=Within(eps / 3)), Refuted)
    tiny = proved(one, other, box=BOX, closeness=Within(fmpq(1, 10**12)))
    assert isinstance(tiny, Unknown)
    assert "from real arithmetic" in tiny.reason


def test_equal_in_reals_is_within_a_number_in_floats() -> None:
    """Which the claim names, and all executions keep."""
    found = proved(TWIN, SINGLE, box="[0, 1]")
    assert isinstance(found, Proved)
    eps = eps_of(found.claim)
    assert 0 < eps < fmpq(1, 100000)
    assert found.as_dict()["semantics"] == "float32"
    again = proved(TWIN, SINGLE, box="[0, 1]", closeness=Within(eps))
    assert isinstance(again, Proved)
    third = Network.from_layers([([["1/3"]], None), ([[3]], None)])
    plain = Network.from_layers([([[1]], None), ([[1]], None)])
    found = proved(third, plain, box={"x": [(0, 1)]})
    rng = np.random.default_rng(0)
    for x in points([(0.0, 1.0)], rng, 50):
        (y,), (z,) = (executed(n, x, "given", rng) for n in (third, plain))
        off = abs(Fraction(float(y)) - Fraction(float(z)))
        assert off <= Fraction(int(eps_of(found.claim).p), int(eps_of(found.claim).q))


def test_a_difference_that_rounding_may_be_is_left_open() -> None:
    """In reals a point is farther apart than eps, but not by more than errors."""
    one = Network.from_layers([([[1.0]], None), ([[1.0]], None)])
    other = Network.from_layers([([[1.0]], None), ([[1.0]], ["1/1000"])])
    rounding = fmpq(1, 10**7)
    for eps, kind in (
        (fmpq(1, 1000) + rounding * 20, Proved),
        (fmpq(1, 1000), Unknown),
        (fmpq(1, 1000) - rounding * 20, Refuted),
    ):
        found = proved(one, other, box={"x": [(0, 1)]}, closeness=Within(eps))
        assert isinstance(found, kind), eps
        assert found.semantics == "float32"
    assert isinstance(proved(one, other, box={"x": [(0, 1)]}), Unknown)


def test_what_cannot_be_answered() -> None:
    """Without a box, with a class, of curves, and of models with other inputs."""
    found = proved(TWIN, SINGLE)
    assert isinstance(found, Unknown)
    assert "--box" in found.reason
    with pytest.raises(Malformed, match="class"):
        proved(TWIN, SINGLE, box="[0, 1]", closeness=SameClass())
    curved = Network.from_layers([([[1]], None), ([[1]], None)], activation="tanh")
    found = proved(curved, curved, box="[0, 1]", closeness=Within(ONCE))
    assert isinstance(found, Unknown)
    assert "rounds" in found.reason
    wide = Network.from_layers([([[1, 1]], None), ([[1]], None)])
    assert isinstance(proved(TWIN, wide, box="[0, 1]", closeness=Within(ONCE)), Refuted)
    with pytest.raises(Malformed, match="semantics"):
        lumpver.prove(TWIN, SINGLE, semantics="float16")  # type: ignore[arg-type]
    assert isinstance(lumpver.prove(TWIN, SINGLE, box="[0, 1]", semantics="float32"), Proved)


ONE, OTHER = twins(1)
EPS = real(ONE, OTHER) * 2
FOUND = near(ONE, OTHER, Within(EPS))
ROOM = EPS + fmpq(1, 1000)


def test_a_certificate_of_reals_shows_floats_within_more() -> None:
    """Of a covering, on the boxes and on fewer inputs, and of an exact reduction."""
    small = Boxes((Box.of({"x": [(0, 1), (0, "1/2")]}),))
    for domain in (WHOLE, small):
        asked = Claim(domain, Within(ROOM), Float32())
        checked = check(ONE, OTHER, FOUND, claim=asked)
        assert (checked.claim, checked.stronger) == (asked, FOUND.claim)
        assert any("Winograd" in note for note in checked.notes)
    exact = lumpver.reduce(TWIN)
    unit = Boxes((Box.of({"x": [(0, 1)]}),))
    asked = Claim(unit, Within(fmpq(1, 100000)), Float32())
    assert check(TWIN, exact.network, exact.certificate, claim=asked).claim == asked


LESS = {
    "no room": Claim(WHOLE, Within(EPS), Float32()),
    "too little room": Claim(WHOLE, Within(EPS + fmpq(1, 10**9)), Float32()),
    "less than in reals": Claim(WHOLE, Within(EPS / 2), Float32()),
    "of an output": Claim(WHOLE, Within(ROOM, (("y", EPS),)), Float32()),
    "equal": Claim(WHOLE, EQUAL, Float32()),
    "a class": Claim(WHOLE, SameClass("max", 9 * ROOM), Float32()),
    "a larger box": Claim(Boxes((Box.of({"x": [(-2, 1), (0, 1)]}),)), Within(ROOM), Float32()),
    "without a box": Claim(closeness=Within(ROOM), semantics=Float32()),
}


@pytest.mark.parametrize("claim", LESS.values(), ids=LESS)
def test_what_does_not_follow_is_rejected(claim: Claim) -> None:
    """Each premise: room for rounding, the box, the closeness."""
    with pytest.raises(Rejected):
        check(ONE, OTHER, FOUND, claim=claim)


def test_wrong_in_reals_or_unbounded_in_floats_is_rejected() -> None:
    """The certificate is checked too, and bounds on executions have to be there."""
    wrong = replace(FOUND, claim=Claim(WHOLE, Within(EPS / 10)))
    with pytest.raises(Rejected):
        check(ONE, OTHER, wrong, claim=Claim(WHOLE, Within(ROOM), Float32()))
    curved = Network.from_layers([([[1], [1]], None), ([[1, 1]], None)], activation="tanh")
    found = lumpver.reduce(curved)
    unit = Boxes((Box.of({"x": [(0, 1)]}),))
    with pytest.raises(Rejected, match="rounds"):
        check(curved, found.network, found.certificate, claim=Claim(unit, Within(ONCE), Float32()))
    floats = replace(FOUND, claim=Claim(WHOLE, Within(ROOM), Float32()))
    with pytest.raises((ClaimsLess, Rejected)):
        check(ONE, OTHER, floats, claim=Claim(WHOLE, Within(ROOM), Float32()))


def test_files(tmp_path: Path, run: Run) -> None:
    """`prove` writes a certificate of reals, by which `check` finds the same of floats."""
    paths = [str(tmp_path / name) for name in ("a.json", "b.json", "c.json")]
    for place, network in zip(paths, (ONE, OTHER), strict=False):
        (tmp_path / place).write_bytes(write(network))
    low, high = (tmp_path / name for name in ("low.npy", "high.npy"))
    for path, side in ((low, 0), (high, 1)):
        np.save(path, np.array([ends[side] for ends in ENDS], dtype=np.float32))
    within = ["--lower", str(low), "--upper", str(high)]
    eps = ["--eps", str(ROOM), "--semantics", "float32"]
    code, out, err = run("prove", *paths[:2], *within, *eps, "--certificate", paths[2])
    assert (code, err) == (0, "")
    assert out.startswith("proved by splitting: within ")
    assert "float32 arithmetic" in out
    assert "Not covered: " in out
    assert "Not claimed" not in out
    code, out, _ = run("check", *paths, *within, "--exact-box", *eps, "--json")
    assert code == 0, out
    document = json.loads(out)
    assert document["semantics"] == "float32"
    assert document["certificate_claims"]["semantics"] == "real"
    code, out, _ = run("check", *paths, *within, "--exact-box", "--eps", "0", *eps[2:])
    assert code == 1


def test_the_limit_of_time_holds_for_errors_too() -> None:
    """Whatever is asked, there is an answer at once: that it is not known."""
    for closeness in (EQUAL, Within(1)):
        found = proved(TWIN, SINGLE, box="[0, 1]", closeness=closeness, timeout=0)
        assert isinstance(found, Unknown)
        assert "time limit" in found.reason
        assert found.claim.semantics == Float32()
    assert isinstance(proved(TWIN, SINGLE, box="[0, 1]", timeout=60), Proved)
