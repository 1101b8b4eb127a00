"""What two models must share before any node is looked at."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lumpver.checker.rules import reject

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lumpver.network import Network, Tensor


def same_signature(original: Network, reduced: Network) -> None:
    """Inputs, outputs, operator sets and functions are the same, in order.

    Exact formats have no operator sets; then every node must be modelled.

    Raises
    ------
    Rejected
        If they are not.
    """
    _same_tensors("graph inputs", original.inputs, reduced.inputs)
    _same_tensors("graph outputs", original.outputs, reduced.outputs)
    both = (original, reduced)
    exact = any(network.environment == b"" for network in both)
    exact = exact and not any(network.opaque for network in both)
    if original.environment != reduced.environment and not exact:
        reject("environment", "model", "the same operator sets and functions", "others")


def _same_tensors(rule: str, ours: Sequence[Tensor], theirs: Sequence[Tensor]) -> None:
    if len(ours) != len(theirs):
        reject(rule, "model", f"{len(ours)}", f"{len(theirs)}")
    for a, b in zip(ours, theirs, strict=True):
        if a.name != b.name or a.shape != b.shape or not same_type(a.dtype, b.dtype):
            reject(rule, a.name, _typed(a), _typed(b))


def _typed(tensor: Tensor) -> str:
    return f"{tensor.name}: {tensor.dtype} {tensor.shape}"


def same_type(ours: str, theirs: str) -> bool:
    """Whether two element types are one; exact networks are of any floating type."""
    floats = {"float16", "bfloat16", "float32", "float64", "real"}
    return ours == theirs or ("real" in (ours, theirs) and {ours, theirs} <= floats)
