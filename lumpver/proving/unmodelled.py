"""What stands in the way of an answer: operators of which nothing is modelled, irrational numbers.

Only those count that an output depends on whose question is open.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, assert_never

from lumpver.exact.array import nonzero, rationals
from lumpver.exact.roots import root
from lumpver.model.network import Linear, Opaque
from lumpver.model.weights import Diagonal, Identity, Kernel, Matrix, Normalization

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from lumpver.model.network import Network, Node
    from lumpver.proving.pairing import Output, Pair


def unmodelled(pair: Pair, outputs: Sequence[Output]) -> str:
    """The unmodelled operators above the outputs, in words; empty where there are none.

    Examples
    --------
    >>> from lumpver.proving.pairing import pair
    >>> from lumpver.model.network import Network
    >>> one = Network.from_layers([([[1]], None)])
    >>> unmodelled(pair(one, one), ())
    ''
    """
    names = _above(pair.a, [output.ours for output in outputs])
    names |= _above(pair.b, [output.theirs for output in outputs])
    found = sorted(names)
    if not found:
        return ""
    return f"{', '.join(found)} {'is' if len(found) == 1 else 'are'} not modelled"


def irrational(pair: Pair, outputs: Sequence[Output]) -> str:
    """What above the outputs has no rational values, so that no input can be replayed, in words.

    Empty where there is nothing.
    """
    sides = (
        (pair.a, [output.ours for output in outputs]),
        (pair.b, [output.theirs for output in outputs]),
    )
    nodes = [node for side in sides for node in _depended(*side)]
    found = dict.fromkeys(n.name for n in nodes if isinstance(n, Linear) and _has_roots(n))
    if not found:
        return ""
    more = f" and {len(found) - 1} more" if len(found) > 1 else ""
    return (
        f"BatchNormalization (node {next(iter(found))}{more}) divides by an irrational root: no"
        " input has rational values behind it to compare, and bounds of both outputs meet where"
        " they were tried"
    )


def _has_roots(node: Linear) -> bool:
    match node.weights:
        case Normalization(gamma) as weights:
            squares = rationals(weights.squares[nonzero(gamma)]).tolist()
            return any(root(square) is None for square in squares)
        case Matrix() | Kernel() | Diagonal() | Identity():
            return False
        case _:
            assert_never(node.weights)


def _depended(network: Network, outputs: Iterable[str]) -> list[Node]:
    """The nodes that the outputs depend on, in order."""
    needed, found = set(outputs), []
    for node in reversed(network.nodes):
        if needed.intersection(node.outputs):
            needed.update(node.inputs)
            found.append(node)
    return found[::-1]


def _above(network: Network, outputs: Iterable[str]) -> set[str]:
    """The operators of the opaque nodes that the outputs depend on."""
    found = set()
    for node in _depended(network, outputs):
        if isinstance(node, Opaque) and node.value is None:
            operator = node.operator.removeprefix("ai.onnx:")
            found.add(f"{operator} (node {node.name}: {node.why})" if node.why else operator)
    return found
