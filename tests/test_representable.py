"""Tests for `quotient.representable`: which step to undo for a number that is no float64."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from planting import mixed
from small_networks import graph

from lumpver.checker import check
from lumpver.exact.array import is_float
from lumpver.io.storage import Storage, bias_parts
from lumpver.model.activations import RELU, leaky
from lumpver.model.network import Linear, Network, Pointwise, linear
from lumpver.model.weights import weights_of
from lumpver.quotient import representable
from lumpver.quotient.building import quotient
from lumpver.quotient.representable import obstacles
from lumpver.reducing.reduction import Reduction, reduce
from lumpver.search.lumping import LUMPING, RULES, coarsest
from lumpver.search.withheld import Withheld
from lumpver.tell.summary import layers

if TYPE_CHECKING:
    from collections.abc import Iterable

BIG = 2.0**53


def chain(*layers_: Any, **options: Any) -> Network:
    """A chain of float64 layers."""
    return Network.from_layers(
        [
            tuple(None if part is None else np.array(part, dtype="f8") for part in layer)
            for layer in layers_
        ],
        **options,
    )


def floats_only(network: Network, rules: Iterable[str] = RULES) -> Reduction:
    """The float reduction, checked, with every weight a float64, and biases that add up of some."""
    found = reduce(network, rules=rules, floats_only=True)
    check(network, found.network, found.certificate)
    for node in found.network.nodes:
        if isinstance(node, Linear):
            assert node.W is None or is_float(node.W)
            assert bias_parts(node.b, "float64") is not None
    point = [1] * (network.inputs[0].shape or (0,))[0]  # type: ignore[operator]
    assert found.network(point) == network(point)
    return found


def first(found: Reduction) -> tuple[int, int]:
    """Units left, and kept, of the first layer."""
    layer = layers(found)[0]
    return layer.units_after, layer.kept_unrepresentable


@pytest.mark.parametrize(
    ("outgoing", "expected"),
    [
        ([1.0, 1.0], (1, 0)),
        ([BIG, 2.0], (1, 0)),
        ([BIG, 1.0], (2, 1)),
        ([2.0**1023, 2.0**1023], (2, 1)),
        ([2.0**1023, -(2.0**1023)], (0, 0)),
        ([2.0**-1074, 2.0**-1074], (1, 0)),
        ([1e300, 1e-300], (2, 1)),
        ([0.1, 0.2], (2, 1)),
        ([0.1, -0.1], (0, 0)),
    ],
)
def test_sums_of_outgoing_weights(outgoing: list[float], expected: tuple[int, int]) -> None:
    """A block splits exactly if the sum of its weights is no float64."""
    found = floats_only(chain(([[1], [1]], None), ([outgoing], None)))
    assert first(found) == expected


def test_only_the_block_at_fault_splits() -> None:
    """Other blocks of the layer stay merged."""
    rows = [[1, 0], [1, 0], [0, 1], [0, 1], [1, 1], [1, 1]]
    found = floats_only(chain((rows, None), ([[1, 1, BIG, 1, 2, 2]], None)))
    assert first(found) == (4, 1)
    assert found.withheld.merges == {("h1.pre", 3)}


@pytest.mark.parametrize(
    ("values", "bias", "expected"),
    [
        ([1.0], 1.0, (1, 0)),
        ([1.0], BIG, (2, 1)),
        ([1.0, 1.0], BIG, (1, 0)),
        ([2.0, 1.0], BIG, (2, 1)),
        ([0.0], BIG, (1, 0)),
        ([0.1], 0.3, (2, 1)),
    ],
)
def test_constants_in_a_bias(values: list[float], bias: float, expected: tuple[int, int]) -> None:
    """A constant stays a unit where the bias that should take it is no float64 then."""
    n = len(values)
    network = chain(
        (np.append(np.zeros(n), 1.0)[:, None], [*values, 0.0]), ([[1.0] * (n + 1)], [bias])
    )
    assert first(floats_only(network)) == expected


def test_constants_that_are_no_floats() -> None:
    """A slope times a bias leaves the floats; the unit stays, here and where it is read."""
    function = leaky(0.1)
    network = chain(
        ([[0], [1]], [-1.1, 0]),
        ([[0, 0], [1, 1]], [0.1, 3.3]),
        ([[1, 1]], [0.7]),
        activation=function,
    )
    found = floats_only(network)
    assert [layer.kept_unrepresentable for layer in layers(found)] == [1, 1]
    assert all(layer.kept_unrepresentable == 0 for layer in layers(reduce(network)))


@pytest.mark.parametrize(
    "rows",
    [
        [[2.0**-1074 * 3, 2.0**1000 * 3], [2.0**-1074, 2.0**1000]],
        [[1e-300], [1e300]],
        [[2.0**-1074], [3 * 2.0**1000]],
        [[2.0**-1000], [2.0**1000]],
    ],
)
def test_rows_and_scales_at_the_ends(rows: Any) -> None:
    """Multiples whose scale or row would leave the floats are kept apart or merged soundly."""
    network = chain((rows, None), ([[1.0, 2.0**900]], None))
    found = floats_only(network)
    assert first(found)[0] - first(found)[1] == 1


def test_a_consequence_further_down_counts_there() -> None:
    """A layer that is larger because the one above had to stay says so itself."""
    network = chain(([[1], [1]], None), ([[BIG, 1], [1, BIG]], None), ([[1, 1]], None))
    found = floats_only(network)
    assert [layer.kept_unrepresentable for layer in layers(found)] == [1, 1]
    assert found.withheld.merges == {("h1.pre", 1)}


def test_equal_rows_still_merge_further_down() -> None:
    """Where rows are equal anyway the layer below is as small as it can be."""
    network = chain(([[1], [1]], None), ([[BIG, 1], [BIG, 1]], None), ([[1, 1]], None))
    assert [layer.kept_unrepresentable for layer in layers(floats_only(network))] == [1, 0]


@pytest.mark.parametrize("bias", [None, [BIG]])
def test_runs_of_affine_nodes(bias: Any) -> None:
    """A constant goes into the first bias of a run, if that may take it."""
    network = graph(
        linear("a", "x", "p", [[0.0], [1.0]], [1.0, 0.0]),
        Pointwise("r", "p", "q", RELU),
        linear("b", "q", "s", [[1.0, 1.0]], bias),
        linear("c", "s", "y", [[BIG], [1.0]], [1.0, 1.0]),
        x=(1,), p=(2,), q=(2,), s=(1,), y=(2,),
    )  # fmt: skip
    assert first(floats_only(network)) == ((1, 0) if bias is None else (2, 1))


def test_scales_and_shifts_before_the_matrix() -> None:
    """Numbers that arise in front of a matrix are blamed on the layer above."""
    network = graph(
        linear("a", "x", "p", [[0.0], [1.0], [1.0]], [1.0, 0.0, 0.0]),
        Pointwise("r", "p", "q", RELU),
        Linear("d", "q", "s", weights_of(np.array([0.1, 0.1, 0.3])), np.array([0.7, 0.1, 0.2])),
        linear("b", "s", "y", [[0.1, 0.1, 0.7], [2.0, 2.0, 0.1]], [0.1, 3.0]),
        x=(1,), p=(3,), q=(3,), s=(3,), y=(2,),
    )  # fmt: skip
    assert first(floats_only(network))[0] == 3


def test_rational_networks_are_nobodys_fault() -> None:
    """Numbers that were no floats before are not blamed, and nothing is undone for them."""
    network = Network.from_layers([([["1/3"], ["2/3"]], None), ([[1, "1/7"]], ["1/11"])])
    found = reduce(network, floats_only=True)
    assert not found.withheld
    assert found.network.units == 1


def test_nothing_is_withheld_for_exact_results() -> None:
    """Without `floats_only` nothing is undone."""
    network = chain(([[1], [1]], None), ([[BIG, 1.0]], None))
    assert reduce(network).withheld == Withheld()
    assert first(reduce(network)) == (1, 0)


def test_obstacles_make_progress() -> None:
    """What is found was not withheld before; in the end nothing is found."""
    network = chain(
        ([[1], [1], [0]], [0, 0, 0.1]), ([[BIG, 1, 0.1], [0.1, 0.2, 3]], [0.3, 0.7]),
        ([[0.1, 0.2]], [0.1])
    )  # fmt: skip
    withheld = Withheld()
    for _ in range(20):
        lumping = coarsest(network, withheld=withheld)
        found = obstacles(network, lumping, quotient(network, lumping), Storage(network))
        if not found:
            break
        assert not found.merges & withheld.merges
        assert not found.constants & withheld.constants
        withheld = withheld.union(found)
    else:
        pytest.fail("no end")


@pytest.mark.parametrize("seed", [s for s in range(160) if s % 4 >= 2])
def test_random_float_chains(seed: int) -> None:
    """Any float chain comes out in floats, with kept units as counted."""
    network = mixed(seed)
    exact, found = reduce(network, rules=LUMPING), floats_only(network, LUMPING)
    assert floats_only(network).network.units <= found.network.units
    for ours, theirs in zip(layers(found), layers(exact), strict=True):
        assert ours.units_after == theirs.units_after + ours.kept_unrepresentable
        assert ours.kept_unrepresentable >= 0


@pytest.mark.parametrize("seed", range(8))
def test_many_blocks_at_once_or_one_by_one(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """However many are looked at together, the same members are left out."""
    rng = np.random.default_rng(seed)
    rows = rng.integers(1, 4, (12, 1)) * np.eye(12, 5)[rng.integers(5, size=12)]
    outgoing = rng.choice([1, 3, 2.0**53, 0.1, 2.0**-60], (3, 12))
    network = chain((rows, None), (outgoing, None))
    found = floats_only(network)
    monkeypatch.setattr(representable, "_ENTRIES", 1)
    assert floats_only(network).withheld == found.withheld
