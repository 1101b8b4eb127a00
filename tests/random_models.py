"""Random ONNX models with what graphs of people have: types, Casts, diagonals, opaque nodes.

Every node is valid for the shapes that really occur, whatever the file tells of them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
from onnx_models import ints, model, node, tensor

FLOATS: Final = {"float32": 1, "float64": 11}
STORED: Final = {"float32": "f4", "float64": "f8"}
OPAQUE: Final = ("Softmax", "Sin", "Neg", "Cos")


@dataclass(slots=True)
class _Model:
    """The nodes and tensors so far, with each tensor's type and shape."""

    rng: np.random.Generator
    known: dict[str, tuple[str, tuple[int, ...]]]
    nodes: list[Any] = field(default_factory=list)
    stored: list[Any] = field(default_factory=list)

    def step(self) -> None:
        """Draw one node."""
        names = list(self.known)
        source = names[-1] if self.rng.random() < 0.8 else names[self.rng.integers(len(names))]
        kinds = (self.matmul, self.matmul, self.matmul, self.gemm, self.gemm, self.diagonal,
                 self.shift, self.relu, self.relu, self.relu, self.cast, self.opaque, self.turn,
                 self.reshape, self.flatten)  # fmt: skip
        kinds[self.rng.integers(len(kinds))](source, *self.known[source])

    def _made(self, dtype: str, shape: tuple[int, ...], operator: str, *reads: str, **how: Any
              ) -> None:  # fmt: skip
        name = f"t{len(self.nodes)}"
        self.nodes.append(node(operator, " ".join(reads), name, **how))
        self.known[name] = dtype, shape

    def _constant(self, numbers: Any, dtype: str) -> str:
        self.stored.append(tensor(f"c{len(self.stored)}", numbers.astype(STORED[dtype])))
        return str(self.stored[-1].name)

    def _rows(self, rows: int, columns: int) -> Any:
        W = self.rng.integers(-2, 4, (rows, columns)) * float(self.rng.choice([1, 0.1, 0.5]))
        for v in range(1, rows):
            if self.rng.random() < 0.5:
                W[v] = W[self.rng.integers(v)] * self.rng.choice([1, 2, 3])
        W[self.rng.random(rows) < 0.15] = 0
        W[:, self.rng.random(columns) < 0.15] = 0
        return W

    def _line(self, n: int) -> Any:
        return self.rng.integers(0, 3, n) * float(self.rng.choice([1, 0.1]))

    def matmul(self, x: str, dtype: str, shape: tuple[int, ...]) -> None:
        rows = int(self.rng.integers(1, 6))
        if len(shape) > 1 and self.rng.random() < 0.25:
            W = self._constant(self._rows(rows, shape[-2]), dtype)
            self._made(dtype, (*shape[:-2], rows, shape[-1]), "MatMul", W, x)
        else:
            W = self._constant(self._rows(rows, shape[-1]).T, dtype)
            self._made(dtype, (*shape[:-1], rows), "MatMul", x, W)

    def gemm(self, x: str, dtype: str, shape: tuple[int, ...]) -> None:
        if len(shape) != 2:
            self.matmul(x, dtype, shape)
            return
        rows, turned = int(self.rng.integers(1, 6)), int(self.rng.random() < 0.2)
        batch, columns = shape[::-1] if turned else shape
        reads = [x, self._constant(self._rows(rows, columns), dtype)]
        if self.rng.random() < 0.6:
            reads.append(self._constant(self._line(rows), dtype))
        self._made(dtype, (batch, rows), "Gemm", *reads, transA=turned, transB=1)

    def diagonal(self, x: str, dtype: str, shape: tuple[int, ...]) -> None:
        self._made(dtype, shape, "Mul", x, self._constant(self._line(shape[-1]), dtype))

    def shift(self, x: str, dtype: str, shape: tuple[int, ...]) -> None:
        column = len(shape) > 1 and self.rng.random() < 0.2
        line = self._line(shape[-2])[:, None] if column else self._line(shape[-1])
        c = self._constant(line, dtype)
        operator = ("Add", "Sub")[self.rng.integers(2)]
        self._made(dtype, shape, operator, *((x, c) if self.rng.random() < 0.7 else (c, x)))

    def relu(self, x: str, dtype: str, shape: tuple[int, ...]) -> None:
        self._made(dtype, shape, ("Relu", "Relu", "LeakyRelu", "Abs")[self.rng.integers(4)], x)

    def cast(self, x: str, _: str, shape: tuple[int, ...]) -> None:
        other = ("float32", "float64")[self.rng.integers(2)]
        self._made(other, shape, "Cast", x, to=FLOATS[other])

    def opaque(self, x: str, dtype: str, shape: tuple[int, ...]) -> None:
        self._made(dtype, shape, OPAQUE[self.rng.integers(len(OPAQUE))], x)

    def turn(self, x: str, dtype: str, shape: tuple[int, ...]) -> None:
        order = [int(i) for i in self.rng.permutation(len(shape))]
        self._made(dtype, tuple(shape[i] for i in order), "Transpose", x, perm=order)

    def reshape(self, x: str, dtype: str, shape: tuple[int, ...]) -> None:
        last = shape[-1]
        target = ((-1, last), (-1, last, 1, 1), (0, -1) if len(shape) > 1 else (-1,))[
            self.rng.integers(3)
        ]
        name = f"s{len(self.nodes)}"
        self.stored.append(ints(name, *target))
        found = np.zeros(shape).reshape([shape[i] if n == 0 else n for i, n in enumerate(target)])
        self._made(dtype, found.shape, "Reshape", x, name)

    def flatten(self, x: str, dtype: str, shape: tuple[int, ...]) -> None:
        axis = int(self.rng.integers(len(shape) + 1))
        sides = int(np.prod(shape[:axis])), int(np.prod(shape[axis:]))
        self._made(dtype, sides, "Flatten", x, axis=axis)


def random_model(seed: int) -> Any:
    """A model of up to 15 nodes; its outputs are what nothing reads, and sometimes more."""
    rng = np.random.default_rng(seed)
    shape = tuple(int(n) for n in rng.integers(1, 4, rng.choice([1, 2, 2, 2, 3])))
    dtype = ("float32", "float32", "float64")[rng.integers(3)]
    drawing = _Model(rng, {"x": (dtype, shape)})
    for _ in range(int(rng.integers(3, 16))):
        drawing.step()
    read = {name for made in drawing.nodes for name in made.input}
    ends = [name for name in drawing.known if name not in read]
    if rng.random() < 0.2:
        ends.append(list(drawing.known)[int(rng.integers(1, len(drawing.known)))])
    told = rng.random() < 0.7
    batch = ("N", shape[0], None)[rng.integers(3)] if len(shape) > 1 else shape[0]
    return model(
        drawing.nodes,
        drawing.stored,
        inputs=[("x", dtype, [batch, *shape[1:]])],
        outputs=[
            (name, drawing.known[name][0], [None] * len(drawing.known[name][1]) if told else None)
            for name in dict.fromkeys(ends)
        ],
    )
