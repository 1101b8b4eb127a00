"""Searches in processes of their own: limits that hold whatever a solver does."""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from time import monotonic, sleep
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from flint import fmpq, fmpz

import lumpver
from lumpver.cli import proving
from lumpver.errors import Malformed, Missing, ShapeMismatch
from lumpver.model.network import Network
from lumpver.proving import Proved, Refuted, Unknown, prove
from lumpver.proving.answers import Replayed
from lumpver.proving.messages import failure, read, read_failure, written
from lumpver.proving.replaying import refutation

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from conftest import Run

BENT_TWICE = (
    Network.from_layers([([[1, 1], [-1, -1]], None), ([[1, 1]], [-1]), ([[1]], None)]),
    Network.from_layers([([[1, 1], [-1, -1]], [-1, -1]), ([[1, 1]], None)]),
)  # equal, which only a solver can tell: forms do not (theory F.2)

ASLEEP = """
import ctypes, os, signal
from pathlib import Path

signal.signal(signal.SIGTERM, signal.SIG_IGN)
Path({note!r}).write_text(str(os.getpid()))
ctypes.PyDLL(None).sleep(60)  # with the interpreter's lock: no other thread gets a turn
"""
PARENT = """
import subprocess, sys
from pathlib import Path

child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
Path({note!r}).write_text(str(child.pid))
child.wait()
"""
ENDS = "import os; os.abort()"
PRINTS = """
import sys
print('{{"answer": "proved", "step": "sweeping", "evidence": "smt"}}', flush=True)
raise SystemError("the wheels came off")
"""
POSIX = pytest.mark.skipif(os.name != "posix", reason="signals and groups of POSIX")


def stubbed(monkeypatch: pytest.MonkeyPatch, folder: Path, text: str) -> Path:
    """A cvc5 that does what `text` says when it is imported; the file that it may leave."""
    note = folder / "pid"
    (folder / "cvc5.py").write_text(text.format(note=str(note)))
    monkeypatch.syspath_prepend(str(folder))
    return note


def gone(pid: int) -> bool:
    """Whether there is no such process, a second later at most."""
    for _ in range(20):
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return True
        if b"\nState:\tZ" in Path(f"/proc/{pid}/status").read_bytes():
            return True
        sleep(0.05)
    return False


