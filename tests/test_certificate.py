"""Certificates of version 1: strict reading, of what lumpver 0.1.0 wrote."""

from __future__ import annotations

import json
import random
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pytest
from canonical import text
from changes import drop, put
from older_certificates import encode

from lumpver.claim import certificate
from lumpver.claim.certificate import Certificate, Digest, decode
from lumpver.claim.facts import Fact
from lumpver.errors import Malformed
from lumpver.exact.array import array, zeros
from lumpver.model.network import Network
from lumpver.model.relabelling import Relabelling, identity
from lumpver.reducing.reduction import reduce

if TYPE_CHECKING:
    from changes import Change

A, B = Digest("a" * 64), Digest("b" * 64, {"weights.bin": "c" * 64})
BLOCKS: Final = np.array([0, 1, 0, -1, 2])
MERGED: Final = Relabelling(BLOCKS, array([1, 2, "1/3", 1, 1]), array([0, 0, 0, "-7/2", 0]), 2, 1)
FULL: Final = Certificate(
    {"t": (Fact("t'", MERGED),), "h": (Fact("h'"),), "gone": (Fact(None),)},
    A,
    B,
    {"tool": "lumpver 0.1.0", "rules": ["merges", "unused"]},
)
TEXT: Final = (
    b'{"format":"lumpver-certificate","original":{"external":{},"sha256":"' + b"a" * 64 + b'"},'
    b'"provenance":{"rules":["merges","unused"],"tool":"lumpver 0.1.0"},'
    b'"reduced":{"external":{"weights.bin":"' + b"c" * 64 + b'"},"sha256":"' + b"b" * 64 + b'"},'
    b'"semantics":"real","tensors":{"gone":{"counterpart":null,"rule":"derived"},'
    b'"h":{"counterpart":"h\'","rule":"derived"},'
    b'"t":{"block":[0,1,0,null,2],"constant":["0","0","0","-7/2","0"],"counterpart":"t\'",'
    b'"ghosts":1,"rule":"lumping","scale":["1","2","1/3","1","1"],"width":2}},"version":1}\n'
)
EMPTY: Final = encode(Certificate({}, A, A))


def document() -> dict[str, Any]:
    """The full certificate as parsed JSON."""
    return dict(json.loads(TEXT))


def test_canonical_text() -> None:
    """Sorted keys, no spaces, one newline, only what is not the rule: these bytes."""
    assert encode(FULL) == TEXT


def test_round_trip() -> None:
    """What was written is read back as it was, and written again as the same bytes."""
    found = decode(TEXT)
    assert encode(found) == TEXT
    assert (found.original, found.reduced) == (A, B)
    assert found.provenance == FULL.provenance
    read = found.tensors["t"][0].relabelling
    assert read is not None
    assert read.block.tolist() == BLOCKS.tolist()
    assert (read.scale == MERGED.scale).all()
    assert (read.constant == MERGED.constant).all()
    assert (read.width, read.ghosts) == (2, 1)
    assert found.tensors["h"][0].relabelling is None


def test_order_does_not_matter() -> None:
    """The same tensors in another order give the same bytes."""
    turned = Certificate(dict(reversed(FULL.tensors.items())), A, B, FULL.provenance)
    assert encode(turned) == TEXT


@pytest.mark.parametrize("units", [0, 1, 3])
def test_identities_are_short(units: int) -> None:
    """Scales of 1 and constants of 0 are not written; no units are no problem."""
    data = encode(Certificate({"t": (Fact("t", identity(units)),)}, A, B))
    assert set(json.loads(data)["tensors"]["t"]) == {
        "block", "counterpart", "ghosts", "rule", "width",
    }  # fmt: skip
    found = decode(data).tensors["t"][0].relabelling
    assert found is not None
    assert found.is_identity


def test_names_are_any_text() -> None:
    """Names with quotes, brackets, other alphabets and half a surrogate survive, in ASCII."""
    names = ['a"b', "[{", "Größe", "\ud800", "a\0b", " "]
    data = encode(Certificate({name: (Fact(name),) for name in names}, A, B))
    assert data.isascii()
    assert list(decode(data).tensors) == sorted(names)


