"""What a certificate claims: the relabelling of every tensor that changed.

digest: SHA-256 of a model file's bytes as stored, in lower-case hex
counterpart: the reduced network's tensor, null where it has none
name: in a file as `names.spelled` has it: one that begins with ~ is doubled there, and
    "~ " begins those that no model's file has
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from lumpver.claim.statement import EVERYTHING, Claim
from lumpver.errors import Malformed

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lumpver.claim.covering import Covering
    from lumpver.claim.facts import Fact
    from lumpver.claim.hints import Hints
    from lumpver.claim.signs import Signs

FORMAT: Final = "lumpver-certificate"
VERSION: Final = 3
SEMANTICS: Final = "real"


@dataclass(frozen=True, slots=True)
class Digest:
    """Which files a model is: its own digest, and that of each external data file."""

    sha256: str
    external: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, eq=False)
class Certificate:
    """What is claimed of the reduced model and the original, with its reasons.

    `tensors` holds the facts about tensors that are not simply themselves, `signs` what is shown
    of units of the original; where there is a `covering`, that is the reason, and facts are of a
    network in between, which is as near the original as is claimed.
    Digests are None for networks that are no files (yet). `version` is that of the text it was
    read from. `hints` are for the bounds on each box of the claim's domain, or none; `straight`
    are tensors whose activations count as the lines that they are there.
    """

    tensors: Mapping[str, tuple[Fact, ...]]
    original: Digest | None = None
    reduced: Digest | None = None
    provenance: Mapping[str, Any] = field(default_factory=dict)
    claim: Claim = EVERYTHING
    version: int = VERSION
    covering: Covering | None = None
    hints: tuple[Hints, ...] = ()
    signs: Mapping[str, Signs] = field(default_factory=dict)
    straight: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        beside = {"hints": self.hints, "signs": self.signs, "straight": self.straight}
        if self.covering is not None and any(beside.values()):
            got = next(name for name, some in beside.items() if some)
            expected = "no hints or signs, and nothing straight, by a covering"
            raise Malformed("certificate", expected=expected, got=got)

    def __repr__(self) -> str:
        if self.covering is not None:
            nearly = ", of what lies in between" if self.tensors else ""
            return f"<Certificate: {self.covering}{nearly}>"
        facts = (fact for facts in self.tensors.values() for fact in facts)
        changed = [fact.relabelling for fact in facts if fact.relabelling is not None]
        before = sum(found.units for found in changed)
        after = sum(found.width for found in changed)
        tensors = "1 tensor" if len(changed) == 1 else f"{len(changed)} tensors"
        said = [f"{tensors} relabelled, {before} units to {after}"]
        if anew := sum(fact.since is not None for facts in self.tensors.values() for fact in facts):
            stretches = "1 stretch" if anew == 1 else f"{anew} stretches"
            said = [*(said if changed else []), f"{stretches} made anew"]
        return f"<Certificate: {', '.join(said)}>"

    @property
    def leads(self) -> Mapping[str, Fact]:
        """The fact that people are told of each tensor: the first that has a relabelling."""
        return {
            name: next((fact for fact in facts if fact.relabelling is not None), facts[0])
            for name, facts in self.tensors.items()
        }