@POSIX
@pytest.mark.parametrize("text", [ASLEEP, PARENT], ids=["asleep", "parent"])
def test_a_solver_that_does_not_listen_is_ended(
    text: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Neither one that sleeps in C and ignores signals, nor what it started, outlives a limit."""
    note = stubbed(monkeypatch, tmp_path, text)
    started = monotonic()
    answer = lumpver.prove(*BENT_TWICE, solver="cvc5", timeout=2)
    assert monotonic() - started < 2 + 2
    assert isinstance(answer, Unknown)
    assert "time limit" in answer.reason
    assert gone(int(note.read_text()))


def test_a_search_says_what_it_would_say_here() -> None:
    """A limit that is not reached changes no answer: proved, refuted or an error."""
    (split, absolute), sign = BENT_TWICE, Network.from_layers([([[1, 1]], None)])
    with pytest.raises(Malformed, match="effort"):
        prove(split, absolute, timeout=60, effort=-1)
    assert prove(split, sign, timeout=60) == prove(split, sign)
    curves = [Network.from_layers([([[w]], [w], "tanh")]) for w in (1, "1/2")]
    found = prove(*curves, timeout=60)
    assert isinstance(found, Refuted)
    assert found == prove(*curves)
    assert found.as_dict() == prove(*curves).as_dict()


def test_steps_are_told() -> None:
    """Who watches hears of each step, in order, here and from the other process."""
    for limit in (None, 60):
        heard: list[tuple[str, int, int]] = []
        prove(*BENT_TWICE, timeout=limit, watch=lambda *said: heard.append(said))  # noqa: B023
        steps = list(dict.fromkeys(step for step, _, _ in heard))
        assert steps == ["joint lumping", "joint forms", "evaluation", "sweeping"]
        assert all(0 <= done <= of for _, done, of in heard)


@POSIX
def test_a_solver_that_takes_its_process_down_is_no_answer(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The answer is unknown, and says so, long before the limit."""
    stubbed(monkeypatch, tmp_path, ENDS)
    answer = prove(*BENT_TWICE, solver="cvc5", timeout=60)
    assert isinstance(answer, Unknown)
    assert "ended without an answer during sweeping" in answer.reason


def test_what_a_solver_prints_is_no_answer(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """What goes to stdout there is not read; an exception that nobody foresaw is raised here."""
    stubbed(monkeypatch, tmp_path, PRINTS)
    with pytest.raises(RuntimeError, match="SystemError: the wheels came off") as caught:
        prove(*BENT_TWICE, solver="cvc5", timeout=60)
    assert "cvc5.py" in caught.value.__notes__[0]


@pytest.mark.parametrize("limit", [1e9, float("inf")])
def test_a_limit_may_be_of_any_length(limit: float) -> None:
    """No clock overflows."""
    assert isinstance(prove(*BENT_TWICE, timeout=limit), Proved)


def test_the_command_says_which_step_runs(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, run: Run
) -> None:
    """And how much of it is done: for a terminal, on stderr."""
    said: list[str] = []

    @contextmanager
    def recorded(**_: object) -> Iterator[Callable[[str], None]]:
        yield said.append

    monkeypatch.setattr(proving, "progress_line", recorded)
    places = [tmp_path / "a.json", tmp_path / "b.json"]
    for place, network in zip(places, BENT_TWICE, strict=True):
        lumpver.save(network, place)
    code, _, err = run("prove", *places, "--timeout", 60)
    assert (code, err) == (0, "")
    assert said[0] == "reading"
    assert said[1].startswith("joint lumping: 0 of ")
    assert any(word.startswith("sweeping: 0 of ") for word in said)


@POSIX
def test_a_search_does_not_outlive_who_asked(tmp_path: Path) -> None:
    """When the asking process is killed, the one that searches ends, at its limit at last."""
    note = tmp_path / "pid"
    (tmp_path / "cvc5.py").write_text(ASLEEP.format(note=str(note)).replace("PyDLL", "CDLL"))
    program = (
        f"import sys; sys.path.insert(0, {str(tmp_path)!r})\n"
        "from lumpver.proving import prove; from lumpver.model.network import Network\n"
        "one, last = [[1, 1], [-1, -1]], ([[1]], None)\n"
        "a = Network.from_layers([(one, None), ([[1, 1]], [-1]), last])\n"
        "b = Network.from_layers([(one, [-1, -1]), ([[1, 1]], None)])\n"
        "prove(a, b, solver='cvc5', timeout=60)\n"
    )
    asking = subprocess.Popen([sys.executable, "-c", program])
    for _ in range(200):
        if note.exists() and note.read_text():
            break
        sleep(0.05)
    asking.kill()
    asking.wait()
    assert gone(int(note.read_text()))


def test_no_file_of_the_folder_is_imported(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A json.py or z3.py that happens to lie where the command runs is none of our business."""
    for name in ("json", "z3", "pickle", "numpy"):
        (tmp_path / f"{name}.py").write_text("raise SystemExit(9)")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [place for place in sys.path if place])
    assert isinstance(prove(*BENT_TWICE, timeout=60), Proved)


def test_numbers_of_any_length_come_back() -> None:
    """Exactly, also those of more digits than Python reads as an integer."""
    long = fmpq(fmpz(3) ** 20_000, fmpz(2) ** 20_000)
    entries = np.array([[fmpq(0), long, -1 / long]], dtype=object)
    sent = refutation("evaluation", Replayed({"x": entries}, {"y": (entries, -entries, "")}))
    back = read(written(sent))
    assert back == sent
    assert isinstance(back, Refuted)
    assert back.replayed is not None
    assert back.replayed.inputs["x"].tolist() == entries.tolist()


@pytest.mark.parametrize(
    "sent", [Unknown("joint lumping", "why", "(check-sat)\n"), Proved("monolithic")]
)
def test_other_answers_come_back(sent: Unknown | Proved) -> None:
    """With all their fields."""
    assert read(written(sent)) == sent


@pytest.mark.parametrize("kind", [Malformed, Missing, ShapeMismatch])
def test_errors_come_back_as_they_are(kind: Any) -> None:
    """Of the same class, with the same fields."""
    back = read_failure(failure(kind("here", expected="this", got="that")))
    assert (type(back), back.where, back.expected, back.got) == (kind, "here", "this", "that")


@pytest.mark.parametrize(
    "message",
    [{"answer": "yes"}, {"answer": "proved"}, {"answer": "refuted", "step": 1, "inputs": {}}, {}],
)
def test_a_message_that_is_no_answer_is_none(message: dict[str, Any]) -> None:
    """Nothing but an answer with all it needs is taken for one."""
    with pytest.raises((Malformed, KeyError)):
        read(message)


def test_a_refutation_that_was_not_replayed_is_not_sent() -> None:
    """What has no exact values behind it stays where it is."""
    with pytest.raises(Malformed, match="replayed"):
        written(Refuted("evaluation", {}, {}))
