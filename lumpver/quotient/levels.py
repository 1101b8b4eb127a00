"""Nodes of what takes a region's place, levels that read the region's start and each other."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from lumpver.exact.array import array, nonzero
from lumpver.exact.scalar import ONE, ZERO
from lumpver.io.storage import fits, item_size, node_fits, own_type
from lumpver.model.activations import ABS, RELU, Activation, leaky
from lumpver.model.join import Join
from lumpver.model.linear import Linear, numbers_of
from lumpver.model.network import Pointwise, Tensor
from lumpver.model.several import kinds
from lumpver.model.weights import Kernel, Matrix

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from flint import fmpq

    from lumpver.exact.array import Exact
    from lumpver.model.graph import Graph
    from lumpver.model.network import Network, Node
    from lumpver.model.regions import Formed
    from lumpver.search.regions import Region
    from lumpver.search.skips import Level


def nodes_of(levels: Sequence[Level], region: Region, taken: Iterable[str]) -> tuple[Formed, ...]:
    """A linear node for each level, behind a Concat where it reads several tensors.

    What the first tensor is read through a window of has weights of its own, which are added.
    The names are none of those taken.
    """
    made = _Made(region, set(taken), [region.start])
    for level in levels:
        made.level(level)
    return tuple(made.nodes)


def tensors_of(network: Graph, nodes: Sequence[Formed], region: Region) -> Iterator[Tensor]:
    """What these nodes make before the region's end: of its type and shape, but for the units."""
    end = network.tensors[region.end]
    width = {region.start: region.inputs}
    for node in nodes:
        name = node.output
        match node:
            case Linear(W=W) if W is not None:
                width[name] = int(W.shape[0])
            case Join(axis=axis) if axis is not None:
                width[name] = sum(width[one] for one in node.operands)
            case _:
                width[name] = width[node.inputs[0]]
        shape = None if end.shape is None else list(end.shape)
        if shape is not None:
            shape[region.axis] = width[name]
        if name != region.end:
            yield Tensor(name, end.dtype, None if shape is None else tuple(shape))


def fits_in(
    original: Network, end: str, before: Sequence[Node], after: Sequence[Node], *, floats_only: bool
) -> bool:
    """Whether the second nodes take no more bytes than the first, in types that there are."""
    old, new = ([n for n in nodes if isinstance(n, Linear)] for nodes in (before, after))
    dtype, item = own_type(original, end), item_size(original, end)
    widest = dtype if new[0].axis < -1 and dtype != "real" else "float64"  # no Conv has more
    if floats_only and not all(node_fits(node, widest) for node in new):
        return False
    if floats_only and not all(map(_is_attribute, after)):
        return False
    most = sum(part.size for node in old for part in numbers_of(node)) * item
    sizes = (
        (item if dtype == "real" or node_fits(node, dtype) else 8)
        * sum(part.size for part in numbers_of(node))
        for node in new
    )
    return sum(sizes) <= most


def _is_attribute(node: Node) -> bool:
    """Whether the slope of a node's activation, if it is one, is a float32, as attributes are."""
    functions = kinds(node.activation) if isinstance(node, Pointwise) else ()
    return all(f.slope is None or fits(array([f.slope]), "float32") for f in functions)


@dataclass(slots=True)
class _Made:
    """The nodes so far, and where the units of each level are: of 0 the start, of 1 the first."""

    region: Region
    taken: set[str]
    places: list[str]
    nodes: list[Formed] = field(default_factory=list)

    def level(self, level: Level) -> None:
        """Append the nodes of a level."""
        last = level.slope is None
        target = (
            self.region.end if last else self._name(f"{self.region.end}/level {len(self.places)}")
        )
        b = level.b if nonzero(level.b).any() else None
        first, *others = level.reads
        if self.region.window is None or first != 0:
            self._weighted(target, self._beside(level.reads, target), level.W, b)
        elif not others:
            self._weighted(target, self.region.start, level.W, b)
        else:
            parts = [self._name(f"{target}/{part}") for part in ("window", "levels")]
            at = self.region.inputs
            self._weighted(parts[0], self.region.start, level.W[:, :at], b)
            self._weighted(parts[1], self._beside(others, target), level.W[:, at:], None)
            self.nodes.append(Join(target, tuple(parts), target, "Add"))
        if level.slope is not None:
            here = self._name(f"{target}/activated")
            self.nodes.append(Pointwise(here, target, here, _two_slopes(level.slope)))
            self.places.append(here)

    def _weighted(self, target: str, source: str, W: Exact, b: Exact | None) -> None:
        window = self.region.window if source == self.region.start else None
        weights = Matrix(W) if window is None else Kernel(W, window)
        self.nodes.append(Linear(target, source, target, weights, b, self.region.axis))

    def _beside(self, reads: Sequence[int], target: str) -> str:
        """What lies side by side in a tensor."""
        names = tuple(self.places[level] for level in reads)
        if len(names) == 1:
            return names[0]
        found = self._name(f"{target}/read")
        self.nodes.append(Join(found, names, found, "Concat", self.region.axis))
        return found

    def _name(self, wish: str) -> str:
        name, count = wish, 1
        while name in self.taken:
            count += 1
            name = f"{wish}.{count}"
        self.taken.add(name)
        return name


def _two_slopes(slope: fmpq) -> Activation:
    return {ZERO: RELU, -ONE: ABS}.get(slope, leaky(slope))
