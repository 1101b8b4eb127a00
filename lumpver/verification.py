"""Checking files: digests first, then the claim.

The three files are untrusted except that the original is what the user means.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from lumpver.certificate import MOST_BYTES, decode
from lumpver.checker import Checked, check
from lumpver.errors import DigestMismatch
from lumpver.exact.unit import require_exact_unit
from lumpver.io.files import Model, format_of, load, parsed, read_bytes

if TYPE_CHECKING:
    from lumpver.certificate import Certificate, Digest


def check_files(original: Path | str, reduced: Path | str, certificate: Path | str) -> Checked:
    """The certificate was made for these two models, and its claim is right.

    Raises
    ------
    Rejected
        If the claim fails.
    DigestMismatch
        If the certificate is for other files.
    Unreadable, Malformed
        If a file cannot be read as what it should be.
    """
    ours, theirs, claim = read_claim(original, reduced, certificate)
    return _checked(ours, theirs, claim)


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
    claim = decode(read_bytes(Path(certificate), most=MOST_BYTES), where=str(certificate))
    ours, place = load(original), Path(reduced)
    format_of(place)
    theirs = again(place, read_bytes(place), ours)
    same_digests(ours, theirs, claim)
    return ours, theirs, claim


def again(path: Path, data: bytes, other: Model) -> Model:
    """The model that the bytes of `path` hold; the other's network if they are its bytes."""
    same_format = format_of(path) == format_of(other.path)
    if same_format and not other.digest.external and data == other.data:
        return replace(other, path=path)
    return parsed(path, data)


def check_models(original: Model, reduced: Model, certificate: Certificate) -> Checked:
    """The same for models that were read already.

    Raises
    ------
    Rejected, DigestMismatch
        As for `check_files`.
    """
    same_digests(original, reduced, certificate)
    return _checked(original, reduced, certificate)


def _checked(original: Model, reduced: Model, certificate: Certificate) -> Checked:
    checked = check(original.network, reduced.network, certificate)
    return replace(checked, notes=tuple(dict.fromkeys(original.notes + reduced.notes)))


def same_digests(original: Model | None, reduced: Model | None, certificate: Certificate) -> None:
    """The certificate names these files; a side that is None is no file and has no digest.

    Raises
    ------
    DigestMismatch
        If it names others.
    """
    for model, claimed in ((original, certificate.original), (reduced, certificate.reduced)):
        if model is not None:
            _same_digest(model, claimed)


def _same_digest(model: Model, claimed: Digest | None) -> None:
    found = model.digest
    if claimed is None or found.sha256 != claimed.sha256:
        expected = "none" if claimed is None else claimed.sha256
        raise DigestMismatch(str(model.path), expected=f"SHA-256 {expected}", got=found.sha256)
    if dict(found.external) != dict(claimed.external):
        raise DigestMismatch(
            f"{model.path}: external data",
            expected=str(dict(claimed.external)),
            got=str(dict(found.external)),
        )
