"""Reducers that misbehave: what comes back, what they leave behind, what they do to others."""

from __future__ import annotations

import contextlib
import os
import signal
import stat
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import numpy as np

from lumpver.model.activations import Activation
from lumpver.model.network import Linear, Network, Pointwise
from lumpver.model.weights import Matrix, weights_of

if TYPE_CHECKING:
    from collections.abc import Callable

FOLDER = "LUMPVER_TEST_FOLDER"


# What comes back


class When:
    """Unpickling this calls a function."""

    def __init__(self, function: Callable[..., Any], *arguments: Any) -> None:
        self.what = function, arguments

    def __reduce__(self) -> Any:
        return self.what


def ends_when_unpickled(_: Network) -> Any:
    return When(os._exit, 5)


def fails_when_unpickled(_: Network) -> Any:
    return When(float, "no number")


def hangs_when_unpickled(_: Network) -> Any:
    return When(time.sleep, 1000)


def leaves_when_unpickled(_: Network) -> Any:
    return When(sys.exit, 5)


def kills_when_unpickled(_: Network) -> Any:
    return When(os.kill, os.getppid(), 9)


class Liar:
    """It says that it is a network."""

    @property
    def __class__(self) -> Any:
        return Network

    @__class__.setter
    def __class__(self, _: Any) -> None: ...


def lies_about_its_class(_: Network) -> Any:
    return Liar()


class Touchy:
    """Nothing can be asked of it."""

    def __getattribute__(self, _: str) -> Any:
        raise RuntimeError("\x1b[2Jdo not touch")


def will_not_be_asked(_: Network) -> Any:
    return Touchy()


def _with(network: Network, **changes: Any) -> Network:
    nodes = tuple(
        replace(node, **changes) if isinstance(node, Linear) else node for node in network.nodes
    )
    return replace(network, nodes=nodes)


def no_numbers(network: Network) -> Network:
    return _with(network, b=np.full(2, np.nan))


def words_for_numbers(network: Network) -> Network:
    return _with(network, weights=Matrix([["a", "b"], ["c", "d"]]))  # type: ignore[arg-type]


def other_shapes(network: Network) -> Network:
    return _with(network, weights=Matrix(np.zeros((3, 5))), b=np.zeros(3))


def three_axes(network: Network) -> Network:
    return _with(network, weights=Matrix(np.zeros((2, 1, 1))))


def made_by_force(network: Network) -> Network:
    """It avoids the checks of the constructor: the nodes come in the wrong order."""
    found = object.__new__(Network)
    for name in ("inputs", "outputs", "tensors", "environment", "source"):
        object.__setattr__(found, name, getattr(network, name))
    object.__setattr__(found, "nodes", network.nodes[::-1])
    return found


def another_function(network: Network) -> Network:
    """An activation that does not exist."""
    odd = object.__new__(Activation)
    object.__setattr__(odd, "operator", "Bogus")
    object.__setattr__(odd, "parameters", ())
    nodes = tuple(
        replace(node, activation=odd) if isinstance(node, Pointwise) else node
        for node in network.nodes
    )
    return replace(network, nodes=nodes)


def too_much_to_say(network: Network) -> Network:
    return _with(network, weights=Matrix(np.ones((2000, 1000))))


RETURNS = (
    ends_when_unpickled,
    fails_when_unpickled,
    hangs_when_unpickled,
    leaves_when_unpickled,
    kills_when_unpickled,
    lies_about_its_class,
    will_not_be_asked,
    no_numbers,
    words_for_numbers,
    other_shapes,
    three_axes,
    made_by_force,
    another_function,
)


# What is raised


class Mute(Exception):
    def __str__(self) -> str:
        raise self

    __repr__ = __str__


class Endless(Exception):
    def __str__(self) -> str:  # noqa: PLE0307
        while True:
            pass


class Odd(BaseException):
    def __str__(self) -> Any:
        return 3  # noqa: PLE0307


def raises_mute(_: Network) -> NoReturn:
    raise Mute


def raises_endless(_: Network) -> NoReturn:
    raise Endless


def raises_odd(_: Network) -> NoReturn:
    raise Odd


def raises_at_length(_: Network) -> NoReturn:
    raise KeyError("z" * 10**6)


def raises_many_lines(_: Network) -> NoReturn:
    raise OSError("\n" * 10**5 + "\x1b]0;title\x07 \x00\n" * 10**5)


def raises_a_chain(_: Network) -> NoReturn:
    error = ValueError("first")
    for _i in range(20_000):
        error, error.__cause__ = ValueError("next"), error
    raise error


def interrupts(_: Network) -> NoReturn:
    raise KeyboardInterrupt


def leaves(_: Network) -> NoReturn:
    sys.exit("\x1b[31mgood bye")


def recurses(network: Network) -> Any:
    return recurses(network)


RAISES = {
    raises_mute: "Mute",
    raises_endless: "Endless",
    raises_odd: "Odd",
    raises_at_length: "KeyError: 'zzz",
    raises_many_lines: "?]0;title? ?",
    raises_a_chain: "",
    interrupts: "KeyboardInterrupt",
    leaves: "SystemExit: ?[31mgood bye",
    recurses: "RecursionError",
}


# What is done to the audit


