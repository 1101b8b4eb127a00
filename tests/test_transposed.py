"""Transposed convolutions: what they compute, and what goes through them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

import numpy as np
import pytest
from kernel_networks import RELUS, accepted, claim, conv, network, rejected, window
from onnx import load_from_string, numpy_helper
from onnx_models import agree, feeds, model, node, run, tensor, written
from onnx_models import network as read

from lumpver.errors import Unrepresentable
from lumpver.exact.array import array, equal
from lumpver.io.json.reading import read as read_json
from lumpver.io.json.writing import write as write_json
from lumpver.io.onnx.write.fresh import fresh
from lumpver.model.linear import Linear, window_of
from lumpver.model.network import Network, Opaque
from lumpver.model.weights import Kernel, Matrix
from lumpver.model.window import Window
from lumpver.reducing.reduction import reduce

Y: Final = [("y", None)]


def transposed(W: Any, *more: Any, x: Any = None, opset: int = 17, **how: Any) -> Any:
    """A model of one ConvTranspose; `more` is its bias, if any."""
    W = np.asarray(W, dtype="f4")
    stored = [tensor(n, np.asarray(v, "f4")) for n, v in zip("Wb", (W, *more), strict=False)]
    names = " ".join(("x", *(made.name for made in stored)))
    shape = ["N", W.shape[0], *(5, 4, 3)[: W.ndim - 2]] if x is None else x
    steps = [node("ConvTranspose", names, "y", "c", **how)]
    return model(steps, stored, inputs=[("x", shape)], outputs=Y, opset=opset)


def drawn(rng: Any, axes: int, size: list[int]) -> dict[str, Any]:
    """Attributes of one with such a kernel; what is cut off is there."""
    strides, steps = rng.integers(1, 4, axes).tolist(), rng.integers(1, 3, axes).tolist()
    reach = [d * (k - 1) for k, d in zip(size, steps, strict=True)]
    how: dict[str, Any] = {"strides": strides, "dilations": steps}
    kind = rng.integers(0, 5)
    if kind < 2:
        how["pads"] = [int(rng.integers(0, n + 1)) for n in (*reach, *reach)]
        limits = [max(s, d) for s, d in zip(strides, steps, strict=True)]
        how["output_padding"] = [int(rng.integers(0, n)) for n in limits]
    elif kind == 2:
        how["auto_pad"] = str(rng.choice(["SAME_UPPER", "SAME_LOWER", "VALID"]))
    elif kind == 3:
        lengths = (5, 4, 3)[:axes]
        whole = [s * (n - 1) + r + 1 for s, n, r in zip(strides, lengths, reach, strict=True)]
        how["output_shape"] = [int(n - rng.integers(0, min(3, n))) for n in whole]
    return how


@pytest.mark.parametrize("axes", [1, 2, 3])
@pytest.mark.parametrize("opset", [1, 11, 22])
def test_evaluation_is_onnxruntimes(axes: int, opset: int) -> None:
    """Strides, dilations, pads, output padding, output shapes and groups: bit for bit."""
    rng = np.random.default_rng(axes)
    modelled = 0
    for _ in range(40):
        groups, each, made = rng.integers(1, 3, 3).tolist()
        size = rng.integers(1, 4, axes).tolist()
        W = rng.integers(-3, 4, (groups * each, made, *size))
        more = [rng.integers(-3, 4, groups * made)] if rng.random() < 0.5 else []
        how = drawn(rng, axes, size) | ({"group": groups} if groups > 1 else {})
        given = transposed(W, *more, opset=opset, **how)
        try:
            run(given, feeds(given))
        except Exception:  # noqa: BLE001 it asks more of lengths than ONNX does
            continue
        if not read(given).opaque:
            agree(given, seeds=1)
            modelled += 1
    assert modelled > 20


W1: Final = np.arange(12).reshape(2, 2, 3) - 5


@pytest.mark.parametrize(
    "how",
    [
        {"pads": [3, 0]},
        {"pads": [0, 3]},
        {"pads": [-1, 0]},
        {"pads": [0]},
        {"output_padding": [-1]},
        {"output_padding": [1, 1]},
        {"output_padding": 1},
        {"strides": [0]},
        {"strides": [1, 1]},
        {"dilations": [0]},
        {"kernel_shape": [2]},
        {"group": 0},
        {"group": 3},
        {"output_shape": [5, 5]},
        {"output_shape": [7], "pads": [0, 0]},
        {"output_shape": [7], "auto_pad": "VALID"},
        {"output_shape": [9], "auto_pad": "SAME_UPPER"},
        {"auto_pad": "SAME_UPPER", "strides": [4]},
        {"auto_pad": "VALID", "pads": [0, 0]},
        {"auto_pad": "SAME"},
        {"another": 1},
    ],
    ids=str,
)
def test_what_is_not_surely_right_is_opaque(how: dict[str, Any]) -> None:
    """Attributes that disagree, cut off more than there is, or that readers take in two ways."""
    assert [type(part) for part in read(transposed(W1, **how)).nodes] == [Opaque]


def test_output_shapes_of_unknown_lengths_are_opaque() -> None:
    """What is cut off depends on them; what keeps lengths does not."""
    x = ["N", 2, "L"]
    assert read(transposed(W1, x=x, output_shape=[7])).opaque
    assert not read(transposed(W1, x=x, auto_pad="SAME_UPPER", strides=[2])).opaque


def test_steps_of_one_make_a_convolution() -> None:
    """With its taps in reverse; one tap is a matrix."""
    (found,) = read(transposed(W1)).nodes
    assert isinstance(found, Linear)
    assert isinstance(found.weights, Kernel)
    assert found.weights.window == Window((3,), (1,), (1,), (2,), (2,))
    assert found.weights.numbers.tolist() == [[-3, -4, -5, 3, 2, 1], [0, -1, -2, 6, 5, 4]]
    (found,) = read(transposed(W1[:, :, :1])).nodes
    assert isinstance(found, Linear)
    assert isinstance(found.weights, Matrix)


SPACED: Final = Window((2,), (1,), (1,), (1,), (1,), (2,))
UP: Final = [[[1, 2], [3, -1], [0, 1]]]


def growing(first: Any, b: Any, up: Any, c: Any = (0,), over: Window = SPACED) -> Network:
    """1 x 1, ReLU, and a kernel over entries that lie two apart."""
    return network(conv("x", "t", first, b), RELUS, conv("h", "y", up, c, over))


FIRST: Final = [[[1], [2]], [[2], [4]], [[0], [0]]]
OURS: Final = growing(FIRST, [1, 2, 0], UP)


def test_multiples_and_zeros_go_through() -> None:
    """A channel twice another, and one that is 0."""
    theirs = growing(FIRST[:1], [1], [[[7, 0]]])
    accepted(OURS, theirs, claim(0, 0, -1, scale=[1, 2, 1]))
    assert reduce(OURS).network.units == 1


@pytest.mark.parametrize(
    ("rule", "up", "over"),
    [
        ("affine", [[[0, 7]]], SPACED),
        ("window", [[[7, 0]]], window(2, pads=(3, 3))),
        ("window", [[[7, 0]]], Window((2,), (1,), (4,), (1,), (0,), (3,))),
        ("window", [[[7, 0]]], replace(SPACED, before=(0,), after=(2,))),
    ],
)
def test_another_kernel_is_rejected(rule: str, up: Any, over: Window) -> None:
    """Taps the other way round, entries side by side, or further apart."""
    theirs = growing(FIRST[:1], [1], up, over=over)
    rejected(rule, OURS, theirs, claim(0, 0, -1, scale=[1, 2, 1]))


def test_a_constant_stays_in_front() -> None:
    """Neighbouring positions meet different taps, so that it is no constant behind."""
    ours = growing([*FIRST[:2], [[0], [0]]], [1, 2, 3], UP)
    for bias in (0, 3):
        rejected("padding", ours, growing(FIRST[:1], [1], [[[7, 0]]], [bias]),
                 claim(0, 0, -1, scale=[1, 2, 1], constant=[0, 0, 3]))  # fmt: skip
    assert reduce(ours).network.units == 2
    unread = growing([*FIRST[:2], [[0], [0]]], [1, 2, 3], [[[1, 2], [3, -1], [0, 0]]])
    accepted(unread, growing(FIRST[:1], [1], [[[7, 0]]]),
             claim(0, 0, -1, scale=[1, 2, 1], constant=[0, 0, 3]))  # fmt: skip


def test_exact_json_and_a_fresh_model_hold_it() -> None:
    """Written and read again, with and without groups, it is the same."""
    again = read_json(write_json(OURS), where="net.json")
    assert again.digest == OURS.digest
    assert write_json(OURS).count(b'"spacing":[2]') == 1
    for wrong in (b"[1]", b"[0]", b"[2,2]"):
        with pytest.raises(Exception, match=r"spacing|window"):
            read_json(write_json(OURS).replace(b'"spacing":[2]', b'"spacing":' + wrong), where="n")
    rng = np.random.default_rng(5)
    for axes in (1, 2):
        for _ in range(20):
            size = rng.integers(1, 4, axes).tolist()
            W = rng.integers(-3, 4, (4, 2, *size))
            how = drawn(rng, axes, size) | {"group": 2}
            found = read(transposed(W, **how))
            if found.opaque:
                continue
            back = read(fresh(replace(found, environment=b"", source=None)))
            (a,), (b,) = found.nodes, back.nodes
            assert isinstance(a, Linear)
            assert isinstance(b, Linear)
            assert window_of([a]) == window_of([b])
            assert a.W is not None
            assert b.W is not None
            assert a.W.tolist() == b.W.tolist()


def test_steps_that_no_operator_takes() -> None:
    """A kernel that leaves out positions over entries that lie apart is none of ONNX's."""
    odd = growing(FIRST, [1, 2, 0], UP, over=Window((2,), (2,), (1,), (1,), (1,), (3,)))
    with pytest.raises(Unrepresentable, match="steps of one entry"):
        fresh(odd)
    odd = growing(FIRST, [1, 2, 0], UP, over=Window((2,), (1,), (1,), (2,), (1,), (3,)))
    with pytest.raises(Unrepresentable, match="pads"):
        fresh(odd)


