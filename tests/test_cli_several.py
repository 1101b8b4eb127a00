"""`lumpver reduce` of several models: all that can be written is, and the rest is told."""

from __future__ import annotations

import io
import json
import sys
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from folders import contents
from onnx import helper
from onnx_models import external, node, value
from onnx_models import model as made

import lumpver
from lumpver.cli.output import progress_bar
from lumpver.io.files import load
from lumpver.model.network import Network
from lumpver.reducing import pipeline
from lumpver.reducing.verification import check_files

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Run


TWINS = Network.from_layers([([[1], [2], [4]], None), ([[1, 1, 3]], None)])
STAYS = Network.from_layers([([[1], [-2]], [1, 1]), ([[1, 3]], None)])


@pytest.fixture
def models(tmp_path: Path) -> list[Path]:
    """Three models in three formats; in the last nothing can go."""
    found = [tmp_path / name for name in ("a.onnx", "b.nnet", "c.json")]
    for path, network in zip(found, (TWINS, TWINS, STAYS), strict=True):
        lumpver.save(network, path)
    return found


def test_all_of_them(tmp_path: Path, models: list[Path], run: Run) -> None:
    """Each keeps its name and format and has its certificate; a table is at the end."""
    out = tmp_path / "new" / "folder"
    code, text, err = run("reduce", *models, "-o", out)
    assert (code, err) == (0, "")
    lines = text.splitlines()
    assert lines[0].split() == ["model", "units", "left", "bytes", "after", "result"]
    assert [line.split()[0] for line in lines[1:4]] == [str(model) for model in models]
    assert [line.split()[1:3] for line in lines[1:4]] == [["3", "1"], ["3", "1"], ["2", "2"]]
    assert lines[3].rstrip().endswith("nothing to remove")
    assert lines[4] == f"Wrote 3 models, each with its certificate, to {out}; 0 failed."
    for model in models:
        target = out / model.name
        assert check_files(model, target, f"{target}.cert.json")
    assert len(contents(out)) == 6


def test_a_failure_does_not_stop_the_rest(tmp_path: Path, models: list[Path], run: Run) -> None:
    """Exit 2, the others are written, and the table says what was wrong."""
    broken, missing = tmp_path / "broken.onnx", tmp_path / "missing.onnx"
    broken.write_bytes(b"no model")
    out = tmp_path / "out"
    code, text, err = run("reduce", broken, models[0], missing, models[1], "-o", out)
    assert (code, err) == (2, "")
    assert set(contents(out)) == {
        "a.onnx", "a.onnx.cert.json", "b.nnet", "b.nnet.cert.json",
    }  # fmt: skip
    assert "broken.onnx: expected an ONNX model" in text
    assert "Wrote 2 models, each with its certificate" in text
    assert "2 failed." in text


def test_one_is_told_in_the_singular(tmp_path: Path, models: list[Path], run: Run) -> None:
    """One model has a certificate; two of one name have no place for both."""
    said = f"Wrote 1 model, with its certificate, to {tmp_path / 'o'}; 0 failed."
    assert said in run("reduce", models[0], "-o", f"{tmp_path / 'o'}/")[1]
    code, _, err = run("reduce", models[0], models[0], "-o", tmp_path / "p")
    assert code == 2
    assert f"a place for what becomes of {models[0]} alone, got what becomes of {models[0]}" in err


def test_all_fail(tmp_path: Path, run: Run) -> None:
    """Where nothing was written, nothing is claimed."""
    code, text, _ = run("reduce", tmp_path / "x.onnx", tmp_path / "y.onnx", "-o", tmp_path / "o")
    assert code == 2
    assert "Wrote 0 models" in text
    assert "The claim" not in text
    assert contents(tmp_path) == {}


def test_json(tmp_path: Path, models: list[Path], run: Run) -> None:
    """One object: a list with each model's own document or error."""
    missing = tmp_path / "missing.onnx"
    code, text, err = run("reduce", models[0], missing, "-o", tmp_path / "out", "--json")
    assert (code, err, text.count("\n")) == (2, "", 1)
    document = json.loads(text)
    assert (document["written"], document["failed"]) == (1, 1)
    good, bad = document["models"]
    assert (good["model"], good["units"]) == (str(models[0]), {"before": 3, "after": 1})
    alone = json.loads(run("reduce", models[0], "-o", tmp_path / "alone.onnx", "--json")[1])
    assert set(good) == {"model", *alone}
    assert (bad["model"], set(bad)) == (str(missing), {"model", "error"})
    assert set(bad["error"]) == {"kind", "where", "expected", "got", "message"}
    assert document["claim"]["domain"] == "all inputs"


