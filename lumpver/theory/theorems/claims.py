"""Claims that read the same for unknowns and for numbers: proved with one, replayed with the other.

A claim is a function of its unknowns. Given z3 constants it makes the query, through the
encoder; given rationals it makes true and false, through exact evaluation. What refutes
a claim in the first reading has to refute it in the second, which knows no solver.

given: what is assumed; holds: what is claimed to follow
shown: the values that a reader of a counterexample wants to see
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, assert_never

import numpy as np
from flint import fmpq

from lumpver.errors import Malformed
from lumpver.exact.scalar import number
from lumpver.model import activations
from lumpver.model.activations import IDENTITY, Activation
from lumpver.model.evaluation import evaluate
from lumpver.model.functions import Curve
from lumpver.model.linear import numbers_of
from lumpver.model.network import (
    Join,
    Linear,
    Network,
    Node,
    Opaque,
    Pick,
    Pointwise,
    Pool,
    Rearrange,
    Tensor,
)
from lumpver.model.several import parameters_of
from lumpver.model.weights import Matrix
from lumpver.proving import smt

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from lumpver.exact.array import Exact

Value = Any
"""An `fmpq` or a z3 term of sort Real."""
Truth = Any
"""A bool or a z3 term of sort Bool."""


@dataclass(frozen=True, slots=True)
class Claim:
    """Whenever all that is `given` is true, so is `holds`; an absurd claim holds never."""

    given: tuple[Truth, ...]
    holds: Truth = False
    shown: Mapping[str, Value] = field(default_factory=dict)

    @property
    def negation(self) -> list[Any]:
        """z3 assertions that hold exactly where the claim fails.

        Raises
        ------
        Malformed
            If what is given is false whatever the unknowns: that would prove anything.
        """
        import z3  # noqa: PLC0415 heavy: only where a query is made

        if any(truth is False for truth in self.given):
            raise Malformed("claim", expected="hypotheses that can hold", got="false")
        asserted = [truth for truth in self.given if truth is not True]
        return [_term(truth) for truth in asserted] + [z3.Not(_term(self.holds))] * (
            self.holds is not False
        )

    @property
    def fails(self) -> bool:
        """Whether the claim, of numbers, is refuted by them."""
        return all(truth is True for truth in self.given) and self.holds is False


def _term(truth: Truth) -> Any:
    import z3  # noqa: PLC0415 heavy: only where a query is made

    return z3.BoolVal(truth) if isinstance(truth, bool) else truth


def every(*truths: Truth) -> Truth:
    """Whether all are true.

    Examples
    --------
    >>> every(), every(True, False)
    (True, False)
    """
    open_ones = [truth for truth in truths if truth is not True]
    if all(isinstance(truth, bool) for truth in open_ones):
        return not open_ones
    import z3  # noqa: PLC0415 heavy: only where a query is made

    return z3.And([_term(truth) for truth in open_ones])


def either(*truths: Truth) -> Truth:
    """Whether one is true.

    Examples
    --------
    >>> either(), either(True, False)
    (False, True)
    """
    open_ones = [truth for truth in truths if truth is not False]
    if all(isinstance(truth, bool) for truth in open_ones):
        return bool(open_ones)
    import z3  # noqa: PLC0415 heavy: only where a query is made

    return z3.Or([_term(truth) for truth in open_ones])


def iff(a: Truth, b: Truth) -> Truth:
    """Whether both are true or both false."""
    if isinstance(a, bool) and isinstance(b, bool):
        return a == b
    return _term(a) == _term(b)


def same(a: Sequence[Value], b: Sequence[Value]) -> Truth:
    """Whether two valuations of equal length are equal, entry by entry."""
    return every(*(_equal(x, y) for x, y in zip(a, b, strict=True)))


def _equal(x: Value, y: Value) -> Truth:
    if isinstance(x, fmpq) and isinstance(y, fmpq):
        return bool(x == y)
    return smt.term(x) == smt.term(y)


def total(values: Sequence[Value]) -> Value:
    """The sum of at least one value."""
    first, *rest = values
    for value in rest:
        first = first + value
    return first


def chain(*layers: tuple[Sequence[Sequence[Any]], Sequence[Any], Activation]) -> Network:
    """The chain of `layers` (W, b, activation), with numbers or terms in any place.

    `W` has one row per unit of the layer, as in `Network.from_layers`.
    """
    nodes: list[Node] = []
    tensors = {"x": Tensor("x", shape=(len(layers[0][0][0]),))}
    here = "x"
    for index, (W, b, function) in enumerate(layers, start=1):
        target = "y" if index == len(layers) else f"h{index}"
        before = f"{target}.pre" if function is not IDENTITY else target
        rows = np.array([_values(row) for row in W], dtype=object)
        bias = np.array(_values(b), dtype=object)
        nodes.append(Linear(f"layer {index}", here, before, Matrix(rows), bias))
        tensors[before] = Tensor(before, shape=(len(b),))
        if before != target:
            nodes.append(Pointwise(f"activation {index}", before, target, function))
            tensors[target] = Tensor(target, shape=(len(b),))
        here = target
    return Network((tensors["x"],), (tensors["y"],), tuple(nodes), tensors)


def _values(entries: Sequence[Any]) -> list[Value]:
    return [entry if _is_term(entry) else number(entry) for entry in entries]


def _is_term(value: Any) -> bool:
    return hasattr(value, "as_ast")


def unit(activation: Activation) -> Network:
    """The network that computes y = A(x) for one x."""
    return chain(([[1]], [0], activation))


def leaky(slope: Value) -> Activation:
    """LeakyReLU with a known or unknown slope."""
    return replace(activations.leaky(0), parameters=(slope if _is_term(slope) else number(slope),))


def at(function: Activation, parameters: Sequence[Value], y: Value) -> Value:
    """A function of the same row of the table, with these parameters, at y.

    Examples
    --------
    >>> at(activations.clip(0, 1), (number(0), number(6)), number(7))
    6
    """
    mapping = function.row.mapping(*parameters)
    if isinstance(mapping, Curve):
        return smt.terms.activate(function, y)
    known = [y, *parameters]
    return smt.terms.bent(mapping, y) if any(map(_is_term, known)) else mapping.line(y)(y)


def run(network: Network, *x: Any) -> tuple[Value, ...]:
    """What `network` computes at `x`: terms by the encoder, numbers by exact evaluation."""
    source, target = network.inputs[0].name, network.outputs[0].name
    values = _values(x)
    if any(map(_is_term, values)) or _has_terms(network):
        return tuple(smt.encode(network, {source: _array(values)})[target].ravel().tolist())
    return tuple(evaluate(network, {source: _array(values)})[target].ravel().tolist())


def _array(values: Sequence[Value]) -> Exact:
    result = np.empty(len(values), dtype=object)
    result[:] = values
    return result


def _has_terms(network: Network) -> bool:
    return any(_is_term(value) for node in network.nodes for value in _values_of(node))


def _values_of(node: Node) -> list[Value]:
    match node:
        case Linear():
            return [value for part in numbers_of(node) for value in part.ravel().tolist()]
        case Pointwise():
            return parameters_of(node.activation)
        case Pool() | Rearrange() | Pick() | Join() | Opaque():
            return []
        case _:
            assert_never(node)
