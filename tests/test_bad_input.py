"""Every row of "bad input" through the command line: exit code, one line, one object, no file."""

from __future__ import annotations

import gzip
import shutil
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from gemm_files import GOOD, gemm, reduced_files
from onnx_models import external, model, node, tensor
from small_networks import TWINS

from lumpver.cli import main
from lumpver.io.json.writing import write

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Fails

SUFFIXES = (".onnx", ".onnx.gz", ".nnet", ".json")


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path, Path]:
    """A model, its reduction and its certificate."""
    return reduced_files(tmp_path)


CONTENTS = {
    "empty": b"",
    "text": b"hello\n",
    "bytes": bytes(range(256)) * 3,
    "zeros": b"\0" * 1000,
    "truncated": GOOD[: len(GOOD) // 2],
    "gzip of nothing": gzip.compress(b""),
    "gzip truncated": gzip.compress(GOOD)[:-20],
    "gzip and more": gzip.compress(GOOD) + b"more",
    "gzip of text": gzip.compress(b"hello"),
    "json of something": b'{"a": 1}',
    "json truncated": write(TWINS)[:-50],
    "json in utf-16": write(TWINS).decode().encode("utf-16"),
    "deep lists": b"[" * 200_000,
    "deep objects": b'{"a":' * 200_000,
    "a long number": b"1" * 10_000,
    "a pickle": b"\x80\x04K\x01.",
    "another format": GOOD + write(TWINS),
}


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("content", CONTENTS)
def test_not_a_model(tmp_path: Path, fails: Fails, capsys: Any, content: str, suffix: str) -> None:
    """Bytes that are no model of the format: one line, what and where."""
    path = tmp_path / f"model{suffix}"
    path.write_bytes(CONTENTS[content])
    for command in (["inspect", path], ["reduce", path, "-o", tmp_path / "r.json"],
                    ["export", path, "-o", tmp_path / "e.json"]):  # fmt: skip
        error = fails(*command)
        assert "model" in error["where"] or error["expected"]
        assert error["kind"] in {"unreadable", "malformed", "not-a-number", "shape"}


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_no_file(tmp_path: Path, fails: Fails, suffix: str) -> None:
    """A file that is not there, a directory, a loop of links."""
    missing, folder, loop = (tmp_path / f"{name}{suffix}" for name in ("missing", "dir", "loop"))
    folder.mkdir()
    loop.symlink_to(loop)
    for path in (missing, folder, loop):
        assert fails("inspect", path)["where"] == str(path)
        fails("reduce", path, "-o", tmp_path / "r.json")
        fails("check", path, path, path)
        fails("explain", path, "--unit", "h[0]")


@pytest.mark.parametrize("name", ["model", "model.txt", "model.gz", "model.onnx.bz2", ".ONNX"])
def test_other_names(tmp_path: Path, fails: Fails, name: str) -> None:
    """A suffix that is none of ours is refused, naming ours."""
    (tmp_path / name).write_bytes(GOOD)
    assert ".onnx.gz" in fails("inspect", tmp_path / name)["expected"]
    (tmp_path / "m.onnx").write_bytes(GOOD)
    fails("reduce", tmp_path / "m.onnx", "-o", tmp_path / f"other{name}")
    fails("export", tmp_path / "m.onnx", "-o", tmp_path / f"other{name}")


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_no_number(tmp_path: Path, fails: Fails, bad: float) -> None:
    """NaN or infinity in a modelled node: the tensor and the index, or the attribute."""
    path = tmp_path / "m.onnx"
    cases = {
        "W[1, 0]": gemm([[1, 2], [bad, 4]]),
        "b[1]": gemm([[1, 2], [2, 4]], bias=[0, bad]),
        "factor": gemm([[1, 2], [2, 4]], alpha=bad),
        "actor": gemm([[1, 2], [2, 4]], beta=bad),
        "alpha": bytes(model([node("Gemm", "x W", "h"), node("LeakyRelu", "h", "y", "leaky",
                       alpha=bad)], [tensor("W", np.eye(2))]).SerializeToString()),
    }  # fmt: skip
    for where, data in cases.items():
        path.write_bytes(data)
        error = fails("reduce", path, "-o", tmp_path / "r.onnx")
        assert error["kind"] == "not-a-number"
        assert where in error["where"]
        assert error["got"] == str(bad)


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_no_number_in_an_opaque_node(tmp_path: Path, bad: float) -> None:
    """What is not modelled may hold what it likes."""
    nodes = [node("Gemm", "x W", "h"), node("Mod", "h p", "q", fmod=1),
             node("LpNormalization", "q", "y")]  # fmt: skip
    (tmp_path / "m.onnx").write_bytes(
        model(nodes, [tensor("W", np.eye(2)), tensor("p", [bad, 1])]).SerializeToString()
    )
    with pytest.raises(SystemExit) as left:
        main(["reduce", str(tmp_path / "m.onnx"), "-o", str(tmp_path / "r.onnx"), "--json"])
    assert left.value.code == 0


@pytest.mark.parametrize(
    ("data", "where"),
    [
        (gemm([[1, 2, 3], [4, 5, 6]]), "first"),
        (gemm([[1, 2], [3, 4]], bias=[1, 2, 3]), "first"),
        (gemm([[1, 2], [3, 4], [5, 6]], bias=[1, 2, 3]), "y"),
    ],
)
def test_shapes_that_do_not_fit(tmp_path: Path, fails: Fails, data: bytes, where: str) -> None:
    """A mismatch of shapes names the node, expected and got."""
    (tmp_path / "m.onnx").write_bytes(data)
    error = fails("reduce", tmp_path / "m.onnx", "-o", tmp_path / "r.onnx")
    assert error["kind"] == "shape"
    assert where in error["where"]
    assert any(digit in error["got"] for digit in "23")


def _with_external(folder: Path, **entries: str) -> Path:
    folder.mkdir(exist_ok=True)
    made = model([node("Gemm", "x W", "y")], [external("W", [2, 2], **entries)])
    (folder / "m.onnx").write_bytes(made.SerializeToString())
    return folder / "m.onnx"


LOCATIONS: list[Any] = [
    *("../w.bin", "/etc/hostname", "missing.bin", "sub", "link.bin", ".", "..", ""),
    *("a\0b", "x" * 300, "sub/../../w.bin"),
    pytest.param(
        "loop.bin",
    ),
]


@pytest.mark.parametrize("location", LOCATIONS, ids=lambda name: repr(name)[:16])
def test_external_data_elsewhere(tmp_path: Path, fails: Fails, location: str) -> None:
    """External data that is missing, no file, or outside the model's folder: refused by name."""
    folder = tmp_path / "models"
    path = _with_external(folder, location=location)
    (tmp_path / "w.bin").write_bytes(b"\0" * 16)
    (folder / "sub").mkdir()
    (folder / "link.bin").symlink_to(tmp_path / "w.bin")
    (folder / "loop.bin").symlink_to("loop.bin")
    fails("reduce", path, "-o", tmp_path / "r.onnx")


@pytest.mark.parametrize("key", ["offset", "length"])
@pytest.mark.parametrize("word", ["-1", "17", "99999999999999999999", "x", "1e1", " 4", "0x4"])
def test_external_data_out_of_range(tmp_path: Path, fails: Fails, key: str, word: str) -> None:
    """Offsets and lengths that are none, or reach beyond the file, are refused."""
    path = _with_external(tmp_path / "models", **{"location": "w.bin", key: word})
    (tmp_path / "models" / "w.bin").write_bytes(b"\0" * 16)
    fails("reduce", path, "-o", tmp_path / "r.onnx")


def test_external_data_swapped(tmp_path: Path, fails: Fails) -> None:
    """Other external data than the certificate was made for is noticed."""
    path = _with_external(tmp_path / "models", location="w.bin")
    payload = tmp_path / "models" / "w.bin"
    payload.write_bytes(np.eye(2, dtype="<f4").tobytes())
    with pytest.raises(SystemExit) as left:
        main(["reduce", str(path), "-o", str(tmp_path / "r.onnx"), "--json"])
    assert left.value.code == 0
    payload.write_bytes((2 * np.eye(2, dtype="<f4")).tobytes())
    error = fails("check", path, tmp_path / "r.onnx", tmp_path / "r.onnx.cert.json")
    assert error["kind"] == "digest"
    assert "external data" in error["where"]


@pytest.mark.parametrize("which", [0, 1])
def test_another_model(files: tuple[Path, ...], fails: Fails, which: int) -> None:
    """A certificate for another model says which file."""
    files[which].write_bytes(gemm([[1, 2], [2, 5]]))
    error = fails("check", *files)
    assert (error["kind"], error["where"]) == ("digest", str(files[which]))


USAGE = [
    ("frobnicate",),
    ("reduce",),
    ("reduce", "m.onnx"),
    ("reduce", "m.onnx", "-o", "r.onnx", "--what"),
    ("reduce", "m.onnx", "-o", "r.onnx", "more"),
    ("check", "m.onnx"),
    ("explain", "c.json", "d.json"),
    ("export", "m.onnx"),
    ("inspect",),
]


@pytest.mark.parametrize("arguments", USAGE, ids=" ".join)
def test_usage(fails: Fails, arguments: tuple[str, ...]) -> None:
    """Missing and unknown arguments: the same manners, and whom to ask."""
    error = fails(*arguments)
    assert error["kind"] == "usage"
    assert "--help` has all options" in error["message"]


OPTIONS = [("--rules", "magic"), ("--rules", "merges;constants"), ("--keep", "zz"),
           ("--keep", "h[2]"), ("--keep", "h[-1]"), ("--keep", "h[" + "9" * 5000 + "]"),
           ("--keep", "W"), ("--keep", "h[0"), ("--certificate", "{tmp}/m.onnx"),
           ("--certificate", "{tmp}"), ("--certificate", "{tmp}/no/c.json")]  # fmt: skip


@pytest.mark.parametrize("option", OPTIONS, ids=lambda option: " ".join(option)[:30])
def test_options(tmp_path: Path, fails: Fails, option: tuple[str, str]) -> None:
    """Rules, units and places that are not there."""
    (tmp_path / "m.onnx").write_bytes(GOOD)
    words = [word.format(tmp=tmp_path) for word in option]
    fails("reduce", tmp_path / "m.onnx", "-o", tmp_path / "r.onnx", *words)


def test_places_to_write(tmp_path: Path, fails: Fails) -> None:
    """The model itself, a directory, or a folder that is not there."""
    path = tmp_path / "m.onnx"
    path.write_bytes(GOOD)
    (tmp_path / "d.onnx").mkdir()
    for target in (path, tmp_path / "d.onnx", tmp_path / "no" / "r.onnx"):
        fails("reduce", path, "-o", target)
    for target in (tmp_path / "d.onnx", tmp_path / "no" / "r.onnx"):
        fails("export", path, "-o", target)
    shutil.rmtree(tmp_path / "d.onnx")
