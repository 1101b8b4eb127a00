"""Certificates read strictly: what `encode` would not write is refused.

But for spaces, escapes in strings and the order of members. Sizes are bounded before
anything is allocated for them: a certificate is untrusted input.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, Final, NoReturn

import numpy as np

from lumpver.claim.certificate.claims import FORMAT, SEMANTICS, VERSIONS, Certificate, Digest, Entry
from lumpver.claim.filekind import CERTIFICATE, kind_of, mistaken
from lumpver.claim.strict import an_object, members, rational, short
from lumpver.errors import LumpverError, Malformed
from lumpver.exact.array import Exact, compact, equal, nonzero, zeros
from lumpver.exact.scalar import ONE, ZERO, text
from lumpver.model.names import unspelled
from lumpver.model.relabelling import Mixed, Relabelling

if TYPE_CHECKING:
    from flint import fmpq

    from lumpver.model.relabelling import Indices

MOST_BYTES: Final = 2**26
MOST_BRACKETS: Final = 2**20
MOST_DEPTH: Final = 8
_TO_BRACKET: Final = re.compile(rb'(?:[^]["{}]++|"(?:[^"\\]|\\.)*+")*+([][{}])', re.DOTALL)
_INDEX: Final = re.compile(r"0|[1-9][0-9]{0,9}", re.ASCII)
_PROVENANCE: Final = frozenset({"tool", "definition", "rules", "options"})
_SINCE_2: Final = frozenset({"mixed", "off"})
_HEX: Final = re.compile(r"[0-9a-f]{64}", re.ASCII)


def decode(data: bytes, *, where: str = "certificate") -> Certificate:
    """The certificate that `data` encodes, read strictly.

    Raises
    ------
    Malformed
        For anything but a certificate of these versions: floats, duplicate or unknown members,
        numbers not in lowest terms, indices out of range, sizes that do not fit, more than
        `MOST_BYTES` bytes, `MOST_BRACKETS` lists and objects, `MOST_DIGITS` in a number. Where
        it is a model or another kind of file, the message says so.
    """
    try:
        return _decoded(data, where)
    except Malformed as error:
        if said := mistaken(where, data, CERTIFICATE):
            raise Malformed(where, expected=CERTIFICATE, got=kind_of(data), said=said) from error
        raise


def _decoded(data: bytes, where: str) -> Certificate:
    document = _load(data, where)
    members(document, where, {"format", "version", "semantics", "provenance", "original",
                              "reduced", "tensors"})  # fmt: skip
    for name, value in (("format", FORMAT), ("semantics", SEMANTICS)):
        if document[name] != value:
            raise Malformed(f"{where}: {name}", expected=repr(value), got=short(document[name]))
    version = document["version"]
    if type(version) is not int or version not in VERSIONS:
        raise Malformed(f"{where}: version", expected="1 or 2", got=short(version))
    tensors = an_object(document["tensors"], f"{where}: tensors")
    found = Certificate(
        {
            unspelled(name, where=f"{where}: tensors"): _entry(value, f"{where}: {name}", version)
            for name, value in tensors.items()
        },
        _digest(document["original"], f"{where}: original"),
        _digest(document["reduced"], f"{where}: reduced"),
        _provenance(document["provenance"], f"{where}: provenance"),
    )
    if found.version != version:
        raise Malformed(f"{where}: version", expected="1", got="2 without need")
    return found


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
    return an_object(document, where)


def _provenance(value: Any, where: str) -> dict[str, Any]:
    """What made the certificate; informational, but of known members and plain text."""
    found = an_object(value, where)
    members(found, where, set(), _PROVENANCE)
    options = an_object(found.get("options", {}), f"{where}: options")
    for name, words in [*found.items(), *options.items()]:
        listed = words if isinstance(words, list) else [words]
        if name != "options" and not all(isinstance(word, str) for word in listed):
            raise Malformed(f"{where}: {name}", expected="text or a list of it", got=short(words))
    return found


def _digest(value: Any, where: str) -> Digest:
    found = an_object(value, where)
    members(found, where, {"sha256", "external"})
    external = an_object(found["external"], f"{where}: external")
    for name, digest in [("sha256", found["sha256"]), *external.items()]:
        if not isinstance(digest, str) or _HEX.fullmatch(digest) is None:
            raise Malformed(
                f"{where}: {name}", expected="64 lower-case hex digits", got=short(digest)
            )
    return Digest(found["sha256"], external)


def _entry(value: Any, where: str, version: int) -> Entry:
    found = an_object(value, where)
    counterpart = found.get("counterpart", "")
    if counterpart is not None and (not isinstance(counterpart, str) or not counterpart):
        raise Malformed(f"{where}: counterpart", expected="a name or null", got=short(counterpart))
    if counterpart is not None:
        counterpart = unspelled(counterpart, where=f"{where}: counterpart")
    if found.get("rule") == "derived":
        members(found, where, {"counterpart", "rule"})
        return Entry(counterpart)
    if found.get("rule") != "lumping":
        raise Malformed(
            f"{where}: rule", expected="'lumping' or 'derived'", got=short(found.get("rule"))
        )
    members(found, where, {"counterpart", "rule", "width", "ghosts", "block"},
            frozenset({"scale", "constant", *_SINCE_2} if version > 1 else {"scale", "constant"})
            )  # fmt: skip
    return Entry(counterpart, _relabelling(found, where))


def _relabelling(found: dict[str, Any], where: str) -> Relabelling:
    blocks = found["block"]
    if not isinstance(blocks, list):
        raise Malformed(f"{where}: block", expected="a list", got=short(blocks))
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
    mixed = _mixed(found["mixed"], block, width + ghosts, where) if "mixed" in found else Mixed()
    off = np.zeros(0, dtype=np.int64)
    if "off" in found:
        off = _rising(_indices(found["off"], width + ghosts, f"{where}: off"), f"{where}: off")
    if off.size and off[0] < width:
        raise Malformed(f"{where}: off", expected=f"ghosts, from {width}", got=str(off[0]))
    return Relabelling(block, scale, constant, width, ghosts, mixed, off)


def _mixed(value: Any, blocks: Indices, columns: int, where: str) -> Mixed:
    """Rows with several entries, by unit and then block; such units have no block."""
    place = f"{where}: mixed"
    found = an_object(value, place)
    members(found, place, {"unit", "block", "scale"})
    unit = _indices(found["unit"], blocks.size, f"{place}: unit")
    block = _indices(found["block"], columns, f"{place}: block")
    if block.size != unit.size:
        raise Malformed(f"{place}: block", expected=f"a list of {unit.size}", got=str(block.size))
    _rising(unit * columns + block, place)
    alone = np.flatnonzero(np.bincount(unit, minlength=blocks.size) == 1)
    if alone.size:
        raise Malformed(f"{place}: unit", expected="several entries", got=f"one for {alone[0]}")
    if (blocks[unit] >= 0).any():
        raise Malformed(f"{place}: unit", expected="units whose block is null", got="another")
    scale = _rationals(found["scale"], unit.size, f"{place}: scale")
    if not nonzero(scale).all():
        raise Malformed(f"{place}: scale", expected="scales other than 0", got="0")
    return Mixed(unit, block, scale)


def _indices(value: Any, end: int, where: str) -> Indices:
    if not isinstance(value, list) or not value:
        raise Malformed(where, expected="a list that is not empty", got=short(value))
    found = [_index(index, end, f"{where}[{i}]") for i, index in enumerate(value)]
    return np.array(found, dtype=np.int64)


def _rising(indices: Indices, where: str) -> Indices:
    if not (np.diff(indices) > 0).all():
        raise Malformed(where, expected="rising order, nothing twice", got="another")
    return indices


def _index(value: Any, end: int, where: str) -> int:
    if type(value) is not int or not 0 <= value < end:
        raise Malformed(where, expected=f"an index below {end}", got=short(value))
    return value


def _numbers(entry: dict[str, Any], name: str, n: int, default: fmpq, where: str) -> Exact:
    """The numbers of a member; if it is not there each is the default, else one is not."""
    place = f"{where}: {name}"
    if name not in entry:
        return zeros(n) + float(default == ONE)
    found = _rationals(entry[name], n, place)
    if equal(found, np.full(n, float(default == ONE))).all():
        raise Malformed(place, expected="no such member", got=f"{text(default)} everywhere")
    return found


def _rationals(value: Any, n: int, where: str) -> Exact:
    if not isinstance(value, list) or len(value) != n:
        raise Malformed(where, expected=f"a list of {n}", got=short(value))
    found = np.empty(n, dtype=object)
    for i, token in enumerate(value):
        found[i] = rational(token, f"{where}[{i}]")
    return compact(found)
