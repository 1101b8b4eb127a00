"""What `prove` can say: the answer, what it rests on, and which step gave it.

A refutation is an input, replayed exactly through both networks, or one at which exact bounds of
their outputs do not meet; nothing else is one.

step: `interface`, `evaluation`, `joint lumping`, `joint forms`, `splitting`, `sweeping` or
    `monolithic`
claim: what was asked, which is proved, refuted or left open
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, Final

from lumpver.claim.semantics import word_of
from lumpver.claim.statement import EVERYTHING, Claim
from lumpver.exact.scalar import number, text
from lumpver.proving.decimals import ENDS, near, over, under
from lumpver.proving.smt import Disagreement

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flint import fmpq

    from lumpver.claim.covering import Covering
    from lumpver.exact.array import Exact

INTERFACE: Final = "interface"
EVALUATION: Final = "evaluation"
JOINT: Final = "joint lumping"
FORMS: Final = "joint forms"
SWEEPING: Final = "sweeping"
MONOLITHIC: Final = "monolithic"
SPLITTING: Final = "splitting"
STEPS: Final = (INTERFACE, EVALUATION, JOINT, FORMS, SPLITTING, SWEEPING, MONOLITHIC)
NORMAL_FORM: Final = "joint"
_EVIDENCE: Final = {JOINT: NORMAL_FORM, FORMS: NORMAL_FORM, SPLITTING: "search"}

SolverDisagreement = Disagreement


@dataclass(frozen=True, slots=True)
class Proved:
    """The two models are as the claim says.

    `evidence` is `joint` where no solver was asked, else `smt`: joint lumping and joint forms ask
    none. It is `search` where boxes were cut until it showed in each part, and then `covering`
    says how: a certificate may have it. `shown` is what it shows of reals, where the claim is of
    floats. Where the smallest eps was sought, `largest` is an input at which the
    outputs differ most, of those that were tried.

    Examples
    --------
    >>> Proved(JOINT).evidence, Proved(SWEEPING).evidence
    ('joint', 'smt')
    """

    step: str
    evidence: str = ""
    claim: Claim = EVERYTHING
    covering: Covering | None = field(default=None, repr=False, compare=False)
    shown: Claim | None = field(default=None, repr=False, compare=False)
    largest: Refuted | None = field(default=None, repr=False, compare=False)
    answer: ClassVar[str] = "proved"

    def __post_init__(self) -> None:
        if not self.evidence:
            object.__setattr__(self, "evidence", _EVIDENCE.get(self.step, "smt"))

    @property
    def semantics(self) -> str:
        """The word for what the numbers are."""
        return word_of(self.claim.semantics)

    def as_dict(self) -> dict[str, Any]:
        """The fields, as `--json` prints them."""
        parts = {} if self.covering is None else {"parts": self.covering.leaves}
        shown = {} if self.largest is None else {"largest": self.largest.point()}
        return _header(self) | parts | shown


@dataclass(frozen=True, slots=True, eq=False)
class Replayed:
    """Both networks' exact values at one input, and whether rounding may be all of it.

    Each output has the first network's, the second's, and the curve that both end in, or "".
    """

    inputs: Mapping[str, Exact]
    outputs: Mapping[str, tuple[Exact, Exact, str]]
    rounding: bool = False


@dataclass(frozen=True, slots=True)
class Difference:
    """The largest one: between which entries, exactly, and in decimals to read.

    `rounding` says that all differences are as small as what rounding the stored numbers
    to their type does to the outputs.
    """

    output: str
    place: tuple[int, ...]
    exact: Any
    rounding: bool = False

    @property
    def decimal(self) -> str:
        """About how large it is."""
        return near(self.exact)

    def as_dict(self) -> dict[str, Any]:
        """The fields, as `--json` prints them."""
        return {
            "output": self.output,
            "place": list(self.place),
            "exact": exactly(self.exact),
            "decimal": self.decimal,
            "rounding": self.rounding,
        }


@dataclass(frozen=True, slots=True)
class Enclosed:
    """An entry of an output, the numbers that it is between in both networks, which do not meet.

    Where `curve` is one, both outputs end in it, and the numbers are in front of it.

    Examples
    --------
    >>> from flint import fmpq
    >>> found = Enclosed("y", (2,), (fmpq(0), fmpq(1)), (fmpq(4, 3), fmpq(2)))
    >>> found.sentence
    'y[2] is between 0 and 1, against between 1.3333333333333333 and 2: off by at least 0.333333'
    """

    output: str
    place: tuple[int, ...]
    ours: tuple[fmpq, fmpq]
    theirs: tuple[fmpq, fmpq]
    curve: str = ""

    @property
    def least(self) -> fmpq:
        """How far apart they are at least."""
        return max(self.ours[0] - self.theirs[1], self.theirs[0] - self.ours[1])

    @property
    def sentence(self) -> str:
        """In words, all decimals rounded to the safe side."""
        where = f"{self.output}[{', '.join(map(str, self.place))}]" if self.place else self.output
        before = f", in front of its {self.curve}," if self.curve else ""
        one, other = (
            f"between {under(low, ENDS)} and {over(high, ENDS)}"
            for low, high in (self.ours, self.theirs)
        )
        return f"{where}{before} is {one}, against {other}: off by at least {under(self.least)}"

    def as_dict(self) -> dict[str, Any]:
        """The fields, as `--json` prints them."""
        return {
            "output": self.output,
            "place": list(self.place),
            "between": [[text(end) for end in ends] for ends in (self.ours, self.theirs)],
            "at_least": {"exact": text(self.least), "decimal": under(self.least)},
            **({"before": self.curve} if self.curve else {}),
        }


@dataclass(frozen=True, slots=True)
class Refuted:
    """An input on which the outputs differ, replayed through both networks.

    `counterexample` gives each input of the first network as nested tuples of sympy
    numbers, `outputs` each output as a pair of such: the first network's, the second's.
    `difference` is the largest there. An axis that both networks leave alone has length 1
    here. Where inputs or outputs differ in number, type or shape, `reason` says so,
    `evidence` is `interface`, and there is no point. Where no value is rational, `evidence` is
    `enclosure`, and `enclosed` has what an output is between in both networks instead of `outputs`.
    """

    step: str
    counterexample: Mapping[str, Any]
    outputs: Mapping[str, tuple[Any, Any]]
    evidence: str = "replay"
    claim: Claim = EVERYTHING
    reason: str = ""
    difference: Difference | None = None
    replayed: Replayed | None = field(default=None, repr=False, compare=False)
    enclosed: Enclosed | None = None
    answer: ClassVar[str] = "refuted"

    @property
    def semantics(self) -> str:
        """The word for what the numbers are."""
        return word_of(self.claim.semantics)

    def as_dict(self) -> dict[str, Any]:
        """The fields, as `--json` prints them: numbers as text, in row-major order."""
        return {
            **_header(self),
            **({"reason": self.reason} if self.reason else {}),
            **self.point(),
        }

    def point(self) -> dict[str, Any]:
        """What is about the input, as `--json` prints it."""
        return {
            **({"difference": self.difference.as_dict()} if self.difference else {}),
            **({"enclosure": self.enclosed.as_dict()} if self.enclosed else {}),
            "counterexample": {n: _words(value) for n, value in self.counterexample.items()},
            "outputs": {n: [_words(side) for side in pair] for n, pair in self.outputs.items()},
        }


@dataclass(frozen=True, slots=True)
class Unknown:
    """Neither: why, and the open question as SMT-LIB text, empty where it has none."""

    step: str
    reason: str
    query: str = field(default="", repr=False)
    evidence: str = "none"
    claim: Claim = EVERYTHING
    answer: ClassVar[str] = "unknown"

    @property
    def semantics(self) -> str:
        """The word for what the numbers are."""
        return word_of(self.claim.semantics)

    def as_dict(self) -> dict[str, Any]:
        """The fields but the query, as `--json` prints them."""
        return {**_header(self), "reason": self.reason}


Answer = Proved | Refuted | Unknown


def _header(answer: Answer) -> dict[str, Any]:
    return {
        "answer": answer.answer,
        "evidence": answer.evidence,
        "step": answer.step,
        "claim": answer.claim.as_dict(),
        "semantics": answer.semantics,
    }


def flat(value: Any) -> list[Any]:
    """The entries of nested tuples, in row-major order.

    Examples
    --------
    >>> flat(((1, 2), (3,)))
    [1, 2, 3]
    """
    if not isinstance(value, tuple):
        return [value]
    return [entry for part in value for entry in flat(part)]


def exactly(value: Any) -> str:
    """A number as text: `p/q` where it is rational, else an expression, as of a curve."""
    curve = getattr(value, "is_Rational", True) is False  # Tanh or Sigmoid of a rational
    return str(value) if curve else text(number(value))


def _words(value: Any) -> list[str]:
    return [exactly(entry) for entry in flat(value)]
