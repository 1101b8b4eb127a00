"""Evaluation by patterns: the numbers of `evaluation`, at images of any size."""

from __future__ import annotations

from time import process_time
from typing import Any, Final

import numpy as np
import pytest
from kernel_networks import PADDED, conv, network
from onnx_models import network as read
from planted_models import FAMILIES
from random_convolutions import convolutional

from lumpver.claim.domain import FREE
from lumpver.errors import NotRational, TooLarge
from lumpver.exact.array import equal, rationals
from lumpver.exact.product import integer_multiple, matmul
from lumpver.model.activations import RELU
from lumpver.model.linear import Linear
from lumpver.model.network import Network, Opaque, Pick, Pointwise, Pool, Rearrange
from lumpver.model.shapes import behind
from lumpver.model.tensor import Tensor
from lumpver.model.weights import Kernel, Matrix
from lumpver.model.window import Window
from lumpver.proving import Refuted, prove
from lumpver.proving.imaging import outputs, work
from lumpver.proving.patches import image
from lumpver.proving.patterns import MOST_LAID_OUT, Pattern, pattern, together

SIDE: Final = 224


def point(net: Network, rng: np.random.Generator) -> dict[str, Any]:
    """Small integers, most of them 0."""
    shapes = {t.name: [n if isinstance(n, int) else 2 for n in t.shape or ()] for t in net.inputs}
    return {
        name: rng.integers(-2, 3, shape).astype(float) * (rng.random(shape) < 0.3)
        for name, shape in shapes.items()
    }


def same(net: Network, seed: int) -> None:
    """Assert that both evaluations agree."""
    given = point(net, np.random.default_rng(seed))
    expected, got = net.evaluate(given), outputs(net, given)
    assert set(got) == set(expected)
    for name, value in expected.items():
        assert got[name].shape == value.shape
        assert equal(got[name], value).all()


@pytest.mark.parametrize("start", range(0, 60, 20))
def test_random_networks(start: int) -> None:
    """Convolutions, pools, joins, dense layers, rearrangements."""
    for seed in range(start, start + 20):
        same(read(convolutional(seed, pools=True, joins=True, whole=bool(seed % 3))), seed)


@pytest.mark.parametrize("family", ["vgg", "resnet-folded", "inception", "unet"])
def test_models_as_people_have_them(family: str) -> None:
    """Concat, residual sums, transposed convolutions among them."""
    same(read(FAMILIES[family]().model), 3)


def test_irrational_values_are_refused() -> None:
    """As by the other evaluation."""
    net = read(FAMILIES["resnet"]().model)
    with pytest.raises(NotRational):
        outputs(net, point(net, np.random.default_rng(1)))


def test_outputs_behind_opaque_nodes_are_left_out() -> None:
    """There is no value."""
    x, y = Tensor("x", "real", (1, 2, 3)), Tensor("y", "real", (1, 2, 3))
    net = Network((x,), (y,), (Opaque("o", "ai.onnx:Mystery", ("x",), ("y",)),), {"x": x, "y": y})
    assert outputs(net, {"x": np.zeros((1, 2, 3))}) == {}


@pytest.mark.parametrize("axis", [-1, -2, -3])
def test_a_pattern_is_the_tensor(axis: int) -> None:
    """Of floats or rationals, with few columns or many, or no entries."""
    rng = np.random.default_rng(2)
    for shape in ((2, 3, 4), (1, 1, 1), (2, 0, 3), (0, 2, 3), (2, 3, 0)):
        x = rng.integers(0, 2, shape).astype(float)
        for numbers in (x, rationals(x)):
            found = pattern(numbers, axis)
            assert found.shape == shape
            assert (found.dense == numbers).all()


def test_columns_are_told_apart_by_all_rows() -> None:
    """Two places are one only where all numbers agree."""
    rng = np.random.default_rng(3)
    rows = [rng.integers(-1, 3, 200) for _ in range(4)]
    codes, first = together(200, rows)
    keys = list(zip(*(row.tolist() for row in rows), strict=True))
    for i, code in enumerate(codes.tolist()):
        assert keys[first[code]] == keys[i]
    assert len(set(keys)) == first.size


def test_what_is_too_large_to_be_laid_out_is_refused() -> None:
    """By its number of entries, before memory is asked for."""
    wide = Pattern(np.zeros((1, 1)), np.zeros((1, MOST_LAID_OUT + 1), dtype=np.int64), -2)
    with pytest.raises(TooLarge):
        _ = wide.dense


