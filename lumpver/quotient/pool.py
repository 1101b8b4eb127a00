"""Pools in the quotient: the same node, over fewer channels."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lumpver.model.network import Pool, Tensor
    from lumpver.quotient.unfinished import Unfinished


def built(build: Unfinished, node: Pool) -> list[Pool]:
    """The node as it is, none where no channel is left."""
    return [] if build.vanishes(node) else [node]


def width(build: Unfinished, node: Pool, known: Mapping[str, Tensor]) -> int | None:
    """Units of the node's output, None where they are not known."""
    return build.as_wide(node, known)
