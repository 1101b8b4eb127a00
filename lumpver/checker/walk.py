"""The walk of the checker: what has been established so far.

counterpart: the reduced network's tensor t' in t = M t' + k, found through its wiring
paired: a node of the reduced network that some original node's fact rests on
stated: what the certificate says of a tensor; a tensor of which it says nothing is itself
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar, assert_never

from lumpver.bounds.knowing import known
from lumpver.checker.rules import lines
from lumpver.checker.signature import meets_limits
from lumpver.checker.wiring import idle_run, inferred
from lumpver.claim.domain import AllInputs, Boxes, Unread
from lumpver.claim.facts import UNBOUNDED, Fact
from lumpver.errors import Malformed, reject
from lumpver.model.copies import leads
from lumpver.model.types import same_type, widens

if TYPE_CHECKING:
    from lumpver.bounds.knowing import Known
    from lumpver.checker.tables import Table
    from lumpver.claim.certificate import Certificate
    from lumpver.claim.facts import Bounds
    from lumpver.model.network import Network, Segment, Shape
    from lumpver.model.nodes import Node

Kind = TypeVar("Kind", bound="Node")


@dataclass(slots=True)
class Walk:
    """Two networks, a certificate, and the facts established of the original's tensors.

    `signs` has units that are shown never to switch, along which axis; `tables` the forms for it.
    """

    original: Network
    reduced: Network
    certificate: Certificate
    facts: dict[str, tuple[Fact, ...]] = field(default_factory=dict)
    paired: set[int] = field(default_factory=set)
    ends: dict[str, Segment] = field(init=False)
    wide: bool = field(init=False)
    signs: dict[str, tuple[int, dict[int, bool]]] = field(default_factory=dict)
    tables: dict[str, Table] = field(default_factory=dict)
    _leads: dict[str, str] = field(default_factory=dict)
    _known: Known | None = None
    shapes: dict[str, Shape] = field(init=False)
    theirs: dict[str, Shape] = field(init=False)

    def shown_along(self, axis: int) -> dict[str, dict[int, bool]]:
        """The units along an axis that are shown never to switch, by their tensors."""
        return {name: found for name, (along, found) in self.signs.items() if along == axis}

    def __post_init__(self) -> None:
        self.wide = widens(self.original, self.reduced)
        self.theirs = inferred(self.reduced)
        self._wired()
        self.facts |= {tensor.name: (Fact(tensor.name),) for tensor in self.original.inputs}

    def _wired(self) -> None:
        self.ends = {segment.output: segment for segment in self.original.segments}
        self.shapes = inferred(self.original)

    def boxed(self, name: str, axis: int) -> Bounds:
        """What is known of the units of the original's tensor on the domain that is claimed."""
        domain = self.certificate.claim.domain
        match domain:
            case Boxes():
                return self._on(domain).of(name, axis)
            case AllInputs() | Unread():
                return UNBOUNDED
            case _:
                assert_never(domain)

    def prepared(self) -> None:
        """Hints are for the boxes that are claimed, and fit; named activations count as lines."""
        domain, names = self.certificate.claim.domain, self.certificate.straight
        if self.certificate.hints:
            if not isinstance(domain, Boxes):
                reject("hints", "claim", "a box, or no hints", "hints")
            self._on(domain)
        if names:
            self.original = lines.straightened(self.original, names, self.boxed)
            self._wired()

    def _on(self, domain: Boxes) -> Known:
        """What is known on the domain, computed once."""
        if self._known is None:
            meets_limits(self.original, self.reduced, domain)
            hints = self.certificate.hints
            try:
                self._known = known(self.original, domain, hints=hints)
            except Malformed as error:
                if not hints:
                    raise
                reject("hints", error.where, error.expected, error.got)
        return self._known

    @property
    def leads(self) -> dict[str, str]:
        """For each tensor of the original the first that computes the same."""
        if not self._leads:
            self._leads = leads(self.original)
        return self._leads

    def stated(self, name: str) -> tuple[Fact, ...]:
        """What the certificate says of a tensor."""
        return self.certificate.tensors.get(name) or (Fact(name),)

    def used(self, name: str, operand: str, stated: Fact) -> Fact:
        """The fact of the operand that a stated fact follows from."""
        known = self.facts[operand]
        if not stated.uses < len(known):
            reject("facts", name, f"one of {len(known)} about {operand}", str(stated.uses))
        return known[stated.uses]

    def alone(self, name: str) -> Fact:
        """What the certificate says of a tensor that has one fact, which follows from no other."""
        found = self.stated(name)
        if len(found) != 1 or found[0].uses:
            reject("facts", name, "one fact, which uses no other", f"{len(found)}")
        return found[0]

    def unchanged(self, name: str, rule: str) -> frozenset[str | None]:
        """The counterparts that a tensor equals, unit by unit; there is one."""
        found = {fact.counterpart for fact in self.facts[name] if fact.relabelling is None}
        if not found:
            reject(rule, name, "units that stay as they are", "a relabelling")
        return frozenset(found)

    def beside(self, name: str, axis: int) -> set[str | None]:
        """The counterparts that share every axis but this one with a tensor."""
        found = self.facts[name]
        return {fact.counterpart for fact in found if fact.axis in (None, axis)}

    def producer(self, rule: str, name: str, stated: Fact, node: Kind) -> Kind:
        """The node of the reduced network that makes a counterpart, of the same kind as `node`."""
        target = stated.counterpart
        found = None if target is None else self.reduced.producers.get(target)
        if not isinstance(found, type(node)):
            reject(rule, name, f"{type(node).__name__} {node.name}", f"{target}")
        self.paired.add(id(found))
        return found

    def reads(self, rule: str, name: str, found: Node, expected: str | None) -> None:
        """A node of the reduced network reads that tensor and no other."""
        if found.inputs != (expected,):
            reject(rule, name, f"to read {expected}", f"reads {', '.join(found.inputs)}")

    def typed(self, name: str, target: str) -> None:
        """The counterpart has the tensor's element type, or float64 where all of them do."""
        ours, theirs = self.original.tensors[name], self.reduced.tensors[target]
        if not same_type(ours.dtype, theirs.dtype, wide=self.wide):
            reject("element type", name, ours.dtype, theirs.dtype)

    def passed(self, name: str, stated: Fact, source: str, axis: int = -1) -> str | None:
        """The counterpart of a tensor, if nodes that do nothing lead to it from `source`.

        That is `source` itself, where nothing is said and no tensor has the name.
        """
        target = stated.counterpart
        if name not in self.certificate.tensors and target not in self.reduced.tensors:
            target = source
        nodes = None if target is None else idle_run(self.reduced, source, target, axis)
        if nodes is None:
            return None
        self.paired.update(id(node) for node in nodes)
        return target

    def vanished(self, name: str, stated: Fact) -> None:
        """Nothing is left of a tensor, and the certificate does not say otherwise."""
        if name in self.certificate.tensors and stated.counterpart is not None:
            reject("counterpart", name, "none", stated.counterpart)
