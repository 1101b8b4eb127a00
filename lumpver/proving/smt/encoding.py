"""A network as z3 terms: one term per entry of every tensor.

Terms are exact reals, activations nested `If`s in place, opaque nodes uninterpreted
functions. Weights and slopes may be terms themselves: networks with unknown numbers.

References
----------
The semantics encoded is `evaluation`'s, to which tests hold it.
"""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, Any, assert_never

import numpy as np

from lumpver.errors import Malformed, ShapeMismatch
from lumpver.exact.array import Exact, is_float, rationals
from lumpver.exact.scalar import ONE, ZERO
from lumpver.model.evaluation import apply
from lumpver.model.linear import Diagonal, Identity, Matrix, columns, is_idle, rows
from lumpver.model.network import (
    Linear,
    Modelled,
    Network,
    Node,
    Opaque,
    Pointwise,
    Rearrange,
    Tensor,
)
from lumpver.proving.smt.opaque import NotEncodable, encode_opaque
from lumpver.proving.smt.terms import activate, as_value, entrywise, linear, terms

if TYPE_CHECKING:
    from collections.abc import Mapping


def inputs(network: Network, *, prefix: str = "") -> dict[str, Exact]:
    """One z3 constant per entry of each graph input, named `prefix`, input, flat index.

    Axes of symbolic or unknown length have length 1. Names are distinct, and the same
    for the same network.

    Raises
    ------
    NotEncodable
        If not even the rank of an input is known.

    Examples
    --------
    >>> chain = Network.from_layers([([[1, 2]], [0])])
    >>> inputs(chain)["x"]
    array([x_0, x_1], dtype=object)
    """
    import z3  # noqa: PLC0415 heavy: only where terms are built

    taken: set[str] = set()
    found = {}
    for tensor in network.inputs:
        if tensor.shape is None:
            raise NotEncodable(f"input {tensor.name}", expected="a known rank", got="none")
        stem = _symbol(prefix + tensor.name)
        while stem in taken:
            stem += "!"
        taken.add(stem)
        shape = tuple(size if isinstance(size, int) else 1 for size in tensor.shape)
        result = np.empty(shape, dtype=object)
        flat = result.reshape(-1)
        for i in range(flat.size):
            flat[i] = z3.Real(f"{stem}_{i}")
        found[tensor.name] = result
    return found


def _symbol(name: str) -> str:
    """`name` without what no SMT-LIB symbol may contain or begin with."""
    plain = "".join("~" if c in "|\\" or not c.isprintable() else c for c in name)
    return f"~{plain}" if plain.startswith(("@", ".")) else plain


def encode(network: Network, values: Mapping[str, Any]) -> dict[str, Exact]:
    """Every tensor's entries as z3 terms, for terms or rational numbers as inputs.

    Raises
    ------
    NotEncodable
        If an opaque node's output has no known shape, or the node may be random.
    ShapeMismatch
        If a value does not have its input's shape, or does not fit a node.
    Malformed
        If an input is missing, or an entry is a term of another sort.

    Examples
    --------
    >>> chain = Network.from_layers([([[2]], [0]), ([[1]], ["1/3"])])
    >>> encode(chain, inputs(chain))["y"]
    array([If(0 <= 2*x_0, 2*x_0, 0) + 1/3], dtype=object)
    """
    known: dict[str, Exact] = {}
    lengths: dict[str, int] = {}
    for tensor in network.inputs:
        if tensor.name not in values:
            raise Malformed("inputs", expected=f"a value for {tensor.name}", got="none")
        known[tensor.name] = _fitted(tensor, values[tensor.name], lengths)
    for node in network.nodes:
        if isinstance(node, Opaque) and node.value is not None:
            known[node.outputs[0]] = rationals(node.value)
        elif isinstance(node, Opaque):
            known |= encode_opaque(network, node, known, lengths)
        else:
            known[node.output] = _step(node, known[node.input])
    return {name: terms(value) for name, value in known.items()}


