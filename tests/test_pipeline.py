"""Tests for `lumpver.reducing.pipeline`: from file to file, checked as written, all or nothing."""

from __future__ import annotations

import gzip
import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from planting import planted
from small_networks import THREE

from lumpver.claim.certificate import decode
from lumpver.errors import (
    LumpverError,
    Malformed,
    SelfCheckFailed,
    Unreadable,
    Unrepresentable,
)
from lumpver.io.files import load
from lumpver.io.json.writing import write
from lumpver.io.onnx.write.fresh import fresh
from lumpver.model.network import Linear, Network, Pointwise
from lumpver.quotient.keeping import units_named
from lumpver.reducing import filing, pipeline
from lumpver.reducing.pipeline import reduce_file
from lumpver.reducing.verification import check_files
from lumpver.search.lumping import DEFINITION_6, LUMPING
from lumpver.tell.data import digits_model
from lumpver.theory.examples import EXAMPLES

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def model(tmp_path: Path) -> Path:
    """A small ONNX file with something to find."""
    path = tmp_path / "model.onnx"
    path.write_bytes(fresh(THREE))
    return path


def names(folder: Path) -> list[str]:
    """What is in a folder, hidden files too."""
    return sorted(path.name for path in folder.iterdir())


@pytest.mark.parametrize("target", ["r.onnx", "r.onnx.gz", "r.json"])
@pytest.mark.parametrize("source", ["m.onnx", "m.onnx.gz", "m.json"])
def test_formats(tmp_path: Path, source: str, target: str) -> None:
    """Any format that can hold it to any other: checked, and nothing else left behind."""
    data = write(THREE) if source.endswith("json") else fresh(THREE)
    path = tmp_path / source
    path.write_bytes(gzip.compress(data) if source.endswith("gz") else data)
    outcome = reduce_file(path, tmp_path / target)
    assert names(tmp_path) == sorted([source, target, f"{target}.cert.json"])
    assert outcome.reduction.network.units == load(tmp_path / target).network.units == 1
    assert check_files(path, tmp_path / target, outcome.certificate) == outcome.checked
    assert load(tmp_path / target).network([3]) == THREE([3])


EXACT = ("d1", "figure_3", "constant_network", "no_hidden", "thirds", "sigmoid_half",
         "hardtanh_equals", "leaky_twins", "output_relu")  # fmt: skip


@pytest.mark.parametrize("name", EXACT)
def test_examples_through_files(tmp_path: Path, name: str) -> None:
    """Examples go through exact JSON whatever their numbers, and come back checked."""
    path = tmp_path / "m.json"
    path.write_bytes(write(EXAMPLES[name].network))
    outcome = reduce_file(path, tmp_path / "paper.json", rules=DEFINITION_6)
    hidden = [width for width in outcome.reduction.network.widths[1:-1] if width]
    assert hidden == [width for width in EXAMPLES[name].reduced if width] or name == "output_relu"
    outcome = reduce_file(path, tmp_path / "r.json")
    assert outcome.reduction.network.units <= sum(hidden) or name == "output_relu"
    again = reduce_file(tmp_path / "r.json", tmp_path / "rr.json")
    assert (tmp_path / "r.json").read_bytes() == (tmp_path / "rr.json").read_bytes()
    assert not again.reduction.certificate.tensors


def test_the_certificate_is_bound_to_the_files(tmp_path: Path, model: Path) -> None:
    """Both digests are in it, and it is canonical text."""
    outcome = reduce_file(model, tmp_path / "r.onnx")
    document = json.loads(outcome.certificate.read_bytes())
    assert document["original"]["sha256"] == load(model).digest.sha256
    assert document["reduced"]["sha256"] == load(tmp_path / "r.onnx").digest.sha256
    assert set(document["tensors"]) == set(outcome.reduction.certificate.tensors)
    claim = decode(outcome.certificate.read_bytes())
    assert claim.original == outcome.reduction.certificate.original


