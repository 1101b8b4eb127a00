"""Tests for convolutions read from ONNX: which are modelled, and what they compute."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from onnx_models import agree, feeds, model, network, node, run, tensor

from lumpver.errors import LumpverError, ShapeMismatch
from lumpver.exact.array import array, equal
from lumpver.io.json.reading import read as read_json
from lumpver.io.json.writing import write as write_json
from lumpver.io.onnx.write import write
from lumpver.model.evaluation import apply
from lumpver.model.network import Linear, Network, Opaque, Tensor
from lumpver.model.weights import Kernel, Matrix
from lumpver.model.window import Window
from lumpver.reducing.reduction import reduce

RNG = np.random.default_rng(3)
SPACES = {1: (7,), 2: (6, 5), 3: (4, 3, 5)}
W1, W2 = (np.arange(1.0, n + 1).reshape(s) - 5 for n, s in ((12, (2, 2, 3)), (36, (2, 2, 3, 3))))


def convolution(W: Any, *more: Any, x: Any = None, opset: int = 17, **attributes: Any) -> Any:
    """A model of one Conv; `more` is its bias, if any."""
    W = np.asarray(W, dtype=np.float32)
    tensors = [tensor(name, numbers) for name, numbers in zip(("W", "b"), (W, *more), strict=False)]
    shape = ["N", W.shape[1], *SPACES[W.ndim - 2]] if x is None else x
    names = " ".join(("x", *(made.name for made in tensors)))
    made = node("Conv", names, "y", "c", **attributes)
    outputs = [("y", [None] * W.ndim)]
    return model([made], tensors, inputs=[("x", shape)], outputs=outputs, opset=opset)


def only_node(made: Any) -> Any:
    """The node that the reader makes of the model's one."""
    (found,) = network(made).nodes
    return found


def window(made: Any) -> Window:
    """The window of the model's one node."""
    weights = only_node(made).weights
    assert isinstance(weights, Kernel)
    return weights.window


def attributes(axes: int, shape: tuple[int, ...], size: tuple[int, ...]) -> dict[str, Any]:
    """Strides, dilations and padding for a kernel of that size; the window fits."""
    found: dict[str, Any] = {"strides": RNG.integers(1, 4, axes).tolist()}
    kind = RNG.integers(5)
    if kind < 3:
        found["dilations"] = RNG.integers(1, 3, axes).tolist()
        pads = RNG.integers(0, 3, 2 * axes)
        reach = (np.array(size) - 1) * found["dilations"] + 1
        pads[:axes] += np.maximum(0, reach - np.array(shape) - pads[:axes] - pads[axes:])
        found["pads"] = pads.tolist()
    else:
        found["auto_pad"] = ("SAME_UPPER", "SAME_LOWER")[kind - 3]
    if RNG.random() < 0.5:
        found["kernel_shape"] = list(size)
    return found


@pytest.mark.parametrize("opset", [1, 11, 22])
@pytest.mark.parametrize("axes", [1, 2, 3])
def test_evaluation_is_onnxruntimes(axes: int, opset: int) -> None:
    """Bit for bit on small integers: strides, dilations, pads that differ, auto_pad, biases."""
    for _ in range(25):
        size = tuple(RNG.integers(1, 4, axes).tolist())
        units, read = RNG.integers(1, 4, 2).tolist()
        W, b = RNG.integers(-3, 4, (units, read, *size)), RNG.integers(-3, 4, units)
        more = [b.astype(np.float32)] if RNG.random() < 0.5 else []
        made = convolution(W, *more, opset=opset, **attributes(axes, SPACES[axes], size))
        assert not network(made).opaque
        agree(made, seeds=1)


@pytest.mark.parametrize("axes", [1, 2, 3])
def test_valid_is_no_padding(axes: int) -> None:
    """As written by name."""
    W = RNG.integers(-3, 4, (2, 2, *(2,) * axes))
    made = convolution(W, auto_pad="VALID")
    assert window(made) == window(convolution(W))
    agree(made, seeds=1)


def test_defaults_spelled_out_are_the_same_operator() -> None:
    """Every attribute at its default, and an empty name of a bias."""
    spelled = {"kernel_shape": [3], "strides": [1], "dilations": [1], "pads": [0, 0], "group": 1}
    plain = window(convolution(W1))
    assert window(convolution(W1, **spelled, auto_pad="NOTSET")) == plain
    made = convolution(W1)
    made.graph.node[0].input.append("")
    assert window(made) == plain == Window((3,), (1,), (1,), (0,), (0,))


