"""How the command line ends: lost streams, bugs, memory, signals; one line, the right code."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from onnx_models import model, node, tensor

from lumpver.cli.output import BUG
from lumpver.cli.signals import Ended, ending
from lumpver.errors import Malformed, SelfCheckFailed
from lumpver.reducing import pipeline

if TYPE_CHECKING:
    from conftest import Run


POSIX = pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a full device")


@pytest.fixture
def small(tmp_path: Path) -> Path:
    """A model with two units, of which one can go."""
    path = tmp_path / "small.onnx"
    nodes = [node("MatMul", "x W", "h"), node("Relu", "h", "r"), node("MatMul", "r V", "y")]
    tensors = [tensor("W", [[1.0, 3.0], [2.0, 6.0]]), tensor("V", [[1.0], [-1.0]])]
    path.write_bytes(model(nodes, tensors).SerializeToString())
    return path


SHELL: dict[str, tuple[str, int, int]] = {
    "closed": ("inspect small.onnx >&-", 2, 1),
    "closed, and no file": ("inspect no.onnx --json >&-", 2, 1),
    "closed before it writes": ("reduce small.onnx -o r.onnx >&-", 2, 1),
    "full": ("inspect small.onnx >/dev/full", 2, 1),
    "full, to a program": ("inspect small.onnx --json >/dev/full", 2, 1),
    "full, an error": ("inspect no.onnx --json >/dev/full", 2, 1),
    "only readable": ("inspect small.onnx 1<small.onnx", 2, 1),
    "stderr is closed, an error": ("inspect no.onnx 2>&-", 2, 0),
    "all are closed": ("inspect small.onnx <&- >&- 2>&-", 2, 0),
}


@POSIX
@pytest.mark.parametrize("how", SHELL)
def test_lost_streams(small: Path, how: str) -> None:
    """Nothing is a "no", nothing is a traceback, and nothing is written into a file."""
    words, code, lines = SHELL[how]
    before = small.read_bytes()
    command = f'exec "{sys.executable}" -m lumpver {words}'
    done = subprocess.run(
        ["sh", "-c", command], cwd=small.parent, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (code, "", lines)
    if lines and "no.onnx" not in words:
        assert done.stderr.startswith("lumpver: standard output: expected")
    assert [path.read_bytes() for path in small.parent.iterdir()] == [before]


@POSIX
@pytest.mark.parametrize("words", ["--help", "inspect small.onnx"])
def test_a_reader_that_has_gone_is_told_nothing(small: Path, words: str) -> None:
    """As in `lumpver ... | head -1`: quiet, and no "no"."""
    script = f'{{ "{sys.executable}" -m lumpver {words}; echo $? >&3; }} 3>code | true; cat code'
    done = subprocess.run(
        ["sh", "-c", script], cwd=small.parent, capture_output=True, text=True, check=False
    )
    assert done.stdout in {"2\n", "0\n"}  # 0: it was quicker than `true`
    assert done.stderr == ""


BUGS = {
    "a bug": ZeroDivisionError("division by zero"),
    "of two lines": ValueError("first\nsecond"),
    "without words": AssertionError(),
    "depth": RecursionError("maximum recursion depth exceeded"),
    "exit": SystemExit(1),
    "exit 0": SystemExit(0),
    "generator": GeneratorExit(),
    "self-check": SelfCheckFailed("self-check", expected="1", got="2"),
}


@pytest.mark.parametrize("as_json", [False, True])
@pytest.mark.parametrize("how", BUGS)
def test_what_nobody_expects_is_a_bug(
    small: Path, run: Run, monkeypatch: pytest.MonkeyPatch, how: str, as_json: bool
) -> None:
    """Exit 4, one line that says so and how to tell us, or one object; never a "no"."""

    def fail(*_: Any, **__: Any) -> None:
        raise BUGS[how]

    monkeypatch.setattr(pipeline, "reduce", fail)
    monkeypatch.setattr(pipeline, "_first_written", fail)
    code, out, err = run("reduce", small, "-o", small.with_name("r.onnx"), *["--json"] * as_json)
    assert code == BUG == 4
    if as_json:
        (error,) = json.loads(out).values()
        assert (err, set(error)) == ("", {"kind", "where", "expected", "got", "message"})
        assert "report it" in error["message"]
    else:
        assert (out, err.count("\n")) == ("", 1)
        assert err.startswith("lumpver: a bug in lumpver, please report it")
    assert list(small.parent.iterdir()) == [small]


def test_a_bug_says_where(small: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """The last line of ours, and with `--debug` all of them."""
    monkeypatch.setattr(pipeline, "load", lambda _: 1 / 0)
    _, out, _ = run("reduce", small, "-o", small.with_name("r.onnx"), "--json")
    error = json.loads(out)["error"]
    assert error["where"].startswith("reducing/pipeline.py:")
    assert error["got"] == "ZeroDivisionError: division by zero"
    code, _, err = run("--debug", "reduce", small, "-o", small.with_name("r.onnx"))
    assert (code, err.startswith("Traceback")) == (4, True)


INPUTS = {
    "memory, unsaid": (MemoryError(), "memory", "not enough memory"),
    "memory": (np.zeros, "memory", "2.00 EiB"),
    "disk": (OSError(28, "No space left on device", "r.onnx"), "system", "r.onnx: No space left"),
    "pool": (OSError(12, "Cannot allocate memory"), "system", "Cannot allocate memory"),
    "words": (
        Malformed("x", expected="a", got="\x1b[2J\r\u2028" + "y" * 2000),
        "malformed",
        "got \\u{1b}[2J\\u{d}",
    ),
}


@pytest.mark.parametrize("how", INPUTS)
def test_what_is_short_is_said(
    small: Path, run: Run, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    """Memory with how much was asked for, a disk with the file; no word moves the cursor."""
    error, kind, said = INPUTS[how]

    def fail(*_: Any) -> None:
        if callable(error):
            error(2**58)
        raise error

    monkeypatch.setattr(pipeline, "load", fail)
    words = ["reduce", small, "-o", small.with_name("r.onnx")]
    code, out, err = run(*words)
    assert (code, out, err.count("\n"), said in err) == (2, "", 1, True), err
    assert err.rstrip("\n").isprintable()
    assert len(err) < 1000
    code, out, err = run(*words, "--json")
    assert (code, json.loads(out)["error"]["kind"], err) == (2, kind, "")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_is_raised_once(number: signal.Signals) -> None:
    """Then what was there before comes back."""
    before = signal.getsignal(number)
    with pytest.raises(Ended), ending():
        signal.raise_signal(number)
    assert signal.getsignal(number) is before
    with ending() as met:
        assert met == []


def test_what_is_ignored_stays_so() -> None:
    """As for a command that a shell runs in the background."""
    before = signal.signal(signal.SIGTERM, signal.SIG_IGN)
    try:
        with ending() as met:
            signal.raise_signal(signal.SIGTERM)
        assert met == []
    finally:
        signal.signal(signal.SIGTERM, before)


@pytest.mark.parametrize("swallowed", [False, True])
def test_a_signal_in_a_command(
    small: Path, run: Run, monkeypatch: pytest.MonkeyPatch, swallowed: bool
) -> None:
    """Exit 2, one line that names it; also where it came out as another exception."""

    def end(*_: Any, **__: Any) -> None:
        try:
            signal.raise_signal(signal.SIGTERM)
        except Ended as error:
            if swallowed:
                raise ImportError from error
            raise

    monkeypatch.setattr(pipeline, "load", end)
    code, out, err = run("reduce", small, "-o", small.with_name("r.onnx"))
    assert (code, out, err) == (2, "", "lumpver: interrupted by SIGTERM\n")
    assert list(small.parent.iterdir()) == [small]


STUBBORN = """
import time
from pathlib import Path
from lumpver.cli import signals
from lumpver.io.writing import staged
signals._GRACE = 0.5
with signals.ending(), staged([Path("a"), Path("b")]):
    while True:
        try:
            print("ready", flush=True)
            time.sleep(60)
        except BaseException:
            pass
