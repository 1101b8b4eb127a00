"""Tests for the parts of `lumpver.tell.report.pictures`: labels, looks, edges, stations, marks."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from flint import fmpq

from lumpver.exact.array import array, zeros
from lumpver.model.network import Linear, Network, Opaque, Segment, Tensor
from lumpver.model.relabelling import Mixed, Relabelling, identity
from lumpver.model.weights import Identity, Kernel, weights_of
from lumpver.model.window import Window
from lumpver.tell.report.pictures.bars import unit_bars
from lumpver.tell.report.pictures.bodies import box, large_units, small_units, strip
from lumpver.tell.report.pictures.drawing import (
    INK,
    Box,
    Disc,
    Drawing,
    Label,
    Lines,
    Style,
    text_width,
)
from lumpver.tell.report.pictures.edges import broken, edges, overlap, padded, placed, weights
from lumpver.tell.report.pictures.fates import (
    FATES,
    PALETTE,
    Look,
    block_colours,
    fates,
    looks,
    reduced_looks,
)
from lumpver.tell.report.pictures.labels import listed, number, short
from lumpver.tell.report.pictures.raster import png
from lumpver.tell.report.pictures.stations import plan, tensors
from lumpver.tell.report.pictures.svg import svg
from lumpver.tell.summary import LayerChange
from lumpver.theory.examples import EXAMPLES


def relabelling(block: list[int], scale: Any = None, constant: Any = None, **more: Any) -> Any:
    """A relabelling of as many units as it has entries in `block`."""
    n = len(block)
    return Relabelling(
        np.array(block, dtype=np.int64),
        np.ones(n) if scale is None else array(scale),
        zeros(n) if constant is None else array(constant),
        **more,
    )


ALL = relabelling(
    [0, 0, 1, -1, 2, -1, 3],
    [1, "1/3", 1, 1, 2, 1, 1],
    [0, 0, 0, "-5/7", 0, -2, 0],
    width=2,
    ghosts=2,
    mixed=Mixed(np.array([5, 5]), np.array([0, 1]), array([1, "-1/2"])),
    off=np.array([3]),
)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (fmpq(0), "0"),
        (fmpq(-1, 3), "-1/3"),
        (fmpq(123456789), "123456789"),
        (fmpq(1234567890), "≈1.23e+9"),
        (fmpq(1, 12345678), "≈8.10e-8"),
        (fmpq(-12345, 10007), "≈-1.23"),
        (fmpq(2) ** 127, "2^127"),
        (-(fmpq(2) ** -149), "-2^-149"),
        (fmpq(10) ** 10_000 / 3, "≈3.33e+9999"),
        (fmpq(1, 3) ** 20_000, "≈3.76e-9543"),
        (fmpq(10) ** 9 - fmpq(1, 3), "≈1.00e+9"),
    ],
)
def test_numbers(value: fmpq, text: str) -> None:
    """A number is exact, or begins with ≈ and is near."""
    assert number(value) == text
    assert len(number(value)) <= 12


@pytest.mark.parametrize("name", ["", "h1", "x" * 20, "x" * 21, "\x00" * 50, "\ud800", "模" * 99])
def test_short_names(name: str) -> None:
    """No name is longer than asked for, and each can be encoded."""
    assert len(short(name)) <= 20
    assert short(name).encode() or not name
    assert short(name).isprintable()


def test_lists_end() -> None:
    """A long list says how much longer it is."""
    assert listed([]) == ""
    assert listed(list(range(1000))) == "0, 1, 2, 3, 4, 5 and 994 more"


def test_fates() -> None:
    """Every kind of row is told from the others."""
    found = [FATES[kind] for kind in fates(ALL)]
    expected = ["merged", "merged", "kept", "constant", "unused", "combined", "constant"]
    assert found == expected
    assert list(fates(identity(3))) == [0, 0, 0]
    assert list(fates(identity(0))) == []
    assert list(fates(relabelling([-1, -1], width=0))) == [FATES.index("constant")] * 2


def test_looks() -> None:
    """Captions are scales, values and sums; colours are those of the blocks that are left."""
    found = looks(ALL, 7, "h")
    captions = ["", "×1/3", "", "= -5/7", "", "[0] - 1/2·[1] - 2", "off"]
    assert [look.caption for look in found] == captions
    first, second = PALETTE[:2]
    assert [look.colours for look in found] == [
        (first,), (first,), (second,), (), (), (first, second), (),
    ]  # fmt: skip
    assert found[1].tip == "h[1] = 1/3·[0] of the reduced tensor; in one block with 0"
    assert found[4].tip == "h[4]: no output depends on it"
    assert [look.colours for look in reduced_looks(ALL, "h")] == [(first,), (second,)]
    assert [look.colours for look in looks(None, 2, "h")] == [(), ()]


def test_a_constant_beside_an_entry_is_shown() -> None:
    """A shifted unit says by how much."""
    [look] = looks(relabelling([0], [3], ["1/2"], width=1), 1, "h")
    assert look.caption == "×3 + 1/2"
    [look] = looks(relabelling([0], [1], [-2], width=1), 1, "h")
    assert look.caption == "- 2"


def test_colours_are_cycled() -> None:
    """More blocks than colours begin again; single units take none."""
    many = relabelling([j for j in range(20) for _ in range(2)] + [20], width=21)
    colours = block_colours(many)
    assert list(colours[:20]) == [j % len(PALETTE) for j in range(20)]
    assert colours[20] == -1
    assert all(a != b for a, b in pairwise(colours[:20]))


def test_breaking_lines() -> None:
    """What is left of a line is outside of every hole, and nothing else is missing."""
    line = ((0.0, 0.0), (10.0, 10.0))
    assert list(broken(line, [])) == [line]
    assert list(broken(line, [(-1.0, -1.0, 11.0, 11.0)])) == []
    assert list(broken(line, [(6.0, 0.0, 9.0, 4.0)])) == [line]
    holes = [(2.0, 2.0, 4.0, 4.0), (3.0, 3.0, 5.0, 5.0), (9.0, 9.0, 20.0, 20.0)]
    assert list(broken(line, holes)) == [((0.0, 0.0), (2.0, 2.0)), ((5.0, 5.0), (9.0, 9.0))]
    flat = ((0.0, 1.0), (10.0, 1.0))
    assert list(broken(flat, [(2.0, 1.0, 4.0, 3.0)])) == [flat]


def test_labels_keep_apart() -> None:
    """Labels of a complete bipartite network lie beside each other, and beside what is there."""
    lines = [((0.0, 30.0 * u), (150.0, 30.0 * v)) for u in range(3) for v in range(3)]
    taken = [(70.0, 0.0, 80.0, 60.0)]
    found = placed(lines, ["-1/3"] * 9, taken)
    boxes = [padded(label.bounds) for label in found]
    assert len(boxes) == 9
    assert not any(overlap(a, b) for i, a in enumerate(boxes) for b in [*boxes[:i], *taken])


def test_weights_of_segments() -> None:
    """Only what is not 0; magnitudes by the largest; None where the nodes do not fit."""
    node = Linear("a", "x", "y", weights_of(array([[2, 0], [0, -1]])), array([0, "1/3"]))
    found = weights(Segment((node,)), 2, 2, 100)
    assert found is not None
    assert found.targets.tolist() == found.sources.tolist() == [0, 1]
    assert found.sizes.tolist() == [1.0, 0.5]
    assert (found.texts, found.biases, found.left_out) == (("2", "-1"), ("", "+1/3"), 0)
    assert weights(Segment((node,)), 3, 2, 100) is None
    assert weights(Segment((node,)), 2, 3, 100) is None
    bias = Linear("b", "x", "y", Identity(), np.ones(3))
    assert weights(Segment((bias,)), 2, 2, 100) is None
    assert weights(Segment((bias,)), 3, 3, 100) is not None


def test_only_the_largest_weights_are_drawn() -> None:
    """Where there are too many the smallest are left out, and counted."""
    node = Linear("a", "x", "y", weights_of(np.arange(1.0, 101.0).reshape(10, 10)))
    found = weights(Segment((node,)), 10, 10, 30)
    assert found is not None
    assert found.left_out == 70
    assert found.sizes.min() == 0.71


def test_magnitudes_of_huge_numbers() -> None:
    """Numbers beyond all floats have magnitudes too."""
    huge = Linear("a", "x", "y", weights_of(array([[f"{10**1000}", f"{10**1000}/3", "1/3"]])))
    found = weights(Segment((huge,)), 3, 1, 100)
    assert found is not None
    assert found.sizes.tolist() == [1.0, 1 / 3, 0.0]
    lines = [((0.0, float(i)), (1.0, 0.0)) for i in range(3)]
    assert sum(len(mark.paths) for mark in edges(found, lines)) == 3


def test_taps_are_one_weight() -> None:
    """Between a channel and another, as large as the largest, without numbers."""
    W = array([[1, -4, 0, 0], [0, 2, 0, 3]])
    window = Window((2,), (1,), (1,), (0,), (0,))
    found = weights(Segment((Linear("c", "x", "y", Kernel(W, window), None, -2),)), 2, 2, 100)
    assert found is not None
    assert (found.targets.tolist(), found.sources.tolist()) == ([0, 1, 1], [0, 0, 1])
    assert found.sizes.tolist() == [1.0, 0.5, 0.75]
    assert (found.texts, found.biases, found.left_out) == ((), (), 0)
    blank = Segment((Linear("c", "x", "y", Kernel(zeros(2, 4), window), None, -2),))
    nothing = weights(blank, 2, 2, 100)
    assert nothing is not None
    assert nothing.sizes.size == 0


def test_plans() -> None:
    """Activations are part of their layer, operators in a row of one station."""
    stations = plan(EXAMPLES["d1"].network).stations
    assert [(s.name, s.root, s.width, s.depth) for s in stations] == [
        ("x", "x", 1, 0), ("h1", "h1.pre", 2, 1), ("h2", "h2.pre", 2, 2), ("y", "y", 1, 3),
    ]  # fmt: skip
    x = Tensor("x", shape=(1, 3, 8, 8))
    nodes = (Opaque("c", "Conv", ("x",), ("a",)), Opaque("p", "ai.onnx:MaxPool", ("a",), ("b",)))
    known = {n: Tensor(n) for n in ("a", "b")} | {"x": x}
    first, second = plan(Network((x,), (known["b"],), nodes, known)).stations
    assert (first.operators, first.width) == (["1 × 3 × 8 × 8"], None)
    assert (second.operators, second.opaque) == (["Conv", "MaxPool"], True)
    assert plan(Network((), (), (), {})).stations == []
    assert [s.depth for s in tensors({"a": identity(2), "b": identity(3)}).stations] == [0, 1]


def test_bodies() -> None:
    """Units have ports, strips and boxes have none; all marks are inside."""
    some = [Look("kept")] * 9
    for body in (large_units(some, [""] * 9), small_units(some * 7)):
        assert len(body.left) == len(body.right)
        assert all(0 <= y <= body.height for _, y in (*body.left, *body.right))
    for body in (strip(None, 65), strip(ALL, 7), strip(None, 10**6), box(["a"] * 9)):
        assert body.left == body.right == ()
        assert 0 < body.width < 200
        assert 0 < body.height < 400
    assert [m.text for m in box(["a"] * 9).marks if isinstance(m, Label)][-1] == "and 5 more"


def test_strip_shows_each_unit_once() -> None:
    """The cells of all colours together are the units."""
    marks = strip(ALL, 7).marks
    cells = [m for m in marks if isinstance(m, Lines)]
    assert [m.style.stroke for m in cells] == [PALETTE[0], PALETTE[1], "#9a9a9a", INK]
    heights = [path[1][1] - path[0][1] for m in cells for path in m.paths]
    assert round(sum(heights) / 7 + 0.14 * len(heights)) == 7


MARKS = (
    Disc(10, 10, 5, Style("#ff0000", INK), "a <tip>"),
    Box(0, 0, 5, 5, Style(None, INK, 0.5, 0.5, (3.0, 2.0)), 1.0),
    Lines((((0.0, 0.0), (1.0, 2 / 3)),), Style(None, INK)),
    Lines((((0.0, 0.0), (1.0, 0.0), (0.0, 1.0)),), Style(INK), closed=True),
    Label(3, 9, "$x$ < 模", 10, "end", bold=True, opacity=0.5),
)


def test_marks_as_text() -> None:
    """Each kind of mark is an element with attributes, ink is the page's colour."""
    found = svg(Drawing(20, 20, MARKS), title="t", description="d")
    assert '<circle cx="10" cy="10" r="5" fill="#ff0000" stroke="currentColor"' in found
    assert "<title>a &lt;tip&gt;</title></circle>" in found
    assert 'stroke-dasharray="3 2" opacity="0.5"' in found
    assert 'd="M0 0L1 0.67" fill="none"' in found
    assert 'd="M0 0L1 0L0 1Z" fill="currentColor"' in found
    assert 'text-anchor="end" font-weight="bold"' in found
    assert found.isascii() is False
    other = svg(Drawing(20, 20, MARKS), title="t", description="another")
    assert found.split('-title"')[0] != other.split('-title"')[0]


