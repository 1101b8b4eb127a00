"""What the checker answers: evidence as an object, or a rejection."""

from __future__ import annotations

from dataclasses import dataclass, field

from lumpver.claim import Claim


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

    def _repr_html_(self) -> str:
        from lumpver.report.notebook import checked_html  # noqa: PLC0415 display only

        return checked_html(self)