"""


@pytest.mark.parametrize("times", [1, 2])
def test_what_does_not_listen_is_ended(tmp_path: Path, times: int) -> None:
    """After a while, or by a second signal; no temporary file is left."""
    command = [sys.executable, "-c", STUBBORN]
    with subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
            assert len(list(tmp_path.iterdir())) == 2
            for _ in range(times):
                process.send_signal(signal.SIGTERM)
                time.sleep(0.1)
            assert process.wait(20) == 2
        finally:
            process.kill()
    assert not list(tmp_path.iterdir())


LOADING = """
import signal
signal.raise_signal(signal.SIGTERM)
loaded = True
"""


def test_a_module_is_loaded_to_its_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Some that are written in C crash if their loading fails."""
    (tmp_path / "half_loaded.py").write_text(LOADING)
    monkeypatch.syspath_prepend(str(tmp_path))

    def wait() -> None:
        assert import_module("half_loaded").loaded
        time.sleep(20)

    with pytest.raises(Ended), ending():
        wait()


def test_a_fork_ends_as_any_process(small: Path) -> None:
    """It neither clears up nor answers for the process that it came from."""
    with ending():
        child = os.fork()
        if child == 0:
            try:
                signal.raise_signal(signal.SIGTERM)
            finally:
                os._exit(0)
        _, status = os.waitpid(child, 0)
    assert os.WTERMSIG(status) == signal.SIGTERM