def test_large_numbers() -> None:
    """Numbers that no float holds are exact."""
    scale = array([f"{10**200}/{3**200}", "1/7"])
    claim = Relabelling(np.array([0, 1]), scale, zeros(2), 2)
    found = (
        decode(encode(Certificate({"t": (Fact("t", claim),)}, A, B))).tensors["t"][0].relabelling
    )
    assert found is not None
    assert (found.scale == scale).all()


def test_what_reduce_makes_is_read_back() -> None:
    """A reducer's certificate, once it has digests, is canonical."""
    network = Network.from_layers([([[1], ["1/3"], [0]], [0, 0, 2]), ([[1, 1, 1]], None)])
    made = reduce(network).certificate
    data = encode(Certificate(made.tensors, A, B, made.provenance))
    assert encode(decode(data)) == data


@pytest.mark.parametrize("claim", [Certificate({}), Certificate({}, A), Certificate({}, None, B)])
def test_digests_are_needed(claim: Certificate) -> None:
    """A certificate that does not say which files it is for is not written."""
    with pytest.raises(Malformed, match="digests of both models"):
        certificate.encode(claim)


def test_repr() -> None:
    """A certificate shows how many units it is about."""
    assert repr(FULL) == "<Certificate: 1 tensor relabelled, 5 units to 2>"


SPELLINGS: Final[dict[str, bytes]] = {
    "spaces": TEXT.replace(b",", b" ,\n ").replace(b":", b" : "),
    "escapes": TEXT.replace(b'"block"', b'"\\u0062lock"').replace(b'"1/3"', b'"1\\/3"'),
    "no newline": TEXT.strip(),
    "order": json.dumps(dict(reversed(document().items()))).encode(),
}


@pytest.mark.parametrize("data", SPELLINGS.values(), ids=SPELLINGS)
def test_spellings_that_are_read(data: bytes) -> None:
    """Spaces, escapes in strings and the order of members are free."""
    assert encode(decode(data)) == TEXT


