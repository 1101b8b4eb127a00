"""Activations of units' own: read, written, evaluated, bounded and reduced, PReLU above all."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import onnx
import pytest
from onnx_models import agree, ints, model, network, node, run, tensor, written
from small_networks import graph
from test_box_bounds import require_within

import lumpver
from lumpver.bounds.knowing import known
from lumpver.bounds.leaf import Interval
from lumpver.checker import check
from lumpver.claim.domain import Box, Boxes
from lumpver.errors import LumpverError, Malformed, ShapeMismatch, Unrepresentable
from lumpver.exact.scalar import ONE, number
from lumpver.io.json.reading import read as read_json
from lumpver.io.json.writing import write as write_json
from lumpver.io.onnx.write.fresh import fresh
from lumpver.model.activations import RELU, SIGMOID, Activation, clip, leaky
from lumpver.model.evaluation import trace
from lumpver.model.network import Linear, Network, Opaque, Pointwise, Tensor, linear
from lumpver.model.several import (
    Several,
    common,
    each,
    from_numbers,
    image,
    kinds,
    laid_out,
    parameters_of,
    same,
)
from lumpver.nearness.covering import covered
from lumpver.nearness.twin import twinned
from lumpver.proving import prove
from lumpver.proving.smt import encode, inputs, smtlib
from lumpver.reducing.boxing import is_affine
from lumpver.reducing.pipeline import check_files, reduce_file
from lumpver.reducing.reduction import reduce
from lumpver.search.beside import beside
from lumpver.tell.switching import switching

if TYPE_CHECKING:
    from pathlib import Path

SLOPES: Final = [0.5, -2.0, 0.0]
PICTURE: Final = ("N", 3, 2, 4)
NAMED: Final = [("y", [None] * 4)]


def own(*slopes: Any, axis: int = -1) -> Several:
    """LeakyReLU with these slopes."""
    return Several(tuple(map(leaky, slopes)), axis)


def chain(*slopes: Any, W: Any, last: Any, b: Any = None) -> Network:
    """A layer of units with these slopes, and one behind it."""
    found = Network.from_layers([(W, b), (last, None)])
    first, middle, end = found.nodes
    assert isinstance(middle, Pointwise)
    changed = Pointwise(middle.name, middle.input, middle.output, own(*slopes))
    return Network(found.inputs, found.outputs, (first, changed, end), found.tensors)


def prelu(slopes: Any, shape: Any = PICTURE, opset: int = 17, dtype: str = "float32") -> Any:
    """A model of one PReLU."""
    stored = tensor("s", np.array(slopes), dtype)
    y = [("y", dtype, [None] * len(shape or ()))]
    return model(
        [node("PRelu", "x s", "y")], [stored], inputs=[("x", dtype, shape)], outputs=y, opset=opset
    )


# What it is


@pytest.mark.parametrize(
    ("functions", "axis"),
    [((), -1), ((RELU, leaky(1)), -1), ((SIGMOID, RELU), -1), ((leaky(1),), 0), ((leaky(1),), 1)],
)
def test_what_is_none(functions: tuple[Activation, ...], axis: int) -> None:
    """No activation, of two rows of the table, or along an axis from the front."""
    with pytest.raises(Malformed):
        Several(functions, axis)


@pytest.mark.parametrize(
    ("operator", "numbers"),
    [("LeakyRelu", []), ("Clip", [1, 2, 3]), ("Relu", []), ("Relu", [1]), ("Nothing", [1])],
)
def test_numbers_are_shared_out_evenly(operator: str, numbers: list[int]) -> None:
    """Each unit has as many as the row of the table says, and at least one."""
    with pytest.raises(Malformed):
        from_numbers(operator, list(map(number, numbers)), -1)
    with pytest.raises(Malformed):
        from_numbers("Clip", [ONE, -ONE], -1)


def test_what_is_asked_of_either() -> None:
    """One for all units, or each its own: kinds, images, parameters, whether they are the same."""
    given = own(2, -1, 2)
    assert [parameters_of(given), parameters_of(leaky(2))] == [[2, -1, 2], [2]]
    assert kinds(given) == (leaky(2), leaky(-1))
    assert (common(given), common(own(2, 2)), common(RELU)) == (None, leaky(2), RELU)
    assert same(own(2, 2), leaky(2))
    assert same(own(2, 2), own(2, 2, axis=-3))
    assert not same(given, leaky(2))
    assert not same(given, own(-1, 2, 2))
    assert not same(given, own(2, -1, 2, axis=-2))
    assert image(given, number(-3), number(2)) == (-6, 3)
    assert image(given, None, number(2)) == (None, None)
    assert image(given, ONE, None) == (1, None)
    assert str(given) == "LeakyRelu(2, -1; by unit)"
    assert str(own(1, 2, 3, 4, 5)) == "LeakyRelu(1, 2, 3, 2 more; by unit)"
    clips = from_numbers("Clip", list(map(number, [0, 1, -1, 2])), -2)
    assert kinds(clips) == (clip(0, 1), clip(-1, 2))


def test_each_unit_has_one() -> None:
    """Along the axis alone, as many as there are; one for all goes along any."""
    given = own(2, -1)
    assert list(each(given, 2, -1)) == [leaky(2), leaky(-1)]
    assert list(each(own(3, 3), 5, -2)) == [leaky(3)] * 5
    assert list(each(RELU, 2)) == [RELU, RELU]
    for units, axis in ((3, -1), (2, -2)):
        with pytest.raises(ShapeMismatch):
            each(given, units, axis)
    assert list(laid_out(own(2, -1, axis=-2), (2, 2))) == [leaky(2)] * 2 + [leaky(-1)] * 2
    assert list(laid_out(given, (0, 2))) == []
    for shape in ((), (3,), (2, 1)):
        with pytest.raises(ShapeMismatch):
            list(laid_out(given, shape))


# Files


@pytest.mark.parametrize(
    ("slopes", "axis"),
    [
        (np.reshape(SLOPES, (3, 1, 1)), -3),
        (np.reshape(SLOPES, (1, 3, 1, 1)), -3),
        ([[0.5], [2.0]], -2),
        ([[[[-0.5], [2.0]]]], -2),
        ([0.0, 0.25, -4.0, 1.0], -1),
        ([[[0.0, 0.25, -4.0, 1.0]]], -1),
    ],
)
@pytest.mark.parametrize("opset", [7, 9, 16, 20])
def test_slopes_along_an_axis(slopes: Any, axis: int, opset: int) -> None:
    """Every shape that spreads one way is read, and gives onnxruntime's numbers, bit for bit."""
    made = prelu(slopes, opset=opset)
    (found,) = network(made).nodes
    assert isinstance(found, Pointwise)
    assert found.axis == axis
    assert parameters_of(found.activation) == [number(float(x)) for x in np.ravel(slopes)]
    agree(made)
    again = read_json(write_json(network(made)), where="net")
    assert again.nodes[0].activation == found.activation  # type: ignore[union-attr]


