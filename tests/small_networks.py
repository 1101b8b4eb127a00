"""Networks of a few units that many tests speak of, and short ways to write others."""

from __future__ import annotations

from typing import Any, Final

from lumpver.model.network import Network, Tensor

TWINS: Final = Network.from_layers([([[1], [2]], None), ([[1, 1]], None)])
"""Two units, one twice the other."""

ONE: Final = Network.from_layers([([[3]], None), ([[1]], None)])
"""What `TWINS` computes, with one unit."""

OTHER: Final = Network.from_layers([([[3]], None), ([[2]], None)])
"""Twice as much."""

SPLIT: Final = Network.from_layers([([[1, 1], [-1, -1]], None), ([[1, -1]], None)])
"""y = ReLU(y) - ReLU(-y), which joint lumping cannot see."""

SUM: Final = Network.from_layers([([[1, 1]], None)])
"""What `SPLIT` computes, without a unit."""

TWICE: Final = Network.from_layers([([[1]], None), ([[1]], [-1]), ([[1]], None)])
"""ReLU(ReLU(x) - 1), which is ReLU(x - 1): neither rows nor forms show it."""

ONCE: Final = Network.from_layers([([[1]], [-1]), ([[1]], None)])
"""What `TWICE` computes, with one unit."""

THREE: Final = Network.from_layers([([[1], [2], [0]], [0, 0, 7]), ([[1, 1, 1]], None)])
"""A unit, its double and a constant: one of them is left."""


def chain(*layers: Any, **options: Any) -> Network:
    """A chain; biases may be left out."""
    return Network.from_layers(
        [layer if isinstance(layer, tuple) else (layer, None) for layer in layers], **options
    )


def graph(
    *nodes: Any, inputs: str = "x", outputs: str = "y", environment: bytes = b"", **shapes: Any
) -> Network:
    """A network of nodes; shapes by tensor name, unknown ones left out."""
    made = (name for node in nodes for name in node.outputs if name)
    names = dict.fromkeys([*inputs.split(), *made])
    tensors = {name: Tensor(name, shape=shapes.get(name)) for name in names}
    ends = [
        tuple(Tensor(name, shape=shapes.get(name)) for name in side.split())
        for side in (inputs, outputs)
    ]
    return Network(ends[0], ends[1], tuple(nodes), tensors, environment)
