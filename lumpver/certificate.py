"""Certificates: the relabelling of every tensor that changed, as a small strict file.

What the checker can recompute is not stored; the size grows with the units. The format is
JSON with sorted keys, numbers as `"p/q"`; reading refuses everything `encode` would not
write, except that members may stand in any order.

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
MOST_BYTES: Final = 2**28
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
        numbers not in lowest terms, indices out of range, sizes that do not fit.
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
        _object(document["provenance"], f"{where}: provenance"),
    )


def _load(data: bytes, where: str) -> dict[str, Any]:
    if len(data) > MOST_BYTES:
        raise Malformed(where, expected=f"at most {MOST_BYTES} bytes", got=str(len(data)))

    def pairs(items: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(items)
        if len(found) != len(items):
            names = [name for name, _ in items]
            twice = next(name for name in names if names.count(name) > 1)
            raise Malformed(where, expected="distinct members", got=f"{twice[:40]!r} twice")
        return found

    def refuse(token: str) -> NoReturn:
        raise Malformed(where, expected="rationals as 'p/q' strings", got=token[:40])

    try:
        document = json.loads(
            data.decode("utf-8"),
            object_pairs_hook=pairs,
            parse_float=refuse,
            parse_constant=refuse,
        )
    except LumpverError:
        raise
    except RecursionError as error:
        raise Malformed(where, expected="little nesting", got="too much") from error
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
    scale = _numbers(found.get("scale"), n, ONE, f"{where}: scale")
    constant = _numbers(found.get("constant"), n, ZERO, f"{where}: constant")
    if not nonzero(scale).all():
        raise Malformed(f"{where}: scale", expected="scales other than 0", got="0")
    return Relabelling(block, scale, constant, width, ghosts)


def _index(value: Any, end: int, where: str) -> int:
    if type(value) is not int or not 0 <= value < end:
        raise Malformed(where, expected=f"an index below {end}", got=_short(value))
    return value


def _numbers(value: Any, n: int, default: fmpq, where: str) -> Exact:
    if value is None:
        return zeros(n) + float(default == ONE)
    if not isinstance(value, list) or len(value) != n:
        raise Malformed(where, expected=f"a list of {n}", got=_short(value))
    found = np.empty(n, dtype=object)
    for i, token in enumerate(value):
        found[i] = parse(token, where=f"{where}[{i}]")
    return compact(found)


def _short(value: Any) -> str:
    shown = repr(value) if not isinstance(value, list | dict) else type(value).__name__
    return shown if len(shown) <= 60 else shown[:57] + "..."
