"""Random whole models with units planted: found again, checked, and proved, or not known."""

from __future__ import annotations

import sys
from collections import Counter
from typing import TYPE_CHECKING

import pytest
from graph_cases import agree, goes_at_once, is_lively, made, normalized
from hypothesis import Phase, find, given, settings
from hypothesis import strategies as st

from lumpver.checker import check
from lumpver.errors import Malformed
from lumpver.exact.array import array, zeros
from lumpver.exact.scalar import ONE
from lumpver.model.activations import RELU, SIGMOID, TANH
from lumpver.model.network import Linear, Pointwise, Rearrange, linear
from lumpver.model.pool import Pool
from lumpver.model.weights import Kernel
from lumpver.model.window import Window, points
from lumpver.proving import Proved, Refuted, prove
from lumpver.reducing.reduction import reduce
from lumpver.trial.strategies import (
    DENSE_STEPS,
    STEPS,
    Growth,
    PlantedGraph,
    graphs,
    grown,
    leads,
    planted_graphs,
)

if TYPE_CHECKING:
    from lumpver.model.network import Network

# A depthwise kernel behind a Concat keeps all that it reads, and so may products.
REACHED = [
    [step for step in STEPS if step not in ("concat", "product")],
    [step for step in STEPS if step not in ("depthwise", "grouped", "product")],
]


@given(planted_graphs())
def test_planting_keeps_the_function(found: PlantedGraph) -> None:
    """A network and what was planted in it compute the same, exactly."""
    assert agree(found.network, found.base)
    assert found.network.units >= found.base.units


@given(planted_graphs())
def test_reductions_are_right(found: PlantedGraph) -> None:
    """The checker takes the reduction, and it computes the same."""
    made = reduce(found.network)
    assert check(found.network, made.network, made.certificate)
    assert agree(found.network, made.network)


@given(planted_graphs(roots=True, activations=(TANH, SIGMOID)))
def test_reductions_of_what_is_irrational_are_accepted(found: PlantedGraph) -> None:
    """The same where no value can be looked at."""
    made = reduce(found.network)
    assert check(found.network, made.network, made.certificate)


def reached(steps: list[str]) -> st.SearchStrategy[PlantedGraph]:
    """Networks of these steps, with units planted."""
    return planted_graphs(
        least=1, steps=steps, dense=[s for s in DENSE_STEPS if s in ("dense", *steps)]
    )


@settings(max_examples=120)
@given(st.sampled_from(REACHED).flatmap(reached))
def test_what_was_planted_goes(found: PlantedGraph) -> None:
    """No more units are left than there were, where each of those depended on an input."""
    expected = is_lively(found.base) and goes_at_once(found)
    if expected and reduce(found.base).network.units == found.base.units:
        assert reduce(found.network).network.units <= found.base.units


def test_reductions_are_proved() -> None:
    """Of no reduction `prove` says that it is another function."""
    answers: Counter[str] = Counter()

    @settings(max_examples=30)
    @given(planted_graphs())
    def proved(found: PlantedGraph) -> None:
        for other in (reduce(found.network).network, found.base):
            answer = prove(found.network, other, timeout=1, effort=20_000, apart=False)
            assert not isinstance(answer, Refuted)
            answers[answer.step if isinstance(answer, Proved) else "unknown"] += 1

    proved()
    sys.stdout.write(f"\nproved, by step: {dict(answers.most_common())}\n")


# What random models have shown


def test_normalizations_of_what_has_channels_last() -> None:
    """Which unit an entry belongs to: the units follow each other once for each position."""
    first = linear("a", "x", "a", [[0, 0], [0, 0], [0, 0]], axis=-2)
    network = made(
        ("N", 2, 2),
        first,
        Pointwise("r", "a", "r", RELU),
        Rearrange("b", "r", "b", "Transpose", (0, 2, 1)),
        Rearrange("c", "b", "c", "Flatten", (1,)),
        normalized("c", "n", [0, 0, 0, 0, 0, 0], [0] * 6, -1),
        Pointwise("d", "n", "d", RELU),
        linear("y", "d", "y", [[0, 0, 0, 0, 0, 0]]),
    )
    found = reduce(network)
    assert check(network, found.network, found.certificate)
    assert agree(network, found.network)


def test_constants_behind_a_normalization_that_stay() -> None:
    """One is what is added, the other what is scaled: both are 1, and no one rule says so."""
    window = Window((2,), (1,), (1,), (0,), (1,))
    network = made(
        ("N", 1, 2),
        Linear("a", "x", "a", Kernel(zeros(3, 1), points(1)), array([0, 0, 1]), -2),
        normalized("a", "n", [0, 0, 1], [1, 0, 0], -2),
        Pointwise("b", "n", "b", RELU),
        Pool("c", "b", "c", "mean", -2, window, counts_padding=True),
        Rearrange("d", "c", "d", "Flatten", (1,)),
        linear("y", "d", "y", [[1, 2, 3, 4, 5, 6]]),
    )
    found = reduce(network)
    assert check(network, found.network, found.certificate)
    assert agree(network, found.network)


# The strategy


@pytest.mark.parametrize("kind", ["multiple", "constant", "unread"])
def test_each_kind_is_planted(kind: str) -> None:
    """In convolutions, too, and with a smallest example."""

    def wanted(found: PlantedGraph) -> bool:
        shape = found.base.inputs[0].shape or ()
        return len(shape) > 2 and any(more.kind == kind for more in found.growths)

    only = settings(max_examples=2000, phases=(Phase.generate,))
    assert find(planted_graphs(), wanted, settings=only).growths


@pytest.mark.parametrize("step", sorted({*STEPS, *DENSE_STEPS}))
def test_each_step_is_drawn(step: str) -> None:
    """By itself, so that what fails can be named."""
    some = {"steps": [step] if step in STEPS else [], "dense": [step]}
    some["dense"] = some["dense"] if step in DENSE_STEPS else ["dense"]
    only = settings(max_examples=200, phases=(Phase.generate,))
    network = find(graphs(**some, depth=(1, 1)), lambda found: len(found.nodes) > 2, settings=only)
    assert agree(network, network)


@given(graphs(), st.data())
def test_no_unit_is_planted_where_there_is_none(network: Network, data: st.DataObject) -> None:
    """A unit that is not there is refused by name."""
    for lead in leads(network)[:1]:
        with pytest.raises(Malformed, match="units below"):
            grown(network, Growth(lead, "multiple", like=99), lambda n: [ONE] * n)
