"""The walk of the checker over the original network, node by node.

counterpart: the reduced network's tensor t' in t = M t' + k, found through its wiring
paired: a node of the reduced network that some original node's claim rests on
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, assert_never

import numpy as np

from lumpver.checker.activating import Signs, activated, never_negative, passed, signs, unsigned
from lumpver.checker.opaque import same_opaque
from lumpver.checker.rearranging import moved, same_operator
from lumpver.checker.rules import all_zero, ghosts_agree, mixed_agree, reject, rows_agree
from lumpver.checker.runs import inferred, length, multiplied, run_to, same_runs, top, units
from lumpver.checker.signature import same_type, widens
from lumpver.exact.array import add, nonzero, zeros
from lumpver.model.network import Linear, Opaque, Pointwise, Rearrange, Segment
from lumpver.model.relabelling import Relabelling, identity

if TYPE_CHECKING:
    from lumpver.claim.certificate import Certificate, Entry
    from lumpver.exact.array import Exact
    from lumpver.model.network import Network, Node, Shape


@dataclass(slots=True)
class Walk:
    """The walk over the original: what has been established so far."""

    original: Network
    reduced: Network
    certificate: Certificate
    counterpart: dict[str, str | None] = field(default_factory=dict)
    relabelling: dict[str, Relabelling] = field(default_factory=dict)
    axis: dict[str, int] = field(default_factory=dict)
    paired: set[int] = field(default_factory=set)
    signs: dict[str, Signs] = field(default_factory=dict)
    nonnegative: set[str] = field(default_factory=set)
    ends: dict[str, Segment] = field(init=False)
    wide: bool = field(init=False)
    shapes: dict[str, Shape] = field(init=False)
    theirs: dict[str, Shape] = field(init=False)

    def __post_init__(self) -> None:
        self.wide = widens(self.original, self.reduced)
        self.ends = {segment.output: segment for segment in self.original.segments}
        self.shapes, self.theirs = inferred(self.original), inferred(self.reduced)

    def known_tensor(self, name: str, claim: Entry) -> None:
        """A claim must be about a tensor that exists and may have one."""
        producer = self.original.producers.get(name)
        if producer is None or (isinstance(producer, Linear) and name not in self.ends):
            reject("tensor", name, "the output of a segment or other node", "none such")
        if claim.relabelling is not None and name not in self.ends:
            reject("tensor", name, "a relabelling that follows from others", "a claimed one")
        if claim.relabelling is not None and not nonzero(claim.relabelling.scale).all():
            reject("scale", name, "scales other than 0", "0")

    def node(self, node: Node) -> None:
        """One node of the original: establish its outputs."""
        match node:
            case Linear():
                if node.output in self.ends:
                    self._segment(self.ends[node.output])
            case Pointwise():
                self._activation(node)
            case Rearrange():
                self._rearrangement(node)
            case Opaque():
                self._opaque(node)
            case _:
                assert_never(node)

    def of(self, name: str) -> Relabelling | None:
        """The relabelling established for a tensor, None for the identity."""
        return self.relabelling.get(name)

    def _relabelled(self, name: str, found: Relabelling, axis: int) -> None:
        self.relabelling[name], self.axis[name] = found, axis

    def identity(self, name: str, rule: str) -> None:
        """The tensor must be its counterpart, unit by unit."""
        if self.of(name) is not None:
            reject(rule, name, "units that stay as they are", "a relabelling")

    def _claim(self, name: str) -> str | None:
        found = self.certificate.tensors.get(name)
        return name if found is None else found.counterpart

    def _producer(self, rule: str, name: str, node: Node) -> Node:
        """The node of the reduced network that makes a tensor's counterpart."""
        target = self._claim(name)
        found = None if target is None else self.reduced.producers.get(target)
        if found is None or type(found) is not type(node):
            reject(rule, name, f"{type(node).__name__} {node.name}", f"{target}")
        self.paired.add(id(found))
        self.counterpart[name] = target
        return found

    def _same_type(self, name: str) -> None:
        target = self.counterpart[name]
        if target is None:
            return
        ours, theirs = self.original.tensors[name], self.reduced.tensors[target]
        if not same_type(ours.dtype, theirs.dtype, wide=self.wide):
            reject("element type", name, ours.dtype, theirs.dtype)

    def _activation(self, node: Pointwise) -> None:
        before, after = self.of(node.input), None
        if node.activation.nonnegative:
            self.nonnegative.add(node.output)
        if before is not None:
            known = self._signs(node.input, before.units)
            after = activated(before, node.activation, node.output, known)
            self.signs[node.output] = passed(known, node.activation)
            self._relabelled(node.output, after, self.axis[node.input])
            if after.width == 0:
                self._vanished(node.output)
                return
        found = self._producer("activation", node.output, node)
        if not isinstance(found, Pointwise) or found.activation != node.activation:
            got = found.activation if isinstance(found, Pointwise) else "another node"
            reject("activation", node.output, str(node.activation), str(got))
        self._reads("activation", node.output, found, self.counterpart[node.input])
        self._same_type(node.output)

    def _signs(self, name: str, units: int) -> Signs:
        """What the weights say of the signs of a tensor's units, or the activation above."""
        if name in self.nonnegative:
            return never_negative(units)
        return self.signs.get(name) or unsigned(units)

    def _vanished(self, name: str) -> None:
        if name in self.certificate.tensors and self._claim(name) is not None:
            reject("counterpart", name, "none", str(self._claim(name)))
        self.counterpart[name] = None

    def _reads(self, rule: str, name: str, found: Node, expected: str | None) -> None:
        if found.inputs != (expected,):
            reject(rule, name, f"to read {expected}", f"reads {', '.join(found.inputs)}")

    def _rearrangement(self, node: Rearrange) -> None:
        before = self.of(node.input)
        if before is not None and before.width == 0:
            reject("rearrangement", node.output, "units left to rearrange", "none")
        if node.input in self.nonnegative:
            self.nonnegative.add(node.output)
        if node.input in self.signs:
            self.signs[node.output] = self.signs[node.input]
        found = self._producer("rearrangement", node.output, node)
        self._reads("rearrangement", node.output, found, self.counterpart[node.input])
        if not isinstance(found, Rearrange):
            return
        same_operator(node, found)
        if before is not None:
            shapes = self.shapes[node.input], self.theirs[found.input]
            axis = moved(node, found, shapes, self.axis[node.input], before)
            self._relabelled(node.output, before, axis)
        elif found.parameters != node.parameters:
            reject("rearrangement", node.output, str(node.parameters), str(found.parameters))
        self._same_type(node.output)

    def _opaque(self, node: Opaque) -> None:
        for name in node.inputs:
            self.identity(name, "opaque node")
        lead = next((name for name in node.outputs if name), None)
        if lead is None:
            return
        used = id(self.reduced.producers.get(self._claim(lead) or "")) in self.paired
        found = self._producer("opaque node", lead, node)
        if not isinstance(found, Opaque) or used:
            reject("opaque node", node.name, "a node of its own", "one that another has")
        same_opaque(node, found, self.counterpart)
        for ours, theirs in zip(node.outputs, found.outputs, strict=True):
            if bool(ours) != bool(theirs) or (ours and self._claim(ours) != theirs):
                reject("opaque node", node.name, f"output {ours}", f"output {theirs}")
            if ours:
                self.counterpart[ours] = theirs

    def _segment(self, segment: Segment) -> None:
        name = segment.output
        claim = self.certificate.tensors.get(name)
        stated = None if claim is None else claim.relabelling
        after = None if stated is None or stated.is_identity else stated
        before = self.of(segment.input)
        if before is not None and self.axis[segment.input] != segment.axis:
            reject("unit axis", name, str(self.axis[segment.input]), str(segment.axis))
        target = self._claim(name)
        if after is not None:
            self._relabelled(name, after, segment.axis)
        if after is not None and after.width == 0:
            self._vanished(name)
            theirs = None
        else:
            if target is None:
                reject("counterpart", name, "a tensor", "none")
            theirs = self._counterpart_segment(segment, target)
            self.counterpart[name] = target
            self._same_type(name)
            if before is None and stated is None and same_runs(segment, theirs):
                return
        self._affine(segment, theirs, before, stated)

    def _counterpart_segment(self, segment: Segment, target: str) -> Segment:
        """The affine run of the reduced network from the input's counterpart to `target`."""
        source = self.counterpart[segment.input]
        nodes = run_to(self.reduced, source, target, segment.axis)
        self.paired.update(id(node) for node in nodes)
        name = nodes[0].input if nodes else target
        if source is None:
            root = self.counterpart[top(self.original, segment.input, segment.axis)]
            if top(self.reduced, name, segment.axis) != root:
                reject("affine", segment.output, f"a tensor below {root}", name)
        elif name != source:
            reject("affine", segment.output, f"an affine run from {source}", f"one from {name}")
        return Segment(tuple(nodes) or (Linear("", name, name, axis=segment.axis),))

    def _affine(
        self,
        segment: Segment,
        theirs: Segment | None,
        before: Relabelling | None,
        after: Relabelling | None,
    ) -> None:
        """W M_in = M_out W' and W k_in + b = M_out b' + k_out, row by row."""
        name = segment.output
        known = units(self.original, self.shapes, segment.input, segment.axis)
        R, b = multiplied(segment, known, before)
        after = identity(R.shape[0]) if after is None else after
        if after.units != R.shape[0]:
            reject("affine", name, f"{R.shape[0]} units", str(after.units))
        if not after.is_plain and segment.input in self.nonnegative:
            self.signs[name] = signs(segment, known, before, (R, b))
        rest = b if not after.has_constants else add(b, -after.constant)
        all_zero("constant", name, R, rest, np.flatnonzero(after.fixed))
        ghosts_agree(name, R, rest, after)
        columns = R.shape[1] if before is None else before.width
        W, c = zeros(0, columns), zeros(0)
        if theirs is not None:
            W, c = self._rows(segment, theirs, (after.width, columns))
            columns = W.shape[1]
            real = np.flatnonzero((after.block >= 0) & (after.block < after.width))
            all_zero("ghost", name, R[:, columns:], None, real)
            rows_agree(name, R[:, :columns], rest, W, c, after, real)
        mixed_agree(name, R, rest, W, c, after)

    def _rows(
        self, segment: Segment, theirs: Segment, expected: tuple[int, int]
    ) -> tuple[Exact, Exact]:
        """The counterpart's rows and biases; no columns where its input has vanished."""
        known = units(self.reduced, self.theirs, theirs.input, segment.axis)
        W, c = multiplied(theirs, known, None)
        vanished = self.counterpart[segment.input] is None
        if W.shape[0] != expected[0] or (not vanished and W.shape[1] != expected[1]):
            reject("affine", segment.output, f"{expected} weights", str(W.shape))
        if vanished:
            self._reads_whole(segment, theirs.input, W.shape[1])
            all_zero("affine", f"{segment.output}'", W, None, np.arange(W.shape[0]))
            W = W[:, :0]
        return W, c

    def _reads_whole(self, segment: Segment, source: str, columns: int) -> None:
        """A blank matrix is as wide as what it reads: by its shape, a relabelling, a reader."""
        width = length(self.theirs[source], segment.axis)
        for other in self.original.segments if not isinstance(width, int) else ():
            matrix, found = other.nodes[0].W, self.of(other.input)
            same = self.counterpart.get(other.input) == source and other.axis == segment.axis
            if same and found is not None and self.axis[other.input] == segment.axis:
                width = found.width
            elif same and found is None and matrix is not None:
                width = int(matrix.shape[-1])
        if columns != width:
            reject("affine", segment.output, f"{width} columns", str(columns))
