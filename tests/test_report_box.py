"""Reports and bundles of what holds on a box: that comes first, and everything is asked of it."""

from __future__ import annotations

import io
import json
import shlex
import zipfile
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pytest
from report_files import HOSTILE, Page

import lumpver
from lumpver import Network, reduce_file
from lumpver.bounds.knowing import known
from lumpver.claim.domain import Box, Boxes
from lumpver.errors import Malformed, ShapeMismatch
from lumpver.io.domains import read
from lumpver.model.relabelling import Relabelling
from lumpver.proving.smt import ask
from lumpver.tell.report.examination import examine
from lumpver.tell.report.figures import figures, units
from lumpver.tell.report.page import page, render
from lumpver.tell.report.pictures import box_bars
from lumpver.tell.report.place import MOST
from lumpver.tell.report.query import query
from lumpver.tell.report.rechecks import rechecks
from lumpver.tell.switching import Units, units_on

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Run

ON: Final = [([[1, 1], [-1, -1], [1, -1]], [1, -1, 0]), ([[1, 1, 1]], [0])]  # on, off, may switch
OPEN: Final = "x[0] from 0 to 1, x[1] from 0 to 1"


def boxed(folder: Path, box: Any = "[0, 1]", layers: Any = ON) -> tuple[Path, Path, Path]:
    """A network, what is left of it on the box, and the certificate."""
    folder.mkdir(exist_ok=True)
    model, target = folder / "m.json", folder / "r.json"
    lumpver.save(Network.from_layers(layers), model)
    reduce_file(model, target, box=lambda network: read(box, network))
    return model, target, folder / "r.json.cert.json"


def test_the_domain_comes_first(tmp_path: Path, run: Run) -> None:
    """In the first line, in the page's verdict, and bound by bound; exit code 0."""
    files = boxed(tmp_path)
    code, out, err = run("report", *files, "-o", tmp_path / "r.html")
    assert (code, err) == (0, "")
    assert out.startswith(f"Accepted on a box. Only for inputs in the box with {OPEN}; nothing is")
    text = (tmp_path / "r.html").read_text(encoding="utf-8")
    shown = Page(text)
    assert shown.balanced
    assert "Accepted on a box" in shown.inside("h2")
    assert f"Only for inputs in the box with {OPEN}; nothing is said of others." in shown.inside(
        "p"
    )
    assert "x[0] to x[1]" in shown.inside("bdi")
    assert "<title>Accepted on a box: m.json and r.json</title>" in text
    assert "All on this page is about inputs within these bounds" in shown.words
    assert "every input," not in shown.words
    document = json.loads(run("report", *files, "-o", tmp_path / "r.html", "--json")[1])
    assert document["answer"] == "accepted"
    assert document["claim"]["domain"] != "all inputs"
    assert document["answers"]["check"]["claim"] == document["claim"]


def test_all_inputs_are_told_as_before(tmp_path: Path) -> None:
    """A certificate for all inputs has no section on inputs, and no picture of a box."""
    model = tmp_path / "m.json"
    lumpver.save(Network.from_layers([([[1], [2]], None), ([[1, 1]], None)]), model)
    reduce_file(model, tmp_path / "r.json")
    examined = examine(model, tmp_path / "r.json", tmp_path / "r.json.cert.json")
    found = page(examined)
    assert (found.place, found.verdict.where, found.verdict.word) == (None, "", "Accepted")
    assert "Which inputs" not in [title for _, title in found.sections]
    assert units(examined) == ()
    assert all("--box" not in ask.line for ask in rechecks(examined, found.names))


@pytest.mark.parametrize("box", ["[0, 1]", {"x": [(0, 1), ("1/3", 2)]}, "union"])
def test_the_commands_ask_the_same_again(tmp_path: Path, run: Run, box: Any) -> None:
    """As they stand on the page, in the folder of the files, they are answered yes."""
    given = box
    if box == "union":
        given = Boxes(tuple(Box.of({"x": [(n, n + 1), (0, 1)]}) for n in range(2)))
    files = boxed(tmp_path, given)
    examined = examine(*files)
    lines = [ask.line for ask in rechecks(examined, page(examined).names)]
    asked = [shlex.split(line)[1:] for line in lines if line.startswith("lumpver")]
    assert {words[0] for words in asked} == {"check", "prove"}
    for words in asked:
        assert "--box" in words
        placed = [str(tmp_path / word) if (tmp_path / word).is_file() else word for word in words]
        code, out, err = run(*placed)
        assert (code, err) == (0, ""), (words, out)
    assert ("'[0, 1]' --exact-box" in " ".join(lines)) == (box == "[0, 1]")


def test_a_smaller_box_may_be_asked(tmp_path: Path, run: Run) -> None:
    """And then the page is about that one; what the certificate claims beyond it is a note."""
    files = boxed(tmp_path)
    code, out, _ = run("report", *files, "-o", tmp_path / "r.html", "--box", "[0, 1/2]")
    assert code == 0
    assert out.startswith(
        "Accepted on a box. Only for inputs in the box of [0, 1/2] in every entry;"
    )
    assert "the certificate claims more: equal on the box with x[0] from 0 to 1" in out


