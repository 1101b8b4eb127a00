"""Every row of "bad input" through the command line: exit code, one line, one object, no file."""

from __future__ import annotations

import gzip
import json
import shutil
from typing import TYPE_CHECKING, Any

import numpy as np
import older_certificates
import pytest
from onnx_models import external, model, node, tensor
from small_networks import TWINS

from lumpver.claim.certificate import decode
from lumpver.cli import main
from lumpver.io.json.writing import write

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Check = Callable[..., dict[str, str]]

SUFFIXES = (".onnx", ".onnx.gz", ".nnet", ".json")


def gemm(W: Any, *, bias: Any = (0, 0), **attributes: Any) -> bytes:
    """x -> Gemm with weights W -> Relu -> Gemm -> y."""
    nodes = [node("Gemm", "x W b", "h", "first", transB=1, **attributes), node("Relu", "h", "r"),
             node("Gemm", "r V", "y", transB=1)]  # fmt: skip
    tensors = [tensor("W", W), tensor("b", bias), tensor("V", [[1, 1]])]
    return bytes(model(nodes, tensors).SerializeToString())


GOOD = gemm([[1, 2], [2, 4]])


@pytest.fixture
def fails(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Check:
    """The command exits with 2, one line on stderr, or one error object; nothing is written."""

    def check(*arguments: Any) -> dict[str, str]:
        capsys.readouterr()
        before = _contents(tmp_path)
        words = [str(argument) for argument in arguments]
        with pytest.raises(SystemExit) as left:
            main(words)
        out, err = capsys.readouterr()
        assert (left.value.code, out) == (2, "")
        assert err.startswith("lumpver: ")
        assert (err.count("\n"), len(err) < 1000) == (1, True)
        with pytest.raises(SystemExit) as left:
            main([*words, "--json"])
        out, err = capsys.readouterr()
        assert (left.value.code, err, out.count("\n")) == (2, "", 1)
        (error,) = json.loads(out).values()
        assert set(error) == {"kind", "where", "expected", "got", "message"}
        assert _contents(tmp_path) == before
        return dict(error)

    return check


def _contents(folder: Path) -> dict[str, bytes | None]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() if path.is_file() else None
        for path in folder.rglob("*")
    }


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path, Path]:
    """A model, its reduction and its certificate."""
    (tmp_path / "m.onnx").write_bytes(GOOD)
    with pytest.raises(SystemExit) as left:
        main(["reduce", str(tmp_path / "m.onnx"), "-o", str(tmp_path / "r.onnx"), "--json"])
    assert left.value.code == 0
    return tmp_path / "m.onnx", tmp_path / "r.onnx", tmp_path / "r.onnx.cert.json"


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
def test_not_a_model(tmp_path: Path, fails: Check, capsys: Any, content: str, suffix: str) -> None:
    """Bytes that are no model of the format: one line, what and where."""
    path = tmp_path / f"model{suffix}"
    path.write_bytes(CONTENTS[content])
    for command in (["inspect", path], ["reduce", path, "-o", tmp_path / "r.json"],
                    ["export", path, "-o", tmp_path / "e.json"]):  # fmt: skip
        error = fails(*command)
        assert "model" in error["where"] or error["expected"]
        assert error["kind"] in {"unreadable", "malformed", "not-a-number", "shape"}


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_no_file(tmp_path: Path, fails: Check, suffix: str) -> None:
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
def test_other_names(tmp_path: Path, fails: Check, name: str) -> None:
    """A suffix that is none of ours is refused, naming ours."""
    (tmp_path / name).write_bytes(GOOD)
    assert ".onnx.gz" in fails("inspect", tmp_path / name)["expected"]
    (tmp_path / "m.onnx").write_bytes(GOOD)
    fails("reduce", tmp_path / "m.onnx", "-o", tmp_path / f"other{name}")
    fails("export", tmp_path / "m.onnx", "-o", tmp_path / f"other{name}")


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_no_number(tmp_path: Path, fails: Check, bad: float) -> None:
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
    nodes = [node("Gemm", "x W", "h"), node("Pow", "h p", "q"), node("ThresholdedRelu", "q", "y",
                                                                     alpha=bad)]  # fmt: skip
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
def test_shapes_that_do_not_fit(tmp_path: Path, fails: Check, data: bytes, where: str) -> None:
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
def test_external_data_elsewhere(tmp_path: Path, fails: Check, location: str) -> None:
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
def test_external_data_out_of_range(tmp_path: Path, fails: Check, key: str, word: str) -> None:
    """Offsets and lengths that are none, or reach beyond the file, are refused."""
    path = _with_external(tmp_path / "models", **{"location": "w.bin", key: word})
    (tmp_path / "models" / "w.bin").write_bytes(b"\0" * 16)
    fails("reduce", path, "-o", tmp_path / "r.onnx")


