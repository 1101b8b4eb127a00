"""Whole models with units planted in them, and the smaller ones that they were made from.

growth: one unit more in all tensors that are tied together; see `growing`
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from flint import fmpq
from hypothesis import strategies as st

from lumpver.exact.array import rationals
from lumpver.exact.scalar import ONE
from lumpver.trial.strategies.entries import leads
from lumpver.trial.strategies.graphs import graphs, numbers
from lumpver.trial.strategies.growing import KINDS, Growth, grown

if TYPE_CHECKING:
    from lumpver.model.network import Network

_SCALES: Final = [ONE, fmpq(2), fmpq(3), fmpq(1, 2)]
_STEPS: Final = [(ONE, ONE), (fmpq(2), ONE), (ONE, fmpq(2)), (-ONE, ONE), (fmpq(-3), fmpq(2))]


@dataclass(frozen=True, slots=True, eq=False)
class PlantedGraph:
    """A network, the smaller one that it was made from, and what was added to that, in order.

    Both compute the same. The base may be reduced further, and need not be found again.
    """

    network: Network
    base: Network
    growths: tuple[Growth, ...]


@st.composite
def planted_graphs(
    draw: st.DrawFn, /, *, least: int = 0, most: int = 4, near: bool = False, **options: Any
) -> PlantedGraph:
    """Networks as of `graphs`, with these options, and so many units planted in them.

    Fewer, where none can be: a base may have no units that others are not tied to. Some are only
    `near`, if they may be; then the base computes something else.


    Examples
    --------
    >>> from hypothesis import Phase, find, settings
    >>> quick = settings(phases=[Phase.generate])
    >>> planted = planted_graphs(least=1, most=1)
    >>> found = find(planted, lambda found: len(found.growths) == 1, settings=quick)
    >>> found.network.units > found.base.units
    True
    """
    base = network = draw(graphs(**options))
    growths = []
    names = leads(base)
    for _ in range(draw(st.integers(least, most)) if names else 0):
        lead = draw(st.sampled_from(names))
        more = draw(_growths(lead, network.width[lead], near=near))
        after = grown(network, more, lambda n: rationals(numbers(draw, n)).tolist())
        if after is not None:
            network = after
            growths.append(more)
    return PlantedGraph(network, base, tuple(growths))


def _growths(lead: str, width: int, *, near: bool) -> st.SearchStrategy[Growth]:
    return st.builds(
        Growth,
        st.just(lead),
        st.sampled_from(KINDS),
        st.integers(0, width - 1),
        st.sampled_from(_SCALES),
        st.integers(0, width),
        st.sampled_from(_STEPS),
        st.booleans() if near else st.just(value=False),
    )
