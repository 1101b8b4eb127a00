"""Whole models with one thing changed, mostly another function.

number: one entry of weights or biases; row: all weights of a unit, which are 0 then
window, pool: one stride or pad, or which padding counts
wiring: a node reads another tensor of the same shape
statistic: one mean, variance or gamma of a normalization, or its epsilon
slopes: which unit has which activation
operands: their order, in a difference or a Concat; operator: a sum instead of a difference
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final, assert_never, cast

from hypothesis import strategies as st

from lumpver.exact.array import Exact, compact, rationals
from lumpver.exact.scalar import ZERO
from lumpver.model.activations import leaky
from lumpver.model.join import Join
from lumpver.model.linear import Linear, moving
from lumpver.model.network import Opaque, Pick, Pointwise, Rearrange
from lumpver.model.pool import Pool
from lumpver.model.several import Several
from lumpver.model.weights import Diagonal, Identity, Kernel, Matrix, Normalization
from lumpver.trial.strategies.graphs import DENSE_STEPS, STEPS
from lumpver.trial.strategies.mutations import nudged
from lumpver.trial.strategies.networks import RATIONAL
from lumpver.trial.strategies.planted_graphs import planted_graphs

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from lumpver.model.network import Network
    from lumpver.model.nodes import Node
    from lumpver.model.window import Window

    Change = Callable[[st.DrawFn, "Network", Node], Node | None]


@st.composite
def mutated_graphs(
    draw: st.DrawFn, network: Network, kinds: Sequence[str] | None = None
) -> tuple[str, Network]:
    """What was changed, and the network with it changed; "nothing" where there is nothing.

    The first of `kinds` that there is anything of, or any kind.

    Examples
    --------
    >>> from hypothesis import find
    >>> from lumpver.model.network import Network
    >>> chain = Network.from_layers([([[1]], None), ([[1]], None)])
    >>> find(mutated_graphs(chain), lambda found: found[1]([1]) != chain([1]))[0] in CHANGES
    True
    """
    order = draw(st.permutations(range(len(network.nodes))))
    for kind in draw(st.permutations(list(CHANGES))) if kinds is None else kinds:
        for i in order:
            changed = CHANGES[kind](draw, network, network.nodes[i])
            if changed is not None:
                nodes = (*network.nodes[:i], changed, *network.nodes[i + 1 :])
                return kind, replace(network, nodes=nodes)
    return "nothing", network


# Steps, dense steps, how many, and what is changed, if anything: one trap has a chance in each.
_TRAPS: Final[tuple[tuple[Sequence[str], Sequence[str], int, Sequence[str]], ...]] = (
    (STEPS, DENSE_STEPS, 3, ()),
    (STEPS, DENSE_STEPS, 3, ("number",)),
    (("conv",), ("dense",), 3, ("row",)),
    (("pool",), ("dense",), 2, ()),
    (("conv", "pool"), ("dense",), 2, ("row",)),
    (("conv",), ("dense",), 2, ()),
    (("residual",), ("residual",), 2, ()),
    (("conv", "normalized"), ("normalized",), 2, ("statistic", "number")),
    (("grouped", "depthwise"), ("dense",), 2, ()),
    (("concat", "residual"), ("concat", "residual"), 2, ()),
    (("conv",), ("dense",), 2, ("slopes",)),
)


@st.composite
def nearly_planted(draw: st.DrawFn) -> Network:
    """A network with units planted, some only nearly, or one thing of that is another then.

    Examples
    --------
    >>> from hypothesis import Phase, find, settings
    >>> quick = settings(phases=[Phase.generate])
    >>> find(nearly_planted(), lambda network: network.units > 1, settings=quick).units > 1
    True
    """
    steps, dense, most, kinds = draw(st.sampled_from(_TRAPS))
    options: dict[str, Any] = {"steps": steps, "dense": dense, "depth": (most - 1, most)}
    if kinds == ("slopes",):
        options["activations"] = (leaky("1/2"),)
    network = draw(planted_graphs(least=1, near=True, **options)).network
    return draw(mutated_graphs(network, kinds))[1] if kinds else network


def _one(draw: st.DrawFn, numbers: Exact) -> Exact:
    """The numbers but for one."""
    found = rationals(numbers).copy()
    place = draw(st.integers(0, found.size - 1))
    found.flat[place] = nudged(draw, found.flat[place])
    return compact(found)


def _number(draw: st.DrawFn, _: Network, node: Node) -> Node | None:
    if not isinstance(node, Linear):
        return None
    if node.b is not None and draw(st.booleans()):
        return replace(node, b=_one(draw, node.b))
    match node.weights:
        case Matrix(W) if W.size:
            return replace(node, weights=Matrix(_one(draw, W)))
        case Kernel(W, window, groups) if W.size:
            return replace(node, weights=Kernel(_one(draw, W), window, groups))
        case Diagonal(factors) if factors.size:
            return replace(node, weights=Diagonal(_one(draw, factors)))
        case Matrix() | Kernel() | Diagonal() | Identity() | Normalization():
            return None
        case _:
            assert_never(node.weights)


def _row(draw: st.DrawFn, _: Network, node: Node) -> Node | None:
    """One unit that does not depend on what is read."""
    if not isinstance(node, Linear) or not isinstance(node.weights, Matrix | Kernel):
        return None
    numbers = rationals(node.weights.numbers).copy()
    if not numbers.size:
        return None
    numbers[draw(st.integers(0, len(numbers) - 1))] = ZERO
    return replace(node, weights=replace(node.weights, numbers=compact(numbers)))


def _statistic(draw: st.DrawFn, _: Network, node: Node) -> Node | None:
    if not isinstance(node, Linear) or not isinstance(node.weights, Normalization):
        return None
    weights = node.weights
    part = draw(st.sampled_from(["variance", "gamma", "mean", "epsilon", "variance"]))
    if part == "epsilon":
        changed: Any = weights.epsilon * 2
    elif part == "variance":
        changed = rationals(weights.variance).copy()
        place = draw(st.integers(0, changed.size - 1))
        changed[place] = (changed[place] + weights.epsilon) * 4 - weights.epsilon
        changed = compact(changed)
    else:
        changed = _one(draw, getattr(weights, part))
    return replace(node, weights=replace(weights, **{part: changed}))


def _moved(draw: st.DrawFn, window: Window) -> Window:
    """Another stride or padding along one axis."""
    part = draw(st.sampled_from(["strides", "before", "after", "dilations"]))
    lengths = list(getattr(window, part))
    place = draw(st.integers(0, len(lengths) - 1))
    least = 1 if part in ("strides", "dilations") else 0
    step = draw(st.sampled_from([1, -1])) if lengths[place] > least else 1
    lengths[place] += step
    return replace(window, **{part: tuple(lengths)})


def _window(draw: st.DrawFn, _: Network, node: Node) -> Node | None:
    kernel = moving([node]) if isinstance(node, Linear) else None
    if kernel is None or not isinstance(node, Linear):
        return None
    return replace(node, weights=replace(kernel, window=_moved(draw, kernel.window)))


def _pool(draw: st.DrawFn, _: Network, node: Node) -> Node | None:
    if not isinstance(node, Pool):
        return None
    kind = draw(st.sampled_from(["operator", "padding", "stride"]))
    window = node.window
    if window is None or kind == "operator":
        return replace(node, operator="mean" if node.operator == "max" else "max")
    if kind == "padding":
        return replace(node, counts_padding=not node.counts_padding)
    strides = tuple(n + 1 for n in window.strides)
    return replace(node, window=replace(window, strides=strides))


def _wiring(draw: st.DrawFn, network: Network, node: Node) -> Node | None:
    """The node reading another tensor of the shape, made before it."""
    before = [tensor.name for tensor in network.inputs]
    for other in network.nodes:
        if other is node:
            break
        before += other.outputs
    match node:
        case Join():
            place = draw(st.integers(0, len(node.operands) - 1))
            choices = _alike(network, node.operands[place], before)
            if not choices:
                return None
            operands = list(node.operands)
            operands[place] = draw(st.sampled_from(choices))
            return replace(node, operands=tuple(operands))
        case Linear() | Pointwise() | Pool():
            choices = _alike(network, node.input, before)
            return replace(node, input=draw(st.sampled_from(choices))) if choices else None
        case Rearrange() | Pick() | Opaque():
            return None
        case _:
            assert_never(node)


def _alike(network: Network, name: str, among: list[str]) -> list[str]:
    shape = network.tensors[name].shape
    return [other for other in among if other != name and network.tensors[other].shape == shape]


def _operands(_draw: st.DrawFn, _: Network, node: Node) -> Node | None:
    if not isinstance(node, Join) or len(set(node.operands)) < 2:
        return None
    if node.operator not in ("Sub", "Div", "Concat"):
        return None
    return replace(node, operands=node.operands[::-1])


def _operator(draw: st.DrawFn, _: Network, node: Node) -> Node | None:
    if not isinstance(node, Join) or node.operator == "Concat":
        return None
    others = [name for name in ("Add", "Sub", "Mul", "Max", "Mean") if name != node.operator]
    return replace(node, operator=cast("Any", draw(st.sampled_from(others))))


def _activation(draw: st.DrawFn, _: Network, node: Node) -> Node | None:
    if not isinstance(node, Pointwise):
        return None
    others = [function for function in RATIONAL if function != node.activation]
    return replace(node, activation=draw(st.sampled_from(others)))


def _slopes(draw: st.DrawFn, _: Network, node: Node) -> Node | None:
    """Activations of units' own in another order, or one for all."""
    if not isinstance(node, Pointwise) or not isinstance(node.activation, Several):
        return None
    given = node.activation
    order = draw(st.permutations(range(len(given.functions))))
    turned = given.chosen(order)
    return replace(node, activation=given.functions[0] if turned == given else turned)


CHANGES: Final[dict[str, Change]] = {
    "number": _number,
    "row": _row,
    "window": _window,
    "pool": _pool,
    "wiring": _wiring,
    "statistic": _statistic,
    "operands": _operands,
    "operator": _operator,
    "activation": _activation,
    "slopes": _slopes,
}
