"""Element types of two networks: which are one, and where one network is wider throughout."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from lumpver.model.network import Network

_NARROW: Final = frozenset({"float16", "bfloat16", "float32"})


def widens(original: Network, reduced: Network) -> bool:
    """Whether the reduced model is float64 from end to end, and the original is narrower.

    Both are modelled throughout, so that nothing depends on a type.
    """
    ours, theirs = ((*n.inputs, *n.outputs) for n in (original, reduced))
    return (
        not original.opaque
        and not reduced.opaque
        and any(
            a.dtype in _NARROW and b.dtype == "float64" for a, b in zip(ours, theirs, strict=False)
        )
        and not any(tensor.dtype in _NARROW for tensor in (*theirs, *reduced.tensors.values()))
    )


def same_type(ours: str, theirs: str, *, wide: bool) -> bool:
    """Whether two element types are one; exact networks are of any floating type.

    Where the reduced model is `wide`, a narrower type became float64.
    """
    floats = {*_NARROW, "float64", "real"}
    exact = "real" in (ours, theirs) and {ours, theirs} <= floats
    return ours == theirs or exact or (wide and ours in _NARROW and theirs == "float64")
