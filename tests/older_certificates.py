"""Certificates of versions 1 and 2 as text, as lumpver 0.1.0 wrote them.

They are read for ever; whatever reads them is tested on texts made here.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np

from lumpver.claim.certificate import older
from lumpver.exact.array import equal, rationals
from lumpver.exact.scalar import text
from lumpver.model.names import spelled

if TYPE_CHECKING:
    from lumpver.claim.certificate import Certificate
    from lumpver.claim.facts import Fact


def encode(certificate: Certificate) -> bytes:
    """The canonical text of the first version that has words for the certificate."""
    facts = {name: fact for name, (fact,) in certificate.tensors.items()}
    document = {
        "format": "lumpver-certificate",
        "version": older.needed(facts.values()),
        "semantics": "real",
        "provenance": dict(certificate.provenance),
        "tensors": {spelled(name): _document(fact) for name, fact in facts.items()},
    }
    for which in ("original", "reduced"):
        digest = getattr(certificate, which)
        document[which] = {"sha256": digest.sha256, "external": dict(digest.external)}
    body = json.dumps(document, sort_keys=True, ensure_ascii=True, separators=(",", ":"))
    return body.encode() + b"\n"


def _document(fact: Fact) -> dict[str, Any]:
    found = fact.relabelling
    counterpart = None if fact.counterpart is None else spelled(fact.counterpart)
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
