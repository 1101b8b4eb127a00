"""`Graph`: the data of a network, nodes in topological order, and how they are wired.

A chain of layers is the simple case. Tensors have one feature axis, the *unit axis*,
along which affine nodes and lumpings act; all other axes are left alone.

opaque: a node that lumpver does not model; it is kept, compared, never evaluated
segment: a maximal run of affine nodes with nothing between them
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, assert_never

from lumpver.errors import Malformed
from lumpver.model.join import Join
from lumpver.model.linear import Linear, groups_of, mixes, normalizes, numbers_of, window_of
from lumpver.model.nodes import Node, Segment
from lumpver.model.opaque import Opaque
from lumpver.model.pick import Pick
from lumpver.model.pointwise import Pointwise
from lumpver.model.pool import Pool
from lumpver.model.rearrange import Rearrange

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lumpver.model.tensor import Tensor


@dataclass(frozen=True, eq=False)
class Graph:
    """Typed inputs and outputs, and nodes in topological order.

    `tensors` gives the type of every tensor as far as it is known. `environment` is what
    two models must share beyond their nodes (operator sets, functions), canonically.
    `source` is whatever the reader wants the writer to have; it is never compared.

    Raises
    ------
    Malformed
        If a tensor is read before it is produced, produced twice, or is missing, or a name is
        a constant's and a tensor's.
    """

    inputs: tuple[Tensor, ...]
    outputs: tuple[Tensor, ...]
    nodes: tuple[Node, ...]
    tensors: Mapping[str, Tensor]
    environment: bytes = b""
    source: Any = field(default=None, repr=False)

    def __post_init__(self) -> None:
        known = {tensor.name for tensor in self.inputs}
        if len(known) != len(self.inputs):
            raise Malformed("inputs", expected="distinct names", got="one name twice")
        for node in self.nodes:
            for name in node.inputs:
                if name not in known:
                    raise Malformed(f"node {node.name}", expected="a tensor", got=repr(name))
            for name in node.outputs:
                if name and name in known:
                    raise Malformed(f"node {node.name}", expected="a new name", got=name)
                known.add(name)
        self._require_disjoint()
        for tensor in self.outputs:
            if tensor.name not in known:
                raise Malformed("outputs", expected="a tensor", got=repr(tensor.name))

    def _require_disjoint(self) -> None:
        """No captured constant has the name of a tensor, but that of an output it is."""
        for node in self.nodes:
            for name, constant in node.captured if isinstance(node, Opaque) else ():
                other = None if constant is None else self.producers.get(name)
                taken = other is not None and not (isinstance(other, Opaque) and other.is_constant)
                if taken or (constant is not None and name in {t.name for t in self.inputs}):
                    raise Malformed(f"constant {name}", expected="a new name", got="a tensor's")

    @cached_property
    def producers(self) -> dict[str, Node]:
        """The node that produces each tensor."""
        return {name: node for node in self.nodes for name in node.outputs if name}

    @cached_property
    def readers(self) -> dict[str, list[Node]]:
        """The nodes that read each tensor, in order."""
        found: dict[str, list[Node]] = {}
        for node in self.nodes:
            for name in dict.fromkeys(node.inputs):
                found.setdefault(name, []).append(node)
        return found

    @cached_property
    def segments(self) -> tuple[Segment, ...]:
        """The maximal affine runs, in the order of their outputs.

        Normalizations are only at the end. Kernels are only in front, and those in groups make
        units that nothing mixes in the run: else these would be none that may go with those
        that are read.
        """
        runs: dict[str, list[Linear]] = {}
        whole: list[list[Linear]] = []
        open_ends = {tensor.name for tensor in self.outputs}
        for node in self.nodes:
            if not isinstance(node, Linear):
                continue
            run = runs.pop(node.input, [])
            run = [*run, node] if run and run[-1].axis == node.axis else [node]
            only = self.readers.get(node.output, [])
            joined = (
                node.output not in open_ends
                and len(only) == 1
                and isinstance(only[0], Linear)
                and only[0].axis == node.axis
                and window_of([only[0]]) is None
                and not (groups_of(run) > 1 and mixes(only[0]))
                and not normalizes(node)
            )
            if joined:
                runs[node.output] = run
            else:
                whole.append(run)
        return tuple(Segment(tuple(run)) for run in whole)

    @cached_property
    def order(self) -> dict[int, int]:
        """The place of each node, by its identity."""
        return {id(node): place for place, node in enumerate(self.nodes)}

    @cached_property
    def ends(self) -> dict[str, Segment]:
        """The segment that each of their outputs comes from."""
        return {segment.output: segment for segment in self.segments}

    @cached_property
    def starts(self) -> dict[str, Segment]:
        """The segment that begins with the node that makes each of these tensors."""
        return {segment.nodes[0].output: segment for segment in self.segments}

    @property
    def layers(self) -> tuple[str, ...]:
        """The tensors whose units are counted: what affine runs or joins make for activations."""
        return tuple(
            name
            for name, made in self.producers.items()
            if (name in self.ends or _joins(made)) and self.activations(name)
        )

    def activations(self, name: str) -> tuple[Pointwise, ...]:
        """What activates a tensor's units, pools and rearrangements between or not."""
        found: dict[int, Pointwise] = {}
        names = [name]
        for one in names:
            for node in self.readers.get(one, []):
                match node:
                    case Pointwise():
                        found[id(node)] = node
                    case Pool() | Rearrange() | Pick():
                        names += [] if node.output in names else [node.output]
                    case Linear() | Join() | Opaque():
                        pass
                    case _:
                        assert_never(node)
        return tuple(found.values())

    @property
    def parameters(self) -> int:
        """How many numbers the affine nodes hold."""
        linear = (node for node in self.nodes if isinstance(node, Linear))
        return sum(part.size for node in linear for part in numbers_of(node))

    @property
    def opaque(self) -> tuple[Opaque, ...]:
        """The nodes that are not modelled."""
        return tuple(n for n in self.nodes if isinstance(n, Opaque) and n.value is None)


def _joins(node: Node) -> bool:
    return isinstance(node, Join)
