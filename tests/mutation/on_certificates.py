"""Mutators of the certificate: every field of every kind, as values and as text."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from lumpver.exact.scalar import number, text

if TYPE_CHECKING:
    import random

    from mutation.draft import Draft, Mutator

SCALES: Final = ("2", "1/2", "-1", "3", "1/3", "-1/2", "0", "1", "7/5", "1" + "0" * 400)
SPELT: Final = ("-0", "2/4", "01", "1/0", "+1", " 1", "1e3", "0.5", "١", "1/-2", "nan", "", 1, None)
NAMES: Final = ("x", "y", "h1", "h2", "t1", "t2", "h1.pre", "h2.pre", "p1", "nowhere", "", None, 3)
GARBAGE: Final[tuple[Any, ...]] = (
    None, True, False, 0, -1, 1, 2, 10**30, 1.0, 0.5, "1", "lumping", [], {}, [[]], {"a": 1},
    [None],
)  # fmt: skip


def _entry(rng: random.Random, draft: Draft) -> dict[str, Any] | None:
    entries = draft.entries
    return rng.choice(entries)[1] if entries else None


def block(rng: random.Random, draft: Draft) -> bool:
    """One unit into another block, or into none."""
    entry = _entry(rng, draft)
    if entry is None:
        return False
    columns = entry["width"] + entry["ghosts"]
    v = rng.randrange(len(entry["block"]))
    choices = [*range(columns), None, columns, -1, True, "0", 0.0]
    entry["block"][v] = rng.choice(choices[: columns + 1] if rng.random() < 0.85 else choices)
    return True


def scale(rng: random.Random, draft: Draft) -> bool:
    """One unit with another scale."""
    entry = _entry(rng, draft)
    if entry is None:
        return False
    units = len(entry["block"])
    listed = entry.setdefault("scale", ["1"] * units)
    if not isinstance(listed, list) or not listed:
        return False
    v = rng.randrange(len(listed))
    chosen = _number(rng)
    if rng.random() < 0.5 and isinstance(listed[v], str):
        chosen = _times(listed[v], rng.choice(("2", "1/2", "-1", "3")))
    listed[v] = chosen
    return True


def _number(rng: random.Random) -> Any:
    return rng.choice(SCALES if rng.random() < 0.85 else SPELT)


def _times(value: str, factor: str) -> str:
    try:
        return text(number(value) * number(factor))
    except ValueError:
        return factor


def block_scale(rng: random.Random, draft: Draft) -> bool:
    """A whole block with other scales."""
    entry = _entry(rng, draft)
    if entry is None:
        return False
    j = rng.choice(entry["block"])
    listed = entry.setdefault("scale", ["1"] * len(entry["block"]))
    factor = rng.choice(("2", "1/2", "-1", "3", "1/3"))
    if not isinstance(listed, list) or j is None or len(listed) != len(entry["block"]):
        return False
    for v, found in enumerate(entry["block"]):
        if found == j:
            listed[v] = _times(str(listed[v]), factor)
    return True


def constant(rng: random.Random, draft: Draft) -> bool:
    """One unit with another constant."""
    entry = _entry(rng, draft)
    if entry is None:
        return False
    listed = entry.setdefault("constant", ["0"] * len(entry["block"]))
    if not isinstance(listed, list) or not listed:
        return False
    listed[rng.randrange(len(listed))] = _number(rng)
    return True


def sizes(rng: random.Random, draft: Draft) -> bool:
    """Another width, other ghosts, or a unit moved from one to the other."""
    entry = _entry(rng, draft)
    if entry is None:
        return False
    step = rng.choice((-1, 1))
    kind = rng.randrange(4)
    if kind == 3:
        entry[rng.choice(("width", "ghosts"))] = rng.choice(GARBAGE)
        return True
    entry["width"] += step if kind in (0, 2) else 0
    entry["ghosts"] += step if kind == 1 else -step if kind == 2 else 0
    return True


def permuted(rng: random.Random, draft: Draft) -> bool:
    """Two blocks exchanged, or one made the last, as ghosts are."""
    entry = _entry(rng, draft)
    columns = 0 if entry is None else entry["width"] + entry["ghosts"]
    if entry is None or columns < 2:
        return False
    i, j = rng.sample(range(columns), 2)
    turn = {i: j, j: i}
    entry["block"] = [turn.get(b, b) if type(b) is int else b for b in entry["block"]]
    return True


def joined(rng: random.Random, draft: Draft) -> bool:
    """Two blocks made one."""
    entry = _entry(rng, draft)
    if entry is None or entry["width"] < 2:
        return False
    i, j = sorted(rng.sample(range(entry["width"]), 2))
    moved = [i if b == j else b for b in entry["block"]]
    entry["block"] = [b - 1 if type(b) is int and b > j else b for b in moved]
    entry["width"] -= 1
    return True


def haunted(rng: random.Random, draft: Draft) -> bool:
    """A block declared a ghost."""
    entry = _entry(rng, draft)
    if entry is None or entry["width"] < 1 or not all(type(entry[k]) is int for k in ("width",)):
        return False
    j, last = rng.randrange(entry["width"]), entry["width"] + entry["ghosts"] - 1
    moved = [last + 1 if b == j else b for b in entry["block"]]
    entry["block"] = [b - 1 if type(b) is int and b > j else b for b in moved]
    entry["width"] -= 1
    entry["ghosts"] += 1
    return True


def emptied(rng: random.Random, draft: Draft) -> bool:
    """All units constant or ghosts, no counterpart."""
    entry = _entry(rng, draft)
    if entry is None:
        return False
    entry["counterpart"] = None
    entry["ghosts"] = 0 if rng.random() < 0.5 else entry["width"] + entry["ghosts"]
    entry["width"] = 0
    if not entry["ghosts"]:
        entry["block"] = [None] * len(entry["block"])
    return True


def counterpart(rng: random.Random, draft: Draft) -> bool:
    """Another counterpart."""
    tensors = draft.document["tensors"]
    if not tensors:
        return False
    entry = rng.choice(list(tensors.values()))
    entry["counterpart"] = rng.choice([*NAMES, *tensors])
    return True


def rule(rng: random.Random, draft: Draft) -> bool:
    """Another rule; with `derived` sometimes without the rest."""
    tensors = draft.document["tensors"]
    if not tensors:
        return False
    name = rng.choice(list(tensors))
    tensors[name]["rule"] = rng.choice(("derived", "lumping", "merge", "", None, 1, "Lumping"))
    if tensors[name]["rule"] == "derived" and rng.random() < 0.8:
        tensors[name] = {"rule": "derived", "counterpart": rng.choice([name, *NAMES])}
    return True


def removed(rng: random.Random, draft: Draft) -> bool:
    """An entry or a member of one left out."""
    tensors = draft.document["tensors"]
    if not tensors:
        return False
    name = rng.choice(list(tensors))
    if rng.random() < 0.5:
        del tensors[name]
    else:
        tensors[name].pop(rng.choice(list(tensors[name])))
    return True


def added(rng: random.Random, draft: Draft) -> bool:
    """An entry for another tensor: derived, the identity, a permutation, constants."""
    name = rng.choice([n for n in NAMES if isinstance(n, str)])
    units = rng.randint(1, 6)
    blocks: list[Any] = list(range(units))
    if rng.random() < 0.5:
        rng.shuffle(blocks)
    entry = {"counterpart": rng.choice((name, *NAMES[:8])), "rule": "lumping", "width": units,
             "ghosts": 0, "block": blocks}  # fmt: skip
    if rng.random() < 0.3:
        entry = {"counterpart": rng.choice(NAMES), "rule": "derived"}
    draft.document["tensors"][name] = entry
    return True


def renamed(rng: random.Random, draft: Draft) -> bool:
    """An entry under another name, or two entries exchanged."""
    tensors = draft.document["tensors"]
    if not tensors:
        return False
    a = rng.choice(list(tensors))
    b = rng.choice([*tensors, *(n for n in NAMES if isinstance(n, str))])
    tensors[a], tensors[b] = tensors.get(b, tensors[a]), tensors[a]
    return a != b


def identical(rng: random.Random, draft: Draft) -> bool:
    """An entry that says nothing changed."""
    entry = _entry(rng, draft)
    if entry is None:
        return False
    units = len(entry["block"])
    entry |= {"block": list(range(units)), "width": units, "ghosts": 0}
    entry.pop("scale", None)
    entry.pop("constant", None)
    return True


def digest(rng: random.Random, draft: Draft) -> bool:
    """A digest of something else."""
    which = rng.choice(("original", "reduced"))
    found = draft.document[which]
    if not isinstance(found, dict) or "sha256" not in found:
        return False
    draft.certificate()
    draft.restamp = False
    kind = rng.randrange(5)
    old = str(found["sha256"])
    found["sha256"] = (
        ("0" if old[0] != "0" else "1") + old[1:],
        old.upper(),
        old[:-1],
        draft.document["reduced" if which == "original" else "original"]["sha256"],
        old,
    )[kind]
    if kind == 4:
        found["external"] = {"weights.bin": old}
    return True


def garbage(rng: random.Random, draft: Draft) -> bool:
    """Any value anywhere replaced by something of another type, or an unknown member."""
    here, key = draft.document, ""
    while isinstance(here, dict | list) and here:
        parent, keys = here, list(here) if isinstance(here, dict) else range(len(here))
        key = rng.choice(list(keys))
        if rng.random() < 0.25 or not isinstance(parent[key], dict | list) or not parent[key]:
            break
        here = parent[key]
    if not isinstance(here, dict | list) or not here:
        return False
    if isinstance(here, dict) and rng.random() < 0.2:
        key = "unheard of"
    if key == "sha256":
        draft.certificate()
        draft.restamp = False
    here[key] = rng.choice(GARBAGE)
    return True


def spelled(rng: random.Random, draft: Draft) -> bool:
    """The same text spelled otherwise; some spellings are allowed, most are not."""
    draft.edits.append(rng.choice(_SPELLINGS))
    return True


def scrambled(rng: random.Random, draft: Draft) -> bool:
    """A byte of the text changed, left out, or added."""
    place, byte, kind = rng.random(), rng.randrange(256), rng.randrange(3)

    def edit(data: bytes) -> bytes:
        i = int(place * len(data))
        return data[:i] + (bytes([byte]) if kind != 1 else b"") + data[i + (kind != 2) :]

    draft.edits.append(edit)
    return True


def _reordered(data: bytes) -> bytes:
    try:
        document = json.loads(data)
    except (ValueError, RecursionError):
        return data
    turned = dict(reversed(document.items())) if isinstance(document, dict) else document
    return json.dumps(turned, indent=2).encode()


_SPELLINGS: Final = (
    _reordered,
    lambda data: data.replace(b'"block"', b'"\\u0062lock"'),
    lambda data: b" \n\t" + data.replace(b",", b" , "),
    lambda data: data.replace(b'"version":1', b'"version":1.0'),
    lambda data: data.replace(b'"version":1', b'"version":1,"version":1'),
    lambda data: data.replace(b'"version":1', b'"version":true'),
    lambda data: data.replace(b'"version":1', b'"version":01'),
    lambda data: data.replace(b'"ghosts":0', b'"ghosts":-0'),
    lambda data: data.replace(b'"ghosts":0', b'"ghosts":0e0'),
    lambda data: data.replace(b'"ghosts":0', b'"ghosts":NaN'),
    lambda data: data.replace(b'"block":[0', b'"block":[' + b"9" * 5000),
    lambda data: data.replace(b'"block":[', b'"block":[0],"block":['),
    lambda data: data.replace(b'"counterpart":"', b'"counterpart":"\\ud800'),
    lambda data: data.replace(b'"rule":"lumping"', b'"rule":"lumping","rule":"lumping"'),
    lambda data: data.replace(b'"1"', '"１"'.encode()),
    lambda data: data.replace(b'"provenance":{', b'"provenance":{"options":' + b"[" * 5000),
    lambda data: data.replace(b'"provenance":{', b'"provenance":{"tool":{"a":{}},'),
    lambda data: b"\xef\xbb\xbf" + data,
    lambda data: data[: len(data) // 2],
    lambda data: data + data,
    lambda data: data.replace(b"}", b",}", 1),
    lambda data: data.decode("latin-1").encode("utf-16"),
    lambda data: data[:0],
    lambda data: data + b"\0",
)  # fmt: skip

MUTATORS: Final[tuple[Mutator, ...]] = (
    block, block, block, scale, scale, scale, block_scale, block_scale, constant, sizes, permuted,
    permuted, joined, joined, haunted, haunted, emptied, counterpart, counterpart, rule, removed,
    added, added, renamed, identical, digest, garbage, spelled, scrambled,
)  # fmt: skip
