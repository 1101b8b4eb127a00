"""Certificates as canonical text: sorted keys, rationals as `"p/q"`, no spaces."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np

from lumpver.claim.certificate.claims import FORMAT, SEMANTICS
from lumpver.claim.statement import EVERYTHING
from lumpver.errors import Malformed
from lumpver.exact.array import equal, rationals
from lumpver.exact.scalar import text
from lumpver.model.names import spelled

if TYPE_CHECKING:
    from lumpver.claim.certificate.claims import Certificate, Digest, Entry


def encode(certificate: Certificate) -> bytes:
    """The certificate's canonical text.

    Raises
    ------
    Malformed
        If it does not say which files it is for, or claims less than these versions can say.
    """
    if certificate.claim != EVERYTHING:
        got = str(certificate.claim)
        raise Malformed("certificate", expected=f"one that claims: {EVERYTHING}", got=got)
    if certificate.original is None or certificate.reduced is None:
        raise Malformed("certificate", expected="digests of both models", got="none")
    document = {
        "format": FORMAT,
        "version": certificate.version,
        "semantics": SEMANTICS,
        "provenance": dict(certificate.provenance),
        "original": _digest_document(certificate.original),
        "reduced": _digest_document(certificate.reduced),
        "tensors": {spelled(name): _entry_document(e) for name, e in certificate.tensors.items()},
    }
    body = json.dumps(document, sort_keys=True, ensure_ascii=True, separators=(",", ":"))
    return body.encode() + b"\n"


def _digest_document(digest: Digest) -> dict[str, Any]:
    return {"sha256": digest.sha256, "external": dict(digest.external)}


def _entry_document(entry: Entry) -> dict[str, Any]:
    found = entry.relabelling
    counterpart = None if entry.counterpart is None else spelled(entry.counterpart)
    if found is None:
        return {"counterpart": counterpart, "rule": "derived"}
    document: dict[str, Any] = {
        "counterpart": counterpart,
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
    if found.mixed:
        document["mixed"] = {
            "unit": found.mixed.unit.tolist(),
            "block": found.mixed.block.tolist(),
            "scale": [text(value) for value in rationals(found.mixed.scale)],
        }
    if found.off.size:
        document["off"] = found.off.tolist()
    return document
