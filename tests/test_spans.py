"""Claims relative to ranges: points that show less, or are none of the domain, and attacks."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pytest
from flint import fmpq
from near_models import ENDS, WHOLE, holds
from test_nearness import twins

import lumpver
from lumpver import Certificate, Relative, check
from lumpver.claim.certificate import decode, encode
from lumpver.claim.certificate.claims import Digest
from lumpver.claim.closeness import SameClass, Within
from lumpver.claim.covering import Covering
from lumpver.claim.domain import Box, Boxes
from lumpver.claim.implication import ClaimsLess
from lumpver.claim.semantics import Float32
from lumpver.claim.statement import Claim
from lumpver.errors import Malformed, Rejected
from lumpver.io.nnet.reading import read as read_nnet
from lumpver.model.activations import TANH
from lumpver.proving import Proved, Refuted, Unknown, prove

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from conftest import Run

    from lumpver.claim.covering import Point

ONE, OTHER = twins(3)
CURVED: Final = twins(3, TANH)
EPS: Final = fmpq(1, 10)
ANSWER: Final = prove(ONE, OTHER, box={"x": ENDS}, closeness=Relative(EPS))
assert isinstance(ANSWER, Proved)
assert ANSWER.covering is not None
FOUND: Final = Certificate({}, claim=ANSWER.claim, covering=ANSWER.covering)
DIGEST: Final = Digest("0" * 64)


def at(*x: Any) -> Point:
    """A point of the one input."""
    return (("x", tuple(fmpq(*v) if isinstance(v, tuple) else fmpq(v) for v in x)),)


def with_points(*points: Point) -> Certificate:
    """The same certificate with these points."""
    assert FOUND.covering is not None
    return replace(FOUND, covering=replace(FOUND.covering, points=points))


def test_what_is_proved_is_valid() -> None:
    """Two points for an output; what is claimed in numbers holds at points."""
    assert FOUND.covering is not None
    assert len(FOUND.covering.points) == 2
    checked = check(ONE, OTHER, FOUND, claim=FOUND.claim)
    assert checked.claim == FOUND.claim
    values = [ONE.evaluate({"x": np.array(dict(x)["x"])})["y"] for x in FOUND.covering.points]
    span = max(abs(p - q) for p, q in zip(*(v.ravel().tolist() for v in values), strict=True))
    assert span > 0
    claim = Claim(WHOLE, Within(EPS * span))
    assert holds(ONE, OTHER, claim, np.random.default_rng(0))


def test_a_file_has_the_points() -> None:
    """Written and read again, exactly."""
    found = replace(FOUND, original=DIGEST, reduced=DIGEST)
    text = encode(found)
    again = decode(text)
    assert encode(again) == text
    assert again.covering is not None
    assert found.covering is not None
    assert again.covering.points == found.covering.points
    for damaged in (b'"points":[]', b'"points":[{"x":["1",1]}]', b'"points":[{"x":"1"}]'):
        begin, end = text.index(b'"points"'), text.index(b',"trees"')
        with pytest.raises(Malformed, match="points"):
            decode(text[:begin] + damaged + text[end:])


@pytest.mark.parametrize(
    ("claim", "less"),
    [
        (Claim(WHOLE, Relative(2 * EPS)), False),
        (Claim(WHOLE, Relative(EPS / 2)), True),
        (Claim(WHOLE, Within(100)), True),
        (Claim(WHOLE, SameClass("max", 100)), True),
        (Claim(WHOLE), True),
        (Claim(WHOLE, Relative(EPS), Float32()), True),
        (Claim(WHOLE, Within(100), Float32()), True),
        (Claim(closeness=Relative(EPS)), True),
    ],
    ids=str,
)
def test_what_follows(claim: Claim, *, less: bool) -> None:
    """Only what is relative too, and to no less."""
    if less:
        with pytest.raises(ClaimsLess):
            check(ONE, OTHER, FOUND, claim=claim)
        return
    assert check(ONE, OTHER, FOUND, claim=claim).claim == claim


def test_on_a_part_of_the_box_nothing_follows() -> None:
    """A range is shorter there: what is proved on a box says nothing of less than the box."""
    small = Boxes((Box.of({"x": [(0, "1/2"), (0, "1/2")]}),))
    with pytest.raises(ClaimsLess):
        check(ONE, OTHER, FOUND, claim=Claim(small, Relative(EPS)))


ATTACKS: Final[dict[str, Callable[[], Certificate]]] = {
    "no points": with_points,
    "one point": lambda: with_points(at(1, 1)),
    "one point twice": lambda: with_points(at(1, 1), at(1, 1)),
    "points near each other": lambda: with_points(at(1, 1), at(1, (999, 1000))),
    "a point outside": lambda: with_points(at(100, 1), at(-1, 1)),
    "a point just outside": lambda: with_points(at((10**9 + 1, 10**9), 1), at(-1, 1)),
    "too few entries": lambda: with_points(at(1), at(-1, 1)),
    "too many entries": lambda: with_points(at(1, 1, 1), at(-1, 1)),
    "another input": lambda: with_points((("z", (fmpq(1), fmpq(1))),), at(-1, 1)),
    "one more input": lambda: with_points((*at(1, 1), ("z", (fmpq(1),))), at(-1, 1)),
    "no input": lambda: with_points((), at(-1, 1)),
    "points for numbers": lambda: replace(FOUND, claim=Claim(WHOLE, Within(100))),
    "a smaller part": lambda: replace(FOUND, claim=Claim(WHOLE, Relative("1/1000"))),
    "a larger box": lambda: replace(
        FOUND, claim=Claim(Boxes((Box.of({"x": [(-9, 9), (0, 9)]}),)), Relative(EPS))
    ),
}


@pytest.mark.parametrize("name", ATTACKS)
def test_forged_points_are_rejected(name: str) -> None:
    """Each is stopped by the rule about points, or shows less than is claimed."""
    forged = ATTACKS[name]()
    with pytest.raises(Rejected) as error:
        check(ONE, OTHER, forged, claim=forged.claim)
    assert not isinstance(error.value, ClaimsLess)
    shows_less = {"one point", "one point twice", "points near each other"}
    shows_less |= {"a smaller part", "a larger box"}
    assert error.value.rule == ("closeness" if name in shows_less else "range")


def test_only_the_rule_stops_a_point_outside() -> None:
    """A claim that is false, with points outside that would show it, were they believed."""
    assert FOUND.covering is not None
    false = replace(with_points(at(1000, 1), at(-1000, 1)), claim=Claim(WHOLE, Relative("1/1000")))
    with pytest.raises(Rejected, match="range"):
        check(ONE, OTHER, false, claim=false.claim)
    wide = Claim(Boxes((Box.of({"x": [(-1000, 1000), (0, 1)]}), *WHOLE.boxes)), Relative("1/1000"))
    trees = (np.array([0]), *FOUND.covering.trees)
    both = replace(false, claim=wide, covering=replace(false.covering, trees=trees))
    with pytest.raises(Rejected, match="closeness"):
        check(ONE, OTHER, both, claim=wide)


def test_points_that_programs_clip_are_rejected() -> None:
    """A box beyond the limits of a file: outputs there are others than at the point."""
    text = b"2,1,1,1,\n1,1,1,\n0,\n0,\n1,\n0,0,\n1,1,\n1,\n0,\n1,\n0,\n"
    one = read_nnet(text, where="one")
    other = read_nnet(text.replace(b"1,\n0,\n1,\n0,\n", b"1,\n0,\n1,\n0.5,\n"), where="other")
    (tensor,) = one.inputs
    wide = Boxes((Box.of({tensor.name: [(0, 10)]}),))
    points = tuple(((tensor.name, (fmpq(x),)),) for x in (0, 10))
    forged = Certificate(
        {}, claim=Claim(wide, Relative("1/10")), covering=Covering((np.array([0]),), (), points)
    )
    with pytest.raises(Rejected, match="limits"):
        check(one, other, forged, claim=forged.claim)
    inside = tuple(((tensor.name, (fmpq(x),)),) for x in (0, 1))
    honest = replace(
        forged,
        claim=Claim(wide, Relative("3/4")),
        covering=Covering((np.array([0]),), (), inside),
    )
    assert check(one, other, honest, claim=honest.claim)


def test_outputs_that_no_rational_is() -> None:
    """Of curves no exact values are known: neither proved nor accepted."""
    one, other = CURVED
    found = prove(one, other, box={"x": ENDS}, closeness=Relative(2))
    assert isinstance(found, Unknown)
    assert "exactly" in found.reason
    assert FOUND.covering is not None
    forged = replace(FOUND, covering=Covering((np.array([0]),), (), FOUND.covering.points))
    with pytest.raises(Rejected, match="exactly"):
        check(one, other, forged, claim=forged.claim)


def test_on_the_command_line(run: Run, tmp_path: Path) -> None:
    """Proved and checked relative to the range, on the same box alone; stopped and gone on with."""
    paths, cert = (tmp_path / "a.json", tmp_path / "b.json"), tmp_path / "c.json"
    for network, path in zip((ONE, OTHER), paths, strict=True):
        lumpver.save(network, path)
    box = ("--box", "[0, 1]")
    near = (*box, "--eps", "0.045", "--relative")
    code, out, _ = run("prove", *paths, *near, "--certificate", cert, "--parts", 1, "--json")
    assert code == 3
    assert json.loads(out)["claim"]["closeness"] == {"relative": "9/200"}
    assert json.loads(cert.read_bytes())["covering"]["points"]
    code, out, _ = run("prove", *paths, *near, "--certificate", cert, "--resume")
    assert code == 0
    assert "times the range" in out
    assert run("check", *paths, cert, *near, "--exact-box")[0] == 0
    assert run("check", *paths, cert, *near[:4], "--exact-box")[0] == 1
    assert run("check", *paths, cert, "--box", "[0, 1/2]", *near[2:], "--exact-box")[0] == 1
    for wrong in (("--relative",), ("--eps", "max", "--relative")):
        assert run("prove", *paths, *box, *wrong)[0] == 2
    text = f"original,other,box,eps,question\n{paths[0]},{paths[1]},'[0, 1]',0.045,relative\n"
    pairs = tmp_path / "pairs.csv"
    pairs.write_text(text.replace("'", '"'))
    assert run("prove", "--pairs", pairs)[0] == 0


def test_answers() -> None:
    """Refuted where the whole range cannot be long enough, unknown where it may be."""
    answers = {
        e: prove(ONE, OTHER, box={"x": ENDS}, closeness=Relative(e))
        for e in ("0", "1/1000", "1/50", "1/4")
    }
    kinds = [type(found) for found in answers.values()]
    assert kinds == [Refuted, Refuted, Unknown, Proved]
    assert "range" in getattr(answers["1/50"], "reason", "")
    assert all(found.claim.closeness == Relative(e) for e, found in answers.items())
    same = prove(ONE, ONE, box={"x": ENDS}, closeness=Relative(0))
    assert isinstance(same, Proved)
    nowhere = prove(ONE, OTHER, closeness=Relative(EPS))
    assert isinstance(nowhere, Unknown)
    assert "--box" in nowhere.reason


def test_float_runs_are_not_asked_relatively() -> None:
    """There is no such question of them."""
    from lumpver.face.proving import prove as asked

    with pytest.raises(Malformed, match="relative"):
        asked(ONE, OTHER, box={"x": ENDS}, closeness=Relative(EPS), semantics="float32")
