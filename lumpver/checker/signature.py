"""What two models must share before any node is looked at."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from lumpver.claim.answer import Checked
from lumpver.claim.implication import implies, require
from lumpver.claim.statement import EVERYTHING, Claim
from lumpver.errors import reject
from lumpver.io.nnet.limits import beyond, limiting, limits_note, stated_limits
from lumpver.model.types import same_type, widens

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lumpver.claim.domain import Boxes
    from lumpver.io.nnet.limits import End
    from lumpver.model.network import Network, Tensor

WIDER: Final = (
    "the reduced model takes and gives float64, where the model has a narrower type that"
    " float64 holds"
)


def same_signature(original: Network, reduced: Network) -> tuple[str, ...]:
    """Inputs, outputs, operator sets and functions are the same, in order, and NNet limits.

    What is handed back are sentences about what a claim leaves open all the same.

    Exact formats have no operator sets; then every node must be modelled.

    Raises
    ------
    Rejected
        If they are not.
    """
    found = same_interface(original, reduced)
    both = (original, reduced)
    exact = any(network.environment == b"" for network in both)
    exact = exact and not any(network.opaque for network in both)
    if original.environment != reduced.environment and not exact:
        reject("environment", "model", "the same operator sets and functions", "others")
    return found


def same_interface(original: Network, reduced: Network) -> tuple[str, ...]:
    """Inputs and outputs are the same, in order, and NNet limits.

    What is handed back are sentences about what a claim leaves open all the same.

    Raises
    ------
    Rejected
        If they are not.
    """
    wide = widens(original, reduced)
    _same_tensors("graph inputs", original.inputs, reduced.inputs, wide=wide)
    _same_tensors("graph outputs", original.outputs, reduced.outputs, wide=wide)
    _same_limits(original, reduced)
    return (*((WIDER,) if wide else ()), *limits_note(original, reduced))


def meets_limits(original: Network, reduced: Network, domain: Boxes) -> None:
    """No program clips inputs of the domain out of it.

    Raises
    ------
    Rejected
        If one does.
    """
    for network in (original, reduced):
        if place := beyond(network, domain):
            reject("limits", place, "a range that meets the limits of the file", "another")


def _same_tensors(
    rule: str, ours: Sequence[Tensor], theirs: Sequence[Tensor], *, wide: bool
) -> None:
    if len(ours) != len(theirs):
        reject(rule, "model", f"{len(ours)}", f"{len(theirs)}")
    for a, b in zip(ours, theirs, strict=True):
        if a.name != b.name or a.shape != b.shape or not same_type(a.dtype, b.dtype, wide=wide):
            reject(rule, a.name, _typed(a), _typed(b))


def claimed(original: Network, reduced: Network, claim: Claim = EVERYTHING) -> Claim:
    """The claim as it is about these two networks: within limits that one of them has."""
    return replace(claim, limits=limiting(original, reduced))


def accepted(
    original: Network, reduced: Network, stated: Claim, *, asked: Claim, notes: tuple[str, ...]
) -> Checked:
    """The answer where a certificate that claims `stated` is right."""
    shown, claim = (claimed(original, reduced, found) for found in (stated, asked))
    stronger = None if claim == shown else shown
    units = original.units, reduced.units
    return Checked(*units, notes=notes, claim=claim, stronger=stronger)


def answers(stated: Claim, *, asked: Claim) -> None:
    """A certificate that claims `stated` answers what is asked, if the walk accepts it.

    The walk shows equality in real arithmetic, and whatever follows from that.

    Raises
    ------
    ClaimsLess
        If it claims less than is asked.
    Rejected
        If it claims what no walk can show.
    """
    require(stated, asked=asked)
    if not implies(EVERYTHING, stated):
        reject("claim", "certificate", f"what follows from {EVERYTHING}", str(stated))


def _same_limits(original: Network, reduced: Network) -> None:
    """Two NNet files clip their inputs alike; a model that does not clip has no limits."""
    ours, theirs = stated_limits(original), stated_limits(reduced)
    if ours is None or theirs is None:
        return
    for i, (one, other) in enumerate(zip(ours, theirs, strict=True)):
        if one != other:
            reject("limits", original.inputs[0].name, _clipped(one), _clipped(other), i)


def _clipped(limit: tuple[End, End]) -> str:
    low, high = ("none" if end is None else str(end) for end in limit)
    return f"minimum {low}, maximum {high}"


def _typed(tensor: Tensor) -> str:
    return f"{tensor.name}: {tensor.dtype} {tensor.shape}"