@pytest.mark.parametrize("dtype", ["float16", "float64"])
def test_other_types(dtype: str) -> None:
    """Slopes are exact in the type that they have."""
    made = prelu(np.reshape(SLOPES, (3, 1, 1)), dtype=dtype)
    assert isinstance(network(made).nodes[0], Pointwise)
    if dtype == "float64":
        agree(made)


@pytest.mark.parametrize("slopes", [0.5, [0.5], [[[0.5]]], np.full((1, 1, 1, 1), 0.5)])
def test_one_slope_is_one_for_all(slopes: Any) -> None:
    """In whatever shape."""
    (found,) = network(prelu(slopes)).nodes
    assert isinstance(found, Pointwise)
    assert found.activation == leaky("1/2")


@pytest.mark.parametrize("axes", [[1, 2], [-1, -2]])
def test_slopes_that_nodes_make(axes: list[int]) -> None:
    """Stored flat, with axes put behind them by a node, as some exporters do."""
    nodes = [node("Unsqueeze", "s a", "t"), node("PRelu", "x t", "y")]
    stored = [tensor("s", SLOPES), ints("a", *axes)]
    made = model(nodes, stored, inputs=[("x", PICTURE)], outputs=NAMED)
    (found,) = network(made).nodes
    assert isinstance(found, Pointwise)
    assert found.axis == -3
    agree(made)


OPAQUE: Final = {
    "two axes": prelu(np.ones((3, 1, 4)) * np.arange(4)),
    "all axes": prelu(np.arange(24.0).reshape(3, 2, 4)),
    "an axis that the runtime tells": prelu([0.5, 2.0], ("N", 3, 2, "W")),
    "the batch": prelu(np.reshape([0.5, 2.0], (2, 1, 1, 1)), ("N", 3, 2, 4)),
    "an axis more": prelu(np.reshape(SLOPES, (3, 1, 1, 1, 1)), (3, 3, 2, 4)),
    "what would widen": prelu(np.reshape(SLOPES, (3, 1, 1)), ("N", 1, 2, 4)),
    "an unknown rank": prelu(np.reshape(SLOPES, (3, 1, 1)), None),
    "by channel, before slopes spread": prelu(SLOPES, opset=6),
    "infinite": prelu([0.5, np.inf, 1.0, 0.0]),
    "no number": prelu([0.5, np.nan, 1.0, 0.0]),
    "an input": model(
        [node("PRelu", "x s", "y")], inputs=[("x", ("N", 3)), ("s", (3,))], outputs=[("y", None)]
    ),
}


