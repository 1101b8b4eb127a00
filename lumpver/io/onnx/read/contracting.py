"""Contractions of ONNX: sums of products of a tensor with constants, along any axes of both.

All are one matrix along one axis, between transpositions and reshapes. None means "opaque".

letter: what an axis is called; axes of one letter are walked along together
rows, columns: the letters of the axis that is made, and of the one that is read
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import prod
from typing import TYPE_CHECKING, Final

import numpy as np

from lumpver.errors import ShapeMismatch
from lumpver.exact.array import divide, is_float
from lumpver.exact.product import matmul
from lumpver.io.onnx.read.load import label
from lumpver.io.onnx.read.tensors import MOST_ENTRIES
from lumpver.io.onnx.read.walk import MOST_AXES
from lumpver.model.linear import Linear
from lumpver.model.names import Derived
from lumpver.model.rearrange import Rearrange
from lumpver.model.weights import Diagonal, Matrix, Weights

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from onnx import NodeProto

    from lumpver.exact.array import Exact
    from lumpver.io.onnx.read.walk import Plan, Walk
    from lumpver.model.network import Node, Pick, Pool

Letters = tuple[str, ...]
_LAST_TWO: Final = -2  # the axes along which a MatMul can multiply


@dataclass(frozen=True, slots=True)
class Terms:
    """The letters of the axes of the tensor, of the constant, and of what is made of them."""

    tensor: Letters
    constant: Letters
    result: Letters

    @property
    def free(self) -> Letters:
        """The letters that the tensor keeps and the constant does not have."""
        kept = set(self.result) - set(self.constant)
        return tuple(letter for letter in self.tensor if letter in kept)

    @property
    def lone(self) -> Letters:
        """The letters of the constant that nothing else has."""
        others = {*self.tensor, *self.result}
        return tuple(letter for letter in self.constant if letter not in others)

    @property
    def columns(self) -> Letters:
        """The letters of the tensor that are summed over, or have constants of their own."""
        return tuple(letter for letter in self.tensor if letter not in self.free)

    @property
    def rows(self) -> Letters:
        """The letters that columns become."""
        return tuple(letter for letter in self.result if letter not in self.free)


def contracted(
    walk: Walk, node: NodeProto, x: str, W: Exact, terms: Terms, *, divisor: int = 1
) -> Plan:
    """The nodes that sum the products of a tensor with constants over what the result lacks.

    What is made is divided last.
    """
    sizes = _sizes(walk, node, x, W, terms)
    if sizes is None or not is_float(W):
        return None
    if terms.lone:
        W, terms = _summed(W, terms)
        if not is_float(W):
            return None
    weights = _weights(walk, W, terms, sizes)
    if weights is None:
        return None
    parts = [weights]
    if divisor != 1:
        made = prod(sizes[letter] for letter in terms.rows)
        if not walk.makes(made):
            return None
        parts.append(Diagonal(divide(np.ones(made), np.array([float(divisor)]))))
    return _Steps(walk, node, x, terms, sizes).around(parts)


def _sizes(walk: Walk, node: NodeProto, x: str, W: Exact, terms: Terms) -> dict[str, int] | None:
    """The length of each letter but the free ones; None unless all are known and fit."""
    shape = walk.shape(x)
    parts = (terms.tensor, terms.constant, terms.result)
    if any(len(set(part)) < len(part) or len(part) > MOST_AXES for part in parts):
        return None
    known = {*terms.tensor, *terms.constant}
    if shape is None or len(shape) != len(terms.tensor) or not known.issuperset(terms.result):
        return None
    found = {letter: int(n) for letter, n in zip(terms.constant, W.shape, strict=True)}
    for letter, n in zip(terms.tensor, shape, strict=True):
        if letter in terms.free:
            continue
        if not isinstance(n, int):
            return None
        if found.setdefault(letter, n) != n:
            if 1 in (n, found[letter]):
                return None  # an Einsum may repeat it
            expected = f"{found[letter]} entries"
            raise ShapeMismatch(f"node {label(node)}", expected=expected, got=str(n))
    return found if min(found.values(), default=1) > 0 else None


def _summed(W: Exact, terms: Terms) -> tuple[Exact, Terms]:
    """The constant, summed over letters that nothing else has."""
    kept = tuple(letter for letter in terms.constant if letter not in terms.lone)
    order = [terms.constant.index(letter) for letter in (*kept, *terms.lone)]
    turned = W.transpose(order)
    shape = turned.shape[: len(kept)]
    flat = turned.reshape(prod(shape), -1)
    total = matmul(flat, np.ones((flat.shape[1], 1)))
    return total.reshape(shape), Terms(terms.tensor, kept, terms.result)


def _weights(walk: Walk, W: Exact, terms: Terms, sizes: Mapping[str, int]) -> Weights | None:
    """The weights between columns and rows: a diagonal, or a matrix if there is room for it."""
    rows, columns = terms.rows, terms.columns
    if rows == columns == terms.constant and len(rows) == 1:
        return Diagonal(W)
    shape = [prod(sizes[letter] for letter in part) for part in (rows, columns)]
    if prod(shape) > MOST_ENTRIES:
        return None
    shared = [letter for letter in columns if letter in rows or letter not in terms.constant]
    if not shared:
        order = [terms.constant.index(letter) for letter in (*rows, *columns)]
        return Matrix(W.transpose(order).reshape(shape))
    if not walk.makes(prod(shape)):
        return None
    letters = tuple(dict.fromkeys((*rows, *columns)))
    lengths = [sizes[letter] for letter in letters]
    places = dict(zip(letters, np.indices(lengths).reshape(len(letters), -1), strict=True))
    numbers = np.zeros(shape, dtype=W.dtype)
    row, column = (_raveled(part, places, sizes) for part in (rows, columns))
    numbers[row, column] = W.reshape(-1)[_raveled(terms.constant, places, sizes)]
    return Matrix(numbers)


def _raveled(letters: Letters, places: Mapping[str, Exact], sizes: Mapping[str, int]) -> Exact:
    """Where entries at these places lie, in row-major order along these letters."""
    found = np.zeros((), dtype=np.int64)
    for letter in letters:
        found = found * sizes[letter] + places[letter]
    return found


@dataclass(slots=True)
class _Steps:
    """The nodes from the tensor to the result, one after the other."""

    walk: Walk
    node: NodeProto
    x: str
    terms: Terms
    sizes: Mapping[str, int]

    def around(self, parts: Sequence[Weights]) -> list[Node]:
        """Weights along one axis, with what brings its letters there and back."""
        terms, plan = self.terms, list[Linear | Rearrange]()
        rows, columns = terms.rows, terms.columns
        alone = len(rows) == len(columns) == 1
        place = terms.tensor.index(columns[0]) if alone else 0
        axis = place - len(terms.tensor)
        read = terms.tensor if alone and axis >= _LAST_TWO else (*terms.free, *columns)
        if read != terms.tensor:
            plan.append(self._turned(terms.tensor, read))
        if read is not terms.tensor:
            place, axis = len(terms.free), -1
        if len(columns) != 1:
            plan.append(self._shaped([prod(self.sizes[letter] for letter in columns)]))
        plan += [Linear("", "", "", part, None, axis) for part in parts]
        if len(rows) != 1:
            plan.append(self._shaped([self.sizes[letter] for letter in rows]))
        made = (*read[:place], *rows, *read[place + len(columns) :])
        if made != terms.result:
            plan.append(self._turned(made, terms.result))
        return chained(self.walk, self.node, self.x, plan)

    def _turned(self, before: Letters, after: Letters) -> Rearrange:
        return Rearrange("", "", "", "Transpose", tuple(before.index(letter) for letter in after))

    def _shaped(self, lengths: Sequence[int]) -> Rearrange:
        """The free axes as they are, then axes of these lengths."""
        return Rearrange("", "", "", "Reshape", (*(0,) * len(self.terms.free), *lengths))


def chained(
    walk: Walk, node: NodeProto, x: str, plan: Sequence[Linear | Rearrange | Pool | Pick]
) -> list[Node]:
    """The nodes one after the other, from a tensor to the output of a NodeProto."""
    made: list[Node] = []
    y, name = node.output[0], x
    for i, step in enumerate(plan, start=1):
        target = y if i == len(plan) else Derived(f"operand of {y}, step {i}")
        walk.typed.setdefault(target, walk.typed.get(y) or walk.tensors[x].dtype)
        made.append(replace(step, name=label(node), input=name, output=target))
        name = target
    return made