def test_one_tap_is_a_matrix() -> None:
    """Along the channels, however it is spelled; strides or padding make it a kernel."""
    W = W2[:, :, :1, :1]
    for made in (convolution(W), convolution(W, auto_pad="SAME_UPPER"),
                 convolution(W, dilations=[2, 3])):  # fmt: skip
        found = only_node(made)
        assert isinstance(found.weights, Matrix)
        assert found.axis == -3
        agree(made, seeds=1)
    for more in ({"strides": [1, 2]}, {"pads": [0, 0, 1, 0]}):
        assert isinstance(only_node(convolution(W, **more)).weights, Kernel)


def test_same_on_symbolic_lengths() -> None:
    """Where strides are 1 the padding is known; else it depends on the length, and is not."""
    x = ["N", 2, "L"]
    found = window(convolution(W1[:, :, :2], x=x, auto_pad="SAME_LOWER"))
    assert (found.before, found.after) == ((1,), (0,))
    found = window(convolution(W1[:, :, :2], x=x, auto_pad="SAME_UPPER"))
    assert (found.before, found.after) == ((0,), (1,))
    made = convolution(W1, x=x, auto_pad="SAME_UPPER", strides=[2])
    assert isinstance(only_node(made), Opaque)
    assert network(convolution(W1, x=x, auto_pad="SAME_UPPER")).tensors["y"].shape == ("N", 2, "L")
    assert network(convolution(W1, x=x)).tensors["y"].shape == ("N", 2, None)
    for length in (3, 6):
        made = convolution(W1, x=x, pads=[1, 0], strides=[2])
        given = {"x": RNG.integers(-4, 5, (2, 2, length)).astype(np.float32)}
        ours = network(made).evaluate({"x": given["x"].astype(float)})["y"]
        assert equal(ours, run(made, given)["y"].astype(float)).all()


@pytest.mark.parametrize(
    "more",
    [
        {"kernel_shape": [2]},
        {"kernel_shape": [3, 3]},
        {"kernel_shape": 3},
        {"strides": [1, 1]},
        {"strides": [0]},
        {"strides": 2},
        {"strides": [1.5]},
        {"dilations": [0]},
        {"dilations": [1, 1]},
        {"pads": [-1, 0]},
        {"pads": [1]},
        {"pads": 1},
        {"pads": [1, 1, 1, 1]},
        {"auto_pad": "SAME"},
        {"auto_pad": "VALID", "pads": [1, 1]},
        {"auto_pad": "SAME_UPPER", "strides": [0]},
        {"auto_pad": "SAME_UPPER", "dilations": [2]},
        {"another": 1},
    ],
    ids=str,
)
def test_what_is_not_surely_right_is_opaque(more: dict[str, Any]) -> None:
    """Attributes that disagree or are of another type, readers that differ."""
    assert isinstance(only_node(convolution(W1, x=["N", 2, 7], **more)), Opaque)


def test_operands_that_are_no_constants_or_do_not_fit() -> None:
    """Weights or biases that are computed, biases of another length or type, no filters at all."""
    made = convolution(W1)
    made.graph.node[0].input[1] = "V"
    made.graph.input.append(type(made.graph.input[0])())
    made.graph.input[1].CopyFrom(convolution(W1, x=[2, 2, 3]).graph.input[0])
    made.graph.input[1].name = "V"
    assert isinstance(only_node(made), Opaque)
    assert isinstance(only_node(convolution(W1, np.float32([1, 2, 3]))), Opaque)
    assert isinstance(only_node(convolution(W1, np.float32([[1, 2]]))), Opaque)
    assert isinstance(only_node(convolution(W1, np.float64([1, 2]))), Opaque)
    assert isinstance(only_node(convolution(np.zeros((0, 2, 3)))), Opaque)
    assert isinstance(only_node(convolution(np.zeros((2, 0, 3)), x=["N", 0, 7])), Opaque)


@pytest.mark.parametrize(
    ("x", "match"),
    [
        (["N", 3, 7], "2 units"),
        (["N", 2, 2], "a length of at least 3"),
        (["N", 2, 7, 7], "3 axes"),
        (["N", 2], "3 axes"),
    ],
)
def test_definite_mismatches_are_errors(x: Any, match: str) -> None:
    """Channels, lengths below the window, another number of axes."""
    with pytest.raises(ShapeMismatch, match=match):
        network(convolution(W1, x=x))


def kernel(W: Any, b: Any, *parts: tuple[int, ...]) -> Linear:
    """A kernel with these numbers and window, from x to y."""
    whole = np.asarray(W, dtype=float)
    found = Window(*parts)
    return Linear("c", "x", "y", Kernel(whole, found), b, -1 - found.axes)


