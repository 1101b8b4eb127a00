"""What there is to say of a network on the domain that it was reduced for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, assert_never

from lumpver.bounds import pointwise
from lumpver.bounds.bounding import open_entries
from lumpver.bounds.knowing import gathered, posed
from lumpver.errors import Malformed
from lumpver.io.nnet.limits import beyond
from lumpver.model.network import Join, Linear, Opaque, Pick, Pointwise, Pool, Rearrange
from lumpver.search.tightening import tightened

if TYPE_CHECKING:
    from collections.abc import Callable

    from lumpver.bounds.knowing import Known
    from lumpver.bounds.leaf import Interval
    from lumpver.claim.domain import Boxes
    from lumpver.model.network import Network, Node
    from lumpver.reducing.reduction import Reduction

AFFINE: Final = "no unit switches on this domain: the network is affine there"


def bounded(
    network: Network,
    domain: Boxes,
    progress: Callable[[str], None] = lambda _: None,
    timeout: float | None = None,
) -> Known:
    """What is known of the network's tensors on a domain, with hints that make it more.

    Hints are looked for with the same amount of work each time, for `timeout` seconds at most.

    Raises
    ------
    Malformed
        If programs clip some of its inputs out of it, or the limit is none.
    """
    if timeout is not None and not timeout >= 0:
        raise Malformed("timeout", expected="0 or more seconds", got=str(timeout))
    progress("bounding")
    if place := beyond(network, domain):
        expected = "a range that meets the limits, which programs clip inputs to"
        raise Malformed(f"box for {place}", expected=expected, got="one outside")
    plan, boxes = posed(network, domain)
    found = tightened(plan, boxes, seconds=timeout)
    return gathered(domain, plan, found.intervals, found.hints)


def told(found: Reduction) -> tuple[str, ...]:
    """That the network is affine on its domain, where no activation of it ever switches."""
    known = found.known
    if known is None or not found.original.units:
        return ()
    return (AFFINE,) if is_affine(found.original, known) else ()


def is_affine(network: Network, known: Known) -> bool:
    """Whether bounds show that no activation of a network ever switches on a domain."""
    return all(_is_affine(node, known) for node in network.nodes)


def _switches(node: Pointwise, on: Known, inside: Interval) -> bool:
    given = pointwise.by_entry(node, on.shapes[node.input])
    return bool(open_entries(given, inside).any())


def _is_affine(node: Node, on: Known) -> bool:
    """Whether what a node makes is an affine function of what it reads, on the domain."""
    match node:
        case Linear() | Rearrange() | Pick():
            return True
        case Pointwise():
            inside = on.intervals.get(node.input)
            return inside is not None and not _switches(node, on, inside)
        case Pool():
            return node.operator != "max"
        case Join():
            return node.operator in ("Add", "Sub", "Mean", "Concat")
        case Opaque():
            return node.is_constant
        case _:
            assert_never(node)
