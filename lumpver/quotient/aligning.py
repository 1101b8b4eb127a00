"""Units that stay although they could go, because runtimes are faster with round numbers.

Convolutions run on channels four, eight or sixteen at a time, and by slower ways where their
number is no multiple of that.

aligned: of so many channels that their number is a multiple
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from lumpver.io.storage import convolves
from lumpver.model.network import Linear
from lumpver.search.blocks import representatives
from lumpver.search.bundles import tied
from lumpver.search.families import family

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from lumpver.model.network import Network
    from lumpver.model.relabelling import Relabelling
    from lumpver.search.lumping import Lumping
    from lumpver.search.withheld import Units

COMMON: Final = 4  # what runtimes want at least
MANY: Final = 16  # fewer channels are read as they are


def unaligned(network: Network, lumping: Lumping, multiple: int) -> Units:
    """Units that would go and have to stay, so that channels that convolutions read are aligned.

    Where enough of them would go: the first ones of each tensor.

    Examples
    --------
    >>> from lumpver.model.network import Network
    >>> from lumpver.search.lumping import coarsest
    >>> twins = Network.from_layers([([[1], [2]], None), ([[1, 1]], None)])
    >>> unaligned(twins, coarsest(twins), 2)  # no convolution
    frozenset()
    """
    found: set[tuple[str, int]] = set()
    for name, after in _channels(network, lumping):
        missing = -after.width % multiple
        going = np.setdiff1d(np.arange(after.units), representatives(after, after.units))
        if missing <= going.size:
            found |= {(name, int(unit)) for unit in going[:missing]}
    return frozenset(found)


def out_of_step(network: Network, lumping: Lumping) -> int:
    """In how many places channels were multiples of `COMMON`, and are no more, being many."""
    return sum(
        after.units % COMMON == 0 < after.width % COMMON and after.width >= MANY
        for _, after in _channels(network, lumping)
    )


def _channels(network: Network, lumping: Lumping) -> Iterator[tuple[str, Relabelling]]:
    """The runs whose channels change and are read by convolutions; of a bundle one."""
    bundles, _ = tied(network)
    for segment in network.segments:
        name, after = segment.output, lumping.of(segment.output)
        bundle = bundles.get(name)
        members = family(network, name) if bundle is None else bundle.members
        first = bundle is None or name == bundle.writers[0]
        if after is not None and after.width and first and _convolved(network, members):
            yield name, after


def _convolved(network: Network, names: Iterable[str]) -> bool:
    """Whether a convolution reads one of the tensors."""
    readers = (node for name in names for node in network.readers.get(name, []))
    return any(convolves(node) for node in readers if isinstance(node, Linear))
