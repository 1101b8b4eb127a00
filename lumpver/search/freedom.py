"""What may stand between units of one block: multiples, opposites, about a centre.

freedom: which rows t = s t' + c (1 - s) stay rows of one entry wherever t is read
opposites: whether s may be negative
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, assert_never

import numpy as np

from lumpver.exact.array import add, array, negative, nonzero
from lumpver.exact.proportional import proportional_rows
from lumpver.exact.scalar import ONE, ZERO
from lumpver.model.network import Join, Linear, Opaque, Pick, Pointwise, Pool, Rearrange
from lumpver.model.normalization import scaling
from lumpver.model.several import kinds
from lumpver.search.families import beside, family, in_order
from lumpver.search.framing import filler
from lumpver.search.pool import constant
from lumpver.search.readers import idle, let_multiples, pads

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flint import fmpq

    from lumpver.exact.array import Exact
    from lumpver.exact.proportional import Rows
    from lumpver.model.network import Network, Node
    from lumpver.search.stable import Class
    from lumpver.search.writing import Written

    Row = tuple[fmpq, fmpq]


@dataclass(frozen=True, slots=True)
class Freedom:
    """Whether rows may be positive multiples, and opposite, about the centre; else equal."""

    centre: fmpq = ZERO
    multiples: bool = False
    opposites: bool = False


EQUAL: Final = Freedom()
_TWO: Final = ONE + ONE


def freedom(network: Network, name: str, *, symmetries: bool = True) -> Freedom:
    """What every reader of a tensor, and of what follows from it, allows its units to be.

    Without `symmetries` the paper's multiples: positive ones of what stays such.
    """
    if not symmetries:
        return Freedom(multiples=let_multiples(network, name))
    for centre in dict.fromkeys((*_centres(network, name), ZERO)):
        multiples = _passes(network, name, centre, _TWO)
        opposites = _passes(network, name, centre, -ONE)
        if multiples and opposites:
            opposites = _passes(network, name, centre, -_TWO)
        if multiples or opposites:
            return Freedom(centre, multiples, opposites)
    return EQUAL


def _centres(network: Network, name: str) -> Iterator[fmpq]:
    """The centres of the activations that read the tensor first."""
    for member in family(network, name):
        for node in network.readers.get(member, []):
            if isinstance(node, Pointwise):
                yield from (function.law.centre for function in kinds(node.activation))


def _passes(network: Network, name: str, centre: fmpq, scale: fmpq) -> bool:
    """Whether t = s t' + c (1 - s) gives rows of one entry wherever t is read.

    One scale of each sign speaks for all of them: laws hold for all that have a sign, or for
    those of magnitude 1.
    """
    rows: dict[str, dict[Row, None]] = {name: {(scale, centre * (1 - scale)): None}}
    for member in in_order(network, family(network, name)):
        for node in network.readers.get(member, []):
            for row in rows[member]:
                after = _behind(network, node, row)
                if after is None:
                    return False
                rows.setdefault(node.outputs[0], {})[after] = None
    return True


def _behind(network: Network, node: Node, row: Row) -> Row | None:
    """The row of what a node makes of a row, or reads it as; None where it lets none pass."""
    scale, shift = row
    match node:
        case Pointwise():
            found = {function.law.row(*row) for function in kinds(node.activation)}
            return found.pop() if len(found) == 1 else None
        case Pool():
            after = constant(network, node, shift)
            if after is None or (node.operator == "max" and scale < 0):
                return None
            return scale, after
        case Rearrange() | Pick():
            return row
        case Join() if beside(network, node):
            return row
        case Linear() if (name := idle(network, node)) is not None:
            return row if shift == 0 and _passes(network, name, ZERO, scale) else None
        case Linear():
            framed = filler(network, node) is not None and row != (ONE, ZERO)
            return row if not framed and (shift == 0 or _shifts(network, node)) else None
        case Join():
            return row if shift == 0 and scale > 0 else None
        case Opaque():
            return None
        case _:
            assert_never(node)


def _shifts(network: Network, node: Linear) -> bool:
    """Whether a run that begins here takes a number beside any unit into a bias."""
    segment = network.starts.get(node.output)
    return segment is not None and not pads(node) and scaling(segment) is None


def alike(made: Written, rows: Rows, free: Freedom) -> list[Class]:
    """Classes of units that are one unit, with the scale of each in terms of the first.

    Examples
    --------
    >>> from lumpver.search.writing import Written
    >>> made = Written(np.array([[1.0], [-1.0], [2.0]]), np.array([2.0, 4.0, 4.0]))
    >>> alike(made, np.arange(3), Freedom(ONE + _TWO, opposites=True))
    [[(0, 1), (1, -1)], [(2, 1)]]
    """
    R, b = made.R, made.d
    if made.scaling is not None or free == Freedom(multiples=free.multiples):
        return made.classes(rows, multiples=free.multiples and not free.centre)
    if free.centre:
        b = add(b, array([-free.centre] * b.size))
    if not free.opposites or not rows.size:
        return proportional_rows(R, b, rows, multiples=free.multiples)
    part = R[rows]
    leads = part[np.arange(rows.size), np.argmax(nonzero(part), axis=1)]
    signs = np.where(negative(leads), -1, 1)
    part, bias = _flipped(part, signs), _flipped(b[rows], signs)
    found = proportional_rows(part, bias, np.arange(rows.size), multiples=free.multiples)
    return [
        [(int(rows[v]), ratio * int(signs[v] * signs[members[0][0]])) for v, ratio in members]
        for members in found
    ]


def _flipped(numbers: Exact, signs: Rows) -> Exact:
    """Each row times its sign, in the type that the numbers have."""
    turned = np.flatnonzero(signs < 0)
    if not turned.size:
        return numbers
    found: Exact = numbers.copy()
    found[turned] = -numbers[turned]
    return found