def test_external_data_swapped(tmp_path: Path, fails: Check) -> None:
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
def test_another_model(files: tuple[Path, ...], fails: Check, which: int) -> None:
    """A certificate for another model says which file."""
    files[which].write_bytes(gemm([[1, 2], [2, 5]]))
    error = fails("check", *files)
    assert (error["kind"], error["where"]) == ("digest", str(files[which]))


def _documents() -> dict[str, Any]:
    entry = {"block": ["x", -1, 1.0, True, 10**30, "0", [0]], "scale": [1, 1.5, "2/4", "0", "1e3",
             "-0", None, "1/0"], "constant": [0, "nan", "+1"]}  # fmt: skip
    cases: dict[str, Any] = {}
    for member, values in entry.items():
        for value in values:

            def change(document: Any, member: str = member, value: Any = value) -> None:
                (found,) = document["tensors"].values()
                found[member] = [value, *(found.get(member) or [None, "0"])[1:]]

            cases[f"{member} {value!r}"] = change
    for name in ("width", "ghosts"):
        for number in (-1, 3, 1.0, "1", None, 10**400, True):

            def set_size(document: Any, name: str = name, number: Any = number) -> None:
                (found,) = document["tensors"].values()
                found[name] = number

            cases[f"{name} {str(number)[:9]!r}"] = set_size
    for name in ("format", "version", "semantics", "provenance", "original", "reduced", "tensors"):
        cases[f"no {name}"] = lambda document, name=name: document.pop(name)
        cases[f"{name} of another type"] = lambda document, name=name: document.update({name: 1.5})
    cases["an unknown member"] = lambda document: document.update(more=1)
    cases["a short digest"] = lambda document: document["original"].update(sha256="0" * 63)
    cases["an upper case digest"] = lambda document: document["original"].update(sha256="A" * 64)
    return cases


DOCUMENTS = _documents()


@pytest.mark.parametrize("case", DOCUMENTS)
def test_malformed_certificates(files: tuple[Path, ...], fails: Check, case: str) -> None:
    """Wrong types, numbers that are not in lowest terms, indices out of range, other members."""
    document = json.loads(older_certificates.encode(decode(files[2].read_bytes())))
    DOCUMENTS[case](document)
    files[2].write_text(json.dumps(document))
    error = fails("check", *files)
    assert error["kind"] == "malformed"
    fails("explain", files[2], "--unit", "h[0]")


TEXTS: dict[str, Callable[[str], str | bytes]] = {
    "empty": lambda _: "",
    "a list": lambda _: "[]",
    "NaN": lambda text: text.replace('"version":1', '"version":NaN'),
    "1.0": lambda text: text.replace('"version":1', '"version":1.0'),
    "true": lambda text: text.replace('"version":1', '"version":true'),
    "twice": lambda text: text.replace('"version":1', '"version":1,"version":1'),
    "more behind": lambda text: text + "{}",
    "a mark in front": lambda text: b"\xef\xbb\xbf" + text.encode(),
    "utf-16": lambda text: text.encode("utf-16"),
    "deep": lambda _: "[" * 500_000 + "]" * 500_000,
    "deep provenance": lambda text: text.replace('"provenance":{', '"provenance":{"x":' + "[" * 900
                                                 + "]" * 900 + ","),
    "a long integer": lambda text: text.replace('"width":1', '"width":' + "1" * 100_000),
    "a long number": lambda text: text.replace('"scale":["1"', '"scale":["' + "1" * 10**6 + '"'),
}  # fmt: skip


