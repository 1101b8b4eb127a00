"""How many units one hidden layer has at least that makes one tensor of another.

Where a region begins with anything, as inputs are, what one hidden layer computes is a sum of
kinks and an affine part in one way only: fewer units than `least` is impossible, for all inputs, in
real arithmetic, for an output with a bias and without a skip. With other activations, more layers,
or inputs that are not anything, fewer may do.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from lumpver.errors import ShapeMismatch
from lumpver.exact.array import nonzero
from lumpver.io.nnet.limits import stated_limits
from lumpver.model.linear import first_matrix
from lumpver.model.network import Pointwise, Rearrange
from lumpver.model.segments import aggregate
from lumpver.model.several import common

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lumpver.model.network import Network, Node
    from lumpver.search.orientations import Fewest
    from lumpver.search.regions import Region


@dataclass(frozen=True, slots=True)
class Width:
    """How many units one hidden layer needs to make `end` of `start`: from `least` to `most`.

    `layer` is the first of the layers that do so; its activation is meant. So many as `most`
    suffice, if numbers may be any; where both are the same that is the least there is.
    """

    start: str
    end: str
    layer: str
    least: int
    most: int


def width_of(network: Network, region: Region, kinks: int, best: Fewest) -> Width | None:
    """What one hidden layer needs in the place of a region; None where its start is not free.

    None also where activations of several kinds are in it: of which one is meant is not said.
    """
    bends = {common(node.activation) for node in region.nodes if isinstance(node, Pointwise)}
    if kinks == 0 or len(bends) > 1 or not _is_free(network, region):
        return None
    layer = next(node.input for node in region.nodes if isinstance(node, Pointwise))
    least, most = kinks + best.least, kinks + best.choice.extra
    return Width(region.start, region.end, layer, least, most)


def width_as_it_is(
    network: Network, region: Region, reduced: Network, nodes: Sequence[Node]
) -> Width | None:
    """The same, where nodes are left of a region in which no two units are multiples.

    Each unit that varies and is read is a kink then, and nothing else is needed. None where they
    are not one hidden layer.
    """
    bends = [node for node in nodes if isinstance(node, Pointwise)]
    made = {name for node in nodes for name in node.outputs}
    runs = [run for run in reduced.segments if run.output in made]
    if len(bends) != 1 or len(runs) != 2 or not _is_free(network, region):
        return None
    if any(first_matrix(run.nodes) is None for run in runs):
        return None
    function = common(bends[0].activation)
    slope = None if function is None else function.slope
    if slope is None or slope == 1:
        return None
    first, last = (aggregate(run, None, network.width.get(region.start, 0)) for run in runs)
    layer = next(node.input for node in region.nodes if isinstance(node, Pointwise))
    kinks = int((nonzero(first[0]).any(axis=1) & nonzero(last[0]).any(axis=0)).sum())
    return Width(region.start, region.end, layer, kinks, kinks) if kinks else None


def _is_free(network: Network, region: Region) -> bool:
    """Whether a region begins with entries of an input, in whatever shape, and has no window.

    Not where programs clip inputs to the limits in a file: beyond those a kink is not seen; nor
    where units have activations of their own.
    """
    bends = [node for node in region.nodes if isinstance(node, Pointwise)]
    if _is_clipped(network) or any(common(node.activation) is None for node in bends):
        return False
    name = region.start
    while isinstance(node := network.producers.get(name), Rearrange):
        name = node.input
    return region.window is None and name in {tensor.name for tensor in network.inputs}


def _is_clipped(network: Network) -> bool:
    try:
        limits = stated_limits(network) or ()
    except ShapeMismatch:
        return True
    return any(end is not None for ends in limits for end in ends)
