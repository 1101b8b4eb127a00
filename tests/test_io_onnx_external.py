"""External data: payloads beside the model, and every way to point somewhere else."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from onnx import helper
from onnx_models import external, ints, model, network, node, tensor

from lumpver.errors import LumpverError, Malformed, Unreadable
from lumpver.exact.array import equal
from lumpver.model.network import Constant, Linear

if TYPE_CHECKING:
    from pathlib import Path

A = np.array([[1.0, 2.0], [0.5, -4.0]], dtype="<f4")
DATA = b"skipped!" + A.tobytes() + b"rest"
HASH = hashlib.sha256(DATA).hexdigest()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder whose file w.bin holds the matrix from byte 8 to 24, beside a secret."""
    inside = tmp_path / "models"
    (inside / "deeper").mkdir(parents=True)
    for place in (inside, inside / "deeper", tmp_path):
        (place / "w.bin").write_bytes(DATA)
    return inside


def multiply(weights: Any) -> Any:
    """A model that multiplies by these weights."""
    return model([node("MatMul", "x W", "y")], [weights])


def at(location: str = "w.bin", offset: str = "8", length: str = "16", **more: str) -> Any:
    """The matrix as stored in a file."""
    return external("W", (2, 2), location=location, offset=offset, length=length, **more)


@pytest.mark.parametrize("location", ["w.bin", "deeper/w.bin", "./w.bin", "deeper/../w.bin"])
def test_payloads_are_read_from_inside_the_folder(folder: Path, location: str) -> None:
    """The numbers are those of the file, and its digest is kept by location."""
    found = network(multiply(at(location)), folder)
    (only,) = found.nodes
    assert isinstance(only, Linear)
    assert only.W is not None
    assert equal(only.W, A.T).all()
    assert found.source.external == {location: HASH}


def test_offset_and_length_have_defaults(folder: Path) -> None:
    """Without them the whole file is the payload."""
    (folder / "w.bin").write_bytes(A.tobytes())
    found = network(multiply(external("W", (2, 2), location="w.bin")), folder)
    assert isinstance(found.nodes[0], Linear)


def test_one_file_is_read_once_for_several_tensors(folder: Path) -> None:
    """Two tensors in one file, one digest."""
    other = external("b", (2,), location="w.bin", offset="8", length="8")
    made = model([node("Gemm", "x W b", "y")], [at(), other])
    assert network(made, folder).source.external == {"w.bin": HASH}


def places() -> dict[str, Any]:
    """Models whose external tensor is not an initializer that a modelled node reads."""
    stored = at()
    stored.name = "W"
    constant = node("Constant", "", "W", value=at())
    inner = helper.make_node("Constant", [], ["c"], value=at())
    total = helper.make_node("MatMul", ["a", "c"], ["b"])
    opsets = [helper.make_opsetid("", 17), helper.make_opsetid("own", 1)]
    function = helper.make_function("own", "F", ["a"], ["b"], [inner, total], opsets[:1])
    body = helper.make_graph([inner], "t", [], [helper.make_tensor_value_info("c", 1, None)])
    choice = node("If", "q", "y", then_branch=body, else_branch=body)
    flat = external("W", (4,), location="w.bin", offset="8", length="16")
    sparse = helper.make_sparse_tensor(flat, ints("", 0, 1, 2, 3), [2, 2])
    call = node("F", "x", "y", domain="own")
    return {
        "an opaque node's operand": model([node("Max", "x W", "y")], [stored]),
        "a Constant": model([constant, node("MatMul", "x W", "y")]),
        "a function": model([call], functions=[function], opsets=opsets[1:]),
        "a subgraph": model([choice], [tensor("q", np.array(True))]),
        "a sparse tensor": model([node("MatMul", "x W", "y")], sparse_initializer=[sparse]),
    }


@pytest.mark.parametrize("name", places())
def test_external_data_is_found_wherever_a_tensor_may_be(folder: Path, name: str) -> None:
    """Other bytes in the file give another network, not only another digest."""
    made = places()[name]
    before = network(made, folder)
    assert before.source.external == {"w.bin": HASH}
    (folder / "w.bin").write_bytes(DATA.replace(A.tobytes(), (2 * A).tobytes()))
    assert network(made, folder).digest != before.digest


def test_opaque_operands_hold_the_bytes_themselves(folder: Path) -> None:
    """Whether a constant lay in the model or beside it, it is the same constant."""
    outside, inside = (
        network(model([node("Max", "x W", "y")], [weights]), folder).opaque[0].operands[1]
        for weights in (at(), tensor("W", A))
    )
    assert isinstance(outside, Constant)
    assert isinstance(inside, Constant)
    assert outside.same_as(inside)


REFUSED: dict[str, tuple[Any, type[LumpverError]]] = {
    "the folder above": (at("../w.bin"), Unreadable),
    "above by a detour": (at("deeper/../../w.bin"), Unreadable),
    "an absolute path": (at("/etc/hostname"), Unreadable),
    "the folder itself": (at("."), Unreadable),
    "a folder": (at("deeper"), Unreadable),
    "nothing there": (at("v.bin"), Unreadable),
    "no name at all": (external("W", (2, 2)), Malformed),
    "an empty name": (at(""), Malformed),
    "a name with a zero byte": (at("w\0.bin"), Unreadable),
    "a name that is too long": (at("w" * 5000), Unreadable),
    "an end beyond the file": (at(offset="20"), Unreadable),
    "a start beyond the file": (
        external("W", (2, 2), location="w.bin", offset="99"),
        Unreadable,
    ),
    "another length than the tensor's": (at(length="12"), Malformed),
    "no length where the file goes on": (
        external("W", (2, 2), location="w.bin", offset="8"),
        Malformed,
    ),
    "a negative start": (at(offset="-8"), Malformed),
    "a start with an underscore": (at(offset="0_8"), Malformed),
    "a start in other digits": (at(offset="\u0668"), Malformed),
    "a start with a space": (at(offset=" 8"), Malformed),
    "a start that is huge": (at(offset="9" * 30), Malformed),
    "a payload in the model too": (at(), Malformed),
    "two locations": (at(), Malformed),
}
REFUSED["a payload in the model too"][0].raw_data = A.tobytes()
REFUSED["two locations"][0].external_data.add(key="location", value="deeper/w.bin")


@pytest.mark.parametrize("name", REFUSED)
def test_other_places_are_refused(folder: Path, name: str) -> None:
    """Outside, missing, too short, or said in an odd way."""
    weights, error = REFUSED[name]
    with pytest.raises(error):
        network(multiply(weights), folder)


@pytest.mark.parametrize("target", ["../w.bin", "/etc/hostname"])
def test_links_that_lead_outside_are_refused(folder: Path, target: str) -> None:
    """A symbolic link counts as what it points to; one that stays inside is fine."""
    (folder / "link").symlink_to(target)
    with pytest.raises(Unreadable, match="inside the model's folder"):
        network(multiply(at("link")), folder)
    (folder / "inner").symlink_to("deeper/w.bin")
    assert network(multiply(at("inner")), folder).nodes


def test_without_a_folder_there_is_no_external_data() -> None:
    """Bytes that came from nowhere have nothing beside them."""
    with pytest.raises(Unreadable, match="without external data"):
        network(multiply(at()))