@pytest.mark.parametrize("case", TEXTS)
def test_texts_that_are_no_certificate(files: tuple[Path, ...], fails: Check, case: str) -> None:
    """Other JSON, other encodings, deep nesting and absurd numbers are refused quickly."""
    text = TEXTS[case](older_certificates.encode(decode(files[2].read_bytes())).decode())
    files[2].write_bytes(text if isinstance(text, bytes) else text.encode())
    fails("check", *files)
    fails("explain", files[2], "--unit", "h[0]")


def test_a_huge_certificate(files: tuple[Path, ...], tmp_path: Path, fails: Check) -> None:
    """A file of more bytes than any certificate has is refused for that."""
    with files[2].open("wb") as file:
        file.truncate(2**26 + 1)
    assert "bytes" in fails("check", *files)["expected"]


def test_a_wrong_certificate_is_another_matter(files: tuple[Path, ...], capsys: Any) -> None:
    """Well-formed and wrong is exit 1, with rule, layer, unit, expected and got."""
    document = json.loads(files[2].read_bytes())
    ((fact,),) = document["tensors"].values()
    fact["rows"]["entry"][1] = "5/2"
    files[2].write_text(json.dumps(document))
    capsys.readouterr()
    with pytest.raises(SystemExit) as left:
        main(["check", *(str(path) for path in files), "--json"])
    out, err = capsys.readouterr()
    assert (left.value.code, err) == (1, "")
    found = json.loads(out)
    assert (found["valid"], found["rule"], found["layer"], found["unit"]) == (
        False, "affine", "h", 1,
    )  # fmt: skip


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
def test_usage(fails: Check, arguments: tuple[str, ...]) -> None:
    """Missing and unknown arguments: the same manners, and whom to ask."""
    error = fails(*arguments)
    assert error["kind"] == "usage"
    assert "--help` has all options" in error["message"]


OPTIONS = [("--rules", "magic"), ("--rules", "merges;constants"), ("--keep", "zz"),
           ("--keep", "h[2]"), ("--keep", "h[-1]"), ("--keep", "h[" + "9" * 5000 + "]"),
           ("--keep", "W"), ("--keep", "h[0"), ("--certificate", "{tmp}/m.onnx"),
           ("--certificate", "{tmp}"), ("--certificate", "{tmp}/no/c.json")]  # fmt: skip


@pytest.mark.parametrize("option", OPTIONS, ids=lambda option: " ".join(option)[:30])
def test_options(tmp_path: Path, fails: Check, option: tuple[str, str]) -> None:
    """Rules, units and places that are not there."""
    (tmp_path / "m.onnx").write_bytes(GOOD)
    words = [word.format(tmp=tmp_path) for word in option]
    fails("reduce", tmp_path / "m.onnx", "-o", tmp_path / "r.onnx", *words)


def test_places_to_write(tmp_path: Path, fails: Check) -> None:
    """The model itself, a directory, or a folder that is not there."""
    path = tmp_path / "m.onnx"
    path.write_bytes(GOOD)
    (tmp_path / "d.onnx").mkdir()
    for target in (path, tmp_path / "d.onnx", tmp_path / "no" / "r.onnx"):
        fails("reduce", path, "-o", target)
    for target in (tmp_path / "d.onnx", tmp_path / "no" / "r.onnx"):
        fails("export", path, "-o", target)
    shutil.rmtree(tmp_path / "d.onnx")
