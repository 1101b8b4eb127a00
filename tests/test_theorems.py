"""The paper's claims: each has the outcome it should have, from files that anybody can replay."""

from __future__ import annotations

import sys
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

import pytest
import z3
from conftest import ROOT
from flint import fmpq

from lumpver.errors import Malformed, Missing, ShapeMismatch
from lumpver.model.activations import IDENTITY, RELU
from lumpver.proving import smt
from lumpver.theory.examples import EXAMPLES
from lumpver.theory.theorems import (
    Part,
    Theorem,
    all_theorems,
    prove_theorem,
    proving,
    scripts,
    table,
    write_scripts,
)
from lumpver.theory.theorems.claims import (
    Claim,
    chain,
    either,
    every,
    iff,
    leaky,
    run,
    same,
    total,
    unit,
)
from lumpver.theory.theorems.combinations import merged
from lumpver.theory.theorems.proving import replayed

if TYPE_CHECKING:
    from pathlib import Path

THEOREMS: Final = {theorem.name: theorem for theorem in all_theorems()}
PARTS: Final = {
    f"{theorem.name}.{part.name}".rstrip("."): part
    for theorem in all_theorems()
    for part in theorem.parts
}
FOLDER: Final = ROOT / "proofs" / "smt"
FILES: Final = sorted(path.name for path in FOLDER.glob("*"))
HALF: Final = fmpq(1, 2)
FALSE: Final = Theorem(
    "false",
    "For all r and y: ReLU(r y) = r ReLU(y).",
    "nowhere",
    "proved",
    (
        Part(
            "",
            ("r", "y"),
            lambda r, y: Claim((), same(run(unit(RELU), r * y), [r * run(unit(RELU), y)[0]])),
        ),
    ),
)


def cvc5_or_skip() -> None:
    """Skip where cvc5 is not installed."""
    pytest.importorskip("cvc5")


@pytest.mark.parametrize("name", THEOREMS)
def test_every_theorem_has_its_outcome(name: str) -> None:
    """z3 proves what is to be proved; what is refuted has an exact counterexample."""
    row = prove_theorem(THEOREMS[name])
    assert row.status == THEOREMS[name].outcome, row.evidence
    assert bool(row.counterexample) == (row.status == "refuted")
    assert (row.name, row.statement) == (name, THEOREMS[name].statement)


@pytest.mark.parametrize("name", THEOREMS)
def test_both_solvers_agree(name: str) -> None:
    """cvc5 says what z3 says, on every part of every theorem."""
    cvc5_or_skip()
    row = prove_theorem(THEOREMS[name], solver="both")
    assert row.status == THEOREMS[name].outcome, row.evidence


@pytest.mark.parametrize("file", FILES)
def test_files_are_what_the_encoder_writes(file: str) -> None:
    """Byte for byte, and nothing else stands in the folder."""
    assert (FOLDER / file).read_bytes() == scripts()[file].encode()


def test_every_query_has_a_file() -> None:
    """The folder is complete."""
    assert sorted(scripts()) == FILES


@pytest.mark.parametrize("solver", ["z3", "cvc5"])
@pytest.mark.parametrize("file", FILES)
def test_files_replay(file: str, solver: smt.Solver) -> None:
    """Each solver gives the status that the file announces."""
    if solver == "cvc5":
        cvc5_or_skip()
    text = (FOLDER / file).read_text(encoding="utf-8")
    (status,) = [line for line in text.splitlines() if line.startswith("(set-info :status ")]
    assert text.startswith("; Statement: ")
    assert status == f"(set-info :status {smt.ask(text, solver=solver).status})"


def test_readme_has_the_table() -> None:
    """`proofs/README.md` says which statement is in which file."""
    assert table() in (ROOT / "proofs" / "README.md").read_text(encoding="utf-8")


def test_written_files_replace_old_ones(tmp_path: Path) -> None:
    """What is no query any more goes; what is no query file stays."""
    (tmp_path / "old.smt2").write_text("(check-sat)", encoding="utf-8")
    (tmp_path / "notes.txt").write_text("mine", encoding="utf-8")
    first = all_theorems()[:2]
    written = write_scripts(tmp_path, first)
    assert [path.read_text(encoding="utf-8") for path in written] == list(scripts(first).values())
    assert {path.name for path in tmp_path.iterdir()} == {*scripts(first), "notes.txt"}


