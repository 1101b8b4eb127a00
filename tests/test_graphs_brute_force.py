"""Tiny whole models: the search leaves as few units as any relabelling that the checker accepts."""

from __future__ import annotations

import sys
from collections import Counter

import pytest
from brute_force import TooMany, fewest, partitions
from graph_cases import is_lively
from hypothesis import Phase, given, settings

from lumpver.model.activations import RELU, clip, leaky
from lumpver.reducing.reduction import reduce
from lumpver.search.lumping import DEFINITION_6
from lumpver.trial.strategies import PlantedGraph, planted_graphs

TINY = planted_graphs(depth=(1, 1), most=2, activations=(RELU, leaky("1/2"), clip(0, 6)))


@pytest.mark.parametrize(("units", "count"), [(0, 1), (1, 1), (2, 2), (3, 5), (4, 15)])
def test_all_partitions_are_tried(units: int, count: int) -> None:
    """As many as Bell's numbers say."""
    found = [str(blocks) for blocks in partitions(range(units))]
    assert len(found) == len(set(found)) == count


def compared(examples: int) -> Counter[str]:
    """How often the search leaves as many units as the best relabelling, fewer, or more."""
    tally: Counter[str] = Counter()

    @settings(max_examples=examples, phases=(Phase.generate,))
    @given(TINY)
    def run(found: PlantedGraph) -> None:
        network = found.network
        if network.units > 8 or max(network.width.values()) > 8:
            return
        try:
            few, best, asked = fewest(network)
        except TooMany:
            tally["too many relabellings"] += 1
            return
        units = reduce(network, rules=DEFINITION_6).network.units
        tally["relabellings"] += asked
        tally["smaller"] += few < network.units
        word = "as few" if units == few else "fewer" if units < few else "more"
        tally[word] += 1
        # Which block is kept of a layer in which nothing is left is not searched for.
        assert units <= few or not is_lively(network), {n: r.block for n, r in best.items()}

    run()
    sys.stdout.write(f"\n{dict(tally.most_common())}\n")
    return tally


def test_search_leaves_as_few_units_as_any_relabelling() -> None:
    """Of some dozens, a few of which have something to find."""
    tally = compared(80)
    assert tally["as few"] > 15
    assert tally["smaller"] > 5


@pytest.mark.long
def test_search_leaves_as_few_units_as_any_relabelling_of_many() -> None:
    """Of some hundreds."""
    assert compared(1000)["as few"] > 500
