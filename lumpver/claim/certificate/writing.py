"""Certificates as canonical text: sorted keys, rationals as `"p/q"`, no spaces."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from lumpver.claim.certificate import coverings, current, hints, signs
from lumpver.claim.certificate.claims import FORMAT, VERSION
from lumpver.claim.domain import Boxes
from lumpver.errors import Malformed
from lumpver.model.names import spelled

if TYPE_CHECKING:
    from lumpver.claim.certificate.claims import Certificate, Digest


def encode(certificate: Certificate) -> bytes:
    """The certificate's canonical text.

    Raises
    ------
    Malformed
        If it does not say which files it is for, or its claim, facts or hints cannot be written.
    """
    if certificate.original is None or certificate.reduced is None:
        raise Malformed("certificate", expected="digests of both models", got="none")
    document: dict[str, Any] = {
        "format": FORMAT,
        "version": VERSION,
        "claim": certificate.claim.as_document(),
        "provenance": dict(certificate.provenance),
        "original": _digest_document(certificate.original),
        "reduced": _digest_document(certificate.reduced),
        **_reasons(certificate),
    }
    domain = certificate.claim.domain
    boxes = len(domain.boxes) if isinstance(domain, Boxes) else 0
    if found := hints.documents(certificate.hints, boxes):
        document["hints"] = found
    if certificate.straight:
        document["straight"] = sorted(map(spelled, certificate.straight))
    if certificate.signs:
        document["signs"] = {
            spelled(name): signs.document(found) for name, found in certificate.signs.items()
        }
    body = json.dumps(document, sort_keys=True, ensure_ascii=True, separators=(",", ":"))
    return body.encode() + b"\n"


def _reasons(certificate: Certificate) -> dict[str, Any]:
    """A covering, with facts of a network in between if there are any, or facts."""
    found = certificate.covering
    stated = {
        spelled(name): current.documents(facts, where=f"facts about {name}")
        for name, facts in certificate.tensors.items()
    }
    if found is None:
        return {"tensors": stated}
    domain = certificate.claim.domain
    boxes = len(set(domain.boxes)) if isinstance(domain, Boxes) else 0
    if len(found.trees) != boxes:
        expected = f"one for each of {boxes} boxes that differ"
        raise Malformed("trees", expected=expected, got=str(len(found.trees)))
    nearly = {"nearly": stated} if stated else {}
    return {"covering": coverings.document(found)} | nearly


def _digest_document(digest: Digest) -> dict[str, Any]:
    return {"sha256": digest.sha256, "external": dict(digest.external)}
