"""Reports of models that are near: what is proved and shown by entry, and a map of the box."""

from __future__ import annotations

import io
import json
import re
import zipfile
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
from report_files import Page
from test_nearness import twins

import lumpver
from lumpver.errors import Malformed, Rejected
from lumpver.exact.scalar import number
from lumpver.tell.report import apart as module
from lumpver.tell.report.apart import apart
from lumpver.tell.report.examination import examine
from lumpver.tell.report.page import render
from lumpver.tell.report.pictures.heat import LEVELS, heat, shades

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Run

BOX = ("--box", "[0, 1]")


def certified(run: Run, folder: Path, *question: str, seed: int = 1) -> tuple[Path, Path, Path]:
    """Two models and a certificate that they are near."""
    paths = folder / "a.json", folder / "b.json", folder / "c.cert.json"
    for network, path in zip(twins(seed), paths, strict=False):
        lumpver.save(network, path)
    some = (*BOX, "--workers", "1", "--certificate", paths[2], *question)
    assert run("prove", *paths[:2], *some)[0] == 0
    return paths


@pytest.mark.parametrize("seed", range(4))
def test_what_is_shown_is_no_more_than_what_is_proved(run: Run, tmp_path: Path, seed: int) -> None:
    """Of each entry, and no more than was claimed; points that are drawn lie below."""
    paths = certified(run, tmp_path, "--eps", "4", seed=seed)
    found = apart(examine(*paths))
    assert found is not None
    assert found.rows
    one, other = (lumpver.load(path).network for path in paths[:2])
    draw = np.random.default_rng(seed)
    size = one.inputs[0].shape[-1]
    for name, shown, proved in found.rows:
        assert re.fullmatch(r"\w+\[\d+\]", name)
        assert 0 <= number(shown) <= number(proved) <= 4
    for _ in range(50):
        x = [number(int(k)) / 64 for k in draw.integers(0, 65, size)]
        ours, theirs = one.evaluate({"x": x}), other.evaluate({"x": x})
        for (_, _, proved), a, b in zip(found.rows, ours["y"], theirs["y"], strict=True):
            assert abs(number(a) - number(b)) <= number(proved)


def test_the_page_has_all_of_it(run: Run, tmp_path: Path) -> None:
    """The verdict with box and eps, both numbers, a map, parts, bytes, and how to ask again."""
    paths = certified(run, tmp_path, "--eps", "2")
    page = tmp_path / "r.html"
    code, out, err = run("report", *paths, "-o", page)
    assert (code, err) == (0, "")
    assert out.startswith("Accepted on a box. Only for inputs in the box with x[0] from 0 to 1")
    text = page.read_text(encoding="utf-8")
    shown = Page(text)
    assert shown.balanced
    assert "How far apart" in shown.inside("h2")
    size = paths[2].stat().st_size
    assert f", in {size:,} bytes." in shown.words
    assert "within 2 of each other" in shown.words
    assert "Bounds of the difference along x[0] and x[1]" in text
    assert "--eps 2" in shown.words
    again = tmp_path / "again.html"
    assert run("report", *paths, "-o", again)[0] == 0
    assert again.read_bytes() == page.read_bytes()


def test_a_map_along_other_entries(run: Run, tmp_path: Path) -> None:
    """One entry or two; names that are none and the same twice are refused."""
    paths = certified(run, tmp_path, "--eps", "2")
    page = tmp_path / "r.html"
    assert run("report", *paths, "-o", page, "--inputs", "x[1]")[0] == 0
    assert "Bounds of the difference along x[1]<" in page.read_text(encoding="utf-8")
    page.unlink()
    for wrong in ("x[9]", "z[0]", "x[0],x[0]", "x[0],x[1],x[0]", "x"):
        assert run("report", *paths, "-o", page, "--inputs", wrong)[0] == 2
        assert not page.exists()


def test_bundles_and_classes(run: Run, tmp_path: Path) -> None:
    """A certificate that the class is the same bounds differences, too."""
    paths = certified(run, tmp_path, "--same-class", "--delta", "50")
    archive = tmp_path / "e.zip"
    code, out, _ = run("bundle", *paths, "-o", archive, "--json")
    assert (code, json.loads(out)["answer"]) == (0, "accepted")
    with zipfile.ZipFile(io.BytesIO(archive.read_bytes())) as found:
        assert found.read("c.cert.json") == paths[2].read_bytes()
        assert "How far apart" in found.read("report.html").decode()
        assert "--same-class max --delta 50" in found.read("README.txt").decode()


def test_nothing_is_said_of_what_was_rejected(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nor of units; of very many parts only how many there are."""
    paths = certified(run, tmp_path, "--eps", "2")
    document = json.loads(paths[2].read_bytes())
    document["claim"]["closeness"]["within"] = "1/100000"
    wrong = tmp_path / "wrong.cert.json"
    wrong.write_text(json.dumps(document), encoding="utf-8")
    found = examine(*paths[:2], wrong)
    assert isinstance(found.checked, Rejected)
    assert apart(found) is None
    assert "How far apart" not in render(found)
    right = examine(*paths)
    with pytest.raises(Malformed):
        render(replace(right, inputs=("none[0]",)))
    monkeypatch.setattr(module, "MOST_PARTS", 0)
    many = apart(right)
    assert many is not None
    assert (many.rows, many.figure) == ((), None)
    assert "no bounds are shown" in render(right)


def test_colours_grow_with_what_cells_hold() -> None:
    """The largest is the strongest, 0 the weakest; what is not there has none."""
    cells = np.array([[0.0, 1.0, 2.0, -1.0]])
    assert shades(cells).tolist() == [[1, LEVELS / 2, LEVELS, 0]]
    assert shades(np.zeros((1, 2))).tolist() == [[1, 1]]
    found = heat(["<x>[0]"], [("0", "1")], cells, ["1"] * LEVELS)
    assert found.description == "Largest where <x>[0] is in step 3 of 4."
    assert "<x>" not in found.svg
    assert len(found.drawing.marks) > LEVELS