@pytest.mark.parametrize("name", OPAQUE)
def test_other_slopes_are_opaque(name: str) -> None:
    """Where no one axis of known length has them, or they are no numbers."""
    try:
        (found,) = network(OPAQUE[name]).nodes
    except LumpverError:  # no valid model
        return
    assert isinstance(found, Opaque)


def test_slopes_in_json_are_counted() -> None:
    """Not as many as units, an axis that is not there or not counted, or no axis."""
    tensors = [Tensor(name, "float32", ("N", 2)) for name in "xy"]

    def made(activation: Any, shape: Any = ("N", 2)) -> bytes:
        x, y = (Tensor(t.name, t.dtype, shape) for t in tensors)
        return write_json(
            Network((x,), (y,), (Pointwise("a", "x", "y", activation),), {"x": x, "y": y})
        )

    good = made(own(2, -1))
    assert read_json(good, where="net").nodes[0].activation == own(2, -1)  # type: ignore[union-attr]
    assert b'"axis":-1' in good
    wrong = [
        made(own(2, -1, 3)),
        made(own(2, -1, axis=-3)),
        made(own(2, -1, axis=-2)),
        made(own(2, -1), None),
        made(own(2, -1), ("N", "M")),
        good.replace(b'"axis":-1', b'"axis":1'),
        good.replace(b'"axis":-1,', b""),
        good.replace(b'"parameters":["2","-1"]', b'"parameters":[]'),
        good.replace(b'"LeakyRelu"', b'"Relu"'),
    ]
    for one in wrong:
        with pytest.raises(LumpverError):
            read_json(one, where="net")


def test_slopes_are_written_as_operands() -> None:
    """One number for each unit, spread over the axes behind; not by operators without operands."""
    made = network(prelu(np.reshape(SLOPES, (3, 1, 1))))
    proto = onnx.load_from_string(fresh(made))
    agree(proto)
    clips = from_numbers("Clip", list(map(number, [0, 1, -1, 2])), -1)
    x, y = (Tensor(name, "float32", ("N", 2)) for name in "xy")
    other = Network((x,), (y,), (Pointwise("a", "x", "y", clips),), {"x": x, "y": y})
    with pytest.raises(Unrepresentable):
        fresh(other)


def picture(slopes: Any, *, opset: int = 17) -> Any:
    """A convolution of six channels, the first two and the next two multiples, PReLU, another."""
    K = np.array([[1, 2], [2, 4], [-1, 1], [-3, 3], [0, 0], [1, 1]]).reshape(6, 1, 1, 2)
    b = np.array([1, 2, 0, 0, -2, 5])
    L = np.arange(-40, 32).reshape(12, 6, 1, 1)
    stored = [tensor("K", K.astype(float).astype(np.float32)), tensor("b", b.astype(np.float32)),
              tensor("s", np.reshape(slopes, (6, 1, 1)).astype(np.float32)),
              tensor("L", L.astype(np.float32))]  # fmt: skip
    nodes = [node("Conv", "x K b", "p"), node("PRelu", "p s", "h"), node("Conv", "h L c", "y")]
    stored.append(tensor("c", np.arange(12.0).astype(np.float32)))
    return model(nodes, stored, inputs=[("x", ("N", 1, 2, 4))], outputs=NAMED, opset=opset)


