"""What the checker answers: evidence as an object, or a rejection."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lumpver.claim.semantics import word_of
from lumpver.claim.statement import EVERYTHING, Claim

if TYPE_CHECKING:
    from lumpver.errors import Rejected


@dataclass(frozen=True, slots=True)
class Checked:
    """Both networks are as the claim says, which was asked.

    `stronger` is what the certificate claims, where that is more. `notes` says what the claim
    does not cover, if anything beyond float rounding.
    """

    units_before: int
    units_after: int
    evidence: str = "certificate"
    notes: tuple[str, ...] = ()
    claim: Claim = EVERYTHING
    stronger: Claim | None = None

    @property
    def semantics(self) -> str:
        """The word for what the numbers are."""
        return word_of(self.claim.semantics)

    def as_dict(self) -> dict[str, Any]:
        """What `lumpver check --json` prints."""
        more = {} if self.stronger is None else {"certificate_claims": self.stronger.as_dict()}
        return {
            "valid": True,
            "units": {"before": self.units_before, "after": self.units_after},
            "claim": self.claim.as_dict(),
            **more,
            "evidence": self.evidence,
            "semantics": self.semantics,
            "notes": list(self.notes),
        }


def rejection(error: Rejected, claim: Claim = EVERYTHING) -> dict[str, Any]:
    """What `lumpver check --json` prints of a rejection, where that claim was asked."""
    fields = ("rule", "layer", "unit", "expected", "got")
    return {
        "valid": False,
        **{name: getattr(error, name) for name in fields},
        "claim": claim.as_dict(),
        "evidence": "certificate",
        "semantics": word_of(claim.semantics),
    }