def test_bugs_have_their_own_code(
    tmp_path: Path, models: list[Path], run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An exception that nobody expected is code 4, the worst of all, and stops nothing."""
    honest = pipeline.reduce_file

    def sometimes(model: Path, *arguments: Any, **options: Any) -> Any:
        if model.name == "b.nnet":
            raise ZeroDivisionError("of nothing")
        return honest(model, *arguments, **options)

    monkeypatch.setattr(pipeline, "reduce_file", sometimes)
    missing = tmp_path / "missing.onnx"
    code, text, _ = run("reduce", missing, *models, "-o", tmp_path / "out")
    assert code == 4
    assert "a bug in lumpver, please report it" in text
    assert "ZeroDivisionError: of nothing" in text
    assert "Wrote 2 models" in text


def test_options_go_to_each(tmp_path: Path, models: list[Path], run: Run) -> None:
    """Rules and units to keep hold for every model; one without such a unit fails."""
    out = tmp_path / "out"
    code, text, _ = run("reduce", *models[:2], "-o", out, "--keep", "h1[0]", "--json")
    first = json.loads(text)["models"][0]
    assert first["units"]["after"] == 2
    assert code in {0, 2}
    assert run("reduce", *models, "-o", out, "--rules", "unused")[0] == 0
    assert load(out / "a.onnx").network.units == 3


@pytest.mark.parametrize(
    "wrong", ["two of a name", "twice", "own folder", "a certificate", "a file", "--certificate"]
)
def test_collisions_are_refused_first(
    tmp_path: Path, models: list[Path], run: Run, wrong: str
) -> None:
    """Nothing is written where one result would replace another, or a model."""
    other = tmp_path / "other"
    other.mkdir()
    out, given, options = tmp_path / "out", list(models), list[Any]()
    if wrong == "two of a name":
        lumpver.save(STAYS, other / "a.onnx")
        given.append(other / "a.onnx")
    elif wrong == "twice":
        given.append(models[0])
    elif wrong == "own folder":
        out = tmp_path
    elif wrong == "a certificate":
        lumpver.save(STAYS, other / "a.onnx.cert.json")
        given.append(other / "a.onnx.cert.json")
    elif wrong == "a file":
        out.write_bytes(b"something")
    else:
        options = ["--certificate", tmp_path / "c.json"]
    before = contents(tmp_path)
    code, text, err = run("reduce", *given, "-o", out, *options)
    assert (code, text, err.count("\n")) == (2, "", 1)
    assert contents(tmp_path) == before


@pytest.mark.parametrize("name", ["a.onnx", "b.nnet", "a.onnx.cert.json"])
@pytest.mark.parametrize("linked", [False, True])
@pytest.mark.parametrize("nested", [False, True])
def test_no_result_replaces_the_data_of_another_model(
    tmp_path: Path, models: list[Path], run: Run, name: str, *, linked: bool, nested: bool
) -> None:
    """A file that any of the models needs is refused before anything is written."""
    out = tmp_path / "out"
    out.mkdir()
    payload = np.array([[3.0, 5.0]], dtype="<f4").tobytes()
    (out / name).write_bytes(payload)
    location = f"out/{name}"
    if linked:
        location = "weights.bin"
        (tmp_path / location).hardlink_to(out / name)
    weights = external("W", (1, 2), location=location, offset="0", length="8")
    given = made([node("MatMul", "x W", "y")], [weights])
    if nested:
        inside = helper.make_graph(
            [node("Identity", "W", "z")], "g", [], [value(("z", (1, 2)))], [weights]
        )
        given = made([helper.make_node("If", ["x"], ["y"], then_branch=inside)], [])
    (tmp_path / "needs.onnx").write_bytes(given.SerializeToString())
    before = contents(tmp_path)
    code, text, err = run("reduce", *models, tmp_path / "needs.onnx", "-o", out)
    assert (code, text, err.count("\n")) == (2, "", 1)
    assert "the external data of" in err
    assert "would be lost" in err
    assert contents(tmp_path) == before


def test_debug_shows_where_one_failed(tmp_path: Path, models: list[Path], run: Run) -> None:
    """With `--debug` what is one line in the table has its traceback on stderr."""
    broken = tmp_path / "broken.onnx"
    broken.write_bytes(b"no model")
    words = ("reduce", broken, *models, "-o", tmp_path / "out")
    assert run(*words)[2] == ""
    code, text, err = run("--debug", *words)
    assert (code, str(broken) in text) == (2, True)
    assert err.startswith("Traceback")
    assert "Unreadable" in err


def test_old_results_are_replaced(tmp_path: Path, models: list[Path], run: Run) -> None:
    """What no model needs may go, also beside what cannot be read."""
    broken = tmp_path / "broken.onnx"
    broken.write_bytes(b"no model")
    for _ in range(2):
        assert run("reduce", broken, *models, "-o", tmp_path / "out")[0] == 2
    assert len(contents(tmp_path / "out")) == 6


def test_one_model_into_a_folder(tmp_path: Path, models: list[Path], run: Run) -> None:
    """A folder that is there, or a name that ends in a slash, takes one model, too."""
    (tmp_path / "there").mkdir()
    for folder in (tmp_path / "there", f"{tmp_path / 'new'}/"):
        assert run("reduce", models[0], "-o", folder)[0] == 0
    for name in ("there", "new"):
        assert set(contents(tmp_path / name)) == {"a.onnx", "a.onnx.cert.json"}


def test_no_model(run: Run, tmp_path: Path) -> None:
    """Without any model that is said, in one line."""
    code, out, err = run("reduce", "-o", tmp_path / "o.onnx")
    assert (code, out, err.count("\n")) == (2, "", 1)


def test_bar_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a terminal a bar moves on stderr; elsewhere, and where asked, nothing is shown."""

    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    for stream, quiet, shown in ((Terminal(), False, True), (Terminal(), True, False),
                                 (io.StringIO(), False, False)):  # fmt: skip
        monkeypatch.setattr(sys, "stderr", stream)
        monkeypatch.setenv("TERM", "xterm")
        with progress_bar(2, quiet=quiet) as progress:
            progress("first [red]")
            progress("second")
        assert ("2" in stream.getvalue()) == shown
