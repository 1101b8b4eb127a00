"""Changes of single nodes of the reduced network, with the certificate or without."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from lumpver.exact.array import compact, rationals
from lumpver.exact.scalar import number
from lumpver.model.activations import activation
from lumpver.model.network import Linear, Network, Pointwise, Rearrange
from lumpver.model.several import Several
from lumpver.model.weights import weights_of
from mutation.on_networks import FORGETFUL, entry_of, in_rows, mutator, replaced, width_of

if TYPE_CHECKING:
    import random

    from mutation.draft import Draft, Mutator
    from mutation.on_networks import Change


def renamed(rng: random.Random, draft: Draft, network: Network, name: str) -> Network | None:
    """A tensor of the reduced network under another name, known to the certificate."""
    if draft.case.target == ".onnx":
        return None  # its writer knows the names that were there
    entry = entry_of(draft, name, width_of(network, name))
    if entry is None or name in {tensor.name for tensor in network.outputs}:
        return None
    fresh = "renamed"
    if rng.random() >= FORGETFUL:
        entry["counterpart"] = fresh
    nodes = tuple(
        replace(
            node,
            input=fresh if node.input == name else node.input,
            output=fresh if node.output == name else node.output,
        )
        if isinstance(node, Linear | Pointwise | Rearrange)
        else node
        for node in network.nodes
    )
    tensors = {**network.tensors, fresh: replace(network.tensors[name], name=fresh)}
    tensors.pop(name)
    return replace(network, nodes=nodes, tensors=tensors)


def split(rng: random.Random, draft: Draft, network: Network, name: str) -> Network | None:
    """A node made two: an identity, a diagonal or a bias of its own after it."""
    node = network.producers[name]
    units = width_of(network, name)
    known = draft.case.target == ".onnx" or "split" in network.tensors
    if not isinstance(node, Linear) or known or not units:
        return None
    factor = number(rng.choice((1, 2, 2, -1)))
    keep = number(rng.choice((1, 1, 1, 3)))
    first = replace(
        node,
        output="split",
        name="split",
        weights=weights_of(_times(node.W, keep / factor)),
        b=_times(node.b, keep / factor),
    )
    if node.W is None and factor != keep:
        return None
    if rng.random() < 0.2:
        first = replace(node, output="split", name="split")
    diagonal = None if factor == 1 else compact(np.full(units, factor, dtype=object))
    last = Linear(node.name, "split", name, weights_of(diagonal), None, node.axis)
    i = network.nodes.index(node)
    nodes = (*network.nodes[:i], first, last, *network.nodes[i + 1 :])
    tensors = {**network.tensors, "split": replace(network.tensors[name], name="split")}
    return replace(network, nodes=nodes, tensors=tensors)


def _times(numbers: Any, factor: Any) -> Any:
    return None if numbers is None else in_rows(numbers, lambda rows: rows * factor)


def nudged(rng: random.Random, draft: Draft, network: Network, name: str) -> Network | None:
    """One number changed, exactly, by a little or by a lot."""
    node = rng.choice([n for n in network.nodes if isinstance(n, Linear)] or [None])
    part = None if node is None else rng.choice(("W", "b"))
    numbers = None if node is None else getattr(node, str(part))
    if node is None or numbers is None or not numbers.size:
        return None
    exact = rationals(numbers).copy()
    exact.reshape(-1)[rng.randrange(exact.size)] += number(rng.choice((1, -1, "1/1000003", 2**-20)))
    if part == "W":
        other = replace(node, weights=weights_of(compact(exact)))
    else:
        other = replace(node, b=compact(exact))
    return replaced(network, {id(node): other}, {})


def activated(rng: random.Random, draft: Draft, network: Network, name: str) -> Network | None:
    """Another activation, or those of units in another order."""
    nodes = [node for node in network.nodes if isinstance(node, Pointwise)]
    if not nodes:
        return None
    node = rng.choice(nodes)
    given = node.activation
    if isinstance(given, Several) and rng.random() < 0.75:
        order = rng.sample(range(len(given.functions)), len(given.functions))
        return replaced(network, {id(node): replace(node, activation=given.chosen(order))}, {})
    other = replace(node, activation=activation(rng.choice(("relu", "abs", "tanh", "identity"))))
    return replaced(network, {id(node): other}, {})


CHANGES: Final[tuple[Change, ...]] = (renamed, split, nudged, activated)
MUTATORS: Final[tuple[Mutator, ...]] = tuple(mutator(change) for change in CHANGES)