def encode_node(node: Node, x: Any) -> Exact:
    """One modelled node's output as z3 terms, for an array of terms or numbers.

    Raises
    ------
    NotEncodable
        For an opaque node, whose outputs depend on the network around it.
    ShapeMismatch
        If the value does not fit the node.

    Examples
    --------
    >>> import z3
    >>> layer = Network.from_layers([([[1, "1/2"]], [3])]).nodes[0]
    >>> encode_node(layer, np.array([z3.Real("u"), z3.Real("v")]))
    array([u + 1/2*v + 3], dtype=object)
    """
    if isinstance(node, Opaque):
        raise NotEncodable(f"node {node.name}", expected="a modelled node", got=node.operator)
    return terms(_step(node, _entries(x)))


def _entries(value: Any) -> Exact:
    """The array with every entry an `fmpq` or a term."""
    array = value if isinstance(value, np.ndarray) else np.array(value, dtype=object)
    return rationals(array) if is_float(array) else entrywise(as_value, array)


def _fitted(tensor: Tensor, value: Any, lengths: dict[str, int]) -> Exact:
    x = _entries(value)
    shape = tensor.shape
    if shape is None:
        return x
    if x.ndim < len(shape):
        x = x.reshape((1,) * (len(shape) - x.ndim) + x.shape)
    if x.ndim != len(shape):
        raise ShapeMismatch(f"input {tensor.name}", expected=str(shape), got=str(x.shape))
    for size, length in zip(shape, x.shape, strict=True):
        fits = lengths.setdefault(size, length) if isinstance(size, str) else size
        if fits not in {None, length}:
            raise ShapeMismatch(f"input {tensor.name}", expected=str(shape), got=str(x.shape))
    return x


def _step(node: Modelled, x: Exact) -> Exact:
    match node:
        case Linear():
            return _affine(node, x)
        case Pointwise():
            return entrywise(lambda value: activate(node.activation, value), x)
        case Rearrange():
            return apply(node, x)
        case _:
            assert_never(node)


def _affine(node: Linear, x: Exact) -> Exact:
    if is_idle(node):  # of a number, too, which has no axis
        return x
    axis = x.ndim + node.axis
    if axis < 0:
        raise ShapeMismatch(f"node {node.name}", expected=f"axis {node.axis}", got=str(x.shape))
    columns = np.moveaxis(x, axis, 0)
    shape = columns.shape[1:]
    flat = columns.reshape(columns.shape[0], prod(shape))
    rows = _rows(node, flat.shape[0])
    result = np.empty((len(rows), flat.shape[1]), dtype=object)
    for position in range(flat.shape[1]):
        entries = flat[:, position]
        for v, (used, coefficients, bias) in enumerate(rows):
            result[v, position] = linear(coefficients, entries[used].tolist(), bias)
    return np.moveaxis(result.reshape(len(rows), *shape), 0, axis)


def _rows(node: Linear, width: int) -> list[tuple[list[int], list[Any], Any]]:
    """Per unit of the output: the units it reads, with which coefficients, and its bias."""
    read, made = columns(node.weights), rows(node.weights)
    if read not in {None, width}:
        raise ShapeMismatch(f"node {node.name}", expected=f"{read} units", got=str(width))
    count = width if made is None else made
    bias = [ZERO] * count if node.b is None else rationals(node.b).tolist()
    if len(bias) != count:
        raise ShapeMismatch(f"node {node.name}", expected=f"{count} biases", got=str(len(bias)))
    match node.weights:
        case Identity():
            return [([v], [ONE], b) for v, b in enumerate(bias)]
        case Diagonal(factors):
            scales = zip(rationals(factors).tolist(), bias, strict=True)
            return [([v], [w], b) for v, (w, b) in enumerate(scales)]
        case Matrix(numbers):
            return [
                _sparse(row, b) for row, b in zip(rationals(numbers).tolist(), bias, strict=True)
            ]
        case _:
            assert_never(node.weights)


def _sparse(row: list[Any], bias: Any) -> tuple[list[int], list[Any], Any]:
    used = [u for u, w in enumerate(row) if not _is_zero(w)]
    return used, [row[u] for u in used], bias


def _is_zero(value: Any) -> bool:
    return isinstance(value, type(ZERO)) and value == ZERO
