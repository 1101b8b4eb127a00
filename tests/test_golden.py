"""Golden certificates: they check today, and must check forever."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Final

import pytest
from older_certificates import encode

from lumpver.claim.certificate import decode
from lumpver.errors import DigestMismatch, Rejected
from lumpver.reducing.verification import check_files

GOLDEN: Final = Path(__file__).parent / "golden"
PAIRS: Final = sorted(path.name.removesuffix(".cert.json") for path in GOLDEN.glob("*.cert.json"))


def files(name: str) -> tuple[Path, Path, Path]:
    """Original, reduced model and certificate of one golden pair."""
    places = {path.name.split(".")[1]: path for path in GOLDEN.glob(f"{name}.*")}
    return places["original"], places["reduced"], places["cert"]


def test_golden_pairs_are_there() -> None:
    """Every format, and everything that a certificate can say."""
    assert len(PAIRS) >= 6
    said = b"".join(files(name)[2].read_bytes() for name in PAIRS)
    for word in (b'"scale"', b'"constant"', b'"ghosts":1', b'"derived"', b"null", b'"width":0',
                 b'"mixed"', b'"off"', b'"version":1', b'"version":2'):  # fmt: skip
        assert word in said, word


@pytest.mark.parametrize("name", PAIRS)
def test_golden_certificates_check(name: str) -> None:
    """They stay valid, and are canonical still."""
    original, reduced, proof = files(name)
    found = check_files(original, reduced, proof)
    assert found.units_after <= found.units_before
    assert (found.evidence, found.semantics) == ("certificate", "real")
    assert encode(decode(proof.read_bytes())) == proof.read_bytes()


@pytest.mark.parametrize("name", PAIRS)
def test_golden_certificates_are_for_their_models(name: str, tmp_path: Path) -> None:
    """With the models exchanged, or a claim left out, they do not check."""
    original, reduced, proof = files(name)
    if original.suffix == reduced.suffix and original.read_bytes() != reduced.read_bytes():
        with pytest.raises(DigestMismatch):
            check_files(reduced, original, proof)
    found = json.loads(proof.read_bytes())
    tampered = tmp_path / "tampered.cert.json"
    for entry in found["tensors"].values():
        if "block" not in entry:
            continue
        rest = {n: e for n, e in found["tensors"].items() if e is not entry}
        several = any({"mixed", "off"} & set(other) for other in rest.values())
        document = found | {"tensors": rest, "version": 2 if several else 1}
        tampered.write_text(json.dumps(document), encoding="utf-8")
        with pytest.raises(Rejected):
            check_files(original, reduced, tampered)
