"""Tests for `tell.report.pictures`: whole pictures, of networks small, large and malicious."""

from __future__ import annotations

import os
import subprocess
import sys
from itertools import combinations
from pathlib import Path
from typing import Any, Final
from xml.etree import ElementTree as ET

import numpy as np
import pytest
from planting import mixed
from random_graphs import random_graph

from lumpver.errors import Malformed, Unreadable
from lumpver.io.files import load
from lumpver.model.network import Linear, Network, Opaque, Pointwise, Tensor
from lumpver.model.weights import weights_of
from lumpver.reducing.reduction import reduce
from lumpver.search.lumping import LUMPING, coarsest
from lumpver.tell.data import digits_model
from lumpver.tell.report.pictures import (
    Picture,
    before_after,
    blocks_picture,
    network_picture,
    unit_bars,
)
from lumpver.tell.report.pictures.drawing import Disc, Label, Lines
from lumpver.tell.report.pictures.edges import overlap
from lumpver.tell.summary import LayerChange, layers
from lumpver.theory.examples import EXAMPLES

ROOT: Final = Path(__file__).resolve().parents[1]
SVG: Final = "{http://www.w3.org/2000/svg}"
EVIL: Final = "<script>alert(1)</script>&\"'\x00\u202e]]>"
TWINS: Final = Network.from_layers([([[1], ["1/3"], [0]], [0, 0, 7]), ([[1, 1, 1]], None)])


def pictures(network: Network) -> list[Picture]:
    """Every kind of picture of a network and its reduction."""
    found = reduce(network)
    relabellings = found.lumping.relabellings
    return [
        before_after(network, found.network, relabellings),
        network_picture(network, relabellings),
        blocks_picture(relabellings),
        unit_bars(layers(found)),
    ]


def labels(picture: Picture) -> list[Label]:
    """The texts of a picture."""
    return [mark for mark in picture.drawing.marks if isinstance(mark, Label)]


def texts(picture: Picture) -> list[str]:
    """What the texts of a picture say."""
    return [label.text for label in labels(picture)]


def well_made(picture: Picture) -> ET.Element:
    """The picture's SVG as a tree: readable by itself, inert, with a title and a description."""
    root = ET.fromstring(picture.svg)
    assert root.tag == f"{SVG}svg"
    assert root.get("role") == "img"
    title, description, style = root[:3]
    assert title.tag == f"{SVG}title"
    assert description.text == picture.description
    assert root.get("aria-labelledby") == f"{title.get('id')} {description.get('id')}"
    assert style.text == "svg:root{color:#1f2328;background:#fff}"
    for element in root.iter():
        assert element.tag.removeprefix(SVG) in {
            "svg", "title", "desc", "style", "circle", "rect", "path", "text",
        }  # fmt: skip
        assert not any(name in {"style", "href"} or name[:2] == "on" for name in element.attrib)
        assert "nan" not in (element.get("d") or "")
    return root


def clear(picture: Picture) -> None:
    """No text lies on another, or outside of the picture."""
    found = labels(picture)
    for a, b in combinations(found, 2):
        assert not overlap(a.bounds, b.bounds), (a, b)
    for label in found:
        left, top, right, bottom = label.bounds
        assert min(left, top) >= 0, label
        assert right <= picture.drawing.width, label
        assert bottom <= picture.drawing.height, label


def test_empty_network() -> None:
    """Nothing can be shown, and is said to be nothing."""
    picture = network_picture(Network((), (), (), {}))
    well_made(picture)
    assert texts(picture) == ["no tensors"]
    assert picture.description == "No tensors."
    assert blocks_picture({}).description == "No tensors."
    assert unit_bars([]).description == "No layers."
    assert unit_bars([]).png().startswith(b"\x89PNG")


def test_layer_without_units() -> None:
    """A layer of width 0 is a box that says so."""
    network = Network.from_layers([(np.zeros((0, 2)), np.zeros(0)), (np.zeros((1, 0)), [3])])
    picture = network_picture(network)
    well_made(picture)
    clear(picture)
    assert "no units" in texts(picture)
    assert picture.description == "x: 2 units. h1.pre (Relu): 0 units. y: 1 unit."