@pytest.mark.parametrize(
    ("slopes", "left"),
    [
        ([0.5, 0.5, 2, 2, -1, 0], 3),
        ([0.5, 0.25, 2, 2, -1, 0], 4),
        ([0.5, 0.25, 2, 2, 2, 2], 4),
        ([0.5] * 6, 3),
    ],
)
def test_multiples_with_one_slope_merge(tmp_path: Path, slopes: Any, left: int) -> None:
    """Channels of unlike slopes stay; the file is smaller, right, and keeps slopes in order."""
    made = picture(slopes)
    before, after = tmp_path / "a.onnx", tmp_path / "b.onnx"
    before.write_bytes(made.SerializeToString())
    outcome = reduce_file(before, after)
    check_files(before, after, outcome.certificate)
    reduced = onnx.load(after)
    onnx.checker.check_model(reduced, full_check=True)
    assert outcome.reduction.network.width["p"] == left
    assert sum(np.prod(t.dims) for t in reduced.graph.initializer if t.name.startswith("s")) <= left
    x = np.random.default_rng(0).integers(-4, 5, (2, 1, 2, 4)).astype(np.float32)
    assert (run(made, {"x": x})["y"] == run(reduced, {"x": x})["y"]).all()
    assert prove(network(made), lumpver.load(after).network).answer == "proved"


def test_slopes_that_another_node_reads() -> None:
    """An initializer with slopes that is read elsewhere, too, is left for that."""
    made = picture([0.5, 0.5, 2, 2, -1, 0])
    made.graph.node.append(node("PRelu", "z s", "w"))
    made.graph.input.append(onnx.helper.make_tensor_value_info("z", 1, ["N", 6, 1, 1]))
    made.graph.output.append(onnx.helper.make_tensor_value_info("w", 1, None))
    found, data = written(made)
    assert found.network.width["p"] == 3
    rng = np.random.default_rng(1)
    given = {"x": rng.integers(-4, 5, (1, 1, 2, 4)).astype(np.float32),
             "z": rng.integers(-4, 5, (1, 6, 1, 1)).astype(np.float32)}  # fmt: skip
    before, after = run(made, given), run(data, given)
    assert all((before[name] == after[name]).all() for name in before)


def test_slopes_along_positions_keep_the_channels() -> None:
    """Where slopes are another axis's, channels merge and slopes stay; where it is shared, too."""
    made = picture([0.5, 0.5, 2, 2, -1, 0])
    made.graph.initializer[2].CopyFrom(tensor("s", np.array([0.5, -1, 3], np.float32)))
    found, data = written(made)
    check(found.original, found.network, found.certificate)
    assert found.network.width["p"] == 6
    made.graph.initializer[2].CopyFrom(tensor("s", np.array([0.5] * 3, np.float32)))
    found, data = written(made)
    check(found.original, found.network, found.certificate)
    assert found.network.width["p"] == 3
    agree(onnx.load_from_string(data))


# Proofs


TWO: Final = chain("1/2", -1, W=[[1, 2], [3, -1]], last=[[1, 1]], b=[1, 0])
EQUAL: Final = {
    "units in another order": chain(-1, "1/2", W=[[3, -1], [1, 2]], last=[[1, 1]], b=[0, 1]),
    "multiples": chain("1/2", -1, W=[[2, 4], ["3/2", "-1/2"]], last=[["1/2", 2]], b=[2, 0]),
    "a unit turned round, by its slope": chain(
        "1/2", -1, W=[[1, 2], [-3, 1]], last=[[1, 1]], b=[1, 0]
    ),
}
UNLIKE: Final = {
    "slopes in another order": chain(-1, "1/2", W=[[1, 2], [3, -1]], last=[[1, 1]], b=[1, 0]),
    "another slope": chain("1/2", "-1/3", W=[[1, 2], [3, -1]], last=[[1, 1]], b=[1, 0]),
    "one for all": Network.from_layers(
        [([[1, 2], [3, -1]], [1, 0]), ([[1, 1]], None)], activation=leaky("1/2")
    ),
    "a unit turned round": chain("1/2", -1, W=[[-1, -2], [3, -1]], last=[[1, 1]], b=[-1, 0]),
}


@pytest.mark.parametrize("name", EQUAL)
def test_equal_ones_are_proved(name: str) -> None:
    """By joint lumping."""
    answer = prove(TWO, EQUAL[name])
    assert (answer.answer, answer.step) == ("proved", "joint lumping")


@pytest.mark.parametrize("name", UNLIKE)
def test_unlike_ones_are_refuted(name: str) -> None:
    """With a point where both differ."""
    answer = prove(TWO, UNLIKE[name])
    assert answer.answer == "refuted"


def test_all_slopes_alike_are_one() -> None:
    """PReLU with one slope for every unit is LeakyReLU, along whatever axis it is said."""
    one = Network.from_layers([([[1], [2]], [1, -1]), ([[1, 3]], None)], activation=leaky("1/3"))
    spelled = chain("1/3", "1/3", W=[[1], [2]], last=[[1, 3]], b=[1, -1])
    assert prove(one, spelled).answer == "proved"


