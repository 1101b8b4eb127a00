"""What stands in the way of an answer: operators of which nothing is modelled.

Only those count that an output depends on whose question is open.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lumpver.model.network import Opaque

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from lumpver.model.network import Network
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


def _above(network: Network, outputs: Iterable[str]) -> set[str]:
    """The operators of the opaque nodes that the outputs depend on."""
    needed = set(outputs)
    found = set()
    for node in reversed(network.nodes):
        if needed.intersection(node.outputs):
            needed.update(node.inputs)
            if isinstance(node, Opaque) and node.value is None:
                operator = node.operator.removeprefix("ai.onnx:")
                found.add(f"{operator} (node {node.name}: {node.why})" if node.why else operator)
    return found
