"""The commands that prove or refute, from the command line."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from small_networks import ONE, OTHER, SPLIT, SUM, TWINS

from lumpver.io.json.writing import write

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Run


@pytest.fixture
def files(tmp_path: Path) -> dict[str, Path]:
    """The networks above as exact JSON files."""
    named = {"twins": TWINS, "one": ONE, "other": OTHER, "split": SPLIT, "sum": SUM}
    places = {name: tmp_path / f"{name}.json" for name in named}
    for name, place in places.items():
        place.write_bytes(write(named[name]))
    return places


@pytest.mark.parametrize(
    ("a", "b", "code", "answer"),
    [
        ("twins", "one", 0, "proved"),
        ("twins", "other", 1, "refuted"),
        ("split", "sum", 0, "proved"),
        ("twins", "twins", 0, "proved"),
    ],
)
def test_prove(
    files: dict[str, Path],
    run: Run,
    a: str,
    b: str,
    code: int,
    answer: str,
) -> None:
    """Proved is 0 and refuted 1, in JSON and in words."""
    got, text, _ = run("prove", files[a], files[b], "--json")
    document = json.loads(text)
    assert (got, document["answer"], document["semantics"]) == (code, answer, "real")
    if answer == "refuted":
        (ours, theirs) = document["outputs"]["y"]
        assert ours != theirs
    got, text, _ = run("prove", files[a], files[b])
    assert got == code
    assert text.startswith(answer)


def test_networks_that_do_not_fit_exit_with_1(files: dict[str, Path], run: Run) -> None:
    """Two inputs against one are a difference, with the interfaces as evidence."""
    code, text, _ = run("prove", files["one"], files["sum"], "--json")
    document = json.loads(text)
    assert (code, document["answer"], document["evidence"]) == (1, "refuted", "interface")
    assert document["reason"].startswith("input x has shape")


def test_giving_up_exits_with_3_and_keeps_the_query(
    files: dict[str, Path],
    tmp_path: Path,
    run: Run,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """An unknown answer is 3, with the reason, and the open question as SMT-LIB."""
    from lumpver import proving as equivalence

    def unknown(*_: Any, **__: Any) -> equivalence.Unknown:
        return equivalence.Unknown("monolithic", "z3: timeout", "(check-sat)\n")

    monkeypatch.setattr(equivalence, "prove", unknown)
    query = tmp_path / "open.smt2"
    words = ("prove", files["split"], files["sum"], "--query", query)
    code, text, _ = run(*words, "--json")
    document = json.loads(text)
    assert (code, document["answer"], document["reason"]) == (3, "unknown", "z3: timeout")
    assert query.read_text() == "(check-sat)\n"
    assert run(*words)[0] == 3


def test_audit_says_yes_to_the_right_reducer(run: Run) -> None:
    """The reducer of this package is sound on a few networks."""
    code, text, _ = run("audit", "lumpver.reducing.reduction:reduce", "--examples", 5, "--json")
    assert code == 0
    assert json.loads(text)


def test_audit_of_nothing_exits_with_2(run: Run) -> None:
    """A function that does not exist is bad input."""
    code, text, _ = run("audit", "lumpver.reducing.reduction:nothing", "--json")
    assert code == 2
    assert "error" in json.loads(text)


def test_theorems_writes_the_queries(tmp_path: Path, run: Run) -> None:
    """Every row is proved or refuted, and the queries are those under proofs/smt."""
    code, text, _ = run("theorems", "--json", "--smt", tmp_path / "smt")
    rows = json.loads(text)["theorems"]
    assert code == 0
    assert {row["status"] for row in rows} == {"proved", "refuted"}
    assert list((tmp_path / "smt").glob("*.smt2"))


def test_theorems_end_with_their_count(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """How many came out as they should; one that did not is counted, and is no yes."""
    from lumpver.theory import theorems

    few = {theorem.outcome: theorem for theorem in theorems.all_theorems()[:12]}
    monkeypatch.setattr(theorems, "all_theorems", lambda: tuple(few.values()))
    code, text, _ = run("theorems")
    lines = text.splitlines()
    assert (code, lines[-1]) == (0, "2 theorems: 1 proved and 1 refuted, as expected.")
    assert "Ressi, Romanello, Piazza, Rossi" in lines[-2]
    for status, expected in (("proved", 1), ("unknown", 3)):
        row = theorems.Row("", "", "", status, "", None, 0.0)  # type: ignore[arg-type]
        monkeypatch.setattr(
            theorems,
            "prove_theorem",
            lambda theorem, **_: replace(row, name=theorem.name),  # noqa: B023
        )
        code, text, _ = run("theorems")
        assert code == expected
        assert "not as expected." in text.splitlines()[-1]


def test_sources_name_no_notes_that_a_reader_does_not_have() -> None:
    """Only the paper, its parts, and rules of this package."""
    from lumpver.theory.theorems import all_theorems

    assert not [theorem.name for theorem in all_theorems() if "theory" in theorem.source]


def test_how_tensors_were_paired_is_said(tmp_path: Path, run: Run) -> None:
    """Other names are paired by position, and the answer says so."""
    places = [tmp_path / "a.json", tmp_path / "b.json"]
    places[0].write_bytes(write(ONE))
    places[1].write_bytes(write(ONE).replace(b'"x"', b'"u"'))
    code, text, _ = run("prove", *places, "--json")
    assert code == 0
    assert json.loads(text)["notes"][0] == "inputs were paired by position: x with u"


def test_what_a_box_says_of_outputs_is_named(
    files: dict[str, Path], tmp_path: Path, run: Run
) -> None:
    """An assertion on outputs was not looked at, and the answer says so both ways."""
    box = tmp_path / "p.vnnlib"
    box.write_text("(assert (<= 0 X_0 1))\n(assert (>= Y_0 3))")
    command = ("prove", files["twins"], files["one"], "--box", box)
    text = run(*command)[1]
    assert "not looked at" in text
    assert "(>= Y_0 3)" in text
    text = run(*command, "--json")[1]
    assert "line 2: (>= Y_0 3)" in json.loads(text)["claim"]["remarks"][0]


def test_no_traceback_for_a_strange_box(files: dict[str, Path], tmp_path: Path, run: Run) -> None:
    """Lists where names belong, and boxes without a point, are exit 2."""
    box = tmp_path / "p.vnnlib"
    for said in ("(() ())", "(assert (() 1 2))", "(assert (or (or) (= 1 2)))"):
        box.write_text(said)
        assert run("prove", files["twins"], files["one"], "--box", box)[0] == 2


def test_nobody_reading_is_not_a_no(files: dict[str, Path]) -> None:
    """A closed pipe is an error of the surroundings, 2, never the answer 1."""
    command = [sys.executable, "-c", "from lumpver.cli import main; main()"]
    command += ["prove", str(files["twins"]), str(files["one"])]
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run(command, stdout=writer, stderr=subprocess.DEVNULL, check=False)
    os.close(writer)
    assert done.returncode not in (0, 1)


def test_export_does_not_write_over_its_model(files: dict[str, Path], run: Run) -> None:
    """The model itself is no place to export it to."""
    before = files["one"].read_bytes()
    assert run("export", files["one"], "-o", files["one"])[0] == 2
    assert files["one"].read_bytes() == before