CHANGES: Final[dict[str, tuple[Change, str]]] = {
    "format": (put("format", "lumpver-network"), "a certificate was expected"),
    "version 2": (put("version", 2), "version"),
    "version true": (put("version", True), "version"),
    "version text": (put("version", "1"), "version"),
    "semantics": (put("semantics", "float"), "semantics"),
    "unknown member": (put("comment", "hello"), "known members"),
    "unknown in digest": (put("original", "md5", "0"), "known members"),
    "unknown in entry": (put("tensors", "t", "comment", "0"), "known members"),
    "unknown in derived": (put("tensors", "h", "block", [0]), "known members"),
    "unknown in provenance": (put("provenance", "host", "here"), "known members"),
    "provenance number": (put("provenance", "tool", 1), "text"),
    "provenance nested": (put("provenance", "rules", [["merges"]]), "text"),
    "provenance options": (put("provenance", "options", ["a"]), "an object"),
    "provenance option": (put("provenance", "options", {"keep": 1}), "text"),
    "provenance list": (put("provenance", []), "an object"),
    "tensors list": (put("tensors", []), "an object"),
    "entry list": (put("tensors", "t", []), "an object"),
    "digest upper case": (put("original", "sha256", "A" * 64), "hex"),
    "digest short": (put("original", "sha256", "a" * 63), "hex"),
    "digest newline": (put("original", "sha256", "a" * 64 + "\n"), "hex"),
    "digest wide digits": (put("original", "sha256", "١" * 64), "hex"),
    "digest null": (put("reduced", "sha256", None), "hex"),
    "external": (put("reduced", "external", {"w": "0"}), "hex"),
    "external list": (put("reduced", "external", []), "an object"),
    "counterpart number": (put("tensors", "t", "counterpart", 1), "a name or null"),
    "counterpart empty": (put("tensors", "t", "counterpart", ""), "a name or null"),
    "rule": (put("tensors", "t", "rule", "merge"), "rule"),
    "rule null": (put("tensors", "t", "rule", None), "rule"),
    "width": (put("tensors", "t", "width", 6), "index below 6"),
    "width true": (put("tensors", "t", "width", True), "index"),
    "width text": (put("tensors", "t", "width", "2"), "index"),
    "width null": (put("tensors", "t", "width", None), "index"),
    "ghosts": (put("tensors", "t", "ghosts", 4), "index below 4"),
    "ghosts missing room": (put("tensors", "t", "ghosts", 0), r"block\[4\]"),
    "block beyond": (put("tensors", "t", "block", [0, 1, 0, None, 3]), r"block\[4\]"),
    "block false": (put("tensors", "t", "block", [False, 1, 0, None, 2]), r"block\[0\]"),
    "block text": (put("tensors", "t", "block", ["0", 1, 0, None, 2]), r"block\[0\]"),
    "block list": (put("tensors", "t", "block", [[0], 1, 0, None, 2]), r"block\[0\]"),
    "block object": (put("tensors", "t", "block", {}), "a list"),
    "block short": (put("tensors", "t", "block", [0, 1, 0, None]), "a list of 4"),
    "scale short": (put("tensors", "t", "scale", ["2"]), "a list of 5"),
    "scale null": (put("tensors", "t", "scale", None), "a list of 5"),
    "scale zero": (put("tensors", "t", "scale", ["0", "2", "1", "1", "1"]), "other than 0"),
    "scale of a constant": (put("tensors", "t", "scale", ["1", "2", "1", "2", "1"]), "null"),
    "scales of 1": (put("tensors", "t", "scale", ["1"] * 5), "no such member"),
    "constants of 0": (put("tensors", "t", "constant", ["0"] * 5), "no such member"),
    "constant long": (put("tensors", "t", "constant", ["1"] * 6), "a list of 5"),
}
MEMBERS: Final = [
    ("format",), ("version",), ("semantics",), ("provenance",), ("original",), ("reduced",),
    ("tensors",), ("original", "sha256"), ("reduced", "external"), ("tensors", "t", "block"),
    ("tensors", "t", "width"), ("tensors", "t", "ghosts"), ("tensors", "t", "rule"),
    ("tensors", "t", "counterpart"), ("tensors", "h", "counterpart"), ("tensors", "h", "rule"),
]  # fmt: skip


@pytest.mark.parametrize(("change", "expected"), CHANGES.values(), ids=CHANGES)
def test_values_that_are_refused(change: Change, expected: str) -> None:
    """Every member has one type and range, and says so when it is another."""
    found = document()
    change(found)
    with pytest.raises(Malformed, match=expected):
        decode(text(found))


@pytest.mark.parametrize("path", MEMBERS, ids=".".join)
def test_no_member_may_be_missing(path: tuple[str, ...]) -> None:
    """What is not optional is there."""
    found = document()
    drop(*path)(found)
    with pytest.raises(Malformed):
        decode(text(found))


def test_optional_members() -> None:
    """Without scales they are 1, without constants 0; provenance may be empty."""
    found = document()
    for member in ("scale", "constant"):
        drop("tensors", "t", member)(found)
    found["provenance"] = {}
    read = decode(text(found)).tensors["t"][0].relabelling
    assert read is not None
    assert read.scale.tolist() == [1.0] * 5
    assert not read.has_constants


NUMBERS: Final = (
    "2/4", "4/2", "1/1", "-0", "0/1", "+1", "01", "1/02", "1/0", "1/-2", "--1", " 1", "1 ", "1\n",
    "", "-", "/", "1/", "/2", "0.5", "1e3", "0x1", "1_000", "nan", "inf", "١", "１", "²", "½",
    "1/2/3",
)  # fmt: skip


