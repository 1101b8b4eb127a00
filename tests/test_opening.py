"""Tests for `lumpver.face.opening`: paths, models and networks, and whatever else is passed."""

from __future__ import annotations

import gzip
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from onnx_models import ints, model, node, tensor
from small_networks import THREE

import lumpver
from lumpver.claim.certificate import encode
from lumpver.errors import DigestMismatch, Malformed, Rejected, Unreadable, Unrepresentable
from lumpver.model.network import Linear, Network
from lumpver.model.weights import Matrix

THIRDS = Network.from_layers([([[1], [3]], None), ([[1, "1/3"]], None)])
KINDS = pytest.mark.parametrize("kind", ["text", "path", "model", "network"])


def given(path: Path, kind: str) -> Any:
    """The model in a file, in every way to say it."""
    if kind in {"text", "path"}:
        return str(path) if kind == "text" else path
    found = lumpver.load(path)
    return found if kind == "model" else found.network


@pytest.fixture
def twins(tmp_path: Path) -> Path:
    """Three units, of which one is left."""
    path = tmp_path / "twins.onnx"
    lumpver.save(THREE, path)
    return path


@pytest.fixture
def small(twins: Path) -> Path:
    """The same, reduced, with its certificate beside it."""
    path = twins.with_name("small.onnx")
    lumpver.reduce_file(twins, path)
    return path


def opaque(weights: Any, last: Any) -> Any:
    """A model of two layers with a Softmax behind them, metadata, and a float32 head."""
    made = model(
        [
            node("MatMul", "x W", "h"),
            node("Relu", "h", "r"),
            node("MatMul", "r V", "s"),
            node("Softmax", "s", "y"),
        ],
        [tensor("W", weights), tensor("V", last)],
    )
    made.metadata_props.add(key="author", value="somebody")
    return made


@KINDS
def test_reduce_takes_what_means_a_network(twins: Path, kind: str) -> None:
    """`reduce` of a path, a Model and a Network is the same reduction."""
    found = lumpver.reduce(given(twins, kind), rules=["merges"])
    assert (found.original.units, found.network.units) == (3, 2)


@KINDS
def test_prove_takes_what_means_a_network(twins: Path, small: Path, kind: str) -> None:
    """`prove` takes each side in every way, and mixed."""
    assert isinstance(lumpver.prove(given(twins, kind), given(small, kind)), lumpver.Proved)
    assert isinstance(lumpver.prove(given(twins, kind), THREE), lumpver.Proved)


@KINDS
def test_check_takes_what_means_a_network(twins: Path, small: Path, kind: str) -> None:
    """`check` takes each side in every way, and the certificate as a path or as read."""
    proof = Path(f"{small}.cert.json")
    read = lumpver.reduce_file(twins, small).reduction.certificate
    for certificate in (proof, str(proof), read):
        checked = lumpver.check(given(twins, kind), given(small, kind), certificate)
        assert isinstance(checked, lumpver.Checked)
        assert (checked.units_before, checked.units_after) == (3, 1)


@KINDS
def test_inspect_takes_what_means_a_network(twins: Path, kind: str) -> None:
    """`inspect` takes each as well."""
    assert sum(fact.removable for fact in lumpver.inspect(given(twins, kind))) == 2


def test_explain_takes_a_path(small: Path) -> None:
    """`explain` reads the certificate of a file."""
    proof = f"{small}.cert.json"
    assert lumpver.explain(proof, "h1.pre[2]").fate == "constant"


def test_check_of_a_certificate_that_is_no_file_yet(twins: Path) -> None:
    """A certificate from memory names no files, so its claim alone is checked."""
    found = lumpver.reduce(twins)
    assert lumpver.check(twins, found.network, found.certificate).units_after == 1
    with pytest.raises(Rejected):
        lumpver.check(twins, found.network, replace(found.certificate, tensors={}))


def test_check_compares_the_digests_of_files(twins: Path, small: Path) -> None:
    """A file whose digest is not the certificate's is refused, an equal network is not."""
    proof = Path(f"{small}.cert.json")
    other = twins.with_suffix(".json")
    lumpver.save(lumpver.load(twins), other)
    with pytest.raises(DigestMismatch):
        lumpver.check(other, small, proof)
    with pytest.raises(DigestMismatch):
        lumpver.check(lumpver.load(twins), lumpver.load(other), proof)
    assert lumpver.check(lumpver.load(twins).network, small, proof).units_after == 1


