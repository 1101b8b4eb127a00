"""Networks in which units cancel or never switch, with their forms, of all slopes.

Each has pairs whose certificates compare forms, or give multipliers for signs.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from lumpver.model.activations import ABS, RELU, SIGMOID, Activation, leaky
from lumpver.model.join import Join
from lumpver.model.network import Network, Pointwise, Tensor, linear
from lumpver.model.several import Several

if TYPE_CHECKING:
    from collections.abc import Callable

HALF: Final = leaky("1/2")
PAIRS: Final = ([[1, 2], [-1, -2], [3, -1], [-3, 1]], [1, -1, 0, 0])
APART: Final = [[1, -1, 0, 0], [0, 0, 1, -1]]


def _chain(*layers: Any, activation: Activation = RELU) -> Network:
    return Network.from_layers(list(layers), activation=activation)


def split_units() -> Network:
    """Units t as the difference of what ReLU makes of t and of -t."""
    return _chain(PAIRS, (APART, None), ([[1, 1]], None))


def split_leaky() -> Network:
    """The same of LeakyReLU: each is t times 1 + a."""
    return _chain(PAIRS, (APART, [0, -1]), ([[1, 1], [2, -1]], None), activation=HALF)


def larger_of_two() -> Network:
    """A sum without a kink and a difference with one, by four units."""
    first = [[1, 1], [-1, -1], [1, -1], [-1, 1]]
    return _chain((first, None), ([["1/2", "-1/2", "1/2", "1/2"]], None))


def carried() -> Network:
    """A column that may be negative is read two levels up."""
    second = [[1, 0, 1, 0], [-1, 0, -1, 0], [1, 0, 0, 0], [-1, 0, 0, 0]]
    return _chain(
        ([[1], [-1], [2], [-2]], [0, 0, -1, 1]), (second, [1, -1, 0, 0]), ([[1, 1, 1, -1]], None),
        activation=HALF,
    )  # fmt: skip


def sizes() -> Network:
    """Pairs of |y|, all of which cancel but one."""
    return _chain(PAIRS, ([[1, -1, 1, 1], [1, -1, 2, 1]], [0, -1]), ([[1, 2]], None),
                  activation=ABS)  # fmt: skip


def slopes_by_unit() -> Network:
    """Units on one hyperplane, each with a slope of its own."""
    made = _chain(([[1], [-1], [2], [1]], [0, 0, 0, 1]), ([[1, -2, 1, 1]], [1]))
    several = Several(tuple(map(leaky, (0, "1/2", "-1/2", 2))), -1)
    nodes = tuple(
        replace(node, activation=several) if isinstance(node, Pointwise) else node
        for node in made.nodes
    )
    return replace(made, nodes=nodes)


def by_cases() -> Network:
    """Units that never switch, which takes two cases to see."""
    second = [[-1, -1, 1], [1, 1, -1], [1, -1, 0], [1, 0, 1]]
    return _chain(([[1, 0], [0, 1], [1, 1]], None), (second, [0, 0, 0, -1]), ([[1, 1, 1, 1]], None))


def by_cases_leaky() -> Network:
    """The same of another slope, with one more level that rests on it."""
    second = [[-1, -1, 1], [1, 1, -1], [1, -1, 0]]
    third = [[1, 1, 0], [-1, 1, 0], [0, 1, 1]]
    return _chain(([[1, 0], [0, 1], [1, 1]], None), (second, None), (third, [0, -1, 0]),
                  ([[1, 2, -1]], None), activation=HALF)  # fmt: skip


def behind_a_curve() -> Network:
    """Forms that begin with no input, and a unit beside them that merges."""
    first = linear("a", "x", "h", [[1, 2], [2, 1], [1, 2]], [0, 1, 0])
    nodes = (
        first, Pointwise("A", "h", "r", SIGMOID),
        linear("b", "r", "s", [[1, -1, 1], [-1, 1, -1], [2, 1, 0], [-2, -1, 0]], [0, 0, 1, -1]),
        Pointwise("B", "s", "t", RELU),
        linear("c", "t", "u", [[1, -1, 2, -2], [1, -1, -1, 1]], None),
        Pointwise("C", "u", "v", RELU),
        linear("d", "v", "y", [[1, 1]], None),
    )  # fmt: skip
    return _network(nodes, x=2, h=3, r=3, s=4, t=4, u=2, v=2, y=1)


def joined() -> Network:
    """Branches of two activations, added up."""
    nodes = (
        linear("a", "x", "h", [[1, 1], [-1, -1], [1, -1]], [0, 0, 1]),
        Pointwise("A", "h", "r", HALF), Pointwise("B", "h", "s", RELU),
        Join("C", ("r", "s"), "t", "Sub"),
        linear("d", "t", "y", [[1, 1, 2], [1, -1, 0]], [0, 1]),
    )  # fmt: skip
    return _network(nodes, x=2, h=3, r=3, s=3, t=3, y=2)


def parted() -> Network:
    """What `joined` computes, by one activation."""
    nodes = (
        linear("a", "x", "h", [[-1, -1], [1, 1], [-1, 1]], [0, 0, -1]),
        Pointwise("A", "h", "t", RELU),
        linear("d", "t", "y", [["-1/2", "-1/2", -1], ["-1/2", "1/2", 0]], [0, 1]),
    )
    return _network(nodes, x=2, h=3, t=3, y=2)


def _network(nodes: Any, **widths: int) -> Network:
    tensors = {name: Tensor(name, "real", (width,)) for name, width in widths.items()}
    return Network((tensors["x"],), (tensors["y"],), nodes, tensors)


BENT: Final[tuple[Callable[[], Network], ...]] = (
    split_units, split_leaky, larger_of_two, carried, sizes, slopes_by_unit, by_cases,
    by_cases_leaky, behind_a_curve,
)  # fmt: skip
