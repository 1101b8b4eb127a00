"""What the options of `check` ask: a claim, once the model is read whose inputs a box is about."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from lumpver.claim.closeness import Equal, SameClass, Within, not_negative
from lumpver.claim.semantics import semantics_of
from lumpver.claim.statement import Claim
from lumpver.errors import Malformed

if TYPE_CHECKING:
    from lumpver.claim.closeness import Closeness
    from lumpver.claim.semantics import Word
    from lumpver.cli.bounding import Bounds
    from lumpver.io.files import Model


@dataclass(frozen=True, slots=True)
class Asked:
    """What the options ask of a certificate; of a box only the name, until a model is read."""

    box: Bounds
    closeness: Closeness
    semantics: Word

    def of(self, model: Model) -> Claim:
        """The claim that is asked about a model, whose inputs the box is about."""
        claim = Claim(closeness=self.closeness, semantics=semantics_of(self.semantics))
        if not self.box.given:
            return claim
        found = self.box.of(model.network)
        return replace(claim, domain=found.domain, remarks=found.notes)


def asked(
    box: Bounds, eps: str | None, delta: str | None, semantics: Word, *, same_class: bool
) -> Asked:
    """What the options mean.

    Raises
    ------
    Malformed
        If a number is none or negative, or two options do not go together.
    """
    if delta is not None and not same_class:
        raise Malformed("--delta", expected="--same-class beside it", got="none")
    if eps is not None and same_class:
        raise Malformed("--eps", expected="no --same-class beside it", got="both")
    closeness: Closeness = Equal()
    if eps is not None:
        closeness = Within(not_negative(eps, where="--eps"))
    elif same_class:
        closeness = SameClass("max", not_negative(delta or "0", where="--delta"))
    return Asked(box, closeness, semantics)
