"""The evidence table: every kind there is, what it covers, what it said, what it trusts.

Kinds are never mixed, and one that was not asked says so.

tone: yes, no, open or none, which is how an answer is shown besides its words
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from lumpver.claim.closeness import Equal
from lumpver.claim.statement import ROUNDING
from lumpver.errors import Rejected
from lumpver.proving import Proved, Refuted, Unknown
from lumpver.proving.answers import INTERFACE, NORMAL_FORM
from lumpver.tell.report.examination import ACCEPTED, PROVED, REFUTED, REJECTED, UNKNOWN

if TYPE_CHECKING:
    from lumpver.tell.report.examination import Examined

YES: Final = "yes"
NO: Final = "no"
OPEN: Final = "open"
NONE: Final = "none"
NOT_RUN: Final = "not run"
NOT_CLAIMED: Final = f"{ROUNDING[0].upper()}{ROUNDING[1:]}"
_RULES: Final = {
    "activation": "the units cannot be relabelled across this activation",
    "affine": "a weight or bias of the reduced model is not what the certificate makes of it",
    "claim": "the certificate claims less than was asked",
    "closeness": "bounds do not show in a part of a box that the models are so near there",
    "constant": "a unit that is claimed to be constant depends on what it reads",
    "counterpart": "the reduced model has not the tensor that the certificate names",
    "covering": "the certificate is none of these models and boxes",
    "element type": "the two tensors hold numbers of different types",
    "environment": "the models do not rest on the same operator sets and functions",
    "forms": "what was made anew does not compute what it should, or cannot be compared",
    "ghost": "units that are claimed to be unused are read, or are no multiples of each other",
    "graph inputs": "the models do not have the same inputs",
    "graph outputs": "the models do not have the same outputs",
    "lumpcheck": "the verified checker does not accept the certificate",
    "opaque node": "a node that lumpver does not model is not the same in both models",
    "output": "an output of the reduced model is not the original's",
    "rearrangement": "a reshaping or transposition is not the same in both models",
    "tensor": "the certificate speaks of a tensor that it may say nothing about",
    "unit axis": "units are counted along another axis",
    "unpaired node": "a node of the reduced model corresponds to none of the original's",
}


@dataclass(frozen=True, slots=True)
class Said:
    """What a kind of evidence said, in a word or two, its tone, and more where there is more."""

    answer: str
    tone: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """One kind of evidence: what it covers, what it said, what it trusts."""

    kind: str
    covers: str
    said: Said
    trusts: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the report says first: a word, its tone, on which inputs, a sentence."""

    word: str
    tone: str
    sentence: str
    where: str = ""

    @property
    def said(self) -> str:
        """All of it in one line."""
        return " ".join(part for part in (f"{self.word}.", self.where, self.sentence) if part)


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a certificate was rejected: in a sentence, and as the checker's fields."""

    sentence: str
    rule: str
    layer: str
    unit: str
    expected: str
    got: str


def verdict(examined: Examined) -> Verdict:
    """The answer of the report; where it is about a box, that comes first."""
    on, where = "", ""
    if examined.domain is not None:
        on, place = " on a box", examined.claim.covered
        where = f"Asked was {place}."
        if examined.verdict in (ACCEPTED, PROVED):
            where = f"Only for inputs in {place}; nothing is said of others."
    found = {
        ACCEPTED: (f"Accepted{on}", YES, "Checked here, from these files. The claim holds."),
        PROVED: (
            f"Proved{on}", YES, "Proved here, from the two models alone. The claim holds.",
        ),
        REJECTED: ("Rejected", NO, _rejected(examined)),
        REFUTED: (f"Refuted{on}", NO, _refuted(examined)),
        UNKNOWN: ("Unknown", OPEN, "Neither proved nor refuted. Nothing is known of the claim."),
    }  # fmt: skip
    return Verdict(*found[examined.verdict], where)


def _rejected(examined: Examined) -> str:
    if isinstance(examined.answer, Proved):
        return "The certificate does not show the claim; it is proved from the two models alone."
    return "The certificate does not show the claim. Whether it holds is not known."


def _refuted(examined: Examined) -> str:
    gives = "different outputs"
    if not isinstance(examined.asked.closeness, Equal):
        gives = "outputs that are not so near"
    found = f"The claim is false: an input, replayed exactly through both, gives {gives}."
    if _interface(examined):
        found = "The claim is false: the models do not take and give the same."
    if said := _enclosed(examined):
        found = f"The claim is false. {said}"
    if examined.contradicted:
        found += " The checker accepted it all the same: that is a bug, please report the files."
    return found


