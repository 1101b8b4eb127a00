"""The nodes of a reduced model: copied where nothing changed, else written anew.

A changed node is computed in its own type where that holds its numbers, else in float64;
the Casts between the types are identities to the reader, and nothing is ever rounded.

own: the type that a node's output has in the original
wide: written in float64 because the own type is too small
turned: a tensor that a Gemm transposes on its own, so that no node makes it
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, assert_never

from lumpver.errors import Unrepresentable
from lumpver.io.onnx.read.opsets import COPY
from lumpver.io.onnx.write.activations import changed
from lumpver.io.onnx.write.emitted import Emitted, Wishes, cast
from lumpver.io.onnx.write.joining import join, of_fewer
from lumpver.io.onnx.write.linear import emit
from lumpver.io.onnx.write.origins import by_origin, named
from lumpver.io.onnx.write.picking import pick, split
from lumpver.io.onnx.write.pooling import pooled
from lumpver.io.onnx.write.rearranging import resized
from lumpver.io.onnx.write.steps import BY_STEPS, renamed, stands, step
from lumpver.io.storage import is_changed, node_fits, own_type
from lumpver.model.linear import is_idle, mixes, shifts_only
from lumpver.model.names import Derived
from lumpver.model.network import Join, Linear, Opaque, Pick, Pointwise, Pool, Rearrange

if TYPE_CHECKING:
    from onnx import NodeProto

    from lumpver.io.onnx.read.source import Source
    from lumpver.model.network import Network, Node


def body(reduced: Network, original: Network, out: Emitted) -> set[str]:
    """Append the nodes of the reduced graph in the original's order, with their constants.

    Returns the tensors that have another type now than they had.

    Raises
    ------
    Unrepresentable
        If a number of a changed node is no float64.
    """
    source: Source = original.source
    made, before = (by_origin(nodes, source) for nodes in (reduced.nodes, original.nodes))
    writer = _Body(out, reduced, original, _wide(reduced, original))
    modelled = set(source.origin.values())
    for index in source.order:
        proto = source.model.graph.node[index]
        makes = any(proto.output)  # else nothing reads it, and it has no counterpart
        if makes and index not in modelled and not _replaced(out, source, proto):
            out.nodes.append(proto)
        nodes = made.get(index, [])
        if split(out, nodes, proto, original):
            continue
        if proto.op_type in BY_STEPS and len(before.get(index, [])) > 1:
            writer.steps(nodes, before[index], proto)
            continue
        new = [node for node in nodes if named(node) not in source.origin]
        writer.steps(new, [], proto)
        for node in nodes[len(new) :]:
            writer.node(node, proto)
    return writer.retyped


def _replaced(out: Emitted, source: Source, proto: NodeProto) -> bool:
    """Whether a node is not to be written: its numbers follow from shapes that may change.

    They are stored instead, where something may still read them.
    """
    from onnx import TensorProto  # noqa: PLC0415 heavy

    name = next(iter(proto.output), "")
    constant = source.measured.get(name)
    payload = None if constant is None else constant.payload()
    if constant is None or payload is None:
        return name in source.spare
    stored = TensorProto(name=name, data_type=constant.element_type, dims=constant.shape)
    stored.raw_data = payload
    out.measured.append(stored)
    return True


def _wide(reduced: Network, original: Network) -> set[str]:
    """The outputs between a changed run's first and last node with numbers too fine."""
    found: set[str] = set()
    for segment in reduced.segments:
        if not is_changed(segment, original):
            continue
        nodes = segment.nodes
        tight = [i for i, node in enumerate(nodes) if not node_fits(node, _own(reduced, node))]
        found |= {node.output for node in nodes[tight[0] : tight[-1] + 1]} if tight else set()
    return found


def _own(network: Network, node: Linear) -> str:
    """The type of a node's output.

    Raises
    ------
    Unrepresentable
        If the model does not tell: then no numbers can be stored for it.
    """
    found = own_type(network, node.output)
    if not found and not is_idle(node):
        raise Unrepresentable(f"node {node.name}", expected="a known element type", got="none")
    return found