@pytest.mark.parametrize("name", EXAMPLES)
def test_examples(name: str) -> None:
    """The networks everybody talks about are drawn without a text on another."""
    for picture in pictures(EXAMPLES[name].network):
        well_made(picture)
        clear(picture)


@pytest.mark.parametrize("seed", range(20))
def test_random_networks(seed: int) -> None:
    """So are chains and graphs of all kinds, opaque nodes and other axes among them."""
    for network in (mixed(seed), random_graph(seed)):
        for picture in pictures(network):
            well_made(picture)
            clear(picture)


def test_everything_about_a_small_network_is_in_it() -> None:
    """Weights, biases, scales and values, as exact numbers."""
    picture = network_picture(TWINS, coarsest(TWINS).relabellings)
    shown = texts(picture)
    for text in ("h1.pre", "3 units, 1 left", "Relu", "1/3", "×3/2", "×1/2", "= 7", "+7"):
        assert text in shown
    assert picture.title == "Network from x to y: 3 units"
    told = "h1.pre (Relu): 3 units, 1 left; 0, 1 in one block; constant: 2 is 7."
    assert picture.description == f"x: 1 unit. {told} y: 1 unit."


def test_a_block_has_one_colour_on_both_sides() -> None:
    """The reduced unit has the colour of the units it stands for; single units have none."""
    network = Network.from_layers(
        [([[1], [-1], [2], [-2], [1]], [0, 0, 0, 0, 1]), ([[1, 1, 1, 1, 1]], None)]
    )
    found = reduce(network)
    picture = before_after(network, found.network, found.lumping.relabellings)
    discs = [m for m in picture.drawing.marks if isinstance(m, Disc) and m.tip.startswith("h1")]
    fills = [disc.style.fill for disc in discs]
    first, second = fills[0], fills[1]
    assert fills == [first, second, first, second, None, first, second, None]
    assert first != second
    assert "stands for 0, 2" in discs[5].tip


def test_zero_weights_are_no_edges() -> None:
    """Between two layers of zeros there is no line."""
    network = Network.from_layers([(np.zeros((2, 2)), [1, 2]), ([[1, 0]], None)])
    drawn = [m for m in network_picture(network).drawing.marks if isinstance(m, Lines)]
    assert sum(len(lines.paths) for lines in drawn) == 2  # one edge, broken by its label


def test_many_weights_have_no_labels() -> None:
    """Thirteen edges are too many to be read, twelve are not."""
    for columns, many in ((12, False), (13, True)):
        network = Network.from_layers([(np.full((1, columns), 0.5), None)])
        assert ("1/2" in texts(network_picture(network))) is not many


def test_combined_units() -> None:
    """A unit that is a sum of others has all their colours and says which."""
    pick = [[1, 0], [0, 1], [1, 2]]
    network = Network.from_layers(
        [([[1, 1], [1, -1]], None), (pick, [0, 1, 5]), ([[1, 1, 1]], None)]
    )
    picture = network_picture(network, coarsest(network).relabellings)
    clear(picture)
    assert "[0] + 2·[1] + 3" in texts(picture)
    assert "combined: 2" in picture.description
    fills = {m.style.fill for m in picture.drawing.marks if isinstance(m, Disc)}
    wedges = {m.style.fill for m in picture.drawing.marks if isinstance(m, Lines) and m.closed}
    assert wedges <= fills
    assert len(wedges) == 2


def test_a_large_layer_is_a_strip() -> None:
    """Ten thousand units are cells and numbers, in a file of moderate size."""
    rng = np.random.default_rng(0)
    first = rng.integers(-3, 4, (10_000, 3))
    network = Network.from_layers([(first, None), (rng.integers(-3, 4, (2, 10_000)), None)])
    found = reduce(network, rules=LUMPING)
    picture = before_after(network, found.network, found.lumping.relabellings)
    well_made(picture)
    clear(picture)
    assert f"10,000 units, {found.network.units} left" in texts(picture)
    assert f"10,000 units, {found.network.units} left" in picture.description
    assert len(picture.svg) < 500_000
    assert not any(isinstance(m, Disc) and m.tip.startswith("h1") for m in picture.drawing.marks)