def test_same_input_same_bytes(tmp_path: Path) -> None:
    """Two runs write the same bytes, certificate included."""
    (tmp_path / "m.onnx").write_bytes(fresh(planted(0, (3, 4, 4, 2), dtype="f4").network))
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        reduce_file(tmp_path / "m.onnx", tmp_path / folder / "r.onnx")
    for name in ("r.onnx", "r.onnx.cert.json"):
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()


def test_nothing_to_reduce(tmp_path: Path) -> None:
    """A model without structure is copied byte for byte, with a certificate that says nothing."""
    path = tmp_path / "m.onnx"
    path.write_bytes(fresh(Network.from_layers([([[1], [-1]], None), ([[1, 1]], None)])))
    outcome = reduce_file(path, tmp_path / "r.onnx")
    assert (tmp_path / "r.onnx").read_bytes() == path.read_bytes()
    assert not outcome.reduction.certificate.tensors


def test_a_packed_copy_is_the_model_unpacked(tmp_path: Path) -> None:
    """With fields that no ONNX of ours knows: where nothing goes, nothing is written anew."""
    odd = fresh(Network.from_layers([([[1], [-1]], None), ([[1, 1]], None)])) + b"\xfa\x3e\x01?"
    (tmp_path / "m.onnx").write_bytes(odd)
    reduce_file(tmp_path / "m.onnx", tmp_path / "r.onnx.gz")
    assert gzip.decompress((tmp_path / "r.onnx.gz").read_bytes()) == odd
    reduce_file(tmp_path / "r.onnx.gz", tmp_path / "again.onnx")
    assert (tmp_path / "again.onnx").read_bytes() == odd


def test_another_place_for_the_certificate(tmp_path: Path, model: Path) -> None:
    """The certificate goes where it is wanted, and only there."""
    reduce_file(model, tmp_path / "r.onnx", certificate=tmp_path / "proof.json")
    assert names(tmp_path) == ["model.onnx", "proof.json", "r.onnx"]


@pytest.mark.parametrize(
    ("output", "certificate"),
    [
        ("model.onnx", None),
        ("../{here}/model.onnx", None),
        ("link.onnx", None),
        ("r.onnx", "model.onnx"),
        ("r.onnx", "r.onnx"),
        ("r.json", "./r.json"),
        ("r.txt", None),
        ("r", None),
        ("r.nnet", None),
    ],
)
def test_places_that_clash(
    tmp_path: Path, model: Path, output: str, certificate: str | None
) -> None:
    """Original, reduced model and certificate are three files; nothing is overwritten."""
    (tmp_path / "link.onnx").symlink_to(model)
    before = model.read_bytes()
    proof = None if certificate is None else tmp_path / certificate
    with pytest.raises(LumpverError):
        reduce_file(model, tmp_path / output.format(here=tmp_path.name), certificate=proof)
    assert names(tmp_path) == ["link.onnx", "model.onnx"]
    assert model.read_bytes() == before


@pytest.mark.parametrize("which", ["output", "certificate", "folder", "loop"])
def test_places_that_cannot_be_written(tmp_path: Path, model: Path, which: str) -> None:
    """A directory or a missing folder is refused before anything is written."""
    (tmp_path / "d.onnx").mkdir()
    (tmp_path / "loop").symlink_to("loop")
    output = tmp_path / {"output": "d.onnx", "folder": "no/r.onnx", "loop": "loop/r.onnx"}.get(
        which, "r.onnx"
    )
    proof = tmp_path / "d.onnx" if which == "certificate" else None
    with pytest.raises((Unreadable, OSError)):
        reduce_file(model, output, certificate=proof)
    assert names(tmp_path) == ["d.onnx", "loop", "model.onnx"]


STEPS = ("load", "reduce", "laid_out", "check_models", "encode", "again")