@pytest.mark.parametrize("groups", [1, 8])
def test_planted_channels_of_a_decoder(groups: int) -> None:
    """Convolution, up, convolution: duplicates, zeros and unread channels go, in a smaller file."""
    rng = np.random.default_rng(groups)
    sizes = ((8, 3, 3, 3), (8,), (8, 8 // groups, 2, 2), (8,), (2, 8, 3, 3))
    K, k, U, u, P = (rng.integers(-3, 4, size).astype("f4") for size in sizes)
    P[:, 3] = 0
    if groups == 1:
        K[1], k[1], K[2], k[2] = 2 * K[0], 2 * k[0], 0, -1
        U[:, 5], u[5] = 3 * U[:, 4], 3 * u[4]
    else:
        K[1], k[1], U[1], u[1] = 2 * K[0], 2 * k[0], U[0], 2 * u[0]
        K[2], k[2], u[2] = 0, -1, -1
    stored = [tensor(n, v) for n, v in (("K", K), ("k", k), ("U", U), ("u", u), ("P", P))]
    steps = [node("Conv", "x K k", "e", pads=[1] * 4), node("Relu", "e", "f"),
             node("ConvTranspose", "f U u", "g", strides=[2, 2], group=groups),
             node("Relu", "g", "h"), node("Conv", "h P", "y", pads=[1] * 4)]  # fmt: skip
    made = model(steps, stored, inputs=[("x", ["N", 3, 4, 4])], outputs=Y, opset=17)
    found, data = written(made)
    assert found.network.units == (12 if groups == 1 else 10)
    shapes = {
        t.name: numpy_helper.to_array(t).shape for t in load_from_string(data).graph.initializer
    }
    up = next(n for n in load_from_string(data).graph.node if n.op_type == "ConvTranspose")
    assert shapes[up.input[1]] == ((6, 6, 2, 2) if groups == 1 else (5, 1, 2, 2))
    for seed in range(3):
        given = feeds(made, seed)
        before, after = (run(some, given)["y"] for some in (made, data))
        assert np.abs(before - after).max() <= 1e-4 * max(1, np.abs(before).max())


def test_floats_and_rationals_agree() -> None:
    """The value is the same in each kind of number."""
    x = array(np.arange(10).reshape(1, 2, 5) - 4)
    thirds = growing([[["1/3"], ["2/3"]], *FIRST[1:]], [1, 2, 0], UP).evaluate({"x": x})
    whole = growing(FIRST, [3, 2, 0], [[[n / 3 for n in UP[0][0]], *UP[0][1:]]]).evaluate({"x": x})
    assert thirds["y"].shape == whole["y"].shape == (1, 1, 10)
    plain = OURS.evaluate({"x": x})["y"]
    assert equal(plain, OURS.evaluate({"x": x * 1.0})["y"]).all()
