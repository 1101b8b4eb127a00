"""Any text as a certificate of version 3: bounded, and read as it is written or not at all."""

from __future__ import annotations

import json
import random
import time
import tracemalloc
from contextlib import suppress
from typing import Any, Final

import numpy as np
import pytest
from canonical import text
from certificate_tables import A, B, document, same
from changes import put
from hypothesis import given
from hypothesis import strategies as st
from random_claims import claims

from lumpver.claim.certificate import Certificate, decode, encode
from lumpver.claim.certificate.current import MOST_FACTS, MOST_UNITS
from lumpver.claim.facts import Fact
from lumpver.claim.strict import MOST_DIGITS
from lumpver.errors import Malformed
from lumpver.exact.array import array
from lumpver.exact.scalar import number
from lumpver.model.relabelling import Mixed, Relabelling

TEXT: Final = text(document())


DEEP: Final = {
    "lists": b'{"tensors":{"t":' + b"[" * 200_000,
    "facts in facts": b'{"tensors":{"t":' + b'[{"rows":' * 9 + b"0" + b"}]" * 9 + b"}}",
    "columns": TEXT.replace(b'"column":[0', b'"column":' + b"[" * 9 + b"]" * 9, 1),
    "claims": TEXT.replace(b'"all inputs"', b'{"boxes":' + b"[" * 9 + b"]" * 9 + b"}"),
}


@pytest.mark.parametrize("data", DEEP.values(), ids=DEEP)
def test_deep_nesting_is_refused_first(data: bytes) -> None:
    """Brackets are counted before anything is parsed."""
    with pytest.raises(Malformed, match="levels"):
        decode(data)


BOXES: Final = {"boxes": [{"x": {"low": ["0"], "high": ["1"]}}]}


def test_the_deepest_that_there_is_is_read() -> None:
    """A box of a claim, and the columns that are off."""
    found = document()
    found["claim"]["domain"] = BOXES
    assert encode(decode(text(found))) == text(found)


SIZES: Final = {
    "held": ("held", MOST_UNITS - 1),
    "ghosts": ("extra", {"ghosts": MOST_UNITS - 1}),
}


@pytest.mark.parametrize(("member", "value"), SIZES.values(), ids=SIZES)
def test_sizes_are_bounded_before_anything_is_made(member: str, value: Any) -> None:
    """A few bytes that speak of millions of columns cost nothing."""
    found = document()
    found["tensors"]["t"][0][member] = value
    data = text(found)
    tracemalloc.start()
    with pytest.raises(Malformed, match="columns"):
        decode(data)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 2**18


def test_numbers_are_bounded() -> None:
    """A number of absurd length is refused by its length; a long one is read."""
    for digits, read in ((10_000, True), (MOST_DIGITS + 1, False), (3_000_000, False)):
        found = document()
        found["tensors"]["t"][0]["rows"]["entry"][0] = "7" * digits
        if read:
            assert encode(decode(text(found))) == text(found)
            continue
        with pytest.raises(Malformed, match="digits"):
            decode(text(found))


HOSTILE: Final[dict[str, Any]] = {
    "many facts": [[{"counterpart": "t", "rule": "derived", "uses": 1}] * 60_000],
    "many tensors": None,
    "many units": [{"counterpart": "t", "rule": "relabelling", "held": 1,
                    "rows": {"column": [0] * 300_000}}],
    "many entries in one row": [{"counterpart": "t", "rule": "signs", "held": 1,
                                 "rows": {"column": [0] * 300_000, "length": [300_000]}}],
    "many empty rows": [{"counterpart": None, "rule": "relabelling", "held": 0,
                         "rows": {"column": [], "length": [0] * 300_000}}],
    "many off": [{"counterpart": None, "rule": "signs", "held": 0,
                  "extra": {"ghosts": 9, "off": [8] * 300_000}, "rows": {"column": [0] * 9}}],
    "lengths that add up to more": [{"counterpart": "t", "rule": "signs", "held": 1,
                                     "rows": {"column": [0] * 9, "length": [9] * 300_000}}],
}  # fmt: skip