def test_check_says_what_its_claim_leaves_out(tmp_path: Path) -> None:
    """Notes of models come with the answer, whatever way they were passed."""
    made = model(
        [node("MatMul", "x W", "y")],
        [tensor("W", [[1], [2]])],
        inputs=[("x", ["N", 2]), ("W", [2, 1])],
    )
    path = tmp_path / "open.onnx"
    path.write_bytes(made.SerializeToString())
    found = lumpver.reduce(path)
    checked = lumpver.check(path, lumpver.load(path), found.certificate)
    assert len(checked.notes) == 1
    assert "override" in checked.notes[0]


@pytest.mark.parametrize("wrong", [7, None, b"net.onnx", ["net.onnx"], np.zeros(2), open, {}])
def test_wrong_types_are_named(wrong: Any, twins: Path) -> None:
    """A TypeError says which argument, what to pass, and what was passed."""
    words = f"a path, a Model .* or a Network, got {type(wrong).__name__}"
    for call in (
        lambda: lumpver.reduce(wrong),
        lambda: lumpver.inspect(wrong),
        lambda: lumpver.prove(wrong, twins),
        lambda: lumpver.prove(twins, wrong),
        lambda: lumpver.check(wrong, twins, lumpver.reduce(twins).certificate),
        lambda: lumpver.check(twins, wrong, lumpver.reduce(twins).certificate),
    ):
        with pytest.raises(TypeError, match=words):
            call()
    with pytest.raises(TypeError, match="a path or a Certificate, got "):
        lumpver.check(twins, twins, wrong)
    with pytest.raises(TypeError, match="a path or a Certificate, got "):
        lumpver.explain(wrong, "h1[0]")
    with pytest.raises(TypeError, match=r"network: expected a Network or a Model .*, got "):
        lumpver.save(wrong, "out.onnx")
    with pytest.raises(TypeError, match="path: expected a path, got "):
        lumpver.save(THREE, wrong)


@pytest.mark.parametrize("wrong", [None, 3, b"h", ["h"], Path("h1[0]")])
def test_units_and_activations_of_wrong_types_are_named(wrong: Any, small: Path) -> None:
    """So are units to explain or to keep, and activations: never a traceback from within."""
    with pytest.raises(TypeError, match="unit: expected a name such"):
        lumpver.explain(Path(f"{small}.cert.json"), wrong)
    with pytest.raises(TypeError, match="keep: expected pairs"):
        lumpver.reduce(THREE, keep=[wrong] if not isinstance(wrong, list) else wrong)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="activation: expected a name"):
        Network.from_layers([([[1]], None, wrong)])


def test_wrong_types_with_a_remedy(twins: Path, small: Path) -> None:
    """What can be turned into a network says how."""
    with pytest.raises(TypeError, match=r"got Reduction: its \.network and \.certificate"):
        lumpver.prove(twins, lumpver.reduce(twins))  # type: ignore[arg-type]
    with pytest.raises(TypeError, match=r"got Outcome: its \.reduced and \.certificate"):
        lumpver.check(twins, small, lumpver.reduce_file(twins, small))  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="got ModelProto: save it to a file"):
        lumpver.reduce(opaque([[1], [2]], [[1]]))


def test_modules_of_other_libraries_have_a_remedy() -> None:
    """A perceptron or a module names the function that reads it."""
    perceptrons = pytest.importorskip("sklearn.neural_network")
    with pytest.raises(TypeError, match=r"got MLPRegressor: .*from_sklearn"):
        lumpver.reduce(perceptrons.MLPRegressor())
    torch = pytest.importorskip("torch")
    with pytest.raises(TypeError, match=r"got Linear: .*from_torch"):
        lumpver.reduce(torch.nn.Linear(1, 1))


def test_a_wrong_certificate_is_no_network(twins: Path) -> None:
    """A model where the certificate belongs is no Certificate either."""
    with pytest.raises(TypeError, match="a path or a Certificate, got Network"):
        lumpver.check(twins, twins, THREE)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="got Certificate"):
        lumpver.reduce(lumpver.reduce(twins).certificate)  # type: ignore[arg-type]


def test_paths_that_lead_nowhere(tmp_path: Path) -> None:
    """Files that cannot be read are no matter of types."""
    with pytest.raises(Unreadable):
        lumpver.reduce(tmp_path / "nope.onnx")
    with pytest.raises(Malformed):
        lumpver.reduce("nope.pt")
    with pytest.raises(Unreadable):
        lumpver.check(THREE, THREE, tmp_path / "nope.json")


@pytest.mark.parametrize("suffix", [".onnx", ".onnx.gz", ".json", ".nnet"])
def test_saved_networks_are_read_back(tmp_path: Path, suffix: str) -> None:
    """Every format holds the network that was saved."""
    path = tmp_path / f"net{suffix}"
    lumpver.save(THREE, str(path))
    found = lumpver.load(path).network
    assert found([3]) == THREE([3])
    assert found.units == 3


