"""What units do on a box: counted by bounds that hold, and what points suggest stays apart."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import lumpver
from lumpver.bounds.knowing import known
from lumpver.claim.domain import Box, Boxes
from lumpver.errors import Malformed
from lumpver.model.network import Network
from lumpver.tell.report import switching_bars
from lumpver.tell.switching import Switching, switching
from lumpver.trial.drawn import seen

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Run

FATES = Network.from_layers(
    [([[1, 1], [-1, -1], [1, -1]], [1, -1, 0]), ([[1, 1, 1], [1, 0, 1]], [0, 0]), ([[1, 1]], None)]
)


def unit_box(count: int) -> Boxes:
    """All inputs from 0 to 1."""
    return Boxes((Box.of({"x": [(0, 1)] * count}),))


def test_every_entry_is_counted_once() -> None:
    """One that is on, one off, one that switches; behind them two that are on."""
    found = switching(FATES, unit_box(2))
    assert found.layers == (
        Switching("h1.pre", "Relu", 3, 1, 1, 1, 0, by_intervals=2),
        Switching("h2.pre", "Relu", 2, 0, 2, 0, 0, by_intervals=2),
    )
    assert not found.affine


CANCELLING = Network.from_layers([([[1, 0], [1, 1]], [1, 1]), ([[-1, 1]], ["1/4"]), ([[1]], None)])


def test_what_shows_it_is_said() -> None:
    """(x + y + 1) - (x + 1) + 1/4 is above 0 by its row alone, not by intervals."""
    [first, second] = switching(CANCELLING, unit_box(2)).layers
    assert (first.by_intervals, first.by_rows, first.by_hints) == (2, 0, 0)
    assert (second.on, second.by_intervals, second.by_rows, second.by_hints) == (1, 0, 1, 0)


def test_hints_show_more() -> None:
    """They decide units of a random network that rows do not, unless no time is left."""
    draw = np.random.default_rng(5)
    sizes = [(8, 2), (8, 8), (8, 8), (1, 8)]
    network = Network.from_layers([(draw.normal(size=s), draw.normal(size=s[0])) for s in sizes])
    with_, without = switching(network, unit_box(2)), switching(network, unit_box(2), timeout=0)
    assert sum(layer.by_hints for layer in with_.layers) > 0
    for one, other in zip(with_.layers, without.layers, strict=True):
        assert (one.by_intervals, one.by_rows) == (other.by_intervals, other.by_rows)
        assert (one.open + one.by_hints, other.by_hints) == (other.open, 0)


def test_affine_is_said_where_nothing_switches() -> None:
    """And nowhere else."""
    network = Network.from_layers([([[1, 1], [-1, -1]], [1, -1]), ([[1, 1]], None)])
    assert switching(network, unit_box(2)).affine
    assert not switching(network, Boxes((Box.of({"x": [(-2, 1)] * 2}),))).affine


def test_several_boxes_count_together() -> None:
    """A unit that is on in one box and off in the other switches, and is seen to."""
    network = Network.from_layers([([[1]], None), ([[1]], None)])
    domain = Boxes((Box.of({"x": [(1, 2)]}), Box.of({"x": [(-2, -1)]})))
    [layer] = switching(network, domain).layers
    assert (layer.off, layer.on, layer.open, layer.unseen) == (0, 0, 1, 0)


def test_an_input_without_bounds_is_not_drawn() -> None:
    """All may switch, and points suggest nothing."""
    domain = Boxes((Box.of({"x": [(None, 1), (0, 1)]}),))
    found = switching(FATES, domain)
    assert [layer.unseen for layer in found.layers] == [0, 0]
    assert found.layers[0].open == 3
    assert "h1.pre" not in seen(FATES, domain)


@given(st.integers(0, 2**32 - 1))
def test_points_never_leave_bounds(seed: int) -> None:
    """What is seen is within what is known, but for rounding."""
    draw = np.random.default_rng(seed)
    sizes = [(5, 3), (4, 5), (1, 4)]
    network = Network.from_layers([(draw.normal(size=s), draw.normal(size=s[0])) for s in sizes])
    bounds, points = known(network, unit_box(3)).intervals, seen(network, unit_box(3))
    assert set(bounds) == set(points)
    for name, found in points.items():
        assert (found.lower >= bounds[name].lower - 2.0**-40).all()
        assert (found.upper <= bounds[name].upper + 2.0**-40).all()


def test_a_box_of_other_inputs_is_refused() -> None:
    """By its name."""
    with pytest.raises(Malformed):
        switching(FATES, Boxes((Box.of({"z": [(0, 1)]}),)))


def test_the_command_says_so(tmp_path: Path, run: Run) -> None:
    """As a table and as JSON; without a box it says nothing of one."""
    lumpver.save(FATES, tmp_path / "net.json")
    code, out, _ = run("inspect", tmp_path / "net.json", "--box", "[0, 1]")
    assert code == 0
    assert "4 of 5 never switch there, by bounds that hold." in out
    assert "no evidence" in out
    document = json.loads(run("inspect", tmp_path / "net.json", "--box", "[0, 1]", "--json")[1])
    assert document["on_box"]["layers"][0] == {
        "name": "h1.pre", "activation": "Relu", "entries": 3,
        "off": 1, "on": 1, "open": 1, "unseen": 0,
        "by_intervals": 2, "by_rows": 0, "by_hints": 0,
    }  # fmt: skip
    assert document["on_box"]["evidence"]["unseen"] == "none"
    assert "on_box" not in json.loads(run("inspect", tmp_path / "net.json", "--json")[1])
    assert run("inspect", tmp_path / "net.json", "--box", "[1, 0]")[0] == 2


def test_bars_say_the_same() -> None:
    """A bar for each layer, with its numbers in words."""
    picture = switching_bars(switching(FATES, unit_box(2)).layers)
    assert picture.title == "What never switches in 2 layers"
    assert picture.description == (
        "h1.pre: 3 entries, of these 1 off, 1 on, 1 may switch. h2.pre: 2 entries, of these 2 on."
    )
    assert "1 of 3" in picture.svg
    assert switching_bars([]).description == "No layers."