def stack(numbers: Any, depth: int, last: Any = None) -> Network:
    """Convolutions with ReLU of an image, a mean, a dense layer."""
    nodes: list[Any] = []
    name, size = "x", Window((3, 3), (1, 1), (1, 1), (1, 1), (1, 1))
    for i in range(depth):
        W = numbers[i].reshape(numbers[i].shape[0], -1)
        b = np.linspace(-1, 1, W.shape[0]).astype(np.float32)
        nodes += [Linear(f"c{i}", name, f"c{i}", Kernel(W, size), b, -3),
                  Pointwise(f"r{i}", f"c{i}", f"r{i}", RELU)]  # fmt: skip
        name = f"r{i}"
    nodes += [Pool("p", name, "p", "mean", -3), Rearrange("f", "p", "f", "Flatten", (1,)),
              Linear("y", "f", "y", Matrix(last))]  # fmt: skip
    tensors = {"x": Tensor("x", "float32", ("N", 3, SIDE, SIDE))}
    for node in nodes:
        shape = behind(node, {name: tensor.shape for name, tensor in tensors.items()})
        tensors[node.output] = Tensor(node.output, "float32", shape)
    return Network((tensors["x"],), (tensors["y"],), tuple(nodes), tensors)


def weights(depth: int = 3, width: int = 64) -> list[Any]:
    """Random float32 filters."""
    rng, read_ = np.random.default_rng(7), [3, *[width] * depth]
    return [rng.normal(size=(width, n, 3, 3)).astype(np.float32) / n for n in read_[:depth]]


def refuted(layer: int, width: int) -> None:
    """Assert that a weight larger by a unit in its last place is refuted, at a point."""
    last = np.random.default_rng(8).normal(size=(10, width)).astype(np.float32)
    one, changed = stack(weights(width=width), 3, last), weights(width=width)
    changed[layer][5, 1, 1, 2] = np.nextafter(changed[layer][5, 1, 1, 2], np.float32(9))
    other = stack(changed, 3, last)
    started = process_time()
    found = prove(one, other)
    assert isinstance(found, Refuted)
    assert process_time() - started < 120
    given = {"x": rationals(np.vectorize(float)(np.array(found.counterexample["x"], dtype=object)))}
    ours, theirs = (outputs(net, given)["y"] for net in (one, other))
    assert not equal(ours, theirs).all()


def test_one_changed_weight_in_a_large_network_is_refuted() -> None:
    """At a point, by exact values: images of 224 x 224."""
    refuted(2, 8)


@pytest.mark.long
@pytest.mark.parametrize("layer", [0, 1, 2])
def test_one_changed_weight_among_many_is_refuted(layer: int) -> None:
    """64 channels everywhere."""
    assert work(stack(weights(), 3, np.ones((10, 64))))[1] == 224 * 224 * 64
    refuted(layer, 64)


def test_images() -> None:
    """The same for the same seed, 0 for the first, within their ranges; few columns."""
    shape, free = (1, 3, 40, 50), (FREE,) * 6000
    for seed in range(8):
        found = image(shape, 1, free, seed=seed)
        assert found == image(shape, 1, free, seed=seed)
        assert pattern(np.array(found, dtype=object).reshape(shape), -3).columns.shape[1] <= 65
        assert any(found) is (seed > 0)
    low, high = rationals(np.array([1.0, 2.0]))
    assert all(low <= x <= high for x in image(shape, 1, ((low, high),) * 6000, seed=3))


@pytest.mark.parametrize("seed", range(20))
def test_products_of_floats_and_rationals(seed: int) -> None:
    """Exact for exponents near or far apart, subnormal numbers, zeros, any denominators."""
    rng = np.random.default_rng(seed)
    W = rng.normal(size=(9, 40)) * 2.0 ** rng.integers(-900, 900, (9, 40)) ** (seed % 2)
    W[rng.random(W.shape) < 0.2] = 0
    W[0, :3] = [5e-324, -np.finfo(float).max, -0.0]
    x = rationals(rng.normal(size=(40, 7))) / rationals(np.array([float(seed + 1)]))[0]
    assert (rationals(matmul(W, x)) == rationals(W) @ x).all()
    whole = np.array(integer_multiple(W).tolist(), dtype=object)
    exact = rationals(W)
    ratio = next(int(z) / q for z, q in zip(whole.ravel(), exact.ravel(), strict=True) if z)
    assert all(int(z) == q * ratio for z, q in zip(whole.ravel(), exact.ravel(), strict=True))


def test_a_kernel_over_a_line() -> None:
    """One axis of positions, and padding on both sides; then some of the channels and positions."""
    line = conv("x", "t", [[[1, 2, 0], [-1, 1, 2]], [[0, 1, 1], [1, 1, 0]]], [1, 2], PADDED)
    for axes in ((-1,), (-2,), (-3,), (-3, -2, -1)):
        pick = Pick("p", "t", "y", tuple((axis, (1, 0, 1)) for axis in axes))
        same(network(line, pick, shape=(2, 2, 9)), 5)
