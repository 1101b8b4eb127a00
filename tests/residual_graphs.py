"""Random networks with residual streams, in which units of a stream may be multiples.

A stream begins with a dense layer; each step adds to it, or takes from it, what a branch makes
of the stream, of the input or of another stream of the same width.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from lumpver.model.activations import RELU, Activation
from lumpver.model.join import Join, Operator
from lumpver.model.network import Network, Pointwise, Rearrange, Tensor, linear

_ODD = (Activation("Abs"), Activation("Tanh"), RELU)


@dataclass(slots=True)
class _Drawing:
    """The nodes so far, and the shape of every tensor."""

    rng: np.random.Generator
    shapes: dict[str, tuple[Any, ...]]
    nodes: list[Any] = field(default_factory=list)
    plan: tuple[Any, Any] = ((), ())  # the lead and the scale of each unit of a stream

    def add(self, node: Any, shape: tuple[Any, ...]) -> str:
        """Append a node; the tensor that it makes."""
        self.nodes.append(node)
        self.shapes[node.output] = shape
        return str(node.output)

    def name(self) -> str:
        """A new name."""
        return f"t{len(self.nodes)}"

    def dense(self, source: str, rows: int, *, planned: bool) -> str:
        """A layer, whose units are those of a stream where that is planned."""
        *rest, columns = self.shapes[source]
        W = self.rng.integers(-2, 3, (rows, columns + 1))
        if planned:
            lead, scale = self.plan
            W = W[lead] * scale[:, None]
        name = self.name()
        node = linear(name, source, name, W[:, :-1].tolist(), W[:, -1].tolist())
        return self.add(node, (*rest, rows))

    def activation(self, source: str, *, odd: bool = False) -> str:
        """An activation, any where it may be an odd one."""
        function = _ODD[self.rng.integers(len(_ODD))] if odd else RELU
        return self.add(Pointwise(self.name(), source, self.name(), function), self.shapes[source])

    def join(self, first: str, second: str) -> str:
        """A sum, or sometimes a difference."""
        operator: Operator = "Add" if self.rng.random() < 0.7 else "Sub"
        if self.rng.random() < 0.3:
            first, second = second, first
        node = Join(self.name(), (first, second), self.name(), operator)
        return self.add(node, self.shapes[first])

    def step(self, stream: str, earlier: list[str], *, odd: bool) -> str:
        """The stream behind one more join."""
        width = self.shapes[stream][-1]
        kind = self.rng.integers(6)
        if kind < 3:
            inner = self.activation(self.dense(stream, 3, planned=False), odd=odd)
            other = self.dense(inner, width, planned=True)
        elif kind == 3:
            other = self.dense("x", width, planned=True)
        elif kind == 4:
            other = earlier[self.rng.integers(len(earlier))]
        else:
            other = self.activation(self.dense(stream, width, planned=True))
        found = self.join(stream, other)
        return self.activation(found, odd=odd) if self.rng.random() < 0.5 else found


def residual(seed: int) -> Network:
    """A network with one or two streams of one width; every fifth has odd activations."""
    rng = np.random.default_rng(seed)
    batch = ("N",) if rng.random() < 0.5 else ()
    drawing = _Drawing(rng, {"x": (*batch, 2)})
    width = int(rng.integers(2, 6))
    lead = np.array([int(rng.integers(v + 1)) for v in range(width)])
    lead = lead[lead]
    scale = np.where(lead == np.arange(width), 1, rng.choice([0, 1, 2, 3, 4], width))
    drawing.plan = lead, scale
    ends = []
    for _ in range(int(rng.integers(1, 3))):
        stream = drawing.dense("x", width, planned=True)
        streams = [stream]
        for _ in range(int(rng.integers(1, 4))):
            stream = drawing.step(stream, [*ends, *streams], odd=seed % 5 == 0)
            streams.append(stream)
        ends.append(stream)
    if rng.random() < 0.3:
        order = tuple(range(len(drawing.shapes[stream])))
        node = Rearrange(drawing.name(), stream, drawing.name(), "Transpose", order)
        ends[-1] = drawing.add(node, drawing.shapes[stream])
    outputs = [drawing.dense(end, 2, planned=False) for end in dict.fromkeys(ends)]
    tensors = {name: Tensor(name, shape=shape) for name, shape in drawing.shapes.items()}
    return Network(
        (tensors["x"],), tuple(tensors[o] for o in outputs), tuple(drawing.nodes), tensors
    )
