"""Constants as tensors: where an operator joins one with others, or an output is one.

In all other places a constant is part of the node that reads it.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

import numpy as np

from lumpver.model.names import Derived
from lumpver.model.network import Constant, Opaque

if TYPE_CHECKING:
    from lumpver.io.onnx.read.tensors import Known
    from lumpver.io.onnx.read.walk import Walk

SPARSE: Final = -1  # the element type of what could not be made dense
_MOST_JOINED: Final = 2**22  # entries


def constant(value: Known) -> Constant:
    """The constant as an operand, byte for byte."""
    if value.element_type == SPARSE:
        return Constant("sparse", value.shape, value.proto.SerializeToString(True))
    return value.as_constant()


def as_node(value: Known, name: str) -> Opaque:
    """The node that makes a tensor of a constant, with its numbers if they are finite."""
    known = constant(value)
    if value.is_float and value.element_type != SPARSE:
        entries = value.array()
        if entries.dtype == object or np.isfinite(entries).all():
            known = replace(known, numbers=entries)
    return Opaque(value.name, "constant", (known,), (name,))


def node_of(walk: Walk, name: str) -> Opaque | None:
    """A node that makes a tensor of a constant of numbers, which stays one for other readers."""
    known = walk.constant(name)
    fits = known is not None and known.is_float and known.element_type != SPARSE
    if known is None or not fits or known.size > _MOST_JOINED:
        return None
    made = Derived(f"constant {name}")
    node = as_node(known, made)
    if node.value is None or node.value.dtype == object:
        return None
    walk.typed[made] = known.dtype
    return node
