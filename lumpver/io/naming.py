"""What a reduced ONNX file says of itself: which model it is equal to, and for which inputs.

That is for whoever meets the file alone. It is no evidence, and nobody here believes it: what a
certificate claims is in the certificate.

name: `lumpver.claim`, a certificate's claim as text, and `lumpver.original`, the SHA-256 of the
    model that it is about, in the metadata of the file
earlier: names of models that a model was made from in turn, where they hold for some inputs only
brief: a domain as its SHA-256 and words, where its numbers are many
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Final

from lumpver.claim.certificate.strict import load
from lumpver.claim.closeness import near
from lumpver.claim.document import ALL
from lumpver.claim.domain import Boxes, described
from lumpver.claim.statement import EVERYTHING, Claim, claim_from
from lumpver.claim.strict import a_list, an_object, members, short
from lumpver.errors import Malformed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from onnx import ModelProto

    from lumpver.io.files import Model
    from lumpver.model.network import Network

CLAIM: Final = "lumpver.claim"
ORIGINAL: Final = "lumpver.original"
EARLIER: Final = "lumpver.earlier"
MOST: Final = 2048  # characters of a claim that is written out
MOST_WORDS: Final = 400
MOST_EARLIER: Final = 16
_KEYS: Final = (CLAIM, ORIGINAL, EARLIER)
_MOST_READ: Final = 2**16
_AROUND: Final = 10  # bytes that say of a key and a text how long they are
_HEX: Final = re.compile(r"[0-9a-f]{64}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Name:
    """What is said: a claim as canonical text and in words, and the digest of the original.

    `limited` says that the claim is less than everything.
    """

    claim: str
    words: str
    original: str
    limited: bool

    @property
    def size(self) -> int:
        """About how many bytes of a file it takes, and no fewer."""
        return sum(map(len, (CLAIM, self.claim, ORIGINAL, self.original))) + 2 * _AROUND

    def as_dict(self) -> dict[str, Any]:
        """The name as JSON."""
        return {"claim": json.loads(self.claim), "original": self.original}


@dataclass(frozen=True, slots=True)
class Names:
    """A file's own name, if it has one, and those of what it was made from that are limited."""

    own: Name | None = None
    earlier: tuple[Name, ...] = ()

    @property
    def limited(self) -> tuple[Name, ...]:
        """All that hold for some inputs only."""
        own = () if self.own is None or not self.own.limited else (self.own,)
        return (*own, *self.earlier)

    def as_dict(self) -> dict[str, Any]:
        """What `lumpver inspect --json` prints of them."""
        own = {} if self.own is None else self.own.as_dict()
        return own | {"earlier": [name.as_dict() for name in self.earlier]}


def named(claim: Claim, original: str) -> Name:
    """The name of what a certificate with this claim is for, made of the file of that digest.

    Examples
    --------
    >>> from lumpver.claim.domain import Box
    >>> found = named(Claim(Boxes((Box.of({"x": [(0, "1/2")] * 500}),))), "0" * 64)
    >>> found.words
    'equal on the box with all 500 entries of x from 0 to 1/2'
    >>> len(found.claim) < MOST
    True
    """
    document = claim.as_document()
    if len(_text(document)) > MOST:
        document = document | {"domain": _brief(claim)}
    return _name(document, original)


def names_of(network: Network) -> Names:
    """The names in the file that a network was read from.

    Raises
    ------
    Malformed
        If something else is under these keys.
    """
    model = getattr(network.source, "model", None)
    return Names() if model is None else _names(model)


def rename(model: ModelProto, name: Name | None) -> None:
    """The model has this name, if any, and what it was made from keeps its limited ones."""
    try:
        had = _names(model).limited[:MOST_EARLIER]
    except Malformed:
        had = ()
    kept = [prop for prop in model.metadata_props if prop.key not in _KEYS]
    if len(kept) < len(model.metadata_props):
        del model.metadata_props[:]
        model.metadata_props.extend(kept)
    if name is not None:
        model.metadata_props.add(key=CLAIM, value=name.claim)
        model.metadata_props.add(key=ORIGINAL, value=name.original)
    if had:
        names = [one.as_dict() | {"claim": _short(one)} for one in had]
        model.metadata_props.add(key=EARLIER, value=_text({"names": names}))


def told(*models: Model, but: str = "") -> tuple[str, ...]:
    """A sentence for each limited name of these models, and for each that cannot be read.

    A file's own name needs none where it is for the original with the digest `but`.
    """
    found: dict[tuple[str, str], str] = {}
    unclear: list[str] = []
    for model in models:
        file = model.path.name
        try:
            names = names_of(model.network)
        except Malformed as error:
            unclear.append(f"what {file} says of itself cannot be read ({error})")
            continue
        for name in names.limited:
            if name is names.own and name.original == but:
                continue
            of = file if name is names.own else f"what {file} was made from"
            found.setdefault((name.words, name.original), _sentence(of, name))
    return (*found.values(), *unclear)


