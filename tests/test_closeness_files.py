"""Files of models that are near: checked, explained, reported, bundled, and refused elsewhere."""

from __future__ import annotations

import json
import zipfile
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

import pytest
from near_models import nearest
from test_nearness import twins

import lumpver
from lumpver.claim.certificate import encode
from lumpver.claim.closeness import Within
from lumpver.claim.statement import Claim
from lumpver.errors import Malformed, Unrepresentable
from lumpver.exact.scalar import text
from lumpver.io.files import load
from lumpver.tell.report.examination import examine
from lumpver.theory.lumpcheck import check_both, verify

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Run

ONE, OTHER = twins(3)
FOUND: Final = nearest(ONE, OTHER)
assert isinstance(FOUND.claim.closeness, Within)
EPS: Final = text(FOUND.claim.closeness.eps)
BOX: Final = (
    "(declare-const X_0 Real)(declare-const X_1 Real)(assert (>= X_0 {low}))(assert (<= X_0 1))"
    "(assert (>= X_1 0))(assert (<= X_1 1))"
)


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path, Path]:
    """Both models and the certificate."""
    a, b, proof = (tmp_path / name for name in ("a.json", "b.json", "near.cert.json"))
    for network, path in ((ONE, a), (OTHER, b)):
        lumpver.save(network, path)
    proof.write_bytes(encode(replace(FOUND, original=load(a).digest, reduced=load(b).digest)))
    for low in (-1, -2, 0):
        (tmp_path / f"from{low}.vnnlib").write_text(BOX.format(low=low))
    return a, b, proof


def test_check(files: tuple[Path, ...], tmp_path: Path, run: Run) -> None:
    """Valid for what it claims and less; else it claims less than was asked."""
    box = ("--box", tmp_path / "from-1.vnnlib")
    for options in ((*box, "--eps", EPS), ("--box", files[2], "--eps", "9"),
                    ("--box", tmp_path / "from0.vnnlib", "--eps", EPS),
                    (*box, "--same-class", "min", "--delta", "9"),
                    (*box, "--delta", "9", "--same-class")):  # fmt: skip
        code, out, err = run("check", *files, *options)
        assert (code, err) == (0, ""), out
        assert out.startswith("valid: the models, 8 units and 8, are ")
    for options in (
        ("--same-class", *files),
        ("--same-class", "max", *files),
        ("--same-class=max", *files),
        ("--delta", "9", "--same-class", "--", *files),
    ):
        code, out, _ = run("check", *box, *options)  # a file is no class
        assert (code, out.split(":")[0]) == (0 if "9" in options else 1,
                                             "valid" if "9" in options else "rejected")  # fmt: skip
    assert run("check", *files, *box, "--same-class=median")[0] == 2
    assert run("check", *files, *box, "--same-class", "median")[0] == 2
    for options in ((), box, ("--eps", EPS), (*box, "--eps", "1/1000000"), (*box, "--same-class"),
                    ("--box", tmp_path / "from-2.vnnlib", "--eps", EPS)):  # fmt: skip
        code, out, err = run("check", *files, *options)
        assert (code, err) == (1, ""), out
        assert out.startswith("rejected: it claims only within ")
    document = json.loads(run("check", *files, *box, "--eps", "9", "--json")[1])
    assert document["claim"]["closeness"] == {"within": "9"}
    assert document["certificate_claims"]["closeness"] == {"within": EPS}


def test_other_files(files: tuple[Path, ...], run: Run) -> None:
    """Digests decide: models that were swapped are said to be."""
    code, _, err = run("check", files[1], files[0], files[2], "--eps", "9")
    assert code == 2
    assert "swapped" in err


def test_a_wrong_one(files: tuple[Path, ...], tmp_path: Path, run: Run) -> None:
    """Exit 1, with the part that does not show it."""
    document = json.loads(files[2].read_bytes())
    document["covering"]["trees"] = ["."]
    files[2].write_text(json.dumps(document))
    code, out, _ = run("check", *files, "--box", files[2], "--eps", EPS, "--json")
    found = json.loads(out)
    assert (code, found["rule"], found["layer"]) == (1, "closeness", "leaf 0 of box 0")
    assert found["expected"].startswith("within ")
    assert found["got"].endswith(" less than needed")
    code, out, _ = run("report", *files, "-o", tmp_path / "r.html")
    assert code == 1
    assert "bounds do not show" in (tmp_path / "r.html").read_text()


def test_explain(files: tuple[Path, ...], run: Run) -> None:
    """What it claims, in how many parts; no unit has a fate."""
    assert FOUND.covering is not None
    code, out, _ = run("explain", files[2])
    assert code == 0
    assert f"a covering of 1 box by {FOUND.covering.leaves} parts" in out
    assert "h1 and h1, h2 and h2" in out
    document = json.loads(run("explain", files[2], "--json")[1])
    assert document["covering"]["parts"] == FOUND.covering.leaves
    assert document["claim"]["closeness"] == {"within": EPS}
    code, _, err = run("explain", files[2], "--unit", "h1[0]")
    assert code == 2
    assert "a covering of 1 box" in err
    with pytest.raises(Malformed, match="a certificate of a reduction"):
        lumpver.explain(FOUND, "h1[0]")


def test_report_and_bundle(files: tuple[Path, ...], tmp_path: Path, run: Run) -> None:
    """Both say what is claimed and by how many parts, and how to ask again."""
    page, archive = tmp_path / "r.html", tmp_path / "b.zip"
    code, out, _ = run("report", *files, "-o", page)
    assert (code, out.splitlines()[0][:18]) == (0, "Accepted on a box.")
    said = page.read_text()
    for words in ("Evidence of closeness on a box", f"outputs within {EPS}", "a covering of 1 box",
                  "The two models", f"--eps {EPS}"):  # fmt: skip
        assert words in said
    assert "reduced to" not in said
    assert run("bundle", *files, "-o", archive)[0] == 0
    with zipfile.ZipFile(archive) as found:
        names, told = found.namelist(), found.read("README.txt").decode()
    assert "equivalence.smt2" not in names
    assert "near, not that they are equal" in " ".join(told.split())


