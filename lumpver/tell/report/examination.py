"""What a report is made of: the checks that it runs itself, and what they answered.

Each file is read once; what is hashed is what is checked.

Examined: both models and the certificate as read, and one answer of each check that ran
disagreement: one checker accepts what the other rejects, which is a bug in one of them
"""

from __future__ import annotations

import hashlib
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar

from lumpver import proving as equivalence
from lumpver.checker import Checked, rejection
from lumpver.checker.signature import claimed
from lumpver.claim.certificate import MOST_BYTES, decode
from lumpver.claim.domain import Boxes
from lumpver.claim.statement import EVERYTHING
from lumpver.errors import Malformed, Rejected, ShapeMismatch
from lumpver.io.files import Model, format_of, load
from lumpver.io.naming import told
from lumpver.io.reading import read_bytes
from lumpver.proving.pairing import choices
from lumpver.reducing.verification import again, check_models
from lumpver.theory.lumpcheck import check_both, find, verify

if TYPE_CHECKING:
    from collections.abc import Callable

    from lumpver.claim.certificate import Certificate
    from lumpver.claim.statement import Claim
    from lumpver.io.domains import Found
    from lumpver.model.network import Network
    from lumpver.proving import Answer

ACCEPTED: Final = "accepted"
REJECTED: Final = "rejected"
PROVED: Final = "proved"
REFUTED: Final = "refuted"
UNKNOWN: Final = "unknown"
_Answer = TypeVar("_Answer")


@dataclass(frozen=True, slots=True, eq=False)
class Proof:
    """A certificate file as read: its bytes, and the claim that they encode."""

    path: Path
    data: bytes
    claim: Certificate

    @property
    def sha256(self) -> str:
        """The digest of the file."""
        return hashlib.sha256(self.data).hexdigest()


@dataclass(frozen=True, slots=True, eq=False)
class Examined:
    """Two models, perhaps a certificate, and what each check said; None where it did not run.

    `verified` is what lumpcheck says. `unasked` is why `prove` could not take these models. `asked`
    is what was asked; `options` are the words that ask it of two models, from their folder;
    `inputs` are the entries that a map of differences is to be along.
    """

    original: Model
    reduced: Model
    proof: Proof | None = None
    checked: Checked | Rejected | None = None
    verified: str | Rejected | None = None
    answer: Answer | None = None
    unasked: str = ""
    asked: Claim = EVERYTHING
    options: tuple[str, ...] = ()
    inputs: tuple[str, ...] = ()

    @property
    def verdict(self) -> str:
        """What all answers together say: a no counts more than a yes, a yes than neither."""
        proved = None if self.answer is None else self.answer.answer
        if proved == REFUTED:
            return REFUTED
        if self.checked is not None:
            return REJECTED if isinstance(self.checked, Rejected) else ACCEPTED
        return proved or UNKNOWN

    @property
    def contradicted(self) -> bool:
        """Whether an input refutes what the checker accepted: a bug in one of the two."""
        return self.verdict == REFUTED and isinstance(self.checked, Checked)

    @property
    def claim(self) -> Claim:
        """What the verdict is about."""
        if isinstance(self.checked, Checked):
            return self.checked.claim
        return self._asked if self.answer is None else self.answer.claim

    @property
    def domain(self) -> Boxes | None:
        """The boxes that were asked about, where not all inputs were."""
        return self.asked.domain if isinstance(self.asked.domain, Boxes) else None

    @property
    def relabelled(self) -> Certificate | None:
        """The certificate, where it says what becomes of units: where it has no covering."""
        found = None if self.proof is None else self.proof.claim
        return None if found is None or found.covering is not None else found

    @property
    def _asked(self) -> Claim:
        """What is asked of a certificate for these models."""
        return claimed(self.original.network, self.reduced.network, self.asked)

    @property
    def notes(self) -> tuple[str, ...]:
        """What the claim does not cover here, beyond float rounding."""
        found = self.checked.notes if isinstance(self.checked, Checked) else ()
        remarks = self.asked.remarks
        if self.proof is not None and self.proof.claim.covering is not None:
            remarks += (f"the certificate is {self.proof.claim.covering}: bounds show it in each",)
        if isinstance(self.checked, Checked) and self.checked.stronger is not None:
            remarks += (f"the certificate claims more: {self.checked.stronger}",)
        remarks += () if self.answer is None else self.answer.claim.remarks
        both = self.original.notes + self.reduced.notes
        named = told(self.original, self.reduced, but=self.original.digest.sha256)
        return tuple(dict.fromkeys((*both, *found, *remarks, *named)))

    @property
    def answers(self) -> dict[str, Any]:
        """What `lumpver check --json` and `lumpver prove --json` print, of those that ran."""
        found: dict[str, Any] = {}
        if isinstance(self.checked, Rejected):
            found["check"] = rejection(self.checked, self._asked)
        elif self.checked is not None:
            by = self.checked.evidence
            both = f"{by}, {self.verified}" if isinstance(self.verified, str) else by
            found["check"] = self.checked.as_dict() | {"evidence": both}
        if self.answer is not None:
            pairing = choices(self.original.network, self.reduced.network)
            remarks = self.answer.claim.remarks
            notes = [*remarks, *pairing, *self.original.notes, *self.reduced.notes]
            found["prove"] = self.answer.as_dict() | {"notes": notes}
        return found