def test_the_solver_sees_each_slope() -> None:
    """Terms and SMT-LIB of networks that differ in one slope differ."""
    texts = set()
    for found in (TWO, UNLIKE["another slope"], UNLIKE["slopes in another order"]):
        terms = encode(found, inputs(found))
        (term,) = terms[found.outputs[0].name].ravel().tolist()
        texts.add(smtlib([term == 0]))
    assert len(texts) == 3
    for point in ([0, 0], [-3, "1/2"], [5, -7]):
        given = {name: np.array(list(map(number, point)), dtype=object) for name in ["x"]}
        (value,) = encode(TWO, {"x": given["x"]})["y"].ravel().tolist()
        assert value == TWO(point)[0]


# Boxes


@pytest.mark.parametrize("seed", range(6))
def test_values_stay_within_bounds(seed: int) -> None:
    """Slopes of both signs and more than 1, channels and positions."""
    rng = np.random.default_rng(seed)
    slopes = rng.choice([0, 0.5, -1, 3, 1 / 3], 4)
    W, V = rng.normal(size=(4, 3)), rng.normal(size=(2, 4))
    made = chain(*slopes, W=W, last=V, b=rng.normal(size=4))
    low = rng.normal(size=3)
    require_within(made, low, low + rng.random(3), seed=seed, points=6)
    shape: Any = (4, 3)
    nodes = [
        linear("a", "x", "p", W, axis=-2),
        Pointwise("b", "p", "h", own(*slopes, axis=-2)),
        linear("c", "h", "y", V, axis=-2),
    ]
    deep = graph(*nodes, x=(3, 3), p=shape, h=shape, y=(2, 3))
    low = rng.normal(size=9)
    require_within(deep, low, low + rng.random(9), seed=seed, points=4)


def test_a_box_decides_units_by_their_own_slopes() -> None:
    """Below 0 a unit is constant by the slope 0 alone, and the certificate holds there alone."""
    made = chain(0, 2, 0, W=[[-1], [-1], [1]], last=[[1, 1, 1]], b=[-1, -1, 1])
    box = Boxes((Box.of({"x": [(0, 1)]}),))
    found = reduce(made, known=known(made, box), floats_only=True)
    check(made, found.network, found.certificate, claim=found.certificate.claim)
    assert found.network.units == 2
    for x in (0, "1/3", 1):
        assert made([x]) == found.network([x])
    assert is_affine(made, known(made, box))
    (layer,) = switching(made, box).layers
    assert (layer.off, layer.on, layer.open) == (1, 2, 0)
    wide = Boxes((Box.of({"x": [(-3, 1)]}),))
    assert not is_affine(made, known(made, wide))
    (layer,) = switching(made, wide).layers
    assert (layer.off, layer.on, layer.open) == (0, 0, 3)
    other = chain(2, 0, 0, W=[[-1], [-1], [1]], last=[[1, 1, 1]], b=[-1, -1, 1])
    assert prove(made, other, box={"x": [(0, 1)]}).answer == "proved"
    assert prove(made, chain(2, 2, 0, W=[[-1], [-1], [1]], last=[[1, 1, 1]], b=[-1, -1, 1]),
                 box={"x": [(0, 1)]}).answer == "refuted"  # fmt: skip
    assert isinstance(found.network.nodes[0], Linear)


def test_slopes_of_units_own_are_not_paired() -> None:
    """How far two networks are apart is not bounded pair by pair; that both are bounded holds."""
    made = chain("1/2", 2, W=[[1], [-1]], last=[[1, 1]], b=[1, -1])
    assert beside(made, made, {"x": 1}, {"x": 1}) == ()
    plain = Network.from_layers([([[1], [-1]], [1, -1]), ([[1, 1]], None)])
    assert beside(plain, plain, {"x": 1}, {"x": 1}) == (("h1", "h1"),)
    ends: Any = {"inputs": [("x", "x")], "outputs": [("y", "y")]}
    with pytest.raises(Malformed):
        twinned(made, made, {"x": 1}, [("h1", "h1")], **ends)
    both = twinned(made, made, {"x": 1}, [], **ends)
    low, high = np.array([[-1.0], [0.0]]), np.array([[0.0], [1.0]])
    found = covered(both, {"x": Interval(low, high)}).intervals["h1"]
    for leaf, x in enumerate((-1, 1)):
        for v, value in enumerate(trace(made, {"x": np.array([float(x)])})["h1"].tolist()):
            assert found.lower[leaf, v] <= float(value) <= found.upper[leaf, v]
