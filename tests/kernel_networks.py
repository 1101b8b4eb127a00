"""Networks of kernels along one axis, claims about them, and what is accepted and rejected."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from lumpver.checker import check
from lumpver.claim.certificate import Certificate
from lumpver.claim.facts import Fact
from lumpver.errors import Rejected
from lumpver.exact.array import array, equal, zeros
from lumpver.model.activations import RELU
from lumpver.model.network import Linear, Network, Node, Opaque, Pointwise, Shape, Tensor
from lumpver.model.relabelling import Relabelling
from lumpver.model.shapes import behind
from lumpver.model.weights import Kernel
from lumpver.model.window import Window

if TYPE_CHECKING:
    from collections.abc import Mapping

Claims = dict[str, tuple[Fact, ...]]
LINE = (1, 2, 5)
A, B, C = [1, 2, 0], [-1, 1, 2], [2, 0, -3]
RELUS = Pointwise("relu", "t", "h", RELU)


def window(size: int = 3, stride: int = 1, step: int = 1, pads: tuple[int, int] = (0, 0)) -> Window:
    """A window along one axis."""
    return Window((size,), (stride,), (step,), pads[:1], pads[1:])


def conv(source: str, target: str, W: Any, b: Any = None, w: Window | None = None) -> Linear:
    """A kernel along one axis of positions: `W` has a list of taps for each unit of x, of y."""
    numbers = array(W)
    flat = numbers.reshape(numbers.shape[0], -1)
    weights = Kernel(flat, w or window(int(numbers.shape[2])))
    bias = None if b is None else array(b)
    return Linear(f"to {target}", source, target, weights, bias, -2)


def network(*nodes: Node, shape: Shape = LINE, outputs: str = "y") -> Network:
    """The network of these nodes from `x` on; shapes follow."""
    tensors = {"x": Tensor("x", "real", shape)}
    for node in nodes:
        assert not isinstance(node, Opaque)
        found = behind(node, {name: tensor.shape for name, tensor in tensors.items()})
        tensors[node.output] = Tensor(node.output, "real", found)
    ends = tuple(tensors[name] for name in outputs.split())
    return Network((tensors["x"],), ends, nodes, tensors)


def claim(
    *block: int, scale: Any = None, constant: Any = None, ghosts: int = 0, name: str = "t"
) -> Claims:
    """A claim about t: the block of each unit, -1 for a constant; the last blocks are ghosts."""
    n, blocks = len(block), max(block, default=-1) + 1
    found = Relabelling(
        np.array(block),
        np.ones(n) if scale is None else array(scale),
        zeros(n) if constant is None else array(constant),
        blocks - ghosts,
        ghosts,
    )
    return {name: (Fact(name if found.width else None, found),)}


def agree(a: Network, b: Network) -> bool:
    """Whether both give the same at some points."""
    rng = np.random.default_rng(1)
    for _ in range(8):
        shapes = {t.name: [n if isinstance(n, int) else 1 for n in t.shape or ()] for t in a.inputs}
        point = {name: rng.integers(-5, 6, shape) for name, shape in shapes.items()}
        x, y = (found.evaluate({n: v.astype(float) for n, v in point.items()}) for found in (a, b))
        if any(x[n].shape != y[n].shape or not equal(x[n], y[n]).all() for n in x):
            return False
    return True


def accepted(original: Network, reduced: Network, claims: Mapping[str, tuple[Fact, ...]]) -> None:
    """Assert that the checker accepts, rightly."""
    assert check(original, reduced, Certificate(dict(claims)))
    assert agree(original, reduced)


def rejected(rule: str, original: Network, reduced: Network, claims: Claims, *, wrong: bool = True
             ) -> None:  # fmt: skip
    """Assert that this rule rejects, and whether the networks differ."""
    assert agree(original, reduced) is not wrong
    with pytest.raises(Rejected, match=f"^({rule})"):
        check(original, reduced, Certificate(claims))


# Three filters on two channels, the second twice the first; then one filter.
FIRST = [[A, B], [[2 * n for n in A], [2 * n for n in B]], [C, A]]
LAST = [[[1, 2, 3], [4, 5, 6], [7, 8, 9]]]
KEPT = [[A, B], [C, A]]
SUMMED = [[[9, 12, 15], [7, 8, 9]]]
TWICE = claim(0, 0, 1, scale=[1, 2, 1])
BIAS = [1, 2, -1]


def chain(first: Any, b: Any, last: Any, w: Window | None = None, v: Window | None = None,
          c: Any = (0,)) -> Network:  # fmt: skip
    """Two kernels with ReLU between."""
    return network(conv("x", "t", first, b, w), RELUS, conv("h", "y", last, c, v))


PADDED = window(pads=(1, 1))
ORIGINAL = chain(FIRST, BIAS, LAST, PADDED, PADDED)
REDUCED = chain(KEPT, [1, -1], SUMMED, PADDED, PADDED)