@pytest.mark.parametrize("box", ["[0, 2]", "[-1, 1]"])
def test_a_larger_box_is_rejected(tmp_path: Path, run: Run, box: str) -> None:
    """Exit 1; what was asked comes first, and why it is no."""
    files = boxed(tmp_path)
    code, out, _ = run("report", *files, "-o", tmp_path / "r.html", "--box", box)
    assert code == 1
    assert out.startswith(f"Rejected. Asked was the box of {box} in every entry.")
    words = Page((tmp_path / "r.html").read_text(encoding="utf-8")).words
    assert "the certificate claims less than was asked" in words


def test_a_wrong_certificate_is_rejected(tmp_path: Path, run: Run) -> None:
    """That it is about a box makes nothing right."""
    files = boxed(tmp_path)
    document = json.loads(files[2].read_bytes())
    document["claim"]["domain"]["boxes"][0]["x"]["low"] = ["-9", "-9"]
    files[2].write_text(json.dumps(document, sort_keys=True))
    assert run("report", *files, "-o", tmp_path / "r.html")[0] == 1
    found = page(examine(*files))
    assert found.doubtful
    assert len(found.figures) == 1  # nothing of what is claimed is drawn


def test_proofs_are_of_the_same_box(tmp_path: Path, run: Run) -> None:
    """With and without a certificate, `prove` is asked about the box; beyond it they differ."""
    files = boxed(tmp_path)
    examined = examine(*files, prove=True)
    assert examined.answer is not None
    assert examined.answer.answer == "proved"
    assert examined.answer.claim.domain == examined.asked.domain
    options = ("-o", tmp_path / "r.html", "--box", "[0, 1]", "--json")
    document = json.loads(run("report", *files[:2], *options)[1])
    assert document["answer"] == "proved"
    code, out, _ = run("report", *files[:2], "-o", tmp_path / "r.html", "--box", "[-1, 1]")
    assert code == 1
    assert out.startswith(
        "Refuted on a box. Asked was the box of [-1, 1] in every entry. The claim"
    )
    examined = examine(*files[:2], box=lambda n: read("[0, 1]", n), options=("--box", "[0, 1]"))
    line = rechecks(examined, page(examined).names)[-1].line
    assert line == "lumpver prove m.json r.json --box '[0, 1]'"


def test_the_query_is_about_the_box(tmp_path: Path) -> None:
    """A solver says unsat of it, and sat without the bounds."""
    text, reason = query(examine(*boxed(tmp_path)))
    assert reason == ""
    assert "Is there an input in the box with x[0] from 0 to 1" in text
    assert "(set-info :status unsat)" in text
    assert ask(text, solver="z3", effort=10**6).status == "unsat"
    free = text.replace("(>= model.x_0 0.0)", "true").replace("(<= 0.0 model.x_0)", "true")
    assert free != text
    free = free.replace("(set-info :status unsat)", "")
    assert ask(free, solver="z3", effort=10**6).status == "sat"


def test_several_boxes(tmp_path: Path) -> None:
    """Each has its rows, and the query allows any."""
    boxes = Boxes(tuple(Box.of({"x": [(n, n + 1), (0, 1)]}) for n in range(2)))
    examined = examine(*boxed(tmp_path, boxes))
    found = page(examined)
    assert found.place is not None
    assert [row[0] for row in found.place.rows] == [
        "box 1: x[0] to x[1]",
        "box 2: x[0]",
        "box 2: x[1]",
    ]
    assert "one of 2 boxes" in found.place.more
    assert "2 boxes, the first with" in found.verdict.where
    assert ask(query(examined)[0], solver="z3", effort=10**6).status == "unsat"


def test_many_bounds_are_cut(tmp_path: Path) -> None:
    """Runs of the same range are one row; so many rows, and what is left out."""
    ranges = [(0, n) for n in range(1, 41)] + [(0, 1)] * 60
    layers = [([[1] * 100, [-1] * 100], [1, -1]), ([[1, 1]], None)]
    found = page(examine(*boxed(tmp_path, {"x": ranges}, layers)))
    assert found.place is not None
    assert len(found.place.rows) == MOST
    assert f"{41 - MOST} rows more" in found.place.more


def test_bundles(tmp_path: Path, run: Run) -> None:
    """Box first in the README; commands, query and report are about it."""
    files = boxed(tmp_path, {"x": [(0, 1), (0, "1/2")]})
    code, out, _ = run("bundle", *files, "-o", tmp_path / "b.zip", "--models")
    assert code == 0
    assert out.startswith(
        "Accepted on a box. Only for inputs in the box with x[0] from 0 to 1, x[1]"
    )
    with zipfile.ZipFile(io.BytesIO((tmp_path / "b.zip").read_bytes())) as archive:
        archive.extractall(tmp_path / "out")
    told = (tmp_path / "out" / "README.txt").read_text()
    assert told.startswith(
        "ACCEPTED ON A BOX: m.json and r.json\n\nOnly for inputs in the box with"
    )
    assert "lumpver check m.json r.json r.json.cert.json --box r.json.cert.json" in told
    again = [tmp_path / "out" / path.name for path in files]
    assert run("check", *again, "--box", again[2])[0] == 0


