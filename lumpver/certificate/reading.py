"""Certificates: the relabelling of every tensor that changed, as a small strict file.

What the checker can recompute is not stored; the size grows with the units. The format is
JSON with sorted keys, numbers as `"p/q"`; reading refuses everything `encode` would not
write, but for spaces, escapes in strings and the order of members.

digest: SHA-256 of a model file's bytes as stored, in lower-case hex
counterpart: the reduced network's tensor, null where it has none
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, NoReturn

import numpy as np

from lumpver.errors import LumpverError, Malformed
from lumpver.exact.array import Exact, compact, equal, nonzero, rationals, zeros
from lumpver.exact.scalar import ONE, ZERO, parse, text
from lumpver.relabelling import Relabelling

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flint import fmpq

FORMAT: Final = "lumpver-certificate"
VERSION: Final = 1
SEMANTICS: Final = "real"
MOST_BYTES: Final = 2**26
MOST_BRACKETS: Final = 2**20
MOST_DEPTH: Final = 8
MOST_DIGITS: Final = 2**17
_TO_BRACKET: Final = re.compile(rb'(?:[^]["{}]++|"(?:[^"\\]|\\.)*+")*+([][{}])', re.DOTALL)
_INDEX: Final = re.compile(r"0|[1-9][0-9]{0,9}", re.ASCII)
_PROVENANCE: Final = frozenset({"tool", "definition", "rules", "options"})
_HEX: Final = re.compile(r"[0-9a-f]{64}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Digest:
    """Which files a model is: its own digest, and that of each external data file."""

    sha256: str
    external: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, eq=False)
class Entry:
    """One tensor: its counterpart, and its relabelling unless that follows from others."""

    counterpart: str | None
    relabelling: Relabelling | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Certificate:
    """The claim that the reduced model computes what the original does, with its reasons.

    `tensors` holds the tensors that are not simply themselves. Digests are None for
    networks that are no files (yet).
    """

    tensors: Mapping[str, Entry]
    original: Digest | None = None
    reduced: Digest | None = None
    provenance: Mapping[str, Any] = field(default_factory=dict)

    def __repr__(self) -> str:
        changed = [e.relabelling for e in self.tensors.values() if e.relabelling is not None]
        before = sum(found.units for found in changed)
        after = sum(found.width for found in changed)
        return f"<Certificate: {len(changed)} tensors relabelled, {before} units to {after}>"


def encode(certificate: Certificate) -> bytes:
    """The certificate's canonical text.

    Raises
    ------
    Malformed
        If it does not say which files it is for.
    """
    if certificate.original is None or certificate.reduced is None:
        raise Malformed("certificate", expected="digests of both models", got="none")
    document = {
        "format": FORMAT,
        "version": VERSION,
        "semantics": SEMANTICS,
        "provenance": dict(certificate.provenance),
        "original": _digest_document(certificate.original),
        "reduced": _digest_document(certificate.reduced),
        "tensors": {name: _entry_document(e) for name, e in certificate.tensors.items()},
    }
    body = json.dumps(document, sort_keys=True, ensure_ascii=True, separators=(",", ":"))
    return body.encode() + b"\n"


def _digest_document(digest: Digest) -> dict[str, Any]:
    return {"sha256": digest.sha256, "external": dict(digest.external)}


def _entry_document(entry: Entry) -> dict[str, Any]:
    found = entry.relabelling
    if found is None:
        return {"counterpart": entry.counterpart, "rule": "derived"}
    document: dict[str, Any] = {
        "counterpart": entry.counterpart,
        "rule": "lumping",
        "width": found.width,
        "ghosts": found.ghosts,
        "block": [int(j) if j >= 0 else None for j in found.block],
    }
    used = found.block >= 0
    if not equal(found.scale[used], np.ones(int(used.sum()))).all():
        scales = zip(used, rationals(found.scale), strict=True)
        document["scale"] = [text(value) if counts else "1" for counts, value in scales]
    if found.has_constants:
        document["constant"] = [text(value) for value in rationals(found.constant)]
    return document


def decode(data: bytes, *, where: str = "certificate") -> Certificate:
    """The certificate that `data` encodes, read strictly.

    Raises
    ------
    Malformed
        For anything but a version 1 certificate: floats, duplicate or unknown members,
        numbers not in lowest terms, indices out of range, sizes that do not fit, more than
        `MOST_BYTES` bytes, `MOST_BRACKETS` lists and objects, `MOST_DIGITS` in a number.
    """
    document = _load(data, where)
    _members(document, where, {"format", "version", "semantics", "provenance", "original",
                               "reduced", "tensors"})  # fmt: skip
    for name, value in (("format", FORMAT), ("version", VERSION), ("semantics", SEMANTICS)):
        if document[name] != value or type(document[name]) is not type(value):
            raise Malformed(f"{where}: {name}", expected=repr(value), got=_short(document[name]))
    tensors = _object(document["tensors"], f"{where}: tensors")
    return Certificate(
        {name: _entry(value, f"{where}: {name}") for name, value in tensors.items()},
        _digest(document["original"], f"{where}: original"),
        _digest(document["reduced"], f"{where}: reduced"),
        _provenance(document["provenance"], f"{where}: provenance"),
    )


def _bounded(data: bytes, where: str) -> None:
    """Sizes are bounded before anything is allocated for them."""
    brackets = data.count(b"[") + data.count(b"{")
    if len(data) > MOST_BYTES:
        raise Malformed(where, expected=f"at most {MOST_BYTES} bytes", got=str(len(data)))
    if brackets > MOST_BRACKETS:
        raise Malformed(where, expected=f"at most {MOST_BRACKETS} brackets", got=str(brackets))
    depth, bracket = 0, _TO_BRACKET.match(data)
    while bracket is not None:
        depth += 1 if bracket[1] in b"[{" else -1
        if depth > MOST_DEPTH:
            raise Malformed(where, expected=f"at most {MOST_DEPTH} levels", got="deeper nesting")
        bracket = _TO_BRACKET.match(data, bracket.end())


def _load(data: bytes, where: str) -> dict[str, Any]:
    _bounded(data, where)

    def pairs(items: list[tuple[str, Any]]) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for name, value in items:
            if name in found:
                raise Malformed(where, expected="distinct members", got=f"{name[:40]!r} twice")
            found[name] = value
        return found

    def whole(token: str) -> int:
        if _INDEX.fullmatch(token) is None:
            raise Malformed(where, expected="an index", got=token[:40])
        return int(token)

    def refuse(token: str) -> NoReturn:
        raise Malformed(where, expected="rationals as 'p/q' strings", got=token[:40])

    try:
        document = json.loads(
            data.decode("utf-8"),
            object_pairs_hook=pairs,
            parse_int=whole,
            parse_float=refuse,
            parse_constant=refuse,
        )
    except LumpverError:
        raise
    except ValueError as error:
        raise Malformed(where, expected="JSON", got=str(error)[:80]) from error
    return _object(document, where)


def _object(value: Any, where: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise Malformed(where, expected="an object", got=_short(value))
    return value


def _members(value: dict[str, Any], where: str, required: set[str], optional: frozenset[str] =
             frozenset()) -> None:  # fmt: skip
    missing = sorted(required - set(value))
    if missing:
        raise Malformed(where, expected=f"a member {missing[0]!r}", got="none")
    extra = sorted(set(value) - required - optional)
    if extra:
        raise Malformed(where, expected="known members only", got=repr(extra[0][:40]))


def _provenance(value: Any, where: str) -> dict[str, Any]:
    """What made the certificate; informational, but of known members and plain text."""
    found = _object(value, where)
    _members(found, where, set(), _PROVENANCE)
    options = _object(found.get("options", {}), f"{where}: options")
    for name, words in [*found.items(), *options.items()]:
        listed = words if isinstance(words, list) else [words]
        if name != "options" and not all(isinstance(word, str) for word in listed):
            raise Malformed(f"{where}: {name}", expected="text or a list of it", got=_short(words))
    return found


def _digest(value: Any, where: str) -> Digest:
    found = _object(value, where)
    _members(found, where, {"sha256", "external"})
    external = _object(found["external"], f"{where}: external")
    for name, digest in [("sha256", found["sha256"]), *external.items()]:
        if not isinstance(digest, str) or _HEX.fullmatch(digest) is None:
            raise Malformed(
                f"{where}: {name}", expected="64 lower-case hex digits", got=_short(digest)
            )
    return Digest(found["sha256"], external)


def _entry(value: Any, where: str) -> Entry:
    found = _object(value, where)
    counterpart = found.get("counterpart", "")
    if counterpart is not None and (not isinstance(counterpart, str) or not counterpart):
        raise Malformed(f"{where}: counterpart", expected="a name or null", got=_short(counterpart))
    if found.get("rule") == "derived":
        _members(found, where, {"counterpart", "rule"})
        return Entry(counterpart)
    if found.get("rule") != "lumping":
        raise Malformed(
            f"{where}: rule", expected="'lumping' or 'derived'", got=_short(found.get("rule"))
        )
    _members(found, where, {"counterpart", "rule", "width", "ghosts", "block"},
             frozenset({"scale", "constant"}))  # fmt: skip
    return Entry(counterpart, _relabelling(found, where))


def _relabelling(found: dict[str, Any], where: str) -> Relabelling:
    blocks = found["block"]
    if not isinstance(blocks, list):
        raise Malformed(f"{where}: block", expected="a list", got=_short(blocks))
    n = len(blocks)
    width = _index(found["width"], n + 1, f"{where}: width")
    ghosts = _index(found["ghosts"], n + 1 - width, f"{where}: ghosts")
    block = np.full(n, -1, dtype=np.int64)
    for v, j in enumerate(blocks):
        if j is not None:
            block[v] = _index(j, width + ghosts, f"{where}: block[{v}]")
    scale = _numbers(found, "scale", n, ONE, where)
    constant = _numbers(found, "constant", n, ZERO, where)
    if not nonzero(scale).all():
        raise Malformed(f"{where}: scale", expected="scales other than 0", got="0")
    if not equal(scale[block < 0], np.ones(int((block < 0).sum()))).all():
        raise Malformed(f"{where}: scale", expected="1 where the block is null", got="another")
    return Relabelling(block, scale, constant, width, ghosts)


def _index(value: Any, end: int, where: str) -> int:
    if type(value) is not int or not 0 <= value < end:
        raise Malformed(where, expected=f"an index below {end}", got=_short(value))
    return value


def _numbers(entry: dict[str, Any], name: str, n: int, default: fmpq, where: str) -> Exact:
    """The numbers of a member; if it is not there each is the default, else one is not."""
    place = f"{where}: {name}"
    if name not in entry:
        return zeros(n) + float(default == ONE)
    value = entry[name]
    if not isinstance(value, list) or len(value) != n:
        raise Malformed(place, expected=f"a list of {n}", got=_short(value))
    found = np.empty(n, dtype=object)
    for i, token in enumerate(value):
        if isinstance(token, str) and len(token) > MOST_DIGITS:
            raise Malformed(
                f"{place}[{i}]", expected=f"at most {MOST_DIGITS} digits", got=str(len(token))
            )
        found[i] = parse(token, where=f"{place}[{i}]")
    if not (found != default).any():
        raise Malformed(place, expected="no such member", got=f"{text(default)} everywhere")
    return compact(found)


def _short(value: Any) -> str:
    shown = repr(value) if not isinstance(value, list | dict) else type(value).__name__
    return shown if len(shown) <= 60 else shown[:57] + "..."
