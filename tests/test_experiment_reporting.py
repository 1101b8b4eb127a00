"""Tables, sentences and the figure: what they say is what the outcomes say."""

from __future__ import annotations

from fractions import Fraction

import pytest
from experiment_nets import SMALL, outcome

from experiments.paper.picture import picture
from experiments.paper.reporting import document, files, versions
from experiments.paper.settings import Settings
from experiments.paper.tables import claims, csv, losses, markdown, spread
from lumpver.errors import Malformed

BOTH = (outcome(0), outcome(1, right=(10, 8, 6)))


def test_losses_are_percentage_points() -> None:
    """Of the tests, against the unpruned network, least, mean and greatest."""
    nothing, first, second = losses(BOTH, "same", 2)
    assert (nothing.least, nothing.greatest) == (0, 0)
    assert (first.least, first.mean, first.greatest) == (0, 10, 20)
    assert (second.least, second.mean, second.greatest) == (10, 25, 40)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([Fraction(0)], "0.00 (0.00 to 0.00)"),
        ([Fraction(-1, 1000)], "0.00 (0.00 to 0.00)"),
        ([Fraction(1, 3), Fraction(-2)], "-0.83 (-2.00 to 0.33)"),
        ([Fraction(100)] * 3, "100.00 (100.00 to 100.00)"),
    ],
)
def test_spreads_are_shown_with_two_decimals(values: list[Fraction], expected: str) -> None:
    """And without a zero that has a sign."""
    assert str(spread(values)) == expected


def test_tables_have_a_row_per_variant() -> None:
    """Each of the two, with as many cells as its head."""
    for part in markdown(BOTH).split("\n\n"):
        head, rule, *rows = part.strip().splitlines()
        assert len(rows) == len(SMALL.variants)
        assert {line.count("|") for line in (head, rule, *rows)} == {head.count("|")}
    assert "| same | 2 | 95.00 (90.00 to 100.00) |" in markdown(BOTH)


def test_every_point_is_in_the_csv() -> None:
    """Variants and numbers of pruned nodes, with the spread over the seeds."""
    head, *rows = csv(BOTH).splitlines()
    assert head == "family,terms,pruned,least,mean,greatest"
    assert len(rows) == len(SMALL.variants) * 3
    assert rows[:3] == ["same,2,0,0.0,0.0,0.0", "same,2,1,0.0,10.0,20.0", "same,2,2,10.0,25.0,40.0"]


def test_claims_count() -> None:
    """What changed, what stayed equal, and in which order losses come."""
    lines = claims(BOTH).splitlines()
    assert len(lines) == 5
    assert lines[0].startswith("* `same`: with all combined nodes pruned, 12 of 40 answers change")
    assert "12 of 40 images" in lines[0]
    assert "4 of 8 nodes are exact for all inputs, 4 with a certificate" in lines[0]
    assert "grow with the number of terms after 2 of 2 numbers" in lines[3]
    assert "the final losses do in 2 of 2 seeds" in lines[3]


def test_claims_admit_disorder() -> None:
    """Where more terms lose less, the sentence says so."""
    swapped = Settings("few", model="mlp", hidden=(3, 6), fixed=4, terms=(3, 2), epochs=1)
    found = claims([outcome(0, right=(9, 9, 0), settings=swapped)])
    assert "in 0 of 1 seeds" in found
    one = outcome(0, right=(5, 5, 5))
    variants = tuple(reversed(one.variants))
    renamed = tuple(
        type(v)(a.family, a.terms, v.right, v.changed, 3, 10, 1, 5, v.verdicts)
        for v, a in zip(variants, one.variants, strict=True)
    )
    backwards = type(one)(one.settings, 0, 10, 9, renamed)
    assert "after 0 of 2 numbers of pruned nodes; the final losses do in 0 of 1 seeds" in claims(
        [backwards]
    )


def test_one_number_of_terms_has_no_order() -> None:
    """There is nothing to compare."""
    lone = Settings("few", model="mlp", hidden=(3, 6), fixed=4, terms=(2,), families=("mixed",))
    assert len(claims([outcome(0, settings=lone)]).splitlines()) == 1


def test_all_files_are_made_and_stay_the_same() -> None:
    """Same outcomes, same bytes, the figure's too."""
    first, second = files(BOTH), files(BOTH)
    assert sorted(first) == ["claims.md", "curves.csv", "figure.png", "figure.svg", "table.md"]
    assert first == second
    assert first["figure.svg"].startswith(b"<?xml")
    assert first["figure.png"].startswith(b"\x89PNG")
    for word in (b"<dc:date>", b"Matplotlib v"):
        assert word not in first["figure.svg"]


@pytest.mark.parametrize("families", [("same",), ("mixed", "signed"), ("same", "mixed")])
def test_any_families_can_be_drawn(families: tuple[str, ...]) -> None:
    """A panel for each."""
    some = Settings("few", model="mlp", hidden=(3, 6), fixed=4, terms=(2, 3), families=families)
    assert picture([outcome(0, settings=some)], "png").startswith(b"\x89PNG")


@pytest.mark.parametrize("kind", ["", "pdf", "SVG"])
def test_other_formats_are_refused(kind: str) -> None:
    """SVG and PNG."""
    with pytest.raises(Malformed, match="svg or png"):
        picture(BOTH, kind)


def test_no_outcomes_make_no_files() -> None:
    """Nothing is reported of nothing."""
    for maker in (files, document, markdown, csv, claims, picture):
        with pytest.raises(Malformed):
            maker(())


def test_the_document_has_the_numbers() -> None:
    """Seed by seed, and the spread of the loss."""
    found = document(BOTH)
    assert found["seeds"] == [0, 1]
    variant = found["variants"][0]
    assert (variant["right"], variant["right_pruned"]) == ([9, 10], [8, 6])
    assert variant["lost"] == {"least": 10.0, "mean": 25.0, "greatest": 40.0}
    assert variant["exact"] == variant["certified"] == 2


def test_versions_are_those_installed() -> None:
    """Python, and whatever of the packages there is."""
    found = versions()
    assert {"python", "numpy", "python-flint"} <= set(found)
    assert all(found.values())
