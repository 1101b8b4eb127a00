"""The check of a certificate that has a covering: two models of any structure are close on boxes.

What object: two models as read. What is untrusted: both, and the certificate. What is recomputed:
bounds of both and of their difference, in every part (`nearness.judging`). Which theorem lifts it:
the parts cover the boxes, and bounds hold (docs/rules.md). What stays outside: as for the walk.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from lumpver.checker.signature import accepted, meets_limits, same_interface
from lumpver.checker.spans import in_numbers
from lumpver.claim.closeness import Relative
from lumpver.claim.domain import Boxes
from lumpver.claim.implication import require
from lumpver.claim.semantics import Real
from lumpver.errors import Malformed, reject
from lumpver.nearness.judging import judge

if TYPE_CHECKING:
    from lumpver.claim.answer import Checked
    from lumpver.claim.covering import Covering
    from lumpver.claim.statement import Claim
    from lumpver.model.network import Network


def established(
    original: Network,
    reduced: Network,
    stated: Claim,
    covering: Covering,
    *,
    asked: Claim,
    between: Network | None = None,
) -> Checked:
    """The models are as close as `stated` says, by this covering, and so as `asked`.

    Where there is a network `between`, which the second is equal to, the covering is of that.

    Raises
    ------
    ClaimsLess
        If less is stated than is asked.
    Rejected
        If it does not show in some part, or the covering is none of these models and boxes.
    """
    require(stated, asked=asked)
    domain = stated.domain
    if not isinstance(stated.semantics, Real) or not isinstance(domain, Boxes):
        expected = "real arithmetic on boxes, where a covering is the reason"
        reject("claim", "certificate", expected, str(stated))
    notes = same_interface(original, reduced)
    meets_limits(original, reduced, domain)
    shown = stated
    if isinstance(stated.closeness, Relative):
        numbers = in_numbers(original, reduced, domain, stated.closeness, covering.points)
        shown = replace(stated, closeness=numbers)
    elif covering.points:
        reject("range", "certificate", "points where the claim is about ranges", "points")
    try:
        judge(original, reduced if between is None else between, shown, covering)
    except Malformed as error:
        reject("covering", "certificate", f"{error.where}: {error.expected}", error.got)
    return accepted(original, reduced, stated, asked=asked, notes=notes)
