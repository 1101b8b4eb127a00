"""What the checker answers: evidence as an object, or a rejection."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from lumpver.claim.statement import Claim

if TYPE_CHECKING:
    from lumpver.errors import Rejected


@dataclass(frozen=True, slots=True)
class Checked:
    """Both networks compute the same function, over the reals, for all inputs of the claim.

    `notes` says what the claim does not cover, if anything beyond float rounding.
    """

    units_before: int
    units_after: int
    evidence: str = "certificate"
    semantics: str = "real"
    notes: tuple[str, ...] = ()
    claim: Claim = field(default_factory=Claim)

    def as_dict(self) -> dict[str, Any]:
        """What `lumpver check --json` prints."""
        return {
            "valid": True,
            "units": {"before": self.units_before, "after": self.units_after},
            "claim": self.claim.as_dict(),
            "evidence": self.evidence,
            "semantics": self.semantics,
            "notes": list(self.notes),
        }


def rejection(error: Rejected) -> dict[str, Any]:
    """What `lumpver check --json` prints of a rejection."""
    fields = ("rule", "layer", "unit", "expected", "got")
    found = {name: getattr(error, name) for name in fields}
    claim = Claim().as_dict()
    return {"valid": False, **found, "claim": claim, "evidence": "certificate", "semantics": "real"}
