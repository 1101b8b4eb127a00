"""What a certificate claims against what is asked: less is never valid by silence."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

import pytest
from onnx_models import tensor, whole
from report_files import Files, made, tampered

import lumpver
from lumpver import Certificate, Network, check, reduce
from lumpver.claim.certificate import Digest, decode, encode
from lumpver.claim.closeness import SameClass, Within
from lumpver.claim.domain import Box, Boxes
from lumpver.claim.implication import ClaimsLess
from lumpver.claim.semantics import Float32
from lumpver.claim.statement import Claim
from lumpver.errors import Malformed, Rejected
from lumpver.io.nnet.reading import read
from lumpver.reducing.verification import check_files
from lumpver.tell.report.evidence import rows
from lumpver.tell.report.examination import examine
from lumpver.theory.lumpcheck import check_both

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Run

TWINS: Final = Network.from_layers([([[1], [2]], None), ([[1, 1]], None)])
FOUND: Final = reduce(TWINS)
UNIT: Final = Boxes((Box.of({"x": [(0, 1)]}),), "unit.vnnlib")
HALF: Final = Boxes((Box.of({"x": [(0, "1/2")]}),))
BOUND: Final = Claim(closeness=Within("1/10"))

# The certificate's claim, the one asked for, and whether it is answered.
ASKED: Final = {
    "all, all": (Claim(), Claim(), True),
    "all, a box": (Claim(), Claim(UNIT), True),
    "all, a bound": (Claim(), BOUND, True),
    "all, a class": (Claim(), Claim(closeness=SameClass("min")), True),
    "a box, itself": (Claim(UNIT), Claim(UNIT), True),
    "a box, a smaller one": (Claim(UNIT), Claim(HALF), True),
    "a bound, itself on a box": (BOUND, replace(BOUND, domain=UNIT), True),
    "a box, all": (Claim(UNIT), Claim(), False),
    "a box, a larger one": (Claim(HALF), Claim(UNIT), False),
    "a bound, all": (BOUND, Claim(), False),
    "a bound, a class": (BOUND, Claim(closeness=SameClass()), False),
    "a class, all": (Claim(closeness=SameClass()), Claim(), False),
    "all, floats": (Claim(), Claim(semantics=Float32()), False),
    "floats, all": (Claim(semantics=Float32()), Claim(), False),
}


def claiming(claim: Claim) -> Certificate:
    """The certificate of the twins with that claim."""
    return replace(FOUND.certificate, claim=claim)


@pytest.mark.parametrize(("stated", "asked", "answered"), ASKED.values(), ids=ASKED)
def test_what_is_asked_is_compared(stated: Claim, asked: Claim, answered: bool) -> None:
    """A certificate that claims as much is valid, and says if it claims more; else it is not."""
    if answered:
        checked = check(TWINS, FOUND.network, claiming(stated), claim=asked)
        assert checked.claim == asked
        assert checked.stronger == (None if stated == asked else stated)
        return
    with pytest.raises(ClaimsLess, match="it claims only") as caught:
        check(TWINS, FOUND.network, claiming(stated), claim=asked)
    error = caught.value
    assert (error.rule, error.layer, error.stated, error.asked) == (
        "claim", "certificate", stated, asked,
    )  # fmt: skip
    assert str(error) == f"it claims only {stated}; asked was {asked}"


def test_less_is_asked_by_default_of_none() -> None:
    """Who asks nothing asks everything."""
    with pytest.raises(ClaimsLess):
        check(TWINS, FOUND.network, claiming(Claim(UNIT)))


def test_claims_are_no_words() -> None:
    """What is asked is a Claim; anything else says so at the door."""
    with pytest.raises(TypeError, match="claim: expected a Claim, got str"):
        check(TWINS, FOUND.network, FOUND.certificate, claim="equal")  # type: ignore[arg-type]


def test_what_no_walk_shows_is_rejected() -> None:
    """A certificate that says what is asked is not believed where it speaks of floats."""
    floats = Claim(semantics=Float32())
    with pytest.raises(Rejected, match="claim") as caught:
        check(TWINS, FOUND.network, claiming(floats), claim=floats)
    assert not isinstance(caught.value, ClaimsLess)


@pytest.mark.parametrize("claim", [Claim(), BOUND, Claim(UNIT)])
def test_a_wrong_certificate_is_wrong_for_any_claim(claim: Claim) -> None:
    """To ask for less makes no certificate right."""
    other = Network.from_layers([([[1]], None), ([[2]], None)])
    with pytest.raises(Rejected) as caught:
        check(TWINS, other, claiming(claim), claim=claim)
    assert caught.value.rule == "affine"


def test_limits_are_no_less() -> None:
    """What programs clip is said of any claim, and asked of none."""
    clipped = read(b"1,1,1,1,\n1,1,\n0,\n-1,\n1,\n0,0,\n1,1,\n2,\n0,\n", where="f")
    found = reduce(clipped)
    plain = Network.from_layers([([[2]], None)])
    checked = check(clipped, plain, found.certificate, claim=BOUND)
    assert checked.claim == replace(BOUND, limits="the original")
    assert checked.stronger == Claim(limits="the original")


@pytest.mark.parametrize("claim", [Claim(), BOUND, Claim(HALF), Claim(semantics=Float32())])
def test_files_say_what_is_claimed(claim: Claim) -> None:
    """A weaker claim does not grow by being written and read."""
    digest = Digest("a" * 64)
    data = encode(replace(claiming(claim), original=digest, reduced=digest))
    assert decode(data).claim == claim
    if claim != Claim():
        with pytest.raises(ClaimsLess):
            check(TWINS, FOUND.network, decode(data))


def test_no_file_says_what_it_cannot() -> None:
    """Limits are those of the files that are there."""
    digest = Digest("a" * 64)
    with pytest.raises(Malformed, match="limits"):
        encode(replace(claiming(Claim(limits="the original")), original=digest, reduced=digest))


def test_lumpcheck_sees_no_claims(tmp_path: Path) -> None:
    """That it accepts the numbers is no disagreement."""
    program = tmp_path / "lumpcheck"
    program.write_text("#!/bin/sh\necho valid\n")
    program.chmod(0o755)
    checked = check_both(TWINS, FOUND.network, FOUND.certificate, program, claim=BOUND)
    assert checked.claim == BOUND
    with pytest.raises(ClaimsLess):
        check_both(TWINS, FOUND.network, claiming(BOUND), program)


def test_files(tmp_path: Path) -> None:
    """The same for files, which all claim everything."""
    files = made(tmp_path)
    assert check_files(*files, claim=BOUND).claim == BOUND
    with pytest.raises(ClaimsLess):
        check_files(*files, claim=Claim(semantics=Float32()))


def test_units_are_explained_where_the_claim_holds() -> None:
    """What a certificate for a box says of a unit, it says of the box."""
    said = lumpver.explain(claiming(Claim(UNIT)), "h1.pre[1]").sentence
    assert said.startswith("For every input in the box of unit.vnnlib, h1.pre[1] = ")


BOX: Final = "(declare-const X_0 Real)(assert (>= X_0 0))(assert (<= X_0 1))"
REAL: Final = "in exact real arithmetic over the weights as stored"
VALID: Final = {
    "--eps 1/10": "within 1/10 of each other for all inputs",
    "--eps 0.1": "within 1/10 of each other for all inputs",
    "--eps 0": "within 0 of each other for all inputs",
    "--same-class": "of the same class (arg max) for all inputs",
    "--same-class --delta .5": "of the same class (arg max) where it leads by 1/2 for all inputs",
    "--box {box}": "equal on the box of {box}",
    "--box {box} --eps 1": "within 1 of each other on the box of {box}",
}


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, ...]:
    """A model, what it was reduced to, and the certificate."""
    lumpver.save(TWINS, tmp_path / "m.onnx")
    lumpver.reduce_file(tmp_path / "m.onnx", tmp_path / "r.onnx")
    return tuple(tmp_path / name for name in ("m.onnx", "r.onnx", "r.onnx.cert.json"))


@pytest.mark.parametrize(("options", "words"), VALID.items(), ids=VALID)
def test_less_may_be_asked(
    files: tuple[Path, ...], tmp_path: Path, run: Run, options: str, words: str
) -> None:
    """Exit 0; the first line names what was asked, and then what the certificate claims."""
    box = tmp_path / "unit.vnnlib"
    box.write_text(BOX)
    asked = options.format(box=box).split()
    code, out, _ = run("check", *files, *asked)
    claim = words.format(box=box)
    first, second, third, *_ = out.splitlines()
    assert (code, first) == (0, f"valid: the models, 2 units and 1, are {claim}, {REAL}.")
    assert second == f"The claim: {claim}, {REAL}."
    assert third == f"The certificate claims: equal for all inputs, {REAL}."
    document = json.loads(run("check", *files, *asked, "--json")[1])
    assert document["valid"] is True
    assert document["certificate_claims"] == Claim().as_dict()
    assert document["claim"] != Claim().as_dict()


def test_the_default_may_be_asked_for(files: tuple[Path, ...], run: Run) -> None:
    """The words that are left out by default change nothing."""
    assert run("check", *files, "--semantics", "real") == run("check", *files)


def test_floats_are_not_claimed(files: tuple[Path, ...], run: Run) -> None:
    """Exit 1: it claims only reals."""
    code, out, err = run("check", *files, "--semantics", "float32")
    assert (code, err) == (1, "")
    assert out.startswith(f"rejected: it claims only equal for all inputs, {REAL}; asked was ")
    assert "that both models round alike" not in out
    code, out, _ = run("check", *files, "--semantics", "float32", "--json")
    document = json.loads(out)
    assert (code, document["valid"], document["rule"]) == (1, False, "claim")
    assert document["claim"]["semantics"] == document["semantics"] == "float32"
    assert (document["got"], document["layer"]) == (str(Claim()), "certificate")


BAD: Final = {
    "--eps -1": "--eps",
    "--eps x": "--eps",
    "--eps inf": "--eps",
    "--same-class --delta -1/2": "--delta",
    "--same-class --delta 1/0": "--delta",
    "--delta 1": "--delta",
    "--eps 1 --same-class": "--eps",
    "--box {folder}/nowhere.vnnlib": "nowhere.vnnlib",
    "--box {folder}/empty.vnnlib": "empty.vnnlib",
    "--box {folder}/wide.vnnlib": "wide.vnnlib",
    "--box {folder}/m.onnx": "m.onnx",
    "--semantics float64": "",
}


@pytest.mark.parametrize(("options", "where"), BAD.items(), ids=BAD)
def test_what_cannot_be_asked(
    files: tuple[Path, ...], tmp_path: Path, run: Run, options: str, where: str
) -> None:
    """Exit 2, and the option or file that is at fault."""
    (tmp_path / "empty.vnnlib").write_text(BOX + "(assert (>= X_0 2))")
    (tmp_path / "wide.vnnlib").write_text("(declare-const X_1 Real)(assert (>= X_1 0))")
    code, out, _ = run("check", *files, *options.format(folder=tmp_path).split(), "--json")
    assert code == 2
    assert where in json.loads(out)["error"]["where"]


def test_remarks_on_a_box_are_told(files: tuple[Path, ...], tmp_path: Path, run: Run) -> None:
    """What a file says of outputs was not looked at, and the answer says so."""
    box = tmp_path / "unit.vnnlib"
    box.write_text(f"(declare-const Y_0 Real){BOX}(assert (<= Y_0 0))")
    out = run("check", *files, "--box", box)[1]
    assert "not looked at" in out
    document = json.loads(run("check", *files, "--box", box, "--json")[1])
    assert "not looked at" in document["claim"]["remarks"][0]


@pytest.mark.parametrize("shape", [("N", 1), (1, 1), (None, 1)])
def test_boxes_are_for_one_row(tmp_path: Path, run: Run, shape: tuple[Any, ...]) -> None:
    """An open batch axis is set aside, as `prove` does."""
    made = whole("MatMul x W y", tensor("W", [[2]]), x=shape)
    (tmp_path / "m.onnx").write_bytes(made.SerializeToString())
    (tmp_path / "b.vnnlib").write_text(BOX)
    found = tmp_path / "m.onnx", tmp_path / "r.onnx"
    assert run("reduce", found[0], "-o", found[1])[0] == 0
    code, out, err = run("check", *found, f"{found[1]}.cert.json", "--box", tmp_path / "b.vnnlib")
    assert (code, err) == (0, ""), out


def test_rejections_have_their_domain(tmp_path: Path, run: Run) -> None:
    """Where one model clips its inputs, nothing beyond its limits is asked, or denied."""
    model, reduced = tmp_path / "m.nnet", tmp_path / "r.onnx"
    lumpver.save(TWINS, model)
    assert run("reduce", model, "-o", reduced)[0] == 0
    wrong = tampered(Files(model, reduced, tmp_path / "r.onnx.cert.json"))
    code, out, _ = run("check", *wrong)
    assert code == 1
    assert "does not show: equal for all inputs within the limits of the original, " in out
    limited = {"limits": "the original"}
    assert json.loads(run("check", *wrong, "--json")[1])["claim"]["domain"] == limited
    examined = examine(*wrong)
    assert examined.claim == Claim(limits="the original")
    assert examined.answers["check"]["claim"]["domain"] == limited
    assert examined.claim.sentence.startswith("For every input within the limits of the original")
    covers = {row.kind: row.covers for row in rows(examined)}
    assert covers["certificate"] == "all inputs within the limits of the original"
    assert covers["replay"] == "one input"


WEAKER: Final = {
    "a box": (
        {"domain": {"boxes": [{"x": {"low": ["0"], "high": ["1"]}}]}},
        f"equal on the box with x[0] from 0 to 1, {REAL}",
        ("--box", "unit.vnnlib"),
    ),
    "a bound": (
        {"closeness": {"within": "1/10"}},
        f"within 1/10 of each other for all inputs, {REAL}",
        ("--eps", "0.1"),
    ),
    "a class": (
        {"closeness": {"class": "max", "delta": "1"}},
        f"of the same class (arg max) where it leads by 1 for all inputs, {REAL}",
        ("--same-class", "--delta", "2"),
    ),
}


@pytest.mark.parametrize(("part", "words", "asked"), WEAKER.values(), ids=WEAKER)
def test_weaker_files_are_never_valid_by_silence(
    files: tuple[Path, ...],
    tmp_path: Path,
    run: Run,
    monkeypatch: pytest.MonkeyPatch,
    part: dict[str, Any],
    words: str,
    asked: tuple[str, ...],
) -> None:
    """A file that claims less is rejected, and valid where less is asked; reports name the box."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "unit.vnnlib").write_text(BOX)
    document = json.loads(files[2].read_bytes())
    document["claim"] |= part
    files[2].write_text(json.dumps(document, sort_keys=True))
    code, out, _ = run("check", *files)
    assert (code, out.splitlines()[0]) == (
        1, f"rejected: it claims only {words}; asked was equal for all inputs, {REAL}",
    )  # fmt: skip
    code, out, _ = run("report", *files, "-o", tmp_path / "r.html")
    page = (tmp_path / "r.html").read_text(encoding="utf-8")
    if "domain" in part:  # a report says first that it is about that box
        assert (code, out.splitlines()[0][:50]) == (
            0,
            "Accepted on a box. Only for inputs in the box with",
        )
        assert '<h2 id="verdict">Accepted on a box</h2>' in page
    else:
        assert code == 1
        assert "claims less than was asked" in page
    code, out, err = run("check", *files, *asked)
    assert (code, err) == (0, ""), out
