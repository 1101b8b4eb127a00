"""Tests of `trial.auditing` with reducers that misbehave: it goes on, and leaves nothing."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import hostile_reducers as hostile
import numpy as np
import psutil
import pytest
from hostile_reducers import FILES, FOLDER, RAISES, RETURNS

from lumpver.errors import Malformed
from lumpver.model.network import Network
from lumpver.trial.auditing import audit
from lumpver.trial.auditing.answers import CRASHED, HUNG, RETURNED, Answer, decoded, plain
from lumpver.trial.auditing.parts import put_together, taken_apart
from lumpver.trial.auditing.serving import GIB
from lumpver.trial.auditing.workers import Worker

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from lumpver.trial.auditing.workers import Outcome

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="these reducers fork")
COMMAND = [sys.executable, "-c", "from lumpver.cli import main; main()", "audit"]
TWINS = Network.from_layers([([[1], [2]], None), ([[1, 1], [1, 2]], None)])


def name_of(function: Callable[..., Any]) -> str:
    """What a test is called after."""
    return function.__name__


def outcome(function: Callable[..., Any], *, patience: float = 20, memory: int = GIB) -> Outcome:
    """What becomes of one call; a second one is answered as if there had been no first."""
    with Worker(function, memory=memory) as worker:
        return worker.call(TWINS, patience=patience)


@pytest.fixture
def noted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where reducers note the processes that they start."""
    monkeypatch.setenv(FOLDER, str(tmp_path))
    return tmp_path


def left(place: Path) -> list[int]:
    """The processes that were noted and still run."""
    return [pid for pid in (int(each.name) for each in place.iterdir()) if runs(pid)]


def runs(pid: int) -> bool:
    """Whether a process is there, and no zombie."""
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


# What comes back is data


@pytest.mark.parametrize("function", RETURNS, ids=name_of)
def test_nothing_that_comes_back_is_run(function: Callable[..., Any]) -> None:
    """Whatever is no network is said to be none, by the name of its type or what it lacks."""
    found = outcome(function)
    assert (found.kind, found.value) == (RETURNED, None)
    assert found.detail
    assert found.detail.isprintable()


def test_an_answer_has_bounds() -> None:
    """More than a network of that size can need is not read."""
    found = outcome(hostile.too_much_to_say)
    assert found.kind == CRASHED
    assert "at most" in found.detail


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{}",
        b"[]",
        b"\x80\x04.",
        b'{"kind":"proved"}',
        b'{"kind":"returned","network":{}}',
        b'{"kind":"returned","path":"\\u0000"}',
        b'{"kind":"returned","other":1}',
        b'{"kind":"crash","words":"\xff"}',
        b"[" * 10**5,
        b'{"kind":"returned","path":"' + b"x" * 5000 + b'"}',
    ],
    ids=lambda data: str(data[:40]),
)
def test_what_is_no_answer_is_malformed(data: bytes) -> None:
    """Answers are strict."""
    with pytest.raises(Malformed):
        decoded(data)


@pytest.mark.parametrize(
    "change",
    [
        {"shape": [-1, -2]},
        {"shape": [0, 2**62]},
        {"shape": [2**40, 2**40]},
        {"shape": [2]},
        {"dtype": "rational"},
        {"dtype": "float16"},
        {"floats": b"\x00" * 15},
        {"floats": b"\xff" * 16},
        {"dtype": "rational", "floats": b"", "rationals": ["1", "2/4"]},
        {"dtype": "rational", "floats": b"", "rationals": ["1", "1/0"]},
        {"dtype": "rational", "floats": b"", "rationals": ["1"]},
    ],
    ids=str,
)
def test_numbers_are_checked(change: dict[str, Any]) -> None:
    """Shapes that do not fit, NaN, fractions not in lowest terms: no network."""
    import msgspec

    parts = taken_apart(TWINS)
    node = parts.nodes[0]
    W = msgspec.structs.replace(node.W, **change)  # type: ignore[union-attr, type-var]
    nodes = [msgspec.structs.replace(node, W=W), *parts.nodes[1:]]
    with pytest.raises(Malformed):
        put_together(msgspec.structs.replace(parts, nodes=nodes))


def test_words_are_cut() -> None:
    """A few lines, none of them long, nothing that moves the cursor."""
    shown = decoded(b'{"kind":"crash","words":"' + b"a\\u001b[2J\\n" * 10**4 + b'"}').words
    assert shown.splitlines() == ["a?[2J"] * 12
    assert plain("") == ""
    assert len(plain("\u202e" + "b" * 10**6)) == 200
    assert Answer("returned").words == ""


