"""The facts of version 3, read and written: rows of M as compressed sparse rows.

held: how many columns the counterpart has
extra: the columns that it does not have, after those: how many ghosts, and which are off
rows: the number of entries of each row (left out where each has one), their columns one row
    after the other, and the entries themselves (left out where all are 1)
constant: k (left out where it is 0)
rule: `derived` where the relabelling follows from the operand's, else `relabelling`, or `signs`
    where units that never switch are needed; `forms` where a tensor is its counterpart because
    both have the same forms over what is left of the units of `since`
uses: the fact of the operand that it follows from (left out where it is the first)
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from lumpver.claim.certificate.strict import defaulted, index, indices, rising
from lumpver.claim.facts import Fact
from lumpver.claim.strict import an_object, members, short
from lumpver.errors import Malformed
from lumpver.exact import array as exact
from lumpver.exact.array import Exact, equal, nonzero, zeros
from lumpver.exact.scalar import ONE, ZERO, text
from lumpver.model.names import spelled, unspelled
from lumpver.model.relabelling import Mixed, Relabelling

if TYPE_CHECKING:
    from lumpver.model.relabelling import Indices

MOST_UNITS: Final = 2**26
MOST_FACTS: Final = 64


def documents(facts: tuple[Fact, ...], where: str) -> list[dict[str, Any]]:
    """The facts about one tensor as a file holds them.

    Raises
    ------
    Malformed
        If there is none, or too many to be read again.
    """
    if not 0 < len(facts) <= MOST_FACTS:
        raise Malformed(where, expected=f"1 to {MOST_FACTS} facts", got=str(len(facts)))
    return [_document(fact) for fact in facts]


def _document(fact: Fact) -> dict[str, Any]:
    found = fact.relabelling
    counterpart = None if fact.counterpart is None else spelled(fact.counterpart)
    document: dict[str, Any] = {"counterpart": counterpart, "rule": "derived"}
    if fact.uses:
        document["uses"] = fact.uses
    if fact.since is not None:
        return document | {"rule": "forms", "since": spelled(fact.since)}
    if found is None:
        return document
    document |= {"rule": "relabelling" if found.is_plain else "signs", "held": found.width}
    if found.ghosts:
        off = {"off": found.off.tolist()} if found.off.size else {}
        document["extra"] = {"ghosts": found.ghosts} | off
    document["rows"] = _rows(found)
    if found.has_constants:
        document["constant"] = [text(value) for value in exact.rationals(found.constant)]
    return document


def _rows(found: Relabelling) -> dict[str, Any]:
    single = np.flatnonzero(found.block >= 0)
    unit = np.concatenate([single, found.mixed.unit])
    column = np.concatenate([found.block[single], found.mixed.block])
    entries = np.concatenate(
        [exact.rationals(found.scale[single]), exact.rationals(found.mixed.scale)]
    )
    order = np.argsort(unit, kind="stable")
    rows: dict[str, Any] = {"column": column[order].tolist()}
    length = np.bincount(unit, minlength=found.units)
    if not (length == 1).all():
        rows["length"] = length.tolist()
    if not equal(entries, np.ones(entries.size)).all():
        rows["entry"] = [text(value) for value in entries[order]]
    return rows


def facts(value: Any, where: str) -> tuple[Fact, ...]:
    """The facts about one tensor.

    Raises
    ------
    Malformed
        For anything but a list of them in the one form that `documents` writes.
    """
    if not isinstance(value, list) or not 0 < len(value) <= MOST_FACTS:
        raise Malformed(where, expected=f"a list of 1 to {MOST_FACTS} facts", got=short(value))
    return tuple(_fact(one, f"{where}[{i}]") for i, one in enumerate(value))


def _fact(value: Any, where: str) -> Fact:
    found = an_object(value, where)
    rule = found.get("rule")
    if rule == "forms":
        members(found, where, {"counterpart", "rule", "since"})
        counterpart, since = (
            unspelled(_name(found[key], f"{where}: {key}"), where=f"{where}: {key}")
            for key in ("counterpart", "since")
        )
        return Fact(counterpart, since=since)
    derived = rule == "derived"
    if not derived and rule not in ("relabelling", "signs"):
        expected = "'derived', 'forms', 'relabelling' or 'signs'"
        raise Malformed(f"{where}: rule", expected=expected, got=short(rule))
    optional = frozenset({"uses"}) | (frozenset() if derived else {"extra", "constant"})
    members(
        found, where, {"counterpart", "rule"} | (set() if derived else {"held", "rows"}), optional
    )
    counterpart = found["counterpart"]
    if counterpart is not None and (not isinstance(counterpart, str) or not counterpart):
        raise Malformed(f"{where}: counterpart", expected="a name or null", got=short(counterpart))
    if counterpart is not None:
        counterpart = unspelled(counterpart, where=f"{where}: counterpart")
    uses = index(found["uses"], MOST_FACTS, f"{where}: uses") if "uses" in found else 0
    if "uses" in found and not uses:
        raise Malformed(f"{where}: uses", expected="no such member", got="0")
    relabelling = None if derived else _relabelling(found, where)
    if relabelling is not None and relabelling.is_plain != (rule == "relabelling"):
        needed = "relabelling" if relabelling.is_plain else "signs"
        raise Malformed(f"{where}: rule", expected=repr(needed), got=repr(rule))
    return Fact(counterpart, relabelling, uses)


def _name(value: Any, where: str) -> str:
    if not isinstance(value, str) or not value:
        raise Malformed(where, expected="a name", got=short(value))
    return value


def _relabelling(found: dict[str, Any], where: str) -> Relabelling:
    held = index(found["held"], MOST_UNITS, f"{where}: held")
    extra = an_object(found.get("extra", {"ghosts": 0}), f"{where}: extra")
    members(extra, f"{where}: extra", {"ghosts"}, frozenset({"off"}))
    ghosts = index(extra["ghosts"], MOST_UNITS, f"{where}: ghosts")
    if "extra" in found and not ghosts:
        raise Malformed(f"{where}: extra", expected="no such member", got="no ghosts")
    length, column, entries = _read_rows(found["rows"], held + ghosts, f"{where}: rows")
    if held + ghosts > length.size:
        got = f"{held + ghosts}"
        raise Malformed(f"{where}: held", expected=f"at most {length.size} columns", got=got)
    constant = defaulted(found, "constant", length.size, ZERO, where)
    off = np.zeros(0, dtype=np.int64)
    if "off" in extra:
        off = rising(indices(extra["off"], held + ghosts, f"{where}: off"), f"{where}: off")
    if off.size and off[0] < held:
        raise Malformed(f"{where}: off", expected=f"ghosts, from {held}", got=str(off[0]))
    unit = np.repeat(np.arange(length.size), length)
    several = length[unit] > 1
    mixed = Mixed(unit[several], column[several], entries[several])
    if not (np.diff(unit[several] * (held + ghosts) + column[several]) > 0).all():
        raise Malformed(f"{where}: rows", expected="columns that rise in each row", got="others")
    block = np.full(length.size, -1, dtype=np.int64)
    block[unit[~several]] = column[~several]
    scale = zeros(length.size) + 1
    scale = scale if exact.is_float(entries) else exact.rationals(scale)
    scale[unit[~several]] = entries[~several]
    return Relabelling(block, exact.compact(scale), constant, held, ghosts, mixed, off)


def _read_rows(value: Any, columns: int, where: str) -> tuple[Indices, Indices, Exact]:
    """The rows' lengths, and columns and entries of all of them."""
    rows = an_object(value, where)
    members(rows, where, {"column"}, frozenset({"length", "entry"}))
    listed = rows["column"]
    column = indices(listed, columns, f"{where}: column") if listed else np.zeros(0, dtype=np.int64)
    if not isinstance(listed, list):
        raise Malformed(f"{where}: column", expected="a list", got=short(listed))
    length = np.ones(column.size, dtype=np.int64)
    if "length" in rows:
        length = indices(rows["length"], column.size + 1, f"{where}: length")
        if int(length.sum()) != column.size or (length == 1).all():
            expected = "the lengths of all rows, not each 1"
            raise Malformed(f"{where}: length", expected=expected, got=f"{column.size} entries")
    entries = defaulted(rows, "entry", column.size, ONE, where)
    if not nonzero(entries).all():
        raise Malformed(f"{where}: entry", expected="entries other than 0", got="0")
    return length, column, entries
