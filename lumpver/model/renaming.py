"""Networks with other names for inner tensors; no function changes with them."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, assert_never

from lumpver.model.linear import is_idle
from lumpver.model.names import Derived, spelled, unspelled
from lumpver.model.network import Join, Linear, Network, Opaque, Pick, Pointwise, Pool, Rearrange

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from lumpver.model.network import Node, Shape, Tensor


def renamed(
    network: Network, names: Mapping[str, str], symbols: Mapping[str, str] | None = None
) -> Network:
    """`network` with new names for tensors and for the symbols of axes.

    `names` has no name twice, none that is there already, and no captured one.
    """
    lengths = {} if symbols is None else symbols
    return replace(
        network,
        inputs=tuple(_tensor(tensor, names, lengths) for tensor in network.inputs),
        outputs=tuple(_tensor(tensor, names, lengths) for tensor in network.outputs),
        nodes=tuple(node_with(node, names) for node in network.nodes),
        tensors={
            names.get(name, name): _tensor(tensor, names, lengths)
            for name, tensor in network.tensors.items()
        },
    )


def aligned(reduced: Network, original: Network) -> Network:
    """`reduced`, where what the original derives is called as it is there.

    A file that writes out what one node of the original did on its way gives each step a
    name. Renaming an inner tensor throughout changes no function: nothing here can be wrong.
    """
    names: dict[str, str] = {}
    theirs: dict[str, str] = {}
    taken = {tensor.name for tensor in (*reduced.inputs, *reduced.outputs)} | set(original.tensors)
    taken |= {name for node in reduced.opaque for name, _ in node.captured}
    for node in original.nodes:
        made = next(iter(node.outputs), "")
        if not isinstance(made, Derived) or made in reduced.tensors:
            continue
        readers = [n for x in node.inputs for n in reduced.readers.get(theirs.get(x, x), [])]
        alike = [
            n.outputs[0]
            for n in readers
            if (_alike(n, node) or n.outputs[0] == str(made)) and n.outputs[0] not in taken
        ]
        if alike:
            name = min(alike, key=lambda name: not name.startswith(str(made)))
            names[name], theirs[made] = made, name
            taken.add(name)
    return renamed(reduced, names) if names else reduced


def _alike(theirs: Node, ours: Node) -> bool:
    """Whether both rearrange in one way, but for lengths, are linear along one axis, or pick.

    What picks all that is left may be a node that does nothing.
    """
    match theirs, ours:
        case Rearrange(), Rearrange():
            lengths = ours.operator == "Reshape"
            alike = theirs.operator == ours.operator
            return alike and (lengths or theirs.parameters == ours.parameters)
        case Linear(), Linear():
            return theirs.axis == ours.axis
        case Pick(), Pick():
            return [axis for axis, _ in theirs.places] == [axis for axis, _ in ours.places]
        case Linear(), Pick():
            return is_idle(theirs)
    return False


def in_words(network: Network) -> Network:
    """`network` with a text of its own for every derived name, for files that hold only text.

    Examples
    --------
    >>> from lumpver.model.network import Linear, Tensor
    >>> x, y = Tensor("x", shape=(2,)), Tensor("y", shape=(2,))
    >>> node = Linear("one", "x", Derived("y"))
    >>> two = Linear("two", Derived("y"), "y")
    >>> whole = Network((x,), (y,), (node, two), {"x": x, "y": y, node.output: y})
    >>> [type(name).__name__ + " " + name for name in in_words(whole).producers]
    ['str y.2', 'str y']
    """
    taken = {name for name in network.tensors if not isinstance(name, Derived)}
    names: dict[str, str] = {
        name: _free(name, taken) for name in network.tensors if isinstance(name, Derived)
    }
    sizes = [size for tensor in _all(network) for size in tensor.shape or ()]
    seen = {size for size in sizes if isinstance(size, str) and not isinstance(size, Derived)}
    symbols: dict[str, str] = {}
    for size in sizes:
        if isinstance(size, Derived) and size not in symbols:
            symbols[size] = _free(size, seen)
    return renamed(network, names, symbols) if names or symbols else network


def spelled_out(network: Network) -> Network:
    """`network` with every name as `names.spelled` has it."""
    return _everywhere(network, spelled)


def read_back(network: Network, *, where: str) -> Network:
    """The network that `spelled_out` gives `network` for.

    Raises
    ------
    Malformed
        If a name is none that it gives.
    """
    return _everywhere(network, partial(unspelled, where=f"{where} names"))


def _everywhere(network: Network, change: Callable[[str], str]) -> Network:
    sizes = [size for tensor in _all(network) for size in tensor.shape or ()]
    texts = dict.fromkeys(size for size in sizes if isinstance(size, str))
    names = {name: found for name in network.tensors if (found := change(name)) != name}
    symbols = {size: found for size in texts if (found := change(size)) != size}
    return renamed(network, names, symbols) if names or symbols else network


def _all(network: Network) -> tuple[Tensor, ...]:
    return (*network.inputs, *network.outputs, *network.tensors.values())


def _free(wish: str, taken: set[str]) -> str:
    """A text that is not `taken`, and is from now on."""
    found, count = str(wish), 1
    while found in taken:
        count += 1
        found = f"{wish}.{count}"
    taken.add(found)
    return found


def _tensor(tensor: Tensor, names: Mapping[str, str], symbols: Mapping[str, str]) -> Tensor:
    shape: Shape = tensor.shape
    if shape is not None and symbols:
        shape = tuple(symbols.get(size, size) if isinstance(size, str) else size for size in shape)
    return replace(tensor, name=names.get(tensor.name, tensor.name), shape=shape)


def node_with(node: Node, names: Mapping[str, str]) -> Node:
    """The node, with these names for what it reads and makes."""
    if not any(name in names for name in (*node.inputs, *node.outputs)):
        return node
    match node:
        case Linear() | Pointwise() | Pool() | Rearrange() | Pick():
            source, target = (names.get(name, name) for name in (node.input, node.output))
            return replace(node, input=source, output=target)
        case Join():
            *sources, target = (names.get(name, name) for name in (*node.inputs, node.output))
            return replace(node, operands=tuple(sources), output=target)
        case Opaque():
            operands = tuple(names.get(o, o) if isinstance(o, str) else o for o in node.operands)
            return replace(node, operands=operands)
        case _:
            assert_never(node)
