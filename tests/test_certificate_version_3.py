"""Version 3 of certificates: canonical writing, and strict reading of anything else."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any, Final

import pytest
from canonical import text
from certificate_tables import FULL, REFUSED, RIGHT, Refused, document, of, same
from changes import put
from relabellings import rows

from lumpver.claim.certificate import Certificate, decode, encode
from lumpver.claim.certificate.current import MOST_FACTS
from lumpver.claim.facts import Fact
from lumpver.errors import Malformed

TEXT: Final = text(FULL)


@pytest.mark.parametrize("certificate", RIGHT.values(), ids=RIGHT)
def test_what_is_written_is_read(certificate: Certificate) -> None:
    """As it was, and written again as the same bytes."""
    data = encode(certificate)
    assert data.isascii()
    found = decode(data)
    assert encode(found) == data == text(json.loads(data))
    assert (found.version, found.claim) == (3, certificate.claim)
    assert (found.original, found.reduced) == (certificate.original, certificate.reduced)
    assert found.provenance == certificate.provenance
    assert found.tensors.keys() == certificate.tensors.keys()
    for name, facts in certificate.tensors.items():
        assert len(facts) == len(found.tensors[name])
        assert all(map(same, facts, found.tensors[name]))


def test_the_text() -> None:
    """Sorted keys, no spaces, one newline, and nothing that says the default: these bytes."""
    facts = (
        Fact("u", rows([0, 1, 0, -1], 2, scale=[1, 1, "1/3", 1], constant=[0, 0, 0, 5])),
        Fact("v", rows([0, 0, 1, 1], 1, ghosts=1), uses=1),
    )
    claim = b'"claim":{"closeness":"equal","domain":"all inputs","semantics":"real"}'
    assert encode(of(*facts)) == (
        b"{" + claim + b',"format":"lumpver-certificate","original":{"external":{},"sha256":"'
        + b"a" * 64 + b'"},"provenance":{},"reduced":{"external":{"weights.bin":"' + b"c" * 64
        + b'"},"sha256":"' + b"b" * 64 + b'"},"tensors":{"t":[{"constant":["0","0","0","5"],'
        b'"counterpart":"u","held":2,"rows":{"column":[0,1,0],"entry":["1","1","1/3"],'
        b'"length":[1,1,1,0]},"rule":"relabelling"},{"counterpart":"v","extra":{"ghosts":1},'
        b'"held":1,"rows":{"column":[0,0,1,1]},"rule":"relabelling","uses":1}]},"version":3}\n'
    )  # fmt: skip


def test_rows_may_be_in_any_order_of_units() -> None:
    """Those with one entry and those with several stand as the units do."""
    found = rows([-1, 1, -1, 0], 2, mixed={0: {0: 2, 1: 3}, 2: {0: 5, 1: 7}}, scale=[1, 4, 1, 6])
    ((fact,),) = json.loads(encode(of(Fact("u", found))))["tensors"].values()
    assert fact["rows"] == {
        "length": [2, 1, 2, 1], "column": [0, 1, 1, 0, 1, 0], "entry": list("234576"),
    }  # fmt: skip


def test_scales_of_constants_are_not_written() -> None:
    """They say nothing."""
    plain, odd = (rows([0, -1], 1, scale=[1, s], constant=[0, 3]) for s in (1, "7/5"))
    assert encode(of(Fact("u", plain))) == encode(of(Fact("u", odd)))


@pytest.mark.parametrize("many", [0, MOST_FACTS + 1])
def test_what_would_not_be_read_is_not_written(many: int) -> None:
    """No tensor without a fact, none with more than there may be."""
    with pytest.raises(Malformed, match="facts about t"):
        encode(of(*(Fact("t", uses=i) for i in range(many))))


@pytest.mark.parametrize("case", REFUSED.values(), ids=REFUSED)
def test_what_is_refused(case: Refused) -> None:
    """Every member has one type, range and way to be written, and says so where it is another."""
    found = document()
    case.change(found)
    with pytest.raises(Malformed, match=case.words):
        decode(text(found))


def test_what_is_spoilt_was_right() -> None:
    """The document that all changes begin with is read."""
    assert encode(decode(TEXT)) == TEXT


@pytest.mark.parametrize("length", [[1, 1], [1, 1, 0]])
def test_lengths_are_left_out_where_each_is_one(length: list[int]) -> None:
    """There is one way to say it."""
    found = json.loads(encode(of(Fact("u", rows([0, 0], 1)))))
    found["tensors"]["t"][0]["rows"]["length"] = length
    if length == [1, 1]:
        with pytest.raises(Malformed, match="not each 1"):
            decode(text(found))
    else:
        assert decode(text(found)).leads["t"].relabelling is not None


def test_every_fact_is_read_strictly() -> None:
    """Also the second, and the place is named."""
    found = document()
    found["tensors"]["t"][1]["rule"] = "signs"
    with pytest.raises(Malformed) as caught:
        decode(text(found), where="a.cert.json")
    assert caught.value.where == "a.cert.json: t[1]"
    found = document()
    found["tensors"]["s"][0]["rows"]["column"][3] = 9
    with pytest.raises(Malformed) as caught:
        decode(text(found), where="a.cert.json")
    assert caught.value.where == "a.cert.json: s[0]: rows: column[3]"
    assert (caught.value.expected, caught.value.got) == ("an index below 4", "9")


SPELLINGS: Final[dict[str, bytes]] = {
    "spaces": TEXT.replace(b",", b" ,\n ").replace(b":", b" : "),
    "escapes": TEXT.replace(b'"rows"', b'"\\u0072ows"').replace(b'"1/3"', b'"1\\/3"'),
    "no newline": TEXT.strip(),
    "order": json.dumps(dict(reversed(FULL.items()))).encode(),
}


@pytest.mark.parametrize("data", SPELLINGS.values(), ids=SPELLINGS)
def test_spellings_that_are_read(data: bytes) -> None:
    """Spaces, escapes in strings and the order of members are free."""
    assert encode(decode(data)) == TEXT


PLACES: Final = (b'"held":2', b'"ghosts":1', b'"uses":1', b'"column":[0', b'"length":[1',
                 b'"off":[3', b'"version":3')  # fmt: skip
INDICES: Final = (b"0.0", b"1.0", b"-0", b"-1", b"00", b"01", b"1e0", b"NaN", b"Infinity", b"0x0",
                  b"9" * 5000, b"1" + b"0" * 30, "١".encode(), b"true", b'"0"', b"null", b"[]",
                  b"{}")  # fmt: skip


@pytest.mark.parametrize("token", INDICES, ids=lambda token: token[:8].decode())
@pytest.mark.parametrize("place", PLACES, ids=bytes.decode)
def test_indices_are_plain_whole_numbers(place: bytes, token: bytes) -> None:
    """No fraction, no exponent, no sign, no other digits, and in range."""
    data = TEXT.replace(place, place[:-1] + token, 1)
    assert data != TEXT
    with pytest.raises(Malformed):
        decode(data)


NUMBERS: Final = (
    "2/4", "4/2", "1/1", "-0", "0/1", "+1", "01", "1/02", "1/0", "1/-2", "--1", " 1", "1 ", "1\n",
    "", "-", "/", "1/", "/2", "0.5", "1e3", "0x1", "1_000", "nan", "inf", "١", "１", "²", "½",
    "1/2/3", 1, 1.5, None, True, ["1"], {},
)  # fmt: skip


@pytest.mark.parametrize("token", NUMBERS)
@pytest.mark.parametrize("place", [("t", 0, "constant", 3), ("t", 0, "rows", "entry", 2),
                                   ("s", 0, "rows", "entry", 3)])  # fmt: skip
def test_numbers_have_one_spelling(place: Any, token: Any) -> None:
    """Lowest terms, ASCII digits, no sign but a minus, as text."""
    found = document()
    put("tensors", *place, token)(found)
    with pytest.raises(Malformed):
        decode(text(found))


@pytest.mark.parametrize(
    "twice",
    [b'"version":3', b'"rule":"relabelling"', b'"ghosts":1', b'"external":{}', b'"held":2',
     b'"semantics":"real"', b'"h":[{"counterpart":"h\'","rule":"derived"}]', b'"uses":1'],
)  # fmt: skip
def test_no_member_stands_twice(twice: bytes) -> None:
    """Not even with one value, on any level."""
    assert twice in TEXT
    with pytest.raises(Malformed, match="twice"):
        decode(TEXT.replace(twice, twice + b"," + twice))


def test_versions_are_not_mixed() -> None:
    """Facts of version 3 are none of versions 1 and 2, nor the reverse."""
    for version in (1, 2):
        found = document() | {"version": version, "semantics": "real"}
        found.pop("claim")
        with pytest.raises(Malformed, match="an object"):
            decode(text(found))
    entry = {"counterpart": "h", "rule": "lumping", "width": 1, "ghosts": 0, "block": [0]}
    for value in (entry, [entry]):
        with pytest.raises(Malformed):
            decode(text(document() | {"tensors": {"h": value}}))


@pytest.mark.parametrize("index", range(6))
def test_columns_and_lengths_are_told_apart(index: int) -> None:
    """Every rise or fall of one index is refused or another certificate, written as it is."""
    for member in ("column", "length"):
        for step in (-1, 1):
            found = document()
            listed = found["tensors"]["s"][0]["rows"][member]
            if index >= len(listed):
                continue
            listed[index] += step
            try:
                read = decode(text(found))
            except Malformed:
                continue
            assert encode(read) == text(found) != TEXT


def test_facts_that_differ_in_one_thing() -> None:
    """Counterpart, relabelling and `uses` each make another text."""
    fact = Fact("u", rows([0, 0], 1), uses=1)
    texts = {
        encode(of(other))
        for other in (
            fact,
            replace(fact, counterpart="v"),
            replace(fact, uses=2),
            replace(fact, relabelling=None),
            replace(fact, relabelling=rows([0, 0], 1, scale=[1, 2])),
            replace(fact, relabelling=rows([0, 0], 2)),
            replace(fact, relabelling=rows([0, 0], 1, ghosts=1)),
            replace(fact, relabelling=rows([0, 0], 1, ghosts=1, off=(1,))),
            replace(fact, relabelling=rows([0, -1], 1)),
            replace(fact, relabelling=rows([0, 0], 1, constant=[0, 1])),
        )
    }
    assert len(texts) == 10
