"""Reading a certificate strictly: it is untrusted input.

No floats, no duplicate or unknown members, numbers in lowest terms, indices that are integers
in range; sizes and depth are bounded before anything is allocated for them.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from lumpver.claim.certificate import coverings, current, older, signs
from lumpver.claim.certificate import hints as hinting
from lumpver.claim.certificate.claims import FORMAT, SEMANTICS, VERSION, Certificate, Digest
from lumpver.claim.certificate.strict import load
from lumpver.claim.domain import Boxes
from lumpver.claim.filekind import CERTIFICATE, kind_of, mistaken
from lumpver.claim.statement import Claim, claim_from
from lumpver.claim.strict import an_object, members, short
from lumpver.errors import Malformed
from lumpver.model.names import unspelled

if TYPE_CHECKING:
    from lumpver.claim.facts import Fact
    from lumpver.claim.signs import Signs

_PROVENANCE: Final = frozenset({"tool", "definition", "rules", "options"})
_HEX: Final = re.compile(r"[0-9a-f]{64}", re.ASCII)
_MEMBERS: Final = {"format", "version", "provenance", "original", "reduced"}


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
    document = load(data, where)
    version = document.get("version", VERSION)
    if type(version) is not int or version not in (1, 2, VERSION):
        raise Malformed(f"{where}: version", expected="1, 2 or 3", got=short(version))
    return _current(document, where) if version == VERSION else _older(document, version, where)


def _older(document: dict[str, Any], version: int, where: str) -> Certificate:
    members(document, where, _MEMBERS | {"semantics", "tensors"})
    _require(document, where, format=FORMAT, semantics=SEMANTICS)
    tensors = an_object(document["tensors"], f"{where}: tensors")
    facts = {
        unspelled(name, where=f"{where}: tensors"): (
            older.fact(value, f"{where}: {name}", version),
        )
        for name, value in tensors.items()
    }
    found = _certificate(document, facts, Claim(), version, where)
    if older.needed(one for (one,) in facts.values()) != version:
        raise Malformed(f"{where}: version", expected="1", got="2 without need")
    return found


def _current(document: dict[str, Any], where: str) -> Certificate:
    reasons = "covering" if "covering" in document else "tensors"
    beside = {"hints", "signs", "straight"}
    more = frozenset(beside if reasons == "tensors" else {"nearly"})
    members(document, where, _MEMBERS | {"claim", reasons}, more)
    _require(document, where, format=FORMAT)
    claim = _claim(document["claim"], f"{where}: claim")
    if reasons == "covering":
        boxes = len(claim.domain.boxes) if isinstance(claim.domain, Boxes) else 0
        covering = coverings.covering(document["covering"], boxes, f"{where}: covering")
        facts = _facts(document["nearly"], where, "nearly") if "nearly" in document else {}
        return replace(_certificate(document, facts, claim, VERSION, where), covering=covering)
    facts = _facts(document["tensors"], where, "tensors")
    found = _certificate(document, facts, claim, VERSION, where)
    if "signs" in document:
        found = replace(found, signs=_signs(document["signs"], where))
    for name in ("hints", "straight"):
        if name in document and not isinstance(claim.domain, Boxes):
            raise Malformed(f"{where}: {name}", expected="no such member without a box", got=name)
    if "straight" in document:
        found = replace(found, straight=_straight(document["straight"], f"{where}: straight"))
    if "hints" not in document or not isinstance(claim.domain, Boxes):
        return found
    boxes = len(claim.domain.boxes)
    return replace(found, hints=hinting.hints(document["hints"], boxes, f"{where}: hints"))


def _facts(value: Any, where: str, member: str) -> dict[str, tuple[Fact, ...]]:
    place = f"{where}: {member}"
    found = an_object(value, place)
    if member == "nearly" and not found:
        raise Malformed(place, expected="no such member", got="none")
    return {
        unspelled(name, where=place): current.facts(one, f"{where}: {name}")
        for name, one in found.items()
    }


def _straight(value: Any, where: str) -> tuple[str, ...]:
    """Names in rising order, none twice."""
    if not isinstance(value, list) or not value:
        raise Malformed(where, expected="a list of names", got=short(value))
    for name in value:
        if not isinstance(name, str) or not name:
            raise Malformed(where, expected="a name", got=short(name))
    if value != sorted(set(value)):
        raise Malformed(where, expected="names that rise", got="others")
    return tuple(unspelled(name, where=where) for name in value)


def _signs(value: Any, where: str) -> dict[str, Signs]:
    found = an_object(value, f"{where}: signs")
    if not found:
        raise Malformed(f"{where}: signs", expected="no such member", got="none")
    return {
        unspelled(name, where=f"{where}: signs"): signs.signs(one, f"{where}: signs of {name}")
        for name, one in found.items()
    }


def _claim(value: Any, where: str) -> Claim:
    """The claim; what is wrong with its numbers is said with their place."""
    try:
        return claim_from(value, where=where)
    except Malformed as error:
        if error.where.startswith(where):
            raise
        place = f"{where}: {error.where}"
        raise Malformed(place, expected=error.expected, got=error.got) from error


def _require(document: dict[str, Any], where: str, **values: Any) -> None:
    for name, value in values.items():
        if document[name] != value:
            raise Malformed(f"{where}: {name}", expected=repr(value), got=short(document[name]))


def _certificate(
    document: dict[str, Any], facts: Any, claim: Claim, version: int, where: str
) -> Certificate:
    return Certificate(
        facts,
        _digest(document["original"], f"{where}: original"),
        _digest(document["reduced"], f"{where}: reduced"),
        _provenance(document["provenance"], f"{where}: provenance"),
        claim,
        version,
    )


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
