"""Blocks of transformers the way exporters write them, with units in them that can go.

heads: value channels lie head by head; what is planted may lie elsewhere in each head
forms: LayerNormalization and GELU as operators, or as the older operator sets spell them out
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from onnx import helper
from onnx_models import ints, node, tensor, value

if TYPE_CHECKING:
    from onnx import ModelProto


@dataclass(slots=True)
class Blocks:
    """A transformer while it is drawn; `heads` of `size` channels each."""

    seed: int = 0
    heads: int = 2
    size: int = 4
    hidden: int = 8
    opset: int = 17
    activation: str = "Gelu"
    fused: bool = False
    nodes: list[Any] = field(default_factory=list)
    stored: list[Any] = field(default_factory=list)
    rng: np.random.Generator = field(init=False)

    def __post_init__(self) -> None:
        self.rng = np.random.default_rng(self.seed)

    @property
    def width(self) -> int:
        """Channels of the residual stream."""
        return self.heads * self.size

    def numbers(self, *shape: int) -> Any:
        """Small dyadic numbers, none of them 0, so that sums are exact in any order."""
        found = self.rng.integers(1, 64, size=shape) * self.rng.choice([-1, 1], size=shape)
        return (found / 64).astype(np.float32)

    def add(self, operator: str, inputs: str, *numbers: Any, **attributes: Any) -> str:
        """Append an operator on tensors and stored numbers; its output's name."""
        output = f"t{len(self.nodes)}"
        names = [f"{output}.{i}" for i in range(len(numbers))]
        self.stored += [tensor(*pair) for pair in zip(names, numbers, strict=True)]
        self.nodes.append(node(operator, " ".join([inputs, *names]), output, **attributes))
        return output

    def affine(self, x: str, W: Any, b: Any) -> str:
        """MatMul and Add, W having a column for each unit."""
        return self.add("Add", self.add("MatMul", x, W), b)

    def shaped(self, x: str, *sizes: int) -> str:
        """A Reshape to these lengths."""
        self.stored.append(ints(f"{x}.sizes", *sizes))
        return self.add("Reshape", f"{x} {x}.sizes")

    def normal(self, x: str) -> str:
        """LayerNormalization, from opset 17 on as one operator."""
        scale, bias = np.abs(self.numbers(self.width)) + 1, self.numbers(self.width)
        if self.opset >= 17:
            return self.add("LayerNormalization", x, scale, bias, axis=-1, epsilon=1e-5)
        mean = self.add("ReduceMean", x, axes=[-1])
        off = self.add("Sub", f"{x} {mean}")
        square = self.add("Pow", off, np.float32(2))
        spread = self.add("ReduceMean", square, axes=[-1])
        root = self.add("Sqrt", self.add("Add", spread, np.float32(1e-5)))
        scaled = self.add("Mul", self.add("Div", f"{off} {root}"), scale)
        return self.add("Add", scaled, bias)

    def activated(self, x: str) -> str:
        """The activation; GELU as x / sqrt(2), Erf, + 1, times x, times 1/2."""
        if self.activation != "Gelu":
            return self.add(self.activation, x)
        bent = self.add("Erf", self.add("Div", x, np.float32(2**0.5)))
        return self.add(
            "Mul", self.add("Mul", f"{x} {self.add('Add', bent, np.float32(1))}"), np.float32(0.5)
        )

    def attention(self, x: str, W: Any, b: Any, out: Any) -> str:
        """Attention in heads, its values being x W + b, projected by `out`.

        Where it is `fused`, one product makes queries, keys and values.
        """
        names = self._fused(x, W, b) if self.fused else self._apart(x, W, b)
        orders = [0, 2, 1, 3], [0, 2, 3, 1], [0, 2, 1, 3]
        query, key, values = (self._split(*pair) for pair in zip(names, orders, strict=True))
        scores = self.add("Div", self.add("MatMul", f"{query} {key}"), np.float32(2))
        weights = self.add("Softmax", scores, axis=-1)
        mixed = self.add("Transpose", self.add("MatMul", f"{weights} {values}"), perm=[0, 2, 1, 3])
        whole = self.shaped(mixed, 0, 0, self.heads * self.size)
        return self.affine(whole, out, self.numbers(self.width))

    def _apart(self, x: str, W: Any, b: Any) -> list[str]:
        return [self._projected(x), self._projected(x), self.affine(x, W, b)]

    def _fused(self, x: str, W: Any, b: Any) -> list[str]:
        n = self.width
        whole = self.affine(
            x,
            np.concatenate([self.numbers(n, 2 * n), W], axis=1),
            np.concatenate([self.numbers(2 * n), b]),
        )
        names = [f"{whole}.{part}" for part in "qkv"]
        self.stored.append(ints(f"{whole}.sizes", n, n, n))
        self.nodes.append(node("Split", f"{whole} {whole}.sizes", " ".join(names), axis=-1))
        return names

    def _projected(self, x: str) -> str:
        return self.affine(x, self.numbers(self.width, self.width), self.numbers(self.width))

    def _split(self, x: str, order: list[int]) -> str:
        whole = self.shaped(x, 0, 0, self.heads, self.size)
        return self.add("Transpose", whole, perm=order)

    def mlp(self, x: str, W: Any, b: Any, out: Any) -> str:
        """Two dense layers with the activation between."""
        return self.affine(self.activated(self.affine(x, W, b)), out, self.numbers(self.width))

    def finished(self, last: str) -> ModelProto:
        """The model, of which `last` is the output; batch and sequence are symbolic."""
        ends = [value((name, ["N", "T", self.width])) for name in ("x", last)]
        graph = helper.make_graph(self.nodes, "blocks", ends[:1], ends[1:], self.stored)
        opset = helper.make_opsetid("", self.opset)
        return helper.make_model(graph, opset_imports=[opset], ir_version=8)


def block(draft: Blocks, x: str, *, values: Any = None, hidden: Any = None) -> str:
    """A block behind x: attention and dense layers, each added to what they read.

    `values` and `hidden` are (W, b, out), or drawn.
    """
    wide, inside = draft.width, draft.hidden
    values = values or (draft.numbers(wide, wide), draft.numbers(wide), draft.numbers(wide, wide))
    hidden = hidden or (
        draft.numbers(wide, inside), draft.numbers(inside), draft.numbers(inside, wide)
    )  # fmt: skip
    x = draft.add("Add", f"{x} {draft.attention(draft.normal(x), *values)}")
    return draft.add("Add", f"{x} {draft.mlp(draft.normal(x), *hidden)}")
