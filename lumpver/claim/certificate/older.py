"""Certificates of versions 1 and 2, which are read for ever and no longer written.

A tensor had one fact: `block` and `scale` for rows with one entry, since version 2 `mixed` for
those with several and `off` for ghosts that are never positive.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from lumpver.claim.certificate.strict import defaulted, index, indices, rationals, rising
from lumpver.claim.facts import Fact
from lumpver.claim.strict import an_object, members, short
from lumpver.errors import Malformed
from lumpver.exact.array import equal, nonzero
from lumpver.exact.scalar import ONE, ZERO
from lumpver.model.names import unspelled
from lumpver.model.relabelling import Mixed, Relabelling

if TYPE_CHECKING:
    from lumpver.model.relabelling import Indices

_SINCE_2: Final = frozenset({"mixed", "off"})


def fact(value: Any, where: str, version: int) -> Fact:
    """The one fact about a tensor.

    Raises
    ------
    Malformed
        For anything but an entry of that version.
    """
    found = an_object(value, where)
    counterpart = found.get("counterpart", "")
    if counterpart is not None and (not isinstance(counterpart, str) or not counterpart):
        raise Malformed(f"{where}: counterpart", expected="a name or null", got=short(counterpart))
    if counterpart is not None:
        counterpart = unspelled(counterpart, where=f"{where}: counterpart")
    if found.get("rule") == "derived":
        members(found, where, {"counterpart", "rule"})
        return Fact(counterpart)
    if found.get("rule") != "lumping":
        raise Malformed(
            f"{where}: rule", expected="'lumping' or 'derived'", got=short(found.get("rule"))
        )
    optional = frozenset({"scale", "constant"}) | (_SINCE_2 if version > 1 else frozenset())
    members(found, where, {"counterpart", "rule", "width", "ghosts", "block"}, optional)
    return Fact(counterpart, _relabelling(found, where))


def needed(facts: Any) -> int:
    """The first version that had words for these facts."""
    claimed = (fact.relabelling for fact in facts)
    several = any(found is not None and (found.mixed or found.off.size) for found in claimed)
    return 2 if several else 1


def _relabelling(found: dict[str, Any], where: str) -> Relabelling:
    blocks = found["block"]
    if not isinstance(blocks, list):
        raise Malformed(f"{where}: block", expected="a list", got=short(blocks))
    n = len(blocks)
    width = index(found["width"], n + 1, f"{where}: width")
    ghosts = index(found["ghosts"], n + 1 - width, f"{where}: ghosts")
    block = np.full(n, -1, dtype=np.int64)
    for v, j in enumerate(blocks):
        if j is not None:
            block[v] = index(j, width + ghosts, f"{where}: block[{v}]")
    scale = defaulted(found, "scale", n, ONE, where)
    constant = defaulted(found, "constant", n, ZERO, where)
    if not nonzero(scale).all():
        raise Malformed(f"{where}: scale", expected="scales other than 0", got="0")
    if not equal(scale[block < 0], np.ones(int((block < 0).sum()))).all():
        raise Malformed(f"{where}: scale", expected="1 where the block is null", got="another")
    mixed = _mixed(found["mixed"], block, width + ghosts, where) if "mixed" in found else Mixed()
    off = np.zeros(0, dtype=np.int64)
    if "off" in found:
        off = rising(indices(found["off"], width + ghosts, f"{where}: off"), f"{where}: off")
    if off.size and off[0] < width:
        raise Malformed(f"{where}: off", expected=f"ghosts, from {width}", got=str(off[0]))
    return Relabelling(block, scale, constant, width, ghosts, mixed, off)


def _mixed(value: Any, blocks: Indices, columns: int, where: str) -> Mixed:
    """Rows with several entries, by unit and then block; such units have no block."""
    place = f"{where}: mixed"
    found = an_object(value, place)
    members(found, place, {"unit", "block", "scale"})
    unit = indices(found["unit"], blocks.size, f"{place}: unit")
    block = indices(found["block"], columns, f"{place}: block")
    if block.size != unit.size:
        raise Malformed(f"{place}: block", expected=f"a list of {unit.size}", got=str(block.size))
    rising(unit * columns + block, place)
    alone = np.flatnonzero(np.bincount(unit, minlength=blocks.size) == 1)
    if alone.size:
        raise Malformed(f"{place}: unit", expected="several entries", got=f"one for {alone[0]}")
    if (blocks[unit] >= 0).any():
        raise Malformed(f"{place}: unit", expected="units whose block is null", got="another")
    scale = rationals(found["scale"], unit.size, f"{place}: scale")
    if not nonzero(scale).all():
        raise Malformed(f"{place}: scale", expected="scales other than 0", got="0")
    return Mixed(unit, block, scale)
