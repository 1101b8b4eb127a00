"""Activations that leave all that is left alone, left out: layers without an undecided unit.

What is off has gone before; where all that is left is on, the layer is affine on the domain, and
what read the activation reads what that read.

straight: of tensors of whose units no activation is left
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

from lumpver.claim.facts import Fact
from lumpver.model.functions import UNCHANGED
from lumpver.model.network import Opaque, Pointwise
from lumpver.model.renaming import node_with
from lumpver.model.several import each
from lumpver.search.blocks import representatives

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from lumpver.bounds.knowing import Known
    from lumpver.model.network import Network
    from lumpver.search.lumping import Lumping


@dataclass(frozen=True, slots=True)
class Straight:
    """The activations left out: for what each made, what stands there now.

    `layers` are the tensors that no activation reads any more, `facts` what to state.
    """

    instead: Mapping[str, str] = field(default_factory=dict)
    layers: frozenset[str] = frozenset()

    @property
    def facts(self) -> dict[str, tuple[Fact, ...]]:
        """What there is to state of what the activations made."""
        return {name: (Fact(target),) for name, target in self.instead.items()}


def straightened(
    original: Network,
    reduced: Network,
    lumping: Lumping,
    known: Known,
    *,
    fixed: Collection[str] = (),
) -> tuple[Network, Straight]:
    """The reduced network without the activations that leave all that they read alone.

    Those stay that make an output, what an operator reads that is not modelled, or a tensor in
    `fixed`.

    Examples
    --------
    >>> from lumpver.bounds.knowing import known
    >>> from lumpver.claim.domain import Box, Boxes
    >>> from lumpver.model.network import Network
    >>> from lumpver.search.lumping import found_with_sums
    >>> network = Network.from_layers([([[1], [2]], [1, 5]), ([[1, 1], [1, 2]], None)])
    >>> on = known(network, Boxes((Box.of({"x": [(0, 1)]}),)))
    >>> lumping = found_with_sums(network, rules=(), known=on).lumping
    >>> found, straight = straightened(network, network, lumping, on)
    >>> found.units, dict(straight.instead)
    (0, {'h1': 'h1.pre'})
    """
    stay = {tensor.name for tensor in original.outputs} | {*fixed}
    instead: dict[str, str] = {}
    for node in original.nodes:
        theirs = reduced.producers.get(node.outputs[0]) if isinstance(node, Pointwise) else None
        if not isinstance(node, Pointwise) or not isinstance(theirs, Pointwise):
            continue
        readers = reduced.readers.get(node.output, [])
        if node.output in stay or any(isinstance(reader, Opaque) for reader in readers):
            continue
        if _is_straight(original, node, lumping, known):
            instead[node.output] = instead.get(theirs.input, theirs.input)
    if not instead:
        return reduced, Straight()
    nodes = tuple(
        node_with(node, instead) for node in reduced.nodes if node.outputs[0] not in instead
    )
    tensors = {name: tensor for name, tensor in reduced.tensors.items() if name not in instead}
    found = replace(reduced, nodes=nodes, tensors=tensors)
    layers = {name for name in original.layers if name in reduced.layers} - set(found.layers)
    return found, Straight(instead, frozenset(layers))


def _is_straight(network: Network, node: Pointwise, lumping: Lumping, known: Known) -> bool:
    """Whether a unit of each block that is left shows that the activation leaves it alone."""
    axis = network.axes.get(node.input)
    if axis is None or node.axis not in (None, axis):
        return False
    bounds, found = known.of(node.input, axis), lumping.of(node.input)
    if bounds.below.ndim == 0:
        return False
    functions = each(node.activation, bounds.below.size, axis)
    units = representatives(found, bounds.below.size)
    if found is not None:  # a block that no unit is shows nothing
        ones = np.array([functions[v].homogeneous or found.scale[v] == 1 for v in units])
        if not ones.all() or (found.scale[units] < 0).any() or (units < 0).any():
            return False
    return all(functions[v].on(*bounds.of(v)) == UNCHANGED for v in units.tolist())