@dataclass(slots=True)
class _Body:
    """What has been written, and what the tensors inside runs are called by now."""

    out: Emitted
    reduced: Network
    original: Network
    wide: set[str]
    actual: dict[str, tuple[str, str]] = field(default_factory=dict)
    turned: dict[str, str] = field(default_factory=dict)
    retyped: set[str] = field(default_factory=set)
    parts: set[str] = field(default_factory=set)
    ends: set[str] = field(init=False)
    stored: set[str] = field(init=False)

    def __post_init__(self) -> None:
        self.stored = {tensor.name for tensor in self.original.source.model.graph.initializer}
        self.ends = {segment.output for segment in self.reduced.segments}

    def node(self, node: Node, proto: NodeProto) -> None:
        """Append one node of the reduced network."""
        match node:
            case Linear():
                self._affine(node, proto)
            case Rearrange():
                self._rearrangement(node, proto)
            case Pool():
                if node.output in proto.output:  # else what is behind it is written as the whole
                    pooled(self.out, node, proto, self.original, self.reduced)
            case Join() | Pick():
                self._selection(node, proto)
            case Pointwise():
                if node.output in proto.output:  # else what is behind it is written as the whole
                    changed(self.out, node, proto, (self.original, self.reduced), self.parts)
            case Opaque() if node.is_constant:
                pass  # an initializer, or what other nodes make
            case Opaque():
                self.out.nodes.append(proto)
            case _:
                assert_never(node)

    def steps(self, nodes: list[Node], before: list[Node], proto: NodeProto) -> None:
        """Append the nodes that one operator was read as: it, or if any is another each anew."""
        same = nodes == before or stands(proto, nodes, before, self.reduced)  # or by identity
        if nodes and same and self._passed_on(nodes[0].inputs[0], proto):
            return
        blank = type(proto)()
        for node in nodes:
            match node:
                case Linear() if not is_idle(node):
                    source, own = self._read(node.input), _own(self.reduced, node)
                    self._numbers(node, blank, (source[0], source[1] or own), own)
                case Linear():
                    self._affine(node, blank)
                case Rearrange() | Pointwise() | Pool() | Pick():
                    name, dtype = self._read(node.input)
                    target, given = self._target(node.output), self.reduced.tensors[node.input]
                    inside = replace(node, input=name, output=target)
                    step(self.out, inside, given.shape, dtype)
                    self.actual[node.output] = target, dtype
                case Join():
                    names = tuple(self._read(name)[0] for name in node.operands)
                    shape = self.reduced.tensors[node.output].shape
                    join(self.out, replace(node, operands=names), shape)
                case Opaque():
                    where = f"node {node.name}"
                    raise Unrepresentable(where, expected="weights or a layout", got="another node")
                case _:
                    assert_never(node)

    def _passed_on(self, name: str, proto: NodeProto) -> bool:
        """Append an operator as it was, if what it reads is of the type that it was."""
        actual, dtype = self._read(name)
        if dtype != (self.original.tensors[name].dtype or dtype):
            return False
        self.out.nodes.append(renamed(proto, name, actual))
        return True

    def _target(self, name: str) -> str:
        """What to call a tensor: by its name, or one like it if no file has that."""
        return self.out.name(f"{name}") if isinstance(name, Derived) else name

    def _selection(self, node: Join | Pick, proto: NodeProto) -> None:
        """Append what joins, or picks, the operands or the entries that are left."""
        if self.original.producers.get(node.output) is node and proto.op_type != "Split":
            self.out.nodes.append(proto)
        elif isinstance(node, Pick):
            shape = self.reduced.tensors[node.input].shape
            pick(self.out, node, shape, slices=proto.op_type != "Gather")
        else:
            self.out.nodes.append(of_fewer(node, proto))

    def _rearrangement(self, node: Rearrange, proto: NodeProto) -> None:
        if node.output in proto.output:
            resolved = node.output in self.original.source.resolved
            same = self.original.producers.get(node.output) is node and not resolved
            self.out.nodes.append(proto if same else resized(self.out, node, proto))
        elif self._fuses(node):
            self.turned[node.output] = node.input
        else:
            written = self.out.name(f"{node.output}")
            self.out.node("Transpose", [node.input], written, perm=node.parameters)
            self.actual[node.output] = written, self._read(node.input)[1]

    def _fuses(self, node: Rearrange) -> bool:
        """Whether the Gemm that a transposition stems from is there to do it."""
        origin = self.original.source.origin
        readers = self.reduced.readers.get(node.output, [])
        return len(readers) == 1 and all(
            isinstance(reader, Linear)
            and mixes(reader)
            and origin.get(reader.output) == origin[node.output]
            and reader.output not in self.wide
            for reader in readers
        )

    def _affine(self, node: Linear, proto: NodeProto) -> None:
        name, dtype = self._read(node.input)
        own = _own(self.reduced, node)
        dtype = dtype or own  # what an opaque node makes has the type of the numbers it meets
        if self._kept(node, name, dtype):
            self.out.nodes.append(proto)
        elif not is_idle(node):
            self._numbers(node, proto, (name, dtype), own)
        elif node.output not in self.ends:
            self.actual[node.output] = name, dtype
        elif dtype == own:
            self.out.node(COPY, [name], node.output)
        else:
            cast(self.out, name, node.output, own)

    def _read(self, name: str) -> tuple[str, str]:
        """What a tensor is called, and its type."""
        return self.actual.get(name, (name, own_type(self.reduced, name)))

    def _kept(self, node: Linear, name: str, dtype: str) -> bool:
        """Whether the original's node still computes this, reading the same tensor."""
        before = self.original.producers.get(node.output)
        if not isinstance(before, Linear) or node.output in self.wide:
            return False
        same = before is node or (is_idle(node) and is_idle(before) and before.input == node.input)
        above = self.original.producers.get(node.input)
        origin = self.original.source.origin
        turned = above is not None and origin.get(node.input) == origin[node.output]
        return (
            same
            and name == node.input
            and dtype == (self.original.tensors[name].dtype or dtype)
            and (not turned or name in self.turned)
        )

    def _numbers(self, node: Linear, proto: NodeProto, source: tuple[str, str], own: str) -> None:
        """Append a node that has numbers, computed in its own type or in float64."""
        name, dtype = source
        work = "float64" if node.output in self.wide else own
        if dtype != work:
            name = self.out.name(f"{node.input}/{work}")
            cast(self.out, source[0], name, work)
        narrows = work != own and node.output in self.ends
        target = self.out.name(f"{node.output}/{work}") if narrows else self._target(node.output)
        wishes = self._wishes(node, proto)
        turned = self.turned.get(node.input)
        inside = replace(node, input=turned or name, output=target)
        shape = self.reduced.tensors[node.input].shape
        rank, turns = None if shape is None else len(shape), turned is not None
        emit(self.out, inside, proto, dtype=work, wishes=wishes, turned=turns, rank=rank)
        if narrows:
            cast(self.out, target, node.output, own)
            return
        self.actual[node.output] = target, work
        if work != own:
            self.retyped.add(target)

    def _wishes(self, node: Linear, proto: NodeProto) -> Wishes:
        """Names for the numbers of a node, and the initializers that they replace."""
        gemm = proto.op_type == "Gemm"
        operands = proto.input[:2] if gemm else proto.input
        old = next((name for name in operands if name != node.input and name in self.stored), "")
        old_bias = proto.input[2] if gemm and len(proto.input) > 2 else ""
        if not gemm and shifts_only(node):
            old, old_bias = "", old
        return Wishes(f"{node.output}/weights", f"{node.output}/bias", old, old_bias)
