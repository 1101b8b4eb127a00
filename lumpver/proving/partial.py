"""Coverings that are not whole yet: what a search that was stopped leaves, to be gone on from.

Nothing of it is believed: all parts are checked before a certificate is written.

open: the numbers of a tree's parts, in their order, on which nothing is shown yet
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from lumpver.claim.certificate import Certificate, decode, encode
from lumpver.claim.certificate.claims import FORMAT
from lumpver.claim.certificate.strict import load
from lumpver.claim.closeness import near
from lumpver.claim.semantics import arithmetic
from lumpver.claim.strict import a_list, short
from lumpver.errors import Malformed
from lumpver.version import __version__

if TYPE_CHECKING:
    from collections.abc import Callable

    from lumpver.claim.certificate import Digest
    from lumpver.claim.covering import Covering
    from lumpver.claim.statement import Claim

PARTIAL: Final = "lumpver-covering"


@dataclass(frozen=True, slots=True, eq=False)
class Partial:
    """A covering, of whose parts some are open, and what is to be shown on each."""

    claim: Claim
    covering: Covering
    open: tuple[tuple[int, ...], ...]

    @property
    def waiting(self) -> int:
        """How many parts are open."""
        return sum(map(len, self.open))


def unkept(found: Partial) -> None:
    """Nobody keeps it."""
    del found


@dataclass(frozen=True, slots=True)
class Course:
    """How a search goes: from where, how many parts it may look at, who keeps what it leaves.

    With `parts` what it leaves depends on neither time nor the number of processes. Where a
    covering is `wanted`, one is sought for models that are shown to be equal, too.
    """

    parts: int | None = None
    begun: Partial | None = None
    keep: Callable[[Partial], None] = field(default=unkept, compare=False)
    wanted: bool = False


WHOLE: Final = Course()


def written(found: Partial, original: Digest, reduced: Digest) -> bytes:
    """A partial covering of two files as text; no certificate, and `check` says so."""
    whole = Certificate(
        {},
        original,
        reduced,
        {"tool": f"lumpver {__version__}"},
        found.claim,
        covering=found.covering,
    )
    document = json.loads(encode(whole)) | {"format": PARTIAL, "open": found.open}
    return json.dumps(document, sort_keys=True, separators=(",", ":")).encode() + b"\n"


def read(data: bytes, original: Digest, reduced: Digest, *, where: str) -> Partial:
    """What `written` has written of these files.

    Raises
    ------
    Malformed
        If it is anything else.
    """
    document = dict(load(data, where))
    if document.get("format") != PARTIAL or "open" not in document:
        got = short(document.get("format"))
        raise Malformed(where, expected="a partial covering, as prove leaves it", got=got)
    parts = document.pop("open")
    text = json.dumps(document | {"format": FORMAT}).encode()
    found = decode(text, where=where)
    if found.covering is None:
        raise Malformed(where, expected="a covering", got="none")
    _same_files(found, original, reduced, where)
    trees = found.covering.trees
    numbers = a_list(parts, f"{where}: open", len(trees))
    sizes = [int((tree == 0).sum()) for tree in trees]
    kept = tuple(_open(some, size, where) for some, size in zip(numbers, sizes, strict=True))
    return Partial(found.claim, found.covering, kept)


def _same_files(found: Certificate, original: Digest, reduced: Digest, where: str) -> None:
    """It is of these two files, in this order; which is not is said."""
    if (found.original, found.reduced) == (reduced, original) and original != reduced:
        raise Malformed(where, expected="a covering of these files", got="one of B and A")
    for name, ours, theirs in (("A", found.original, original), ("B", found.reduced, reduced)):
        if ours != theirs:
            got = "none" if ours is None else f"one of {ours.sha256}"
            expected = f"a covering of {name}, whose SHA-256 is {theirs.sha256}"
            raise Malformed(where, expected=expected, got=got)


def fits(found: Partial, claim: Claim) -> None:
    """A partial covering is about what is asked.

    Raises
    ------
    Malformed
        If it is not, naming what differs.
    """
    kept = found.claim
    parts = (
        ("closeness", near(claim.closeness), near(kept.closeness)),
        ("domain", claim.covered, kept.covered),
        ("semantics", arithmetic(claim.semantics), arithmetic(kept.semantics)),
    )
    same = (claim.closeness, claim.domain, claim.semantics)
    others = (kept.closeness, kept.domain, kept.semantics)
    for (name, ours, theirs), one, other in zip(parts, same, others, strict=True):
        if one != other:
            got = theirs if theirs != ours else "another"
            raise Malformed(f"covering to go on from: {name}", expected=ours, got=got)
    if claim != kept:
        raise Malformed("covering to go on from", expected=str(claim), got=str(kept))


def _open(value: Any, parts: int, where: str) -> tuple[int, ...]:
    found = a_list(value, f"{where}: open")
    ascending = all(type(i) is int for i in found) and found == sorted(set(found))
    if not ascending or (found and not 0 <= found[0] <= found[-1] < parts):
        expected = f"numbers of some of {parts} parts, in order"
        raise Malformed(f"{where}: open", expected=expected, got=short(found))
    return tuple(found)
