"""Two networks as a pair: inputs and outputs matched, batch axes set aside.

By name where the names agree, else by position; shapes agree up to axes of length 1. An
axis that both networks leave alone gets length 1: what holds there holds for any length.

general: what is shown for the pair's networks holds for all lengths of unknown axes
peeled: an output that both networks make by the same curve is compared before it
curve: strictly increasing, as the sigmoid, so equal values have equal arguments
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from lumpver.errors import Malformed, ShapeMismatch
from lumpver.model.activations import Activation
from lumpver.model.functions import Curve
from lumpver.model.network import Network, Pointwise
from lumpver.model.slicing import input_size, sliced

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lumpver.model.tensor import Dimension, Shape, Tensor


@dataclass(frozen=True, slots=True)
class Output:
    """An output by the first network's name for it: what to compare, behind which curve."""

    name: str
    ours: str
    theirs: str
    curve: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Pair:
    """Two networks to compare, with their inputs' names and outputs in pairs."""

    a: Network
    b: Network
    inputs: tuple[tuple[str, str], ...]
    outputs: tuple[Output, ...]
    general: bool


def pair(a: Network, b: Network) -> Pair:
    """The networks with inputs and outputs matched.

    Raises
    ------
    Malformed
        If they have different numbers of inputs or outputs.
    ShapeMismatch
        If two inputs that are matched have different shapes; of outputs that is `interface`'s.

    Examples
    --------
    >>> one = Network.from_layers([([[1, 2]], None)])
    >>> pair(one, one).inputs
    (('x', 'x'),)
    """
    inputs = _checked("inputs", a.inputs, b.inputs)
    outputs = _checked("outputs", a.outputs, b.outputs)
    one, other = sliced(a) or a, sliced(b) or b
    sizes = [(input_size(one, x), input_size(other, y)) for x, y in inputs]
    if all(ours is not None and ours == theirs for ours, theirs in sizes):
        a, b = one, other
    general = all(input_size(net, t.name) is not None for net in (a, b) for t in net.inputs)
    peeled = tuple(_peeled(a, b, ours, theirs) for ours, theirs in outputs)
    return Pair(
        _with_outputs(a, [output.ours for output in peeled]),
        _with_outputs(b, [output.theirs for output in peeled]),
        inputs,
        peeled,
        general,
    )


def choices(a: Network, b: Network) -> list[str]:
    """How inputs and outputs are matched, where order and names leave a choice.

    Examples
    --------
    >>> one = Network.from_layers([([[1, 2]], None)])
    >>> choices(one, one)
    []
    """
    notes = []
    for what, ours, theirs in (("inputs", a.inputs, b.inputs), ("outputs", a.outputs, b.outputs)):
        names = [[tensor.name for tensor in side] for side in (ours, theirs)]
        if names[0] == names[1]:
            continue
        how = "name, in another order" if set(names[0]) == set(names[1]) else "position"
        first, second = (", ".join(side) for side in names)
        notes.append(f"{what} were paired by {how}: {first} with {second}")
    return notes


def matched(ours: Sequence[Tensor], theirs: Sequence[Tensor]) -> list[tuple[Tensor, Tensor]]:
    """By name where the names agree, else by position, as far as there are any."""
    by_name = {tensor.name: tensor for tensor in theirs}
    if set(by_name) == {tensor.name for tensor in ours}:
        theirs = [by_name[tensor.name] for tensor in ours]
    return list(zip(ours, theirs, strict=False))


def _checked(
    what: str, ours: Sequence[Tensor], theirs: Sequence[Tensor]
) -> tuple[tuple[str, str], ...]:
    """The names of what is matched, where all of it can be."""
    if len(ours) != len(theirs):
        raise Malformed(what, expected=f"{len(ours)}", got=f"{len(theirs)}")
    pairs = matched(ours, theirs)
    for one, other in pairs:
        if what == "inputs" and not agree(one.shape, other.shape):
            raise ShapeMismatch(
                f"{what[:-1]} {one.name}", expected=str(one.shape), got=str(other.shape)
            )
    return tuple((one.name, other.name) for one, other in pairs)


def agree(one: Shape, other: Shape) -> bool:
    """Whether two shapes can be the same up to axes of length 1.

    Examples
    --------
    >>> agree((1, 4), (4,)), agree(("N", 4), (1, 4)), agree((4,), (2, 2))
    (True, True, False)
    """
    if one is None or other is None:
        return True
    first, second = ([size for size in shape if size != 1] for shape in (one, other))
    # fits[j]: what is left of `first` fits what is left of `second` from j on
    fits = [not any(isinstance(size, int) for size in second[j:]) for j in range(len(second) + 1)]
    for i in reversed(range(len(first))):
        fits = _fits(first[i], second, fits, ends=not any(isinstance(x, int) for x in first[i:]))
    return fits[0]


def _fits(size: Dimension, other: list[Dimension], after: list[bool], *, ends: bool) -> list[bool]:
    """The same with one more length in front; a length that is unknown may be 1."""
    found = [False] * len(other) + [ends]
    for j in reversed(range(len(other))):
        if isinstance(size, int) and isinstance(other[j], int):
            found[j] = size == other[j] and after[j + 1]
        else:
            found[j] = (
                after[j + 1]
                or (not isinstance(size, int) and after[j])
                or (not isinstance(other[j], int) and found[j + 1])
            )
    return found


def _peeled(a: Network, b: Network, ours: str, theirs: str) -> Output:
    """The output, or what stands before the curve that both networks end in."""
    one, other = a.producers.get(ours), b.producers.get(theirs)
    if (
        isinstance(one, Pointwise)
        and isinstance(other, Pointwise)
        and one.activation == other.activation
        and isinstance(one.activation, Activation)
        and _is_peeled(one.activation)
    ):
        return Output(ours, one.input, other.input, one.activation.operator)
    return Output(ours, ours, theirs)


def _is_peeled(function: Activation) -> bool:
    mapping = function.mapping
    return isinstance(mapping, Curve) and mapping.increasing and not function.parameters


def _with_outputs(network: Network, names: Sequence[str]) -> Network:
    """The network with these tensors as its outputs, and only the nodes they need."""
    named = tuple(names) == tuple(tensor.name for tensor in network.outputs)
    needed, kept = set(names), []
    for node in reversed(network.nodes):
        if needed.intersection(node.outputs):
            needed.update(node.inputs)
            kept.append(node)
    if named and len(kept) == len(network.nodes):
        return network
    outputs = network.outputs if named else tuple(network.tensors[name] for name in names)
    return replace(network, outputs=outputs, nodes=tuple(reversed(kept)))