@pytest.mark.parametrize("function", RAISES, ids=name_of)
def test_whatever_is_raised_is_a_crash(function: Callable[..., Any]) -> None:
    """An exception may have no words, endless ones, or ones for a terminal."""
    found = outcome(function)
    assert found.kind == CRASHED
    assert RAISES[function] in found.detail
    assert len(found.detail) < 2600
    assert found.detail.replace("\n", "").isprintable()


# What is done to the audit


@pytest.mark.parametrize(
    ("function", "kind", "words"),
    [
        (hostile.writes_garbage, CRASHED, "wrote into the pipe"),
        (hostile.writes_an_old_answer, CRASHED, "wrote into the pipe"),
        (hostile.writes_without_end, CRASHED, "wrote into the pipe"),
        (hostile.writes_half, HUNG, "no answer"),
        (hostile.closes_everything, CRASHED, "ended with code 1"),
        (hostile.closes_and_stays, CRASHED, "closed the pipe"),
        (hostile.ends_its_keeper, CRASHED, "process ended"),
        (hostile.stops_its_keeper, HUNG, "no answer"),
        (hostile.stops, HUNG, "no answer"),
        (hostile.is_alarmed, CRASHED, "ended with code -14"),
        (hostile.reads, RETURNED, ""),
        (hostile.returns_twice, RETURNED, ""),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_the_audit_goes_on(function: Callable[..., Any], kind: str, words: str) -> None:
    """Each is an outcome, and the next call is as good as the first."""
    with Worker(function) as worker:
        patience = 0.3 if kind == HUNG else 20
        found = [worker.call(TWINS, patience=patience) for _ in range(2)]
    assert [each.kind for each in found] == [kind, kind]
    assert all(words in each.detail for each in found)
    assert all((each.value is not None) == (kind == RETURNED) for each in found)


def test_answers_are_judged_in_the_audit() -> None:
    """What a reducer does to lumpver in its own process changes no verdict."""
    report = audit(hostile.judges_itself, examples=3, seconds=60, patience=20)
    assert [finding.kind for finding in report.findings] == ["wrong"]


# What is left behind


@pytest.mark.parametrize(
    ("function", "kind"),
    [
        (hostile.leaves_a_child, CRASHED),
        (hostile.leaves_a_daemon, RETURNED),
        (hostile.leaves_many, HUNG),
        (hostile.waits, HUNG),
    ],
    ids=lambda value: getattr(value, "__name__", value),
)
def test_no_process_is_left(noted: Path, function: Callable[..., Any], kind: str) -> None:
    """Children, and children of nobody that ignore signals, end with the reducer's process."""
    assert outcome(function, patience=0.7 if kind == HUNG else 20).kind == kind
    assert list(noted.iterdir())
    assert left(noted) == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL], ids=str)
