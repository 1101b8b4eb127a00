"""The check of a claim about executions in float32, by a certificate that claims reals.

What object: two models as read. What is untrusted: both, and the certificate. What is recomputed:
how far executions of either may be from real arithmetic on the boxes (`roundoff`). Which theorem
lifts it: a difference in floats is one in reals and both errors. What stays outside: executions
that the answer names.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from lumpver.claim.closeness import Equal, Relative, SameClass, Within
from lumpver.claim.domain import Boxes
from lumpver.claim.implication import ClaimsLess
from lumpver.claim.semantics import Float32, Real
from lumpver.errors import Malformed, ShapeMismatch, reject
from lumpver.exact.outward import as_float
from lumpver.exact.scalar import ZERO
from lumpver.roundoff.both import together
from lumpver.roundoff.errors import Unbounded
from lumpver.roundoff.parts import UNCOVERED

if TYPE_CHECKING:
    from flint import fmpq

    from lumpver.claim.answer import Checked
    from lumpver.claim.statement import Claim
    from lumpver.model.network import Network


def concerns(stated: Claim, asked: Claim) -> bool:
    """Whether floats are asked of a certificate that claims reals, so that it can be answered."""
    return (
        isinstance(stated.semantics, Real)
        and isinstance(asked.semantics, Float32)
        and isinstance(asked.domain, Boxes)
        and isinstance(asked.closeness, Within)
        and not isinstance(stated.closeness, SameClass | Relative)
    )


def in_reals(stated: Claim, asked: Claim) -> Claim:
    """What has to be shown in reals: as much as is stated, on the boxes that are asked for."""
    return replace(asked, closeness=stated.closeness, semantics=Real())


def established(
    original: Network, reduced: Network, found: Checked, stated: Claim, *, asked: Claim
) -> Checked:
    """Executions are as near as `asked`, since what is `found` holds in reals.

    Raises
    ------
    ClaimsLess
        If what is stated of reals is not nearer than what is asked of floats.
    Rejected
        If errors are not known, or too large.
    """
    inputs = [(tensor.name, tensor.name) for tensor in original.inputs]
    outputs = [(tensor.name, tensor.name) for tensor in original.outputs]
    room = {name: _of(asked, name) - _of(stated, name) for name, _ in outputs}
    if any(left <= 0 for left in room.values()):
        raise ClaimsLess(stated, asked=asked)
    domain = asked.domain
    if not isinstance(domain, Boxes):
        raise ClaimsLess(stated, asked=asked)
    try:
        errors = together(original, reduced, domain, inputs=inputs, outputs=outputs, room=room)
    except (Unbounded, Malformed, ShapeMismatch) as problem:
        reject("float32", "certificate", "a bound on executions", str(problem))
    for name, error in errors.items():
        if error > room[name]:
            expected = f"executions within {as_float(room[name]):.6g} of reals"
            reject("float32", name, expected, f"{as_float(error):.6g}")
    claim = replace(found.claim, closeness=asked.closeness, semantics=asked.semantics)
    stronger = found.claim if found.stronger is None else found.stronger
    return replace(found, claim=claim, stronger=stronger, notes=(*found.notes, UNCOVERED))


def _of(claim: Claim, output: str) -> fmpq:
    match claim.closeness:
        case Equal() | SameClass() | Relative():
            return ZERO
        case Within():
            return claim.closeness.of(output)
