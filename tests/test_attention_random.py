"""Random attention: reductions check, compute the same, and leave what a plain reading leaves."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from small_networks import graph

from lumpver.checker import check
from lumpver.model.activations import RELU, leaky
from lumpver.model.join import Join
from lumpver.model.network import Network, Pick, Pointwise, Rearrange, linear
from lumpver.reducing.reduction import reduce

Rows = Any


def rows(rng: np.random.Generator, heads: int, size: int) -> tuple[Rows, Rows]:
    """Values of three inputs and their biases: often alike in all heads, sometimes not."""
    W, b = rng.integers(-2, 3, (heads, size, 3)), rng.integers(0, 2, (heads, size))
    for d in range(size):
        mood, some = rng.random(), slice(int(rng.integers(heads)) if rng.random() < 0.2 else None)
        if mood < 0.3:
            W[some, d], b[some, d] = 0, int(rng.random() < 0.2)
        elif mood < 0.7 and d:
            lead, scale = int(rng.integers(d)), int(rng.choice([1, 2, 3, -1]))
            W[some, d], b[some, d] = scale * W[some, lead], scale * b[some, lead]
    return W.reshape(-1, 3), b.reshape(-1)


def attention(seed: int) -> Network:
    """Values, in heads or not, activated or multiplied there or not; read elsewhere or not."""
    rng = np.random.default_rng(seed)
    heads, size = (int(n) for n in rng.integers(1, 4, 2))
    W, b = rows(rng, heads, size)
    n, t, width = "N", "T", heads * size
    shapes: Any = {"x": (n, t, 3), "v": (n, t, width), "p": (n, heads, t, t)}
    shapes |= {"s": (n, t, heads, size), "t": (n, heads, t, size)}
    nodes: list[Any] = [
        linear("v", "x", "v", W.tolist(), b.tolist() if rng.random() < 0.5 else None),
        Rearrange("s", "v", "s", "Reshape", (0, 0, heads, size)),
        Rearrange("t", "s", "t", "Transpose", (0, 2, 1, 3)),
    ]
    last, inner = "t", size
    if rng.random() < 0.4:
        nodes.append(Pointwise("a", last, "a", RELU if rng.random() < 0.5 else leaky(0.5)))
        shapes["a"], last = (n, heads, t, size), "a"
    if rng.random() < 0.3:
        inner = int(rng.integers(1, 4))
        A = rng.integers(-1, 2, (inner, size))
        A[-1] = A[0]
        nodes.append(linear("k", last, "k", A.tolist()))
        shapes["k"], last = (n, heads, t, inner), "k"
    whole = heads * inner
    out = rng.integers(-2, 3, (2, heads, inner))
    out[:, :, rng.random(inner) < 0.3] = 0
    nodes += [
        Join("m", ("p", last), "m", "MatMul"),
        Rearrange("u", "m", "u", "Transpose", (0, 2, 1, 3)),
        Rearrange("c", "u", "c", "Reshape", (0, 0, whole)),
        linear("y", "c", "y", out.reshape(2, whole).tolist()),
    ]
    shapes |= {"m": (n, heads, t, inner), "u": (n, t, heads, inner), "c": (n, t, whole)}
    outputs = "y"
    if rng.random() < 0.4:
        return beside(rng, nodes, shapes, (W, b))
    if rng.random() < 0.3:
        nodes.append(linear("z", "v", "z", rng.integers(-1, 2, (1, width)).tolist()))
        outputs = "y z"
    return graph(*nodes, inputs="x p", outputs=outputs, **shapes, y=(n, t, 2), z=(n, t, 1))


def beside(rng: np.random.Generator, nodes: list[Any], shapes: Any, values: Any) -> Network:
    """The same, the run making other units in front of the values, which something else reads."""
    W, b = values
    more, width = int(rng.integers(1, 4)), len(W)
    others = rng.integers(-1, 2, (more, 3))
    others[-1] = W[0] if rng.random() < 0.5 else others[0]
    whole, c = np.concatenate([others, W]), np.concatenate([np.zeros(more), b])
    made = [
        linear("w", "x", "w", whole.tolist(), c.tolist()),
        Pick("v", "w", "v", ((-1, tuple(range(more, more + width))),)),
        Pick("e", "w", "e", ((-1, tuple(range(more))),)),
        linear("z", "e", "z", rng.integers(0, 2, (1, more)).tolist()),
    ]
    n, t = "N", "T"
    shapes |= {"w": (n, t, more + width), "e": (n, t, more)}
    ends: Any = {"y": (n, t, 2), "z": (n, t, 1)}
    return graph(*made, *nodes[1:], inputs="x p", outputs="y z", **shapes, **ends)


@pytest.mark.parametrize("seed", range(200))
def test_random_attention_computes_the_same(seed: int) -> None:
    """Whatever goes, the certificate is right and the outputs are equal; nothing is refuted."""
    network = attention(seed)
    found = reduce(network)
    assert check(network, found.network, found.certificate)
    rng = np.random.default_rng(seed)
    heads = network.inputs[1].shape[1]  # type: ignore[index]
    for length in (1, 3):
        x = rng.integers(-4, 5, (2, length, 3))
        p = rng.integers(-4, 5, (2, heads, length, length))
        assert found.network(x, p) == network(x, p)
    if "w" not in network.producers:
        again = reduce(found.network)
        assert again.network.parameters == found.network.parameters


def alike(W: Rows, b: Rows, heads: int, size: int, d: int, e: int) -> bool:
    """Whether one channel is a positive multiple of another, by one factor in all heads."""
    both = np.concatenate([W, b[:, None]], axis=1).reshape(heads, size, -1)
    first, second = both[:, d].ravel(), both[:, e].ravel()
    outer = np.outer(first, second)
    return bool((outer == outer.T).all() and first @ second > 0)


@pytest.mark.parametrize("seed", range(60))
def test_as_many_channels_are_left_as_differ(seed: int) -> None:
    """Classes of positive multiples, less one for channels that are always 0, but for the last."""
    rng = np.random.default_rng(seed)
    heads, size = (int(n) for n in rng.integers(2, 4, 2))
    W, b = rows(rng, heads, size)
    b = np.where(W.any(axis=1), b, 0)
    whole: Any = {"v": ("N", "T", heads * size), "s": ("N", "T", heads, size)}
    whole |= dict.fromkeys("tm", ("N", heads, "T", size))
    nodes = (
        linear("v", "x", "v", W.tolist(), b.tolist()),
        Rearrange("s", "v", "s", "Reshape", (0, 0, heads, size)),
        Rearrange("t", "s", "t", "Transpose", (0, 2, 1, 3)),
        Join("m", ("p", "t"), "m", "MatMul"),
        linear("y", "m", "y", rng.integers(1, 3, (2, size)).tolist()),
    )
    ends: Any = {"x": ("N", "T", 3), "p": ("N", heads, "T", "T"), "y": ("N", heads, "T", 2)}
    found = reduce(graph(*nodes, inputs="x p", **whole, **ends)).lumping.of("s")
    leads = [d for d in range(size)
             if not any(alike(W, b, heads, size, d, e) for e in range(d))]  # fmt: skip
    both = np.concatenate([W, b[:, None]], axis=1).reshape(heads, size, -1)
    left = [d for d in leads if both[:, d].any()]
    assert (size if found is None else found.width) == max(1, len(left))
