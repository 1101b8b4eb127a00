"""Large models are written in pieces, and beside themselves, and mean the same."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import onnx
import pytest
from onnx_models import external, model, node, tensor

from lumpver.errors import DigestMismatch, Malformed, Rejected, SelfCheckFailed, Unreadable
from lumpver.io import pieces
from lumpver.io.files import load
from lumpver.io.onnx.read import wire
from lumpver.io.onnx.write import encoding
from lumpver.io.reading import read_parts
from lumpver.io.saving import Layout
from lumpver.reducing.pipeline import check_files, reduce_file

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Run

UNITS = 24


@pytest.fixture(autouse=True)
def everything(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every payload of a matrix counts as large."""
    monkeypatch.setattr(wire, "LARGE", 200)


def weights(seed: int = 5) -> tuple[np.ndarray[Any, Any], ...]:
    """Two layers of small integers; two units of the first are multiples of others."""
    rng = np.random.default_rng(seed)
    W, V, U = (rng.integers(-4, 5, (UNITS, UNITS)).astype("<f4") for _ in range(3))
    W[:, 7], W[:, 9] = W[:, 2], 2 * W[:, 3]
    return W, V, U


NODES = [
    node("MatMul", "x W", "h"), node("Relu", "h", "r"), node("MatMul", "r V", "s"),
    node("Relu", "s", "t"), node("MatMul", "t U", "y"),
]  # fmt: skip


def inline(path: Path) -> Path:
    """A model with its weights in it."""
    stored = [tensor(name, part) for name, part in zip("WVU", weights(), strict=True)]
    path.write_bytes(model(NODES, stored, inputs=[("x", ("N", UNITS))]).SerializeToString())
    return path


def beside(path: Path) -> Path:
    """The same with its weights beside it."""
    parts = weights()
    path.with_suffix(".bin").write_bytes(b"".join(part.tobytes() for part in parts))
    size = parts[0].nbytes
    stored = [
        external(name, (UNITS, UNITS), location=f"{path.stem}.bin", offset=str(i * size),
                 length=str(size))
        for i, name in enumerate("WVU")
    ]  # fmt: skip
    path.write_bytes(model(NODES, stored, inputs=[("x", ("N", UNITS))]).SerializeToString())
    return path


def ran(path: Path) -> Any:
    """What onnxruntime makes of small integers, where floats are exact."""
    runtime = pytest.importorskip("onnxruntime")
    x = np.random.default_rng(1).integers(-3, 4, (5, UNITS)).astype("f4")
    session = runtime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    return session.run(None, {"x": x})[0].tolist()


def test_one_file_in_pieces_is_what_protobuf_writes(tmp_path: Path) -> None:
    """Byte for byte, changed layers too."""
    source = inline(tmp_path / "m.onnx")
    outcome = reduce_file(source, tmp_path / "r.onnx")
    data = outcome.reduced.read_bytes()
    assert onnx.ModelProto.FromString(data).SerializeToString() == data
    assert load(outcome.reduced).network.units == 2 * UNITS - 2
    assert not (tmp_path / "r.onnx.data").exists()
    assert ran(source) == ran(outcome.reduced)


