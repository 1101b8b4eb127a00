"""`lumpver inspect`, `explain` and `demo`: tables, one unit, one JSON object."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import lumpver
from lumpver.claim.statement import Claim
from lumpver.model.network import Network

if TYPE_CHECKING:
    from conftest import Run


# In the first layer one of each fate, in the second nothing to do.
LAYERS = [
    ([[1, 0], [2, 0], [0, 0], [0, -1], [0, 1]], [1, 2, 7, 0, 0]),
    ([[1, 1, 1, 0, 1], [2, 1, 1, 0, -1]], [0, 1]),
    ([[1, 2]], None),
]


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, str]:
    """A model and the certificate of its reduction."""
    path = tmp_path / "model.onnx"
    lumpver.save(Network.from_layers(LAYERS), path)
    lumpver.reduce_file(path, tmp_path / "small.onnx")
    return path, f"{tmp_path / 'small.onnx'}.cert.json"


def test_explain_without_a_unit(files: tuple[Path, str], run: Run) -> None:
    """An overview: every layer that changed, with the name and counts of `reduce`."""
    code, out, err = run("explain", files[1])
    assert (code, err) == (0, "")
    head, row, claim, hint = out.splitlines()
    assert head.split() == ["layer", "units", "left", "merged", "constant", "unused"]
    assert row.split()[1:] == ["5", "2", "1", "1", "1"]
    name = row.split()[0]
    assert f"--unit '{name}[0]'" in hint
    document = json.loads(run("explain", files[1], "--json")[1])
    assert document["layers"] == [
        {"name": name, "units": 5, "left": 2, "merged": 1, "constant": 1, "unused": 1}
    ]
    assert claim == f"The certificate claims: {Claim()}."
    assert document["claim"] == Claim().as_dict()


def test_explain_tells_a_weaker_claim(files: tuple[Path, str], run: Run) -> None:
    """In the overview, and of a unit where it holds."""
    path = Path(files[1])
    document = json.loads(path.read_bytes())
    document["claim"] = {
        "domain": {"boxes": [{"x": {"low": ["0"], "high": ["1"]}}]},
        "closeness": {"within": "1/2"},
        "semantics": "real",
    }
    path.write_text(json.dumps(document))
    code, out, _ = run("explain", path)
    assert code == 0
    assert "The certificate claims: within 1/2 of each other on the box" in out
    name = out.splitlines()[1].split()[0]
    assert run("explain", path, "--unit", f"{name}[1]")[1].startswith("For every input in the box")


def test_layers_have_one_name(files: tuple[Path, str], run: Run, tmp_path: Path) -> None:
    """`reduce`, `inspect`, `explain` and the report call a layer the same."""
    name = run("explain", files[1])[1].splitlines()[1].split()[0]
    for arguments in (("inspect", files[0]), ("reduce", files[0], "-o", tmp_path / "o.onnx")):
        assert any(line.startswith(f"{name} ") for line in run(*arguments)[1].splitlines())
    assert run("explain", files[1], "--unit", f"{name}[1]")[1].startswith("For every input")
    small = tmp_path / "small.onnx"
    assert run("report", files[0], small, files[1], "-o", tmp_path / "o.html")[0] == 0
    assert name in (tmp_path / "o.html").read_text(encoding="utf-8")


def test_units_of_layers_that_stay(files: tuple[Path, str], run: Run) -> None:
    """They are unchanged, and with the model it is known that they are there."""
    layers = lumpver.load(files[0]).network.layers
    code, out, _ = run("explain", files[1], "--unit", f"{layers[1]}[1]")
    assert (code, out.partition(",")[0]) == (0, f"{layers[1]}[1] is unchanged")
    assert ", if the model has a layer" in out
    asked = ("explain", files[1], "--unit", f"{layers[1]}[1]", "--model", files[0])
    assert f"{layers[1]}[1] is unchanged: the certificate changes" in run(*asked)[1]
    assert json.loads(run(*asked, "--json")[1])["fate"] == "unchanged"
    for unit in (f"{layers[1]}[2]", "nowhere[0]"):
        code, out, err = run("explain", files[1], "--unit", unit, "--model", files[0])
        assert (code, out, err.count("\n")) == (2, "", 1)


def test_explain_of_another_model(files: tuple[Path, str], run: Run, tmp_path: Path) -> None:
    """The model that a unit is looked up in is the certificate's."""
    other = tmp_path / "other.onnx"
    lumpver.save(Network.from_layers([([[9]], None), ([[1]], None)]), other)
    code, _, err = run("explain", files[1], "--unit", "h1[0]", "--model", other)
    assert code == 2
    assert "made for another original" in err


def test_explain_where_nothing_changed(tmp_path: Path, run: Run) -> None:
    """The overview says that nothing did, and so does each unit."""
    path = tmp_path / "m.onnx"
    lumpver.save(Network.from_layers([([[1], [-2]], [1, 1]), ([[1, 3]], None)]), path)
    lumpver.reduce_file(path, tmp_path / "s.onnx")
    proof = tmp_path / "s.onnx.cert.json"
    claim = f"The certificate claims: {Claim()}."
    assert run("explain", proof)[1] == f"Nothing changed: every unit stays as it was.\n{claim}\n"
    assert "is unchanged" in run("explain", proof, "--unit", "anything[1]")[1]


def test_inspect_says_which_units_are_unused(files: tuple[Path, str], run: Run) -> None:
    """Units that can go have a column that says why."""
    out = run("inspect", files[0])[1]
    head, first = (line.split() for line in out.splitlines()[:2])
    assert first[head.index("unused")] == "1"
    assert first[head.index("removable")] == "3"
    segments = json.loads(run("inspect", files[0], "--json")[1])["segments"]
    assert [segment["unused"] for segment in segments] == [1, 0, 0]


def test_one_removable_unit_is_singular(tmp_path: Path, run: Run) -> None:
    """One unit can be removed, two units can."""
    lumpver.save(Network.from_layers([([[1], [2]], None), ([[1, 3]], None)]), tmp_path / "m.json")
    assert "1 unit can be removed exactly." in run("inspect", tmp_path / "m.json")[1]


def test_demo_says_where_its_files_are(tmp_path: Path, run: Run) -> None:
    """Who keeps them is told where they are; else nothing is left to tell of."""
    kept = tmp_path / "kept"
    assert run("demo", "--keep", kept)[1].splitlines()[-1] == f"The files are in {kept}."
    assert (kept / "digits.onnx").exists()
    assert "The files are in" not in run("demo")[1]


def test_demo_as_json(run: Run) -> None:
    """`demo --json` is one object, with every step and the reduction's own document."""
    code, out, err = run("demo", "--json")
    assert (code, err, out.count("\n")) == (0, "", 1)
    document = json.loads(out)
    assert [step["command"].split()[1] for step in document["steps"] if "lumpver" in
            step["command"]] == ["reduce", "check", "explain", "check"]  # fmt: skip
    assert document["steps"][0]["reduction"]["units"]["before"] == 96
    assert document["steps"][-1]["lines"][0].startswith("rejected: ")
    assert document["claim"]["domain"] == "all inputs"
