"""Zeros around positions and positions repeated: Pad, Upsample, Resize to the nearest."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

import numpy as np
import pytest
from kernel_networks import RELUS, accepted, agree, claim, conv, network, rejected, window
from onnx import load_from_string
from onnx_models import agree as as_in_the_runtime
from onnx_models import feeds, ints, model, node, run, tensor, written
from onnx_models import network as read

from lumpver.errors import Malformed, Unrepresentable
from lumpver.exact.array import array, equal, rationals
from lumpver.io.json.reading import read as read_json
from lumpver.io.json.writing import write as write_json
from lumpver.io.onnx.write.fresh import fresh
from lumpver.model.network import Network, Opaque, Pool
from lumpver.model.pool import meets_padding, summed, value
from lumpver.model.window import Window
from lumpver.proving.answers import Proved
from lumpver.proving.proving import prove
from lumpver.proving.smt.encoding import encode_node
from lumpver.proving.smt.terms import as_value
from lumpver.reducing.reduction import reduce

Y: Final = [("y", None)]
IMAGE: Final = ("N", 2, 3, 4)
NONE: Final = tensor("none", np.zeros(0, dtype="f4"))


def one(operator: str, *stored: Any, x: Any = IMAGE, opset: int = 17, **how: Any) -> Any:
    """A model of one node; what is stored goes in behind x, `_` for what is left out."""
    names = ["x", *("_" if part is None else part.name for part in stored)]
    kept = [part for part in stored if part is not None]
    steps = [node(operator, " ".join(names), "y", **how)]
    return model(steps, kept, inputs=[("x", x)], outputs=Y, opset=opset)


def scales(*numbers: float) -> Any:
    """The factors of all axes."""
    return tensor("scales", np.array(numbers, dtype="f4"))


def resize(*more: Any, way: str = "asymmetric", rounds: str = "floor", **how: Any) -> Any:
    """A Resize to the nearest."""
    return one("Resize", *more, coordinate_transformation_mode=way, nearest_mode=rounds, **how)


PADS: Final = ints("p", 0, 0, 1, 0, 0, 0, 2, 3)
ZERO: Final = tensor("c", np.zeros((), dtype="f4"))
TWICE: Final = scales(1, 1, 2, 3)
MODELLED: Final = {
    "Pad": one("Pad", PADS),
    "Pad of opset 2": one("Pad", pads=[0, 0, 1, 0, 0, 0, 2, 3], opset=10),
    "Pad of opset 2, its value": one("Pad", pads=[0] * 7 + [1], value=0.0, opset=2),
    "Pad with a value of 0": one("Pad", PADS, ZERO, mode="constant"),
    "Pad with a value of 0 in a vector": one("Pad", PADS, tensor("c", np.zeros(1, dtype="f4"))),
    "Pad with another number": one("Pad", PADS, tensor("c", np.array(-3, dtype="f4"))),
    "Pad with half of one": one("Pad", PADS, tensor("c", np.array([0.5], dtype="f4"))),
    "Pad with a number of its own, long ago": one(
        "Pad", pads=[0, 0, 1, 0, 0, 0, 2, 3], value=2.0, opset=2
    ),
    "Pad with a number in 1-D": one(
        "Pad", ints("p", 0, 0, 2, 0, 0, 1), tensor("c", np.array(7, dtype="f4")), x=("N", 2, "L")
    ),
    "Pad of named axes": one("Pad", ints("p", 1, 0, 2, 3), None, ints("a", 3, -2), opset=18),
    "Pad with what is at the edge": one("Pad", ints("p", 0, 0, 1, 0, 0, 0, 7, 3), mode="edge"),
    "Pad with a reflection": one("Pad", PADS, mode="reflect"),
    "Pad with a reflection, long ago": one(
        "Pad", pads=[0, 0, 2, 1, 0, 0, 0, 3], mode="reflect", opset=9
    ),
    "Pad with the other end": one("Pad", PADS, mode="wrap", opset=19),
    "Pad that cuts off": one("Pad", ints("p", 0, 0, -1, 0, 0, 0, 0, -2)),
    "Pad of one axis of unknown ones": one(
        "Pad", ints("p", 0, 0, 0, 1, 0, 0, 0, 1), x=("N", 2, "H", 4), mode="reflect"
    ),
    "Pad in 1-D": one("Pad", ints("p", 0, 0, 2, 0, 0, 0), x=("N", 2, "L")),
    "Pad of nothing": one("Pad", ints("p", *[0] * 8)),
    "Upsample of opset 7": one("Upsample", scales=[1.0, 1.0, 2.0, 2.0], opset=7),
    "Upsample": one("Upsample", TWICE, opset=9),
    "Upsample by 1": one("Upsample", scales(1, 1, 1, 1), mode="nearest", opset=9),
    "Upsample of unknown lengths": one("Upsample", TWICE, x=("N", 2, "H", "W"), opset=9),
    "Resize of opset 10": one("Resize", TWICE, opset=10),
    "Resize by halves": one("Resize", None, TWICE),
    "Resize by floors": resize(NONE, TWICE),
    "Resize by floors, twice": resize(NONE, scales(1, 1, 2, 2), rounds="round_prefer_floor"),
    "Resize as torch has it": resize(NONE, TWICE, way="pytorch_half_pixel",
                                     rounds="round_prefer_ceil"),
    "Resize as TensorFlow had it": resize(NONE, TWICE, way="tf_half_pixel_for_nn", opset=11),
    "Resize to lengths": resize(None, None, ints("z", 2, 2, 6, 4), x=(2, 2, 3, 4)),
    "Resize of named axes": resize(None, scales(3, 2), axes=[3, 2], opset=18),
    "Resize of named axes to lengths": resize(None, None, ints("z", 4, 9), axes=[-1, 2], opset=19),
}  # fmt: skip


@pytest.mark.parametrize("name", MODELLED)
def test_numbers_and_shapes_are_the_runtimes(name: str) -> None:
    """The node is modelled, and computes the same on small integers."""
    assert not read(MODELLED[name]).opaque
    as_in_the_runtime(MODELLED[name])


OPAQUE: Final = {
    "Pad with infinity": one("Pad", PADS, tensor("c", np.array(-np.inf, dtype="f4"))),
    "Pad with infinity of its own": one("Pad", pads=[0] * 7 + [1], value=float("inf"), opset=2),
    "Pad with a number of another type": one("Pad", PADS, tensor("c", np.ones((), dtype="f8"))),
    "Pad with several numbers": one("Pad", PADS, tensor("c", np.ones(2, dtype="f4"))),
    "Pad with a number, of unknown channels": one(
        "Pad", PADS, tensor("c", np.ones((), dtype="f4")), x=("N", "C", 3, 4)
    ),
    "Pad with a number that cuts": one(
        "Pad", ints("p", 0, 0, -1, 0, 0, 0, 1, 0), tensor("c", np.ones((), dtype="f4"))
    ),
    "Pad with a value that is computed": model(
        [node("Pad", "x p v", "y")], [PADS], inputs=[("x", IMAGE), ("v", [])], outputs=Y
    ),
    "Pad with a longer reflection": one("Pad", ints("p", 0, 0, 3, 0, 0, 0, 0, 0), mode="reflect"),
    "Pad with a reflection of an unknown": one("Pad", PADS, x=("N", 2, "H", 4), mode="reflect"),
    "Pad with more than all of it": one("Pad", ints("p", *[0] * 7, 5), mode="wrap", opset=19),
    "Pad that reflects and cuts": one("Pad", ints("p", 0, 0, -1, 0, 0, 0, 1, 0), mode="reflect"),
    "Pad that cuts off at the edge": one("Pad", ints("p", 0, 0, -1, 0, 0, 0, 0, 0), mode="edge"),
    "Pad that cuts off and adds zeros": one("Pad", ints("p", 0, 0, -1, 0, 0, 0, 1, 0)),
    "Pad that cuts off all": one("Pad", ints("p", 0, 0, -2, 0, 0, 0, -1, 0)),
    "Pad in another way": one("Pad", PADS, mode="mean"),
    "Pad of channels": one("Pad", ints("p", 0, 1, 0, 0, 0, 0, 0, 0)),
    "Pad of the batch": one("Pad", ints("p", 0, 0, 0, 0, 1, 0, 0, 0)),
    "Pad of too few axes": one("Pad", ints("p", 0, 0, 1, 0, 0, 0)),
    "Pad of an axis twice": one("Pad", ints("p", 1, 0, 1, 0), None, ints("a", 2, -2), opset=18),
    "Pad of no axis of x": one("Pad", ints("p", 1, 0), None, ints("a", 4), opset=18),
    "Pad of unknown rank": one("Pad", PADS, x=None),
    "Pad by very much": one("Pad", ints("p", 0, 0, 2**40, 0, 0, 0, 0, 0)),
    "Pad of opset 1": one("Pad", paddings=[0, 0, 1, 0, 0, 0, 2, 3], opset=1),
    "Upsample between": one("Upsample", TWICE, mode="linear", opset=9),
    "Upsample by halves": one("Upsample", scales(1, 1, 1.5, 1), opset=9),
    "Upsample of channels": one("Upsample", scales(1, 2, 1, 1), opset=9),
    "Upsample of too few axes": one("Upsample", scales(1, 1, 2), opset=9),
    "Resize between": one("Resize", None, TWICE, mode="linear"),
    "Resize down": resize(None, scales(1, 1, 0.5, 1)),
    "Resize by 3 to what is nearer": resize(None, TWICE, rounds="round_prefer_floor"),
    "Resize by halves, down": resize(None, TWICE, way="half_pixel"),
    "Resize by corners": resize(None, TWICE, way="align_corners"),
    "Resize of a part": resize(tensor("r", np.zeros(8, dtype="f4")), TWICE,
                               way="tf_crop_and_resize"),
    "Resize to no multiple": resize(None, None, ints("z", 2, 2, 7, 4), x=(2, 2, 3, 4)),
    "Resize to lengths of unknown ones": resize(
        None, None, ints("z", 2, 2, 6, 4), x=(2, 2, "H", 4)
    ),
    "Resize to another batch": resize(None, None, ints("z", 2, 2, 6, 4)),
    "Resize that keeps its aspect": resize(
        None, None, ints("z", 6, 6), axes=[2, 3], keep_aspect_ratio_policy="not_larger", opset=18
    ),
    "Resize without aliasing": resize(None, TWICE, antialias=1, opset=18),
    "Resize of an axis twice": resize(None, scales(2, 2), axes=[2, -2], opset=18),
}  # fmt: skip


@pytest.mark.parametrize("name", OPAQUE)
def test_what_is_not_surely_right_is_opaque(name: str) -> None:
    """Other modes, values, factors and axes leave the node unmodelled."""
    assert [type(part) for part in read(OPAQUE[name]).nodes] == [Opaque]


def sums(over: Window) -> Pool:
    """The sums of a window along one axis."""
    return Pool("p", "h", "q", "sum", -2, over)


AROUND: Final = sums(window(1, pads=(2, 1)))
REPEATED: Final = sums(Window((3,), (1,), (1,), (2,), (2,), (3,)))
WINDOWS: Final = {
    "padded": AROUND,
    "repeated": REPEATED,
    "of two": sums(window(2)),
    "of two with steps": sums(window(2, 2)),
    "of three in padding": sums(window(3, pads=(4, 4))),
    "with gaps": sums(window(2, 1, 3, (2, 4))),
    "apart": sums(Window((2,), (1,), (1,), (1,), (3,), (3,))),
    "apart, with steps": sums(Window((4,), (3,), (1,), (5,), (0,), (2,))),
}


@pytest.mark.parametrize("name", WINDOWS)
def test_sums_are_those_of_what_taps_meet(name: str) -> None:
    """For floats, rationals and terms: what is met is added up, and nothing is 0."""
    part = WINDOWS[name]
    over = part.window
    assert over is not None
    x = np.random.default_rng(3).integers(-9, 9, (2, 3, 7)).astype(float)
    places = np.append(x, np.zeros((2, 3, 1)), axis=2)[..., over.met((7,))]
    expected = places.sum(axis=2)
    assert equal(value(part, x), expected).all()
    thirds = array([[[f"{int(n)}/3" for n in row] for row in rows] for rows in x.tolist()])
    assert equal(rationals(value(part, thirds)) * 3, expected).all()
    terms = [as_value(term) for term in encode_node(part, thirds).ravel().tolist()]
    assert terms == value(part, thirds).ravel().tolist()
    counts = {int(n) for n in (over.met((7,)) >= 0).sum(axis=0)}
    assert summed(part, (1, 3, 7)) in {None, *(counts if len(counts) == 1 else ())}
    assert meets_padding(part) is (summed(part, (1, 3, 7)) is None)


def test_sums_with_gaps_of_entries_that_lie_apart_are_none() -> None:
    """No operator has both."""
    with pytest.raises(Malformed, match="node p"):
        sums(Window((2,), (1,), (2,), (0,), (0,), (3,)))


FIRST: Final = [[[1], [2]], [[-2], [-4]], [[0], [0]]]
LAST: Final = [[[1, 2], [3, -1], [0, 1]]]


def chain(
    part: Pool, first: Any, b: Any, last: Any, c: Any = (0,), *, relu: bool = True
) -> Network:
    """1 x 1, perhaps ReLU, sums, and a kernel."""
    source = "h" if relu else "t"
    middle = (RELUS,) if relu else ()
    return network(conv("x", "t", first, b), *middle, replace(part, input=source),
                   conv("q", "y", last, c))  # fmt: skip


@pytest.mark.parametrize("part", [AROUND, REPEATED])
def test_any_multiple_goes_through(part: Pool) -> None:
    """Also one by a negative number, and a channel of 0."""
    ours = chain(part, FIRST, [1, -2, 0], LAST, relu=False)
    theirs = chain(part, FIRST[:1], [1], [[[-5, 4]]], relu=False)
    accepted(ours, theirs, claim(0, 0, -1, scale=[1, -2, 1]))
    wrong = chain(part, FIRST[:1], [1], [[[-5, 5]]], relu=False)
    rejected("affine", ours, wrong, claim(0, 0, -1, scale=[1, -2, 1]))


def test_a_constant_goes_where_positions_are_repeated_alone() -> None:
    """5 everywhere is 5 again where each is repeated; between zeros it is not."""
    ours = {part: chain(part, FIRST, [1, 2, 5], LAST) for part in (AROUND, REPEATED)}
    found = claim(0, 1, -1, constant=[0, 0, 5])
    for part, given in ours.items():
        for bias in (0, 5):
            theirs = chain(part, FIRST[:2], [1, 2], [LAST[0][:2]], [bias])
            if part is REPEATED and bias:
                accepted(given, theirs, found)
            else:
                rule = "affine" if part is REPEATED else r"pool: q\[2\]: expected no constant"
                rejected(rule, given, theirs, found)
    assert reduce(ours[AROUND]).network.units == 3
    assert reduce(ours[REPEATED]).network.units == 2


def test_the_sum_of_two_is_twice_a_constant() -> None:
    """Without padding each position adds up as many."""
    part = WINDOWS["of two"]
    ours = chain(part, FIRST, [1, 2, 5], LAST)
    theirs = chain(part, FIRST[:2], [1, 2], [LAST[0][:2]], [10])
    accepted(ours, theirs, claim(0, 1, -1, constant=[0, 0, 5]))
    assert agree(ours, reduce(ours).network)


@pytest.mark.parametrize(
    "other",
    [
        sums(window(1, pads=(1, 2))),
        sums(window(1, pads=(3, 0))),
        replace(sums(window(2, pads=(3, 1))), counts_padding=False),
        Pool("p", "h", "q", "mean", -2, window(2, pads=(1, 1)), counts_padding=True),
    ],
)
def test_another_placing_is_rejected(other: Pool) -> None:
    """Zeros on other sides, sums of more, another operator."""
    ours = chain(AROUND, FIRST, [1, 2, 0], LAST)
    theirs = chain(other, FIRST, [1, 2, 0], LAST)
    with pytest.raises(Exception, match=r"^(pool|graph outputs)"):
        reject_or_not(ours, theirs)


def reject_or_not(ours: Network, theirs: Network) -> None:
    """Check without any claim."""
    accepted(ours, theirs, {})


@pytest.mark.parametrize("name", WINDOWS)
def test_exact_json_holds_them(name: str) -> None:
    """Written and read again, a sum is the same; what ONNX has is written as that."""
    ours = chain(WINDOWS[name], FIRST, [1, 2, 0], [[[1], [2], [3]]])
    assert read_json(write_json(ours), where="net.json").digest == ours.digest
    if name not in ("padded", "repeated"):
        with pytest.raises(Unrepresentable, match="pads or repetitions"):
            fresh(ours)
        return
    back = read(fresh(ours))
    assert [part.window for part in back.nodes if isinstance(part, Pool)] == [WINDOWS[name].window]


def planted(step: Any, *stored: Any, batch: Any = "N") -> Any:
    """Conv, ReLU, one step, Conv: filter 1 is constant, 3 is twice 2, and 4 is unread."""
    rng = np.random.default_rng(2)
    K = rng.integers(-3, 4, (6, 2, 2, 2)).astype("f4")
    k = np.array([1, 2, -1, -2, 0, 1], dtype="f4")
    K[1], K[3] = 0, 2 * K[2]
    P = rng.integers(1, 4, (2, 6, 2, 2)).astype("f4")
    P[:, 4] = 0
    given = [tensor("K", K), tensor("k", k), tensor("P", P), *stored]
    steps = [node("Conv", "x K k", "h"), node("Relu", "h", "r"), step, node("Conv", "p P", "y")]
    return model(steps, given, inputs=[("x", [batch, 2, 4, 5])], outputs=Y, opset=17)


STEPS: Final = {
    "Pad": (planted(node("Pad", "r pads", "p"), ints("pads", 0, 0, 1, 1, 0, 0, 1, 1)), 4),
    "Pad with another number": (
        planted(node("Pad", "r pads c", "p"), ints("pads", 0, 0, 1, 1, 0, 0, 1, 1),
                tensor("c", np.array(3, dtype="f4"))), 5
    ),
    "Pad with a constant filter's number": (
        planted(node("Pad", "r pads c", "p"), ints("pads", 0, 0, 1, 1, 0, 0, 1, 1),
                tensor("c", np.array(2, dtype="f4"))), 4
    ),
    "Pad with a reflection": (
        planted(node("Pad", "r pads", "p", mode="reflect"), ints("pads", 0, 0, 2, 1, 0, 0, 1, 3)), 3
    ),
    "Pad that cuts off": (
        planted(node("Pad", "r pads", "p"), ints("pads", 0, 0, -1, 0, 0, 0, 0, -1)), 3
    ),
    "Resize": (planted(node("Resize", "r _ scales", "p"), scales(1, 1, 2, 2)), 3),
    "Resize to lengths": (
        planted(node("Resize", "r _ _ z", "p"), ints("z", 3, 6, 6, 8), batch=3), 3
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", STEPS)
def test_planted_filters_go_in_front(name: str) -> None:
    """The file has as many filters as are left, and onnxruntime computes the same."""
    made, left = STEPS[name]
    found, data = written(made)
    assert found.network.units == left
    assert len(load_from_string(data).graph.node) == 4
    for seed in range(3):
        given = feeds(made, seed)
        before, after = (run(some, given)["y"] for some in (made, data))
        assert np.abs(before - after).max() <= 1e-4 * max(1, np.abs(before).max())
    assert isinstance(prove(read(made), read(data)), Proved)


def test_lengths_that_follow_from_shapes() -> None:
    """An export asks for twice the lengths of what it reads; with fewer channels it still does."""
    made, _ = STEPS["Resize"]
    steps = [*made.graph.node[:2], node("Shape", "r", "s"), node("Slice", "s from to", "front"),
             node("Concat", "front z", "sizes", axis=0),
             node("Resize", "r _ _ sizes", "p", coordinate_transformation_mode="asymmetric",
                  nearest_mode="floor"), made.graph.node[3]]  # fmt: skip
    stored = [t for t in made.graph.initializer if t.name != "scales"]
    stored += [ints("from", 0), ints("to", 2), ints("z", 6, 8)]
    for batch in ("N", 3):
        again = model(steps, stored, inputs=[("x", [batch, 2, 4, 5])], outputs=Y, opset=13)
        found, data = written(again)
        assert not [part for part in found.network.nodes if isinstance(part, Opaque)]
        assert found.network.units == 3
        given = feeds(again, 1, batch=3)
        before, after = (run(some, given)["y"] for some in (again, data))
        assert np.abs(before - after).max() <= 1e-4 * max(1, np.abs(before).max())


def test_what_is_proved_of_padding_is_right() -> None:
    """Constants between zeros are none: another bias is refuted, not proved."""
    ours = chain(AROUND, FIRST, [1, 2, 5], LAST)
    folded = chain(AROUND, FIRST, [1, 2, 0], LAST, [5])
    assert not agree(ours, folded)
    assert not isinstance(prove(ours, folded), Proved)
    repeated = chain(REPEATED, FIRST, [1, 2, 5], LAST)
    assert isinstance(prove(repeated, chain(REPEATED, FIRST, [1, 2, 0], LAST, [5])), Proved)
    assert not isinstance(prove(repeated, chain(REPEATED, FIRST, [1, 2, 0], LAST, [10])), Proved)
