"""Tests for `reducing.verification`: files that are not the certificate's, and their message."""

from __future__ import annotations

from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from onnx_models import external as stored_beside
from onnx_models import model, node, tensor

import lumpver
from lumpver import load
from lumpver.errors import DigestMismatch, Unreadable
from lumpver.model.network import Network
from lumpver.reducing import verification
from lumpver.reducing.verification import check_files, check_models

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import Run

Paths = dict[str, Path]
ANOTHER = Network.from_layers([([[7], [9]], None), ([[1, 1]], None)])
PAIRS = {
    "small model": "the two models were swapped: .*model.onnx is the original",
    "another small": "this certificate was made for another original than .*another.onnx$",
    "model another": "this certificate was made for another reduced model than .*another.onnx$",
    "another another": "for other models than .*another.onnx and .*another.onnx$",
    "another model": "for other models than .*another.onnx and .*model.onnx$",
    "small another": "for other models than .*small.onnx and .*another.onnx$",
    "small small": "small.onnx is this certificate's reduced model, where its original was",
    "model model": "model.onnx is this certificate's original, where its reduced model was",
}


@pytest.fixture
def files(tmp_path: Path) -> Paths:
    """A model, what became of it with its certificate, and another model."""
    found = {name: tmp_path / f"{name}.onnx" for name in ("model", "small", "another")}
    lumpver.save(Network.from_layers([([[2], [4]], None), ([[3, 1]], None)]), found["model"])
    lumpver.save(ANOTHER, found["another"])
    lumpver.reduce_file(found["model"], found["small"])
    return found | {"proof": Path(f"{found['small']}.cert.json")}


def test_the_right_files_pass(files: Paths) -> None:
    """The three files that belong together are checked."""
    assert check_files(files["model"], files["small"], files["proof"]).units_after == 1


@pytest.mark.parametrize("pair", PAIRS)
def test_each_wrong_pair_is_named(files: Paths, pair: str) -> None:
    """Every way to give two of three models wrongly has its words, and both digests."""
    first, second = pair.split()
    with pytest.raises(DigestMismatch, match=PAIRS[pair]) as caught:
        check_files(files[first], files[second], files["proof"])
    fields = caught.value.as_dict()
    assert fields["expected"].startswith("SHA-256 ")
    assert len(fields["got"]) == 64


def test_the_table_has_every_wrong_pair() -> None:
    """No pair of the three models is left out."""
    names = ("model", "small", "another")
    assert set(PAIRS) == {f"{a} {b}" for a, b in product(names, names)} - {"model small"}


@pytest.mark.parametrize("command", ["check", "report", "bundle"])
def test_commands_name_it(files: Paths, run: Run, command: str) -> None:
    """`check`, `report` and `bundle` end with 2 and the same words, and write nothing."""
    out = files["proof"].with_name("out.html" if command == "report" else "out.zip")
    end = [] if command == "check" else ["-o", out]
    for first, second in (("small", "model"), ("another", "small")):
        code, _, err = run(command, files[first], files[second], files["proof"], *end)
        assert code == 2
        words = PAIRS[f"{first} {second}"].partition(".*")[0]
        assert words in err
        assert not out.exists()


def test_a_certificate_from_memory(files: Paths) -> None:
    """A certificate that names no file is for no file."""
    ours, theirs = lumpver.load(files["model"]), lumpver.load(files["small"])
    with pytest.raises(DigestMismatch, match="made in memory, for no file: not for"):
        check_models(ours, theirs, lumpver.reduce(ours).certificate)


def external(folder: Path, fill: Callable[[Any], bytes]) -> Path:
    """A model whose weights lie in a file beside it."""
    from onnx.external_data_helper import set_external_data

    made = model([node("MatMul", "x W", "y")], [tensor("W", [[1, 2], [3, 5]])])
    weights = made.graph.initializer[0]
    (folder / "weights.bin").write_bytes(fill(weights.raw_data))
    set_external_data(weights, "weights.bin")
    weights.ClearField("raw_data")
    path = folder / "model.onnx"
    path.write_bytes(made.SerializeToString())
    return path


def test_external_data_that_changed(tmp_path: Path) -> None:
    """A model whose external data changed is told from another model."""
    path = external(tmp_path, bytes)
    small = tmp_path / "small.onnx"
    lumpver.reduce_file(path, small)
    proof = tmp_path / "small.onnx.cert.json"
    assert check_files(path, small, proof).units_before == 0
    external(tmp_path, lambda data: data[::-1][:8] + data[8:])
    words = "external data of .*model.onnx are not those .* made for: weights.bin"
    with pytest.raises(DigestMismatch, match=words):
        check_files(path, small, proof)


def beside(folder: Path) -> Path:
    """A model in the folder whose weights are in another file there."""
    folder.mkdir()
    weights = np.array([[2.0, -1.0], [3.0, 5.0]], dtype=np.float32)
    (folder / "w.bin").write_bytes(weights.tobytes())
    path = folder / "m.onnx"
    stored = [stored_beside("W", (2, 2), location="w.bin", length="16")]
    path.write_bytes(model([node("MatMul", "x W", "y")], stored).SerializeToString())
    return path


def test_a_copy_beside_the_same_weights_is_not_read_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its weights are hashed again, not held again; in another folder it is another model."""
    path = beside(tmp_path / "a")
    found = load(path)
    copy = path.with_name("copy.onnx")
    elsewhere = beside(tmp_path / "b")
    with monkeypatch.context() as patch:
        patch.setattr(verification, "parsed", lambda *_: pytest.fail("it was read again"))
        assert verification.again(copy, found.data, found).network is found.network
    assert verification.again(elsewhere, found.data, found).network is not found.network


@pytest.mark.parametrize("change", ["other", "longer", "gone"])
def test_weights_that_have_changed_since_are_read_again(tmp_path: Path, change: str) -> None:
    """What is at the same place now is what counts."""
    path = beside(tmp_path / "a")
    found = load(path)
    weights = path.with_name("w.bin")
    if change == "gone":
        weights.unlink()
        with pytest.raises(Unreadable, match="no such file"):
            verification.again(path, found.data, found)
        return
    data = weights.read_bytes()
    weights.write_bytes(data[::-1] if change == "other" else data + b"more")
    assert verification.again(path, found.data, found).digest != found.digest
