"""Networks of kernels and pools along one axis, for joint lumping."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from kernel_networks import A, B, C, conv, network, window

from lumpver.model.activations import RELU, Activation
from lumpver.model.network import Network, Node, Pointwise, Pool, Rearrange
from lumpver.proving.comparison import compare
from lumpver.proving.pairing import pair

PADDED: Final = window(pads=(1, 1))
PAIR: Final = [[A, B], [C, A]]
LAST: Final = [[[1, 2, 3], [4, 5, 6]]]
LINE: Final = (1, 2, 8)
DENSE: Final = np.arange(1.0, 13).reshape(1, 12) % 5 - 2


def joint(a: Network, b: Network) -> bool:
    """Whether joint lumping alone says that both are equal."""
    return not compare(pair(a, b), {}).open


def act(source: str, target: str, function: Activation = RELU) -> Pointwise:
    """An activation."""
    return Pointwise(f"to {target}", source, target, function)


def pool(source: str, target: str, operator: str, *parts: Any, counts: bool = False) -> Pool:
    """A pool along one axis: `parts` say the window, none for all positions."""
    over = window(*parts) if parts else None
    return Pool(f"to {target}", source, target, operator, -2, over, counts)


def flat(source: str, target: str, operator: str = "Flatten", *numbers: int) -> Rearrange:
    """A rearrangement."""
    return Rearrange(f"to {target}", source, target, operator, numbers or (1,))


def ahead(*nodes: Node) -> Network:
    """Two filters and ReLU, then these nodes from `h` on to `y`."""
    return network(conv("x", "t", PAIR, [1, -2], PADDED), act("t", "h"), *nodes, shape=LINE)


def scaled(*nodes: Node, factors: tuple[int, int] = (1, 1), swap: bool = False) -> Network:
    """The same with filters times factors, perhaps the other way round."""
    rows = np.array(PAIR) * np.array(factors)[:, None, None]
    b = np.array([1, -2]) * factors
    order = [1, 0] if swap else [0, 1]
    first = conv("x", "t", rows[order], b[order], PADDED)
    return network(first, act("t", "h"), *nodes, shape=LINE)


def three(kind: Any, b: float, last: Any, c: float, pads: tuple[int, int]) -> Network:
    """The base with a third channel, read by the taps `last`."""
    first = conv("x", "t", [*PAIR, kind], [1, -2, b], PADDED)
    second = conv("h", "y", [[*LAST[0], last]], [c], window(pads=pads))
    return network(first, act("t", "h"), second, shape=LINE)


NOTHING: Final = np.zeros((2, 3))
