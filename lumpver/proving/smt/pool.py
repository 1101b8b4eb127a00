"""Pools as terms: the largest by cases, a mean or a sum as a weighted sum."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np
from flint import fmpq

from lumpver.exact.scalar import ONE
from lumpver.model.pool import divisors, pooled, spans
from lumpver.proving.smt.terms import combination, term

if TYPE_CHECKING:
    from lumpver.exact.array import Exact
    from lumpver.model.network import Pool


def encoded(node: Pool, x: Exact) -> Exact:
    """The node's output at x.

    Raises
    ------
    ShapeMismatch
        If x does not have the node's axis, or not as many positions as the window spans.
    """
    pooled(node, x.shape)
    lead, lengths = x.shape[: node.axis + 1], x.shape[node.axis + 1 :]
    flat, met = x.reshape(prod(lead), *lengths), spans(node, lengths)
    below = np.array(divisors(node, lengths))
    made = tuple(map(len, met))
    result = np.empty((prod(lead), *made), dtype=object)
    for place in np.ndindex(*made):
        taken = (met[i][at] for i, at in enumerate(place))
        window = tuple(slice(part.start, part.stop, part.step) for part in taken)
        share = ONE / int(below[place]) if node.operator == "mean" else ONE
        for row, channel in enumerate(flat):
            entries = channel[window].reshape(-1).tolist()
            if node.operator == "max":
                result[(row, *place)] = _largest(entries)
            else:
                result[(row, *place)] = combination([share] * len(entries), entries)
    return result.reshape(*lead, *made)


def _largest(entries: list[Any]) -> Any:
    """The largest of some values: numbers first, terms one after the other."""
    import z3  # noqa: PLC0415 heavy: only where terms are built

    numbers = [value for value in entries if isinstance(value, fmpq)]
    found = max(numbers) if numbers else None
    for value in entries:
        if isinstance(value, fmpq):
            continue
        above = None if found is None else term(found)
        found = value if above is None else z3.If(above <= value, value, above)
    return found
