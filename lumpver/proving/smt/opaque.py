"""Opaque nodes as uninterpreted functions: equal operands give equal outputs, no more.

There is one function per entry of each output, of all entries of all operands. Its name
says what the node is, so that two networks share it exactly where they share the node.

key: SHA-256 of operator, content, constants, shapes and types of the operands
deterministic: a node that may draw random numbers is no function, and is refused
"""

from __future__ import annotations

import hashlib
from math import prod
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from lumpver.errors import LumpverError
from lumpver.exact.array import rationals
from lumpver.model.network import Constant
from lumpver.model.table import versions
from lumpver.proving.smt.terms import terms

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from lumpver.exact.array import Exact
    from lumpver.model.network import Network, Opaque, Shape

_MOST_TERMS: Final = 2**22
_KEEP_SHAPE = frozenset(
    f"ai.onnx:{name}"
    for name in (
        *("Softmax", "LogSoftmax", "Hardmax", "Log", "Sqrt", "Neg", "Floor", "Ceil", "Round"),
        *("Reciprocal", "Cast", "Sin", "Cos", "Tan", "Atan"),
        *versions(),
    )
)
_BROADCAST = frozenset(
    f"ai.onnx:{name}" for name in ("Add", "Sub", "Mul", "Div", "Pow", "Max", "Min", "Sum", "Mean")
)


class NotEncodable(LumpverError, ValueError):
    """A network, or a node of it, has no encoding: a shape is unknown, or it is random."""

    kind = "not-encodable"


class ShapeUnknown(NotEncodable):
    """An opaque node makes a tensor of a shape that only a model of the node would tell."""


def encoded(
    network: Network, node: Opaque, known: Mapping[str, Exact], lengths: Mapping[str, int]
) -> dict[str, Exact]:
    """The node's outputs as uninterpreted functions of the entries of its operands.

    A constant is its numbers. `lengths` gives the symbolic axes.

    Raises
    ------
    NotEncodable
        If the shape of an output is not known, or the node may be random.
    """
    if node.value is not None:
        return {node.outputs[0]: rationals(node.value)}
    import z3  # noqa: PLC0415 heavy: only where terms are built

    _require_deterministic(node)
    shapes = {
        name: _output_shape(network, node, name, known, lengths) for name in node.outputs if name
    }
    arguments = [t for name in node.inputs for t in terms(known[name]).ravel().tolist()]
    terms_made = sum(prod(shape) for shape in shapes.values()) * (len(arguments) + 1)
    if terms_made > _MOST_TERMS:
        expected, got = f"outputs of at most {_MOST_TERMS:,} terms", f"{terms_made:,}"
        raise NotEncodable(f"node {node.name} ({node.operator})", expected=expected, got=got)
    sorts = [z3.RealSort()] * (len(arguments) + 1)
    prefix = f"{_plain(node.operator)}!{_key(network, node, known, shapes)}"
    found = {}
    for place, name in enumerate(node.outputs):
        if not name:
            continue
        result = np.empty(shapes[name], dtype=object)
        flat = result.reshape(-1)
        for i in range(flat.size):
            symbol = f"{prefix}!{place}!{i}"
            flat[i] = z3.Function(symbol, *sorts)(*arguments) if arguments else z3.Real(symbol)
        found[name] = result
    return found


def _plain(operator: str) -> str:
    name = operator.rsplit(":", maxsplit=1)[-1]
    return "".join(c if c.isascii() and c.isalnum() else "_" for c in name) or "node"


def _require_deterministic(node: Opaque) -> None:
    if node.draws:
        raise NotEncodable(f"node {node.name}", expected="a deterministic node", got=node.draws)


def _key(
    network: Network, node: Opaque, known: Mapping[str, Exact], shapes: Mapping[str, Any]
) -> str:
    state = hashlib.sha256()
    for part in _parts(network, node, known, shapes):
        state.update(len(part).to_bytes(8, "big"))
        state.update(part)
    return state.hexdigest()[:32]


def _parts(
    network: Network, node: Opaque, known: Mapping[str, Exact], shapes: Mapping[str, Any]
) -> Iterator[bytes]:
    """All that the functions depend on besides the entries of the operands."""
    yield network.environment
    yield node.operator.encode()
    yield node.content
    for operand in node.operands:
        yield from _operand(network, operand, known)
    for name, constant in node.captured:
        yield name.encode()
        yield from _operand(network, name if constant is None else constant, known)
    for name in node.outputs:
        yield repr(shapes[name]).encode() if name else b"omitted"


def _operand(
    network: Network, operand: str | Constant | None, known: Mapping[str, Exact]
) -> Iterator[bytes]:
    if operand is None:
        yield b"omitted"
    elif isinstance(operand, Constant):
        yield f"constant {operand.dtype} {operand.shape}".encode()
        yield operand.data
    else:
        tensor = network.tensors.get(operand)
        yield f"tensor {tensor.dtype if tensor else ''} {known[operand].shape}".encode()


def _output_shape(
    network: Network,
    node: Opaque,
    name: str,
    known: Mapping[str, Exact],
    lengths: Mapping[str, int],
) -> tuple[int, ...]:
    candidates = [t.shape for t in network.outputs if t.name == name]
    candidates += [network.tensors[name].shape] if name in network.tensors else []
    for shape in candidates:
        concrete = _concrete(shape, lengths)
        if concrete is not None:
            return concrete
    own = node.operator.rpartition(":")[2].encode() in network.environment
    found = None if own else _standard(node, known)
    if found is None:
        got = str(next((shape for shape in candidates if shape is not None), "none"))
        raise ShapeUnknown(
            f"node {node.name} ({node.operator})",
            expected=f"a known shape of its output {name}",
            got=got,
        )
    return found


def _concrete(shape: Shape, lengths: Mapping[str, int]) -> tuple[int, ...] | None:
    if shape is None:
        return None
    sizes = [lengths.get(size) if isinstance(size, str) else size for size in shape]
    return None if None in sizes else tuple(size for size in sizes if size is not None)


def _standard(node: Opaque, known: Mapping[str, Exact]) -> tuple[int, ...] | None:
    """The shape where ONNX says that it is the operand's, or what operands broadcast to.

    Not to be asked of a function that borrows the operator's name.
    """
    shapes = [_operand_shape(operand, known) for operand in node.operands]
    if any(shape is None for shape in shapes) or not shapes:
        return None
    if node.operator in _KEEP_SHAPE:
        return shapes[0]
    if node.operator in _BROADCAST:
        try:
            return tuple(np.broadcast_shapes(*(shape for shape in shapes if shape is not None)))
        except ValueError:
            return None
    return None


def _operand_shape(
    operand: str | Constant | None, known: Mapping[str, Exact]
) -> tuple[int, ...] | None:
    if operand is None:
        return None
    return operand.shape if isinstance(operand, Constant) else known[operand].shape
