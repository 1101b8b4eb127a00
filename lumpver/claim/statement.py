"""`Claim`: what an answer is about, said once and in one way.

domain: the inputs it holds for: all of them, a box from a VNN-LIB file, or the limits that a
    .nnet file clips its inputs to
closeness: how near the outputs are: equal
semantics: what the numbers are: exact real arithmetic over the weights as stored
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final, Literal

ROUNDING: Final = (
    "that both models round alike in floats. Usually the last digits differ; where a model relies"
    " on rounding or overflow, anything can."
)
NOT_CLAIMED: Final = f"Not claimed: {ROUNDING}"


@dataclass(frozen=True, slots=True)
class Claim:
    """Two models' outputs, on a domain, as near as `closeness` says, in some arithmetic.

    `box` names the VNN-LIB file whose bounds are the domain, None for all inputs. `limits`
    names the model whose inputs are clipped, where the other's are not, and nothing is said
    of inputs beyond. `remarks` are sentences about the domain, such as what that file says and
    nobody looked at.

    Examples
    --------
    >>> print(Claim())
    equal for all inputs, in exact real arithmetic over the weights as stored
    >>> Claim(box="unit.vnnlib").as_dict()["domain"]
    {'box': 'unit.vnnlib'}
    >>> Claim(limits="the first model").domain
    'for all inputs within the limits of the first model'
    """

    box: str | None = None
    closeness: Literal["equal"] = "equal"
    semantics: Literal["real"] = "real"
    limits: str | None = None
    remarks: tuple[str, ...] = field(default=(), compare=False, repr=False)

    @property
    def domain(self) -> str:
        """The inputs that it holds for, in words."""
        found = "for all inputs" if self.box is None else f"on the box of {self.box}"
        return found if self.limits is None else f"{found} within the limits of {self.limits}"

    def __str__(self) -> str:
        return (
            f"{self.closeness} {self.domain}, in exact real arithmetic over the weights as stored"
        )

    def as_dict(self) -> dict[str, Any]:
        """The claim as every `--json` answer carries it."""
        named = {"box": self.box, "limits": self.limits}
        domain = {what: name for what, name in named.items() if name is not None}
        remarks = {"remarks": list(self.remarks)} if self.remarks else {}
        return {
            "domain": domain or "all inputs",
            "closeness": self.closeness,
            "semantics": self.semantics,
            **remarks,
        }


def claimed(evidence: str, claim: Claim | None = None, *, holds: bool = True) -> list[str]:
    """The claim of an answer, the evidence for or against it, and what is not claimed.

    `holds` is false where the answer does not say that the claim holds.

    Examples
    --------
    >>> claimed("certificate")[0]
    'The claim: equal for all inputs, in exact real arithmetic over the weights as stored.'
    """
    what = "The claim" if holds else "The claim, which this does not show"
    return [f"{what}: {claim or Claim()}.", f"Evidence: {evidence}.", NOT_CLAIMED]
