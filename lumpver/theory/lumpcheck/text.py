"""Dense chains and certificates in the exact text that `lumpcheck` reads.

`proofs/rocq/checker/README.md` has the grammar. Here models are only translated; nothing
is decided: a certificate that makes no sense becomes a text that `lumpcheck` rejects.

view: inputs, outputs and rearrangements in front, which both networks must share
"""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Final, assert_never

import numpy as np

from lumpver.claim.statement import EVERYTHING
from lumpver.errors import Rejected, Unrepresentable
from lumpver.exact.array import Exact, as_float64, is_float, zeros
from lumpver.model.network import Linear, Pick, Pointwise, Pool, Rearrange
from lumpver.model.several import kinds
from lumpver.model.weights import Diagonal, Identity, Kernel, Matrix, Normalization, rows
from lumpver.theory.lumpcheck.chains import Chain, chain
from lumpver.theory.lumpcheck.hints import export_hints, needs_forms

if TYPE_CHECKING:
    import numpy.typing as npt
    from flint import fmpq

    from lumpver.claim.certificate import Certificate
    from lumpver.claim.facts import Fact
    from lumpver.model.network import Network
    from lumpver.model.relabelling import Relabelling

_NOWHERE: Final = 2**30
_MOST_BITS: Final = 62
_MOST_PLACES: Final = 1000


def export(network: Network) -> str:
    """The exact text of a dense chain: affine layers and piecewise linear activations.

    Raises
    ------
    Unrepresentable
        Naming the node that makes the network no dense chain.

    Examples
    --------
    >>> from lumpver.model.network import Network
    >>> text = export(Network.from_layers([([["1/3"], [2]], None), ([[1, 1]], [4])]))
    >>> print(*text.splitlines()[2:], sep=chr(10))
    inputs 1
    dense 2 1 over 3
    1 0
    6 0
    slope 0 over 1
    dense 1 2 over 1
    1 1 4
    end
    """
    found = chain(network)
    lines = ["lumpver-network 1", f"view {_view(found)}", f"inputs {found.inputs}"]
    for node, units in found.items:
        match node:
            case Linear():
                lines += _layer(node, units)
            case Pointwise():
                lines.append(_slope(kinds(node.activation)[0].slope))  # a chain has one
            case Pool() | Pick():
                pass  # no chain has one
            case Rearrange():
                lines.append(_slope(None))
            case _:
                assert_never(node)
    return "\n".join([*lines, "end", ""])


def _view(found: Chain) -> str:
    source, target = found.network.inputs[0], found.network.outputs[0]
    content = {
        "input": [source.name, source.shape],
        "output": [target.name, target.shape],
        "steps": [[node.operator, node.parameters, node.zero_copies] for node in found.front],
    }
    return json.dumps(content, sort_keys=True)


def _slope(slope: fmpq | None) -> str:
    return "slope 1 over 1" if slope is None else f"slope {slope.p} over {slope.q}"


def _layer(node: Linear, units: int) -> list[str]:
    """An affine layer's lines: its size and denominator, then its rows, the bias last."""
    match node.weights:
        case Matrix(numbers):
            lines, below = _lines(numbers, node.b)
            columns = numbers.shape[1] if lines else 0  # what no row has cannot be printed back
            return [f"dense {len(lines)} {columns} over {below}", *lines]
        case Diagonal(factors):
            lines, below = _lines(factors[:, None], node.b)
            return [f"diagonal {len(lines)} over {below}", *lines]
        case Identity():
            lines, below = _lines(np.ones((units, 1)), node.b)
            return [f"diagonal {len(lines)} over {below}", *lines]
        case Kernel() | Normalization():
            got = "a convolution" if isinstance(node.weights, Kernel) else "a normalization"
            raise Unrepresentable(f"node {node.name}", expected="a dense layer", got=got)
        case _:
            assert_never(node.weights)


def _lines(matrix: Exact, b: Exact | None) -> tuple[list[str], int]:
    """A line of integers for each row and its bias, and what they are all divided by."""
    numbers, below = _whole(matrix, zeros(matrix.shape[0]) if b is None else b)
    return [" ".join(map(str, row)) for row in numbers], below


def _whole(matrix: Exact, bias: Exact) -> tuple[list[list[int]], int]:
    """Rows of integers, the bias behind each, over the smallest denominator there is."""
    if is_float(matrix) and is_float(bias):
        both = np.concatenate([as_float64(matrix), as_float64(bias)[:, None]], axis=1)
        fast = _machine_integers(both)
        if fast is not None:
            return fast
    ratios = [*_ratios(matrix), *_ratios(bias)]
    flat, below = _integers(ratios)
    columns, biases = matrix.shape[1], flat[matrix.size :]
    rows = [flat[v * columns : (v + 1) * columns] for v in range(matrix.shape[0])]
    return [[*row, b] for row, b in zip(rows, biases, strict=True)], below


def _machine_integers(numbers: npt.NDArray[np.float64]) -> tuple[list[list[int]], int] | None:
    """The same for floats, where every integer is below 2^62 and the denominator a float."""
    mantissas, exponents = np.frexp(numbers)
    whole = (mantissas * 2.0**53).astype(np.int64)
    odd = np.frexp((whole & -whole).astype(np.float64))[1] - 1  # zeros behind the last one
    places = int(np.where(whole == 0, 0, 53 - exponents - odd).max(initial=0))
    top = int(np.where(whole == 0, 0, exponents).max(initial=0))
    if top + places > _MOST_BITS or places > _MOST_PLACES:
        return None
    rows: list[list[int]] = np.ldexp(numbers, places).astype(np.int64).tolist()
    return rows, 2**places


