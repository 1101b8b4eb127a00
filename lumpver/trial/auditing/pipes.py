"""Questions and answers through a pipe whose other end nobody can trust.

Lengths are bounded, waiting is, and what does not carry the question's nonce is no answer.

control: a second pipe, on which the keeper says who the worker is, and how it ended
"""

from __future__ import annotations

import json
import os
import selectors
from contextlib import suppress
from dataclasses import dataclass, field
from time import monotonic
from typing import TYPE_CHECKING, Any, Final

from lumpver.errors import Malformed
from lumpver.trial.auditing.answers import Answer, decoded
from lumpver.trial.auditing.serving import GIB, HEAD, NONCE

if TYPE_CHECKING:
    import socket

_LAST_WORDS: Final = 0.5  # seconds for the keeper to say how it ended
_LONGEST: Final = 1e6  # seconds that a selector can wait
_SHORTEST: Final = 2**22
_Selector: Final = getattr(selectors, "PollSelector", selectors.SelectSelector)


class TimeIsUp(Exception):
    """No answer in time."""


class Ended(Exception):
    """No answer will come; the words say why."""

    def __init__(self, words: str = "") -> None:
        super().__init__(words)
        self.words = words


@dataclass(slots=True, eq=False)
class Pipe:
    """The audit's ends of both pipes."""

    pipe: socket.socket
    control: socket.socket
    _heard: bytes = field(default=b"", init=False)

    def __post_init__(self) -> None:
        self.pipe.setblocking(False)
        self.control.setblocking(False)

    def close(self) -> None:
        """No more questions; the keeper ends everything when it sees that."""
        self.control.close()
        self.pipe.close()

    @property
    def worker(self) -> int:
        """The process that answers, 0 where that is not known."""
        return self._line(0).get("worker", 0)

    def ask(self, question: bytes, patience: float) -> Answer:
        """The answer to one question.

        Raises
        ------
        TimeIsUp
            If none came within `patience` seconds.
        Ended
            If none will come.
        """
        until = monotonic() + patience
        nonce = os.urandom(NONCE)
        most = _SHORTEST + 16 * len(question)
        try:
            self._send(HEAD.pack(nonce, len(question)) + question, until)
            said, size = HEAD.unpack(self._receive(HEAD.size, until))
            if said != nonce:
                raise Ended("it wrote into the pipe through which it should answer")
            if size > most:
                raise Ended(f"it answered with {size} bytes, of which at most {most} are read")
            return decoded(self._receive(size, until))
        except Malformed as error:
            words = f"what it answered is no answer: {error}"
        except (Ended, OSError) as error:
            words = error.words if isinstance(error, Ended) else ""
            words = words or self._last_words()
        raise Ended(words)

    def _send(self, data: bytes, until: float) -> None:
        rest = memoryview(data)
        while rest:
            self._wait(until, writing=True)
            with suppress(BlockingIOError):
                rest = rest[self.pipe.send(rest[: 2**20]) :]

    def _receive(self, size: int, until: float) -> bytes:
        found = bytearray()
        while len(found) < size:
            last = self._wait(until)
            try:
                part = self.pipe.recv(min(size - len(found), 2**20))
            except BlockingIOError:
                if last:
                    raise Ended from None
                continue
            if not part:
                raise Ended
            found += part
        return bytes(found)

    def _wait(self, until: float, *, writing: bool = False) -> bool:
        """Wait until the pipe is ready; whether the process has ended meanwhile."""
        reading = [self.control] if writing else [self.control, self.pipe]
        ready = _ready(until, *reading, writing=self.pipe if writing else None)
        ended = self.control in ready and self._hear()
        if writing and ended:
            raise Ended
        return ended

    def _hear(self) -> bool:
        """Take in what the keeper says; whether the process has ended."""
        try:
            heard = self.control.recv(4096)
        except BlockingIOError:
            return self._heard.count(b"\n") > 1
        except OSError:
            return True
        self._heard += heard
        return not heard or self._heard.count(b"\n") > 1

    def _last_words(self) -> str:
        """How the process ended, if it did."""
        until = monotonic() + _LAST_WORDS
        with suppress(TimeIsUp):
            while not self._hear():
                _ready(until, self.control)
        report = self._line(1)
        if "memory" in report:
            return f"it took more than {report['memory'] / GIB:g} GiB of memory"
        if "code" in report:
            return f"its process ended with code {report['code']}"
        if self._heard.count(b"\n") == 1 and not self._hear():
            return "it closed the pipe through which it should answer"
        return "its process ended"

    def _line(self, index: int) -> dict[str, int]:
        """One line of what the keeper said."""
        lines = self._heard.split(b"\n")[:-1]
        found: dict[str, int] = json.loads(lines[index]) if index < len(lines) else {}
        return found


def _ready(until: float, *reading: socket.socket, writing: socket.socket | None = None) -> set[Any]:
    """Those of the sockets that are ready, at least one of them."""
    left = min(until - monotonic(), _LONGEST)
    if left <= 0:
        raise TimeIsUp
    with _Selector() as selector:
        for each in reading:
            selector.register(each, selectors.EVENT_READ)
        if writing is not None:
            selector.register(writing, selectors.EVENT_WRITE)
        ready = {key.fileobj for key, _ in selector.select(left)}
    if not ready:
        raise TimeIsUp
    return ready
