"""A network with a share of its weights taken out, and biases that make up for them.

Weights are read as they are, to the last bit; those that go are 0, and a bias is the exact sum of
what it was and what it takes up, rounded once to the number type of its layer.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from lumpver.bounds.knowing import known
from lumpver.bounds.plan import planned
from lumpver.bounds.steps import Blank
from lumpver.errors import Malformed
from lumpver.exact.array import compact, is_float, zeros
from lumpver.exact.scalar import ZERO
from lumpver.model.slicing import one_position
from lumpver.model.weights import Matrix
from lumpver.pruning.dense import Dense, layers
from lumpver.pruning.influence import influence
from lumpver.pruning.losses import LOSSES, alike, of_curvature, of_loss, of_outputs
from lumpver.pruning.methods import METHODS, Ranked, lowest, ranked, share_of
from lumpver.pruning.moments import moments, pieces
from lumpver.pruning.passes import ends, forward
from lumpver.pruning.rounding import added
from lumpver.pruning.trying import changes

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from lumpver.bounds.plan import Plan
    from lumpver.claim.domain import Boxes
    from lumpver.exact.array import Exact
    from lumpver.exact.floats import Floats
    from lumpver.model.network import Linear, Network
    from lumpver.model.relabelling import Mask
    from lumpver.pruning.losses import Weigh

    Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Thinned:
    """How many weights a layer has, and how many of them were taken out."""

    name: str
    weights: int
    removed: int


@dataclass(frozen=True, slots=True, eq=False)
class Pruned:
    """What became of a network.

    `others` are nodes with weights that were left alone: they are not dense. `change` is what
    outputs differ by on the data, in the root mean square and at most, in floats.
    """

    network: Network
    method: str
    layers: tuple[Thinned, ...]
    others: tuple[str, ...]
    change: tuple[float, float] | None = None

    @property
    def removed(self) -> int:
        """How many weights are 0 that were looked at, of all layers."""
        return sum(layer.removed for layer in self.layers)

    @property
    def weights(self) -> int:
        """How many weights were looked at."""
        return sum(layer.weights for layer in self.layers)

    def __repr__(self) -> str:
        return f"<Pruned: {self.removed} of {self.weights} weights by {self.method}>"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Asked:
    """What a method is given: samples by the inputs' names, what is wanted of them, a box."""

    method: str
    data: Mapping[str, Floats] | None = None
    targets: Floats | None = None
    loss: str = "squares"
    box: Boxes | None = None
    seed: int = 0


def prune(
    network: Network, ratio: Any, asked: Asked, progress: Progress = lambda _: None
) -> Pruned:
    """The network without that share of the weights of its dense layers, rounded down.

    Raises
    ------
    Malformed
        If the ratio is not between 0 and 1, there is no dense layer, the method or the loss is
        none, what it needs is missing, or values overflow.
    ShapeMismatch
        If data do not fit.
    """
    share = share_of(ratio)
    _complete(asked)
    one = one_position(network)
    plan = planned(one, _sizes(one, asked))
    dense, others = layers(one, plan)
    if not dense or not sum(layer.W.size for layer in dense):
        raise Malformed("model", expected="a dense layer with weights", got="none")
    found = _ranked(one, plan, dense, asked, progress)
    total = sum(layer.W.size for layer in dense)
    count = int(share * total)
    gone = lowest([rank.importance for rank in found], count)
    after = _without(network, dense, found, gone) if count else network
    thinned = tuple(
        Thinned(layer.node.name, layer.W.size, int(mask.sum()))
        for layer, mask in zip(dense, gone, strict=True)
    )
    change = None if asked.data is None else _change(one, after, plan, asked.data)
    return Pruned(after, asked.method, thinned, others, change)


def _complete(asked: Asked) -> None:
    """Refuse a method that lacks what it needs, or is given what it has no use for."""
    if asked.method not in METHODS:
        raise Malformed("method", expected=" or ".join(METHODS), got=asked.method)
    if asked.loss not in LOSSES:
        raise Malformed("loss", expected=" or ".join(LOSSES), got=asked.loss)
    if asked.seed < 0:
        raise Malformed("seed", expected="0 or more", got=str(asked.seed))
    method = METHODS[asked.method]
    if method.sees is not None and asked.data is None:
        raise Malformed(f"method {asked.method}", expected="data", got="none")
    if method.needs_box != (asked.box is not None):
        expected, got = ("a box", "none") if method.needs_box else ("no box", "one")
        raise Malformed(f"method {asked.method}", expected=expected, got=got)
    if (method.sees == "loss") != (asked.targets is not None):
        expected, got = ("targets", "none") if method.sees == "loss" else ("no targets", "some")
        raise Malformed(f"method {asked.method}", expected=expected, got=got)


