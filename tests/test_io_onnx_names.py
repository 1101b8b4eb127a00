"""Names that the reader makes up cannot be had by a file, whatever a file calls its tensors."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
import pytest
from onnx_models import agree, model, network, node, run, tensor, whole

from lumpver import prove
from lumpver.checker import check
from lumpver.claim.certificate import Certificate, Digest, decode, encode
from lumpver.claim.facts import Fact
from lumpver.errors import Malformed, Rejected
from lumpver.io.onnx.read.tensors import known
from lumpver.io.onnx.read.walk import Walk
from lumpver.io.onnx.write import write
from lumpver.model.names import Derived, spelled
from lumpver.model.network import Constant, Network, Opaque, Tensor
from lumpver.proving import Refuted
from lumpver.reducing.reduction import reduce

TURNED = "operand of y, transposed"
TAKEN = (TURNED, spelled(Derived(TURNED)), f"Derived({TURNED!r})", "x transposed for y")
W = tensor("W", [[1.0, -2.0], [3.0, 4.0], [0.0, 5.0]])
X = ("x", [3, 4])
OUTPUTS = (("y", [4, 2]), ("z", [4, 3]))


def gemm() -> Any:
    """A node whose operand the reader turns."""
    return node("Gemm", "x W", "y", transA=1)


def named(operator: str, given: list[str], made: str, **attributes: Any) -> Any:
    """A node whose names may have spaces."""
    found = node(operator, "", made.replace(" ", "_"), **attributes)
    found.input[:] = given
    found.output[:] = [made]
    return found


def turning(name: str) -> Any:
    """A second output that is ReLU of x transposed, written with a tensor of that name."""
    nodes = [gemm(), named("Transpose", ["x"], name), named("Relu", [name], "z")]
    return model(nodes, [W], inputs=[X], outputs=OUTPUTS)


def storing(name: str, number: float) -> Any:
    """A second output that is ReLU of an initializer of that name."""
    full = tensor(name, np.full((4, 3), number, np.float32))
    return model([gemm(), named("Relu", [name], "z")], [W, full], inputs=[X], outputs=OUTPUTS)


def handing(name: str, number: float) -> Any:
    """A second output that is an initializer of that name."""
    full = tensor(name, np.full((4, 3), number, np.float32))
    return model([gemm()], [W, full], inputs=[X], outputs=[OUTPUTS[0], (name, [4, 3])])


@pytest.mark.parametrize("name", TAKEN)
@pytest.mark.parametrize("number", [0.0, 5.0])
def test_initializers_may_have_any_name(name: str, number: float) -> None:
    """A constant is not taken for what the reader makes on its way, by no question."""
    one, other = network(turning(name)), network(storing(name, number))
    for ours, theirs in ((one, other), (other, one)):
        with pytest.raises(Rejected):
            check(ours, theirs, Certificate({}))
        assert isinstance(prove(ours, theirs), Refuted)


@pytest.mark.parametrize("name", TAKEN)
def test_outputs_may_have_any_name(name: str) -> None:
    """An output that is an initializer is that, and differs from another initializer."""
    three, eight = network(handing(name, 3.0)), network(handing(name, 8.0))
    with pytest.raises(Rejected):
        check(three, eight, Certificate({}))
    assert isinstance(prove(three, eight), Refuted)
    check(three, network(handing(name, 3.0)), Certificate({}))


@pytest.mark.parametrize("name", TAKEN)
def test_names_change_no_number(name: str) -> None:
    """Whatever a tensor is called, the reader's numbers are a runtime's."""
    agree(turning(name))
    found = network(handing(name, 3.0)).evaluate({"x": np.zeros((3, 4))})
    assert found[name].tolist() == [[3] * 3] * 4


def test_lengths_may_have_any_name() -> None:
    """A length that the file names is not the length of an axis that it does not name."""
    made = model([node("Relu", "x", "y")], inputs=[("x", [None]), ("w", ["x[0]"])])
    (x,), (w,) = (tensor.shape or () for tensor in network(made).inputs)
    assert x != w
    assert x == Derived("x[0]")


@pytest.mark.parametrize("name", TAKEN)
def test_a_written_transposition_is_found(name: str) -> None:
    """Where a Gemm's turn has to be written out, its check finds it, whatever is taken."""
    fine = tensor("F", np.array([[1 + 2.0**-23, 1], [1, 2.0**-22]], dtype=np.float32))
    twins = tensor("T", [[1.0, 1.0], [2.0, 2.0]])
    text = "MatMul T x h; Relu h r; Gemm r F y transA=1"
    original = whole(text, twins, fine, x=(2, 2))
    original.graph.node.append(named("Relu", ["x"], name))
    original.graph.output.append(model([], outputs=[(name, [2, 2])]).graph.output[0])
    found = network(original)
    small = reduce(found)
    data = write(small.network, found)
    back = network(data)
    check(found, back, small.certificate)
    assert (found.units, back.units) == (2, 1)
    given = {"x": np.array([[1, -2], [3, 4]], dtype=np.float32)}
    theirs = run(original, given)
    assert all((run(data, given)[output] == theirs[output]).all() for output in ("y", name))


@pytest.mark.parametrize("name", TAKEN)
def test_certificates_tell_derived_names_apart(name: str) -> None:
    """A claim about a derived tensor and one about a tensor of that text stay two claims."""
    claims = {Derived(TURNED): (Fact(name),), name: (Fact(Derived(TURNED)),)}
    digest = Digest("0" * 64, {})
    found = decode(encode(Certificate(claims, digest, digest)))
    assert {k: entry.counterpart for k, entry in found.leads.items()} == {
        Derived(TURNED): name,
        name: Derived(TURNED),
    }


def test_constants_and_tensors_are_apart() -> None:
    """The reader defines no name twice, and no network has a constant that is a tensor."""
    walk = Walk(17, {"c": known(W)}, {"x": Tensor("x")})
    for name, made in product("cx", (Tensor, lambda name: known(W, name=name))):
        with pytest.raises(Malformed, match="one producer"):
            walk.define(made(name))
    assert walk.value("nothing") is None
    stored = Constant("float32", (), b"0000")
    reading = Opaque("o", "own:If", ("x",), ("y",), captured=(("x", stored),))
    x, y = Tensor("x"), Tensor("y")
    with pytest.raises(Malformed, match="constant x"):
        Network((x,), (y,), (reading,), {"x": x, "y": y})
