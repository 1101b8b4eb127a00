"""Random networks that are no chains: branches, other axes, rearrangements, opaque nodes.

Shapes are known and small; every tensor that nothing reads is an output.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from planting import CLIP

from lumpver.model.activations import RELU, Activation, leaky
from lumpver.model.network import Linear, Network, Opaque, Pointwise, Rearrange, Tensor, linear
from lumpver.model.rearrange import rearranged
from lumpver.model.weights import weights_of

FUNCTIONS = (RELU, RELU, RELU, Activation("Abs"), leaky(0.5), leaky("1/3"), CLIP)


@dataclass(slots=True)
class _Drawing:
    """The nodes so far, and the shape of every tensor; `hidden` are those behind opaque nodes."""

    rng: np.random.Generator
    floats: bool
    shapes: dict[str, tuple[int, ...]]
    hidden: set[str] = field(default_factory=set)
    nodes: list[Any] = field(default_factory=list)

    def step(self, number: int) -> None:
        """Draw one node."""
        names = list(self.shapes)
        source = names[-1] if self.rng.random() < 0.75 else names[self.rng.integers(len(names))]
        shape, kind = self.shapes[source], int(self.rng.integers(10))
        axis = -2 if len(shape) > 1 and self.rng.random() < 0.25 else -1
        name, target = f"n{number}", f"t{number}"
        if kind < 4:
            rows = int(self.rng.integers(1, 5))
            W, b = self._rows(rows, shape[axis])
            self._add(linear(name, source, target, W, b, axis=axis), _with(shape, axis, rows))
        elif kind == 4 and source not in self.hidden:
            W, b = (self._maybe(shape[axis]) for _ in range(2))
            self._add(Linear(name, source, target, weights_of(W), b, axis), shape)
        elif kind < 8:
            function = FUNCTIONS[self.rng.integers(len(FUNCTIONS))]
            self._add(Pointwise(name, source, target, function), shape)
        elif kind == 8:
            node = self._rearrangement(name, source, target, len(shape), shape[-1])
            self._add(node, tuple(int(n) for n in rearranged(node, shape) or ()))  # type: ignore[arg-type]
        elif self.rng.random() < 0.5:
            self.hidden.add(target)
            self._add(Opaque(name, "Foo", (source,), (target,)), shape)

    def _add(self, node: Any, shape: tuple[int, ...]) -> None:
        self.nodes.append(node)
        (target,) = node.outputs
        self.shapes[target] = shape
        if self.hidden & set(node.inputs):
            self.hidden.add(target)

    def _rows(self, rows: int, columns: int) -> tuple[Any, Any]:
        W = self.rng.integers(-2, 3, (rows, columns + 1)).astype(object)
        for v in range(rows):
            mood = self.rng.random()
            if v and mood < 0.4:
                W[v] = W[self.rng.integers(v)] * int(self.rng.choice([1, 2, 3, -1]))
            elif mood < 0.6:
                W[v, :-1] = 0
        W[:, :-1][:, self.rng.random(columns) < 0.25] = 0
        if self.floats:
            W = (W * float(self.rng.choice([1, 0.1, 2.0**53, 3]))).astype("f8")
        return W[:, :-1], W[:, -1] if self.rng.random() < 0.7 else None

    def _maybe(self, n: int) -> Any:
        return self.rng.integers(-1, 3, n).astype(float) if self.rng.random() < 0.6 else None

    def _rearrangement(self, name: str, x: str, y: str, rank: int, last: int) -> Rearrange:
        place = int(self.rng.integers(rank + 1))
        operator, parameters = [
            ("Transpose", tuple(int(i) for i in self.rng.permutation(rank))),
            ("Flatten", (place,)),
            ("Unsqueeze", (place,)),
            ("Reshape", (-1, last)),
            ("Reshape", (0, -1) if rank > 1 else (-1,)),
        ][self.rng.integers(5)]
        return Rearrange(name, x, y, operator, parameters)


def _with(shape: tuple[int, ...], axis: int, length: int) -> tuple[int, ...]:
    sizes = list(shape)
    sizes[axis] = length
    return tuple(sizes)


def random_graph(seed: int) -> Network:
    """A network of up to 13 nodes; every third one has float64 weights of any magnitude."""
    rng = np.random.default_rng(seed)
    shapes = {"x": tuple(int(n) for n in rng.integers(1, 4, rng.integers(1, 4)))}
    if rng.random() < 0.3:
        shapes["z"] = tuple(int(n) for n in rng.integers(1, 4, 2))
    inputs = list(shapes)
    drawing = _Drawing(rng, seed % 3 == 0, shapes)
    for number in range(int(rng.integers(2, 14))):
        drawing.step(number)
    known = {n: None if n in drawing.hidden else s for n, s in drawing.shapes.items()}
    tensors = {name: Tensor(name, shape=shape) for name, shape in known.items()}
    read = {name for node in drawing.nodes for name in node.inputs}
    ends = [name for name in known if name not in read]
    if rng.random() < 0.3:
        ends.append(list(known)[int(rng.integers(len(known)))])
    outputs = tuple(tensors[name] for name in dict.fromkeys(ends))
    return Network(tuple(tensors[n] for n in inputs), outputs, tuple(drawing.nodes), tensors)
