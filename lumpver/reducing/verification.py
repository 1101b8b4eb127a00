"""Checking files: digests first, then the claim.

The three files are untrusted except that the original is what the user means.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from lumpver.checker import Checked, check
from lumpver.claim.statement import EVERYTHING, Claim
from lumpver.errors import DigestMismatch
from lumpver.exact.unit import require_exact_unit
from lumpver.io.certificates import load_certificate
from lumpver.io.files import Model, format_of, load, parsed
from lumpver.io.naming import told
from lumpver.io.reading import read_bytes, sha256

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lumpver.claim.certificate import Certificate, Digest


def check_files(
    original: Path | str,
    reduced: Path | str,
    certificate: Path | str,
    *,
    claim: Claim = EVERYTHING,
) -> Checked:
    """The certificate was made for these two models, is right, and says what `claim` does.

    Raises
    ------
    ClaimsLess
        If it claims less.
    Rejected
        If what it claims fails.
    DigestMismatch
        If the certificate is for other files.
    Unreadable, Malformed
        If a file cannot be read as what it should be.
    """
    return _checked(*read_claim(original, reduced, certificate), claim)


def read_claim(
    original: Path | str, reduced: Path | str, certificate: Path | str
) -> tuple[Model, Model, Certificate]:
    """Both models and the certificate, which was made for these files.

    Raises
    ------
    DigestMismatch
        If the certificate is for other files.
    Unreadable, Malformed
        If a file cannot be read as what it should be.
    """
    require_exact_unit()
    claim = load_certificate(Path(certificate))
    ours, place = load(original), Path(reduced)
    format_of(place)
    theirs = again(place, read_bytes(place), ours)
    same_digests(ours, theirs, claim)
    return ours, theirs, claim


def again(
    path: Path, data: bytes, other: Model, *, moved: Mapping[str, Path] | None = None
) -> Model:
    """The model that the bytes of `path` hold; the other's network if they are its bytes.

    External data may be `moved` for now.
    """
    same_format = format_of(path) == format_of(other.path)
    if same_format and data == other.data and not moved and _has_its_data(path, other):
        return replace(other, path=path)
    return parsed(path, data, like=other, moved=moved)


def _has_its_data(path: Path, other: Model) -> bool:
    """Whether the external data of the other model is there for one at `path`, unchanged."""
    external = other.digest.external
    folders = {os.path.realpath(place.parent) for place in (path, other.path)}
    return not external or (
        len(folders) == 1
        and all(sha256(path.parent / name) == digest for name, digest in external.items())
    )


def check_models(
    original: Model, reduced: Model, certificate: Certificate, *, claim: Claim = EVERYTHING
) -> Checked:
    """The same for models that were read already.

    Raises
    ------
    ClaimsLess, Rejected, DigestMismatch
        As for `check_files`.
    """
    same_digests(original, reduced, certificate)
    return _checked(original, reduced, certificate, claim)


def _checked(original: Model, reduced: Model, certificate: Certificate, claim: Claim) -> Checked:
    checked = check(original.network, reduced.network, certificate, claim=claim)
    named = told(original, reduced, but=original.digest.sha256)
    notes = (*checked.notes, *original.notes, *reduced.notes, *named)
    return replace(checked, notes=tuple(dict.fromkeys(notes)))


def same_digests(original: Model | None, reduced: Model | None, certificate: Certificate) -> None:
    """The certificate names these files; a side that is None is no file and has no digest.

    Raises
    ------
    DigestMismatch
        If it names others.
    """
    sides = (
        ("original", original, certificate.original),
        ("reduced model", reduced, certificate.reduced),
    )
    given = [_Side(role, model, digest) for role, model, digest in sides if model is not None]
    if not all(side.fits for side in given):
        raise _mixed_up(given, certificate)
    for side in given:
        side.same_external()


@dataclass(frozen=True, slots=True)
class _Side:
    """One of the two models, and the digest that the certificate gives it."""

    role: str
    model: Model
    claimed: Digest | None

    @property
    def path(self) -> str:
        return str(self.model.path)

    @property
    def sha256(self) -> str:
        return self.model.digest.sha256

    @property
    def expected(self) -> str:
        return "none" if self.claimed is None else self.claimed.sha256

    @property
    def fits(self) -> bool:
        return self.sha256 == self.expected

    def same_external(self) -> None:
        found = dict(self.model.digest.external)
        expected = {} if self.claimed is None else dict(self.claimed.external)
        if found != expected:
            both = sorted({*found, *expected})
            other = ", ".join(name for name in both if found.get(name) != expected.get(name))
            raise DigestMismatch(
                f"{self.path}: external data",
                expected=str(expected),
                got=str(found),
                said=f"the external data of {self.path} are not those that this certificate was"
                f" made for: {other}",
            )


def _mixed_up(given: list[_Side], certificate: Certificate) -> DigestMismatch:
    """The error that says which file is not the certificate's, and what it is instead."""
    wrong = [side for side in given if not side.fits]
    first, last = wrong[0], wrong[-1]
    files = " and ".join(side.path for side in wrong)
    others = {digest.sha256 for digest in (certificate.original, certificate.reduced) if digest}
    if any(side.claimed is None for side in wrong):
        said = f"this certificate was made in memory, for no file: not for {files}"
    elif first is not last and (first.sha256, last.sha256) == (last.expected, first.expected):
        said = f"the two models were swapped: {last.path} is the original, which comes first"
    elif first is not last:
        said = f"this certificate was made for other models than {files}"
    elif first.sha256 in others:
        right = "reduced model" if first.role == "original" else "original"
        said = f"{first.path} is this certificate's {right}, where its {first.role} was expected"
    else:
        said = f"this certificate was made for another {first.role} than {files}"
    return DigestMismatch(files, expected=f"SHA-256 {first.expected}", got=first.sha256, said=said)