@pytest.mark.parametrize("name", [n for n, part in PARTS.items() if part.expected == "unsat"])
def test_hypotheses_can_hold(name: str) -> None:
    """Nothing is proved from hypotheses that exclude each other."""
    part = PARTS[name]
    claim = part.claim(*map(z3.Real, part.unknowns))
    if claim.holds is False:
        pytest.skip("the part says just that its hypotheses exclude each other")
    given = [truth for truth in claim.given if truth is not True]
    assert smt.ask(given).status == "sat"


def test_names_and_statements_are_distinct() -> None:
    """A row can be cited."""
    assert len(THEOREMS) == len(all_theorems())
    assert len({theorem.statement for theorem in all_theorems()}) == len(THEOREMS)
    assert len(PARTS) == sum(len(theorem.parts) for theorem in all_theorems()) == len(FILES)


@pytest.mark.parametrize(
    ("name", "numbers", "shown"),
    [
        ("theorem_1_printed", {"x": 1}, {"N(x)": "(2)", "N/R(x)": "(1)"}),
        ("representative_printed", {"x": 1}, {"N/R(x) by v": "(1)", "N/R(x) by t": "(2)"}),
        ("arg_max_printed", {"x": 1}, {"N(x)": "(4, 6)", "N/R(x)": "(4, 3)"}),
        (
            "sum_of_three_by_product",
            {"r1": 1, "r2": 1, "r3": 1, "y1": 0, "y2": -1, "y3": 1},
            {"A(sum r y)": "0", "sum r A(y)": "1"},
        ),
        (
            "sum_of_three_by_neighbours",
            {"r1": 1, "r2": 1, "r3": 1, "y1": -1, "y2": 0, "y3": 1},
            {"A(sum r y)": "0", "sum r A(y)": "1"},
        ),
        (
            "sum_of_two_negative",
            {"r1": 1, "r2": -1, "y1": 0, "y2": -1},
            {"A(sum r y)": "1", "sum r A(y)": "0"},
        ),
    ],
)
def test_known_counterexamples_replay(
    name: str, numbers: dict[str, int], shown: dict[str, str]
) -> None:
    """The numbers of the theory notes refute what they are said to refute."""
    found = replayed(PARTS[name], {key: fmpq(value) for key, value in numbers.items()})
    assert found == {key: str(value) for key, value in numbers.items()} | shown


@pytest.mark.parametrize("x", [-1, 0])
def test_what_is_no_counterexample_does_not_replay(x: int) -> None:
    """At x <= 0 the printed quotient is right."""
    assert replayed(PARTS["theorem_1_printed"], {"x": fmpq(x)}) is None


@pytest.mark.parametrize("solver", ["z3", "cvc5"])
def test_limited_solvers_prove_nothing(solver: smt.Solver) -> None:
    """With no effort to spend, what needs any is unknown, with the solver's reason."""
    if solver == "cvc5":
        cvc5_or_skip()
    rows = [prove_theorem(theorem, solver=solver, effort=1) for theorem in all_theorems()]
    unknown = [row for row in rows if row.status == "unknown"]
    assert len(unknown) > len(rows) / 3
    assert all(row.evidence and row.counterexample is None for row in unknown)
    assert all(row.status in {"unknown", THEOREMS[row.name].outcome} for row in rows)


def say(monkeypatch: pytest.MonkeyPatch, status: Any, *models: Any) -> None:
    """Replace the solver by one that always says the same."""
    monkeypatch.setattr(
        smt, "ask", lambda text, **_: smt.Answer(status, "liar", text, models=models)
    )