def test_a_signal_ends_all(
    noted: Path, tmp_path_factory: pytest.TempPathFactory, number: signal.Signals
) -> None:
    """Ctrl-C, SIGTERM and SIGKILL: no process is left, no file where that can be helped."""
    folder = tmp_path_factory.mktemp("temporary")
    process = subprocess.Popen(
        [*COMMAND, "hostile_reducers:waits", "--seconds", "100", "--json"],
        cwd=Path(__file__).parent,
        env={**os.environ, "TMPDIR": str(folder)},
        stderr=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    until = time.monotonic() + 60
    while not list(noted.iterdir()) and process.poll() is None and time.monotonic() < until:
        time.sleep(0.02)
    assert len(left(noted)) == 1
    process.send_signal(number)
    _, words = process.communicate(timeout=20)
    assert b"Traceback" not in words
    assert process.returncode not in {0, 1}
    assert number == signal.SIGKILL or not list(folder.iterdir())
    until = time.monotonic() + 20
    while left(noted) and time.monotonic() < until:
        time.sleep(0.02)
    assert left(noted) == []


# What is taken


@pytest.mark.skipif(sys.platform != "linux", reason="where memory is counted")
@pytest.mark.parametrize(
    "function", [hostile.takes_memory, hostile.takes_memory_in_children], ids=name_of
)
@pytest.mark.parametrize("ours", [0, 2**26], ids=["small", "large"])
def test_memory_is_bounded(function: Callable[..., Any], ours: int) -> None:
    """A reducer has so much and no more, its children included, however large the audit is."""
    held = np.ones(ours)  # half a GiB that the reducer's processes share with the audit
    found = outcome(function, memory=GIB // 8)
    assert held.size == ours
    assert found.kind == CRASHED
    assert "0.125 GiB of memory" in found.detail


# Files


@pytest.mark.parametrize("function", FILES, ids=name_of)
def test_only_plain_files_are_read(function: Callable[..., Any]) -> None:
    """Devices, pipes, folders, holes of a gigabyte and no files at all are no results."""
    report = audit(function, examples=1, onnx=True, seconds=30, patience=10)
    (finding,) = report.findings
    assert finding.kind in {"interface", "crash"}
    assert len(finding.detail) < 2600


# The command


@pytest.fixture
def here(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Path]:
    """A folder to write reducers into, which is where the command looks."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def answered(*words: str, cwd: Path | None = None) -> tuple[int, dict[str, Any], float]:
    """Exit code, the one JSON object, and how long it took."""
    started = time.monotonic()
    done = subprocess.run(
        [*COMMAND, *words, "--json"],
        capture_output=True,
        check=False,
        cwd=cwd or Path(__file__).parent,
        timeout=60,
    )
    assert b"Traceback" not in done.stderr
    return done.returncode, json.loads(done.stdout), time.monotonic() - started


def test_json_is_one_object_whatever_is_printed() -> None:
    """stdout belongs to the answer, while a module is imported too."""
    code, answer, _ = answered("hostile_reducers:prints", "--examples", "2")
    assert (code, answer["sound"]) == (0, True)


MODULES = {
    "exits": ("import sys; sys.exit(0)", "SystemExit: 0"),
    "ends": ("import os; os._exit(0)", "ended with code 0"),
    "raises": ("1 / 0", "ZeroDivisionError"),
    "lacks": ("import no_such_module", "no_such_module"),
    "prints": ("print('{}'); f = 3", "is no function"),
}


@pytest.mark.parametrize("name", MODULES)
def test_modules_that_do_not_load(here: Path, name: str) -> None:
    """A module is imported in the reducer's process; how that failed is said in one line."""
    from lumpver.errors import LumpverError

    source, words = MODULES[name]
    (here / f"{name}_when_imported.py").write_text(source)
    with pytest.raises(LumpverError, match=words) as caught:
        audit(f"{name}_when_imported:f", examples=1)
    assert "\n" not in str(caught.value)


def test_a_module_may_take_long_and_a_function_may_begin_slowly(here: Path) -> None:
    """Neither the import nor the first call is taken for a hang, however short a call may be."""
    (here / "slow_to_begin.py").write_text(
        "import time\ntime.sleep(0.6)\nknown = []\n"
        "def f(network):\n"
        "    if not known:\n        time.sleep(0.6)\n        known.append(1)\n"
        "    return network\n"
    )
    report = audit("slow_to_begin:f", examples=2, seconds=60, patience=0.5)
    assert report.sound
    assert report.counts["networks"] == 2
    assert report.subject == "slow_to_begin:f"


def test_time_is_short(here: Path) -> None:
    """All ends within the time for all, whatever hangs; a first call that takes it is a hang."""
    (here / "stuck.py").write_text("import time\ndef f(_):\n    time.sleep(1000)\n")
    code, answer, seconds = answered("stuck:f", "--seconds", "2", "--limit", "0.5", cwd=here)
    (finding,) = answer["findings"]
    assert (code, finding["kind"], finding["origin"]) == (1, "hang", "first call")
    assert answer["seconds"] < 4
    assert seconds < 30


def test_an_import_without_end_is_bad_input(here: Path) -> None:
    """Nothing can be said of a reducer that was never seen."""
    (here / "never.py").write_text("import time\ntime.sleep(1000)\n")
    code, answer, _ = answered("never:f", "--seconds", "1", cwd=here)
    assert code == 2
    assert "never" in answer["error"]["message"]


def test_a_reducer_does_not_speak_for_the_caller() -> None:
    """A pipe that the caller has open, as test runners do, is not open to the reducer."""
    listen, speak = os.pipe()
    os.set_blocking(listen, False)
    try:
        found = outcome(hostile.writes_garbage)
        with pytest.raises(BlockingIOError):
            os.read(listen, 1)
    finally:
        os.close(listen)
        os.close(speak)
    assert found.kind == CRASHED
