"""Random networks whose units are joined, put side by side and picked, with multiples planted.

Tensors have units along the last axis but one, and positions along the last. Shapes are known.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from lumpver.model.activations import RELU, Activation
from lumpver.model.join import Join, Operator, behind
from lumpver.model.network import Network, Pick, Pointwise, Pool, Tensor, linear
from lumpver.model.pick import behind as picked

_ENTRYWISE: tuple[Operator, ...] = ("Add", "Add", "Sub", "Mul", "Max", "Min", "Mean")


@dataclass(slots=True)
class _Drawing:
    """The nodes so far, and the shape of every tensor."""

    rng: np.random.Generator
    shapes: dict[str, Any]
    nodes: list[Any] = field(default_factory=list)

    def add(self, node: Any, shape: Any) -> None:
        """Append a node."""
        self.nodes.append(node)
        self.shapes[node.output] = shape

    def any(self, *, like: str | None = None) -> str:
        """A tensor, mostly one of the last, of the shape of another."""
        names = [n for n in self.shapes if like is None or self.shapes[n] == self.shapes[like]]
        return names[-1 - min(int(self.rng.geometric(0.4)) - 1, len(names) - 1)]

    def step(self) -> None:
        """Draw one node."""
        name, source = f"t{len(self.nodes)}", self.any()
        shape = self.shapes[source]
        match int(self.rng.integers(12)):
            case 0 | 1 | 2:
                W, b = self.rows(int(self.rng.integers(1, 5)), shape[-2])
                node = linear(name, source, name, W.tolist(), b.tolist(), axis=-2)
                self.add(node, (*shape[:-2], len(W), shape[-1]))
            case 3 | 4:
                odd = self.rng.random() < 0.2
                function = Activation("Abs") if odd else RELU
                self.add(Pointwise(name, source, name, function), shape)
            case 5:
                self.add(Pool(name, source, name, "mean", -2), (*shape[:-1], 1))
            case 6 | 7:
                self.picks(name, source, shape)
            case 8 | 9:
                self.joins(name, source)
            case _:
                self.beside(name, source, shape)

    def rows(self, rows: int, columns: int) -> tuple[Any, Any]:
        """Weights and biases, some of them multiples of others, or of nothing that varies."""
        W = self.rng.integers(-2, 3, (rows, columns + 1))
        for v in range(rows):
            mood = self.rng.random()
            if v and mood < 0.5:
                W[v] = W[self.rng.integers(v)] * int(self.rng.choice([1, 1, 2, 3]))
            elif mood < 0.65:
                W[v, :-1] = 0
                W[v, -1] *= mood < 0.6
        W[:, :-1][:, self.rng.random(columns) < 0.2] = 0
        return W[:, :-1], W[:, -1]

    def picks(self, name: str, source: str, shape: Any) -> None:
        """Some units, or some positions, or both."""
        places = []
        for axis in (-2, -1):
            if self.rng.random() < (0.8 if axis == -2 else 0.3):
                some = self.rng.integers(0, shape[axis], int(self.rng.integers(1, 4)))
                some = np.sort(some) if self.rng.random() < 0.6 else some
                places.append((axis, tuple(map(int, some))))
        if places:
            node = Pick(name, source, name, tuple(places))
            self.add(node, picked(node, shape))

    def joins(self, name: str, source: str) -> None:
        """A join of tensors of one shape, or of one that is repeated along positions."""
        operator = _ENTRYWISE[self.rng.integers(len(_ENTRYWISE))]
        shape = self.shapes[source]
        gates = [n for n, s in self.shapes.items() if s == (*shape[:-1], 1)]
        other = self.any(like=source)
        if gates and self.rng.random() < 0.5:
            other = gates[int(self.rng.integers(len(gates)))]
        operands = (source, other) if self.rng.random() < 0.5 else (other, source)
        if operator in ("Add", "Max", "Mean") and self.rng.random() < 0.2:
            operands = (*operands, source)
        self.add(Join(name, operands, name, operator), shape)

    def beside(self, name: str, source: str, shape: Any) -> None:
        """A Concat along the units, or along the positions."""
        axis = -2 if self.rng.random() < 0.8 else -1
        same = -1 if axis == -2 else -2
        fits = [n for n, s in self.shapes.items() if s[same] == shape[same]]
        chosen = self.rng.integers(0, len(fits), int(self.rng.integers(1, 3)))
        operands = [source, *(fits[i] for i in chosen)]
        self.rng.shuffle(operands)
        node = Join(name, tuple(operands), name, "Concat", axis)
        made: Any = behind(node, [self.shapes[n] for n in operands])
        if made[-2] <= 12 and made[-1] <= 6:
            self.add(node, made)


def joined_graph(seed: int) -> Network:
    """A network of up to 14 nodes, whose last tensors are read by a dense layer, or outputs."""
    rng = np.random.default_rng(seed)
    lead: Any = ("N",) if rng.random() < 0.3 else ()
    drawing = _Drawing(rng, {"x": (*lead, int(rng.integers(1, 4)), int(rng.integers(1, 3)))})
    for _ in range(int(rng.integers(4, 15))):
        drawing.step()
    read = {name for node in drawing.nodes for name in node.inputs}
    ends = [name for name in drawing.shapes if name not in read] or ["x"]
    for name in list(ends):
        if rng.random() < 0.8:
            shape = drawing.shapes[name]
            W, b = drawing.rows(2, shape[-2])
            node = linear(f"{name}.y", name, f"{name}.y", W.tolist(), b.tolist(), axis=-2)
            drawing.add(node, (*shape[:-2], 2, shape[-1]))
            ends[ends.index(name)] = node.output
    if rng.random() < 0.2:
        ends.append(list(drawing.shapes)[int(rng.integers(len(drawing.shapes)))])
    tensors = {name: Tensor(name, shape=shape) for name, shape in drawing.shapes.items()}
    outputs = tuple(tensors[name] for name in dict.fromkeys(ends))
    return Network((tensors["x"],), outputs, tuple(drawing.nodes), tensors)
