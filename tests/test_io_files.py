"""Model files: formats by name, digests of what is parsed, atomic writing."""

from __future__ import annotations

import gzip
import hashlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from onnx_models import external, model, node, run, tensor

from lumpver.errors import DigestMismatch, Malformed, Unreadable, Unrepresentable
from lumpver.io.files import (
    format_of,
    load,
    parsed,
)
from lumpver.io.json.writing import write as write_json
from lumpver.io.reading import read_bytes
from lumpver.io.saving import stored
from lumpver.model.network import Network, is_unchanged
from lumpver.reducing.pipeline import reduce_file
from lumpver.reducing.reduction import reduce
from lumpver.reducing.verification import check_files

A = np.array([[1.0, 2.0], [3.0, 6.0]], dtype=np.float32)
NNET = b"// twins\n2,1,1,2,\n1,2,1,\n0,\n-1,\n1,\n0,0,\n1,1,\n0.5,\n0.25,\n0,\n0,\n1,1,\n-0.125,\n"


def twins(weights: Any = None) -> Any:
    """Two proportional units, the second column twice the first."""
    nodes = [node("MatMul", "x W", "h"), node("Relu", "h", "r"), node("MatMul", "r V", "y")]
    return model(nodes, [weights or tensor("W", A), tensor("V", [[1.0], [1.0]])])


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """The twins in a file."""
    path = tmp_path / "twins.onnx"
    path.write_bytes(twins().SerializeToString())
    return path


@pytest.mark.parametrize(
    ("name", "suffix"),
    [
        ("a.onnx", ".onnx"),
        ("a.b.onnx.gz", ".onnx.gz"),
        ("a.nnet", ".nnet"),
        ("a.json", ".json"),
        (".onnx", ".onnx"),
    ],
)
def test_the_suffix_is_the_format(name: str, suffix: str) -> None:
    """Four suffixes, each with one meaning."""
    assert format_of(Path("folder.json") / name) == suffix


@pytest.mark.parametrize("name", ["a", "a.ONNX", "a.gz", "a.nnet.gz", "a.onnx.tar.gz", "onnx"])
def test_other_suffixes_are_refused(name: str) -> None:
    """The message lists those that mean something."""
    with pytest.raises(Malformed, match=r"\.onnx\.gz, \.onnx, \.nnet, \.json"):
        format_of(Path(name))


def test_what_is_hashed_is_what_is_parsed(file: Path) -> None:
    """The digest is that of the bytes as stored, packed or not."""
    packed = file.with_name("twins.onnx.gz")
    packed.write_bytes(gzip.compress(file.read_bytes()))
    for path in (file, packed):
        found = load(path)
        assert found.digest.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
        assert found.data == path.read_bytes()
        assert found.network.units == 2


def test_every_format_is_read(tmp_path: Path) -> None:
    """NNet and exact JSON, by path or by its text."""
    nnet, text = tmp_path / "a.nnet", tmp_path / "a.json"
    nnet.write_bytes(NNET)
    network = Network.from_layers([([["1/3"]], None)])
    text.write_bytes(write_json(network))
    assert load(str(nnet)).network.units == 2
    assert load(text).network([3]) == (1,)
    assert parsed(text, text.read_bytes()).network([3]) == (1,)


def packed(data: bytes) -> bytes:
    """Gzipped bytes."""
    return gzip.compress(data, mtime=0)


