"""The reducer at work: in a process of its own, with a time limit.

A reducer that loops for ever is killed, and one that takes the interpreter down takes only
its own. The process is a fork, and any callable will do; on macOS and Windows it is a new
interpreter, and the callable has to be importable by name.

patience: seconds that one call may take
outcome: what became of one call; `value` is there if the reducer returned
"""

from __future__ import annotations

import multiprocessing
import os
import pickle
import sys
import traceback
import warnings
from dataclasses import dataclass, field
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any, Final, Self

from lumpver.errors import Malformed
from lumpver.network import Network

if TYPE_CHECKING:
    from collections.abc import Callable
    from multiprocessing.connection import Connection

RETURNED, CRASHED, HUNG = "returned", "crash", "hang"
_START: Final = "spawn" if sys.platform in {"darwin", "win32"} else "fork"
_FRAMES: Final = 12


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one call did: returned a value, crashed, or hung; and the words for it."""

    kind: str
    value: Any = None
    detail: str = ""
    wrapped: bool = False
    seconds: float = 0.0


@dataclass(slots=True)
class Worker:
    """A process that runs `function` on one argument after the other; a context manager.

    It is started by the first call and again after one that hung or took it down. With
    `start="spawn"` it is a new interpreter, which imports the function by its name.
    """

    function: Callable[[Any], Any]
    start: str = _START
    _process: Any = field(default=None, init=False)
    _pipe: Connection[Any, Any] | None = field(default=None, init=False)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def call(self, argument: Any, *, patience: float) -> Outcome:
        """What the function does with `argument` within `patience` seconds.

        Raises
        ------
        Malformed
            If a new interpreter cannot import the function.
        """
        started = perf_counter()
        kind, value, detail, wrapped = self._ask(argument, patience)
        return Outcome(kind, value, detail, wrapped, perf_counter() - started)

    def _ask(self, argument: Any, patience: float) -> tuple[str, Any, str, bool]:
        pipe = self._started()
        try:
            pipe.send(argument)
            if not pipe.poll(patience):
                self.stop()
                return HUNG, None, f"no answer within {patience:g} s", False
            answer: tuple[str, Any, str, bool] = pipe.recv()
        except (EOFError, BrokenPipeError, ConnectionResetError):
            code = self.stop()
            return CRASHED, None, f"its process ended with code {code}", False
        return answer

    def _started(self) -> Connection[Any, Any]:
        if self._pipe is not None:
            return self._pipe
        context: Any = multiprocessing.get_context(self.start)
        ours, theirs = context.Pipe()
        inherited = ours if self.start == "fork" else None
        process = context.Process(
            target=serve, args=(self.function, theirs, inherited), daemon=True
        )
        try:
            with warnings.catch_warnings():
                # newer Pythons warn that forking a process with threads may deadlock
                warnings.simplefilter("ignore", DeprecationWarning)
                process.start()
        except (AttributeError, TypeError, pickle.PicklingError) as error:
            raise Malformed(
                "reducer", expected="a function that can be imported", got=str(error)[:80]
            ) from error
        finally:
            theirs.close()
        self._process, self._pipe = process, ours
        return self._pipe

    def stop(self) -> int | None:
        """End the process; its exit code, if it had ended by itself."""
        process, pipe, self._process, self._pipe = self._process, self._pipe, None, None
        if process is None or pipe is None:
            return None
        pipe.close()
        process.join(timeout=0.2)
        code: int | None = process.exitcode
        if code is None:
            process.kill()
            process.join()
        process.close()
        return code


def serve(
    function: Callable[[Any], Any],
    pipe: Connection[Any, Any],
    inherited: Connection[Any, Any] | None,
) -> None:
    """Answer calls that come through `pipe` until it is closed.

    What the function prints goes to stderr: stdout belongs to the audit's own answer. A
    fork has the other end of the pipe too, and would not notice that it was closed.
    """
    if inherited is not None:
        inherited.close()
    os.dup2(2, 1)
    sys.stdout = sys.stderr
    while True:
        try:
            argument = pipe.recv()
        except (EOFError, KeyboardInterrupt):
            return
        answer = attempt(function, argument)
        try:
            pipe.send(answer)
        except BrokenPipeError:
            return
        except Exception as error:  # noqa: BLE001 whatever cannot be pickled says so its own way
            got = f"a {type(answer[1]).__name__} that cannot be sent: {error}"
            pipe.send((RETURNED, None, got, False))


def attempt(function: Callable[[Any], Any], argument: Any) -> tuple[str, Any, str, bool]:
    """What a call did: kind, value, words, and whether a reduction was unwrapped."""
    try:
        value = function(argument)
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # noqa: BLE001 any way to fail is a finding
        lines = traceback.format_exception(type(error), error, error.__traceback__)
        kept = "".join(lines).strip().splitlines()[-_FRAMES:]
        return CRASHED, None, "\n".join(kept), False
    inner = getattr(value, "network", None)
    if isinstance(inner, Network) and not isinstance(value, Network):
        return RETURNED, inner, "", True
    if isinstance(value, Path):
        value = str(value)
    return RETURNED, value, "", False
