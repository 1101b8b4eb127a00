"""The check: every node of the original turns known facts into new ones, up to the outputs."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, assert_never

from lumpver.checker import (
    closeness,
    cones,
    executing,
    forms,
    join,
    linear,
    opaque,
    pick,
    pointwise,
    pool,
    rearrange,
)
from lumpver.checker.signature import accepted, answers, same_signature
from lumpver.checker.unfolding import unfolded
from lumpver.checker.walk import Walk
from lumpver.claim.implication import require
from lumpver.claim.statement import EVERYTHING, Claim
from lumpver.errors import reject
from lumpver.exact.array import nonzero
from lumpver.exact.unit import require_exact_unit
from lumpver.model.network import Join, Linear, Opaque, Pick, Pointwise, Pool, Rearrange
from lumpver.model.renaming import aligned

if TYPE_CHECKING:
    from lumpver.claim.answer import Checked
    from lumpver.claim.certificate import Certificate
    from lumpver.claim.covering import Covering
    from lumpver.claim.facts import Fact
    from lumpver.model.network import Network, Node


def check(
    original: Network, reduced: Network, certificate: Certificate, *, claim: Claim = EVERYTHING
) -> Checked:
    """The certificate is right, and says what `claim` does of `original` and `reduced`.

    Where it has a covering, and no facts beside that, the two may be of any structure. Digests
    are compared where files are read, not here. Of float32 as much is said as bounds on rounding
    show.

    Raises
    ------
    ClaimsLess
        If the certificate claims less.
    Rejected
        Naming rule, tensor and unit of the first claim that fails, expected and got.
    InexactUnit
        If floats are not exact in this process, at the start or at the end.

    Examples
    --------
    >>> from lumpver.reducing.reduction import reduce
    >>> from lumpver.model.network import Network
    >>> twins = Network.from_layers([([[1], [2]], None), ([[1, 1]], None)])
    >>> found = reduce(twins)
    >>> check(twins, found.network, found.certificate).units_after
    1
    """
    require_exact_unit()
    if executing.concerns(certificate.claim, claim):
        real = executing.in_reals(certificate.claim, claim)
        found = check(original, reduced, certificate, claim=real)
        stated = certificate.claim
        found = executing.established(original, reduced, found, stated, asked=claim)
        require_exact_unit()
        return found
    if certificate.covering is not None:
        found = _near(original, reduced, certificate, certificate.covering, claim)
        require_exact_unit()
        return found
    answers(certificate.claim, asked=claim)
    notes = same_signature(original, reduced)
    walk = Walk(original, aligned(reduced, original), certificate)
    walk.prepared()
    for name, facts in certificate.tensors.items():
        _known(walk, name, facts)
    cones.require_made(walk)
    skipped = _inside(walk.original, certificate)
    for node in walk.original.nodes:
        cones.shown(walk, node.outputs)
        if id(node) not in skipped:
            walk.facts |= established(walk, node)
    for tensor in original.outputs:
        same = walk.unchanged(tensor.name, "output")
        if tensor.name not in same:
            reject("output", tensor.name, tensor.name, ", ".join(sorted(map(str, same))))
    for node in walk.reduced.nodes:
        if id(node) not in walk.paired:
            reject("unpaired node", node.name, "a counterpart in the original", "none")
    require_exact_unit()
    return accepted(original, reduced, certificate.claim, asked=claim, notes=notes)


def _near(
    original: Network, reduced: Network, certificate: Certificate, covering: Covering, asked: Claim
) -> Checked:
    """The models are near by a covering; or the original and one that the other is equal to."""
    require(certificate.claim, asked=asked)
    between = None
    if certificate.tensors:
        facts = replace(certificate, covering=None, claim=EVERYTHING)
        between = unfolded(Walk(original, aligned(reduced, original), facts), established)
        check(between, reduced, facts)
    stated = certificate.claim
    return closeness.established(original, reduced, stated, covering, asked=asked, between=between)


def established(walk: Walk, node: Node) -> dict[str, tuple[Fact, ...]]:
    """The facts about a node's outputs; a run of linear nodes speaks at its end."""
    end = next(iter(node.outputs), "")
    if any(fact.since is not None for fact in walk.stated(end)):
        return {end: (forms.established(walk, end, walk.alone(end)),)}
    match node:
        case Linear() if node.output not in walk.ends:
            return {}
        case Linear():
            rule = partial(linear.established, walk, walk.ends[node.output])
        case Pointwise():
            rule = partial(pointwise.established, walk, node)
        case Pool():
            rule = partial(pool.established, walk, node)
        case Pick():
            rule = partial(pick.established, walk, node)
        case Rearrange():
            rule = partial(rearrange.established, walk, node)
        case Join():
            return join.established(walk, node)
        case Opaque():
            return opaque.established(walk, node)
        case _:
            assert_never(node)
    return {node.output: tuple(rule(stated) for stated in walk.stated(node.output))}


def _inside(original: Network, certificate: Certificate) -> frozenset[int]:
    """The nodes of which forms are compared as a whole, by their ids."""
    stated = certificate.tensors.items()
    return frozenset[int]().union(*(forms.inside(original, name, facts) for name, facts in stated))


def _known(walk: Walk, name: str, facts: tuple[Fact, ...]) -> None:
    """A certificate speaks of tensors that exist, and relabels those that may be."""
    producer = walk.original.producers.get(name)
    if producer is None or (isinstance(producer, Linear) and name not in walk.ends):
        reject("tensor", name, "the output of a segment or other node", "none such")
    if not facts:
        reject("tensor", name, "a fact", "none")
    for fact in facts:
        if fact.relabelling is not None and name not in walk.ends:
            reject("tensor", name, "a relabelling that follows from others", "a claimed one")
        if fact.relabelling is not None and not nonzero(fact.relabelling.scale).all():
            reject("scale", name, "scales other than 0", "0")
