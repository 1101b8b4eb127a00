"""Whole models: convolutions, normalizations, pools, joins, what is flattened, dense layers.

A graph begins with a picture of none, one or two axes of positions; steps follow each other
until it is flat, then dense steps, then one or two outputs. Everything is small, and shrinks
towards one dense layer.

step: a few nodes, from one tensor to the next; the names are in `STEPS` and `DENSE_STEPS`
trunk: the tensor that the next step reads
roots: whether variances with epsilon are squares of rationals, so that all values are rational
"""

from __future__ import annotations

from dataclasses import dataclass, field
from math import prod
from typing import TYPE_CHECKING, Final

import numpy as np
from flint import fmpq
from hypothesis import strategies as st

from lumpver.exact.array import array
from lumpver.model.activations import ABS, RELU, clip, leaky
from lumpver.model.join import Join
from lumpver.model.linear import Linear
from lumpver.model.network import Network, Pointwise, Rearrange, Tensor
from lumpver.model.pool import Pool
from lumpver.model.several import Several
from lumpver.model.shapes import behind
from lumpver.model.weights import Kernel, Matrix, Normalization
from lumpver.model.window import Window

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lumpver.exact.array import Exact
    from lumpver.model.activations import Activation
    from lumpver.model.join import Operator
    from lumpver.model.nodes import Modelled
    from lumpver.model.several import Activations
    from lumpver.model.tensor import Dimension, Shape
    from lumpver.trial.strategies.networks import Range

FUNCTIONS: Final = (RELU, RELU, leaky("1/2"), ABS, clip(0, 6))
STEPS: Final = ("conv", "pool", "residual", "depthwise", "grouped", "normalized", "concat",
                "product")  # fmt: skip
DENSE_STEPS: Final = ("dense", "residual", "concat", "normalized", "product")
EPSILON: Final = fmpq(1, 4)
# Variances that are squares, and are so with epsilon:
_WITH_ROOTS: Final = [fmpq(0), fmpq(3, 8) ** 2, fmpq(15, 16) ** 2, fmpq(63, 32) ** 2]
_SLOPES: Final = ("1/2", "1/2", 0, 2, -1)
_DIGITS: Final = [fmpq(n) for n in (0, 1, -1, 2, -2, 3, -3, 1, 4, -1, 2, 5, -4, 1, 3, -2)]


def numbers(draw: st.DrawFn, *shape: int) -> Exact:
    """Small integers, in one draw."""
    drawn = draw(st.binary(min_size=prod(shape), max_size=prod(shape)))
    found = np.empty(prod(shape), dtype=object)
    found[:] = [_DIGITS[byte % len(_DIGITS)] for byte in drawn]
    return array(found.reshape(shape))


@st.composite
def graphs(
    draw: st.DrawFn,
    *,
    steps: Sequence[str] = STEPS,
    dense: Sequence[str] = DENSE_STEPS,
    activations: Sequence[Activation] = FUNCTIONS,
    depth: Range = (0, 3),
    roots: bool = False,
) -> Network:
    """Networks of some of these steps, with rational values unless there may be `roots`.

    Examples
    --------
    >>> from hypothesis import find
    >>> find(graphs(), lambda network: network.units > 1).units
    2
    """
    drawing = Drawing(draw, activations, roots)
    axes = draw(st.integers(0, 2))
    if axes and steps:
        units, lengths = draw(st.integers(1, 2)), st.integers(1, 5 - axes)
        drawing.begin(units, *draw(st.lists(lengths, min_size=axes, max_size=axes)))
        for step in draw(
            st.lists(st.sampled_from(steps), min_size=max(1, depth[0]), max_size=depth[1])
        ):
            drawing.step(step)
        drawing.flat()
    else:
        drawing.begin(draw(st.integers(1, 2)))
    count = (0, 1) if axes else (1, max(1, depth[1]))
    for step in draw(st.lists(st.sampled_from(dense), min_size=count[0], max_size=count[1])):
        drawing.step(step)
    return drawing.network()


