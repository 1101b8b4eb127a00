"""`lumpver report` and `lumpver bundle`: files, answers, exit codes, manners."""

from __future__ import annotations

import json
import os
import zipfile
from typing import TYPE_CHECKING

import pytest
from report_files import made, pair, tampered
from small_networks import ONCE, TWICE

from lumpver.errors import Missing
from lumpver.model.network import Network
from lumpver.theory.lumpcheck import find

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Run


def test_report(tmp_path: Path, run: Run) -> None:
    """Accepted: exit 0, the page is there, and a line says so."""
    files = made(tmp_path)
    code, out, err = run("report", *files, "-o", tmp_path / "r.html")
    assert (code, err) == (0, "")
    assert out.startswith("Accepted. ")
    assert f"Wrote {tmp_path / 'r.html'}." in out
    assert (tmp_path / "r.html").read_text(encoding="utf-8").startswith("<!doctype html>")


def test_report_json_is_what_check_and_prove_say(tmp_path: Path, run: Run) -> None:
    """One object, with the same answers as the commands that it spares."""
    files = made(tmp_path)
    code, out, err = run("report", *files, "-o", tmp_path / "r.html", "--prove", "--json")
    assert (code, err, out.count("\n")) == (0, "", 1)
    document = json.loads(out)
    assert document["answer"] == "accepted"
    assert document["evidence"] == "certificate, joint"
    assert document["semantics"] == "real"
    assert document["written"] == str(tmp_path / "r.html")
    assert document["answers"]["check"] == json.loads(run("check", *files, "--json")[1])
    assert document["answers"]["prove"] == json.loads(run("prove", *files[:2], "--json")[1])


def test_rejected(tmp_path: Path, run: Run) -> None:
    """Exit 1, and the page is written all the same; the answer is the one of `check`."""
    files = tampered(made(tmp_path))
    for name in ("report", "bundle"):
        target = tmp_path / f"out.{'html' if name == 'report' else 'zip'}"
        code, out, err = run(name, *files, "-o", target, "--json")
        assert (code, err) == (1, "")
        assert json.loads(out)["answers"]["check"] == json.loads(run("check", *files, "--json")[1])
        assert target.exists()


def test_refuted(tmp_path: Path, run: Run) -> None:
    """Without a certificate the solver is asked: exit 1 with the counterexample, or 0."""
    files = pair(tmp_path)
    code, out, _ = run("report", *files, "-o", tmp_path / "r.html", "--json")
    document = json.loads(out)
    assert (code, document["answer"], document["evidence"]) == (1, "refuted", "replay")
    assert document["answers"]["prove"]["counterexample"]
    assert run("report", files[0], files[0], "-o", tmp_path / "r.html")[0] == 0


def test_unknown(tmp_path: Path, run: Run) -> None:
    """Exit 3 where nothing is known; 0 where the certificate answers."""
    files = pair(tmp_path, TWICE, ONCE)
    code, out, _ = run("report", *files, "-o", tmp_path / "r.html", "--timeout", "0")
    assert code == 3
    assert out.startswith("Unknown. ")
    checked = made(tmp_path / "checked")
    assert run("report", *checked, "-o", tmp_path / "r.html", "--prove", "--timeout", "0")[0] == 0


@pytest.mark.parametrize("name", ["report", "bundle"])
def test_bad_input_writes_nothing(tmp_path: Path, run: Run, name: str) -> None:
    """Exit 2: unreadable, for other files, or overwriting what is read."""
    files = made(tmp_path)
    target = tmp_path / f"out.{'html' if name == 'report' else 'zip'}"
    other = made(tmp_path / "other", Network.from_layers([([[1]], None), ([[1]], None)]))
    for arguments in (
        (files.model, tmp_path / "none.json", files.certificate),
        (files.model, files.reduced, files.model),
        (other.model, files.reduced, files.certificate),
    ):
        code, out, err = run(name, *arguments, "-o", target)
        assert (code, out, err.count("\n")) == (2, "", 1)
        assert not target.exists()
    before = [place.read_bytes() for place in files]
    (tmp_path / "link").symlink_to(files.certificate)
    (tmp_path / "hard").hardlink_to(files.model)
    for target in (*files, tmp_path / "link", tmp_path / "hard"):
        code, out, _ = run(name, *files, "-o", target, "--json")
        assert (code, json.loads(out)["error"]["kind"]) == (2, "malformed")
    assert [place.read_bytes() for place in files] == before
    assert run(name, *files, "-o", tmp_path)[0] == 2
    assert run(name, *files, "-o", tmp_path / "none" / "out")[0] == 2


@pytest.mark.parametrize("name", ["out.pdf", "out", "html", "out.html.gz", "out.tar.gz", ".zipx"])
def test_suffixes(tmp_path: Path, run: Run, name: str) -> None:
    """A name of another kind of file is refused before anything runs, with those that work."""
    for command, ends in (("report", ".html or .htm"), ("bundle", ".zip")):
        code, out, err = run(command, "a.onnx", "b.onnx", "c.json", "-o", tmp_path / name)
        assert (code, out) == (2, "")
        assert f"expected a name that ends in {ends}, got {name}" in err


