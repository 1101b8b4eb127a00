"""The quotient network: one unit per block, Definition 7 with class sums and constants.

Tensors keep their names; those of width 0 disappear, and what read them reads, with zero
weights, from further up. Nodes that do not change are the same objects as before.

References
----------
Ressi, Romanello, Piazza, Rossi: *Neural Networks Reduction via Lumping*, Definition 7.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, assert_never

from lumpver.model.network import Join, Linear, Network, Opaque, Pick, Pointwise, Pool, Rearrange
from lumpver.quotient import join, linear, opaque, pick, pointwise, pool, rearrange
from lumpver.quotient.unfinished import Unfinished

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from lumpver.exact.array import Exact
    from lumpver.io.storage import Storage
    from lumpver.model.network import Node, Tensor
    from lumpver.search.lumping import Lumping


def quotient(
    network: Network,
    lumping: Lumping,
    *,
    storage: Storage | None = None,
    sums: Mapping[str, Exact] | None = None,
) -> Network:
    """The network with one unit per block of `lumping`; `sums` are those that it was found with.

    For every input both networks give the same output, if `lumping` comes from `coarsest`
    or passes `violations` (Theorem 1*, theory D2.3). Runs of affine nodes are multiplied out
    where that has fewer numbers and, with a `storage`, takes fewer bytes.

    Examples
    --------
    >>> from lumpver.search.lumping import coarsest
    >>> twins = Network.from_layers([([[1], [2]], None), ([[1, 1]], None)])
    >>> reduced = quotient(twins, coarsest(twins))
    >>> reduced.widths, reduced(["1/3"]) == twins(["1/3"])
    ((1, 1, 1), True)
    """
    build = Unfinished(network, lumping, {} if sums is None else sums, storage)
    for node in network.nodes:
        build.nodes += built(build, node)
    return Network(
        network.inputs,
        network.outputs,
        _in_order(build.nodes, network),
        _tensors(build),
        network.environment,
        network.source,
    )


def built(build: Unfinished, node: Node) -> Sequence[Node]:
    """The nodes in the place of a node; a run of linear nodes stands at its end."""
    match node:
        case Linear():
            end = build.network.ends.get(node.output)
            return () if end is None else linear.built(build, end)
        case Pointwise():
            return pointwise.built(build, node)
        case Pool():
            return pool.built(build, node)
        case Rearrange():
            return rearrange.built(build, node)
        case Pick():
            return pick.built(build, node)
        case Join():
            return join.built(node)
        case Opaque():
            return opaque.built(node)
        case _:
            assert_never(node)


def _in_order(nodes: list[Node], network: Network) -> tuple[Node, ...]:
    """The nodes in the order of those that made the same tensors before."""
    place = {name: i for i, node in enumerate(network.nodes) for name in node.outputs}
    kept = {id(node): i for i, node in enumerate(network.nodes)}
    return tuple(sorted(nodes, key=lambda node: kept.get(id(node), place[node.outputs[-1]])))


def _tensors(build: Unfinished) -> dict[str, Tensor]:
    """The types of the quotient's tensors: those of before, with other widths."""
    found = {tensor.name: tensor for tensor in build.network.inputs}
    for node in build.nodes:
        width = _width(build, node, found)
        for name in filter(None, node.outputs):
            before, axis = build.network.tensors[name], build.network.axes.get(name)
            found[name] = _with_width(before, axis, width)
    return found


def _width(build: Unfinished, node: Node, known: Mapping[str, Tensor]) -> int | None:
    """Units of a node's outputs, None where they cannot have changed."""
    match node:
        case Linear():
            return linear.width(build, node, known)
        case Pointwise():
            return pointwise.width(build, node, known)
        case Pool():
            return pool.width(build, node, known)
        case Rearrange():
            return rearrange.width(build, node)
        case Pick():
            return pick.width(build, node)
        case Join():
            return join.width(build, node)
        case Opaque():
            return None
        case _:
            assert_never(node)


def _with_width(tensor: Tensor, axis: int | None, width: int | None) -> Tensor:
    if width is None or axis is None or tensor.shape is None:
        return tensor
    shape = list(tensor.shape)
    shape[axis] = width
    return replace(tensor, shape=tuple(shape))