def examine(  # noqa: PLR0913 each is an option of its own
    model: Path | str,
    reduced: Path | str,
    certificate: Path | str | None = None,
    *,
    prove: bool = False,
    timeout: float | None = None,
    verified: bool = False,
    lumpcheck: Path | str | None = None,
    box: Callable[[Network], Found] | None = None,
    options: tuple[str, ...] = (),
    inputs: tuple[str, ...] = (),
    progress: Callable[[str], None] = lambda _: None,
) -> Examined:
    """The models with the answers of `check`, if there is a certificate, and of `prove`.

    Without a certificate `prove` alone is asked. A rejection or refutation is an answer. What is
    asked is equality on the inputs that `box` means, given the original; without one on those that
    the certificate is about, or else on all. `options` are words that mean the same box,
    `inputs` what a map of differences is to be along.

    Raises
    ------
    DigestMismatch
        If the certificate is for other files.
    Unreadable, Malformed
        If a file cannot be read as what it should be.
    Missing, Unrepresentable
        If lumpcheck is asked and is not there, or the models are no dense chains.
    Disagreement
        If lumpcheck accepts what the checker rejects, or the other way round.
    """
    if certificate is None and verified:
        raise Malformed("--verified", expected="a certificate", got="none")
    program = find(lumpcheck) if verified else None
    progress("reading")
    ours, theirs, proof = _read(Path(model), Path(reduced), certificate)
    asked = _question(ours, proof, box)
    checked: Checked | Rejected | None = None
    second: str | Rejected | None = None
    if proof is not None:
        progress("checking")
        checked = _outcome(lambda: check_models(ours, theirs, proof.claim, claim=asked))
        if program is not None:
            second = _verified(ours.network, theirs.network, proof.claim, program, checked)
    answer, unasked = None, ""
    if prove or proof is None:
        progress("proving")
        both = (ours.network, theirs.network)
        answer, unasked = _proved(*both, asked, timeout, strict=proof is None)
    return Examined(ours, theirs, proof, checked, second, answer, unasked, asked, options, inputs)


def _question(model: Model, proof: Proof | None, box: Callable[[Network], Found] | None) -> Claim:
    """What is asked: equality on a box, or on what the certificate is about, or everywhere.

    Of a covering it is how near the models are that is claimed.
    """
    stated = EVERYTHING
    if proof is not None and proof.claim.covering is not None:
        stated = replace(EVERYTHING, closeness=proof.claim.claim.closeness)
    if box is not None:
        found = box(model.network)
        return replace(stated, domain=found.domain, remarks=found.notes)
    return stated if proof is None else replace(stated, domain=proof.claim.claim.domain)


def _read(
    model: Path, reduced: Path, certificate: Path | str | None
) -> tuple[Model, Model, Proof | None]:
    proof = None
    if certificate is not None:
        data = read_bytes(Path(certificate), most=MOST_BYTES)
        proof = Proof(Path(certificate), data, decode(data, where=str(certificate)))
    ours = load(model)
    format_of(reduced)
    return ours, again(reduced, read_bytes(reduced), ours), proof


def _outcome(ask: Callable[[], _Answer]) -> _Answer | Rejected:
    try:
        return ask()
    except Rejected as error:
        return error


def _verified(
    ours: Network, theirs: Network, claim: Certificate, program: Path, checked: Checked | Rejected
) -> str | Rejected:
    """What lumpcheck says, which is what the checker says."""
    second = _outcome(lambda: verify(ours, theirs, claim, program))
    if isinstance(second, Rejected) != isinstance(checked, Rejected):
        with suppress(Rejected):  # about types or operator sets, which lumpcheck does not see
            check_both(ours, theirs, claim, program)
    return second


def _proved(
    ours: Network, theirs: Network, asked: Claim, timeout: float | None, *, strict: bool
) -> tuple[Answer | None, str]:
    boxes, near = asked.domain if isinstance(asked.domain, Boxes) else None, asked.closeness
    try:
        return equivalence.prove(ours, theirs, box=boxes, timeout=timeout, closeness=near), ""
    except (Malformed, ShapeMismatch) as error:
        if strict or error.where == "timeout":
            raise
        return None, str(error)
