"""Mutators of what units that never switch need: several entries, constants beside, off.

forged: a pair that is right but for the signs: every sum holds, some unit may switch
"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from older_certificates import encode

from lumpver.errors import LumpverError
from lumpver.exact.array import nonzero, rationals
from lumpver.exact.scalar import ONE, number, text
from lumpver.io.saving import stored
from lumpver.model.segments import aggregate
from lumpver.reducing.reduction import reduce_by
from lumpver.search.blocks import relabelling_of
from lumpver.search.observation import pinned
from lumpver.search.stable import spanned
from mutation.networks import opened

if TYPE_CHECKING:
    import random
    from collections.abc import Callable

    from lumpver.model.network import Network, Segment
    from lumpver.model.relabelling import Relabelling
    from mutation.draft import Draft, Mutator

    Row = dict[int, str]
    Entry = dict[str, Any]

SCALES: Final = ("1", "2", "-1", "1/2", "3", "1/3", "0")


def _rows(entry: Entry) -> dict[int, Row]:
    """The rows with several entries, by unit."""
    found: dict[int, Row] = {}
    mixed = entry.get("mixed", {"unit": [], "block": [], "scale": []})
    for v, j, scale in zip(mixed["unit"], mixed["block"], mixed["scale"], strict=True):
        found.setdefault(v, {})[j] = scale
    return found


def _settle(rng: random.Random, draft: Draft, entry: Entry, rows: dict[int, Row]) -> None:
    """The rows put into the entry, and mostly the version that needs them."""
    flat = [(v, j, scale) for v, row in sorted(rows.items()) for j, scale in sorted(row.items())]
    if rng.random() < 0.03:
        rng.shuffle(flat)
    entry.pop("mixed", None)
    if flat:
        unit, block, scale = zip(*flat, strict=True)
        entry["mixed"] = {"unit": list(unit), "block": list(block), "scale": list(scale)}
    if not entry.get("off", [0]):
        entry.pop("off")
    if rng.random() < 0.95:
        entries = [found for _, found in draft.entries]
        draft.document["version"] = 2 if any({"mixed", "off"} & set(e) for e in entries) else 1


def _combined(rng: random.Random, draft: Draft) -> tuple[Entry, dict[int, Row], int] | None:
    """An entry, its rows with several entries, and one of their units; None if there is none."""
    found = [(entry, rows) for _, entry in draft.entries if (rows := _rows(entry))]
    if not found:
        return None
    entry, rows = rng.choice(found)
    return entry, rows, rng.choice(list(rows))


def _any(rng: random.Random, draft: Draft) -> Entry | None:
    entries = [entry for _, entry in draft.entries if entry["width"] + entry["ghosts"]]
    return rng.choice(entries) if entries else None


def coefficient(rng: random.Random, draft: Draft) -> bool:
    """One of several entries with another scale."""
    found = _combined(rng, draft)
    if found is None:
        return False
    entry, rows, v = found
    j = rng.choice(list(rows[v]))
    rows[v][j] = rng.choice((*SCALES, text(-number(rows[v][j])), text(2 * number(rows[v][j]))))
    _settle(rng, draft, entry, rows)
    return True


def column(rng: random.Random, draft: Draft) -> bool:
    """One of several entries in the column of another block."""
    found = _combined(rng, draft)
    if found is None:
        return False
    entry, rows, v = found
    others = [j for j in range(entry["width"] + entry["ghosts"]) if j not in rows[v]]
    if not others:
        return False
    rows[v][rng.choice(others)] = rows[v].pop(rng.choice(list(rows[v])))
    _settle(rng, draft, entry, rows)
    return True


def more(rng: random.Random, draft: Draft) -> bool:
    """An entry more, in any column, also one that is not there."""
    found = _combined(rng, draft)
    if found is None:
        return False
    entry, rows, v = found
    rows[v][rng.randrange(entry["width"] + entry["ghosts"] + 1)] = rng.choice(SCALES)
    _settle(rng, draft, entry, rows)
    return True


def fewer(rng: random.Random, draft: Draft) -> bool:
    """An entry less; what is left may be the unit's only one, or its block."""
    found = _combined(rng, draft)
    if found is None:
        return False
    entry, rows, v = found
    rows[v].pop(rng.choice(list(rows[v])))
    if len(rows[v]) == 1 and rng.random() < 0.7:
        [(j, scale)] = rows.pop(v).items()
        entry["block"][v] = j
        _scales(entry)[v] = scale
    _settle(rng, draft, entry, rows)
    return True


def moved(rng: random.Random, draft: Draft) -> bool:
    """The entries of one unit given to another, or the two exchanged."""
    found = _combined(rng, draft)
    if found is None:
        return False
    entry, rows, v = found
    other = rng.randrange(len(entry["block"]))
    blocks, turned = entry["block"], rows.get(other)
    rows[other] = rows.pop(v)
    if turned is not None:
        rows[v] = turned
    blocks[v], blocks[other] = blocks[other], blocks[v]
    if rng.random() < 0.5:
        listed = entry.get("constant", ["0"] * len(blocks))
        listed[v], listed[other] = listed[other], listed[v]
    _settle(rng, draft, entry, rows)
    return other != v


