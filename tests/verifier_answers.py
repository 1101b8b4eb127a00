"""What other verifiers answer: asked in a process of its own, read, and replayed exactly.

A verifier prints sat, unsat or another word in a line, and behind sat its witness as
`(X_0 0.5)`, one for each input. What it says is believed of nothing: `confirmed` replays a
witness in exact arithmetic, and `contradictions` compares answers that must agree.
"""

from __future__ import annotations

import os
import re
import resource
import signal
import subprocess
from contextlib import suppress
from dataclasses import dataclass, replace
from fractions import Fraction
from math import prod
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from vnnlib_properties import allows, clipped, ranges

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from vnnlib_properties import Disjunct

    from lumpver.model.network import Network

SAT, UNSAT, TIMEOUT, UNKNOWN, ERROR = "sat", "unsat", "timeout", "unknown", "error"
DECIDED: Final = (SAT, UNSAT)
WORDS: Final = {
    "sat": SAT, "unsat": UNSAT, "timeout": TIMEOUT, "timed-out": TIMEOUT, "unknown": UNKNOWN
}  # fmt: skip
ENTRY: Final = re.compile(r"\(\s*X_(\d+)\s+([^\s()]+)\s*\)")
ALONE: Final = dict.fromkeys(
    ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1"
) | {"CUDA_VISIBLE_DEVICES": ""}  # fmt: skip
NEARLY: Final = 0.9  # of the limit: the kernel counts it in other ticks
WALL: Final = 4  # a process gets so many times its seconds while others use the machine


class Differ(AssertionError):
    """Two networks that should be the same give other outputs at a point."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A word, the processor's seconds that it took, a witness, and what else was said."""

    word: str
    seconds: float = 0.0
    witness: tuple[Fraction, ...] | None = None
    said: str = ""


def read_answer(printed: str) -> Answer:
    r"""The answer that was printed; an error where there is none.

    Examples
    --------
    >>> read_answer("sat\n((X_0 -2)\n(X_1 0.5)\n(Y_0 1))").witness
    (Fraction(-2, 1), Fraction(1, 2))
    """
    lines = printed.strip().splitlines()
    word = WORDS.get(lines[0].strip().lower(), ERROR) if lines else ERROR
    if word == ERROR:
        return Answer(ERROR, said=lines[-1][:200] if lines else "nothing was printed")
    if word != SAT:
        return Answer(word)
    try:
        found = {int(index): Fraction(value) for index, value in ENTRY.findall(printed)}
    except (ValueError, ZeroDivisionError) as error:
        return Answer(ERROR, said=f"a witness that is no number: {error}")
    if sorted(found) != list(range(len(found))) or not found:
        return Answer(ERROR, said="sat without a witness")
    return Answer(SAT, witness=tuple(found[i] for i in range(len(found))))


def ask(command: Sequence[str], *, limit: int, given: str = "") -> Answer:
    """What a verifier answers within `limit` seconds of processor time, by itself.

    The process is ended with all that it started when that is over, or four times as much
    has gone by.
    """
    limited = ["sh", "-c", 'ulimit -t "$0"; exec "$@"', str(limit), *command]
    before = _spent()
    with subprocess.Popen(
        limited, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        text=True, start_new_session=True, env=os.environ | ALONE,
    ) as process:  # fmt: skip
        try:
            printed, complained = process.communicate(given, timeout=WALL * limit)
        except subprocess.TimeoutExpired:
            printed, complained = TIMEOUT, ""
        finally:
            _end(process)
    seconds = _spent() - before
    if process.returncode < 0 and seconds > NEARLY * limit:
        return Answer(TIMEOUT, seconds)
    found = read_answer(printed)
    if found.word == ERROR and complained.strip():
        found = replace(found, said=complained.strip().splitlines()[-1][:200])
    return replace(found, seconds=seconds)


def _end(process: subprocess.Popen[str]) -> None:
    """Whatever is left of the process and of what it started is ended, and waited for."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _spent() -> float:
    """Seconds of processor time of all children that have ended."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def shapes(network: Network) -> dict[str, tuple[int, ...]]:
    """The shape of each input, axes of any length with one entry."""
    return {
        tensor.name: tuple(n if isinstance(n, int) else 1 for n in tensor.shape or ())
        for tensor in network.inputs
    }


def outputs(network: Network, point: Sequence[Fraction]) -> tuple[Fraction, ...]:
    """All outputs at a point of all inputs, exactly, in order."""
    values: dict[str, Any] = {}
    start = 0
    for name, shape in shapes(network).items():
        entries = np.empty(prod(shape), dtype=object)
        entries[:] = point[start : start + entries.size]
        values[name] = entries.reshape(shape)
        start += entries.size
    found = network.evaluate(values)
    return tuple(
        Fraction(int(value.p), int(value.q))
        for tensor in network.outputs
        for value in np.asarray(found[tensor.name]).ravel()
    )


def confirmed(
    networks: Mapping[str, Network], disjuncts: Sequence[Disjunct], witness: Sequence[Fraction]
) -> tuple[Fraction, ...] | None:
    """The witness, moved to the nearest point of a disjunct's box, where it is one exactly.

    None where no disjunct holds of that point and of the outputs there.

    Raises
    ------
    Differ
        If the networks do not have the same outputs at such a point.
    """
    seen: dict[tuple[Fraction, ...], tuple[Fraction, ...]] = {}
    for disjunct in disjuncts:
        point = clipped(witness, ranges(disjunct, len(witness)))
        if point not in seen:
            values = {name: outputs(network, point) for name, network in networks.items()}
            if len(set(values.values())) > 1:
                raise Differ(f"{', '.join(values)} differ at {list(map(str, point))}")
            seen[point] = next(iter(values.values()))
        if allows(disjunct, point, seen[point]):
            return point
    return None


def contradictions(answers: Iterable[tuple[str, str]]) -> list[str]:
    """A sentence for each pair of answers to one question that cannot both be right.

    Examples
    --------
    >>> contradictions([("a", "sat"), ("b", "timeout"), ("c", "unsat")])
    ['a says sat, c says unsat']
    """
    found = list(answers)
    return [
        f"{one} says {SAT}, {other} says {UNSAT}"
        for one, word in found
        if word == SAT
        for other, another in found
        if another == UNSAT
    ]
