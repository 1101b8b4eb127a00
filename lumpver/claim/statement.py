"""`Claim`: what an answer is about, said once and in one way.

domain: the inputs it holds for: all of them, those in boxes, or within the limits that a
    .nnet file clips its inputs to
closeness: how near the outputs are: equal, within a bound, or of the same class
semantics: what the numbers are: exact real arithmetic over the weights as stored, or float32
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final, assert_never

from lumpver.claim.closeness import Closeness, Equal, given, near
from lumpver.claim.document import (
    closeness_document,
    closeness_from,
    domain_document,
    domain_from,
)
from lumpver.claim.domain import AllInputs, Boxes, Domain, Unread, described
from lumpver.claim.semantics import (
    WORDS,
    Float32,
    Real,
    Semantics,
    arithmetic,
    semantics_of,
    word_of,
)
from lumpver.claim.strict import an_object, members, short
from lumpver.errors import Malformed

ROUNDING: Final = (
    "that both models round alike in floats. Usually the last digits differ; where a model relies"
    " on rounding or overflow, anything can."
)
NOT_CLAIMED: Final = f"Not claimed: {ROUNDING}"
_ALL: Final = AllInputs()
_EQUAL: Final = Equal()
_REAL: Final = Real()


@dataclass(frozen=True, slots=True)
class Claim:
    """Two models' outputs, on a domain, as near as `closeness` says, in some arithmetic.

    `limits` names the model whose inputs are clipped, where the other's are not, and nothing
    is said of inputs beyond. `remarks` are sentences about the domain, such as what a file
    says and nobody looked at.

    Examples
    --------
    >>> print(Claim())
    equal for all inputs, in exact real arithmetic over the weights as stored
    >>> Claim(Unread("unit.vnnlib")).as_dict()["domain"]
    {'box': 'unit.vnnlib'}
    >>> Claim(limits="the first model").where
    'for all inputs within the limits of the first model'
    """

    domain: Domain = _ALL
    closeness: Closeness = _EQUAL
    semantics: Semantics = _REAL
    limits: str | None = None
    remarks: tuple[str, ...] = field(default=(), compare=False, repr=False)

    @property
    def where(self) -> str:
        """The inputs that it holds for, in words: "for all inputs"."""
        on = "for" if isinstance(self.domain, AllInputs) else "on"
        return f"{on} {self.covered}"

    @property
    def covered(self) -> str:
        """The same, as a thing: "all inputs"."""
        return f"{_place(self.domain) or 'all inputs'}{self._limited}"

    @property
    def each(self) -> str:
        """The same, one by one: "every input"."""
        place = _place(self.domain)
        return f"every input{place and f' in {place}'}{self._limited}"

    @property
    def _limited(self) -> str:
        return "" if self.limits is None else f" within the limits of {self.limits}"

    def __str__(self) -> str:
        return f"{near(self.closeness)} {self.where}, in {arithmetic(self.semantics)}"

    @property
    def sentence(self) -> str:
        """The claim as a sentence."""
        both = f"both models give {given(self.closeness)}"
        return f"For {self.each}, in {arithmetic(self.semantics)}, {both}."

    def as_dict(self) -> dict[str, Any]:
        """The claim as every `--json` answer carries it: boxes by the name of their file."""
        named = {"box": _source(self.domain), "limits": self.limits}
        domain = {what: name for what, name in named.items() if name is not None}
        remarks = {"remarks": list(self.remarks)} if self.remarks else {}
        return {
            "domain": domain or domain_document(self.domain),
            "closeness": closeness_document(self.closeness),
            "semantics": word_of(self.semantics),
            **remarks,
        }

    def as_document(self) -> dict[str, Any]:
        """The claim as a certificate carries it: every number exactly, and no file's name.

        Raises
        ------
        Malformed
            If it is within limits, which no certificate says, or of a file that nobody read.

        Examples
        --------
        >>> from lumpver.claim.closeness import Within
        >>> Claim(closeness=Within("1/10")).as_document()
        {'domain': 'all inputs', 'closeness': {'within': '1/10'}, 'semantics': 'real'}
        """
        if self.limits is not None:
            raise Malformed("claim", expected="no limits", got=f"those of {self.limits}")
        return {
            "domain": domain_document(self.domain),
            "closeness": closeness_document(self.closeness),
            "semantics": word_of(self.semantics),
        }


EVERYTHING: Final = Claim()  # the strongest, which is the default everywhere


def claim_from(document: Any, *, where: str = "claim") -> Claim:
    """The claim whose `as_document` this is, read strictly.

    Raises
    ------
    Malformed
        For anything else: unknown members, numbers that are no text in lowest terms, names out
        of order, boxes that are empty, given twice or without a bound.

    Examples
    --------
    >>> from lumpver.claim.closeness import Within
    >>> near = Claim(closeness=Within("1/10"))
    >>> claim_from(near.as_document()) == near
    True
    """
    found = an_object(document, where)
    members(found, where, {"domain", "closeness", "semantics"})
    semantics = found["semantics"]
    if not isinstance(semantics, str) or semantics not in WORDS:
        expected = " or ".join(map(repr, WORDS))
        raise Malformed(f"{where}: semantics", expected=expected, got=short(semantics))
    return Claim(
        domain_from(found["domain"], f"{where}: domain"),
        closeness_from(found["closeness"], f"{where}: closeness"),
        semantics_of(semantics),
    )


def claimed(evidence: str, claim: Claim | None = None, *, holds: bool = True) -> list[str]:
    """The claim of an answer, the evidence for or against it, and what is not claimed.

    `holds` is false where the answer does not say that the claim holds.

    Examples
    --------
    >>> claimed("certificate")[0]
    'The claim: equal for all inputs, in exact real arithmetic over the weights as stored.'
    """
    what = "The claim" if holds else "The claim, which this does not show"
    found = Claim() if claim is None else claim
    return [f"{what}: {found}.", f"Evidence: {evidence}.", *not_claimed(found.semantics)]


def not_claimed(semantics: Semantics) -> list[str]:
    """What an answer in reals does not say of floats."""
    match semantics:
        case Real():
            return [NOT_CLAIMED]
        case Float32():
            return []
        case _:
            assert_never(semantics)


def _place(domain: Domain) -> str:
    """Where the inputs are, in words; nothing where they may be anywhere."""
    match domain:
        case AllInputs():
            return ""
        case Boxes():
            source = domain.source
            return described(domain.boxes) if source is None else f"the box of {source}"
        case Unread():
            return f"the box of {domain.source}"
        case _:
            assert_never(domain)


def _source(domain: Domain) -> str | None:
    """The name of the file that a domain is from, if it is from one."""
    match domain:
        case AllInputs():
            return None
        case Boxes() | Unread():
            return domain.source
        case _:
            assert_never(domain)