def mixed_in(rng: random.Random, draft: Draft) -> bool:
    """A unit in a block made a combination: of that block and another, or of any two."""
    entry = _any(rng, draft)
    columns = 0 if entry is None else entry["width"] + entry["ghosts"]
    if entry is None or columns < 2:
        return False
    rows, v = _rows(entry), rng.randrange(len(entry["block"]))
    j, other = rng.sample(range(columns), 2)
    here = entry["block"][v]
    if here is not None and rng.random() < 0.7:
        j, other = here, (here + 1) % columns
    rows[v] = {j: _scales(entry)[v] if here == j else "1", other: rng.choice(SCALES)}
    entry["block"][v] = None
    _scales(entry)[v] = "1"
    _settle(rng, draft, entry, rows)
    return True


def _scales(entry: Entry) -> list[str]:
    found: list[str] = entry.setdefault("scale", ["1"] * len(entry["block"]))
    return found


def beside(rng: random.Random, draft: Draft) -> bool:
    """Another constant beside an entry, or beside several."""
    entry = _any(rng, draft)
    if entry is None:
        return False
    rows = _rows(entry)
    units = [v for v, j in enumerate(entry["block"]) if j is not None or v in rows]
    if not units:
        return False
    listed = entry.setdefault("constant", ["0"] * len(entry["block"]))
    v = rng.choice(units)
    listed[v] = rng.choice((text(number(listed[v]) + 1), text(-number(listed[v])), "-1", "0", "5"))
    return True


def switched(rng: random.Random, draft: Draft) -> bool:
    """A ghost off or no longer off; also what is no ghost, or twice."""
    entry = _any(rng, draft)
    if entry is None:
        return False
    off, columns = list(entry.get("off", [])), entry["width"] + entry["ghosts"]
    if off and rng.random() < 0.6:
        off.remove(rng.choice(off))
    elif entry["ghosts"] and rng.random() < 0.8:
        off.append(rng.randrange(entry["width"], columns))
    else:
        off.append(rng.randrange(columns + 1))
    entry["off"] = sorted(off) if rng.random() < 0.95 else off
    _settle(rng, draft, entry, _rows(entry))
    return True


def silenced(rng: random.Random, draft: Draft) -> bool:
    """A unit of a block moved to a ghost that is off, a new one if need be."""
    entry = _any(rng, draft)
    if entry is None:
        return False
    v = rng.randrange(len(entry["block"]))
    if "off" in entry and rng.random() < 0.6:
        entry["block"][v] = rng.choice(entry["off"])
    else:
        last = entry["width"] + entry["ghosts"]
        entry["block"][v], entry["ghosts"] = last, entry["ghosts"] + 1
        entry["off"] = [*entry.get("off", []), last]
    rows = _rows(entry)
    rows.pop(v, None)
    _settle(rng, draft, entry, rows)
    return True


def off_as_constant(rng: random.Random, draft: Draft) -> bool:
    """A unit that is off claimed to be a constant, 0 or another, or a plain ghost."""
    entries = [entry for _, entry in draft.entries if entry.get("off")]
    if not entries:
        return False
    entry = rng.choice(entries)
    column = rng.choice(entry["off"])
    entry["off"] = [j for j in entry["off"] if j != column]
    if rng.random() < 0.5:
        entry["block"] = [None if j == column else j for j in entry["block"]]
    _settle(rng, draft, entry, _rows(entry))
    return True


def forged(rng: random.Random, draft: Draft) -> bool:
    """Another pair for the same original: combinations that hold, whatever their signs."""
    ours, theirs = draft.case.places
    try:
        original = opened(ours, draft.original)
        network = original.network
        kept = pinned(network)
        ends = [s for s in network.segments if s.output not in kept and s.output in network.width]
        if not ends:
            return False
        segment = rng.choice(ends)
        guessed = _guessed(rng, network, segment)
        if guessed.is_plain:
            return False
        found = reduce_by(network, {segment.output: guessed})
        draft.reduced = stored(found.network, original, theirs)
        claim = replace(found.certificate, original=original.digest, reduced=original.digest)
    except LumpverError:
        return False
    draft.document = json.loads(encode(claim))
    return True


def _guessed(rng: random.Random, network: Network, segment: Segment) -> Relabelling:
    """Units up and off as chance has it; the sums are right."""
    R, b = aggregate(segment, None, network.width.get(segment.input, 0))
    units = R.shape[0]
    likely, unlikely = rng.choice((1.0, 0.9, 0.6)), rng.choice((0, 0, 0.2))
    up = nonzero(R).any(axis=1) & [rng.random() < likely for _ in range(units)]
    off = [rng.random() < unlikely or (rationals(R[v]) < number(0)).all() for v in range(units)]
    off[rng.randrange(units)] = False
    real = [[(v, ONE)] for v in range(units) if not off[v]]
    ghosts = [[(v, ONE)] for v in range(units) if off[v]]
    constant = np.zeros(units, dtype=bool)
    return relabelling_of(real, constant, b, spans=spanned(real, R, b, up), off=ghosts)


def mutator(change: Callable[[random.Random, Draft], bool]) -> Mutator:
    """The change, under a name that says what it is about."""

    def mutate(rng: random.Random, draft: Draft) -> bool:
        return change(rng, draft)

    mutate.__name__ = f"sign {change.__name__}"
    return mutate


MUTATORS: Final[tuple[Mutator, ...]] = tuple(
    mutator(change)
    for change in (
        coefficient, coefficient, column, more, fewer, moved, mixed_in, beside, beside,
        switched, switched, silenced, off_as_constant, forged, forged, forged,
    )
)  # fmt: skip