def test_suffixes_in_capitals(tmp_path: Path, run: Run) -> None:
    """Capitals are the same suffix."""
    assert run("report", *made(tmp_path), "-o", tmp_path / "OUT.HTML")[0] == 0
    assert (tmp_path / "OUT.HTML").exists()


def test_usage(tmp_path: Path, run: Run) -> None:
    """What needs a certificate says so."""
    files = made(tmp_path)
    assert run("bundle", *files[:2], "-o", tmp_path / "b.zip")[0] == 2
    assert run("report", *files[:2], "-o", tmp_path / "r.html", "--verified")[0] == 2
    assert run("report", *files)[0] == 2
    assert run("report", *files, "-o", tmp_path / "r", "--verified", "--lumpcheck", "none")[0] == 2


@pytest.mark.parametrize("command", [("check",), ("report", "-o", "r.html")], ids=" ".join)
def test_who_says_where_lumpcheck_is_has_it_asked(
    tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch, command: tuple[str, ...]
) -> None:
    """A place for it is no option that does nothing."""
    monkeypatch.chdir(tmp_path)
    name, *rest = command
    assert run(name, *made(tmp_path), *rest, "--lumpcheck", tmp_path / "none")[0] == 2


def test_bundle(tmp_path: Path, run: Run) -> None:
    """A zip that holds what was asked for; a second run gives the same bytes."""
    files = made(tmp_path)
    target = tmp_path / "evidence.zip"
    assert run("bundle", *files, "-o", target, "--models")[0] == 0
    first = target.read_bytes()
    with zipfile.ZipFile(target) as archive:
        assert archive.testzip() is None
        assert {"report.html", "model.json", "small.json"} <= set(archive.namelist())
    assert run("bundle", *files, "-o", target, "--models", "--json")[0] == 0
    assert target.read_bytes() == first


def test_only_the_last_parts_of_paths(tmp_path: Path, run: Run) -> None:
    """The same files from another folder, given another way, make the same page."""
    files = made(tmp_path / "one")
    here = os.path.relpath(tmp_path)
    run("report", *files, "-o", tmp_path / "a.html")
    run("report", *(f"{here}/one/../one/{f.name}" for f in files), "-o", tmp_path / "b.html")
    assert (tmp_path / "a.html").read_bytes() == (tmp_path / "b.html").read_bytes()


def test_verified(tmp_path: Path, run: Run) -> None:
    """Both checkers, where the verified one is built; what it rejects is rejected."""
    try:
        find()
    except Missing:
        pytest.skip("lumpcheck is not built")
    files = made(tmp_path)
    target = tmp_path / "r.html"
    code, out, _ = run("report", *files, "-o", target, "--verified", "--json")
    assert (code, json.loads(out)["evidence"]) == (0, "certificate, verified-certificate")
    wrong = tampered(files)
    code, out, _ = run("report", *wrong, "-o", target, "--verified", "--json")
    assert (code, json.loads(out)["evidence"]) == (1, "certificate, verified-certificate")


def test_claims_have_their_domain(tmp_path: Path, run: Run) -> None:
    """Where one model clips its inputs, no command claims anything beyond its limits."""
    import lumpver

    model, reduced = tmp_path / "m.nnet", tmp_path / "r.onnx"
    lumpver.save(Network.from_layers([([[1], [2]], None), ([[1, 1]], None)]), model)
    lines = model.read_text().splitlines()
    at = next(i for i, line in enumerate(lines) if not line.startswith("//")) + 3
    lines[at], lines[at + 1] = "-1.0,", "1.0,"
    model.write_text("\n".join(lines) + "\n")
    said = "The claim: equal for all inputs within the limits of the original, "
    files = (model, reduced, f"{reduced}.cert.json")
    out = tmp_path / "o.html"
    for arguments in (
        ("reduce", model, "-o", reduced),
        ("check", *files),
        ("report", *files, "-o", out),
    ):
        code, text, _ = run(*arguments)
        assert (code, said in text, "clip its inputs" in text) == (0, True, True)
        document = json.loads(run(*arguments, "--json")[1])
        assert document["claim"]["domain"] == {"limits": "the original"}
        assert any("clip its inputs" in note for note in document["notes"])
    page = out.read_text(encoding="utf-8")
    assert "For every input within the limits of the original, in exact real" in page
    assert "clip its inputs" in page


def test_prove_in_a_report_says_what_prove_says(tmp_path: Path, run: Run) -> None:
    """A report without a certificate has the same claim, remarks and notes as `prove`."""
    import lumpver

    model, other = tmp_path / "m.nnet", tmp_path / "o.onnx"
    lumpver.save(Network.from_layers([([[1], [2]], None), ([[1, 1]], None)]), other)
    lumpver.save(lumpver.load(other), model)
    document = json.loads(run("report", model, other, "-o", tmp_path / "o.html", "--json")[1])
    assert document["answers"]["prove"] == json.loads(run("prove", model, other, "--json")[1])
