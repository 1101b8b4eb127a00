"""The JSON Schema of certificates accepts what the writer writes, and no other shape."""

from __future__ import annotations

import json
from copy import deepcopy
from importlib.resources import files
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from lumpver.claim.certificate import decode
from lumpver.errors import Malformed

SCHEMA = json.loads(files("lumpver.tell.data").joinpath("certificate.schema.json").read_text())
GOLDEN = sorted((Path(__file__).parent / "golden").glob("*.cert.json"))


def test_the_schema_is_one() -> None:
    """It is valid JSON Schema itself."""
    jsonschema.Draft202012Validator.check_schema(SCHEMA)


@pytest.mark.parametrize("path", GOLDEN, ids=[path.stem for path in GOLDEN])
def test_golden_certificates_fit(path: Path) -> None:
    """Every golden certificate, which must be read forever, fits the schema."""
    jsonschema.validate(json.loads(path.read_text()), SCHEMA)
    assert decode(path.read_bytes())


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("version", 3),
        ("version", 0),
        ("format", "other"),
        ("semantics", "float"),
        ("tensors", []),
        ("original", {"sha256": "0" * 63, "external": {}}),
        ("extra", 1),
    ],
)
def test_other_documents_do_not(member: str, value: Any) -> None:
    """Neither the schema nor the reader takes another member or value."""
    document = deepcopy(json.loads(GOLDEN[0].read_text()))
    document[member] = value
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(document, SCHEMA)
    with pytest.raises(Malformed):
        decode(json.dumps(document).encode())
