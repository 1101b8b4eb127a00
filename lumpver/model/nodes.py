"""The nodes of a network: one kind each for what it computes, each in a module of its own.

Nodes read tensors by name and make new ones; numbers are exact arrays.

unit: one entry of a tensor's unit axis
axis: the unit axis counted from the end, -1 for the last

References
----------
Ressi, Romanello, Piazza, Rossi: *Neural Networks Reduction via Lumping*, Definition 1.
"""

from __future__ import annotations

from dataclasses import dataclass

from lumpver.model.join import Join
from lumpver.model.linear import Linear
from lumpver.model.opaque import Opaque
from lumpver.model.pick import Pick
from lumpver.model.pointwise import Pointwise
from lumpver.model.pool import Pool
from lumpver.model.rearrange import Rearrange

Unary = Linear | Pointwise | Pool | Rearrange | Pick
Modelled = Unary | Join
Node = Modelled | Opaque


@dataclass(frozen=True, slots=True)
class Segment:
    """A maximal run of affine nodes: nothing but its last node's output is read elsewhere.

    A kernel can only be its first node, a normalization only its last.
    """

    nodes: tuple[Linear, ...]

    @property
    def input(self) -> str:
        return self.nodes[0].input

    @property
    def output(self) -> str:
        return self.nodes[-1].output

    @property
    def axis(self) -> int:
        return self.nodes[-1].axis