@pytest.mark.parametrize("facts", HOSTILE.values(), ids=HOSTILE)
def test_hostile_texts_take_little_time(facts: Any) -> None:
    """The work grows with the size and no faster, whether it is read or refused."""
    tensors = {"t": facts}
    if facts is None:
        tensors = {str(i): [{"counterpart": "t", "rule": "derived"}] for i in range(60_000)}
    data = text(document() | {"tensors": tensors})
    began = time.monotonic()
    with suppress(Malformed):
        decode(data)
    assert time.monotonic() - began < 60


@st.composite
def relabellings(draw: st.DrawFn) -> Relabelling:
    """Any relabelling of a few units: constants, ghosts, several entries, some off."""
    units = draw(st.integers(0, 6))
    columns = draw(st.integers(0, units))
    ghosts = draw(st.integers(0, columns))
    scales = st.sampled_from([1, 1, 2, "1/3", -1, "-7/2"]).map(number)
    block = [draw(st.integers(-1, columns - 1)) for _ in range(units)]
    entries = []
    for v in range(units):
        if columns > 1 and draw(st.integers(0, 3)) == 0:
            some = draw(st.lists(st.integers(0, columns - 1), min_size=2, unique=True))
            block[v], entries = -1, entries + [(v, j, draw(scales)) for j in sorted(some)]
    off = [j for j in range(columns - ghosts, columns) if draw(st.integers(0, 2)) == 0]
    return Relabelling(
        np.array(block, dtype=np.int64),
        array([draw(scales) for _ in range(units)]),
        array([draw(st.sampled_from([0, 0, 1, "-1/7"])) for _ in range(units)]),
        columns - ghosts,
        ghosts,
        Mixed.of(entries) if entries else Mixed(),
        np.array(off, dtype=np.int64),
    )


NAMES: Final = st.text(st.characters(codec="utf-16"), max_size=3)
FACTS: Final = st.builds(
    Fact,
    st.none() | NAMES.filter(bool),
    st.none() | relabellings(),
    st.integers(0, MOST_FACTS - 1),
)


@given(st.dictionaries(NAMES, st.lists(FACTS, min_size=1, max_size=3).map(tuple)), claims())
def test_encode_and_decode_are_inverse(tensors: Any, claim: Any) -> None:
    """Any certificate is read as it was written, and written the same again."""
    certificate = Certificate(tensors, A, B, claim=claim)
    data = encode(certificate)
    found = decode(data)
    assert encode(found) == data
    assert found.claim == claim
    for name, facts in tensors.items():
        assert all(map(same, facts, found.tensors[name]))


LEAVES: Final = st.sampled_from([None, True, 0, 1, 2, 3, 9, "0", "1", "2", "1/2", "-1", "", "t"])
JUNK: Final = st.recursive(LEAVES, lambda part: st.lists(part, max_size=3) | st.dictionaries(
    st.sampled_from(["column", "length", "entry", "ghosts", "off", "uses"]), part, max_size=2
), max_leaves=5)  # fmt: skip


def places(found: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The places in a document, inner ones too."""
    items = found.items() if isinstance(found, dict) else enumerate(found)
    return [path] * bool(path) + [
        place
        for key, part in items
        for place in (
            places(part, (*path, key)) if isinstance(part, dict | list) else [(*path, key)]
        )
    ]


@given(st.data())
def test_only_canonical_rows_are_read(data: st.DataObject) -> None:
    """Whatever is read, with junk in any places, is written as it stood there."""
    found = document()
    for _ in range(data.draw(st.integers(1, 3))):
        here = data.draw(st.sampled_from(places(found)))
        put(*here, data.draw(JUNK))(found)
        if not found.get("tensors") or not isinstance(found["tensors"], dict):
            break
    try:
        read = decode(text(found))
    except Malformed:
        return
    assert encode(read) == text(found)


@pytest.mark.parametrize("seed", range(4))
def test_any_bytes_are_read_or_refused(seed: int) -> None:
    """Spoilt bytes never raise anything but Malformed; what is read is what was written."""
    rng = random.Random(seed)
    for _ in range(250):
        data = bytearray(TEXT)
        for _ in range(rng.choice((1, 1, 2, 20))):
            data[rng.randrange(len(data))] = rng.choice((rng.randrange(256), *b'"[]{},:019-/'))
        try:
            found = decode(bytes(data))
        except Malformed:
            continue
        assert encode(found) == text(json.loads(data))