def test_any_leading_axes() -> None:
    """Units lie along their axis, whatever stands before it."""
    made = kernel([[1, 2, 3]], np.array([1.0]), (3,), (1,), (1,), (1,), (0,))
    x = RNG.integers(-4, 5, (2, 3, 1, 4)).astype(float)
    found = apply(made, x)
    assert found.shape == (2, 3, 1, 3)
    for i, j in np.ndindex(2, 3):
        assert equal(found[i, j], apply(made, x[i, j])).all()
    assert apply(made, x[0, 0]).tolist() == [
        [1 + sum(w * v for w, v in zip((1, 2, 3), row, strict=True)) for row in
         np.lib.stride_tricks.sliding_window_view([0.0, *x[0, 0, 0]], 3)]
    ]  # fmt: skip


def test_units_that_do_not_fit() -> None:
    """Named at evaluation."""
    made = kernel([[1, 2, 3, 4]], None, (2,), (1,), (1,), (0,), (0,))
    with pytest.raises(ShapeMismatch, match="2 units"):
        apply(made, np.zeros((1, 5)))
    with pytest.raises(ShapeMismatch, match="a length of at least 2"):
        apply(made, np.zeros((2, 1)))
    with pytest.raises(ShapeMismatch, match="axis -2"):
        apply(made, np.zeros(2))


def small(*parts: tuple[int, ...], W: Any = ((1, "1/3"),)) -> Network:
    """A network of one kernel on five positions, its numbers rational."""
    found = Window(*parts)
    node = Linear("c", "x", "y", Kernel(array(W), found), None, -2)
    x, y = Tensor("x", shape=(1, 5)), Tensor("y", shape=(1, *found.lengths((5,))))
    return Network((x,), (y,), (node,), {"x": x, "y": y})


def test_exact_json_keeps_windows() -> None:
    """Sizes, strides, dilations and padding, and every number."""
    made = small((2,), (2,), (3,), (1,), (2,))
    back = read_json(write_json(made), where="model")
    (found,) = back.nodes
    assert isinstance(found, Linear)
    assert isinstance(found.weights, Kernel)
    assert found.weights.window == Window((2,), (2,), (3,), (1,), (2,))
    given = {"x": np.arange(5.0)[None]}
    assert equal(back.evaluate(given)["y"], made.evaluate(given)["y"]).all()


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"size":[2]', '"size":[3]'),
        ('"size":[2]', '"size":[16000000]'),
        ('"size":[2]', '"size":[2,1]'),
        ('"size":[2]', '"size":[]'),
        ('"strides":[1]', '"strides":[0]'),
        ('"strides":[1]', '"strides":[3]'),
        ('"dilations":[1]', '"dilations":[-1]'),
        ('"dilations":[1]', '"dilations":[9]'),
        ('"before":[0]', '"before":[-1]'),
        ('"before":[0]', '"before":[2]'),
        ('"after":[0]', '"after":[2]'),
        ('"axis":-2', '"axis":-1'),
        ('"rows":[["1","1/3"]]', '"rows":[]'),
    ],
)
def test_exact_json_that_does_not_fit(old: str, new: str) -> None:
    """A window that its numbers, its axis or the shapes contradict."""
    text = write_json(small((2,), (1,), (1,), (0,), (0,))).decode()
    assert old in text
    with pytest.raises(LumpverError):
        read_json(text.replace(old, new).encode(), where="model")


def test_a_kernel_in_onnx_keeps_its_window() -> None:
    """Written and read again, with attributes other than the defaults."""
    W = np.concatenate([W2, 2 * W2])
    more = {"strides": [2, 1], "dilations": [1, 2], "pads": [0, 1, 2, 0]}
    head = convolution(W, **more)
    behind = node("Conv", "r V", "y", "d")
    head.graph.node[0].output[0] = "h"
    head.graph.node.extend([node("Relu", "h", "r"), behind])
    head.graph.initializer.append(tensor("V", np.float32(RNG.integers(-3, 4, (1, 4, 1, 1)))))
    original = network(head)
    found = reduce(original, floats_only=True)
    back = network(write(found.network, original))
    first = back.nodes[0]
    assert isinstance(first, Linear)
    assert isinstance(first.weights, Kernel)
    assert first.weights.numbers.shape == (2, 18)
    assert first.weights.window == window(convolution(W2, **more))
    given = feeds(head)
    expected = run(head, given)["y"]
    assert np.array_equal(run(write(found.network, original), given)["y"], expected)