def test_a_report_asks_the_same_of_the_models_alone(files: tuple[Path, ...]) -> None:
    """Also where another box is asked: no answer about equality stands beside one of closeness."""
    found = examine(*files, prove=True)
    assert found.verdict == "accepted"
    assert found.answer is not None
    assert found.answer.claim.closeness == FOUND.claim.closeness
    assert found.answers["prove"]["answer"] == "proved"
    again = examine(*files, prove=True, timeout=30)
    assert again.verdict == "accepted"


@pytest.mark.parametrize("command", ["inspect", "reduce"])
def test_it_is_no_model(files: tuple[Path, ...], tmp_path: Path, run: Run, command: str) -> None:
    """And is called what it is."""
    more = ("-o", tmp_path / "out.json") if command == "reduce" else ()
    code, _, err = run(command, files[2], *more)
    assert code == 2
    assert "is a certificate, not a model" in err


def test_lumpcheck_has_no_words_for_it(files: tuple[Path, ...], tmp_path: Path, run: Run) -> None:
    """It refuses plainly, before anything is checked."""
    program = tmp_path / "lumpcheck"
    program.write_text("#!/bin/sh\necho valid\n")
    program.chmod(0o755)
    code, _, err = run("check", *files, "--lumpcheck", program, "--box", files[2], "--eps", "9")
    assert code == 2
    assert "lumpcheck" in err
    assert "a covering of 1 box" in err
    with pytest.raises(Unrepresentable, match="a covering"):
        verify(ONE, OTHER, FOUND, program)
    with pytest.raises(Unrepresentable, match="a covering"):
        check_both(ONE, OTHER, FOUND, program, claim=FOUND.claim)


def test_a_box_may_be_a_certificate_of_closeness(files: tuple[Path, ...], run: Run) -> None:
    """As any other that holds on a box."""
    code, out, _ = run("prove", files[0], files[1], "--box", files[2], "--eps", "9", "--json")
    found: dict[str, Any] = json.loads(out)
    assert (code, found["answer"]) == (0, "proved")
    assert Claim(FOUND.claim.domain).as_dict()["domain"] is not None


def test_models_that_are_equal_have_a_certificate_of_closeness(tmp_path: Path, run: Run) -> None:
    """By joint lumping; also where a layer is wider, whose activations are no pairs."""
    wide = lumpver.Network.from_layers(
        [([[1, 0], [2, 0], [0, 1]], [0, 0, 1]), ([[1, 1, -1]], None)]
    )
    moved = lumpver.Network.from_layers(
        [([[0, 2], [2, 0], [4, 0]], [2, 0, 0]), ([["-1/2", "1/2", "1/2"]], None)]
    )
    narrow = lumpver.Network.from_layers([([[3, 0], [0, 1]], [0, 1]), ([[1, -1]], None)])
    paths = {"wide": wide, "moved": moved, "narrow": narrow}
    for name, network in paths.items():
        lumpver.save(network, tmp_path / f"{name}.json")
    cert = tmp_path / "c.json"
    for name in ("moved", "narrow"):
        models = tmp_path / "wide.json", tmp_path / f"{name}.json"
        asked = ("--box", "[-1, 1]", "--eps", "1/2")
        code, out, _ = run("prove", *models, *asked, "--certificate", cert, "--json")
        document = json.loads(out)
        assert (code, document["step"]) == (0, "joint lumping"), out
        assert document["parts"] >= 1
        assert run("check", *models, cert, *asked, "--exact-box")[0] == 0
        cert.unlink()
        some = ("--box", "[-1, 1]", "--eps", "1/10000000", "--parts", 2)
        code, out, _ = run("prove", tmp_path / "wide.json", models[1], *some, "--certificate", cert)
        assert code == 0
        assert "no certificate yet" in out or "it was checked" in out


def test_models_that_are_equal_have_a_certificate_of_reduction(tmp_path: Path, run: Run) -> None:
    """Where no covering is asked for, or is worth it, and the second is what the first reduces to.

    Names may be others; two that are equal otherwise have none.
    """
    W = [[1, 3], [2, 6], [0, 1]]
    wide = lumpver.Network.from_layers([(W, [0, 0, 1]), ([[1, 1, -1]], None)])
    narrow = lumpver.Network.from_layers([([[1, 3], [0, 1]], [0, 1]), ([[3, -1]], None)])
    other = lumpver.Network.from_layers([([[3, 9], [0, 1]], [0, 1]), ([[1, -1]], None)])
    for name, network in {"wide": wide, "narrow": narrow, "other": other}.items():
        lumpver.save(network, tmp_path / f"{name}.json")
    models, cert = (tmp_path / "wide.json", tmp_path / "narrow.json"), tmp_path / "c.json"
    near = ("--box", "[-1, 1]", "--eps", "1/1000000000000000000000")
    for asked in ((), near, (*near[:2], "--same-class")):
        assert run("prove", *models, *asked, "--certificate", cert)[0] == 0
        code, out, _ = run("check", *models, cert, *asked)
        assert code == 0
        if asked == near:
            assert "claims: equal for all inputs" in out
        cert.unlink()
    code, out, _ = run("prove", models[0], tmp_path / "other.json", "--certificate", cert)
    assert (code, cert.exists()) == (0, False)
    assert "is not what the first reduces to" in out
