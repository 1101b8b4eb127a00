"""The reducer at work: in a process of its own, with limits, watched by another.

A reducer that loops for ever is killed, with all that it started, and one that takes the
interpreter down takes only its own. The process is a fork, and any callable will do; on
macOS and Windows it is a new interpreter, and the callable has to be importable by name.

patience: seconds that one call may take
allowance: seconds that loading the reducer may take, and its first call
outcome: what became of one call; `value` is there if the reducer returned
"""

from __future__ import annotations

import multiprocessing
import os
import pickle
import socket
import sys
import warnings
from dataclasses import dataclass, field
from math import inf
from time import monotonic, perf_counter
from typing import TYPE_CHECKING, Any, Final, Self

from lumpver.errors import LumpverError, Malformed, Unreadable
from lumpver.processes.ending import end_group
from lumpver.trial.auditing.answers import CRASHED, HUNG, RETURNED, Answer
from lumpver.trial.auditing.keeping import keep
from lumpver.trial.auditing.loading import NoReducer
from lumpver.trial.auditing.parts import put_together
from lumpver.trial.auditing.pipes import Ended, Pipe, TimeIsUp
from lumpver.trial.auditing.serving import GIB

if TYPE_CHECKING:
    from lumpver.model.network import Network
    from lumpver.trial.auditing.serving import Reducer

MEMORY: Final = 4 * GIB
ALLOWANCE: Final = 60.0
_START: Final = "spawn" if sys.platform in {"darwin", "win32"} else "fork"
_STOPPING: Final = 1.8  # seconds for the keeper to end everything


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one call did: returned a value, crashed, or hung; and the words for it.

    `value` is a network, or a path; where it is None, the words say what was returned.
    """

    kind: str
    value: Network | str | None = None
    detail: str = ""
    wrapped: bool = False
    seconds: float = 0.0


@dataclass(slots=True)
class Worker:
    """A process that runs `reducer` on one argument after the other; a context manager.

    It is started by the first call and again after one that hung or took it down. The
    reducer is a callable, or `MODULE:FUNCTION`, which is imported in the process only.
    With `start="spawn"` it is a new interpreter, which imports a callable by its name.
    Where there is a `warm` argument, each new process is called with that first, which
    may take as long as the `allowance`: what a reducer imports late is no hang. Nothing
    goes on after `until`, by the monotonic clock.
    """

    reducer: Reducer
    start: str = _START
    memory: int = MEMORY
    allowance: float = ALLOWANCE
    warm: Any = None
    until: float = inf
    name: str = field(default="", init=False)
    module: str = field(default="", init=False)
    loaded: bool = field(default=False, init=False)
    _process: Any = field(default=None, init=False)
    _pipe: Pipe | None = field(default=None, init=False)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def call(self, argument: Any, *, patience: float) -> Outcome:
        """What the reducer does with `argument` within `patience` seconds.

        Raises
        ------
        TimeIsUp
            If all is to end before that.
        Malformed, Unreadable
            If the reducer cannot be imported within the allowance.
        """
        stuck = None if self._pipe is not None else self.begin()
        return stuck or self._timed(argument, patience)

    def begin(self) -> Outcome | None:
        """Start the process, load the reducer and warm it; the outcome if that hung.

        Raises
        ------
        Malformed, Unreadable
            As for `call`.
        """
        self._load()
        if self.warm is None:
            return None
        first = self._timed(self.warm, self.allowance)
        if first.kind == HUNG:
            return first
        if self._pipe is None:  # it will not do even that
            self.warm = None
            self._load()
        return None

    def _load(self) -> None:
        place = self.reducer.rpartition(":")[0] if isinstance(self.reducer, str) else "reducer"
        expected = "a module that can be imported"
        try:
            answer = self._ask(b"", ALLOWANCE)
        except TimeIsUp:
            if self.loaded:
                raise
            got = "no end of that in time"
            raise Unreadable(place, expected=expected, got=got) from None
        except Ended as error:
            raise Unreadable(place, expected=expected, got=error.words) from None
        if answer.kind != "ready":
            self.stop()
            raise _not_loaded(answer)
        self.name, self.module, self.loaded = answer.name, answer.module, True

    def _timed(self, argument: Any, patience: float) -> Outcome:
        started = perf_counter()
        question = pickle.dumps(argument)
        try:
            answer = self._ask(question, patience)
        except TimeIsUp:
            return Outcome(HUNG, None, f"no answer within {patience:.3g} s")
        except Ended as error:
            return Outcome(CRASHED, None, error.words)
        seconds = perf_counter() - started
        value: Network | str | None = answer.path
        if answer.kind not in {RETURNED, CRASHED}:
            return Outcome(CRASHED, None, "it answered out of turn", seconds=seconds)
        if answer.network is not None:
            try:
                value = put_together(answer.network)
            except LumpverError as error:
                words = f"a Network that is none: {error}"
                return Outcome(RETURNED, None, words, seconds=seconds)
        return Outcome(answer.kind, value, answer.words, answer.wrapped, seconds)

    def _ask(self, question: bytes, patience: float) -> Answer:
        """The answer to one question; the process is stopped where none comes."""
        pipe = self._pipe or self._begin()
        try:
            return pipe.ask(question, min(patience, self.until - monotonic()))
        except (TimeIsUp, Ended):
            self.stop()
            raise

    def _begin(self) -> Pipe:
        context: Any = multiprocessing.get_context(self.start)
        (ours, theirs), (listen, speak) = socket.socketpair(), socket.socketpair()
        others = (ours, listen) if self.start == "fork" else ()
        process = context.Process(
            target=keep,
            args=(self.reducer, theirs, speak, others, self.memory, os.getpid()),
            daemon=True,
        )
        try:
            with warnings.catch_warnings():
                # newer Pythons warn that forking a process with threads may deadlock
                warnings.simplefilter("ignore", DeprecationWarning)
                process.start()
        except (AttributeError, TypeError, pickle.PicklingError) as error:
            ours.close()
            listen.close()
            raise Malformed(
                "reducer", expected="a function that can be imported", got=str(error)[:80]
            ) from error
        finally:
            theirs.close()
            speak.close()
        self._process, self._pipe = process, Pipe(ours, listen)
        return self._pipe

    def stop(self) -> None:
        """End the process and all that it started."""
        process, pipe, self._process, self._pipe = self._process, self._pipe, None, None
        if pipe is None:
            return
        pipe.close()
        process.join(timeout=_STOPPING)
        if process.exitcode is None:
            process.kill()
            process.join()
        if process.exitcode != 0 and pipe.worker > 1:
            end_group(pipe.worker)  # nobody else is left who would
        process.close()


def _not_loaded(answer: Answer) -> LumpverError:
    match answer.kind, answer.fields:
        case "no reducer", [module, function, got, alike]:
            return NoReducer(module, function, got=got, alike=alike)
        case "malformed", [where, expected, got]:
            return Malformed(where, expected=expected, got=got)
        case "unreadable", [where, expected, got]:
            return Unreadable(where, expected=expected, got=got)
    return Unreadable("reducer", expected="a module that can be imported", got="no answer")
