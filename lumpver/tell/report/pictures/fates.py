"""What became of each unit, and how that looks: the colour of its block, its scale, its value.

Colours go to the blocks that say something: those with several members and those that a
combination reads. They keep apart for colour-blind eyes, on light and on dark.

fate: kept, merged, constant, unused, or combined where a unit is a sum over several blocks
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt

from lumpver.exact.array import entry
from lumpver.exact.scalar import ONE, ZERO
from lumpver.tell.report.pictures.labels import listed, number

if TYPE_CHECKING:
    from flint import fmpq

    from lumpver.model.relabelling import Relabelling

PALETTE: Final = ("#e69f00", "#56b4e9", "#009e73", "#cc79a7", "#4477cc", "#d55e00", "#b3b000")
PALE: Final = "#b9c4d4"
GREY: Final = "#9a9a9a"
FATES: Final = ("kept", "merged", "combined", "constant", "unused")
KEPT, MERGED, COMBINED, CONSTANT, UNUSED = range(5)


@dataclass(frozen=True, slots=True)
class Look:
    """One unit: its fate, the colours of its blocks, a short caption and a whole sentence."""

    fate: str
    colours: tuple[str, ...] = ()
    caption: str = ""
    tip: str = ""


def fates(relabelling: Relabelling) -> npt.NDArray[np.int64]:
    """The place in `FATES` of every unit's fate."""
    block, mixed = relabelling.block, relabelling.mixed
    sizes = np.bincount(block[block >= 0], minlength=relabelling.columns + 1)
    found = np.where(sizes[block] > 1, MERGED, KEPT)
    found[relabelling.fixed] = CONSTANT
    found[block >= relabelling.width] = UNUSED
    found[np.isin(block, relabelling.off)] = CONSTANT
    found[mixed.unit] = UNUSED
    found[mixed.unit[mixed.block < relabelling.width]] = COMBINED
    return found


def block_colours(relabelling: Relabelling) -> npt.NDArray[np.int64]:
    """For every column its place in `PALETTE`, -1 for those that need no colour."""
    block = relabelling.block
    telling = np.bincount(block[block >= 0], minlength=relabelling.columns) > 1
    telling[relabelling.mixed.block] = True
    telling[relabelling.width :] = False
    found = np.full(relabelling.columns, -1, dtype=np.int64)
    found[telling] = np.arange(int(telling.sum())) % len(PALETTE)
    return found


def looks(relabelling: Relabelling | None, units: int, name: str) -> tuple[Look, ...]:
    """How each unit of the tensor `name` looks; without a relabelling all are kept."""
    if relabelling is None:
        return tuple(Look("kept", tip=f"{name}[{v}]") for v in range(units))
    colours = block_colours(relabelling)
    return tuple(
        _look(relabelling, v, FATES[fate], colours, f"{name}[{v}]")
        for v, fate in enumerate(fates(relabelling))
    )


def _look(
    relabelling: Relabelling, v: int, fate: str, colours: npt.NDArray[np.int64], label: str
) -> Look:
    constant = entry(relabelling.constant, v)
    if fate == "constant" and relabelling.block[v] >= 0:
        return Look(fate, (), "off", f"{label} stays where its activation is constant")
    if fate == "constant":
        value = f"= {number(constant)}".replace("= ≈", "≈")
        return Look(fate, (), value, f"{label} {value}, whatever the input")
    parts = relabelling.row(v)
    found = tuple(PALETTE[colours[j]] for j, _ in parts if colours[j] >= 0)
    tail = "" if constant == ZERO else f" {'+' if constant > 0 else '-'} {number(abs(constant))}"
    if fate == "unused":
        return Look(fate, (), "", f"{label}: no output depends on it")
    sentence = f"{label} = {_sum(parts)}{tail} of the reduced tensor"
    if fate == "combined":
        return Look(fate, found, f"{_sum(parts)}{tail}", sentence)
    [(column, scale)] = parts
    caption = ("" if scale == ONE else f"×{number(scale)}") + tail
    others = [int(u) for u in relabelling.members(column) if u != v]
    shared = f"; in one block with {listed(others)}" if others else ""
    return Look(fate, found, caption.strip(), sentence + shared)


def _sum(parts: list[tuple[int, fmpq]]) -> str:
    """The terms in words of the reduced tensor.

    Examples
    --------
    >>> _sum([(0, ONE), (3, -ONE / 2)])
    '[0] - 1/2·[3]'
    """
    shown = ""
    for column, factor in parts:
        size = "" if abs(factor) == ONE else f"{number(abs(factor))}·"
        sign = "-" if factor < 0 else "+"
        shown += f" {sign} {size}[{column}]" if shown else f"{'-' * (factor < 0)}{size}[{column}]"
    return shown


def reduced_looks(relabelling: Relabelling, name: str) -> tuple[Look, ...]:
    """How the units of the counterpart look: each in the colour of its block."""
    colours = block_colours(relabelling)[: relabelling.width]
    return tuple(
        Look("kept", (PALETTE[colour],) if colour >= 0 else (), "", f"{name}[{j}]{_of(members)}")
        for j, colour in enumerate(colours)
        for members in [[int(v) for v in relabelling.members(j)]]
    )


def _of(members: list[int]) -> str:
    return f": stands for {listed(members)}" if len(members) > 1 else ""
