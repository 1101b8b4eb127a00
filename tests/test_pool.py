"""Pools: what onnxruntime makes of them, what passes the checker, what is removed in front."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

import numpy as np
import pytest
from onnx import load_from_string
from onnx_models import agree, ints, model, network, node, run, tensor, written

from lumpver.checker import check
from lumpver.claim.certificate import Certificate
from lumpver.claim.facts import Fact
from lumpver.errors import Malformed, Rejected, ShapeMismatch, Unrepresentable
from lumpver.exact.array import Exact, array, equal, rationals, zeros
from lumpver.io.json.reading import read as read_json
from lumpver.io.json.writing import write as write_json
from lumpver.io.onnx.write.fresh import fresh
from lumpver.model.activations import RELU
from lumpver.model.linear import Linear
from lumpver.model.network import Network, Opaque, Pointwise, Pool, Tensor
from lumpver.model.pool import pooled, value
from lumpver.model.relabelling import Mixed, Relabelling
from lumpver.model.weights import Matrix
from lumpver.model.window import Window
from lumpver.proving.smt.encoding import encode_node
from lumpver.proving.smt.terms import as_value
from lumpver.reducing.reduction import reduce

Y: Final = [("y", None)]
IMAGE: Final = ("N", 2, 5, 7)


def one(operator: str, *stored: Any, x: Any = IMAGE, opset: int = 13, **attributes: Any) -> Any:
    """A model of one pool."""
    inputs = " ".join(["x", *(part.name for part in stored)])
    made = [node(operator, inputs, "y", **attributes)]
    return model(made, stored, inputs=[("x", x)], outputs=Y, opset=opset)


def square(operator: str, **attributes: Any) -> Any:
    """A model of one pool with windows of 4."""
    return one(operator, kernel_shape=[2, 2], **attributes)


MODELLED: Final = {
    "ReduceMax over channels": one("ReduceMax", axes=[1, 2, 3]),
    "ReduceMax over one axis of two": one("ReduceMax", axes=[3]),
    "ReduceMax over one axis of two, gone": one("ReduceMax", axes=[2], keepdims=0),
    "ReduceMax of a vector": one("ReduceMax", x=("N", 3), axes=[1]),
    "ReduceMax over the first": one("ReduceMax", x=(3, 2, 2), axes=[0], keepdims=0),
    "ReduceSum over rows": one("ReduceSum", ints("a", 1), x=("N", 4, 3)),
    "ReduceSum over rows, gone": one("ReduceSum", ints("a", -2), x=("N", 4, 3), keepdims=0),
    "ReduceMean over rows, of old": one("ReduceMean", x=("N", 4, 3), axes=[1], opset=10),
    "MaxPool": square("MaxPool"),
    "MaxPool with strides": square("MaxPool", strides=[2, 3]),
    "MaxPool with pads": one("MaxPool", kernel_shape=[3, 2], pads=[2, 1, 1, 0]),
    "MaxPool, defaults spelled out": square(
        "MaxPool", ceil_mode=0, storage_order=0, dilations=[1, 1], pads=[0] * 4, strides=[1, 1]
    ),
    "MaxPool in 1-D": one("MaxPool", x=("N", 2, 6), kernel_shape=[3], pads=[1, 2], strides=[2]),
    "MaxPool in 3-D": one("MaxPool", x=(1, 2, 3, 4, 3), kernel_shape=[2, 3, 1]),
    "MaxPool of opset 1": square("MaxPool", opset=7),
    "MaxPool of opset 8": square("MaxPool", opset=8, storage_order=0),
    "MaxPool over everything": one("MaxPool", kernel_shape=[5, 7]),
    "MaxPool that keeps lengths": one("MaxPool", kernel_shape=[3, 3], auto_pad="SAME_UPPER"),
    "MaxPool with strides, padded": one(
        "MaxPool", kernel_shape=[2, 4], strides=[2, 3], auto_pad="SAME_LOWER"
    ),
    "MaxPool with long strides": square("MaxPool", strides=[4, 4]),
    "MaxPool, not padded": square("MaxPool", strides=[2, 2], auto_pad="VALID"),
    "MaxPool that rounds up": square("MaxPool", ceil_mode=1, strides=[2, 2]),
    "MaxPool that rounds up with pads": one(
        "MaxPool", kernel_shape=[3, 3], ceil_mode=1, strides=[2, 3], pads=[1, 1, 0, 0]
    ),
    "MaxPool that has nothing to round up": square(
        "MaxPool", x=("N", 2, "H", 6), ceil_mode=1, strides=[1, 2], opset=11
    ),
    "MaxPool that leaves out a window beside all": one(
        "MaxPool", kernel_shape=[2, 2], strides=[3, 1], ceil_mode=1, pads=[0, 0, 1, 0], opset=22
    ),
    "MaxPool with gaps": square("MaxPool", dilations=[2, 1]),
    "MaxPool with gaps, of unknown lengths": one(
        "MaxPool", x=("N", 2, "L"), kernel_shape=[2], dilations=[1], pads=[0, 1]
    ),
    "MaxPool with gaps and pads": one(
        "MaxPool", kernel_shape=[2, 3], dilations=[3, 2], pads=[1, 2, 1, 1], strides=[1, 2]
    ),
    "AveragePool that rounds up": square("AveragePool", ceil_mode=1, strides=[2, 2]),
    "AveragePool that rounds nothing up, and counts": square(
        "AveragePool", ceil_mode=1, strides=[1, 1], count_include_pad=1, pads=[1, 0, 0, 1]
    ),
    "AveragePool with gaps": square("AveragePool", opset=19, dilations=[1, 2]),
    "AveragePool with gaps that counts": square(
        "AveragePool", opset=22, dilations=[3, 2], count_include_pad=1, pads=[1, 0, 1, 1]
    ),
    "AveragePool": square("AveragePool"),
    "AveragePool of opset 7": square("AveragePool", opset=7),
    "AveragePool of opset 19": square("AveragePool", opset=19, dilations=[1, 1]),
    "AveragePool with pads": square("AveragePool", pads=[1, 0, 0, 1], strides=[2, 1]),
    "AveragePool that counts pads": square(
        "AveragePool", pads=[1, 0, 0, 1], strides=[2, 1], count_include_pad=1
    ),
    "AveragePool that counts no pads": square("AveragePool", count_include_pad=1),
    "AveragePool of 1-D that counts": one(
        "AveragePool", x=(2, 1, 5), kernel_shape=[4], pads=[3, 2], count_include_pad=1
    ),
    "AveragePool that keeps lengths": one(
        "AveragePool", kernel_shape=[4, 2], auto_pad="SAME_LOWER", count_include_pad=1
    ),
    "AveragePool with strides, padded": square(
        "AveragePool", strides=[2, 2], auto_pad="SAME_UPPER"
    ),
    "LpPool of magnitudes": one(
        "LpPool", p=1, kernel_shape=[2, 3], strides=[2, 1], pads=[1, 0, 0, 2], opset=11
    ),
    "LpPool of magnitudes with gaps": square("LpPool", p=1, dilations=[2, 3], opset=18),
    "LpPool of magnitudes that keeps lengths": one(
        "LpPool", p=1, kernel_shape=[3, 2], auto_pad="SAME_LOWER", opset=22
    ),
    "GlobalLpPool of magnitudes": one("GlobalLpPool", p=1),
    "GlobalMaxPool": one("GlobalMaxPool"),
    "GlobalAveragePool": one("GlobalAveragePool", x=(1, 2, 2, 4)),
    "GlobalAveragePool in 1-D": one("GlobalAveragePool", x=(1, 2, 8)),
    "ReduceMean": one("ReduceMean", x=(1, 2, 2, 4), axes=[2, 3]),
    "ReduceMean from the end": one("ReduceMean", x=(1, 2, 2, 4), axes=[-1, 2]),
    "ReduceMean of opset 18": one("ReduceMean", ints("a", 3, 2), x=(1, 2, 2, 4), opset=18),
    "ReduceMean without the axes": one("ReduceMean", x=(1, 2, 8), axes=[2], keepdims=0),
    "ReduceMax": one("ReduceMax", axes=[2, 3]),
    "ReduceMax without the axes": one("ReduceMax", axes=[-2, -1], keepdims=0),
    "ReduceSum": one("ReduceSum", ints("a", 2, 3)),
    "ReduceSum of opset 11": one("ReduceSum", axes=[2, 3], keepdims=0, opset=11),
}


@pytest.mark.parametrize("name", MODELLED)
def test_numbers_and_shapes_are_the_runtimes(name: str) -> None:
    """The node is modelled, and computes the same on small integers."""
    found = network(MODELLED[name])
    assert not any(isinstance(part, Opaque) for part in found.nodes)
    agree(MODELLED[name])


OPAQUE: Final = {
    "MaxPool that rounds up for unknown lengths": square(
        "MaxPool", x=("N", 2, "H", 7), ceil_mode=1, strides=[2, 1]
    ),
    "MaxPool that rounds up to a window beside all, long ago": one(
        "MaxPool", kernel_shape=[2, 2], strides=[3, 1], ceil_mode=1, pads=[0, 0, 1, 0], opset=12
    ),
    "MaxPool that rounds up twice": square("MaxPool", ceil_mode=2),
    "MaxPool with gaps and pads for unknown lengths": one(
        "MaxPool", x=("N", 2, "L"), kernel_shape=[2], dilations=[2], pads=[1, 0]
    ),
    "MaxPool with gaps that leave out all": one(
        "MaxPool", x=("N", 2, 2), kernel_shape=[2], dilations=[3], pads=[1, 3]
    ),
    "MaxPool with gaps in padding": square("MaxPool", dilations=[2, 1], pads=[3, 0, 0, 0]),
    "MaxPool by columns": square("MaxPool", storage_order=1),
    "MaxPool with a window in padding": square("MaxPool", pads=[2, 0, 0, 0]),
    "MaxPool with negative pads": square("MaxPool", pads=[0, 0, -1, 0]),
    "MaxPool with too few pads": square("MaxPool", pads=[0, 0]),
    "MaxPool with too few strides": square("MaxPool", strides=[2]),
    "MaxPool with strides of 0": square("MaxPool", strides=[0, 1]),
    "MaxPool of 1-D in 2-D": one("MaxPool", kernel_shape=[2]),
    "MaxPool without a window": one("MaxPool"),
    "MaxPool of unknown rank": square("MaxPool", x=None),
    "MaxPool padded in two ways": square("MaxPool", pads=[0] * 4, auto_pad="SAME_UPPER"),
    "MaxPool padded for unknown lengths": one(
        "MaxPool", x=("N", 2, "M"), kernel_shape=[2], strides=[2], auto_pad="SAME_UPPER"
    ),
    "MaxPool with another padding": square("MaxPool", auto_pad="SAME"),
    "MaxPool with long strides, padded": square(
        "MaxPool", strides=[4, 1], auto_pad="SAME_UPPER"
    ),
    "MaxPool over very much": one(
        "MaxPool", x=(1, 1, "H", "W"), kernel_shape=[2**31, 2**31]
    ),
    "MaxPool that tells where": model(
        [node("MaxPool", "x", "y i", kernel_shape=[2, 2])],
        inputs=[("x", IMAGE)],
        outputs=[*Y, ("i", "int64", None)],
    ),
    "MaxPool of bytes": model(
        [node("MaxPool", "x", "y", kernel_shape=[2])], inputs=[("x", "int64", [1, 2, 4])],
        outputs=Y,
    ),
    "AveragePool that rounds up and counts": square(
        "AveragePool", ceil_mode=1, strides=[2, 2], count_include_pad=1, opset=22
    ),
    "AveragePool with gaps before it could": square("AveragePool", opset=13, dilations=[1, 2]),
    "AveragePool that counts before it could": square(
        "AveragePool", opset=6, count_include_pad=1
    ),
    "AveragePool of another count": square("AveragePool", count_include_pad=2),
    "AveragePool with a window in padding": square("AveragePool", pads=[0, 0, 0, 3]),
    "LpPool of squares": square("LpPool"),
    "LpPool of squares, said": square("LpPool", p=2),
    "LpPool of magnitudes that rounds up": square(
        "LpPool", p=1, ceil_mode=1, strides=[2, 2], opset=22
    ),
    "GlobalLpPool of cubes": one("GlobalLpPool", p=3),
    "GlobalMaxPool without positions": one("GlobalMaxPool", x=(1, 2)),
    "GlobalAveragePool of unknown rank": one("GlobalAveragePool", x=None),
    "ReduceMax over the batch": one("ReduceMax", axes=[0, 1, 2, 3]),
    "ReduceMean over all, as many as there are": one("ReduceMean"),
    "ReduceMean over an axis twice": one("ReduceMean", axes=[2, 3, -1]),
    "ReduceMean over no axis of x": one("ReduceMean", axes=[2, 4]),
    "ReduceMean from the end, long ago": one("ReduceMean", axes=[-1, -2], opset=10),
    "ReduceMean with axes of two sorts": one("ReduceMean", ints("a", 2, 3), axes=[2, 3]),
    "ReduceMax of all": one("ReduceMax", x=(2, 3), axes=[0, 1]),
}  # fmt: skip


@pytest.mark.parametrize("name", OPAQUE)
def test_what_is_not_surely_right_is_opaque(name: str) -> None:
    """Other attributes, types and shapes leave the node unmodelled."""
    assert [type(part) for part in network(OPAQUE[name]).nodes] == [Opaque]


def pool(operator: str = "max", window: Window | None = None, **fields: Any) -> Pool:
    """A pool of the positions behind the second axis of three."""
    return Pool("p", "h", "y", operator, -2, window, **fields)


def over(size: int, before: int = 0, after: int = 0, step: int = 1, gap: int = 1) -> Window:
    """A window of one axis."""
    return Window((size,), (step,), (gap,), (before,), (after,))


@pytest.mark.parametrize(
    "wrong",
    [
        {"operator": "median"},
        {"operator": "sum", "window": Window((2,), (1,), (2,), (0,), (0,), (2,))},
        {"operator": "sum", "window": Window((1, 1), (1, 1), (1, 1), (0, 0), (0, 0))},
        {"window": over(2, before=3, gap=2)},
        {"window": Window((2,), (1,), (1,), (0,), (0,), (2,))},
        {"window": over(2, before=2)},
        {"window": over(2, after=3)},
        {"window": Window((1, 1), (1, 1), (1, 1), (0, 0), (0, 0))},
    ],
)
def test_no_pool_has_a_window_without_an_entry(wrong: dict[str, Any]) -> None:
    """Pads longer than the window, spaces, other axes and unknown operators are refused."""
    with pytest.raises(Malformed, match="node p"):
        pool(**wrong)


def test_no_pool_without_positions() -> None:
    """A channel axis that is the last has no positions behind it, and no position no largest."""
    with pytest.raises(Malformed, match="positions behind the axis"):
        Pool("p", "h", "y", "max", -1)
    for shape in ((2,), (1, 2, 0)):
        with pytest.raises(ShapeMismatch, match="node p"):
            pooled(pool(), shape)
    with pytest.raises(ShapeMismatch, match="window"):
        pooled(pool(window=over(4)), (1, 2, 3))
    gaps = pool(window=over(2, before=1, after=1, gap=3))
    with pytest.raises(ShapeMismatch, match="3 positions"):
        pooled(gaps, (1, 2, 2))
    assert pooled(gaps, (1, 2, 3)) == (1, 2, 2)


@pytest.mark.parametrize("operator", ["max", "mean", "sum"])
@pytest.mark.parametrize(
    "window", [None, over(2), over(3, 1, 2, step=2), over(3, 2, 3, step=3, gap=2)]
)
@pytest.mark.parametrize("counts", [False, True])
def test_floats_rationals_and_terms_are_pooled_alike(
    operator: str, window: Window | None, counts: bool
) -> None:
    """The value is the same for floats, for rationals, and as a term for a solver."""
    if operator == "sum" and window is not None:
        return
    node = pool(operator, window, counts_padding=counts)
    x = np.random.default_rng(1).integers(-9, 9, (2, 3, 5)).astype(float)
    exact = array([[[f"{int(n)}/3" for n in row] for row in part] for part in x.tolist()])
    found = value(node, x)
    assert equal(rationals(value(node, exact)) * 3, found).all()
    terms = [as_value(term) for term in encode_node(node, exact).ravel().tolist()]
    assert terms == value(node, exact).ravel().tolist()


def stack(last: Pool, *, W: Any, b: Any = None, V: Any = None, activation: bool = True) -> Network:
    """A 1 x 1 convolution of (1, 2, 4), ReLU, a pool, and another convolution."""
    weights = array(W)
    units = int(weights.shape[0])
    head = np.ones((1, units)) if V is None else V
    first = Linear("a", "x", "t", Matrix(weights), None if b is None else array(b), -2)
    middle = Pointwise("r", "t", "h", RELU)
    made = replace(last, input="h" if activation else "t", output="q")
    nodes = (first, *((middle,) if activation else ()), made)
    end = Linear("c", "q", "y", Matrix(array(head)), None, -2)
    shapes = {"x": (1, 2, 4), "t": (1, units, 4), "h": (1, units, 4),
              "q": pooled(last, (1, units, 4)), "y": (1, 1, None)}  # fmt: skip
    tensors = {name: Tensor(name, "real", shape) for name, shape in shapes.items()
               if activation or name != "h"}  # fmt: skip
    return Network((tensors["x"],), (tensors["y"],), (*nodes, end), tensors)


ROW: Final = [1, -2]
POOLS: Final = {
    "the largest of all": pool("max"),
    "the largest of some": pool("max", over(3, 1, 1)),
    "the mean of all": pool("mean"),
    "the mean of some": pool("mean", over(2, 1, 0, step=2)),
    "the mean of some, padding counted": pool("mean", over(2, 1, 0), counts_padding=True),
    "the sum of all": pool("sum"),
}


def claim(
    scales: Any, constants: Any = (0, 0), blocks: Any = (0, 0), mixed: Mixed | None = None
) -> Certificate:
    """The claim about t that its two units are these multiples of one, and constants."""
    width = max(1, 1 + max(blocks), 0 if mixed is None else 1 + int(mixed.block.max()))
    found = Relabelling(
        np.array(blocks), array(scales), array(constants), width, mixed=mixed or Mixed()
    )
    return Certificate({"t": (Fact("t", found),)})


@pytest.mark.parametrize("name", POOLS)
def test_multiples_go_through_every_pool(name: str) -> None:
    """A channel that is a positive multiple of another merges, and does so in the quotient."""
    ours = stack(POOLS[name], W=[ROW, [3, -6]])
    theirs = stack(POOLS[name], W=[ROW], V=[[4]])
    assert check(ours, theirs, claim([1, 3])).units_after == 1
    found = reduce(ours)
    assert found.network.units == 1
    point = {"x": np.arange(-3, 5).reshape(1, 2, 4)}
    assert (found.network.evaluate(point)["y"] == ours.evaluate(point)["y"]).all()


@pytest.mark.parametrize("name", POOLS)
def test_another_scale_is_rejected(name: str) -> None:
    """The reduced network must read what the scales say."""
    ours = stack(POOLS[name], W=[ROW, [3, -6]])
    with pytest.raises(Rejected, match="affine"):
        check(ours, stack(POOLS[name], W=[ROW], V=[[5]]), claim([1, 3]))


def test_a_negative_scale_goes_through_a_mean_only() -> None:
    """The largest of -x is not minus the largest of x; of a mean and a sum it is."""
    for name, last in POOLS.items():
        ours = stack(last, W=[ROW, [-1, 2]], V=[[2, 1]], activation=False)
        theirs = stack(last, W=[ROW], V=[[1]], activation=False)
        if last.operator == "max":
            with pytest.raises(Rejected, match=r"pool: q\[1\]: expected a positive scale"):
                check(ours, theirs, claim([1, -1]))
            assert reduce(ours).network.units == ours.units, name
        else:
            assert check(ours, theirs, claim([1, -1]))


def test_several_entries_go_through_a_mean_only() -> None:
    """The largest of x + z is not the sum of the largest."""
    mixed = Mixed(np.array([2, 2]), np.array([0, 1]), np.ones(2))
    for last in POOLS.values():
        ours = stack(last, W=[[1, 0], [0, 1], [1, 1]], activation=False)
        theirs = stack(last, W=[[1, 0], [0, 1]], V=[[2, 2]], activation=False)
        given = claim([1, 1, 1], (0, 0, 0), (0, 1, -1), mixed)
        if last.operator == "max":
            with pytest.raises(Rejected, match=r"pool: q\[2\]: expected one entry"):
                check(ours, theirs, given)
        else:
            assert check(ours, theirs, given)


def shifted(last: Pool, bias: Any) -> Network:
    """What is left of a stack with a channel that is 5: one channel, and a bias."""
    found = stack(last, W=[ROW])
    *nodes, end = found.nodes
    assert isinstance(end, Linear)
    return replace(found, nodes=(*nodes, replace(end, b=array([bias]))))


@pytest.mark.parametrize("name", POOLS)
def test_constants_pass_where_no_padding_counts(name: str) -> None:
    """A channel that is 5 everywhere is 5 behind a pool, and 20 behind a sum of four."""
    last = POOLS[name]
    ours = stack(last, W=[ROW, [0, 0]], b=[0, 5])
    given = claim([1, 1], (0, 5), (0, -1))
    bias = 20 if last.operator == "sum" else 5
    if last.counts_padding:
        with pytest.raises(Rejected, match=r"pool: q\[1\]: expected no constant, got 5"):
            check(ours, shifted(last, bias), given)
        assert reduce(ours).network.units == 2
        return
    assert check(ours, shifted(last, bias), given).units_after == 1
    assert reduce(ours).network.units == 1
    with pytest.raises(Rejected, match="affine"):
        check(ours, shifted(last, 6), given)


def test_a_channel_of_zeros_goes_where_padding_counts() -> None:
    """0 is 0 next to padding too; other constants are multiples of one that is kept."""
    last = POOLS["the mean of some, padding counted"]
    assert reduce(stack(last, W=[ROW, [0, 0]], b=[0, -1])).network.units == 1
    assert reduce(stack(last, W=[ROW, [0, 0], [0, 0]], b=[0, 2, 3])).network.units == 2


def test_a_constant_beside_an_entry_goes_through_the_largest() -> None:
    """x + 5 has the largest of x, and 5: but the sum over four positions has 20."""
    for last in POOLS.values():
        ours = stack(last, W=[ROW, ROW], b=[0, 5], activation=False)
        given = claim([1, 1], (0, 5))
        bias = 20 if last.operator == "sum" else 5
        theirs = replace(
            stack(last, W=[ROW], V=[[2]], activation=False),
            nodes=(
                *stack(last, W=[ROW], activation=False).nodes[:-1],
                Linear("c", "q", "y", Matrix(array([[2]])), array([bias]), -2),
            ),
        )
        if last.counts_padding:
            with pytest.raises(Rejected, match="no constant"):
                check(ours, theirs, given)
        else:
            assert check(ours, theirs, given)


OTHERS: Final = [
    ("the largest of all", pool("mean")),
    ("the mean of all", pool("sum")),
    ("the largest of some", pool("max", over(3, 1, 1, step=2))),
    ("the largest of some", pool("max", over(3, 1, 2))),
    ("the largest of some", pool("max", over(4, 1, 1))),
    ("the largest of some", pool("max")),
    ("the largest of some", pool("max", over(2, 1, 1, gap=2))),
    ("the mean of some", pool("mean", over(2, 0, 1, step=2))),
    ("the mean of some, padding counted", pool("mean", over(2, 1, 0))),
    ("the mean of some", pool("mean", over(2, 1, 0, step=2), counts_padding=True)),
]


@pytest.mark.parametrize(("name", "other"), OTHERS)
def test_another_pool_is_rejected(name: str, other: Pool) -> None:
    """Operator, window and divisor are those of the original, whether or not units went."""
    ours = stack(POOLS[name], W=[ROW, [3, -6]])
    with pytest.raises(Rejected, match="pool: q"):
        check(ours, stack(other, W=[ROW], V=[[4]]), claim([1, 3]))
    with pytest.raises(Rejected, match="pool: q"):
        check(ours, stack(other, W=[ROW, [3, -6]]), Certificate({}))


def test_a_pool_reads_the_counterpart() -> None:
    """A pool of another tensor is none of the one that is to be."""
    ours = stack(pool(), W=[ROW, [3, -6]])
    theirs = stack(pool(), W=[ROW], V=[[4]])
    first, middle, last, end = theirs.nodes
    assert isinstance(last, Pool)
    wrong = replace(theirs, nodes=(first, middle, replace(last, input="t"), end))
    with pytest.raises(Rejected, match="pool: q: expected to read h"):
        check(ours, wrong, claim([1, 3]))
    with pytest.raises(Rejected, match="expected Pool p"):
        check(ours, replace(theirs, nodes=(first, middle, Pointwise("p", "h", "q", RELU), end)),
              claim([1, 3]))  # fmt: skip


def test_units_along_a_position_axis_are_not_pooled() -> None:
    """Where the units lie along a pooled axis, no relabelling of them passes."""
    x, t, q, y = (Tensor(n, "real", (1, 2, 2)) for n in "xtqy")
    q, y = replace(q, shape=(1, 2, 1)), replace(y, shape=(1, 2, 1))

    def crossing(W: Exact) -> Network:
        first = Linear("a", "x", "t", Matrix(W), None, -1)
        nodes = (first, Pool("p", "t", "q", "max", -2), Pointwise("r", "q", "y", RELU))
        return Network((x,), (y,), nodes, {n.name: n for n in (x, t, q, y)})

    ours = crossing(array([[1, 2], [3, 4]]))
    turned = Relabelling(np.array([1, 0]), np.ones(2), zeros(2), 2)
    with pytest.raises(Rejected, match="unit axis"):
        check(ours, crossing(array([[3, 4], [1, 2]])), Certificate({"t": (Fact("t", turned),)}))
    assert reduce(crossing(array([[1, 2], [2, 4]]))).network.nodes[0].W.shape == (2, 2)  # type: ignore[union-attr]


def test_a_sum_over_unknown_lengths_keeps_constants() -> None:
    """4 positions or 5: a constant channel has no one value behind the sum."""
    found = stack(pool("sum"), W=[ROW, [0, 0], [2, -4]], b=[0, 5, 0])
    shapes = {"x": (1, 2, "M"), "t": (1, 3, "M"), "h": (1, 3, "M")}
    tensors = {name: replace(tensor, shape=shapes.get(name, tensor.shape))
               for name, tensor in found.tensors.items()}  # fmt: skip
    open_ = replace(found, inputs=(tensors["x"],), tensors=tensors)
    assert reduce(found).network.units == 1
    assert reduce(open_).network.units == 2
    theirs = replace(shifted(pool("sum"), 20), inputs=(tensors["x"],))
    given = claim([1, 1, 2], (0, 5, 0), (0, -1, 0))
    with pytest.raises(Rejected, match="no constant"):
        check(open_, theirs, given)


def planted(operator: str, **how: Any) -> Any:
    """Conv, ReLU, a pool, a convolution: filter 1 is constant, filter 3 is twice filter 2."""
    rng = np.random.default_rng(7)
    K = rng.integers(-3, 4, (4, 1, 2, 2)).astype("f4")
    K[1], K[3] = 0, 2 * K[2]
    k = np.array([1, 2, -1, -2], dtype="f4")
    V = rng.integers(-3, 4, (2, 4, 1, 1)).astype("f4")
    stored = [tensor("K", K), tensor("k", k), tensor("V", V)]
    steps = [node("Conv", "x K k", "h"), node("Relu", "h", "r"),
             node(operator, "r", "p", **how), node("Conv", "p V", "y")]  # fmt: skip
    return model(steps, stored, inputs=[("x", [2, 1, 5, 5])], outputs=Y, opset=13)


PLANTED: Final = {
    "MaxPool": (planted("MaxPool", kernel_shape=[2, 2], strides=[2, 2]), 2),
    "MaxPool with pads": (planted("MaxPool", kernel_shape=[3, 3], pads=[1] * 4), 2),
    "AveragePool": (planted("AveragePool", kernel_shape=[2, 2], pads=[1, 0, 0, 0]), 2),
    "AveragePool that counts": (
        planted("AveragePool", kernel_shape=[2, 2], pads=[1, 0, 0, 0], count_include_pad=1), 3
    ),
    "LpPool": (planted("LpPool", kernel_shape=[2, 2], p=1), 2),
    "LpPool with pads": (planted("LpPool", kernel_shape=[2, 2], pads=[1, 0, 0, 0], p=1), 3),
    "GlobalLpPool": (planted("GlobalLpPool", p=1), 2),
    "GlobalMaxPool": (planted("GlobalMaxPool"), 2),
    "GlobalAveragePool": (planted("GlobalAveragePool"), 2),
    "ReduceMax": (planted("ReduceMax", axes=[2, 3]), 2),
    "ReduceMean": (planted("ReduceMean", axes=[-1, -2]), 2),
}  # fmt: skip


@pytest.mark.parametrize("name", PLANTED)
def test_planted_filters_go_in_front_of_pools(name: str) -> None:
    """The file has as many filters as are left, and onnxruntime computes the same."""
    made, left = PLANTED[name]
    found, data = written(made)
    assert found.network.units == left
    agree(made)
    x = np.random.default_rng(3).integers(-4, 5, (2, 1, 5, 5)).astype("f4")
    before, after = (run(some, {"x": x})["y"] for some in (made, data))
    assert np.abs(before - after).max() <= 1e-4


def test_a_reduction_without_axes_is_written_as_one_node() -> None:
    """ReduceMean with keepdims 0 is a pool and a Squeeze here, and one operator in the file."""
    rng = np.random.default_rng(5)
    K = rng.integers(1, 4, (3, 1, 2, 2)).astype("f4")
    K[2] = 2 * K[0]
    V = rng.integers(-3, 4, (3, 2)).astype("f4")
    steps = [node("Conv", "x K", "h"), node("Relu", "h", "r"),
             node("ReduceMean", "r", "p", axes=[2, 3], keepdims=0),
             node("MatMul", "p V", "y")]  # fmt: skip
    made = model(steps, [tensor("K", K), tensor("V", V)], inputs=[("x", [1, 1, 3, 3])],
                 outputs=Y, opset=13)  # fmt: skip
    found, data = written(made)
    assert found.network.units == 2
    assert [part.op_type for part in network_nodes(data)] == ["Conv", "Relu", "ReduceMean",
                                                              "MatMul"]  # fmt: skip
    x = rng.integers(-4, 5, (1, 1, 3, 3)).astype("f4")
    assert np.allclose(run(made, {"x": x})["y"], run(data, {"x": x})["y"])


def network_nodes(data: bytes) -> Any:
    """The nodes of a model's file."""
    return load_from_string(data).graph.node