@dataclass(slots=True)
class Drawing:
    """The nodes so far, and the shape of each tensor; the last axes are positions."""

    draw: st.DrawFn
    activations: Sequence[Activation] = FUNCTIONS
    roots: bool = False
    trunk: str = "x"
    shapes: dict[str, Shape] = field(default_factory=dict)
    nodes: list[Modelled] = field(default_factory=list)
    ends: list[str] = field(default_factory=list)

    def begin(self, *shape: int) -> None:
        """The input, with one axis more in front of it."""
        batches: list[Dimension] = ["N", 1, 2]
        self.shapes["x"] = (self.draw(st.sampled_from(batches)), *shape)

    def number(self, low: int, high: int) -> int:
        """An integer of a range."""
        return int(self.draw(st.integers(low, high)))

    def chance(self) -> bool:
        """Whether something is so; not, where it is simple."""
        return bool(self.draw(st.booleans()))

    def add(self, node: Modelled) -> str:
        """One node more; the tensor that it makes."""
        self.nodes.append(node)
        self.shapes[node.output] = behind(node, self.shapes)
        return node.output

    @property
    def name(self) -> str:
        """A new name."""
        return f"t{len(self.nodes)}"

    def axis(self, name: str) -> int:
        """The axis of units of a tensor, from the end."""
        return 1 - len(self.shapes[name] or ())

    def units(self, name: str) -> int:
        """How many there are."""
        found = (self.shapes[name] or ())[1]
        return found if isinstance(found, int) else 0

    def step(self, kind: str) -> None:
        """The step of that name, from the trunk on."""
        steps = {
            "conv": self._layer,
            "dense": self._layer,
            "pool": self._pool,
            "residual": self._residual,
            "depthwise": self._depthwise,
            "grouped": self._grouped,
            "normalized": self._normalized,
            "concat": self._concat,
            "product": self._product,
        }
        before = self.trunk
        self.trunk = steps[kind](self.trunk)
        if self.axis(before) == -1 and self.number(0, 7) == 7:
            self.ends.append(
                self.linear(before, 1, name=f"y{len(self.ends) + 1}")
            )  # a second reader, of another tensor

    # What steps are made of

    def linear(
        self, x: str, rows: int, *, same: bool = False, groups: int = 1, name: str = ""
    ) -> str:
        """A dense layer or convolution; one after which as many positions are left if `same`."""
        axis, read = self.axis(x), self.units(x) // groups
        window = None if axis == -1 else self._window(x, same=same)
        taps = 1 if window is None else window.taps
        W = numbers(self.draw, rows, read * taps)
        b = numbers(self.draw, rows) if self.draw(st.sampled_from([True, True, False])) else None
        weights = Matrix(W) if window is None else Kernel(W, window, groups)
        name = name or self.name
        return self.add(Linear(name, x, name, weights, b, axis))

    def _window(self, x: str, *, same: bool) -> Window:
        found: list[tuple[int, int, int, int]] = []
        for length in (self.shapes[x] or ())[2:]:
            if same:
                taps = 3 if self.chance() else 1
                found.append((taps, 1, taps // 2, taps // 2))
            else:
                taps, pads = self.number(1, 3), (self.number(0, 1), self.number(0, 1))
                taps = min(taps, int(length or 1) + sum(pads))
                found.append((taps, self.number(1, 2), *pads))
        size, strides, before, after = zip(*found, strict=True)
        return Window(size, strides, (1,) * len(size), before, after)

    def activation(self, x: str) -> str:
        """One of the activations; of LeakyReLU each unit may have its own."""
        function: Activations = self.draw(st.sampled_from(list(self.activations)))
        if function.operator == leaky(0).operator and self.chance():
            slopes = (self.draw(st.sampled_from(_SLOPES)) for _ in range(self.units(x)))
            function = Several(tuple(map(leaky, slopes)), self.axis(x))
        return self.add(Pointwise(self.name, x, self.name, function))

    def normalization(self, x: str) -> str:
        """A BatchNormalization, with some gammas of 0."""
        units = self.units(x)
        gamma, mean, beta = numbers(self.draw, 3, units)
        drawn = [int(n) ** 2 for n in numbers(self.draw, units)]
        squares = [n + 1 - EPSILON if self.roots else _WITH_ROOTS[n % 4] for n in drawn]
        variance = array(np.array(squares, dtype=object))
        weights = Normalization(gamma, mean, variance, EPSILON)
        return self.add(Linear(self.name, x, self.name, weights, beta, self.axis(x)))

    def join(self, operator: Operator, *operands: str) -> str:
        """A join; of units, if it is a Concat."""
        axis = self.axis(operands[0]) if operator == "Concat" else None
        return self.add(Join(self.name, operands, self.name, operator, axis))

    # Steps

    def _layer(self, x: str) -> str:
        made = self.linear(x, self.number(1, 3))
        if self.chance():
            made = self.normalization(made)
        return self.activation(made)

    def _depthwise(self, x: str) -> str:
        units = self.units(x)
        return self.activation(self.linear(x, units * self.number(1, 2), groups=units))

    def _grouped(self, x: str) -> str:
        if self.units(x) % 2:
            x = self.activation(self.linear(x, 2 * self.number(1, 2), same=True))
        return self.activation(self.linear(x, 2 * self.number(1, 2), groups=2))

    def _normalized(self, x: str) -> str:
        return self.activation(self.normalization(x))

    def _pool(self, x: str) -> str:
        if x == "x":
            x = self._layer(x)
        operator = self.draw(st.sampled_from(["max", "mean", "mean"]))
        if self.number(0, 3) == 3:
            operator = self.draw(st.sampled_from([operator, "sum"]))
            return self.add(Pool(self.name, x, self.name, operator, self.axis(x)))
        given = self._window(x, same=False)
        sizes = zip(given.size, given.before, given.after, strict=True)
        pads = [(min(low, n - 1), min(high, n - 1)) for n, low, high in sizes]
        lengths = [int(n or 1) for n in (self.shapes[x] or ())[2:]]
        size = tuple(min(n, length) for n, length in zip(given.size, lengths, strict=True))
        before, after = (tuple(min(p[i], n - 1) for p, n in zip(pads, size, strict=True))
                         for i in (0, 1))  # fmt: skip
        window = Window(size, given.strides, given.dilations, before, after)
        counts = operator == "mean" and self.number(0, 2) > 0
        return self.add(Pool(self.name, x, self.name, operator, self.axis(x), window, counts))

    def _branch(self, x: str, units: int) -> str:
        inner = x
        if self.chance():
            inner = self.activation(self.linear(x, self.number(1, 2), same=True))
        made = self.linear(inner, units, same=True)
        return self.normalization(made) if self.number(0, 3) == 3 else made

    def _residual(self, x: str) -> str:
        if x == "x":  # an input's units stay
            x = self._layer(x)
        other = self._branch(x, self.units(x))
        operators: list[Operator] = ["Add", "Add", "Sub", "Max", "Mean"]
        operator: Operator = self.draw(st.sampled_from(operators))
        made = self.join(operator, *((x, other) if not self.chance() else (other, x)))
        return self.activation(made) if self.chance() else made

    def _concat(self, x: str) -> str:
        parts = [self._branch(x, self.number(1, 2)) for _ in range(2)]
        parts = [self.activation(part) if self.chance() else part for part in parts]
        return self.join("Concat", *parts)

    def _product(self, x: str) -> str:
        units = self.number(1, 3)
        return self.join("Mul", *(self.activation(self._branch(x, units)) for _ in range(2)))

    # The ends

    def flat(self) -> None:
        """Positions and units along one axis, the units first or last, or pooled away."""
        x, shape = self.trunk, self.shapes[self.trunk] or ()
        kind = self.draw(st.sampled_from(["flatten", "reshape", "last", "pooled"]))
        if kind == "pooled":
            x = self.add(Pool(self.name, x, self.name, "mean", self.axis(x)))
        if kind == "last":
            order = (0, *range(2, len(shape)), 1)
            x = self.add(Rearrange(self.name, x, self.name, "Transpose", order))
        operator, parameters = ("Reshape", (0, -1)) if kind == "reshape" else ("Flatten", (1,))
        self.trunk = self.add(Rearrange(self.name, x, self.name, operator, parameters))

    def network(self) -> Network:
        """The network, with one or two more layers that nothing is behind."""
        last = f"y{len(self.ends) + 1}" if self.ends else "y"
        ends = [*self.ends, self.linear(self.trunk, self.number(1, 2), name=last)]
        tensors = {name: Tensor(name, shape=shape) for name, shape in self.shapes.items()}
        outputs = tuple(tensors[name] for name in ends)
        return Network((tensors["x"],), outputs, tuple(self.nodes), tensors)