@pytest.mark.parametrize("error", [KeyboardInterrupt, MemoryError, OSError(28, "full")], ids=str)
@pytest.mark.parametrize("step", STEPS)
def test_interrupted_anywhere(
    tmp_path: Path, model: Path, monkeypatch: pytest.MonkeyPatch, step: str, error: Any
) -> None:
    """Ctrl-C, no memory or a full disk at any step leaves old files as they were, and no new."""
    (tmp_path / "r.onnx").write_bytes(b"old model")
    (tmp_path / "r.onnx.cert.json").write_bytes(b"old proof")

    def fail(*_: Any, **__: Any) -> None:
        raise error

    monkeypatch.setattr(filing if hasattr(filing, step) else pipeline, step, fail)
    with pytest.raises((KeyboardInterrupt, MemoryError, OSError)):
        reduce_file(model, tmp_path / "r.onnx")
    assert names(tmp_path) == ["model.onnx", "r.onnx", "r.onnx.cert.json"]
    assert (tmp_path / "r.onnx").read_bytes() == b"old model"
    assert (tmp_path / "r.onnx.cert.json").read_bytes() == b"old proof"


@pytest.mark.parametrize("step", ["reading", "lumping", "writing", "checking"])
def test_interrupted_in_progress(tmp_path: Path, model: Path, step: str) -> None:
    """The same where the interrupt comes between the steps."""

    def progress(name: str) -> None:
        if name == step:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        reduce_file(model, tmp_path / "r.onnx", progress=progress)
    assert names(tmp_path) == ["model.onnx"]


def test_old_files_are_replaced(tmp_path: Path, model: Path) -> None:
    """A second run replaces the first one's files."""
    for _ in range(2):
        outcome = reduce_file(model, tmp_path / "r.onnx")
    check_files(model, tmp_path / "r.onnx", outcome.certificate)
    assert len(names(tmp_path)) == 3


@pytest.mark.usefixtures("rejecting")
def test_a_failing_self_check_writes_nothing(tmp_path: Path, model: Path) -> None:
    """If the checker does not accept the result, that is an error, not a result."""
    with pytest.raises(SelfCheckFailed) as caught:
        reduce_file(model, tmp_path / "r.onnx")
    assert "h1[0]" in caught.value.where
    assert names(tmp_path) == ["model.onnx"]


def test_rules_and_kept_units(tmp_path: Path, model: Path) -> None:
    """Rules and units to keep are taken by name."""
    merged = reduce_file(model, tmp_path / "r.json", rules=["merges"])
    assert merged.reduction.network.units == 2
    kept = reduce_file(model, tmp_path / "r.json", keep=["h1[1]"])
    assert kept.reduction.network.units == 2
    assert reduce_file(model, tmp_path / "r.json", keep=["h1"]).reduction.network.units == 3


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("h1[2]", [2]),
        ("h1.pre[0]", [0]),
        ("h1", [0, 1, 2]),
        ("h1.pre", [0, 1, 2]),
    ],
)
def test_units_named(name: str, expected: list[int]) -> None:
    """A unit is named by any tensor that it goes through; without index all of them are meant."""
    assert units_named(THREE, name) == [("h1.pre", v) for v in expected]


@pytest.mark.parametrize(
    "name",
    ["", "zz", "h1[3]", "h1[-1]", "h1[", "h1[]", "h1[0", "h1[0]]", "h1[ 0]", "h1[0][0]", "[0]",
     "h1[x]", "h1[0.0]", "h1[" + "9" * 5000 + "]"],
    ids=lambda name: name[:12],
)  # fmt: skip
def test_units_that_are_not_there(name: str) -> None:
    """What names no unit is refused in one short line."""
    with pytest.raises(Malformed) as caught:
        units_named(THREE, name)
    assert len(str(caught.value)) < 250


def test_a_tensor_with_brackets_in_its_name() -> None:
    """A tensor's own name goes before an index."""
    first, second, *rest = THREE.nodes
    assert isinstance(first, Linear)
    assert isinstance(second, Pointwise)
    nodes = (replace(first, output="h[1]"), replace(second, input="h[1]"), *rest)
    tensors = dict(THREE.tensors) | {"h[1]": replace(THREE.tensors["h1.pre"], name="h[1]")}
    network = replace(THREE, nodes=nodes, tensors=tensors)
    assert units_named(network, "h[1]") == [("h[1]", v) for v in range(3)]


