"""Activations in the quotient: as they were, on fewer units."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from lumpver.model.several import Several
from lumpver.search.blocks import representatives

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lumpver.model.network import Pointwise, Tensor
    from lumpver.quotient.unfinished import Unfinished


def built(build: Unfinished, node: Pointwise) -> list[Pointwise]:
    """The node, unless nothing is left of what it reads; each unit's own activation with it."""
    if build.vanishes(node):
        return []
    given, before = node.activation, build.lumping.of(node.input)
    elsewhere = build.network.axes.get(node.input) != node.axis  # then one for all units
    if before is None or elsewhere or not isinstance(given, Several):
        return [node]
    kept = representatives(before, before.units).tolist()
    return [replace(node, activation=given.chosen(kept))]


def width(build: Unfinished, node: Pointwise, known: Mapping[str, Tensor]) -> int | None:
    """Units of the node's output, None where they cannot have changed."""
    return build.as_wide(node, known)
