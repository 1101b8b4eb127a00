"""Blocks of a transformer: attention, which stays as it is, and dense layers that do not."""

from __future__ import annotations

import numpy as np

from .channels import ordinary
from .draft import Draft, Planted, Stream


def mlp_blocks(
    *,
    seed: int = 0,
    width: int = 16,
    hidden: int = 32,
    blocks: int = 2,
    tokens: int = 6,
    share: float = 0.4,
    activation: str = "Relu",
) -> Planted:
    """Attention and two dense layers, normalised in front, added to what they read.

    Behind Gelu a constant but 0 is irrational, and multiples are none: only duplicates, zeros
    and unread units are planted.
    """
    draft, plain = Draft(seed), ordinary(width)
    x = Stream("x", (plain,))
    for _ in range(blocks):
        x = draft.then(x, "Add", _attention(draft, _normal(draft, x)).name)
        made = draft.before(activation, hidden, share)
        y = draft.activated(draft.matmul(_normal(draft, x), made), activation)
        x = draft.then(x, "Add", draft.matmul(y, plain).name)
    _normal(draft, x)
    return draft.finished([tokens, width], given=(tokens, width), opset=20)


def _normal(draft: Draft, x: Stream) -> Stream:
    """LayerNormalization along the last axis."""
    name = f"layer{len(draft.nodes)}"
    scale = draft.number(f"{name}.scale", np.abs(draft.grid((x.width,), 0.3)) + 0.5)
    bias = draft.number(f"{name}.bias", draft.grid((x.width,), 0.1))
    return draft.then(x, "LayerNormalization", scale, bias, axis=-1, epsilon=1e-5)


def _attention(draft: Draft, x: Stream) -> Stream:
    """One head: softmax of query times key, times value, projected."""
    query, key, value = (draft.matmul(x, ordinary(x.width)) for _ in range(3))
    turned = draft.then(key, "Transpose", perm=[0, 2, 1])
    size = draft.number(f"size{len(draft.nodes)}", np.array(2.0 ** -int(np.log2(x.width) / 2)))
    products = draft.then(draft.then(query, "MatMul", turned.name), "Mul", size)
    weights = draft.then(products, "Softmax", axis=-1)
    return draft.matmul(draft.then(weights, "MatMul", value.name), ordinary(x.width))
