"""What was reduced is reduced no further: models with planted filters, and graphs at random."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from joined_graphs import joined_graph
from onnx_models import ints, network, tensor, whole
from planted_models import FAMILIES
from random_convolutions import varied
from random_graphs import random_graph

from lumpver.checker import check
from lumpver.model.activations import RELU
from lumpver.model.network import Linear, Network, Pointwise, Tensor, is_unchanged, linear
from lumpver.model.weights import Diagonal
from lumpver.reducing.pipeline import reduce_file
from lumpver.reducing.reduction import reduce
from lumpver.search.regions import regions

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("name", FAMILIES)
def test_planted_models_are_copied_the_second_time(tmp_path: Path, name: str) -> None:
    """Byte for byte."""
    first, second, third = (tmp_path / f"{i}.onnx" for i in range(3))
    first.write_bytes(FAMILIES[name](seed=1).model.SerializeToString())
    assert not reduce_file(first, second).is_copy
    assert reduce_file(second, third).is_copy


@pytest.mark.parametrize("seed", range(100))
def test_random_graphs_stay_as_they_are(seed: int) -> None:
    """In exact numbers."""
    found = reduce(random_graph(seed)).network
    assert is_unchanged(reduce(found).network, found)


@pytest.mark.parametrize("seed", [291, 2649, 3369, 4764])
def test_what_fits_is_found_at_once(seed: int) -> None:
    """Rows that go hinder nobody, numbers that floats are count as such, what is slim composes."""
    for floats_only in (False, True):
        found = reduce(random_graph(seed), floats_only=floats_only).network
        assert is_unchanged(reduce(found, floats_only=floats_only).network, found)


@pytest.mark.parametrize("seed", [48, 111, 185, 201, 254, 310, 338, 339, 341, 362, *range(20)])
def test_picks_stay_as_they_are(seed: int) -> None:
    """What picks all that is left makes no run of two; constants go that only picks read."""
    original = joined_graph(seed)
    found = reduce(original)
    check(original, found.network, found.certificate)
    assert is_unchanged(reduce(found.network).network, found.network)


@pytest.mark.parametrize("seed", [569, 2544])
def test_regions_begin_with_what_is_left(seed: int) -> None:
    """A tensor of which fewer units are left is one to begin with, certified."""
    original = random_graph(seed)
    found = reduce(original)
    assert found.replaced
    assert found.lumping.of(found.replaced[0].start) is not None
    check(original, found.network, found.certificate)
    assert is_unchanged(reduce(found.network).network, found.network)


def test_no_region_ends_within_an_operator() -> None:
    """A Pad with a number is three nodes, of which none is made anew."""
    split = np.array([[1.0], [-1.0], [1.0], [-1.0]], dtype="f4")[:, :, None]
    stored = [
        tensor("W", split), tensor("V", np.ones((1, 4, 1), "f4")), tensor("c", np.float32(1.5)),
        ints("p", 0, 0, 1, 0, 0, 1),
    ]  # fmt: skip
    made = network(whole("Conv x W a; Relu a b; Conv b V d; Pad d p c y", *stored, x=("N", 1, 6)))
    assert not list(regions(made))
    assert len(made.segments) == 3
    plain = network(whole("Conv x W a; Relu a b; Conv b V y", *stored[:2], x=("N", 1, 6)))
    assert [(region.start, region.end) for region in regions(plain)] == [("x", "y")]


@pytest.mark.parametrize("seed", [89, 158])
def test_constants_of_convolutions_merge_at_once(tmp_path: Path, seed: int) -> None:
    """Where rows of zeros are divided, zeros are left."""
    paths = [tmp_path / f"{i}.onnx" for i in range(3)]
    paths[0].write_bytes(varied(seed).SerializeToString())
    assert not reduce_file(paths[0], paths[1]).is_copy
    assert reduce_file(paths[1], paths[2]).is_copy


@pytest.mark.parametrize("factors", [[1, -2, 3], [-1, -1, 0], [-1, 2, -3]])
def test_what_a_diagonal_turns_away_goes(factors: list[int]) -> None:
    """Behind ReLU a unit times a negative number is never positive; one stays in any case."""
    W, last = np.array([[1, 2], [3, -1], [2, 2]]), np.array([[1, -1, 2]])
    nodes = (linear("a", "x", "t", W), Pointwise("b", "t", "r", RELU),
             Linear("c", "r", "d", Diagonal(np.array(factors, dtype=float)), None, -1),
             Pointwise("e", "d", "s", RELU), linear("f", "s", "y", last))  # fmt: skip
    widths = {"x": 2, "t": 3, "r": 3, "d": 3, "s": 3, "y": 1}
    tensors = {name: Tensor(name, shape=("N", n)) for name, n in widths.items()}
    original = Network((tensors["x"],), (tensors["y"],), nodes, tensors)
    found = reduce(original)
    check(original, found.network, found.certificate)
    assert found.network.width.get("d", 0) <= max(1, sum(n > 0 for n in factors))
    for x in ([0, 0], [1, -3], [-2, 5]):
        assert found.network(x) == original(x)
    assert is_unchanged(reduce(found.network).network, found.network)