WHOLE = twins().SerializeToString()
BAD = {
    "empty.onnx": b"",
    "empty.onnx.gz": b"",
    "empty.nnet": b"",
    "empty.json": b"",
    "text.onnx": b"no model",
    "cut.onnx": WHOLE[:-40],
    "plain.onnx.gz": WHOLE,
    "cut.onnx.gz": packed(WHOLE)[:-9],
    "bad-sum.onnx.gz": packed(WHOLE)[:-8] + bytes(8),
    "two-members.onnx.gz": packed(WHOLE) + packed(WHOLE),
    "trailing.onnx.gz": packed(WHOLE) + b"\0",
    "nothing-inside.onnx.gz": packed(b""),
    "packed.onnx": packed(WHOLE),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_files_are_refused_in_one_line(tmp_path: Path, name: str) -> None:
    """What and where, whatever the format; of several gzip members none is believed."""
    path = tmp_path / name
    path.write_bytes(BAD[name])
    with pytest.raises((Unreadable, Malformed)) as caught:
        load(path)
    assert str(path) in str(caught.value) or "model" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_bomb_stops_at_a_bound(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No more is unpacked than the bound allows."""
    monkeypatch.setattr("lumpver.io.files._MOST_UNPACKED", 1000)
    path = tmp_path / "bomb.onnx.gz"
    path.write_bytes(packed(bytes(10**6)))
    with pytest.raises(Unreadable, match="too much"):
        load(path)


def test_paths_that_are_no_files(tmp_path: Path) -> None:
    """A missing file, a directory, a name without a suffix."""
    (tmp_path / "folder.onnx").mkdir()
    with pytest.raises(Unreadable, match="a directory"):
        load(tmp_path / "folder.onnx")
    with pytest.raises(Unreadable, match="there is no such file"):
        read_bytes(tmp_path / "missing.onnx")
    with pytest.raises(Malformed, match="a name ending in"):
        load(tmp_path / "missing")


def test_external_data_is_part_of_the_digest(tmp_path: Path) -> None:
    """Swapping the file beside the model is noticed; reducing puts its payload inside.

    Only a copy beside the model is the model again, and reads the same data.
    """
    path, data = tmp_path / "a.onnx", tmp_path / "w.bin"
    data.write_bytes(A.tobytes())
    path.write_bytes(twins(external("W", (2, 2), location="w.bin")).SerializeToString())
    before = load(path)
    assert before.digest.external == {"w.bin": hashlib.sha256(A.tobytes()).hexdigest()}
    outcome = reduce_file(path, tmp_path / "b.onnx")
    assert check_files(path, outcome.reduced, outcome.certificate).units_after == 1
    assert outcome.bytes_before == path.stat().st_size + A.nbytes
    copy = reduce_file(path, tmp_path / "c.onnx", rules=[])
    assert copy.reduced.read_bytes() == path.read_bytes()
    assert copy.is_copy
    assert copy.bytes_after == outcome.bytes_before
    assert check_files(path, copy.reduced, copy.certificate).units_after == 2
    (tmp_path / "elsewhere").mkdir()
    unchanged = reduce_file(path, tmp_path / "elsewhere" / "c.onnx", rules=[])
    assert not unchanged.is_copy
    data.write_bytes((2 * A).tobytes())
    assert load(path).digest.external != before.digest.external
    with pytest.raises(DigestMismatch, match="external data"):
        check_files(path, outcome.reduced, outcome.certificate)
    x = {"x": np.ones((1, 2), dtype=np.float32)}
    for written in (outcome.reduced, unchanged.reduced):
        assert not load(written).digest.external
        assert run(written, x)["y"].tolist() == [[12.0]]


def test_overridable_initializers_are_noted(tmp_path: Path) -> None:
    """The claim is for runs that do not override them, and the answer says so."""
    made = twins()
    made.graph.input.add().CopyFrom(made.graph.input[0])
    made.graph.input[1].name = "W"
    path = tmp_path / "a.onnx"
    path.write_bytes(made.SerializeToString())
    assert "do not override" in load(path).notes[0]
    outcome = reduce_file(path, tmp_path / "b.onnx")
    assert "do not override" in outcome.checked.notes[0]
    made.ir_version = 3
    path.write_bytes(made.SerializeToString())
    assert not load(path).notes


def test_random_operators_are_noted(tmp_path: Path) -> None:
    """A claim about a model that draws random numbers is one for equal draws."""
    path = tmp_path / "a.onnx"
    made = model([node("RandomNormalLike", "x", "r"), node("Sub", "x r", "y")])
    path.write_bytes(made.SerializeToString())
    assert "equal draws" in load(path).notes[0]
    outcome = reduce_file(path, tmp_path / "b.onnx")
    assert "RandomNormalLike"[:6] in outcome.checked.notes[0]
    path.write_bytes(model([node("Neg", "x", "y")]).SerializeToString())
    assert not load(path).notes


def test_unchanged_models_keep_their_bytes(tmp_path: Path, file: Path) -> None:
    """Also packed with other settings; a copy in another format is another file."""
    odd = tmp_path / "odd.onnx.gz"
    odd.write_bytes(gzip.compress(WHOLE, compresslevel=1, mtime=99))
    original = load(odd)
    assert stored(original.network, original, tmp_path / "out.onnx.gz") == original.data
    assert stored(original.network, original, tmp_path / "out.onnx") == WHOLE
    assert is_unchanged(original.network, original.network)
    reduced = reduce(original.network).network
    assert not is_unchanged(reduced, original.network)
    again = stored(reduced, original, tmp_path / "out.onnx.gz")
    assert again == stored(reduced, original, tmp_path / "out.onnx.gz")
    assert gzip.decompress(again) == stored(reduced, load(file), tmp_path / "out.onnx")


@pytest.mark.parametrize("suffix", [".json", ".onnx", ".onnx.gz", ".nnet"])
def test_a_network_goes_to_every_format(tmp_path: Path, suffix: str) -> None:
    """From NNet to all, reduced, and checked as written."""
    path = tmp_path / "a.nnet"
    path.write_bytes(NNET)
    outcome = reduce_file(path, tmp_path / f"b{suffix}")
    found = load(outcome.reduced).network
    assert found.units == 1
    assert found(["1/2"]) == load(path).network(["1/2"])


def test_numbers_that_no_float_holds_stay_out_of_onnx(tmp_path: Path) -> None:
    """The message names the formats that hold them."""
    path = tmp_path / "a.json"
    path.write_bytes(write_json(Network.from_layers([([["1/3"]], None)])))
    with pytest.raises(Unrepresentable, match=r"write \.json or \.nnet"):
        reduce_file(path, tmp_path / "b.onnx")
    assert list(tmp_path.iterdir()) == [path]