@pytest.mark.parametrize("token", [*NUMBERS, 1, 1.5, None, True, ["1"], {}])
def test_numbers_have_one_spelling(token: Any) -> None:
    """Lowest terms, ASCII digits, no sign but a minus, as text."""
    found = document()
    found["tensors"]["t"]["constant"][0] = token
    with pytest.raises(Malformed):
        decode(text(found))


@pytest.mark.parametrize(
    "token", ["0", "1", "-1", "7/3", "-10/9", "123456789012345678901234567890"]
)
def test_numbers_that_are_read(token: str) -> None:
    """Every rational in lowest terms is."""
    found = document()
    found["tensors"]["t"]["constant"][0] = token
    assert encode(decode(text(found))) == text(found)


INDICES: Final = (b"0.0", b"0e0", b"-0", b"-1", b"00", b"1.0", b"1e0", b"NaN", b"Infinity", b"0x0",
                  b"9" * 5000, b"1" + b"0" * 30, "١".encode(), b"true", b'"0"')  # fmt: skip


@pytest.mark.parametrize("token", INDICES, ids=lambda token: token[:8].decode())
def test_indices_are_plain_whole_numbers(token: bytes) -> None:
    """No fraction, no exponent, no sign, no other digits, and in range."""
    for before in (b'"block":[0', b'"width":2', b'"ghosts":1', b'"version":1'):
        data = TEXT.replace(before, before[:-1] + token, 1)
        assert data != TEXT
        with pytest.raises(Malformed):
            decode(data)


@pytest.mark.parametrize(
    "twice",
    [b'"version":1', b'"rule":"lumping"', b'"ghosts":1', b'"external":{}',
     b'"tool":"lumpver 0.1.0"', b'"h":{"counterpart":"h\'","rule":"derived"}'],
)  # fmt: skip
def test_no_member_stands_twice(twice: bytes) -> None:
    """Not even with one value, on any level."""
    with pytest.raises(Malformed, match="twice"):
        decode(TEXT.replace(twice, twice + b"," + twice))


BROKEN: Final = {
    "nothing": b"",
    "no object": b"[]\n",
    "null": b"null",
    "two": EMPTY + EMPTY,
    "cut short": TEXT[: len(TEXT) // 2],
    "trailing comma": TEXT.replace(b"}}", b"},}"),
    "comment": b"// certificate\n" + TEXT,
    "byte order mark": b"\xef\xbb\xbf" + TEXT,
    "UTF-16": TEXT.decode().encode("utf-16"),
    "no UTF-8": TEXT.replace(b"h'", b"\xff"),
    "surrogate in UTF-8": TEXT.replace(b"h'", b"\xed\xa0\x80"),
    "zero byte": TEXT + b"\0",
    "control character": TEXT.replace(b"h'", b"h\n"),
    "single quotes": TEXT.replace(b'"', b"'"),
}


@pytest.mark.parametrize("data", BROKEN.values(), ids=BROKEN)
def test_text_that_is_no_certificate(data: bytes) -> None:
    """It is malformed, whatever it is."""
    with pytest.raises(Malformed):
        decode(data)


@pytest.mark.parametrize("seed", range(4))
def test_any_bytes_are_read_or_refused(seed: int) -> None:
    """Spoilt bytes never raise anything but Malformed; what is read is written canonically."""
    rng = random.Random(seed)
    for _ in range(250):
        data = bytearray(TEXT)
        for _ in range(rng.choice((1, 1, 2, 20))):
            data[rng.randrange(len(data))] = rng.choice((rng.randrange(256), *b'"[]{},:019-/'))
        try:
            found = decode(bytes(data))
        except Malformed:
            continue
        assert encode(decode(encode(found))) == encode(found)


def test_where_says_which_file() -> None:
    """The error names the place given, and the member."""
    found = document()
    found["tensors"]["t"]["width"] = 9
    with pytest.raises(Malformed) as caught:
        decode(text(found), where="a.cert.json")
    assert caught.value.where == "a.cert.json: t: width"
    assert (caught.value.expected, caught.value.got) == ("an index below 6", "9")
