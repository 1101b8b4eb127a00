"""Tests for `lumpver.cli.output` and the options that it reads: lists, names, suffixes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from onnx_models import model, node, tensor

import lumpver
from lumpver.cli.output import listed, suffixed
from lumpver.errors import Malformed
from lumpver.io.files import load
from lumpver.model.network import Network
from lumpver.quotient.keeping import units_named

if TYPE_CHECKING:
    from conftest import Run

LISTS = {
    "": [],
    " , ,": [],
    "h1[3],h2": ["h1[3]", "h2"],
    '"a,0[1]"': ["a,0[1]"],
    ' "a,0[1]", "b" ,c'.replace('" ,', '",'): ["a,0[1]", "b", "c"],
    '"say ""x"", twice[0]"': ['say "x", twice[0]'],
    'in"side': ['in"side'],
}
FOUR = Network.from_layers([([[1], [2], [3], [5]], None), ([[1, 1, 1, 1]], None)])


@pytest.mark.parametrize("given", LISTS)
def test_lists(given: str) -> None:
    """Commas divide, but not in double quotes, where a doubled quote is one."""
    assert listed(given) == LISTS[given]


@pytest.mark.parametrize("given", ['"a', '"a"b', 'a,"b,c', "a\nb"])
def test_lists_that_are_none(given: str) -> None:
    """A quote that is not closed is refused, and so is a line end."""
    with pytest.raises(Malformed, match="in double quotes"):
        listed(given)


@pytest.mark.parametrize(
    ("index", "units"),
    [("0", [0]), ("3", [3]), ("1:3", [1, 2]), (":2", [0, 1]), ("3:", [3]), (":", [0, 1, 2, 3])],
)
def test_ranges_of_units(index: str, units: list[int]) -> None:
    """An index is a unit, a range is what Python takes it for."""
    assert units_named(FOUR, f"h1[{index}]") == [("h1.pre", unit) for unit in units]


@pytest.mark.parametrize(
    "index", ["4", "-1", "", "a", "1:5", "2:2", "3:1", "-2:", "0:4:2", "1,2", "²", "9" * 30, "4:"]
)
def test_ranges_beyond_the_units(index: str) -> None:
    """What names no unit is refused, naming how many there are."""
    with pytest.raises(Malformed, match=r"below 4|within 0:4"):
        units_named(FOUR, f"h1[{index}]")


@pytest.mark.parametrize("name", ["", "[0]", "h1[0", "h9", "h9[0]", "h1]0["])
def test_names_without_units(name: str) -> None:
    """A name that is no tensor with units is refused."""
    with pytest.raises(Malformed):
        units_named(FOUR, name)


@pytest.mark.parametrize("name", ["p,q", "p[1]", 'p"q', "p:q", "p q"])
def test_odd_names_can_be_kept(tmp_path: Path, run: Run, name: str) -> None:
    """Whatever a tensor is called, `--keep` can name its units."""
    path = tmp_path / "m.onnx"
    made = model(
        [node("MatMul", "x W", "h"), node("Relu", "h", "r"), node("MatMul", "r V", "y")],
        [tensor("W", [[1, 2, 4], [2, 4, 8]]), tensor("V", [[1], [1], [1]])],
    )
    made.graph.node[0].output[0] = made.graph.node[1].input[0] = name
    path.write_bytes(made.SerializeToString())
    quoted = '"' + f"{name}[1]".replace('"', '""') + '"'
    code, out, _ = run("reduce", path, "-o", tmp_path / "o.onnx", "--json", "--keep", quoted)
    assert code == 0
    assert json.loads(out)["units"] == {"before": 3, "after": 2}
    assert load(tmp_path / "o.onnx").network.units == 2


def test_unquoted_commas_have_a_hint(tmp_path: Path, run: Run) -> None:
    """A list with a unit that is not there says how to quote; a single name does not."""
    lumpver.save(FOUR, tmp_path / "m.onnx")
    for keep, hinted in (("a,0[1]", True), ("a0[1]", False), ("h1[0],h1[9]", True)):
        words = ("reduce", tmp_path / "m.onnx", "-o", tmp_path / "o.onnx", "--keep", keep)
        code, _, err = run(*words)
        assert code == 2
        assert ("goes in double quotes" in err) == hinted


def test_suffixes() -> None:
    """One of several, in capitals too, and nothing else."""
    for name in ("a.zip", "A.ZIP", "a.tar.zip", "a.htm"):
        suffixed(Path(name), ".zip", ".htm")
    for other in ("azip", "a.zip.gz", "a", ""):
        with pytest.raises(Malformed, match=r"ends in \.zip"):
            suffixed(Path(other), ".zip")


def test_export_names_every_suffix(tmp_path: Path, run: Run) -> None:
    """`export` refuses others before it reads, and names all that it can write."""
    code, _, err = run("export", tmp_path / "none.onnx", "-o", tmp_path / "o.pt")
    assert code == 2
    assert ".onnx.gz, .onnx, .nnet, .json or .lumpcheck" in err
