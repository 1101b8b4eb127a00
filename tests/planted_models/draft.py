"""A model while it is drawn: nodes and weights, in step with the channels that were planted.

Weights are bell-shaped, as those of trained layers, and multiples of 2^-16, so that what
merging makes of them is a float32 again.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from onnx import TensorProto, helper, numpy_helper

from .channels import KEPT, STOPPING, Array, Channels, beside, ordinary, planted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from onnx import ModelProto, NodeProto


@dataclass(frozen=True, slots=True, eq=False)
class Planted:
    """A model, and how many filters of it must go, layer by layer: of so many, so many."""

    model: ModelProto
    layers: dict[str, tuple[int, int]]

    @property
    def count(self) -> int:
        """How many filters must go."""
        return sum(gone for _, gone in self.layers.values())


@dataclass(frozen=True, slots=True, eq=False)
class Stream:
    """A tensor and its channels, those of several streams side by side."""

    name: str
    parts: tuple[Channels, ...]

    @property
    def width(self) -> int:
        """How many channels there are."""
        return sum(part.width for part in self.parts)

    @property
    def channels(self) -> Channels:
        """All of them."""
        return beside(self.parts)

    @property
    def unread(self) -> Array:
        """Which of them nobody reads."""
        return self.channels.unread


@dataclass(slots=True)
class Draft:
    """Nodes and numbers so far; each method adds a layer and hands back what it makes."""

    seed: int
    nodes: list[NodeProto] = field(default_factory=list)
    numbers: dict[str, Array] = field(default_factory=dict)
    layers: dict[str, tuple[int, int]] = field(default_factory=dict)
    rng: np.random.Generator = field(init=False)

    def __post_init__(self) -> None:
        self.rng = np.random.default_rng(self.seed)

    def node(self, operator: str, reads: str, **attributes: Any) -> str:
        """One more node that reads these, with spaces between, `_` for none; its output."""
        made = f"{operator.lower()}{len(self.nodes)}"
        names = ["" if name == "_" else name for name in reads.split()]
        self.nodes.append(helper.make_node(operator, names, [made], made, **attributes))
        return made

    def number(self, name: str, numbers: Array) -> str:
        """One more float32 constant; its name."""
        self.numbers[name] = np.ascontiguousarray(numbers, dtype=np.float32)
        if (self.numbers[name] != numbers).any():
            raise ValueError(name)
        return name

    def grid(self, shape: Sequence[int], spread: float, bits: int = 16) -> Array:
        """Bell-shaped numbers below 1 on a grid."""
        numbers = np.rint(self.rng.standard_normal(shape) * spread * 2.0**bits)
        return np.asarray(np.clip(numbers, 1 - 2.0**bits, 2.0**bits - 1) / 2.0**bits)

    def filters(
        self, made: Channels, unread: Array, taps: Sequence[int] = (), *, normalised: bool
    ) -> Array:
        """Weights (made, read, taps) of a layer, a row per channel that it makes."""
        fan = unread.size * int(np.prod(taps))
        W = self.grid((made.width, unread.size, *taps), (2 / fan) ** 0.5)
        W[:, unread] = 0
        return self.in_step(W, made, normalised=normalised)

    def in_step(self, W: Array, made: Channels, *, normalised: bool) -> Array:
        """The rows, those of multiples scaled, those of constants 0.

        Where a normalisation follows, that may do it instead: a larger gamma, or gamma 0.
        """
        here = ~made.by_norm if normalised else np.ones(made.width, dtype=bool)
        scale = np.where(here, made.scale, 1.0)
        W = W[made.lead] * scale.reshape(-1, *[1] * (W.ndim - 1))
        W[made.constant & here] = 0
        return W

    def biases(self, made: Channels) -> Array:
        """A bias for each channel."""
        return np.where(made.constant, made.value, made.bound(self.grid((made.width,), 0.1, 10)))

    def normal(self, x: str, made: Channels, *, written: bool = True) -> str:
        """BatchNormalization of what a layer makes, or of what was `written` further up."""
        here = made.by_norm if written else np.zeros(made.width, dtype=bool)
        gamma = np.abs(self.grid((made.width,), 0.4, 8)) + 0.25
        gamma = gamma[made.lead] * np.where(here, made.scale, 1.0)
        gamma[made.constant & here] = 0
        mean = self.grid((made.width,), 0.3, 10)[made.lead] * np.where(here, 1.0, made.scale)
        mean[made.constant & ~here] = 0
        variance = (np.abs(self.rng.standard_normal(made.width)) + 0.2).astype(np.float32)
        name = f"norm{len(self.nodes)}"
        parts = {"gamma": gamma, "beta": self.biases(made), "mean": mean}
        parts["var"] = variance[made.lead]
        names = [self.number(f"{name}.{part}", numbers) for part, numbers in parts.items()]
        return self.node("BatchNormalization", " ".join([x, *names]), epsilon=1e-5)

    def conv(
        self,
        x: Stream,
        made: Channels,
        size: int = 3,
        *,
        stride: int = 1,
        normalised: bool = False,
        biased: bool = True,
    ) -> Stream:
        """A convolution, its bias or its normalisation included."""
        W = self.filters(made, x.unread, (size, size), normalised=normalised)
        window = {"strides": [stride] * 2, "pads": [size // 2] * 4}
        return self._convolved(x, W, made, window, normalised=normalised, biased=biased)

    def depthwise(self, x: Stream, made: Channels, *, stride: int = 1) -> Stream:
        """A 3x3 convolution of each channel by itself, normalised."""
        W = self.grid((made.width, 1, 3, 3), (2 / 9) ** 0.5)
        W = self.in_step(W, made, normalised=True)
        window = {"strides": [stride] * 2, "pads": [1] * 4, "group": made.width}
        return self._convolved(x, W, made, window, normalised=True)

    def larger(self, x: Stream) -> Stream:
        """Every position repeated, four of each, as Resize does to the nearest."""
        scales = self.number(f"scales{len(self.nodes)}", np.array([1.0, 1.0, 2.0, 2.0]))
        modes = {"mode": "nearest", "nearest_mode": "floor",
                 "coordinate_transformation_mode": "asymmetric"}  # fmt: skip
        return Stream(self.node("Resize", f"{x.name} _ {scales}", **modes), x.parts)

    def upwards(self, x: Stream, made: Channels) -> Stream:
        """A transposed convolution that makes four positions of each."""
        W = self.filters(made, x.unread, (2, 2), normalised=False).swapaxes(0, 1)
        return self._convolved(x, W, made, {"strides": [2, 2]}, operator="ConvTranspose")

    def _convolved(
        self, x: Stream, W: Array, made: Channels, window: dict[str, Any], *,
        operator: str = "Conv", normalised: bool = False, biased: bool = True,
    ) -> Stream:  # fmt: skip
        name = f"{operator.lower()}{len(self.nodes)}"
        reads = [x.name, self.number(f"{name}.weight", W)]
        if biased and not normalised:
            reads.append(self.number(f"{name}.bias", self.biases(made)))
        y = self.node(operator, " ".join(reads), kernel_shape=list(W.shape[2:]), **window)
        y = self.normal(y, made) if normalised else y
        self.layers[y] = made.width, made.gone
        return Stream(y, (made,))

    def gemm(self, x: Stream, made: Channels, *, parts: int = 1) -> Stream:
        """A dense layer; each channel that it reads lies in so many neighbouring entries."""
        W = self.filters(made, np.repeat(x.unread, parts), normalised=False)
        name = f"gemm{len(self.nodes)}"
        reads = [self.number(f"{name}.weight", W), self.number(f"{name}.bias", self.biases(made))]
        y = self.node("Gemm", " ".join([x.name, *reads]), transB=1)
        self.layers[y] = made.width, made.gone
        return Stream(y, (made,))

    def matmul(self, x: Stream, made: Channels) -> Stream:
        """A dense layer along the last axis, as MatMul and Add."""
        W = self.filters(made, x.unread, normalised=False).T
        name = f"matmul{len(self.nodes)}"
        y = self.node("MatMul", f"{x.name} {self.number(f'{name}.weight', W)}")
        y = self.node("Add", f"{self.number(f'{name}.bias', self.biases(made))} {y}")
        self.layers[y] = made.width, made.gone
        return Stream(y, (made,))

    def then(self, x: Stream, operator: str, *others: str, **attributes: Any) -> Stream:
        """A node that keeps the channels: an activation, a pool."""
        return Stream(self.node(operator, " ".join([x.name, *others]), **attributes), x.parts)

    def before(self, activation: str, width: int, share: float, *, pads: bool = False) -> Channels:
        """Channels in front of an activation, a share of them planted as it allows."""
        kinds, stops = KEPT[activation], activation in STOPPING
        count = round(share * width)
        return planted(self.rng, width, count, kinds=kinds, pads=pads, stops=stops)

    def activated(self, x: Stream, activation: str, *, axes: int = 2) -> Stream:
        """An activation, as exporters write it; so many axes lie behind that of the channels."""
        name = f"{activation.lower()}{len(self.nodes)}"
        match activation:
            case "LeakyRelu":
                return self.then(x, activation, alpha=0.125)
            case "PRelu":
                slopes = np.abs(self.grid((x.width,), 0.2, 8))[x.channels.lead]
                slope = self.number(f"{name}.slope", slopes.reshape(-1, *[1] * axes))
                return self.then(x, activation, slope)
            case "Clip":
                ends = (self.number(f"{name}.{end}", np.array(end)) for end in (0.0, 6.0))
                return self.then(x, activation, *ends)
            case "Silu":
                return self.then(x, "Mul", self.then(x, "Sigmoid").name)
            case _:
                return self.then(x, activation)

    def joined(self, *streams: Stream) -> Stream:
        """The streams' channels side by side."""
        reads = " ".join(stream.name for stream in streams)
        parts = tuple(part for stream in streams for part in stream.parts)
        return Stream(self.node("Concat", reads, axis=1), parts)

    def finished(
        self, shape: Sequence[int | str], *, given: Sequence[int] = (3, 16, 16),
        opset: int = 17,
    ) -> Planted:  # fmt: skip
        """The model from x to what was made last, of a batch N."""
        self.nodes[-1].output[0] = "y"
        self.layers = {name: pair for name, pair in self.layers.items() if pair[1]}
        value = helper.make_tensor_value_info
        graph = helper.make_graph(
            self.nodes,
            "planted",
            [value("x", TensorProto.FLOAT, ["N", *given])],
            [value("y", TensorProto.FLOAT, ["N", *shape])],
            [numpy_helper.from_array(a, name) for name, a in self.numbers.items()],
        )
        made = helper.make_model(
            graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=10
        )
        return Planted(made, self.layers)


def image() -> Stream:
    """The input: three colours."""
    return Stream("x", (ordinary(3),))