def test_many_layers_are_folded() -> None:
    """Of a hundred layers the first and the last are shown, and how many there are between."""
    network = Network.from_layers([(np.eye(2), None)] * 100)
    picture = network_picture(network)
    well_made(picture)
    clear(picture)
    assert "69 columns" in texts(picture)
    assert "138 units" in texts(picture)


def test_many_branches_are_folded() -> None:
    """Of a hundred inputs a few are shown, and how many more there are."""
    inputs = tuple(Tensor(f"x{i}", shape=(2,)) for i in range(100))
    node = Opaque("sum", "Sum", tuple(t.name for t in inputs), ("y",))
    tensors = {t.name: t for t in (*inputs, Tensor("y"))}
    picture = network_picture(Network(inputs, (tensors["y"],), (node,), tensors))
    well_made(picture)
    clear(picture)
    assert "93 more" in texts(picture)
    assert "Sum" in texts(picture)


def test_skipping_links_go_around() -> None:
    """What reads from further up is joined to it by a line around the layers between."""
    x, y = Tensor("x", shape=(2,)), Tensor("y", shape=(2,))
    nodes = (
        Linear("a", "x", "h", weights_of(np.eye(2))),
        Pointwise("r", "h", "h1", TWINS.nodes[1].activation),  # type: ignore[union-attr]
        Opaque("add", "Add", ("x", "h1"), ("y",)),
    )
    tensors = {n: Tensor(n, shape=(2,)) for n in ("x", "h", "h1", "y")}
    picture = network_picture(Network((x,), (y,), nodes, tensors))
    well_made(picture)
    assert "Operators: Add." in picture.description
    lines = [m for m in picture.drawing.marks if isinstance(m, Lines) and not m.closed]
    assert any(len(lines.paths) == 2 and len(lines.paths[0]) == 4 for lines in lines)


def test_names_are_never_markup() -> None:
    """A tensor, an operator, an activation or a layer with a malicious name is only text."""
    tensors = {name: Tensor(name, shape=(2,)) for name in (EVIL, EVIL + "h", EVIL + "y")}
    nodes = (
        Linear("a", EVIL, EVIL + "h", weights_of(np.eye(2))),
        Opaque("o", EVIL, (EVIL + "h",), (EVIL + "y",)),
    )
    network = Network((tensors[EVIL],), (tensors[EVIL + "y"],), nodes, tensors)
    bars = unit_bars([LayerChange(EVIL, EVIL, 3, 1, 1, 1, 0, 0)])
    for picture in (network_picture(network), before_after(network, network, {}), bars):
        root = well_made(picture)
        assert "<script" not in picture.svg
        assert "\x00" not in picture.svg
        assert "\u202e" not in picture.svg
        assert "<script>" in "".join(root.itertext())
        assert picture.png(dpi=36)


def test_long_names_and_numbers_are_short() -> None:
    """Names of a thousand letters and fractions of a thousand digits do not widen a picture."""
    huge = f"{10**1000 + 1}/{3**700}"
    tensors = {n: Tensor(n, shape=(1,)) for n in ("x" * 1000, "y" * 1000)}
    nodes = (Linear("a", "x" * 1000, "y" * 1000, *_numbers([[huge]], [huge])),)
    network = Network((tensors["x" * 1000],), (tensors["y" * 1000],), nodes, tensors)
    picture = network_picture(network)
    clear(picture)
    assert picture.drawing.width < 500
    assert any(text.startswith("≈") and len(text) < 12 for text in texts(picture))
    assert "≈: rounded for the picture only" in texts(picture)


def _numbers(*given: Any) -> Any:
    node = Network.from_layers([given]).nodes[0]
    return node.weights, node.b  # type: ignore[union-attr]


def test_relabellings_that_do_not_fit_are_left_aside() -> None:
    """A relabelling for other units, or for no tensor of the network, colours nothing."""
    wrong = coarsest(Network.from_layers([(np.ones((5, 1)), None), (np.ones((1, 5)), None)]))
    picture = network_picture(TWINS, {**wrong.relabellings, "nowhere": wrong.relabellings["h1"]})
    assert picture.description == network_picture(TWINS).description


