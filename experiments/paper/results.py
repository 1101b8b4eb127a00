"""What a run found, as data and as JSON; one file per seed, the same bytes each time.

Counts are of test images. A verdict is written as a short array: node, answer, reason, and
where there is one the test image, the change of an output, and the constructed features.

right, changed: per number of pruned nodes, from none to all
equal: for how many of `exact_images` no logit changes when all nodes go, exactly
certified, left: see `certifying`
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal

import msgspec

from experiments.paper.settings import Settings  # noqa: TC001 msgspec reads it
from lumpver.errors import Malformed

if TYPE_CHECKING:
    from collections.abc import Sequence

FORMAT: Final = "lumpver-experiment"
ANSWERS: Final = ("exact", "counterexample", "unknown")


class Verdict(msgspec.Struct, frozen=True, array_like=True, omit_defaults=True):
    """What pruning one node does: `exact` for all inputs, `counterexample`, or `unknown`.

    `change` is how much one output changes there, to three digits.
    """

    node: int
    answer: Literal["exact", "counterexample", "unknown"]
    reason: str
    image: int | None = None
    change: str = ""
    point: tuple[str, ...] = ()


class Variant(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One synthetic layer: what became of accuracy, and a verdict for each node.

    Examples
    --------
    >>> Variant("same", 2, (9, 8), (0, 1), 5, 5, 0, 1, ()).losses
    (0, 1)
    """

    family: str
    terms: int
    right: tuple[int, ...]
    changed: tuple[int, ...]
    equal: int
    exact_images: int
    certified: int
    left: int
    verdicts: tuple[Verdict, ...]

    @property
    def losses(self) -> tuple[int, ...]:
        """How many right answers fewer than unpruned; negative where there are more."""
        return tuple(self.right[0] - count for count in self.right)

    def answered(self, answer: str, reason: str | None = None) -> int:
        """How many nodes have that answer, for that reason if one is named."""
        return sum(v.answer == answer and reason in (None, v.reason) for v in self.verdicts)


class Outcome(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Everything about one seed."""

    settings: Settings
    seed: int
    tests: int
    trained: int
    variants: tuple[Variant, ...]
    format: Literal["lumpver-experiment"] = "lumpver-experiment"
    version: Literal[1] = 1

    def variant(self, family: str, terms: int) -> Variant:
        """One of the variants.

        Raises
        ------
        Malformed
            If there is no such variant.
        """
        for found in self.variants:
            if (found.family, found.terms) == (family, terms):
                return found
        raise Malformed(f"seed {self.seed}", expected=f"{family} with {terms} terms", got="none")


def encode(outcome: Outcome) -> bytes:
    """The outcome's canonical text, one variant a line."""
    text = msgspec.json.encode(outcome, order="sorted").decode("ascii")
    return text.replace('{"certified"', '\n{"certified"').encode() + b"\n"


def decode(data: bytes, *, where: str = "outcome") -> Outcome:
    """The outcome that `data` encodes.

    Raises
    ------
    Malformed
        If it is anything but an outcome whose sizes fit its settings.

    Examples
    --------
    >>> one = Outcome(Settings("none", families=(), terms=()), 0, 10, 9, ())
    >>> decode(encode(one)) == one
    True
    """
    try:
        found = msgspec.json.decode(data, type=Outcome)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Malformed(where, expected=FORMAT, got=str(error)[:120]) from error
    _sized(found, where)
    return found


def _sized(found: Outcome, where: str) -> None:
    expected = found.settings.variants
    got = tuple((variant.family, variant.terms) for variant in found.variants)
    if got != expected:
        raise Malformed(where, expected=f"variants {expected}", got=str(got))
    nodes = found.settings.combined
    for variant in found.variants:
        sizes = len(variant.right), len(variant.changed), len(variant.verdicts)
        if sizes != (nodes + 1, nodes + 1, nodes):
            place = f"{where}: {variant.family} {variant.terms}"
            raise Malformed(place, expected=f"{nodes} nodes", got=str(sizes))
        numbers = (*variant.right, *variant.changed)
        if not 0 <= min(numbers) <= max(numbers) <= found.tests:
            place = f"{where}: {variant.family} {variant.terms}"
            raise Malformed(place, expected=f"counts up to {found.tests}", got=str(max(numbers)))


def alike(outcomes: Sequence[Outcome]) -> Settings:
    """The settings that all outcomes share.

    Raises
    ------
    Malformed
        If there is none, two differ, or a seed comes twice.
    """
    if not outcomes:
        raise Malformed("outcomes", expected="at least one", got="none")
    first = outcomes[0].settings
    for one in outcomes:
        if one.settings != first:
            raise Malformed(f"seed {one.seed}", expected="the other seeds' settings", got="others")
    seeds = sorted(one.seed for one in outcomes)
    if len(set(seeds)) != len(seeds):
        raise Malformed("outcomes", expected="distinct seeds", got=str(seeds))
    return first
