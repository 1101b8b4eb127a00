"""The reducer's own process: it loads the reducer, calls it, and says what came of it.

Nothing that is said here is believed: the audit reads it as data, and judges for itself.

frame: a nonce that came with the question, the length of what follows, and that
question: nothing, which asks for the reducer, or a pickled argument for it
"""

from __future__ import annotations

import os
import pickle
import signal
import sys
import traceback
from contextlib import contextmanager, suppress
from struct import Struct
from typing import TYPE_CHECKING, Any, Final

from lumpver.errors import Malformed, Unreadable
from lumpver.model.network import Network
from lumpver.trial.auditing.answers import Answer, encoded, plain
from lumpver.trial.auditing.loading import NoReducer, load_reducer, one_line
from lumpver.trial.auditing.parts import taken_apart

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from socket import socket

    Reducer = Callable[[Any], Any] | str

NONCE: Final = 16
HEAD: Final = Struct(f">{NONCE}sQ")
GIB: Final = 2**30
_FRAMES: Final = 12
_SECONDS: Final = 1.0  # for an exception to say its words


def serve(reducer: Reducer, pipe: socket, memory: float) -> None:
    """Answer every question that comes through `pipe`, until it is closed.

    What the reducer prints goes to stderr: stdout belongs to the audit's own answer.
    """
    _quietly()
    own = os.getpid()
    function: Callable[[Any], Any] | None = None
    while True:
        nonce, size = HEAD.unpack(_exactly(pipe, HEAD.size))
        question = _exactly(pipe, size)
        if function is None or not question:
            function, answer = _loaded(reducer)
        else:
            answer = attempt(function, pickle.loads(question), memory=memory)  # noqa: S301 our own
        if os.getpid() != own:
            return  # a fork that came back from the reducer
        data = encoded(answer)
        pipe.sendall(HEAD.pack(nonce, len(data)) + data)


def _quietly() -> None:
    with suppress(OSError):
        nothing = os.open(os.devnull, os.O_RDONLY)
        os.dup2(nothing, 0)
        os.close(nothing)
        os.dup2(2, 1)
    sys.stdout = sys.stderr


def _exactly(pipe: socket, size: int) -> bytes:
    found = bytearray()
    while len(found) < size:
        part = pipe.recv(min(size - len(found), 2**20))
        if not part:
            raise EOFError
        found += part
    return bytes(found)


def _loaded(reducer: Reducer) -> tuple[Callable[[Any], Any] | None, Answer]:
    """The function, and the answer that says so or why not."""
    if not isinstance(reducer, str):
        return reducer, Answer("ready")
    try:
        function = load_reducer(reducer)
    except NoReducer as error:
        given = [error.where, error.function, error.got, error.alike]
        return None, Answer("no reducer", fields=given)
    except Malformed as error:
        return None, Answer("malformed", fields=[error.where, error.expected, error.got])
    except Unreadable as error:
        return None, Answer("unreadable", fields=[error.where, error.expected, error.got])
    except BaseException as error:  # noqa: BLE001 the module's own code may fail in any way
        place = reducer.rpartition(":")[0]
        given = [place, "a module that can be imported", one_line(error)]
        return None, Answer("unreadable", fields=given)
    try:
        name = str(getattr(function, "__qualname__", ""))
        return function, Answer("ready", name=name, module=str(function.__module__ or ""))
    except BaseException:  # noqa: BLE001 a callable may be of any kind
        return function, Answer("ready")


def attempt(function: Callable[[Any], Any], argument: Any, *, memory: float = 0) -> Answer:
    """What a call did, as data."""
    try:
        value = function(argument)
    except BaseException as error:  # noqa: BLE001 any way to fail is a finding
        words = words_of(error)
        if isinstance(error, MemoryError):
            words += f" (it may take {memory / GIB:g} GiB of memory)"
        return Answer("crash", words)
    try:
        return _returned(value)
    except BaseException as error:  # noqa: BLE001 what looks like a network may be anything
        return Answer("returned", f"a {_name(value)} that cannot be sent: {one_line(error)}")


def _returned(value: Any) -> Answer:
    if isinstance(value, Network):
        return Answer("returned", network=taken_apart(value))
    if isinstance(value, str | os.PathLike):
        path = os.fspath(value)
        if isinstance(path, str):
            return Answer("returned", path=str.encode(path).decode())
    inner = getattr(value, "network", None)
    if isinstance(inner, Network):
        return Answer("returned", network=taken_apart(inner), wrapped=True)
    return Answer("returned", _name(value))


def _name(value: object) -> str:
    try:
        return plain(str(type(value).__name__))
    except BaseException:  # noqa: BLE001 so may its type
        return "thing"


def words_of(error: BaseException) -> str:
    """The end of an exception's traceback, or its type if it does not say more."""
    inner = error.__traceback__ and error.__traceback__.tb_next
    try:
        with _interrupted(_SECONDS):
            lines = traceback.format_exception(type(error), error, inner, limit=-_FRAMES)
            return plain("".join(lines))
    except BaseException:  # noqa: BLE001 its own words may fail in any way
        return f"{_name(error)}: it does not say more"


@contextmanager
def _interrupted(seconds: float) -> Iterator[None]:
    """A TimeoutError in the block after so many seconds, where there are alarms."""

    def stop(*_: object) -> None:
        raise TimeoutError

    if not hasattr(signal, "setitimer"):
        yield
        return
    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