@pytest.mark.parametrize("name", ["theorem_1_printed", "combination_of_two_mixed", "false"])
def test_wrong_unsat_is_not_believed(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """Exact evaluation at a few points contradicts a solver that overlooks a counterexample."""
    say(monkeypatch, "unsat")
    row = prove_theorem((THEOREMS | {"false": FALSE})[name])
    assert row.status == "unknown"
    assert "exact evaluation contradicts liar" in row.evidence


@pytest.mark.parametrize("name", ["relu_homogeneous", "theorem_1_printed", "theorem_2_star"])
def test_wrong_models_are_not_believed(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """A counterexample that does not stand exact evaluation is none."""
    say(
        monkeypatch,
        "sat",
        {name: fmpq(-1) for part in THEOREMS[name].parts for name in part.unknowns},
    )
    row = prove_theorem(THEOREMS[name])
    assert row.status == "unknown"
    assert "no model of the solver stands exact evaluation" in row.evidence


def test_false_theorems_are_refuted() -> None:
    """A wrong claim does not become right by being expected to be."""
    row = prove_theorem(FALSE)
    assert (row.status, row.evidence) == ("refuted", "replay")
    assert row.counterexample is not None
    assert row.counterexample["r"].startswith("-")


def test_true_theorems_are_not_refuted() -> None:
    """A claim expected to fail that holds is proved; in parts, it is unknown."""
    true = THEOREMS["relu_homogeneous"]
    part = replace(true.parts[0], expected="sat")
    assert prove_theorem(replace(true, outcome="refuted", parts=(part,))).status == "proved"
    several = replace(true, outcome="refuted", parts=(part, part))
    assert prove_theorem(several).status == "unknown"


def test_rows_are_reproducible() -> None:
    """The same counterexample every time, whatever was asked before."""
    mixed = THEOREMS["combination_of_three_mixed"]
    first = prove_theorem(mixed)
    prove_theorem(THEOREMS["sum_of_three_leaky"])
    assert replace(prove_theorem(mixed), seconds=0) == replace(first, seconds=0)


def test_absurd_hypotheses_prove_nothing() -> None:
    """A claim whose hypotheses are false before any number is put in is a mistake."""
    with pytest.raises(Malformed, match="hypotheses that can hold"):
        _ = Claim((False,), z3.Real("x") > 0).negation
    assert not Claim((False,)).fails
    assert Claim(()).fails
    assert not Claim((), holds=True).fails


def test_truths_of_numbers_and_of_terms() -> None:
    """Every connective agrees with itself on bools and on z3's constants."""
    for a in (True, False):
        for b in (True, False):
            for function, expected in ((every, a and b), (either, a or b), (iff, a == b)):
                assert function(a, b) is expected
                term = function(z3.BoolVal(a), b)
                assert z3.is_true(z3.simplify(term)) is expected
    assert (every(), either(), total([HALF, HALF])) == (True, False, fmpq(1))


def test_numbers_run_by_evaluation_and_terms_by_encoding() -> None:
    """The same network, read twice; a slope, weight or input is enough to make it a term."""
    a = z3.Real("a")
    network = chain(([[1, -2]], [HALF], RELU), ([[3]], [0], IDENTITY))
    assert run(network, 1, HALF) == (fmpq(3, 2),)
    assert run(network, 1, HALF) == tuple(fmpq(int(v.p), int(v.q)) for v in network([1, "1/2"]))
    assert [str(t) for t in run(chain(([[a]], [0], IDENTITY)), 2)] == ["2*a"]
    assert [str(t) for t in run(unit(leaky(a)), -1)] == ["-1*a"]
    with pytest.raises(ShapeMismatch):
        run(network, 1)


def test_merging_follows_the_paper() -> None:
    """t is deleted, each v is read with its weight plus ratio times t's weight."""
    network, reduced = merged([[1, 0], [0, 1]], [0, 1], ratios=[2, 3], read=[1, 0], weight=5)
    assert (network.widths, reduced.widths) == ((2, 3, 1), (2, 2, 1))
    assert network([1, 1]) == reduced([1, 1]) == (1 + 5 * (2 + 6),)
    assert network([1, -2]) == (1,)
    assert reduced([1, -2]) == (11,)


def test_examples_are_those_of_the_package() -> None:
    """The queries are about the networks that `lumpver.theory.examples` names."""
    claim = PARTS["d4_six.nothing"].claim(*map(z3.Real, ("x1", "x2")))
    network = EXAMPLES["d4_six"].network
    term = smt.encode(network, {"x": [z3.Real("x1"), z3.Real("x2")]})["y"][0]
    assert claim.shown["N(x)"][0].eq(term)


def test_missing_solver_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without cvc5 there is an error, not a weaker row."""
    monkeypatch.setitem(sys.modules, "cvc5", None)
    with pytest.raises(Missing):
        prove_theorem(FALSE, solver="both")


def test_unknown_is_no_outcome() -> None:
    """Whatever the parts say, only the expected answers make the expected row."""
    unknown = proving._Outcome(None, {}, "tired")
    sat, unsat = proving._Outcome("sat", {}), proving._Outcome("unsat", {})
    for theorem in all_theorems():
        count = len(theorem.parts)
        right = [sat if part.expected == "sat" else unsat for part in theorem.parts]
        assert proving._status(theorem, right) == theorem.outcome
        assert proving._status(theorem, [unknown] * count) == "unknown"
        for i in range(count):
            assert proving._status(theorem, [*right[:i], unknown, *right[i + 1 :]]) == "unknown"
