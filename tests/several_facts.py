"""Networks where one relabelling of a tensor does not serve all of its readers."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from relabellings import rows
from small_networks import graph

from lumpver.claim.facts import Fact
from lumpver.model.activations import RELU
from lumpver.model.network import Network, Opaque, Pointwise, linear

if TYPE_CHECKING:
    from lumpver.claim.certificate import Certificate

    Facts = dict[str, tuple[Fact, ...]]

BOTH: Final = rows([0, 0], 2)  # both units are the first of two, which stay two
ONE: Final = rows([0, 0], 1)


def twins(last: Any = ((1, 1),), *, read: str = "graph", second: Any = (1, 1)) -> Network:
    """a1 = a2 = ReLU(x) and b = ReLU(a - 1), where somebody needs both a as they are."""
    nodes: list[Any] = [
        linear("A", "x", "p", [[1], [second[1]]]),
        Pointwise("r", "p", "a", RELU),
        linear("B", "a", "q", np.eye(2), [-1, -1]),
        Pointwise("s", "q", "b", RELU),
        linear("C", "b", "y", last),
    ]
    if read == "opaque":
        nodes.append(Opaque("o", "Softmax", ("a",), ("z",), b"content"))
    shapes = dict.fromkeys("paqb", ("N", 2)) | dict.fromkeys("xy", ("N", 1))
    return graph(*nodes, outputs="y a" if read == "graph" else "y z", **shapes)


def smaller(weights: Any = ((1, 0),), last: Any = ((2,),), **how: Any) -> Network:
    """The same with one unit in b, which reads one of the two a."""
    made = twins(**how)
    nodes = list(made.nodes)
    nodes[2], nodes[4] = linear("B", "a", "q", weights, [-1]), linear("C", "b", "y", last)
    narrow = {name: replace(made.tensors[name], shape=("N", 1)) for name in "qb"}
    return replace(made, nodes=tuple(nodes), tensors={**made.tensors, **narrow})


STAYS: Final[Facts] = {
    "p": (Fact("p"), Fact("p", BOTH)),
    "a": (Fact("a"), Fact("a", uses=1)),
    "q": (Fact("q", ONE, uses=1),),
}


def told_twice(network: Network, certificate: Certificate) -> Facts:
    """The certificate with everything said twice, and the second time from the second facts."""
    known: dict[str, int] = {tensor.name: 1 for tensor in network.inputs}
    found: Facts = {}
    inside = {n.output for s in network.segments for n in s.nodes} - set(network.ends)
    for node in network.nodes:
        for name in node.outputs:
            if name in inside or not name:
                continue
            known[name] = 1
            if isinstance(node, Opaque):
                found |= {name: certificate.tensors[name]} if name in certificate.tensors else {}
                continue
            source = network.ends[name].input if name in network.ends else node.inputs[0]
            gone = source in found and found[source][0].counterpart is None
            silent = Fact(None if gone and name not in network.ends else name)
            facts = certificate.tensors.get(name) or (silent,)
            known[name] = 2
            found[name] = (*facts, *(replace(fact, uses=known[source] - 1) for fact in facts))
    return found
