"""Random small convolutional networks as ONNX models, with filters planted that can go.

Numbers are small integers, so that float32 holds every value exactly. Filters are planted as
multiples of others, as zeros with a bias, and as ones that no reader reads.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from onnx_models import ints, model, node, tensor

FUNCTIONS = ("Relu", "Relu", "Relu", "LeakyRelu", "Abs", "Identity")


@dataclass(slots=True)
class _Drawing:
    """The nodes so far; `shape` is that of the tensor `last`, units first, without the batch."""

    rng: np.random.Generator
    shape: tuple[int, ...]
    whole: bool
    groups: bool = False
    last: str = "x"
    nodes: list[Any] = field(default_factory=list)
    tensors: list[Any] = field(default_factory=list)

    def chance(self, share: float) -> bool:
        """Whether something of that share happens."""
        return bool(self.rng.random() < share)

    def below(self, low: int, end: int) -> int:
        """A number from `low`, below `end`."""
        return int(self.rng.integers(low, end))

    def add(self, operator: str, *stored: Any, **attributes: Any) -> str:
        """One more node, that reads the last tensor and constants."""
        name = f"t{len(self.nodes)}"
        given = [self.last, *(self._stored(numbers) for numbers in stored)]
        self.nodes.append(node(operator, " ".join(given), name, f"n{name}", **attributes))
        self.last = name
        return name

    def _stored(self, numbers: Any) -> str:
        name = f"w{len(self.tensors)}"
        whole = isinstance(numbers, tuple)
        self.tensors.append(ints(name, *numbers) if whole else tensor(name, numbers.astype("f")))
        return name

    def planted(self, W: Any, b: Any) -> tuple[Any, Any]:
        """Weights and biases of which some rows are multiples, constants, or twins of others."""
        units = W.shape[0]
        for unit in range(1, units):
            kind, lead = self.below(0, 9), self.below(0, unit)
            if kind < 3:
                scale = 2.0 ** self.below(0, 2) if self.whole else float(self.below(1, 4))
                W[unit], b[unit] = W[lead] * scale, b[lead] * scale
            elif kind == 3:
                W[unit] = 0
            elif kind == 4:
                W[unit] = -abs(W[unit])
                b[unit] = -abs(b[unit])
        if self.chance(0.2):
            W[:, self.below(0, W.shape[1])] = 0
        if W.shape[1] > 1 and self.chance(0.2):
            W[:, 0] = -W[:, 1]
        return W, b

    def numbers(self, *shape: int) -> tuple[Any, Any]:
        """Sparse small weights of that shape, and biases, planted."""
        W = self.rng.integers(-2, 3, shape) * (self.rng.random(shape) < 0.6)
        b = self.rng.integers(-3, 4, shape[:1]).astype(float)
        if not self.whole:
            W, b = (np.float32(x * self.rng.normal(size=x.shape)).astype(float) for x in (W, b))
        return self.planted(W.astype(float), b)

    def conv(self) -> None:
        """A convolution, perhaps padded, with biases in it, behind it, or none."""
        axes, units = len(self.shape) - 1, self.below(1, 6)
        size = [self.below(1, 4) if self.chance(0.8) else 1 for _ in range(axes)]
        strides = [self.below(1, 3) for _ in range(axes)] if self.chance(0.3) else [1] * axes
        steps = [self.below(1, 3) for _ in range(axes)] if self.chance(0.3) else [1] * axes
        pads = [self.below(0, 3) for _ in range(2 * axes)] if self.chance(0.6) else [0] * 2 * axes
        made = []
        for axis, length in enumerate(self.shape[1:]):
            reach = steps[axis] * (size[axis] - 1) + 1
            pads[axis] += max(0, reach - length - pads[axis] - pads[axis + axes])
            made.append((length + pads[axis] + pads[axis + axes] - reach) // strides[axis] + 1)
        groups = self.dividing() if self.groups else 1
        units = groups * self.below(1, 3) if groups > 1 else units
        W, b = self.numbers(units, self.shape[0] // groups, *size)
        given = {"strides": strides, "dilations": steps, "pads": pads}
        attributes = {key: given[key] for key in given if self.chance(0.5) or any(
            n != (key != "pads") for n in given[key])}  # fmt: skip
        if groups > 1:
            attributes["group"] = groups
        kind = self.below(0, 3)
        self.add("Conv", *((W, b) if kind == 0 else (W,)), **attributes)
        self.shape = (units, *made)
        if kind == 1:
            self.add("Add", b.reshape(-1, *(1,) * axes))

    def up(self) -> None:
        """Zeros around, repetitions, or a transposed convolution, perhaps in groups."""
        if self.chance(0.5):
            self.placed()
            return
        axes, groups = len(self.shape) - 1, self.dividing() if self.groups else 1
        made = self.below(1, 3) if groups > 1 else self.below(1, 5)
        size = [self.below(1, 4) for _ in range(axes)]
        W, b = self.numbers(groups * made, self.shape[0] // groups, *size)
        W = W.reshape(groups, made, -1, *size).swapaxes(1, 2).reshape(-1, made, *size)
        strides = [self.below(1, 3) for _ in range(axes)]
        pads = [self.below(0, n) if self.chance(0.3) else 0 for n in (*size, *size)]
        more = [self.below(0, n) for n in strides]
        lengths = []
        for i, n in enumerate(self.shape[1:]):
            whole = strides[i] * (n - 1) + size[i] + more[i]
            if whole <= pads[i] + pads[i + axes]:
                pads[i] = pads[i + axes] = 0
            lengths.append(whole - pads[i] - pads[i + axes])
        extra = {"group": groups} if groups > 1 else {}
        self.add("ConvTranspose", W, b, strides=strides, pads=pads, output_padding=more, **extra)
        self.shape = (groups * made, *lengths)

    def placed(self) -> None:
        """Zeros around positions, or each position repeated."""
        axes = len(self.shape) - 1
        if self.chance(0.5):
            low, high = ([self.below(0, 3) for _ in range(axes)] for _ in range(2))
            self.add("Pad", (0, 0, *low, 0, 0, *high))
            made = [n + a + b for n, a, b in zip(self.shape[1:], low, high, strict=True)]
        else:
            factors = [self.below(1, 4) for _ in range(axes)]
            self.add("Resize", np.zeros(0), np.array([1, 1, *factors]),
                     coordinate_transformation_mode="asymmetric", nearest_mode="floor")  # fmt: skip
            made = [n * f for n, f in zip(self.shape[1:], factors, strict=True)]
        self.shape = (self.shape[0], *made)

    def dividing(self) -> int:
        """A number of groups for what is read: each unit one, or what divides them, or 1."""
        read = self.shape[0]
        return int(self.rng.choice([n for n in range(1, read + 1) if read % n == 0]))

    def between(self) -> None:
        """What may stand behind a linear node: an activation, a diagonal."""
        operator = FUNCTIONS[self.below(0, len(FUNCTIONS))]
        self.add(operator, **({"alpha": 0.5} if operator == "LeakyRelu" else {}))
        if self.chance(0.15):
            ones = (1,) * (len(self.shape) - 1)  # a scale for each channel, or for each entry
            given = self.rng.integers(-1, 3, (self.shape[0], *ones)).astype(float)
            self.add("Mul" if self.chance(0.5) else "Add", given)

    def pool(self) -> None:
        """A pool of positions; a mean is one of a power of two of them, padding counted."""
        axes, kind = len(self.shape) - 1, self.below(0, 5)
        ones, lengths = [1] * axes, self.shape[1:]
        if kind == 0 or (kind == 1 and _is_power(int(np.prod(lengths)))):
            names = ("GlobalMaxPool", "ReduceMax") if kind == 0 else ("GlobalAveragePool",) * 2
            whole = self.chance(0.5)
            self.add(names[0] if whole else names[1],
                     **({} if whole or kind == 1 else {"axes": [*range(2, axes + 2)]}))  # fmt: skip
            self.shape = (self.shape[0], *ones)
            return
        mean = kind > 2
        sizes = [1, 2, 2] if mean else [1, 2, 3]
        size = [sizes[self.below(0, 3)] for _ in range(axes)]
        pads = [self.below(0, n) if self.chance(0.4) else 0 for n in (*size, *size)]
        for axis, length in enumerate(lengths):
            size[axis] = min(size[axis], length)
            pads[axis], pads[axis + axes] = (min(pads[i], size[axis] - 1)
                                             for i in (axis, axis + axes))  # fmt: skip
        strides = [self.below(1, 3) for _ in range(axes)]
        extra = {"count_include_pad": 1} if mean else {}
        self.add("AveragePool" if mean else "MaxPool", kernel_shape=size, pads=pads,
                 strides=strides, **extra)  # fmt: skip
        made = [
            (length + pads[i] + pads[i + axes] - size[i]) // strides[i] + 1
            for i, length in enumerate(lengths)
        ]
        self.shape = (self.shape[0], *made)

    def join(self) -> None:
        """The sum or difference of the last tensor and a convolution of it."""
        before = self.last
        self.add("Conv", *self.numbers(self.shape[0], self.shape[0], *(1,) * (len(self.shape) - 1)))
        name = f"t{len(self.nodes)}"
        self.nodes.append(node("Add" if self.chance(0.5) else "Sub", f"{before} {self.last}", name))
        self.last = name

    def flat(self, *, last: bool = False) -> None:
        """Positions and channels along one axis; channels are the innermost if they are `last`."""
        if last:
            axes = len(self.shape)
            self.add("Transpose", perm=(0, *range(2, axes + 1), 1))
        entries, kind = int(np.prod(self.shape)), self.below(0, 4)
        if kind == 0:
            self.add("Reshape", (-1, entries))
        elif kind == 1:
            self.add("Reshape", (0, -1))
        else:
            self.add("Flatten", **({"axis": 1} if kind == 2 else {}))
        self.shape = (entries,)

    def dense(self) -> None:
        """A Gemm, or a MatMul with an Add."""
        units = self.below(1, 6)
        W, b = self.numbers(units, self.shape[0])
        if self.chance(0.5):
            self.add("Gemm", W, b, transB=1)
        else:
            self.add("MatMul", W.T)
            self.add("Add", b)
        self.shape = (units,)


def _is_power(n: int) -> bool:
    return n & (n - 1) == 0


def _convolved(drawing: _Drawing, rank: int, *, pools: bool, joins: bool, ups: bool) -> list[Any]:
    """Draw convolutions, pools and joins if there are to be; what is an output already."""
    outputs = []
    for _ in range(drawing.below(1, 4)):
        drawing.conv()
        if ups and drawing.chance(0.6):
            if drawing.chance(0.7):
                drawing.between()
            drawing.up()
        if drawing.chance(0.75):
            drawing.between()
        if pools and drawing.chance(0.6):
            drawing.pool()
            if drawing.chance(0.3):
                drawing.between()
        if joins and drawing.chance(0.5):
            drawing.join()
            if drawing.chance(0.7):
                drawing.between()
        if drawing.chance(0.1):
            outputs.append((drawing.last, [None] * rank))
    return outputs


def convolutional(
    seed: int,
    *,
    axes: int | None = None,
    pools: bool = False,
    joins: bool = False,
    groups: bool = False,
    ups: bool = False,
    whole: bool = True,
    last: bool = False,
) -> Any:
    """A model of one to three convolutions, and mostly of dense layers behind them.

    Between these are pools, joins and what makes more positions (`ups`), if there are to be, and
    some convolutions are in groups. Numbers are small integers, or, where they need not be
    `whole`, any float32. Dense layers read channels `last`, or first.
    """
    rng = np.random.default_rng(seed)
    axes = axes or int(rng.integers(1, 3))
    lengths = tuple(int(n) for n in rng.integers(2, 6 if axes < 3 else 4, axes))
    read = int(rng.integers(1, 4)) if not groups else 2 * int(rng.integers(1, 4))
    drawing = _Drawing(rng, (read, *lengths), whole, groups)
    batch: str | int = "N" if drawing.chance(0.7) else 2
    given = [batch, *drawing.shape]
    if drawing.chance(0.15):
        order = (0, axes + 1, *range(1, axes + 1))
        given = [batch, *lengths, drawing.shape[0]]
        drawing.add("Transpose", perm=order)
    outputs = _convolved(drawing, axes + 2, pools=pools, joins=joins, ups=ups)
    rank = axes + 2
    if drawing.chance(0.8):
        drawing.flat(last=last)
        rank = 2
        if drawing.chance(0.3):
            drawing.between()
        for layer in range(drawing.below(1, 3)):
            if layer:
                drawing.between()
            drawing.dense()
    outputs = [*outputs, (drawing.last, [None] * rank)]
    outputs = list({name: (name, shape) for name, shape in outputs}.values())
    return model(drawing.nodes, drawing.tensors, inputs=[("x", given)], outputs=outputs, opset=17)


def varied(seed: int) -> Any:
    """One with pools, joins, groups, more positions, or numbers that are not whole, by its seed."""
    return convolutional(
        seed,
        pools=seed % 2 == 0,
        joins=seed % 4 < 2,
        ups=seed % 3 == 0,
        groups=seed % 5 == 0,
        whole=seed % 7 > 1,
    )
