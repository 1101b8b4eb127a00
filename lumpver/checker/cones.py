"""Units that never switch, as a certificate says: their forms, and the multipliers that show it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from lumpver.checker.forms import region
from lumpver.checker.rules.cones import require_sign
from lumpver.checker.tables import Table
from lumpver.checker.wiring import units
from lumpver.claim.facts import UNBOUNDED, Bounds
from lumpver.errors import reject
from lumpver.exact.array import zeros
from lumpver.model.forms import Columns, starting
from lumpver.model.regions import follow, region_axis, region_window

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lumpver.checker.walk import Walk
    from lumpver.claim.signs import Signs


def require_made(walk: Walk) -> None:
    """Signs are those of tensors that nodes of the original make.

    Raises
    ------
    Rejected
        Naming the first that is not.
    """
    for name in walk.certificate.signs:
        if name not in walk.original.producers:
            reject("tensor", name, "the output of a node", "none such")


def shown(walk: Walk, names: Iterable[str]) -> None:
    """What is claimed of units of these tensors is so.

    Raises
    ------
    Rejected
        Naming the first unit of which that is not so.
    """
    for name in names:
        if name in walk.certificate.signs:
            established(walk, name, walk.certificate.signs[name])


def established(walk: Walk, name: str, stated: Signs) -> None:
    """Units of a tensor of the original are shown to have the signs that are claimed.

    Raises
    ------
    Rejected
        Naming the first unit of which that is not so.
    """
    nodes = region(walk.original, stated.since, name)
    axis, window = region_axis(nodes), region_window(nodes)
    count = units(walk.original, walk.shapes, stated.since, axis)
    if not isinstance(count, int):
        reject("signs", name, f"a known number of units of {stated.since}", str(count))
    table = walk.tables.get(stated.since)
    if table is None or not table.begins(nodes):
        columns = Columns(count * (1 if window is None else window.taps))
        columns.requires(columns.inputs)
        table = Table(columns, {stated.since: starting(columns.inputs)}, [])
        walk.tables[stated.since] = table
    follow(nodes, table.known, table.columns, walk.shown_along(axis))
    table.nodes[:] = nodes
    never = any(fact.bounds.never_negative for fact in walk.facts.get(stated.since, ()))
    forms, found = table.known[name], dict[int, bool]()
    for sign in stated.units:
        if sign.unit >= len(forms):
            reject("signs", name, f"one of {len(forms)} units", str(sign.unit))
        form = forms[sign.unit]
        require_sign(name, form, sign, table.columns, never_negative=never)
        found[sign.unit] = sign.up
    walk.signs[name] = axis, found


def bounds(walk: Walk, name: str, axis: int, width: int) -> Bounds:
    """What is shown of so many units of a tensor along an axis."""
    along, found = walk.signs.get(name, (axis, {}))
    if not found or along != axis:
        return UNBOUNDED
    below, above = np.zeros(width, dtype=bool), np.zeros(width, dtype=bool)
    for unit, up in found.items():
        (below if up else above)[unit] = True
    return Bounds(below, above, zeros(width), zeros(width))
