"""Lines: activations that are one line for each unit, on the domain that is claimed.

Statement. Let every unit v of what an activation reads be between bounds between which it is
s y + c, with s and c of v. On the domain it is the linear node with these factors and biases, and
the network with that node in its place computes the same tensors.
Premises. Bounds of all units along one axis, that of the affine node in front; where units have
activations of their own, these are along the same one. No unit is without a line.
Why. By definition; bounds hold for every input of the domain (`bounds.knowing`), and are those of
the network as it was. Affine runs are then those of the new network, multiplied out as any
(`relabelling_is_sound` in proofs/rocq/statements.v, identity activations included).
Attacks. A unit that may switch. A claim of a larger box, or of all inputs. A unit that is off, said
to be on: its factor is 0. A name of no activation, or of one whose units nothing bounds. Slopes of
units along another axis. The product of other factors: rows are compared as ever.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from lumpver.errors import ShapeMismatch, reject
from lumpver.exact.array import array
from lumpver.model.functions import UNCHANGED
from lumpver.model.linear import Linear
from lumpver.model.pointwise import Pointwise
from lumpver.model.several import each
from lumpver.model.weights import IDENTITY, Diagonal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from lumpver.claim.facts import Bounds
    from lumpver.model.network import Network

    Boxed = Callable[[str, int], Bounds]


def straightened(network: Network, names: Iterable[str], boxed: Boxed) -> Network:
    """The network with linear nodes in the place of the activations that make these tensors.

    Raises
    ------
    Rejected
        If one is no activation, or a unit of what it reads is not bounded so that it is a line.
    """
    chosen = frozenset(names)
    for name in sorted(chosen):
        if not isinstance(network.producers.get(name), Pointwise):
            reject("lines", name, "what an activation makes", "another tensor, or none")
    nodes = tuple(
        _line(network, node, boxed)
        if isinstance(node, Pointwise) and node.output in chosen
        else node
        for node in network.nodes
    )
    return replace(network, nodes=nodes)


def _line(network: Network, node: Pointwise, boxed: Boxed) -> Linear:
    """The linear node that an activation is."""
    name, made = node.output, network.producers.get(node.input)
    if not isinstance(made, Linear) or node.axis not in {None, made.axis}:
        reject("lines", name, "units of an affine node, each with its own activation", "others")
    known = boxed(node.input, made.axis)
    if known.below.ndim == 0:
        reject("lines", name, "units that are bounded on a box", "none")
    try:
        functions = each(node.activation, known.below.size, made.axis)
    except ShapeMismatch as error:
        reject("lines", name, error.expected, error.got)
    found = []
    for v, function in enumerate(functions):
        line = function.on(*known.of(v))
        if line is None:
            reject("lines", name, f"a unit of which {function} is one line", "another", v)
        found.append(line)
    if all(line == UNCHANGED for line in found):
        return Linear(node.name, node.input, name, IDENTITY, axis=made.axis)
    slopes, constants = (array([getattr(line, x) for line in found]) for x in ("slope", "constant"))
    return Linear(node.name, node.input, name, Diagonal(slopes), constants, made.axis)