@pytest.mark.parametrize("name", MODELLED)
def test_exact_json_holds_pools(name: str) -> None:
    """Written and read again, a pool is the same, and as an operator of ONNX again."""
    before = network(MODELLED[name])
    after = read_json(write_json(before), where="net.json")
    assert after.digest == before.digest
    assert read_json(write_json(after), where="net.json").digest == after.digest
    if "gaps" in name and name.startswith("AveragePool"):
        with pytest.raises(Unrepresentable, match="a mean without gaps"):
            fresh(replace(after, environment=b""))
        return
    if name.startswith("LpPool"):
        with pytest.raises(Unrepresentable, match="pads or repetitions"):
            fresh(replace(after, environment=b""))
        return
    again = network(fresh(replace(after, environment=b"")))
    assert [type(part).__name__ for part in again.nodes] == [
        type(part).__name__ for part in before.nodes
    ]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b'"operator":"max"', b'"operator":"MaxPool"'),
        (b'"size":[2,2]', b'"size":[2]'),
        (b'"size":[2,2]', b'"size":[2,9]'),
        (b'"before":[1,0]', b'"before":[2,0]'),
        (b'"before":[1,0]', b'"before":[-1,0]'),
        (b'"axis":-3', b'"axis":-2'),
        (b'"counts_padding":false,', b""),
    ],
)
def test_json_of_no_pool_is_refused(old: bytes, new: bytes) -> None:
    """Whatever is no pool, or does not fit the shapes, is an error of the file."""
    text = write_json(network(square("MaxPool", pads=[1, 0, 0, 0])))
    assert old in text
    with pytest.raises((Malformed, ShapeMismatch)):
        read_json(text.replace(old, new), where="net.json")
