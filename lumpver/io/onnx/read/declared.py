"""What a model declares: operator sets, inputs, element types and shapes.

References
----------
ONNX intermediate representation, versions 1 to 10.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from lumpver.errors import Malformed
from lumpver.io.onnx.read.tensors import FLOATS
from lumpver.model.names import Derived
from lumpver.model.network import Dimension, Tensor

if TYPE_CHECKING:
    from onnx import ModelProto

OVERRIDABLE: Final = 4  # the first in which initializers that are inputs are only defaults
_WITH_OPSETS: Final = 3  # the first IR version that has operator sets


def inputs(values: list[Any]) -> dict[str, Tensor]:
    """The graph inputs by name; axes of unknown length have a symbol of their own."""
    found: dict[str, Tensor] = {}
    for value in values:
        if value.name in found or not value.name:
            got = "two" if value.name else "no name"
            raise Malformed(f"input {value.name}", expected="one input", got=got)
        found[value.name] = _named_axes(tensor(value))
    return found


def opset(model: ModelProto) -> int:
    """The version of the standard operators: 1 where the format is older than versions."""
    versions: dict[str, int] = {}
    for listed in model.opset_import:
        domain, version = listed.domain or "ai.onnx", int(listed.version)
        if versions.setdefault(domain, version) != version:
            got = f"{versions[domain]} and {version}"
            raise Malformed("model", expected=f"one version of operator set {domain}", got=got)
    if "ai.onnx" in versions:
        return versions["ai.onnx"]
    if model.ir_version >= _WITH_OPSETS and not versions:
        raise Malformed("model", expected="operator sets", got="none")
    return 1


def environment(model: ModelProto) -> bytes:
    """Operator sets and functions, canonically.

    Raises
    ------
    Malformed
        If two functions have one name: which of them is meant is not said.
    """
    names: set[tuple[str, str, str]] = set()
    for function in model.functions:
        name = function.domain or "ai.onnx", function.name, function.overload
        if name in names:
            raise Malformed(f"function {function.name}", expected="one", got="two")
        names.add(name)
    opsets = sorted({(o.domain or "ai.onnx", int(o.version)) for o in model.opset_import})
    bodies = sorted(function.SerializeToString(deterministic=True) for function in model.functions)
    return repr(opsets).encode() + b"".join(len(b).to_bytes(8, "big") + b for b in bodies)


def tensor(value: Any) -> Tensor:
    """A name with its declared type."""
    if not value.type.HasField("tensor_type"):
        return Tensor(value.name, f"type {value.type.SerializeToString(True).hex()}", None)
    kind = value.type.tensor_type
    dtype = FLOATS.get(int(kind.elem_type), str(kind.elem_type))
    shape = tuple(_dimension(d) for d in kind.shape.dim) if kind.HasField("shape") else None
    return Tensor(value.name, dtype, shape)


def _named_axes(tensor: Tensor) -> Tensor:
    """An input whose axes of unknown length have names, so that they are known to stay."""
    if tensor.shape is None:
        return tensor
    named = (Derived(f"{tensor.name}[{i}]") if d is None else d for i, d in enumerate(tensor.shape))
    return replace(tensor, shape=tuple(named))


def _dimension(proto: Any) -> Dimension:
    if proto.HasField("dim_value"):
        return int(proto.dim_value) if proto.dim_value > 0 else None
    return str(proto.dim_param) or None
