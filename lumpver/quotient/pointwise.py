"""Activations in the quotient: as they were, on fewer units."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lumpver.model.network import Pointwise, Tensor
    from lumpver.quotient.unfinished import Unfinished


def built(build: Unfinished, node: Pointwise) -> list[Pointwise]:
    """The node, unless nothing is left of what it reads."""
    return [] if build.vanishes(node) else [node]


def width(build: Unfinished, node: Pointwise, known: Mapping[str, Tensor]) -> int | None:
    """Units of the node's output, None where they cannot have changed."""
    return build.as_wide(node, known)
