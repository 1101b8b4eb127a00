"""Batches: a first axis that no node looks along, cut down to one position.

Along such an axis every position is computed from the same position of the inputs, all
in the same way; so one position says everything.
"""

from __future__ import annotations

from dataclasses import replace
from math import prod
from typing import TYPE_CHECKING, assert_never

from lumpver.model.join import same_shape
from lumpver.model.network import Join, Linear, Network, Opaque, Pick, Pointwise, Pool, Rearrange
from lumpver.model.rearrange import permutation

if TYPE_CHECKING:
    from lumpver.model.nodes import Node
    from lumpver.model.tensor import Shape, Tensor


def sliced(network: Network) -> Network | None:
    """The network for a first axis of length 1; None if a node may look along that axis.

    Examples
    --------
    >>> found = sliced(Network.from_layers([([[1, 2]], None)]))
    >>> found is None
    True
    """
    if not all(tensor.shape for tensor in network.inputs):
        return None
    if not all(_apart(network, node) for node in network.nodes):
        return None
    tensors = {name: _cut(tensor) for name, tensor in network.tensors.items()}
    inputs = tuple(_cut(tensor) for tensor in network.inputs)
    outputs = tuple(_cut(tensor) for tensor in network.outputs)
    return replace(network, inputs=inputs, outputs=outputs, tensors=tensors)


def one_position(network: Network) -> Network:
    """The network for one position along its first axis, where that is open and can be."""
    shapes = (tensor.shape or () for tensor in network.inputs)
    if all(isinstance(size, int) for shape in shapes for size in shape):
        return network
    return sliced(network) or network


def input_size(network: Network, name: str) -> int | None:
    """How many entries an input has; None where that is open."""
    shape = next(tensor.shape for tensor in network.inputs if tensor.name == name)
    if shape is None:
        return None
    sizes = [size for size in shape if isinstance(size, int)]
    return prod(sizes) if len(sizes) == len(shape) else None


def same_entries(one: Shape, other: Shape) -> bool:
    """Whether two shapes without open lengths are the same up to axes of length 1.

    Examples
    --------
    >>> same_entries((1, 2, 3), (2, 3)), same_entries((2, 3), (3, 2)), same_entries((), (1,))
    (True, False, True)
    """
    ours, theirs = ([size for size in shape or () if size != 1] for shape in (one, other))
    return ours == theirs


def _cut(tensor: Tensor) -> Tensor:
    return replace(tensor, shape=(1, *tensor.shape[1:])) if tensor.shape else tensor


def _apart(network: Network, node: Node) -> bool:
    """Whether the node keeps the first axis first, and its positions apart."""
    match node:
        case Linear() | Pool() | Pointwise():
            before = network.tensors[node.input].shape
            return node.axis is None or (before is not None and len(before) > -node.axis)
        case Rearrange():
            before, after = (network.tensors[name].shape for name in (node.input, node.output))
            return _keeps_first(node, before, after)
        case Pick():
            shape = network.tensors[node.input].shape
            return bool(shape) and all(axis != -len(shape or ()) for axis, _ in node.places)
        case Join():
            return _joins_apart(node, [network.tensors[name].shape for name in node.inputs])
        case Opaque():
            return False
        case _:
            assert_never(node)


def _joins_apart(node: Join, shapes: list[Shape]) -> bool:
    """Whether all operands have the first axis in common, and no other at its place."""
    known = [shape for shape in shapes if shape]
    if len(known) < len(shapes) or not same_shape(*(shape[:1] for shape in known)):
        return False
    ranks = {len(shape) for shape in known}
    matrix = node.operator == "MatMul" and len(known[0]) == 2
    return len(ranks) == 1 and node.axis != -len(known[0]) and not matrix


def _keeps_first(node: Rearrange, before: Shape, after: Shape) -> bool:
    if not before or not after or before[0] is None or before[0] != after[0]:
        return False
    parameters = node.parameters
    if node.operator == "Transpose":
        return permutation(node, len(before))[0] == 0
    if parameters is None:
        return False
    if node.operator == "Reshape":
        rest = parameters[1:]
        free = parameters[0] == -1 or (parameters[0] == 0 and node.zero_copies)
        return bool(rest) and free and all(isinstance(size, int) for size in before[1:])
    if node.operator == "Flatten":
        return parameters[0] in {1, 1 - len(before)}
    rank = len(before) if node.operator == "Squeeze" else len(after)
    return all(axis % rank != 0 for axis in parameters)
