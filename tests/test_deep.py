"""Networks deeper than Python's stack: nothing recurses on depth, tables stay short."""

from __future__ import annotations

import sys

import numpy as np
import pytest
from rich.table import Table

from lumpver.checker import check
from lumpver.model.activations import RELU
from lumpver.model.network import Network, Pointwise, Rearrange, Tensor, linear
from lumpver.reducing.reduction import reduce
from lumpver.search.lumping import LUMPING
from lumpver.tell import display
from lumpver.tell.inspection import inspect
from lumpver.tell.summary import layers

DEPTH = sys.getrecursionlimit() + 200


def chain(W: list[list[int]], depth: int = DEPTH, bias: list[int] | None = None) -> Network:
    """One layer again and again."""
    return Network.from_layers([(W, bias)] * depth)


def test_layers() -> None:
    """In every one of many layers a unit goes, and the checker agrees."""
    network = chain([[1, 2], [2, 4]], DEPTH // 2)
    found = reduce(network, rules=LUMPING)
    assert found.network.units == network.units // 2
    assert check(network, found.network, found.certificate).units_after == network.units // 2


def test_constant_layers() -> None:
    """Where nothing depends on the input, all layers vanish."""
    network = chain([[0, 0], [0, 0]], DEPTH // 2, [1, 2])
    found = reduce(network)
    assert found.network.units == 0
    check(network, found.network, found.certificate)


@pytest.mark.parametrize("flattened", [True, False])
def test_nodes_between_two_layers(*, flattened: bool) -> None:
    """A long way from one layer to the next, by rearrangements or activations."""
    between = tuple(
        Rearrange(f"f{k}", f"t{k}", f"t{k + 1}", "Flatten", (1,))
        if flattened
        else Pointwise(f"f{k}", f"t{k}", f"t{k + 1}", RELU)
        for k in range(DEPTH)
    )
    nodes = (
        linear("first", "x", "p", [[1, 0], [0, 1], [1, 1]]),
        Pointwise("relu", "p", "q", RELU),
        linear("second", "q", "t0", [[1, 2, 3], [2, 4, 6]]),
        *between,
        Pointwise("last", f"t{DEPTH}", "r", RELU),
        linear("third", "r", "y", [[1, 1]]),
    )
    widths = {"x": 2, "p": 3, "q": 3, "r": 2, "y": 1}
    widths |= {f"t{k}": 2 for k in range(DEPTH + 1)}
    tensors = {name: Tensor(name, "float32", ("N", width)) for name, width in widths.items()}
    network = Network((tensors["x"],), (tensors["y"],), nodes, tensors)
    found = reduce(network, rules=LUMPING)
    assert found.network.width["t0"] == 1
    check(network, found.network, found.certificate)


def test_tables_are_short() -> None:
    """Of many layers those are shown from which units go, up to a number; the rest is counted."""
    many = display.MOST_ROWS + 5
    quiet = chain([[1, -2], [-3, 4]], many)
    few = Network.from_layers([*[([[1, -2], [-3, 4]], None)] * many, ([[1, -2], [2, -4]], None),
                               ([[1, 1]], None)])  # fmt: skip
    all_of_them = chain([[1, -2], [2, -4]], many, [1, 2])
    for network, rows in ((quiet, 0), (few, 1), (all_of_them, display.MOST_ROWS)):
        found = inspect(network)
        tables = [part for part in display.facts(network, found) if isinstance(part, Table)]
        assert sum(table.row_count for table in tables) == rows
        more = f"{len(found) - rows} segments more: --json lists all of them."
        assert more in display.facts(network, found)
        assert len(layers(reduce(network))) == len(found) - 1


def test_a_table_of_few_has_all() -> None:
    """Layers that lose nothing are shown where there are few."""
    network = Network.from_layers([(np.eye(2), None)] * 3)
    table, *_ = display.facts(network, inspect(network))
    assert table.row_count == 3