def _write(data: bytes) -> None:
    for number in range(3, 64):
        with contextlib.suppress(OSError):
            if stat.S_ISSOCK(os.fstat(number).st_mode):  # the audit's pipes, none of pytest's
                os.write(number, data)


def writes_garbage(network: Network) -> Network:
    _write(b"\x00" * 200)
    return network


def writes_an_old_answer(network: Network) -> Network:
    """As one that was read from the pipe once: a nonce, a length, an answer."""
    answer = b'{"kind":"ready"}'
    _write(b"\x01" * 16 + len(answer).to_bytes(8, "big") + answer)
    return network


def writes_half(_: Network) -> None:
    _write(b"\x80")
    time.sleep(1000)


def writes_without_end(_: Network) -> None:
    while True:
        _write(b"\xfe" * 4096)


def closes_everything(network: Network) -> Network:
    os.closerange(0, 256)
    return network


def closes_and_stays(_: Network) -> None:
    os.closerange(3, 256)
    time.sleep(1000)


def ends_its_keeper(network: Network) -> Network:
    os.kill(os.getppid(), signal.SIGKILL)
    time.sleep(1000)
    return network


def stops_its_keeper(network: Network) -> Network:
    os.kill(os.getppid(), signal.SIGSTOP)
    time.sleep(1000)
    return network


def stops(network: Network) -> Network:
    os.kill(os.getpid(), signal.SIGSTOP)
    return network


def is_alarmed(network: Network) -> Network:
    signal.setitimer(signal.ITIMER_REAL, 0.05)
    time.sleep(1000)
    return network


def returns_twice(network: Network) -> Network:
    os.fork()
    return network


def prints(network: Network) -> Network:
    for stream in (sys.stdout, sys.__stdout__):
        if stream is not None:
            stream.write('{"sound": true}\n')
            stream.flush()
    os.write(1, b'{"sound": true}\n')
    os.system("echo '{}'")
    return network


def reads(network: Network) -> Network:
    assert not os.read(0, 1)
    return network


def judges_itself(network: Network) -> Network:
    """In its own process every network is right, and has no units."""
    from lumpver.model import evaluation
    from lumpver.trial.auditing import verdicts

    verdicts.judge = lambda *_, **__: verdicts.Verdict("proved")
    evaluation.evaluate = lambda *_, **__: {}
    Network.units = property(lambda _: 0)  # type: ignore[assignment]
    Network.digest = "0" * 64  # type: ignore[assignment]
    last = network.nodes[-1]
    assert isinstance(last, Linear)
    return replace(
        network, nodes=(*network.nodes[:-1], replace(last, weights=weights_of(last.W * 3)))
    )


# What is left behind


def note() -> None:
    """Leave the number of this process where the test looks."""
    place = Path(os.environ[FOLDER]) / str(os.getpid())
    place.touch()


def _stay() -> NoReturn:
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    note()
    time.sleep(60)
    os._exit(0)


def leaves_a_child(_: Network) -> NoReturn:
    if os.fork() == 0:
        _stay()
    _until_noted()
    os._exit(1)


def leaves_a_daemon(network: Network) -> Network:
    """Two forks and a session of its own: nobody's child."""
    child = os.fork()
    if child == 0:
        os.setsid()
        if os.fork() == 0:
            _stay()
        os._exit(0)
    os.waitpid(child, 0)
    _until_noted()
    return network


def leaves_many(_: Network) -> NoReturn:
    for _i in range(20):
        if os.fork() == 0:
            os.setsid()
            _stay()
    _until_noted(20)
    time.sleep(1000)
    raise AssertionError


def _until_noted(count: int = 1) -> None:
    place = Path(os.environ[FOLDER])
    while len(list(place.iterdir())) < count:
        time.sleep(0.005)


def waits(_: Network) -> NoReturn:
    _stay()


# What is taken


def takes_memory(_: Network) -> NoReturn:
    held = []
    while True:
        held.append(np.ones(2**22))


def takes_memory_in_children(_: Network) -> NoReturn:
    for _i in range(4):
        if os.fork() == 0:
            kept = np.ones(2**23)
            time.sleep(1000 + kept.size)
    time.sleep(1000)
    raise AssertionError


# Files


def device(path: str) -> str:
    target = Path(path).with_name("device.onnx")
    target.unlink(missing_ok=True)
    target.symlink_to("/dev/zero")
    return str(target)


def pipe(path: str) -> str:
    target = Path(path).with_name("pipe.onnx")
    target.unlink(missing_ok=True)
    os.mkfifo(target)
    return str(target)


def vast(path: str) -> str:
    target = Path(path).with_name("vast.onnx")
    with target.open("wb") as file:
        file.truncate(2**30)
    return str(target)


def folder(path: str) -> str:
    target = Path(path).with_name("folder.onnx")
    target.mkdir(exist_ok=True)
    return str(target)


def nothing_there(path: str) -> str:
    return str(Path(path).with_name("nowhere.onnx"))


def no_path(_: str) -> str:
    return "\x00.onnx"


def long_path(_: str) -> str:
    return "x" * 10**5 + ".onnx"


def other_suffix(path: str) -> str:
    return path + ".exe"


FILES = (device, pipe, vast, folder, nothing_there, no_path, long_path, other_suffix)