def _ratios(numbers: Exact) -> list[tuple[int, int]]:
    if is_float(numbers):
        return [value.as_integer_ratio() for value in as_float64(numbers).ravel().tolist()]
    return [(int(value.p), int(value.q)) for value in numbers.ravel().tolist()]


def _integers(ratios: list[tuple[int, int]]) -> tuple[list[int], int]:
    """Integers over one denominator, the smallest that there is."""
    below = math.lcm(*{bottom for _, bottom in ratios})
    factor = {bottom: below // bottom for _, bottom in ratios}
    return [top * factor[bottom] for top, bottom in ratios], below


def export_certificate(original: Network, reduced: Network, certificate: Certificate) -> str:
    """The text of a certificate for the texts of two dense chains.

    Where it has forms, signs or rows of several entries, that is hints from which both networks
    are written as forms, which the verified checker compares.

    Raises
    ------
    Unrepresentable
        If one of the networks is no dense chain, or signs do not begin at its input.
    Rejected
        If the certificate is about tensors that the original does not have.

    Examples
    --------
    >>> from lumpver.model.network import Network
    >>> from lumpver.reducing.reduction import reduce
    >>> found = reduce(Network.from_layers([([[1], ["1/3"]], None), ([[1, 1]], None)]))
    >>> print(export_certificate(found.original, found.network, found.certificate), end="")
    lumpver-relabellings 1
    segment 1 units 2 blocks 1 unobserved 0 over 2
    0 3 0
    0 1 0
    slope 2
    segment 3 same
    end
    """
    if certificate.claim.domain != EVERYTHING.domain:
        expected = f"a claim that is {EVERYTHING.where}"
        raise Unrepresentable("certificate", expected=expected, got=certificate.claim.where)
    if needs_forms(certificate):
        return export_hints(original, reduced, certificate)
    ours, theirs = chain(original), chain(reduced)
    ends = {segment.output for segment in original.segments}
    for name, facts in certificate.tensors.items():
        _known(original, name, facts, ends)
    _same_front(ours, theirs, certificate)
    walk = _Marks(certificate, theirs.places)
    for node, units in ours.items:
        match node:
            case Linear():
                if node.output in ends:
                    made = rows(node.weights)
                    walk.segment(node.output, units if made is None else made)
            case Pool() | Pick():
                pass
            case Pointwise() | Rearrange():
                walk.slope(node)
            case _:
                assert_never(node)
    return "\n".join([*walk.lines, *walk.open_segment(), "end", ""])


def _known(original: Network, name: str, facts: tuple[Fact, ...], ends: set[str]) -> None:
    producer = original.producers.get(name)
    if producer is None or (isinstance(producer, Linear) and name not in ends):
        _reject(name, "the output of a segment or other node", "none such")
    if not facts:
        _reject(name, "a fact that uses the first", "none")
    found = facts[0].relabelling
    if found is not None and name not in ends:
        _reject(name, "a relabelling that follows from others", "a claimed one")


def _reject(name: str, expected: str, got: str) -> None:
    raise Rejected("tensor", layer=name, expected=expected, got=got)


def _same_front(ours: Chain, theirs: Chain, certificate: Certificate) -> None:
    """Rearrangements in front are paired one by one; whether they agree is in the views."""
    for i, node in enumerate(ours.front):
        entry = certificate.leads.get(node.output)
        target = node.output if entry is None else entry.counterpart
        found = theirs.front[i].output if i < len(theirs.front) else None
        if target is None or target != found:
            _reject(node.output, str(found), str(target))


class _Marks:
    """The lines so far, and the counterpart of the tensor that was reached."""

    def __init__(self, certificate: Certificate, places: dict[str, int]) -> None:
        self.certificate = certificate
        self.places = places
        self.lines = ["lumpver-relabellings 1"]
        self.reached = 0
        self.gone = False
        self.waiting: list[str] | None = None

    def place(self, name: str) -> int:
        """The place of a tensor's counterpart, -1 for none."""
        entry = self.certificate.leads.get(name)
        if entry is None:
            return -1 if self.gone else self.places.get(name, _NOWHERE)
        found = entry.counterpart
        return -1 if found is None else self.places.get(found, _NOWHERE)

    def segment(self, name: str, units: int) -> None:
        """The claim about a segment's output, of which there are so many units."""
        entry = self.certificate.leads.get(name)
        found = None if entry is None else entry.relabelling
        if found is not None and found.is_identity and found.units == units:
            found = None
        self.gone = found is not None and found.width == 0
        self.reached = self.place(name)
        head, *rest = ["same"] if found is None else _units_lines(found)
        self.waiting = [f"segment {self.reached} {head}", *rest]

    def open_segment(self) -> list[str]:
        """The segment in front of the next slope, which may have no layers."""
        lines = [f"segment {self.reached} same"] if self.waiting is None else self.waiting
        self.waiting = None
        return lines

    def slope(self, node: Pointwise | Rearrange) -> None:
        self.lines += self.open_segment()
        match node:
            case Pointwise():
                pass
            case Rearrange():
                if self.gone:
                    _reject(node.output, "units left to rearrange", "none")
            case _:
                assert_never(node)
        self.reached = self.place(node.output)
        self.lines.append(f"slope {self.reached}")


def _units_lines(found: Relabelling) -> list[str]:
    n, used = found.units, found.block >= 0
    scales = [pair if u else (0, 1) for pair, u in zip(_ratios(found.scale), used, strict=True)]
    whole, below = _integers([*scales, *_ratios(found.constant)])
    head = f"units {n} blocks {found.width} unobserved {found.ghosts} over {below}"
    return [head, *(f"{found.block[v]} {whole[v]} {whole[n + v]}" for v in range(n))]
