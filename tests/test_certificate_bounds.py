"""Certificates that are huge or deep are refused in bounded time and memory."""

from __future__ import annotations

import json
import tracemalloc
from typing import Final

import numpy as np
import pytest
from canonical import text
from older_certificates import encode

from lumpver.claim.certificate import MOST_DIGITS, Certificate, Digest, decode
from lumpver.claim.certificate import strict as module
from lumpver.claim.facts import Fact
from lumpver.errors import Malformed
from lumpver.exact.array import array
from lumpver.model.relabelling import Relabelling

A = Digest("a" * 64)
MERGED: Final = Relabelling(np.array([0, -1]), array([1, 1]), array([0, "1/7"]), 1)
TEXT: Final = encode(Certificate({"t": (Fact("t", MERGED),)}, A, A))


DEEP: Final = (
    b"[" * 200_000,
    b'{"a":' * 200_000,
    b'{"provenance":' + b"[" * 5_000 + b"]" * 5_000 + b"}",
    b'{"tensors":{"t":{"block":' + b"[" * 9 + b"0" + b"]" * 9 + b"}}}",
    b'["]]]",' * 20 + b"0",
    b'{"a\\"]":' * 50,
)


@pytest.mark.parametrize("data", DEEP, ids=range(len(DEEP)))
def test_deep_nesting_is_refused_first(data: bytes) -> None:
    """Brackets are counted before anything is parsed; those in strings do not count."""
    with pytest.raises(Malformed, match="levels"):
        decode(data)


def test_brackets_in_strings_are_text() -> None:
    """A name may be full of brackets, quotes and backslashes."""
    name = '[[[[{{{{"\\"' * 20
    data = encode(Certificate({name: (Fact("]]}}" * 9),)}, A, A))
    assert list(decode(data).tensors) == [name]


@pytest.mark.parametrize("piece", [b"[],", b"{},", b'"[",'])
def test_many_brackets_cost_nothing(piece: bytes) -> None:
    """More lists than any network has tensors are refused before one is made."""
    data = b'{"tensors":[' + piece * (module.MOST_BRACKETS + 1) + b"0]}"
    tracemalloc.start()
    with pytest.raises(Malformed, match="brackets"):
        decode(data)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < len(data)


def test_size_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that is too long is refused by its length."""
    monkeypatch.setattr(module, "MOST_BYTES", len(TEXT))
    decode(TEXT)
    with pytest.raises(Malformed, match="bytes"):
        decode(TEXT + b" ")


def test_numbers_are_bounded() -> None:
    """A number of absurd length is refused by its length; a long one is read."""
    found = json.loads(TEXT)
    for digits, read in ((10_000, True), (MOST_DIGITS + 1, False), (3_000_000, False)):
        found["tensors"]["t"]["constant"][0] = "7" * digits
        if read:
            assert encode(decode(text(found))) == text(found)
            continue
        with pytest.raises(Malformed, match="digits"):
            decode(text(found))


def test_many_members_and_units() -> None:
    """The work grows with the size and no faster."""
    many = {str(i): {"counterpart": "a", "rule": "derived"} for i in range(20_000)}
    found = json.loads(TEXT) | {"tensors": many}
    assert len(decode(text(found)).tensors) == 20_000
    body = ",".join(f'"{i}":0' for i in range(60_000))
    with pytest.raises(Malformed, match="'59999' twice"):
        decode(f'{{{body},"59999":0}}'.encode())
    units = {"counterpart": "a", "rule": "lumping", "width": 1, "ghosts": 0, "block": [0] * 60_000}
    claim = decode(text(json.loads(TEXT) | {"tensors": {"t": units}})).tensors["t"][0].relabelling
    assert claim is not None
    assert claim.units == 60_000


@pytest.mark.parametrize("quotes", [100_000, 100_001])
def test_unclosed_strings_take_no_time(quotes: int) -> None:
    """Quotes without end are read once."""
    with pytest.raises(Malformed):
        decode(b'"' * quotes)
