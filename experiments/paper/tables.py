"""What several seeds say together: tables, the curves of the figure, the paper's claims.

Losses are in percentage points of accuracy on the test images, as means over the seeds with
the least and the greatest in brackets.

spread: least, mean and greatest over the seeds, exactly
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from experiments.paper.results import alike

if TYPE_CHECKING:
    from collections.abc import Sequence

    from experiments.paper.results import Outcome, Variant

_HEAD: Final = (
    "family",
    "terms",
    "nodes",
    "exact",
    "certified",
    "refuted by a test image",
    "refuted by a constructed input",
    "unknown",
    "left by `reduce`",
)


@dataclass(frozen=True, slots=True)
class Spread:
    """Least, mean and greatest of one number per seed."""

    least: Fraction
    mean: Fraction
    greatest: Fraction

    def __str__(self) -> str:
        mean, least, greatest = (
            f"{round(float(x), 2) + 0.0:.2f}" for x in (self.mean, self.least, self.greatest)
        )
        return f"{mean} ({least} to {greatest})"


def spread(values: Sequence[Fraction]) -> Spread:
    """The spread of at least one value.

    Examples
    --------
    >>> str(spread([Fraction(1), Fraction(1, 2)]))
    '0.75 (0.50 to 1.00)'
    """
    return Spread(min(values), sum(values, Fraction(0)) / len(values), max(values))


def variants(outcomes: Sequence[Outcome], family: str, terms: int) -> list[Variant]:
    """One variant, of every seed."""
    return [one.variant(family, terms) for one in outcomes]


def losses(outcomes: Sequence[Outcome], family: str, terms: int) -> tuple[Spread, ...]:
    """Per number of pruned nodes, how much accuracy is lost, in percentage points."""
    table = [one.losses for one in variants(outcomes, family, terms)]
    tests = outcomes[0].tests
    return tuple(
        spread([Fraction(100 * count, tests) for count in column])
        for column in zip(*table, strict=True)
    )


def markdown(outcomes: Sequence[Outcome]) -> str:
    """Two tables with a row per variant: accuracies, then what is true of the nodes.

    Raises
    ------
    Malformed
        If the outcomes do not belong together.
    """
    settings = alike(outcomes)
    nodes = settings.combined
    quarters = [nodes * k // 4 for k in (1, 2, 3, 4)]
    lost = [f"lost after {count}" for count in quarters]
    accuracies = [["family", "terms", "accuracy unpruned", *lost, "answers changed"]]
    verdicts = [list(_HEAD)]
    for family, terms in settings.variants:
        found = variants(outcomes, family, terms)
        curve = losses(outcomes, family, terms)
        tests = outcomes[0].tests
        right = spread([Fraction(100 * one.right[0], tests) for one in found])
        changed = spread([Fraction(100 * one.changed[-1], tests) for one in found])
        cells = [right, *(curve[count] for count in quarters), changed]
        accuracies.append([family, str(terms), *map(str, cells)])
        verdicts.append([family, str(terms), *_verdicts(found)])
    return f"{_table(accuracies)}\n{_table(verdicts)}"


def _table(rows: Sequence[Sequence[str]]) -> str:
    head, *body = ("| " + " | ".join(cells) + " |\n" for cells in rows)
    return head + "|---|" + "--:|" * (len(rows[0]) - 1) + "\n" + "".join(body)


def _verdicts(found: Sequence[Variant]) -> list[str]:
    """How many nodes there are of each kind, over all seeds; how many units `reduce` leaves."""
    counts = [
        sum(len(one.verdicts) for one in found),
        sum(one.answered("exact") for one in found),
        sum(one.certified for one in found),
        sum(one.answered("counterexample", "image") for one in found),
        sum(one.answered("counterexample", "point") for one in found),
        sum(one.answered("unknown") for one in found),
    ]
    left = sorted({one.left for one in found})
    return [*map(str, counts), f"{left[0]} to {left[-1]}" if len(left) > 1 else str(left[0])]


def csv(outcomes: Sequence[Outcome]) -> str:
    """The curves of the figure: per variant and number of pruned nodes, the accuracy lost.

    In percentage points, least, mean and greatest over the seeds; as short decimals as give
    the same floats.

    Raises
    ------
    Malformed
        If the outcomes do not belong together.
    """
    settings = alike(outcomes)
    lines = ["family,terms,pruned,least,mean,greatest"]
    for family, terms in settings.variants:
        for pruned, point in enumerate(losses(outcomes, family, terms)):
            numbers = (point.least, point.mean, point.greatest)
            cells = ",".join(repr(float(number)) for number in numbers)
            lines.append(f"{family},{terms},{pruned},{cells}")
    return "\n".join(lines) + "\n"


def claims(outcomes: Sequence[Outcome]) -> str:
    """What the numbers say about the paper's claims, in sentences.

    Raises
    ------
    Malformed
        If the outcomes do not belong together.
    """
    settings = alike(outcomes)
    sentences = [_kept(outcomes, family) for family in settings.families]
    sentences += [
        _order(outcomes, family)
        for family in settings.families
        if family != "same" and len(settings.terms) > 1
    ]
    return "".join(f"* {sentence}\n" for sentence in sentences)


def _kept(outcomes: Sequence[Outcome], family: str) -> str:
    """How much of the function is the same when all nodes of a family have gone."""
    terms = outcomes[0].settings.terms
    found = [one for count in terms for one in variants(outcomes, family, count)]
    changed = sum(one.changed[-1] for one in found)
    tests = sum(one.tests for one in outcomes) * len(terms)
    equal, images = (sum(getattr(one, name) for one in found) for name in ("equal", "exact_images"))
    exact = sum(one.answered("exact") for one in found)
    certified = sum(one.certified for one in found)
    nodes = sum(len(one.verdicts) for one in found)
    return (
        f"`{family}`: with all combined nodes pruned, {changed} of {tests} answers change; "
        f"in exact arithmetic all logits stay equal on {equal} of {images} images; "
        f"{exact} of {nodes} nodes are exact for all inputs, {certified} with a certificate."
    )


def _order(outcomes: Sequence[Outcome], family: str) -> str:
    """Whether more terms lose more: in the means, and seed by seed."""
    settings = outcomes[0].settings
    curves = [losses(outcomes, family, terms) for terms in settings.terms]
    counts = range(1, settings.combined + 1)
    ordered = sum(all(a[k].mean < b[k].mean for a, b in pairwise(curves)) for k in counts)
    seeds = sum(
        all(
            one.variant(family, a).losses[-1] < one.variant(family, b).losses[-1]
            for a, b in pairwise(settings.terms)
        )
        for one in outcomes
    )
    final = ", ".join(
        f"{terms} terms {curve[-1]}" for terms, curve in zip(settings.terms, curves, strict=True)
    )
    return (
        f"`{family}`: lost with all nodes pruned, in percentage points: {final}. Mean losses "
        f"grow with the number of terms after {ordered} of {len(counts)} numbers of pruned "
        f"nodes; the final losses do in {seeds} of {len(outcomes)} seeds."
    )
