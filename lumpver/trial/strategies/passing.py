"""What nodes that leave units apart make of new entries: still multiples, still constants.

given: the new entries of what a node reads; made: those of its output
scale: of a multiple, over the entry that it is like
value: of a constant
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, assert_never

import numpy as np

from lumpver.errors import NotRational
from lumpver.exact.array import Exact, compact, rationals, zeros
from lumpver.exact.scalar import ONE, ZERO, number
from lumpver.model.join import Join, value
from lumpver.model.pool import Pool, meets_padding, summed
from lumpver.model.several import common, kinds
from lumpver.model.weights import Diagonal, Identity, Kernel, Matrix, Normalization

if TYPE_CHECKING:
    from collections.abc import Sequence

    from flint import fmpq

    from lumpver.model.linear import Linear
    from lumpver.model.pointwise import Pointwise
    from lumpver.model.relabelling import Indices, Mask
    from lumpver.model.tensor import Shape


class CannotGrow(Exception):
    """The new unit would not stay what it is."""


@dataclass(frozen=True, slots=True, eq=False)
class New:
    """What the new entries of a tensor are: one number each."""

    scale: Exact
    value: Exact

    @property
    def count(self) -> int:
        """How many there are."""
        return int(self.scale.size)

    def repeated(self, parts: int) -> New:
        """The same, each so many times."""
        return New(np.repeat(self.scale, parts), np.repeat(self.value, parts))

    def at(self, which: Indices) -> New:
        """Those of these numbers."""
        return New(self.scale[which], self.value[which])


def new(count: int, scale: fmpq = ONE, value: Exact | None = None) -> New:
    """So many new entries."""
    return New(np.full(count, scale), np.full(count, ZERO) if value is None else rationals(value))


def activated(node: Pointwise, given: New, *, constant: bool) -> New:
    """Behind an activation."""
    scale, function = given.scale, common(node.activation)
    free = all(one.homogeneous for one in kinds(node.activation))
    if (scale < 0).any() or (not free and (scale != ONE).any()):
        raise CannotGrow
    if not constant:
        return given
    if function is None:
        raise CannotGrow
    try:
        return New(scale, numbers_of([function(x) for x in given.value]))
    except NotRational as error:
        raise CannotGrow from error


def pooled(node: Pool, shape: Shape, given: New, *, near: bool) -> New:
    """Behind a pool; a constant is none next to padding that counts, but nearly."""
    count = summed(node, shape)
    if count is None or (node.operator == "max" and (given.scale < 0).any()):
        raise CannotGrow
    if not near and meets_padding(node) and given.value.astype(bool).any():
        raise CannotGrow
    return New(given.scale, given.value * number(count))


def joined(node: Join, given: Sequence[New], *, constant: bool) -> New:
    """Behind a join, of those operands that have new entries."""
    scales, values = [one.scale for one in given], [one.value for one in given]
    if node.operator == "Concat":
        return New(np.concatenate(scales), np.concatenate(values))
    if node.operator in ("Mul", "Div"):
        if constant and node.operator == "Div":
            raise CannotGrow
        return New(rationals(value(node, *scales)), values[0] * values[1])
    if any((scale != scales[0]).any() for scale in scales):
        raise CannotGrow
    if node.operator in ("Max", "Min") and (scales[0] < 0).any():
        raise CannotGrow
    return New(scales[0], rationals(value(node, *values)))


def scaled(node: Linear, old: Indices, made: Mask, given: New, *, near: bool) -> tuple[Linear, New]:
    """A bias, a diagonal or a depthwise kernel, and the new entries behind it."""
    after = given.value
    match node.weights:
        case Identity():
            weights: Any = node.weights
        case Diagonal(factors):
            factors = rationals(factors)[old]
            weights, after = Diagonal(compact(factors)), after * factors[made]
        case Kernel(numbers, window, groups):
            W, parts = rationals(numbers)[old], len(numbers) // groups
            weights = Kernel(compact(W), window, len(W) // parts)
            given = given.repeated(parts)
            lost = W[made][:, window.missed].astype(bool).any(axis=1)
            if not near and (given.value.astype(bool) & lost).any():
                raise CannotGrow
            after = given.value * W[made].sum(axis=1)
        case Matrix() | Normalization():
            raise CannotGrow
        case _:
            assert_never(node.weights)
    b = None if node.b is None else rationals(node.b)[old].copy()
    if b is not None:
        after = after + b[made]
        b[made] = b[made] * given.scale
    found = replace(node, weights=weights, b=None if b is None else compact(b))
    return found, New(given.scale, after)


def normalized(
    node: Linear,
    old: Indices,
    made: Mask,
    given: New,
    *,
    steps: tuple[fmpq, fmpq] | None,
    near: bool,
) -> tuple[Linear, New]:
    """A normalization, and the new entries behind it.

    `steps` are the scale of those, if they are multiples, and that of the root, which is made up
    for unless they are to be only `near`; without, only what is added is left of them.
    """
    weights = node.weights
    if not isinstance(weights, Normalization):
        raise CannotGrow
    parts = weights.gamma, weights.mean, weights.variance
    gamma, mean, variance = (rationals(part)[old].copy() for part in parts)
    beta = rationals(zeros(weights.gamma.size) if node.b is None else node.b)[old].copy()
    scale = given.scale
    if steps is None:
        gamma[made] = ZERO
    else:
        step, root = steps
        gamma[made] = gamma[made] * step * (ONE if near else root) / scale
        mean[made] = mean[made] * scale
        variance[made] = (variance[made] + weights.epsilon) * root**2 - weights.epsilon
        beta[made] = beta[made] * step
        scale = np.full(given.count, step)
    changed = replace(weights, gamma=compact(gamma), mean=compact(mean), variance=compact(variance))
    return replace(node, weights=changed, b=compact(beta)), New(scale, beta[made])


def numbers_of(given: Sequence[fmpq]) -> Exact:
    """Numbers as rationals."""
    found = np.empty(len(given), dtype=object)
    found[:] = given
    return found