def test_progress_is_told(tmp_path: Path, model: Path) -> None:
    """Every step is announced, in order, and the time is taken."""
    seen: list[str] = []
    outcome = reduce_file(model, tmp_path / "r.onnx", progress=seen.append)
    assert seen == ["reading", "lumping", "writing", "checking"]
    assert outcome.seconds > 0
    assert np.isfinite(outcome.seconds)


NNET = """// twins
2,1,1,2,
1,2,1,
0,
-1.0,
1.0,
0.0,0.0,
1.0,1.0,
1.0,
2.0,
0.0,
0.0,
1,1,
0,
"""


@pytest.mark.parametrize("target", ["r.nnet", "r.onnx", "r.json"])
def test_from_nnet(tmp_path: Path, target: str) -> None:
    """An NNet file goes to any format that holds its decimals; `.nnet` to `.nnet` always."""
    (tmp_path / "m.nnet").write_text(NNET)
    outcome = reduce_file(tmp_path / "m.nnet", tmp_path / target)
    assert load(tmp_path / target).network.units == 1
    assert check_files(tmp_path / "m.nnet", tmp_path / target, outcome.certificate)


def test_decimals_that_are_no_floats(tmp_path: Path) -> None:
    """A tenth stays a tenth in `.nnet` and `.json`; as `.onnx` it is refused, nothing written."""
    (tmp_path / "m.nnet").write_text(NNET.replace("2.0,\n0.0,\n0.0,", "2.0,\n0.1,\n0.2,"))
    for target in ("r.nnet", "r.json"):
        reduce_file(tmp_path / "m.nnet", tmp_path / target)
        assert load(tmp_path / target).network.units == 1
    with pytest.raises(Unrepresentable) as caught:
        reduce_file(tmp_path / "m.nnet", tmp_path / "r.onnx")
    assert ".json or .nnet" in caught.value.expected
    assert not (tmp_path / "r.onnx").exists()


@pytest.mark.usefixtures("picky")
def test_where_the_checker_objects_nothing_is_removed(tmp_path: Path) -> None:
    """A result that fails its own check is replaced by a copy; rule and place are told."""
    model = tmp_path / "digits.onnx"
    model.write_bytes(digits_model())
    outcome = reduce_file(model, tmp_path / "small.onnx")
    assert (tmp_path / "small.onnx").read_bytes() == model.read_bytes()
    assert outcome.checked.notes[:1] == (pipeline.FELL_BACK,)
    said = f"self-check of {tmp_path / 'small.onnx'}: affine: h: expected nothing removed"
    assert [said in note for note in outcome.checked.notes] == [False, True]


def test_a_certificate_that_is_too_large_is_not_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without the rule that made it so large there is one that can be read; the notes say so."""
    rng = np.random.default_rng(0)
    rows = np.abs(rng.integers(1, 2**20, (40, 8))).astype(float)
    network = Network.from_layers([(np.eye(8), None), (rows, None), (np.ones((1, 40)), None)])
    path = tmp_path / "m.json"
    path.write_bytes(write(network))
    outcome = reduce_file(path, tmp_path / "r.json", rules=LUMPING)
    assert outcome.reduction.network.width["h2.pre"] == 8
    size = outcome.certificate.stat().st_size
    monkeypatch.setattr(filing, "MOST_BYTES", size - 1)
    smaller = reduce_file(path, tmp_path / "r.json", rules=LUMPING)
    assert smaller.reduction.network.units == network.units
    said = f"what was not accepted: certificate for {tmp_path / 'r.json'}: expected at most"
    assert smaller.checked.notes == (
        pipeline.WITHOUT_SIGNS, f"{said} {size - 1} bytes, got {size}",
    )  # fmt: skip
    check_files(path, tmp_path / "r.json", smaller.certificate)