def _sizes(network: Network, asked: Asked) -> dict[str, int]:
    """How many entries the inputs have in one sample."""
    if asked.data is not None:
        return {name: x.shape[1] for name, x in asked.data.items()}
    if asked.box is not None:
        return asked.box.sizes
    shapes = {tensor.name: tensor.shape or () for tensor in network.inputs}
    return {
        name: int(np.prod([size if isinstance(size, int) else 1 for size in shape], dtype=int))
        for name, shape in shapes.items()
    }


def _ranked(
    network: Network, plan: Plan, dense: tuple[Dense, ...], asked: Asked, progress: Progress
) -> list[Ranked]:
    method, draw = METHODS[asked.method], np.random.default_rng(asked.seed)
    if asked.box is not None:
        return _on_box(network, plan, dense, asked.box)
    if asked.data is None or method.sees is None:
        return [ranked(asked.method, layer.W, None, draw) for layer in dense]
    weigh = _weigh(method.sees, asked)
    seen = moments(network, plan, dense, asked.data, weigh, progress)
    found = zip(dense, seen, strict=True)
    if not method.tries:
        return [ranked(asked.method, layer.W, one, draw) for layer, one in found]
    data = asked.data
    return [
        Ranked(changes(network, plan, layer, data, one.mean, progress), one.mean)
        for layer, one in found
    ]


def _weigh(sees: str, asked: Asked) -> Weigh:
    if sees == "loss" and asked.targets is not None:
        return of_loss(asked.loss, asked.targets)
    if sees == "curvature":
        return of_curvature(asked.loss)
    return alike if sees == "layer" else of_outputs


def _on_box(network: Network, plan: Plan, dense: tuple[Dense, ...], box: Boxes) -> list[Ranked]:
    """The data-free variant: by bounds of what weights are multiplied by, and of all slopes."""
    intervals = known(network, box).intervals
    targets = ends(network, [n for n in intervals if not isinstance(plan.steps.get(n), Blank)])
    effect = influence(plan, intervals, targets)
    found = []
    for layer in dense:
        a = intervals[layer.node.input]
        if not np.isfinite(a.size).all():
            raise Malformed(f"box for {layer.node.input}", expected="bounds", got="none")
        half = a.upper / 2 - a.lower / 2
        steep = effect.get(layer.name, np.full(layer.W.shape[0], np.inf))
        with np.errstate(invalid="ignore"):
            counts = np.abs(layer.W) * half * steep[:, None]
        counts = np.where(np.isnan(counts), 0.0, counts)  # 0 times what is not known is 0
        middle = np.broadcast_to(a.lower / 2 + a.upper / 2, layer.W.shape)
        found.append(Ranked(counts, np.where(a.lower == a.upper, a.lower, middle)))
    return found


def _without(
    network: Network, dense: tuple[Dense, ...], found: list[Ranked], gone: list[Mask]
) -> Network:
    """The network without those weights, its biases made up for them."""
    new: dict[str, Linear] = {}
    for layer, rank, mask in zip(dense, found, gone, strict=True):
        if not mask.any():
            continue
        node = new.get(layer.node.output, layer.node)
        new[node.output] = replace(node, weights=Matrix(_masked(layer, mask)))
        if rank.mean is not None:
            home = new.get(layer.home.output, layer.home)
            dtype = network.tensors[home.output].dtype
            b = zeros(layer.W.shape[0]) if home.b is None else home.b
            new[home.output] = replace(home, b=added(b, layer.weights, rank.mean, mask, dtype))
    nodes = tuple(new.get(node.outputs[0], node) for node in network.nodes)
    return replace(network, nodes=nodes)


def _masked(layer: Dense, mask: Mask) -> Exact:
    """The weights, 0 where they go; of floats their type stays."""
    numbers = layer.weights.copy()
    numbers[mask] = 0.0 if is_float(numbers) else ZERO
    return compact(numbers)


def _change(
    before: Network, after: Network, plan: Plan, data: Mapping[str, Floats]
) -> tuple[float, float]:
    """What outputs differ by on the data: the root mean square over samples, and the most."""
    other = planned(one_position(after), {name: x.shape[1] for name, x in data.items()})
    total, squares, most = next(iter(data.values())).shape[0], 0.0, 0.0
    for chosen in pieces(plan, total):
        inputs = {name: x[chosen] for name, x in data.items()}
        ours, theirs = forward(plan, inputs), forward(other, inputs)
        names = ends(before, ours)
        off = np.concatenate([ours[name] - theirs[name] for name in names], axis=1)
        squares += float((off * off).sum())
        most = max(most, float(np.abs(off).max(initial=0.0)))
    return float(np.sqrt(squares / total)), most
