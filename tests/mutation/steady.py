"""Networks with units that never switch, behind ReLU and with weights of one sign.

In each some unit is a combination of others, one the same with a constant more, one never
positive, and one may switch after all.
"""

from __future__ import annotations

import random
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from lumpver.exact.scalar import number
from lumpver.model.activations import leaky
from lumpver.model.network import Network
from mutation.models import model, node

if TYPE_CHECKING:
    from collections.abc import Callable

    from onnx import ModelProto

FIRST: Final = [[1, -1, 0], [2, 1, 1], [-1, 1, 0]]
FIRST_BIAS: Final = [0, 1, 0]
STEADY: Final = [[1, 0, 2], [0, 1, 1], [1, 2, 4], [-1, 0, -2], [1, -1, 1], [2, 0, 4]]
STEADY_BIAS: Final = [0, 1, 5, 0, 0, 3]
LAST: Final = [[1, 1, 1, 1, 1, 1], [1, -2, 3, 4, 5, -6]]


def _made(nodes: list[Any], **more: Any) -> ModelProto:
    """The model behind the first two layers' matrices."""
    given = more.pop("outputs", ())
    sides = {"A": FIRST, "B": STEADY, "C": LAST}
    constants = {name: np.array(rows).T for name, rows in sides.items()}
    constants |= {"a": FIRST_BIAS, "b": STEADY_BIAS} | more
    first = [node("MatMul", "x A", "p1"), node("Add", "p1 a", "t1"), node("Relu", "t1", "h1")]
    return model([*first, *nodes], constants, more=given)


SECOND: Final = ("MatMul", "h1 B", "p2"), ("Add", "p2 b", "t2")


def steady() -> ModelProto:
    """A plain chain."""
    return _made([*(node(*n) for n in SECOND), node("Relu", "t2", "h2"),
                  node("MatMul", "h2 C", "y")])  # fmt: skip


def steady_twice() -> ModelProto:
    """Two such layers: the second reads combinations of the first."""
    deep = [[1, 1, 0, 1, 1, 0], [0, 1, 1, 0, 1, 2], [1, 2, 1, 1, 2, 2], [0, 0, 0, 0, 0, 1]]
    nodes = [
        *(node(*n) for n in SECOND),
        node("Relu", "t2", "h2"),
        node("MatMul", "h2 D", "p3"),
        node("Add", "p3 d", "t3"),
        node("Relu", "t3", "h3"),
        node("MatMul", "h3 E", "y"),
    ]
    last = np.array([[1, 1, 1, 0], [2, 0, 1, -1]]).T
    return _made(nodes, D=np.array(deep).T, d=[0, 0, 1, 2], E=last)


def steady_readers() -> ModelProto:
    """A layer that ReLU, LeakyReLU and an affine node read: what the first switches off stays."""
    nodes = [
        *(node(*n) for n in SECOND),
        node("Relu", "t2", "h2"),
        node("LeakyRelu", "t2", "g2", alpha=0.25),
        node("MatMul", "h2 C", "y"),
        node("MatMul", "g2 C", "w"),
    ]
    return _made(nodes, outputs=[("w", ["N", 2])])


def steady_reshaped() -> ModelProto:
    """Reshapes between the activation above and the weights, and before the one below."""
    nodes = [
        node("Reshape", "h1 shape_a", "q1"),
        node("Squeeze", "q1 shape_b", "z1"),
        node("MatMul", "z1 B", "p2"),
        node("Add", "p2 b", "t2"),
        node("Unsqueeze", "t2 shape_b", "q2"),
        node("Relu", "q2", "h2"),
        node("Reshape", "h2 shape_c", "z2"),
        node("MatMul", "z2 C", "y"),
    ]
    return _made(nodes, shape_a=[-1, 3, 1], shape_b=[2], shape_c=[-1, 6])


def steady_followed() -> ModelProto:
    """Activations one after the other, and a bias before the next weights."""
    nodes = [
        *(node(*n) for n in SECOND),
        node("LeakyRelu", "t2", "g2", alpha=0.5),
        node("Relu", "g2", "h2"),
        node("Add", "h2 d", "s2"),
        node("MatMul", "s2 C", "y"),
    ]
    return _made(nodes, d=[1, 0, -1, 2, 0, 1])


def steady_chain(seed: int) -> Network:
    """A chain of exact numbers, mostly of one sign, in which combinations are planted."""
    rng = random.Random(seed)
    widths = [2, 3, *(rng.randint(3, 5) for _ in range(rng.randint(1, 2))), 2]
    layers: list[Any] = []
    for depth, (columns, rows) in enumerate(pairwise(widths)):
        signs = (1, -1) if depth == 0 or depth == len(widths) - 2 else (1,)
        sizes = [[rng.choice((0, 1, 1, 2, "1/3")) for _ in range(columns + 1)] for _ in range(rows)]
        table = [[rng.choice(signs) * number(size) for size in row] for row in sizes]
        if len(signs) == 1:
            table[-1] = [a + 2 * b for a, b in zip(table[0], table[1], strict=True)]
            table[-1][-1] += rng.randint(0, 1)
            table[rng.randrange(1, rows - 1)] = [-number(rng.randint(0, 2)) for _ in table[0]]
        layers.append(([row[:-1] for row in table], [row[-1] for row in table]))
    return Network.from_layers(layers, activation=leaky("1/2") if seed % 3 == 2 else "relu")


STEADIES: Final[tuple[Callable[[], ModelProto], ...]] = (
    steady, steady_twice, steady_readers, steady_reshaped, steady_followed,
)  # fmt: skip
