"""Answers as data: what a process that searches writes, and what is read from it.

JSON text only: numbers as words, arrays as a shape and entries. Nothing read here is run.

message: one JSON object, on a line of its own
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
from flint import fmpq, fmpz

from lumpver.errors import (
    InexactUnit,
    LumpverError,
    Malformed,
    Missing,
    NotANumber,
    NotRational,
    ShapeMismatch,
    TooLarge,
    Unreadable,
)
from lumpver.exact.array import rationals
from lumpver.exact.scalar import text, to_sympy
from lumpver.proving.answers import Answer, Enclosed, Proved, Refuted, Replayed, Unknown, exactly
from lumpver.proving.replaying import refutation
from lumpver.proving.smt import Disagreement, NotEncodable

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lumpver.exact.array import Exact

_ERRORS: Final[dict[str, type[LumpverError]]] = {
    kind.kind: kind
    for kind in (
        Disagreement,
        InexactUnit,
        LumpverError,
        Malformed,
        Missing,
        NotANumber,
        NotEncodable,
        NotRational,
        ShapeMismatch,
        TooLarge,
        Unreadable,
    )
}


def written(answer: Answer) -> dict[str, Any]:
    """The answer as a message.

    Examples
    --------
    >>> read(written(Proved("sweeping"))) == Proved("sweeping")
    True
    """
    if isinstance(answer, Proved):
        return {"answer": "proved", "step": answer.step, "evidence": answer.evidence}
    if isinstance(answer, Unknown):
        said = {"step": answer.step, "reason": answer.reason, "query": answer.query}
        return {"answer": "unknown", **said}
    if (enclosed := answer.enclosed) is not None:
        return {
            "answer": "enclosed",
            "step": answer.step,
            "reason": answer.reason,
            "inputs": {name: _words(value) for name, value in answer.counterexample.items()},
            **enclosed.as_dict(),
        }
    if answer.replayed is None:
        raise Malformed("answer", expected="a refutation that was replayed", got="another")
    found = answer.replayed
    return {
        "answer": "refuted",
        "step": answer.step,
        "inputs": {name: _array(value) for name, value in found.inputs.items()},
        "rounding": found.rounding,
        "outputs": {
            name: [_array(ours), _array(theirs), curve]
            for name, (ours, theirs, curve) in found.outputs.items()
        },
    }


def read(message: Mapping[str, Any]) -> Answer:
    """The answer that a message is."""
    match message["answer"]:
        case "proved":
            return Proved(message["step"], message["evidence"])
        case "unknown":
            return Unknown(message["step"], message["reason"], message["query"])
        case "refuted":
            return _refuted(message)
        case "enclosed":
            return _enclosed(message)
        case other:
            raise Malformed("message", expected="an answer", got=repr(other)[:40])


def _refuted(message: Mapping[str, Any]) -> Refuted:
    return refutation(
        message["step"],
        Replayed(
            {name: _read_array(value) for name, value in message["inputs"].items()},
            {
                name: (_read_array(ours), _read_array(theirs), curve)
                for name, (ours, theirs, curve) in message["outputs"].items()
            },
            message["rounding"],
        ),
    )


def _enclosed(message: Mapping[str, Any]) -> Refuted:
    ours, theirs = (tuple(map(_number, ends)) for ends in message["between"])
    return Refuted(
        message["step"],
        {name: _read_words(value) for name, value in message["inputs"].items()},
        {},
        evidence="enclosure",
        reason=message["reason"],
        enclosed=Enclosed(
            message["output"],
            tuple(message["place"]),
            (ours[0], ours[1]),
            (theirs[0], theirs[1]),
            message.get("before", ""),
        ),
    )


def failure(error: LumpverError) -> dict[str, str]:
    """An error as a message."""
    return {
        "error": error.kind,
        "where": error.where,
        "expected": error.expected,
        "got": error.got,
    }


def read_failure(message: Mapping[str, Any]) -> LumpverError:
    """The error that a message is, of the same kind where that is known."""
    kind = _ERRORS.get(message["error"], LumpverError)
    return kind(message["where"], expected=message["expected"], got=message["got"])


def _array(value: Exact) -> list[Any]:
    return [list(value.shape), [text(entry) for entry in rationals(value).ravel().tolist()]]


def _read_array(value: list[Any]) -> Exact:
    shape, words = value
    result = np.empty(len(words), dtype=object)
    result[:] = [_number(word) for word in words]
    return result.reshape(shape)


def _words(value: Any) -> Any:
    """Nested tuples of numbers as nested lists of words."""
    return [_words(part) for part in value] if isinstance(value, tuple) else exactly(value)


def _read_words(value: Any) -> Any:
    if isinstance(value, list):
        return tuple(_read_words(part) for part in value)
    return to_sympy(_number(value))


def _number(word: str) -> fmpq:
    """The number, however long; Python reads no integer of more than 4300 digits."""
    top, _, bottom = word.partition("/")
    return fmpq(fmpz(top), fmpz(bottom or "1"))
