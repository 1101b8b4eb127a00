"""A network as z3 terms: one term per entry of every tensor.

Terms are exact reals, activations nested `If`s in place, opaque nodes uninterpreted
functions. Weights and slopes may be terms themselves: networks with unknown numbers.

References
----------
The semantics encoded is `evaluation`'s, to which tests hold it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, assert_never

import numpy as np

from lumpver.errors import Malformed, ShapeMismatch
from lumpver.exact.array import Exact, is_float, rationals
from lumpver.model.network import Join, Linear, Opaque, Pick, Pointwise, Pool, Rearrange
from lumpver.proving.smt import join, linear, opaque, pick, pointwise, pool, rearrange
from lumpver.proving.smt.opaque import NotEncodable
from lumpver.proving.smt.terms import as_value, entrywise, terms

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lumpver.model.network import Modelled, Network, Node, Tensor


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
    >>> from lumpver.model.network import Network
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
    >>> from lumpver.model.network import Network
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
        match node:
            case Linear() | Pointwise() | Pool() | Rearrange() | Pick() | Join():
                known[node.output] = _encoded(node, known)
            case Opaque():
                known |= opaque.encoded(network, node, known, lengths)
            case _:
                assert_never(node)
    return {name: terms(value) for name, value in known.items()}


def encode_node(node: Node, *operands: Any) -> Exact:
    """One modelled node's output as z3 terms, for arrays of terms or numbers.

    Raises
    ------
    NotEncodable
        For an opaque node, whose outputs depend on the network around it.
    ShapeMismatch
        If the value does not fit the node.

    Examples
    --------
    >>> import z3
    >>> from lumpver.model.network import Network
    >>> layer = Network.from_layers([([[1, "1/2"]], [3])]).nodes[0]
    >>> encode_node(layer, np.array([z3.Real("u"), z3.Real("v")]))
    array([u + 1/2*v + 3], dtype=object)
    """
    match node:
        case Linear() | Pointwise() | Pool() | Rearrange() | Pick() | Join():
            return terms(
                _encoded(node, dict(zip(node.inputs, map(_entries, operands), strict=True)))
            )
        case Opaque():
            raise NotEncodable(f"node {node.name}", expected="a modelled node", got=node.operator)
        case _:
            assert_never(node)


def _encoded(node: Modelled, known: Mapping[str, Exact]) -> Exact:
    """A modelled node's output, for what is known of what it reads."""
    match node:
        case Linear():
            return linear.encoded(node, known[node.input])
        case Pointwise():
            return pointwise.encoded(node, known[node.input])
        case Pool():
            return pool.encoded(node, known[node.input])
        case Rearrange():
            return rearrange.encoded(node, known[node.input])
        case Pick():
            return pick.encoded(node, known[node.input])
        case Join():
            return join.encoded(node, *(known[name] for name in node.inputs))
        case _:
            assert_never(node)


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