def test_save_of_what_was_reduced(twins: Path) -> None:
    """A reduction of a Model is a file again, with fewer units and the same function."""
    found = lumpver.reduce(lumpver.load(twins))
    path = twins.with_name("out.onnx")
    lumpver.save(found.network, path)
    saved = lumpver.load(path).network
    assert saved.units == 1
    assert saved([2]) == THREE([2])
    lumpver.save(lumpver.load(path), f"{path}.gz")
    assert gzip.decompress(Path(f"{path}.gz").read_bytes()) == path.read_bytes()


def test_save_keeps_what_is_not_modelled(tmp_path: Path) -> None:
    """Opaque nodes, metadata and untouched tensors stay as they were read."""
    import onnx

    path, out = tmp_path / "net.onnx", tmp_path / "out.onnx"
    path.write_bytes(opaque([[1, 2, 3], [1, 2, 0]], [[1], [1], [1]]).SerializeToString())
    lumpver.save(lumpver.load(path), out)
    assert out.read_bytes() == path.read_bytes()
    found = lumpver.reduce(path)
    lumpver.save(found.network, out)
    assert lumpver.load(out).network.units == 2
    saved = onnx.load(out)
    assert [part.op_type for part in saved.graph.node].count("Softmax") == 1
    assert saved.metadata_props[0].value == "somebody"
    assert lumpver.check(path, out, found.certificate).units_after == 2


def test_save_of_a_network_that_somebody_changed(tmp_path: Path) -> None:
    """Weights changed by hand are written as they are now, never as they were read."""
    path, out = tmp_path / "net.onnx", tmp_path / "out.onnx"
    made = model(
        [node("MatMul", "x W", "h"), node("Relu", "h", "r"), node("Reshape", "r s", "y")],
        [tensor("W", [[1, 2], [3, 4]]), ints("s", -1, 2)],
    )
    path.write_bytes(made.SerializeToString())
    read = lumpver.load(path).network
    first = read.nodes[0]
    assert isinstance(first, Linear)
    other = replace(
        read,
        nodes=(replace(first, weights=Matrix(np.array([[5.0, 6.0], [7.0, 8.0]]))), *read.nodes[1:]),
    )
    lumpver.save(other, out)
    assert lumpver.load(out).network([1, 1]) == other([1, 1]) != read([1, 1])
    shorter = replace(read, nodes=(first,), outputs=(read.tensors["h"],))
    lumpver.save(shorter, out)
    assert lumpver.load(out).network([-1, 0]) == shorter([-1, 0]) == ((-1, -2),)


def test_save_refuses_what_does_not_fit(tmp_path: Path) -> None:
    """A third is no float: the other format is named, and nothing is written."""
    path = tmp_path / "thirds.onnx"
    with pytest.raises(Unrepresentable, match=r"\.json holds any"):
        lumpver.save(THIRDS, path)
    assert not path.exists()
    lumpver.save(THIRDS, path.with_suffix(".json"))
    assert lumpver.load(path.with_suffix(".json")).network([1]) == THIRDS([1])
    with pytest.raises(Malformed, match=r"out\.pt"):
        lumpver.save(THREE, tmp_path / "out.pt")


def test_two_lines_make_a_file_with_a_certificate(tmp_path: Path) -> None:
    """A perceptron becomes a model file and a certified smaller one."""
    perceptrons = pytest.importorskip("sklearn.neural_network")
    from lumpver.io.sklearn import from_sklearn

    fitted = perceptrons.MLPRegressor(hidden_layer_sizes=(2,), random_state=0, max_iter=1)
    fitted.partial_fit([[0.0], [1.0]], [0.0, 1.0])
    big, out = tmp_path / "model.onnx", tmp_path / "small.onnx"
    lumpver.save(from_sklearn(fitted), big)
    lumpver.reduce_file(big, out)
    assert lumpver.check(big, out, f"{out}.cert.json").units_before == 2


def test_the_same_bytes_again(twins: Path, tmp_path: Path) -> None:
    """Saving twice gives the same file, and so does reducing a path or its Model."""
    first, second = tmp_path / "a.onnx.gz", tmp_path / "b.onnx.gz"
    for path in (first, second):
        lumpver.save(lumpver.reduce(twins).network, path)
    assert first.read_bytes() == second.read_bytes()
    digest = lumpver.load(twins).digest
    claims = [lumpver.reduce(one).certificate for one in (twins, lumpver.load(twins))]
    texts = [encode(replace(claim, original=digest, reduced=digest)) for claim in claims]
    assert texts[0] == texts[1]