def rows(examined: Examined) -> tuple[Row, ...]:
    """All kinds of evidence, whether they ran or not; the interfaces only where they differ."""
    every, trusted = examined.claim.covered, trusts()
    said = _interface(examined)
    first = [(INTERFACE, every, Said("they differ", NO, said))] if said else []
    return tuple(
        Row(kind, covers, said, trusted[kind])
        for kind, covers, said in (
            *first,
            ("certificate", every, _checked(examined)),
            ("verified-certificate", every, _verified(examined)),
            ("joint", every, _proved(examined, solver=False)),
            ("smt", every, _proved(examined, solver=True)),
            _point(examined),
        )
    )


def _point(examined: Examined) -> tuple[str, str, Said]:
    """What shows at an input: replayed exactly, or by bounds that do not meet."""
    if _enclosed(examined):
        return "enclosure", "one input", Said("outputs differ", NO, "bounds that do not meet")
    return "replay", "one input", _replayed(examined)


def trusts() -> dict[str, str]:
    """What each kind of evidence rests on.

    Examples
    --------
    >>> trusts()["replay"]
    'exact evaluation, the model reader'
    """
    return {
        "certificate": "the checker, the model reader, the theorem (proved in Rocq for dense"
        " chains that are relabelled, else on paper)",
        "verified-certificate": "Rocq\u2019s kernel, extraction, lumpcheck\u2019s small reader,"
        " the model reader",
        "joint": "the prover in exact arithmetic, which asked no solver, the model reader",
        "smt": "the prover, its encoder, the solver, the model reader",
        "replay": "exact evaluation, the model reader",
        "enclosure": "bounds of both models at one input, rounded outward, the model reader",
        INTERFACE: "shape inference, the model reader",
    }


def supporting(examined: Examined) -> str:
    """The kinds of evidence that say what the verdict says, by name; `none` if none does."""
    tone = verdict(examined).tone
    kinds = [row.kind for row in rows(examined) if row.said.tone == tone != OPEN]
    if examined.verdict == REFUTED:
        kinds = [INTERFACE if _interface(examined) else _point(examined)[0]]
    return ", ".join(kinds) or "none"


def _interface(examined: Examined) -> str:
    """How inputs or outputs differ, where that is the answer."""
    answer = examined.answer
    if isinstance(answer, Refuted) and answer.evidence == INTERFACE:
        return answer.reason
    return ""


def _enclosed(examined: Examined) -> str:
    """By how much an output is off at least, where no value is rational, and that is the answer."""
    answer = examined.answer
    return answer.reason if isinstance(answer, Refuted) and answer.enclosed is not None else ""


def _checked(examined: Examined) -> Said:
    if examined.checked is None:
        return Said(NOT_RUN, NONE, "no certificate was given")
    return Said(REJECTED, NO) if isinstance(examined.checked, Rejected) else Said(ACCEPTED, YES)


def _verified(examined: Examined) -> Said:
    if examined.verified is None:
        return Said(NOT_RUN, NONE)
    if isinstance(examined.verified, Rejected):
        return Said(REJECTED, NO)
    if isinstance(examined.checked, Rejected):
        return Said(ACCEPTED, OPEN, f"the numbers; it does not see the {examined.checked.rule}")
    return Said(ACCEPTED, YES)


def _proved(examined: Examined, *, solver: bool) -> Said:
    """What `prove` said, with or without a solver."""
    answer = examined.answer
    if isinstance(answer, Proved):
        if solver == (answer.evidence == NORMAL_FORM):
            return Said(NOT_RUN, NONE, "not needed" if solver else "a solver was needed")
        return Said(PROVED, YES, f"by {answer.step}")
    if isinstance(answer, Refuted):
        by = "what the models take and give" if _interface(examined) else "an input"
        return Said("no proof", NO, f"{by} refutes the claim")
    if isinstance(answer, Unknown):
        return Said(UNKNOWN, OPEN, answer.reason)
    return Said(NOT_RUN, NONE, examined.unasked)


def _replayed(examined: Examined) -> Said:
    if _interface(examined):
        return Said(NOT_RUN, NONE, "no input is needed")
    if isinstance(examined.answer, Refuted):
        return Said("outputs differ", NO, f"found by {examined.answer.step}")
    return Said(NOT_RUN, NONE, "" if examined.answer is None else "no input to try")


def failure(examined: Examined) -> Failure | None:
    """Why the certificate was rejected, in plain words; None if it was not."""
    error = examined.checked
    if not isinstance(error, Rejected):
        return None
    place = f"in {error.layer}" if error.unit is None else f"at unit {error.unit} of {error.layer}"
    if error.layer in {"model", "certificate"}:
        place = f"in the {error.layer}"
    reason = _RULES.get(error.rule, f"the rule \u201c{error.rule}\u201d does not hold")
    return Failure(
        f"The checker stopped {place}: {reason}.",
        error.rule,
        error.layer,
        "" if error.unit is None else str(error.unit),
        error.expected,
        error.got,
    )