def test_a_certificate_is_as_good_as_a_lumping() -> None:
    """Blocks of pre-activations alone give the same picture: constants go through ReLU."""
    found = reduce(Network.from_layers([([[1], [2], [0]], [0, 0, -7]), ([[1, 1, 1]], None)]))
    known = {name: entry.relabelling for name, entry in found.certificate.leads.items()}
    ours = network_picture(found.original, found.lumping.relabellings)
    theirs = network_picture(found.original, known)  # type: ignore[arg-type]
    assert ours.svg == theirs.svg
    assert "= 0" in texts(theirs)


def test_same_network_same_bytes() -> None:
    """Neither a second time nor a process with other hashes changes a byte."""
    code = (
        "import hashlib; from lumpver.theory.examples import EXAMPLES;"
        "from lumpver.reducing.reduction import reduce;"
        "from lumpver.tell.report.pictures import before_after;"
        "n = EXAMPLES['thirds'].network; r = reduce(n);"
        "p = before_after(n, r.network, r.lumping.relabellings);"
        "print(hashlib.sha256(p.svg.encode()).hexdigest(), hashlib.sha256(p.png()).hexdigest())"
    )
    digests = {
        subprocess.run(
            [sys.executable, "-W", "error", "-c", code],
            cwd=ROOT,
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(digests) == 1
    first, second = (network_picture(TWINS, coarsest(TWINS).relabellings) for _ in range(2))
    assert first.svg == second.svg
    assert first.png() == second.png()


def test_users_settings_change_nothing() -> None:
    """What matplotlib is set to, globally, neither shows nor is changed."""
    import matplotlib as mpl

    picture = network_picture(TWINS)
    plain = picture.png()
    with mpl.rc_context({"font.size": 30, "text.usetex": True, "axes.facecolor": "red"}):
        before = dict(mpl.rcParams)
        assert picture.png() == plain
        assert dict(mpl.rcParams) == before


def test_resolution() -> None:
    """Twice the dots are twice the pixels on each side; none or far too many are refused."""
    picture = network_picture(TWINS)
    sizes = [picture.png(dpi=dpi)[16:24] for dpi in (72, 144)]
    width, doubled = (int.from_bytes(size[:4]) for size in sizes)
    assert abs(2 * width - doubled) <= 2
    for dpi in (0, -1, 10**6):
        with pytest.raises(Malformed, match="dpi"):
            picture.png(dpi=dpi)


def test_saving(tmp_path: Path) -> None:
    """The suffix says which format; another is refused and leaves nothing behind."""
    picture = network_picture(TWINS)
    picture.save(tmp_path / "a.svg")
    picture.save(str(tmp_path / "b.PNG"))
    assert (tmp_path / "a.svg").read_text(encoding="utf-8") == picture.svg
    assert (tmp_path / "b.PNG").read_bytes() == picture.png()
    for name in ("c.pdf", "c"):
        with pytest.raises(Malformed):
            picture.save(tmp_path / name)
    with pytest.raises(Unreadable):
        picture.save(tmp_path / "nowhere" / "a.svg")
    assert {path.name for path in tmp_path.iterdir()} == {"a.svg", "b.PNG"}


def test_in_a_notebook() -> None:
    """A picture shows itself, inline where that is possible."""
    picture = network_picture(TWINS)
    assert picture._repr_svg_() == picture.svg
    assert picture.svg in picture._repr_html_()
    assert repr(picture).startswith("Picture(title=")


def test_demonstration(tmp_path: Path) -> None:
    """The digits network is drawn unit by unit."""
    path = tmp_path / "digits.onnx"
    path.write_bytes(digits_model())
    for picture in pictures(load(path).network):
        well_made(picture)
        clear(picture)


@pytest.mark.real
def test_real_networks(net: Path) -> None:
    """Each real network has a picture that can be read."""
    picture = network_picture(load(net).network)
    well_made(picture)
    clear(picture)


def test_layers_are_called_what_tables_call_them() -> None:
    """Every layer is titled and described by the name that `reduce` and `explain` use."""
    chain = Network.from_layers([([[1], [2]], None), ([[1, 2], [3, 1]], None), ([[1, 1]], None)])
    picture = network_picture(chain, coarsest(chain).relabellings)
    for name in chain.layers:
        assert f"{name} (Relu): " in picture.description
        assert f">{name}<" in picture.svg
