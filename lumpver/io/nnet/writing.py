"""Writing NNet files: any ReLU chain as one matrix of decimals per layer.

What the header's normalization does is taken out of the first and the last layer again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lumpver.errors import ShapeMismatch, Unrepresentable
from lumpver.exact.array import Exact, add, multiply, negate, rationals, zeros
from lumpver.exact.product import matmul
from lumpver.exact.scalar import ONE, ZERO, decimal_text
from lumpver.io.nnet.header import Header, normalization
from lumpver.io.nnet.relu_chain import ReluLayer, relu_layers

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lumpver.model.network import Network


def write(network: Network) -> bytes:
    """The NNet file of a ReLU chain: exactly the same function.

    The header is the one that the network was read with, or `Header.plain`. One file
    layer is everything affine between two activations, multiplied out; a network that ends
    in ReLU gets an identity after it, and a hidden layer without units one unit that is 0.

    Raises
    ------
    Unrepresentable
        If the network is no ReLU chain over vectors, naming the node, or a number has no
        terminating decimal, naming layer, row and column.
    ShapeMismatch
        If nodes, or the header, do not fit each other.

    Examples
    --------
    >>> from lumpver.model.network import Network
    >>> twins = Network.from_layers([([[1], [2]], [0, 0]), ([["1/4", 1]], [0])])
    >>> write(twins).decode().split()[-6:]
    ['1,', '2,', '0,', '0,', '0.25,1,', '0,']
    """
    layers = relu_layers(network)
    inputs = layers[0].W.shape[1]
    if 0 in (inputs, layers[-1].W.shape[0]):
        raise Unrepresentable("network", expected="inputs and outputs", got="none")
    header = _header(network, inputs)
    layers = _without_normalization(_padded(layers), header)
    lines = [*header.comments, *_sizes(layers), header.flag]
    lines += map(_line, (header.minima, header.maxima, header.means, header.ranges))
    for index, layer in enumerate(layers, start=1):
        lines += _rows(layer.W, f"layer {index}")
        lines += _rows(layer.b.reshape(-1, 1), f"layer {index} bias")
    return ("\n".join(lines) + "\n").encode(errors="surrogateescape")


def _header(network: Network, inputs: int) -> Header:
    header = network.source
    if not isinstance(header, Header):
        return Header.plain(inputs)
    limits = min(len(header.minima), len(header.maxima))
    scales = min(len(header.means), len(header.ranges))
    if limits < inputs or scales < inputs:
        got = f"{limits} limits, {scales} means and ranges"
        raise ShapeMismatch("header", expected=f"values for {inputs} inputs", got=got)
    return header


def _sizes(layers: list[ReluLayer]) -> list[str]:
    """The lines of sizes."""
    sizes = [layers[0].W.shape[1], *(layer.W.shape[0] for layer in layers)]
    first = (len(layers), sizes[0], sizes[-1], max(sizes))
    return [_line(map(str, first)), _line(map(str, sizes))]


def _line(values: Iterable[str]) -> str:
    return ",".join(values) + ","


def _rows(numbers: Exact, where: str) -> list[str]:
    """One line of decimals per row."""
    lines = []
    for i, row in enumerate(numbers):
        cells: list[str] = []
        try:
            for value in rationals(row).tolist():
                cells.append(decimal_text(value))  # noqa: PERF401 the length tells the column
        except Unrepresentable as error:
            raise _unwritable(where, i, len(cells), error.expected, error.got) from error
        lines.append(_line(cells))
    return lines


def _unwritable(where: str, row: int, column: int, expected: str, got: str) -> Unrepresentable:
    place = f"{where}, row {row}, column {column}"
    return Unrepresentable(place, expected=expected, got=got[:60])


def _padded(layers: list[ReluLayer]) -> list[ReluLayer]:
    """The same function with a unit that is always 0 in each hidden layer without units."""
    result = []
    for i, layer in enumerate(layers):
        W, b = layer.W, layer.b
        if i > 0 and W.shape[1] == 0:
            W = zeros(W.shape[0], 1)
        if i < len(layers) - 1 and W.shape[0] == 0:
            W, b = zeros(1, W.shape[1]), zeros(1)
        result.append(ReluLayer(W, b))
    return result


def _without_normalization(layers: list[ReluLayer], header: Header) -> list[ReluLayer]:
    """The layers for normalized inputs and outputs: A x + c = (A r) x' + (A m + c)."""
    means, ranges = normalization(header, layers[0].W.shape[1], where="header")
    if (means == ZERO).all() and (ranges == ONE).all():
        return layers
    first = layers[0]
    b = add(first.b, matmul(first.W, means[:-1]))
    layers = [ReluLayer(multiply(first.W, ranges[None, :-1]), b), *layers[1:]]
    factor = ONE / ranges[-1:]
    b = multiply(add(layers[-1].b, negate(means[-1:])), factor)
    return [*layers[:-1], ReluLayer(multiply(layers[-1].W, factor), b)]