@pytest.mark.parametrize("reason", ["the original", "the size"])
def test_large_tensors_go_beside_the_result(
    tmp_path: Path, reason: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where they lay beside the original, or one file is too small; all is checked as written."""
    if reason == "the size":
        source = inline(tmp_path / "m.onnx")
        monkeypatch.setattr(encoding, "MOST", 3000)
    else:
        source = beside(tmp_path / "m.onnx")
    target = tmp_path / "r.onnx"
    outcome = reduce_file(source, target)
    made = onnx.load(str(target), load_external_data=False)
    said = [{e.key: e.value for e in t.external_data} for t in made.graph.initializer]
    assert {entry["location"] for entry in said if entry} == {"r.onnx.data"}
    assert all(int(entry["offset"]) % 64 == 0 for entry in said if entry)
    onnx.checker.check_model(str(target), full_check=True)
    assert set(load(target).digest.external) == {"r.onnx.data"}
    assert check_files(source, target, outcome.certificate).units_after == 2 * UNITS - 2
    assert ran(source) == ran(target)
    files = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    reduce_file(source, target)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == files


@pytest.mark.parametrize("at", [3, 4000, -2])
def test_a_certificate_covers_what_lies_beside(tmp_path: Path, at: int) -> None:
    """One other byte there, padding too, and the files are others."""
    source, target = beside(tmp_path / "m.onnx"), tmp_path / "r.onnx"
    outcome = reduce_file(source, target)
    data = bytearray((tmp_path / "r.onnx.data").read_bytes())
    data[at] ^= 64
    (tmp_path / "r.onnx.data").write_bytes(data)
    with pytest.raises(DigestMismatch, match="external data"):
        check_files(source, target, outcome.certificate)
    (tmp_path / "r.onnx.data").unlink()
    with pytest.raises(Unreadable):
        check_files(source, target, outcome.certificate)


def test_an_unchanged_model_goes_beside_in_another_folder(tmp_path: Path) -> None:
    """In its own it is byte for byte the model, and nothing is beside it but what was."""
    source = beside(tmp_path / "m.onnx")
    (tmp_path / "there").mkdir()
    reduce_file(source, tmp_path / "same.onnx", rules=[])
    assert (tmp_path / "same.onnx").read_bytes() == source.read_bytes()
    assert not (tmp_path / "same.onnx.data").exists()
    moved = reduce_file(source, tmp_path / "there" / "m.onnx", rules=[])
    assert (tmp_path / "there" / "m.onnx.data").exists()
    assert ran(moved.reduced) == ran(source)


@pytest.mark.parametrize("way", ["the data", "a link", "the certificate"])
def test_nothing_that_was_read_is_lost(tmp_path: Path, way: str) -> None:
    """Neither the original's data nor the certificate has the place of the result's data."""
    source, target, options = beside(tmp_path / "m.onnx"), tmp_path / "r.onnx", dict[str, Any]()
    place = tmp_path / "r.onnx.data"
    if way == "the certificate":
        options["certificate"] = place
    elif way == "a link":
        place.hardlink_to(tmp_path / "m.bin")
    else:
        (tmp_path / "m.bin").rename(place)
        made = onnx.load(str(source), load_external_data=False)
        for stored in made.graph.initializer:
            stored.external_data[0].value = place.name
        source.write_bytes(made.SerializeToString())
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    with pytest.raises(Malformed, match="another file"):
        reduce_file(source, target, **options)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


@pytest.mark.parametrize("error", [KeyboardInterrupt, MemoryError, OSError(28, "full")], ids=str)
@pytest.mark.parametrize("count", range(1, 5))
def test_interrupted_between_pieces(
    tmp_path: Path, error: Any, count: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is left behind, and what was there is as it was."""
    source, target = beside(tmp_path / "m.onnx"), tmp_path / "r.onnx"
    (tmp_path / "r.onnx.data").write_bytes(b"old")
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    left = [count]

    def make(part: pieces.Piece) -> Any:
        left[0] -= 1
        if left[0] == 0:
            raise error
        return part.make()

    def write(self: pieces.Pieces, place: Path) -> None:
        with place.open("wb") as file:
            for part in self.parts:
                file.write(make(part))

    monkeypatch.setattr(pieces.Pieces, "write", write)
    with pytest.raises((KeyboardInterrupt, MemoryError, OSError)):
        reduce_file(source, target)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


@pytest.mark.parametrize("file", ["model", "data"])
def test_what_is_checked_is_what_was_written(
    tmp_path: Path, file: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A writer that gets a byte wrong is caught: nothing is removed, or nothing written."""
    source, target = beside(tmp_path / "m.onnx"), tmp_path / "r.onnx"
    honest = pieces.Pieces.write

    def write(self: pieces.Pieces, place: Path) -> None:
        honest(self, place)
        data = bytearray(place.read_bytes())
        if (len(data) > 4096) == (file == "data"):
            data[2 if file == "data" else len(data) // 2] ^= 0x3F
            place.write_bytes(data)

    monkeypatch.setattr(pieces.Pieces, "write", write)
    before = set(tmp_path.iterdir())
    try:
        outcome = reduce_file(source, target)
    except (SelfCheckFailed, Unreadable, Rejected):
        assert set(tmp_path.iterdir()) == before
    else:
        assert outcome.reduction.network.units == 2 * UNITS
        assert "bug" in " ".join(outcome.checked.notes)
        assert check_files(source, target, outcome.certificate)


def test_payloads_that_stay_are_not_held_twice(tmp_path: Path) -> None:
    """Reading the result beside the original shares what is the same, by its bytes alone."""
    source, target = beside(tmp_path / "m.onnx"), tmp_path / "r.onnx"
    outcome = reduce_file(source, target)
    ours = outcome.original.network.source.detached
    theirs = outcome.reduction.network.source.detached
    assert np.shares_memory(ours["U"], theirs["U"])
    assert not any(np.shares_memory(ours["W"], part) for part in theirs.values())


def test_parts_of_a_file_are_its_own(tmp_path: Path) -> None:
    """Whatever they are compared with: equal, other at first or at last, longer, shorter, none."""
    path = tmp_path / "f"
    data = np.random.default_rng(2).bytes(3 * 2**20 + 17)
    path.write_bytes(data)
    spans = [(1, 2**20 + 5), (2**20 + 5, 2**20 + 5), (2**20 + 6, 3 * 2**20), (3 * 2**20, len(data))]
    own = [data[slice(*span)] for span in spans]
    late = [part[:-1] + bytes([part[-1] ^ 1]) if part else part for part in own]
    early = [bytes([part[0] ^ 1]) + part[1:] if part else part for part in own]
    choices: list[Any] = [
        own, late, early, [part + b"x" for part in own], [part[:-1] for part in own], [None] * 4,
    ]  # fmt: skip
    for like in choices:
        digest, size, found = read_parts(path, spans, like, where="f")
        assert [bytes(part) for part in found] == own
        assert (digest, size) == (read_parts(path, [], [], where="f")[0], len(data))
    assert read_parts(path, spans, own, where="f")[2][0] is own[0]
    with pytest.raises(Unreadable):
        read_parts(path, [(5, len(data) + 1)], [None], where="f")


def test_too_large_for_one_file_elsewhere(
    tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A packed model is one file: then it is refused in one line."""
    source = inline(tmp_path / "m.onnx")
    monkeypatch.setattr(encoding, "MOST", 3000)
    assert run("reduce", source, "-o", tmp_path / "r.onnx.gz")[0] == 2
    assert [path.name for path in tmp_path.iterdir()] == ["m.onnx"]
    assert Layout(pieces.Pieces(())).size == 0
