"""Which activations of two networks stand side by side: those that come in the same order.

Any choice is sound; one that pairs what computes alike shows most.
"""

from __future__ import annotations

from difflib import SequenceMatcher
from typing import TYPE_CHECKING

from lumpver.bounds.plan import planned
from lumpver.bounds.steps import Bent
from lumpver.nearness.twin import continuous

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lumpver.model.graph import Graph


def beside(
    first: Graph, second: Graph, ours: Mapping[str, int], theirs: Mapping[str, int]
) -> tuple[tuple[str, str], ...]:
    """Tensors of both that the same activation makes, for inputs of so many entries.

    Examples
    --------
    >>> from lumpver.model.network import Network
    >>> one = Network.from_layers([([[1]], None), ([[2]], None), ([[3]], None)])
    >>> two = Network.from_layers([([[1]], None), ([[3]], None)])
    >>> beside(one, one, {"x": 1}, {"x": 1}), beside(one, two, {"x": 1}, {"x": 1})
    ((('h1', 'h1'), ('h2', 'h2')), (('h1', 'h1'),))
    """
    a, b = _made(first, ours), _made(second, theirs)
    matcher = SequenceMatcher(None, [key for _, key in a], [key for _, key in b], autojunk=False)
    return tuple(
        (a[block.a + i][0], b[block.b + i][0])
        for block in matcher.get_matching_blocks()
        for i in range(block.size)
    )


def _made(network: Graph, sizes: Mapping[str, int]) -> list[tuple[str, tuple[str, int]]]:
    """The tensors that continuous activations make, each with which and how many entries."""
    plan = planned(network, sizes)
    return [
        (name, (repr(step.activation), plan.size(name)))
        for name, step in plan.steps.items()
        if isinstance(step, Bent) and continuous(step.activation)
    ]
