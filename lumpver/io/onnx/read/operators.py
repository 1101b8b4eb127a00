"""One function per ONNX operator that lumpver models, one file per family of them.

Each makes nodes of a NodeProto, or None, which means "opaque": an attribute, type, shape or
broadcast that the exact model does not cover. A definite mismatch of shapes is an error.

References
----------
ONNX operator specification, domain ai.onnx, opsets 1 to 25.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from lumpver.io.onnx.read.activations import ACTIVATIONS
from lumpver.io.onnx.read.convolutions import CONVOLUTIONS
from lumpver.io.onnx.read.elementwise import ELEMENTWISE
from lumpver.io.onnx.read.identities import IDENTITIES
from lumpver.io.onnx.read.normalizing import NORMALIZING
from lumpver.io.onnx.read.picking import PICKING
from lumpver.io.onnx.read.placing import PLACING
from lumpver.io.onnx.read.pooling import POOLING
from lumpver.io.onnx.read.products import PRODUCTS
from lumpver.io.onnx.read.rearranging import REARRANGING
from lumpver.io.onnx.read.spacing import SPACING

if TYPE_CHECKING:
    from collections.abc import Callable

    from onnx import NodeProto

    from lumpver.io.onnx.read.walk import Plan, Walk

_CONVERTERS: Final[dict[str, Callable[[Walk, NodeProto], Plan]]] = {
    **ACTIVATIONS,
    **CONVOLUTIONS,
    **ELEMENTWISE,
    **IDENTITIES,
    **NORMALIZING,
    **PLACING,
    **PICKING,
    **POOLING,
    **PRODUCTS,
    **REARRANGING,
    **SPACING,
}


def model(walk: Walk, node: NodeProto) -> Plan:
    """The nodes that compute what a NodeProto of domain ai.onnx does, or None."""
    if not node.input or not node.output or not node.output[0]:
        return None
    convert = _CONVERTERS.get(node.op_type)
    return None if convert is None else convert(walk, node)