def test_marks_as_pixels() -> None:
    """Each kind of mark can be painted; dollars are no formula, letters without glyph no error."""
    empty, full = (png(Drawing(20, 20, marks), dpi=72) for marks in ((), MARKS))
    assert empty.startswith(b"\x89PNG\r\n")
    assert empty != full


def test_moved_marks() -> None:
    """Every mark can be moved, and back."""
    drawing = Drawing(20, 20, MARKS[:2] + MARKS[3:])
    there = Drawing(20, 20, drawing.moved(3, 4))
    assert there != drawing
    assert there.moved(-3, -4) == drawing.marks


def test_text_widths() -> None:
    """The estimate is at least what matplotlib measures, and not twice that."""
    from matplotlib.font_manager import FontProperties
    from matplotlib.textpath import TextPath

    for text in ("0", "-1/3", "×170141183", "[0] + 1/2·[3]", "model_30/minBank0_0", "WWW", "iii"):
        font = FontProperties(family="DejaVu Sans", size=10)
        exact = float(TextPath((0, 0), text, prop=font).get_extents().width)
        assert exact <= text_width(text, 10) <= 2 * exact + 4


def test_bars() -> None:
    """Each layer has a bar as long as it had units, with its numbers."""
    picture = unit_bars(
        [LayerChange("h1", "Relu", 8, 2, 3, 2, 1, 0), LayerChange("h2", "Relu", 0, 0, 0, 0, 0, 0)]
    )
    assert picture.description == (
        "h1: 8 units, of these 2 left, 3 merged, 2 constant, 1 unused. h2: 0 units."
    )
    boxes = [m for m in picture.drawing.marks if isinstance(m, Box) and m.tip]
    assert [box.tip for box in boxes] == ["left: 2", "merged: 3", "constant: 2", "unused: 1"]
    assert round(sum(box.width for box in boxes)) == 420
    assert "8 → 2" in [m.text for m in picture.drawing.marks if isinstance(m, Label)]


def test_bars_of_very_many_layers() -> None:
    """The first sixty have bars, the others are counted."""
    picture = unit_bars([LayerChange(f"h{i}", "Relu", 2, 1, 1, 0, 0, 0) for i in range(1000)])
    assert picture.drawing.height < 1600
    assert "And 984 more layers." in picture.description
    assert "940 more layers" in [m.text for m in picture.drawing.marks if isinstance(m, Label)]
