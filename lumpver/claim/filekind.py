"""What a file seems to be, from its bytes: for messages about files that were mixed up.

Nothing is believed because of it; a file is read as what it should be, or refused.
"""

from __future__ import annotations

import re
from typing import Final

ONNX: Final = "an ONNX model"
ZIPPED: Final = "a gzipped file"
CERTIFICATE: Final = "a certificate"
PARTIAL: Final = "a partial covering, from which `prove --resume` goes on,"
EXACT: Final = "an exact .json model"
NNET: Final = "a .nnet model"
BOX: Final = "a VNN-LIB file"
PAGE: Final = "an HTML page"
ARCHIVE: Final = "a zip archive"

# The members of ONNX's ModelProto and how each is stored: a varint, or a length and bytes.
_MEMBERS: Final = {1: 0, 2: 2, 3: 2, 4: 2, 5: 0, 6: 2, 7: 2, 8: 2, 14: 2, 20: 2, 25: 2, 26: 2}
_GRAPH: Final = 7
_HEAD: Final = 4096
_MOST_MEMBERS: Final = 10_000
_FORMAT: Final = re.compile(rb'"format"\s*:\s*"lumpver-([a-z]+)"')
_SMT: Final = re.compile(r"\A(?:\s|;[^\n]*\n)*\(\s*(?:declare-|assert|set-|vnnlib-version)")
_COUNTS: Final = re.compile(r"\A(?://[^\n]*\n)*\s*\d+\s*,\s*\d+\s*,\s*\d+\s*,\s*\d+\s*,?\s*\n")


def kind_of(data: bytes) -> str:
    """What the bytes seem to be, in words, or nothing where they seem to be none of these.

    Examples
    --------
    >>> kind_of(b'{"format":"lumpver-certificate","version":1}')
    'a certificate'
    >>> kind_of(b"(declare-const X_0 Real)")
    'a VNN-LIB file'
    >>> kind_of(b"hello")
    ''
    """
    if data.startswith(b"\x1f\x8b"):
        return ZIPPED
    if data.startswith(b"PK\x03\x04"):
        return ARCHIVE
    if _is_onnx(data):
        return ONNX
    head = data[:_HEAD].decode("utf-8", errors="replace")
    if head.lstrip().startswith("{"):
        named = _FORMAT.search(data)
        kinds = {b"certificate": CERTIFICATE, b"covering": PARTIAL, b"network": EXACT}
        return kinds.get(named[1] if named else b"", "")
    if head.lstrip().lower().startswith(("<!doctype html", "<html")):
        return PAGE
    if _SMT.match(head):
        return BOX
    return NNET if _COUNTS.match(head) else ""


def mistaken(where: str, data: bytes, expected: str) -> str:
    """The sentence about a file that is of another kind than was expected, or nothing.

    Examples
    --------
    >>> mistaken("x.vnnlib", b"(assert (<= X_0 1))", CERTIFICATE)
    'x.vnnlib is a VNN-LIB file where a certificate was expected'
    >>> mistaken("x.json", b"hello", CERTIFICATE)
    ''
    """
    found = kind_of(data)
    return "" if found in {"", expected} else f"{where} is {found} where {expected} was expected"


def _is_onnx(data: bytes) -> bool:
    """Whether the bytes, or as many as there are, go through as a ModelProto with a graph."""
    at, graph = 0, False
    for _ in range(_MOST_MEMBERS):
        if at >= len(data):
            break
        tag, at = _varint(data, at)
        member, wire = divmod(tag, 8)
        if _MEMBERS.get(member) != wire:
            return False
        graph |= member == _GRAPH
        length, at = _varint(data, at)
        at += length if wire else 0
    return graph


def _varint(data: bytes, at: int) -> tuple[int, int]:
    """The number at a place, and the place behind it, which is always a later one."""
    value = 0
    for shift in range(0, 70, 7):
        byte = data[at] if at < len(data) else 0
        value |= (byte & 127) << shift
        at += 1
        if byte < 128:
            break
    return value, at