def test_names_are_never_markup(tmp_path: Path) -> None:
    """Names of inputs stand in the domain's words and rows."""
    files = boxed(tmp_path)
    for path in files:
        path.write_bytes(path.read_bytes().replace(b'"x"', json.dumps(HOSTILE).encode()))
    from lumpver.io.files import load

    document = json.loads(files[2].read_bytes())
    for which, path in (("original", files[0]), ("reduced", files[1])):
        document[which]["sha256"] = load(path).digest.sha256
    files[2].write_text(json.dumps(document, sort_keys=True))
    examined = examine(*files)
    assert examined.verdict == "accepted"
    text = render(examined)
    assert "<script>alert" not in text
    assert Page(text).balanced


def test_certificates_are_boxes(tmp_path: Path, run: Run) -> None:
    """`--box CERT` is what that is about, as it stands, and named by its bounds."""
    files = boxed(tmp_path)
    network = lumpver.load(files[0]).network
    found = read(files[2], network)
    assert found.domain == Boxes((Box.of({"x": [(0, 1)] * 2}),))
    assert found.notes == ()
    code, out, _ = run("check", *files, "--box", files[2])
    assert code == 0
    assert f"equal on the box with {OPEN}" in out
    assert run("prove", *files[:2], "--box", files[2])[0] == 0
    assert run("inspect", files[0], "--box", files[2])[1].count(f"On the box with {OPEN}:") == 1
    other = Network.from_layers([([[1, 1, 1]], None)])
    with pytest.raises(ShapeMismatch):
        read(files[2], other)
    with pytest.raises(Malformed, match="certificate"):
        read(files[0], network)
    reduce_file(files[0], tmp_path / "all.json")
    with pytest.raises(Malformed, match="holds on a box"):
        read(tmp_path / "all.json.cert.json", network)


def test_a_certificate_of_floats_is_not_widened(tmp_path: Path, run: Run) -> None:
    """Its bounds were widened when it was made; once more would ask for more than it claims."""
    layers = [(np.array([[1.0, 1], [-1, -1]]), np.array([1.0, -1])), (np.array([[1.0, 2]]), None)]
    lumpver.save(Network.from_layers(layers), tmp_path / "m.onnx")
    assert (
        run("reduce", tmp_path / "m.onnx", "-o", tmp_path / "r.onnx", "--box", "[0.1, 0.7]")[0] == 0
    )
    files = tmp_path / "m.onnx", tmp_path / "r.onnx", tmp_path / "r.onnx.cert.json"
    assert run("check", *files, "--box", files[2])[0] == 0
    assert run("check", *files, "--box", "[0.1, 0.7]")[0] == 0


def test_what_units_do_is_counted_once() -> None:
    """Of each sort those that are gone, and those that are left, in all ways of going."""
    network = Network.from_layers(
        [([[1], [-2], [1], [2], [3], [1]], [1, -1, "-1/2", 1, 2, "-1/3"]), ([[1] * 6], None)]
    )
    bounds = known(network, Boxes((Box.of({"x": [(0, 1)]}),)))
    [all_] = units_on(network, bounds, {})
    assert all_ == Units("h1.pre", 6, 1, 3, 2, 0, 0, 0)
    rows = Relabelling(np.array([0, -1, 1, 0, 0, 2]), np.ones(6), np.zeros(6), 3)
    [some] = units_on(network, bounds, {"h1.pre": rows})
    assert some == Units("h1.pre", 6, 1, 3, 2, 1, 2, 0)
    assert some.left == 3
    carried = Relabelling(np.array([0, -1, 1, -1, -1, 2]), np.ones(6), np.zeros(6), 4)
    [more] = units_on(network, bounds, {"h1.pre": carried})
    assert (more.left, more.on_gone) == (4, 1)
    [anew] = units_on(network, bounds, {"h1.pre": None})
    assert anew.anew


def test_what_units_do_is_drawn(tmp_path: Path) -> None:
    """One bar for each layer, in words as well."""
    examined = examine(*boxed(tmp_path))
    found = units(examined)
    assert [(one.off, one.on, one.open, one.left) for one in found] == [(1, 1, 1, 2)]
    first = figures(examined)[0]
    assert first.caption.startswith("What units do on the box")
    words = box_bars(found).description
    assert words == "h1.pre: 3 units, of these 1 may switch, 1 always on, 1 never on, gone."
    assert words in str(first.svg)
    assert box_bars(found).png().startswith(b"\x89PNG")
    anew = box_bars([Units("h", 4, 1, 1, 2, 0, 0, 0, anew=True)])
    assert anew.description == "h: 4 units, of these 4 made anew."
    assert box_bars([]).description == "No layers."