def lines_of(model: Model) -> tuple[str, ...]:
    """What a file says of itself, in sentences; none where it says nothing."""
    try:
        own = names_of(model.network).own
    except Malformed:
        own = None
    whole = () if own is None or own.limited else (_sentence(model.path.name, own),)
    return (*whole, *told(model))


def _sentence(of: str, name: Name) -> str:
    some = " for some inputs only" if name.limited else ""
    return (
        f"{of} was reduced{some}: by its own words, it and the model with SHA-256"
        f" {name.original[:12]}… are {name.words}"
    )


def _names(model: ModelProto) -> Names:
    """The names in a model's metadata."""
    found: dict[str, str] = {}
    for prop in model.metadata_props:
        if prop.key in _KEYS:
            if prop.key in found or not isinstance(prop.value, str):
                raise Malformed(prop.key, expected="one text", got="another")
            found[prop.key] = prop.value
    if (CLAIM in found) != (ORIGINAL in found):
        raise Malformed(CLAIM, expected=f"{ORIGINAL} beside it", got="one of them")
    own = _name(_document(found[CLAIM], CLAIM), found[ORIGINAL]) if CLAIM in found else None
    return Names(own, tuple(_earlier(found[EARLIER])) if EARLIER in found else ())


def _earlier(text: str) -> Iterator[Name]:
    document = _document(text, EARLIER)
    members(document, EARLIER, {"names"})
    listed = a_list(document["names"], EARLIER)
    if len(listed) > MOST_EARLIER:
        got = str(len(listed))
        raise Malformed(EARLIER, expected=f"at most {MOST_EARLIER} names", got=got)
    for place, value in enumerate(listed):
        where = f"{EARLIER}: names[{place}]"
        found = an_object(value, where)
        members(found, where, {"claim", "original"})
        yield _name(an_object(found["claim"], where), found["original"])


def _document(text: str, where: str) -> dict[str, Any]:
    if len(text) > _MOST_READ:
        raise Malformed(where, expected=f"at most {_MOST_READ} characters", got=str(len(text)))
    return load(text.encode("utf-8", "surrogatepass"), where)


def _name(document: dict[str, Any], original: Any) -> Name:
    """The name of which the parts are these, read strictly."""
    if not isinstance(original, str) or _HEX.fullmatch(original) is None:
        raise Malformed(ORIGINAL, expected="64 lower-case hex digits", got=short(original))
    brief = _words(document.get("domain"))
    claim = claim_from(document if brief is None else document | {"domain": ALL}, where=CLAIM)
    place = claim.where if brief is None else f"on {brief}"
    limited = brief is not None or claim != EVERYTHING
    return Name(_text(document), f"{near(claim.closeness)} {place}", original, limited)


def _words(domain: Any) -> str | None:
    """The words of a brief domain; None if it is no such."""
    if not isinstance(domain, dict) or "words" not in domain:
        return None
    where = f"{CLAIM}: domain"
    members(domain, where, {"boxes", "sha256", "words"})
    words, digest, boxes = domain["words"], domain["sha256"], domain["boxes"]
    if not isinstance(words, str) or not 0 < len(words) <= MOST_WORDS:
        raise Malformed(where, expected="a few words", got=short(words))
    if not isinstance(digest, str) or _HEX.fullmatch(digest) is None:
        raise Malformed(where, expected="64 lower-case hex digits", got=short(digest))
    if type(boxes) is not int or boxes < 1:
        raise Malformed(where, expected="a number of boxes", got=short(boxes))
    return words


def _short(name: Name) -> dict[str, Any]:
    """The claim of a name with a brief domain."""
    document: dict[str, Any] = json.loads(name.claim)
    if _words(document["domain"]) is not None:
        return document
    return document | {"domain": _brief(claim_from(document))}


def _brief(claim: Claim) -> Any:
    """A domain in few characters: how many boxes, the digest of their text, and words."""
    document, domain = claim.as_document()["domain"], claim.domain
    if document == ALL or not isinstance(domain, Boxes):
        return document
    words = described(domain.boxes)
    shown = words if len(words) <= MOST_WORDS else f"{words[: MOST_WORDS - 1]}…"
    digest = sha256(_text(document).encode()).hexdigest()
    return {"boxes": len(document["boxes"]), "sha256": digest, "words": shown}


def _text(document: Any) -> str:
    return json.dumps(document, sort_keys=True, ensure_ascii=True, separators=(",", ":"))
