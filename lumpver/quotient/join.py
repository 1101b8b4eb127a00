"""Joins in the quotient: the same, of as many units as are left of both operands."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lumpver.model.network import Join
    from lumpver.quotient.unfinished import Unfinished


def built(node: Join) -> list[Join]:
    """The node itself."""
    return [node]


def width(build: Unfinished, node: Join) -> int | None:
    """Units of the node's output, None where they cannot have changed."""
    after = build.lumping.of(node.output)
    return None if after is None else after.width
