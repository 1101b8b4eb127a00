"""Tests for what version 2 of the certificate adds: combinations, and units that are off."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import jsonschema
import pytest
from canonical import text
from older_certificates import encode

from lumpver.claim.certificate import decode
from lumpver.errors import Malformed

GOLDEN: Final = Path(__file__).parent / "golden"
SCHEMA: Final = json.loads(
    (
        Path(__file__).parents[1] / "lumpver" / "claim" / "certificate" / "older.schema.json"
    ).read_text()
)
TENSOR: Final = "h2.pre"
Change = Callable[[dict[str, Any]], Any]


def document() -> dict[str, Any]:
    """A certificate with one combination of two blocks, and one ghost that is off."""
    found: dict[str, Any] = json.loads((GOLDEN / "switched.cert.json").read_text())
    return found


def test_it_is_read_and_written_again() -> None:
    """Canonical, of version 2, and fit for the schema."""
    found = decode(text(document()))
    assert encode(found) == text(document())
    assert found.version == 2
    relabelling = found.leads[TENSOR].relabelling
    assert relabelling is not None
    assert relabelling.row(2) == [(0, 1), (1, 2)]
    assert relabelling.off.tolist() == [3]
    jsonschema.validate(document(), SCHEMA)


def test_versions_say_what_they_need() -> None:
    """Version 1 has no such members, and version 2 is not for certificates without them."""
    with pytest.raises(Malformed, match="known members only"):
        decode(text(document() | {"version": 1}))
    plain = document()
    plain["tensors"][TENSOR].pop("mixed")
    plain["tensors"][TENSOR].pop("off")
    with pytest.raises(Malformed, match="without need"):
        decode(text(plain))
    decode(text(plain | {"version": 1}))


def _set(member: str, value: Any) -> Change:
    return lambda entry: entry.__setitem__(member, value)


def _mixed(**members: Any) -> Change:
    return lambda entry: entry["mixed"].update(members)


REFUSED: Final[dict[str, tuple[Change, str]]] = {
    "nothing off": (_set("off", []), "not empty"),
    "off is no list": (_set("off", 3), "not empty"),
    "off twice": (_set("off", [3, 3]), "rising"),
    "off is no ghost": (_set("off", [2]), "ghosts, from 3"),
    "off out of range": (_set("off", [4]), "an index below 4"),
    "off is a flag": (_set("off", [True]), "an index"),
    "no object": (_set("mixed", []), "an object"),
    "no entries": (_mixed(unit=[], block=[], scale=[]), "not empty"),
    "units missing": (lambda entry: entry["mixed"].pop("unit"), "a member 'unit'"),
    "another member": (_mixed(constant=["1", "2"]), "known members only"),
    "fewer blocks": (_mixed(block=[0]), "a list of 2"),
    "fewer scales": (_mixed(scale=["1"]), "a list of 2"),
    "one entry": (_mixed(unit=[2], block=[0], scale=["1"]), "several entries"),
    "one entry each": (_mixed(unit=[1, 2]), "several entries"),
    "same block twice": (_mixed(block=[1, 1]), "rising"),
    "blocks not in order": (_mixed(block=[1, 0]), "rising"),
    "units not in order": (_mixed(unit=[2, 1]), "rising"),
    "unit out of range": (_mixed(unit=[5, 5]), "an index below 5"),
    "block out of range": (_mixed(block=[0, 4]), "an index below 4"),
    "unit with a block": (_mixed(unit=[0, 0]), "block is null"),
    "a scale of 0": (_mixed(scale=["0", "1"]), "other than 0"),
    "a scale that is a number": (_mixed(scale=[1, 2]), "scale"),
    "a scale not in lowest terms": (_mixed(scale=["2/4", "1"]), "scale"),
    "a scale beside it": (_set("scale", ["1", "1", "2", "1", "1"]), "1 where the block is null"),
}


@pytest.mark.parametrize(("change", "expected"), REFUSED.values(), ids=REFUSED)
def test_what_is_refused(change: Change, expected: str) -> None:
    """Every list has its length, range and order; nothing is said in two ways."""
    found = document()
    change(found["tensors"][TENSOR])
    with pytest.raises(Malformed, match=expected):
        decode(text(found))


def test_what_is_wrong_is_named_before_what_is_needless() -> None:
    """A digest that is none is said first, then that the first version would do."""
    found = document()
    del found["tensors"][TENSOR]["mixed"], found["tensors"][TENSOR]["off"]
    with pytest.raises(Malformed, match="without need"):
        decode(text(found))
    found["reduced"] = {"sha256": "none", "external": {}}
    with pytest.raises(Malformed, match="hex digits"):
        decode(text(found))


def test_sizes_are_bounded_by_the_units() -> None:
    """A unit has at most one entry per block: more are out of order."""
    found = document()
    entries = 10_000
    found["tensors"][TENSOR]["mixed"] = {
        "unit": [2] * entries, "block": [0] * entries, "scale": ["1"] * entries,
    }  # fmt: skip
    with pytest.raises(Malformed, match="rising"):
        decode(text(found))
