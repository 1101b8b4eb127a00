"""The JSON Schemas of certificates accept what is read, and no other shape."""

from __future__ import annotations

import copy
import json
from copy import deepcopy
from importlib.resources import files
from pathlib import Path
from typing import Any, Final

import jsonschema
import pytest
from canonical import text
from certificate_tables import FULL, REFUSED, RIGHT, Refused

from lumpver.claim.certificate import Certificate, decode, encode
from lumpver.errors import Malformed

FOLDER: Final = files("lumpver.claim.certificate")
CURRENT, OLDER = (
    json.loads(FOLDER.joinpath(name).read_text(encoding="utf-8"))
    for name in ("schema.json", "older.schema.json")
)
GOLDEN = sorted((Path(__file__).parent / "golden").glob("*.cert.json"))


@pytest.mark.parametrize("schema", [CURRENT, OLDER], ids=["current", "older"])
def test_the_schema_is_one(schema: Any) -> None:
    """It is valid JSON Schema itself."""
    jsonschema.Draft202012Validator.check_schema(schema)


@pytest.mark.parametrize("certificate", RIGHT.values(), ids=RIGHT)
def test_what_is_written_fits(certificate: Certificate) -> None:
    """Everything that there is in version 3, which is nothing of versions 1 and 2."""
    jsonschema.validate(json.loads(encode(certificate)), CURRENT)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(json.loads(encode(certificate)), OLDER)


@pytest.mark.parametrize("case", REFUSED.values(), ids=REFUSED)
def test_what_is_refused_does_not_fit(case: Refused) -> None:
    """Where JSON Schema has words for it; all the rest is refused by the reader alone."""
    document = copy.deepcopy(FULL)
    jsonschema.validate(document, CURRENT)
    case.change(document)
    assert jsonschema.Draft202012Validator(CURRENT).is_valid(document) != case.shape
    with pytest.raises(Malformed):
        decode(text(document))


def test_most_of_it_is_shape() -> None:
    """The schema says most of what the reader refuses."""
    shapes = sum(case.shape for case in REFUSED.values())
    assert shapes > 2 * len(REFUSED) / 3


@pytest.mark.parametrize("path", GOLDEN, ids=[path.stem for path in GOLDEN])
def test_golden_certificates_fit(path: Path) -> None:
    """Every golden certificate, which must be read forever, fits the schema of its version."""
    found = decode(path.read_bytes())
    jsonschema.validate(json.loads(path.read_text()), CURRENT if found.version == 3 else OLDER)


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
    """Neither the schema of versions 1 and 2 nor the reader takes another member or value."""
    document = deepcopy(json.loads(GOLDEN[0].read_text()))
    document[member] = value
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(document, OLDER)
    with pytest.raises(Malformed):
        decode(json.dumps(document).encode())
