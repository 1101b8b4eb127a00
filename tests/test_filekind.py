"""Tests for `lumpver.claim.filekind`: what a file seems to be, and files that were mixed up."""

from __future__ import annotations

import gzip
import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from onnx_models import model, node, tensor

import lumpver
from lumpver.claim.certificate import Certificate, Digest, decode, encode
from lumpver.claim.filekind import CERTIFICATE, kind_of, mistaken
from lumpver.errors import Malformed, Unreadable
from lumpver.io.files import load
from lumpver.model.network import Network

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Run

NETWORK = Network.from_layers([([[1], [3]], [1, 3]), ([[1, 5]], None)])
ONNX = model([node("MatMul", "x W", "y")], [tensor("W", [[1], [2]])]).SerializeToString()
PROOF = encode(Certificate({}, *[Digest(digit * 64, {}) for digit in "ab"]))
FILES = {
    b"": "",
    b"\n \n": "",
    b"{": "",
    b"{}": "",
    b'{"format": "something"}': "",
    b"1, 2, 3\n": "",
    b"\x08": "",
    b"\x08\x09": "",
    b"\x0a\x03abc": "",
    ONNX: "an ONNX model",
    ONNX[:-3]: "an ONNX model",
    b"\x00" + ONNX: "",
    b"\x08\x01" * 10**6 + ONNX: "",  # so many members that nobody goes through them
    gzip.compress(ONNX): "a gzipped file",
    PROOF: "a certificate",
    b'\n{ "version": 9, "format" : "lumpver-certificate"': "a certificate",
    b'{"format": "lumpver-covering"}': "a partial covering, from which `prove --resume` goes on,",
    b"// a comment\n2, 5, 5, 50,\n": "a .nnet model",
    b"; a comment\n(declare-const X_0 Real)\n": "a VNN-LIB file",
    b"<!DOCTYPE html><html>": "an HTML page",
    b"PK\x03\x04\x00": "a zip archive",
}


@pytest.mark.parametrize(("data", "kind"), FILES.items(), ids=[str(i) for i in range(len(FILES))])
def test_kinds(data: bytes, kind: str) -> None:
    """A file is called what its bytes say, or nothing."""
    assert kind_of(data) == kind


@given(st.binary(max_size=64))
def test_any_bytes_have_a_kind_or_none(data: bytes) -> None:
    """No bytes make the question fail."""
    assert isinstance(kind_of(data), str)
    assert isinstance(kind_of(b"\x08\x01\x3a" + data), str)


@pytest.mark.parametrize("suffix", [".json", ".nnet", ".onnx", ".onnx.gz"])
def test_every_format_that_is_written_is_known(tmp_path: Path, suffix: str) -> None:
    """What lumpver writes itself has a kind, which is no certificate."""
    path = tmp_path / f"m{suffix}"
    lumpver.save(NETWORK, path)
    assert kind_of(path.read_bytes())
    with pytest.raises(Malformed, match="where a certificate was expected") as caught:
        decode(path.read_bytes(), where="small.cert.json")
    assert str(caught.value) == mistaken("small.cert.json", path.read_bytes(), CERTIFICATE)


@pytest.mark.parametrize("name", ["m.json", "m.onnx", "m.nnet", "m.onnx.gz"])
def test_what_is_no_model_is_called_what_it_is(tmp_path: Path, name: str) -> None:
    """A certificate, a box or a page under a model's name is refused by its kind."""
    path = tmp_path / name
    for data, kind in FILES.items():
        if kind in {"a certificate", "a VNN-LIB file", "an HTML page", "a zip archive"}:
            path.write_bytes(data)
            with pytest.raises(Unreadable, match=f"{name} is {kind}, not a model"):
                load(path)


def test_models_under_another_name(tmp_path: Path) -> None:
    """A model with the suffix of another format is called by its own."""
    path = tmp_path / "m.json"
    path.write_bytes(ONNX)
    with pytest.raises(Unreadable, match=r"an ONNX model, though its name ends in \.json"):
        load(path)


def test_broken_files_keep_their_own_message() -> None:
    """A certificate that is wrong is not called another kind of file."""
    document: dict[str, Any] = json.loads(PROOF)
    document["version"] = 77
    with pytest.raises(Malformed, match="version: expected 1, 2 or 3, got 77"):
        decode(json.dumps(document).encode())


def test_commands_name_the_mixup(tmp_path: Path, run: Run) -> None:
    """`explain` and `check` of a model, `inspect` and `reduce` of a certificate: exit 2."""
    source, small = tmp_path / "m.onnx", tmp_path / "r.onnx"
    lumpver.save(NETWORK, source)
    lumpver.reduce_file(source, small)
    proof = f"{small}.cert.json"
    said = {
        ("explain", source, "--unit", "h1[0]"): "m.onnx is an ONNX model where a certificate",
        ("check", proof, source, small): "r.onnx is an ONNX model where a certificate",
        ("report", source, proof, small, "-o", tmp_path / "o.html"): "r.onnx is an ONNX model",
        ("inspect", proof): "r.onnx.cert.json is a certificate, not a model",
        ("reduce", proof, "-o", tmp_path / "o.onnx"): "is a certificate, not a model",
        ("prove", source, proof): "is a certificate, not a model",
    }
    for arguments, words in said.items():
        code, _, err = run(*arguments)
        assert code == 2
        assert words in err
