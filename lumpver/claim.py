"""`Claim`: what an answer is about, said once and in one way.

domain: the inputs it holds for: all of them, or a box from a VNN-LIB file
closeness: how near the outputs are: equal
semantics: what the numbers are: exact real arithmetic over the weights as stored
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final, Literal

NOT_CLAIMED: Final = (
    "Not claimed: that both models round alike when they are run in floats; usually the last"
    " digits differ, and a model that relies on rounding or overflow can differ arbitrarily."
)


@dataclass(frozen=True, slots=True)
class Claim:
    """Two models' outputs, on a domain, as near as `closeness` says, in some arithmetic.

    `box` names the VNN-LIB file whose bounds are the domain, None for all inputs. `remarks`
    are sentences about the domain, such as what that file says and nobody looked at.

    Examples
    --------
    >>> print(Claim())
    equal for all inputs, in exact real arithmetic over the weights as stored
    >>> Claim(box="unit.vnnlib").as_dict()["domain"]
    {'box': 'unit.vnnlib'}
    """

    box: str | None = None
    closeness: Literal["equal"] = "equal"
    semantics: Literal["real"] = "real"
    remarks: tuple[str, ...] = field(default=(), compare=False)

    @property
    def domain(self) -> str:
        """The inputs that it holds for, in words."""
        return "for all inputs" if self.box is None else f"on the box of {self.box}"

    def __str__(self) -> str:
        return (
            f"{self.closeness} {self.domain}, in exact real arithmetic over the weights as stored"
        )

    def as_dict(self) -> dict[str, Any]:
        """The claim as every `--json` answer carries it."""
        remarks = {"remarks": list(self.remarks)} if self.remarks else {}
        return {
            "domain": "all inputs" if self.box is None else {"box": self.box},
            "closeness": self.closeness,
            "semantics": self.semantics,
            **remarks,
        }
