"""Reading NNet files: lines, sizes, header, rows, and the network that they make.

Every error names the line. Nothing is allocated that the file does not hold.

at: the index of a line, from 0; errors count from 1
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Final

import numpy as np

from lumpver.errors import Malformed, Unreadable
from lumpver.exact.array import Exact, compact
from lumpver.exact.scalar import ONE, ZERO
from lumpver.io.nnet.header import Header, decimals, normalization
from lumpver.model.activations import RELU
from lumpver.model.network import Linear, Network, Node, Pointwise, Tensor
from lumpver.model.weights import Matrix, weights_of

if TYPE_CHECKING:
    from flint import fmpq

_INTEGER: Final = re.compile(r"\s*[1-9][0-9]{0,8}\s*", re.ASCII)


@dataclass(frozen=True, slots=True)
class _Text:
    """The lines of a file, and how to say which one is wrong."""

    where: str
    lines: list[str]

    def place(self, index: int) -> str:
        return f"{self.where} line {index + 1}"

    def cells(self, index: int) -> list[str]:
        """The comma-separated values of a line; a comma at its end closes the last one."""
        cells = self.lines[index].split(",")
        return cells if cells[-1].strip() else cells[:-1]

    def integers(self, index: int, expected: str) -> list[int]:
        cells = self.cells(index)
        if not cells or not all(_INTEGER.fullmatch(cell) for cell in cells):
            got = repr(self.lines[index][:40])
            raise Unreadable(self.place(index), expected=expected, got=got)
        return [int(cell) for cell in cells]

    def numbers(self, index: int, count: int) -> list[fmpq]:
        cells = self.cells(index)
        if len(cells) != count:
            raise Malformed(
                self.place(index), expected=f"{count} numbers", got=f"{len(cells)} values"
            )
        return decimals(cells, where=self.place(index))


def read(data: bytes, *, where: str) -> Network:
    r"""The network of an NNet file, exactly, its `Header` as `source`.

    The nodes are `normalize`, then `layer 1`, `activation 1`, ..., the last layer and
    `denormalize`, over tensors of rank 1 from `x` to `y`.

    Raises
    ------
    Unreadable
        If the file does not start as NNet files do, or ends too early.
    Malformed
        If a line does not fit the sizes, naming it, or a range is 0.
    NotANumber
        If a weight, bias, mean or range is no finite decimal.

    Examples
    --------
    >>> lines = ["1,1,1,1,", "1,1,", "0,", "0,", "1,", "1,0,", "0.5,2,", "3,", "0.1,"]
    >>> network = read("\n".join(lines).encode(), where="tiny.nnet")
    >>> network([2])  # ((2 - 1) / 0.5 * 3 + 0.1) * 2
    (61/5,)
    >>> network.source.means
    ('1', '0')
    """
    text = _Text(where, _lines(data))
    top = next((i for i, line in enumerate(text.lines) if not line.startswith("//")), None)
    if top is None:
        raise Unreadable(where, expected="an NNet file", got="no line of sizes")
    sizes = _sizes(text, top)
    _complete(text, top + 7 + 2 * sum(sizes[1:]), data)
    header = _header(text, top, sizes[0])
    at, layers = top + 7, []
    for columns, rows in pairwise(sizes):
        W = compact(_matrix(text, at, rows, columns))
        b = compact(_matrix(text, at + rows, rows, 1).reshape(-1))
        layers.append((W, b))
        at += 2 * rows
    means, ranges = normalization(header, sizes[0], where=where)
    return _network(layers, means, ranges, header)


def _lines(data: bytes) -> list[str]:
    lines = [line.rstrip("\r") for line in data.decode(errors="surrogateescape").split("\n")]
    while lines and not lines[-1].strip():
        lines.pop()
    return lines


def _sizes(text: _Text, top: int) -> list[int]:
    """The widths of input, hidden layers and output, from the first two lines."""
    expected = "layers,inputs,outputs,largest size"
    first = text.integers(top, expected)
    if len(first) != 4:
        raise Unreadable(text.place(top), expected=expected, got=f"{len(first)} numbers")
    if top + 1 == len(text.lines):
        raise Unreadable(text.place(top + 1), expected="the sizes", got="the end of the file")
    layers, inputs, outputs, _ = first
    sizes = text.integers(top + 1, "the size of every layer")
    if len(sizes) != layers + 1 or (sizes[0], sizes[-1]) != (inputs, outputs):
        raise Malformed(
            text.place(top + 1),
            expected=f"{layers + 1} sizes from {inputs} to {outputs}",
            got=f"{len(sizes)} sizes from {sizes[0]} to {sizes[-1]}",
        )
    return sizes


def _complete(text: _Text, count: int, data: bytes) -> None:
    """Refuses a file that ends too early, even inside its last number, or too late."""
    found, last = len(text.lines), text.lines[-1].rstrip()
    if found > count:
        got = repr(text.lines[count][:40])
        raise Malformed(text.place(count), expected="the end of the file", got=got)
    if found < count:
        raise Unreadable(text.place(found), expected=f"{count} lines", got="the end of the file")
    closed = last.endswith(",") or data.endswith(b"\n")
    if not closed and text.lines[-2].rstrip().endswith(","):
        raise Unreadable(text.place(found - 1), expected="a closing comma", got=repr(last[-40:]))


def _header(text: _Text, top: int, inputs: int) -> Header:
    found = []
    for index in range(top + 3, top + 7):
        cells = tuple(cell.strip() for cell in text.cells(index))
        if len(cells) < inputs:
            raise Malformed(
                text.place(index), expected=f"{inputs} values", got=f"{len(cells)} values"
            )
        found.append(cells)
    return Header(tuple(text.lines[:top]), text.lines[top + 2], *found)


def _matrix(text: _Text, at: int, rows: int, columns: int) -> Exact:
    lines = [text.numbers(at + row, columns) for row in range(rows)]
    result = np.empty((rows, columns), dtype=object)
    result[...] = lines
    return result


def _network(
    layers: list[tuple[Exact, Exact]], means: Exact, ranges: Exact, header: Header
) -> Network:
    inputs, outputs = layers[0][0].shape[1], layers[-1][0].shape[0]
    widths = {"x": inputs, "x.normal": inputs}
    scale, shift = _vector(ONE / ranges[:-1], ONE), _vector(-means[:-1] / ranges[:-1], ZERO)
    nodes: list[Node] = [Linear("normalize", "x", "x.normal", weights_of(scale), shift)]
    here = "x.normal"
    for index, (W, b) in enumerate(layers, start=1):
        target = f"h{index}.pre" if index < len(layers) else "y.normal"
        nodes.append(Linear(f"layer {index}", here, target, Matrix(W), b))
        widths[target] = W.shape[0]
        if index < len(layers):
            here = f"h{index}"
            nodes.append(Pointwise(f"activation {index}", target, here, RELU))
            widths[here] = widths[target]
    widths["y"] = outputs
    scale, shift = (np.full(outputs, part[-1], dtype=object) for part in (ranges, means))
    weights = weights_of(_vector(scale, ONE))
    nodes.append(Linear("denormalize", "y.normal", "y", weights, _vector(shift, ZERO)))
    tensors = {name: Tensor(name, shape=(width,)) for name, width in widths.items()}
    return Network((tensors["x"],), (tensors["y"],), tuple(nodes), tensors, source=header)


def _vector(values: Exact, neutral: fmpq) -> Exact | None:
    """`values`, or None where they are all neutral and change nothing."""
    return None if bool((values == neutral).all()) else compact(values)
