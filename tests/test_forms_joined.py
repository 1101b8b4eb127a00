"""Tests for `model.regions` and `checker.forms` where regions branch and join again."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from small_networks import chain
from small_networks import graph as untyped

from lumpver.checker import check
from lumpver.claim.certificate import Certificate
from lumpver.claim.facts import Fact
from lumpver.errors import Rejected, ShapeMismatch, TooLarge
from lumpver.exact.array import array
from lumpver.exact.scalar import ONE
from lumpver.model.activations import RELU
from lumpver.model.forms import Columns
from lumpver.model.join import Join
from lumpver.model.linear import Linear
from lumpver.model.network import Network, Pointwise, linear
from lumpver.model.regions import between, joined
from lumpver.model.weights import Kernel
from lumpver.model.window import Window

if TYPE_CHECKING:
    from lumpver.model.join import Operator

SINCE = {"y": (Fact("y", since="x"),)}
SHAPES = dict.fromkeys(("x", "a", "b", "p", "q", "s"), (2,)) | {"y": (1,)}
PAIR = chain([[1, 0], [0, 1], [-1, 0], [0, -1]], [[1, 2, 3, 5]])  # of ReLU(x) and ReLU(-x)


def graph(*nodes: Any, **shapes: Any) -> Network:
    """A network of nodes, with numbers of any size, as a chain has them."""
    found = untyped(*nodes, **shapes)
    tensors = {name: replace(tensor, dtype="real") for name, tensor in found.tensors.items()}
    ends = [tuple(tensors[t.name] for t in side) for side in (found.inputs, found.outputs)]
    return replace(found, inputs=ends[0], outputs=ends[1], tensors=tensors)


def accepted(original: Network, reduced: Network, facts: Any = None) -> None:
    """The checker accepts that both have the same forms."""
    check(original, reduced, Certificate(SINCE if facts is None else facts))


def rejected(
    original: Network, reduced: Network, facts: Any = None, match: str | None = None
) -> None:
    """The checker does not: by a rule, or since units do not fit."""
    with pytest.raises((Rejected, ShapeMismatch), match=match):
        accepted(original, reduced, facts)


def parted(operator: Operator = "Concat", *names: str, last: Any = None, **changes: Any) -> Network:
    """ReLU(x) and ReLU(-x), joined and read."""
    axis = -1 if operator == "Concat" else None
    weights = [[1, 2, 3, 5]] if operator == "Concat" else [[1, 2]]
    nodes = {
        "a": linear("a", "x", "a", [[1, 0], [0, 1]]), "p": Pointwise("p", "a", "p", RELU),
        "b": linear("b", "x", "b", [[-1, 0], [0, -1]]), "q": Pointwise("q", "b", "q", RELU),
        "s": Join("s", names or ("p", "q"), "s", operator, axis),
        "y": linear("y", "s", "y", weights if last is None else last),
    }  # fmt: skip
    return graph(*(nodes | changes).values(), **SHAPES | {"s": (4,) if axis else (2,)})


def test_side_by_side() -> None:
    """The units of a Concat are those of its operands, in order."""
    accepted(PAIR, parted())
    accepted(parted(), PAIR)
    accepted(parted(), parted())
    for wrong in (parted("Concat", "q", "p"), parted("Concat", "p", "p"),
                  parted(last=[[1, 2, 3, 4]]), parted("Concat", "p"),
                  parted("Concat", "p", "q", "p")):  # fmt: skip
        rejected(PAIR, wrong)
        rejected(wrong, PAIR)


def test_sums() -> None:
    """Entry by entry: |x| is the sum of both, x is the difference."""
    absolute = chain([[1, 0], [-1, 0], [0, 1], [0, -1]], [[1, 1, 2, 2]])
    accepted(absolute, parted("Add"))
    accepted(chain([[1, 2]]), parted("Sub"))
    accepted(parted("Add", "p", "p", "q"), parted("Add", "q", "p", "p"))
    accepted(parted("Add", "p"), parted("Concat", last=[[1, 2, 0, 0]]))
    for wrong in (parted("Sub"), parted("Add", "p", "p"), parted("Add", "p", "q", "q"),
                  parted("Sub", "q", "p"), parted("Add", "p", "x")):  # fmt: skip
        rejected(absolute, wrong)
        rejected(wrong, absolute)
    rejected(chain([[1, 2]]), parted("Sub", "q", "p"))


@pytest.mark.parametrize("operator", ["Mul", "Max", "Min", "Mean", "Div"])
def test_joins_that_do_not_add(operator: Operator) -> None:
    """Such have no forms, and no region has one, not even of what is equal."""
    one = parted(operator)
    assert between(one, "x", "y") is None
    rejected(one, one, match="forms")
    with pytest.raises(ShapeMismatch):
        joined(Join("j", ("a", "b"), "y", operator), [[{0: ONE}], [{0: ONE}]], Columns(1))


def test_the_start_is_joined() -> None:
    """What leads past layers begins with the units that all begins with."""
    nodes = (linear("a", "x", "a", [[1, 0], [0, 1]]), Pointwise("p", "a", "p", RELU))
    skips = graph(*nodes, Join("s", ("x", "p"), "s", "Add"), linear("y", "s", "y", [[1, 1]]),
                  **SHAPES)  # fmt: skip
    plain = chain([[1, 0], [0, 1], [-1, 0], [0, -1]], [[2, 2, -1, -1]])
    accepted(plain, skips)
    accepted(skips, plain)
    twice = replace(skips, nodes=(Join("t", ("x", "x"), "a", "Sub"), *skips.nodes[1:]))
    accepted(chain([[1, 1]]), twice)  # ReLU(0) + x
    rejected(plain, twice)


def test_other_tensors_are_joined() -> None:
    """A region that reads something beside its start is none, alike or not."""
    nodes = (linear("a", "x", "a", [[1, 0], [0, 1]]), Pointwise("p", "a", "p", RELU),
             Join("s", ("p", "z"), "s", "Add"), linear("y", "s", "y", [[1, 1]]))  # fmt: skip
    both = graph(*nodes, inputs="x z", **SHAPES, z=(2,))
    swapped = replace(both, nodes=(*nodes[:2], Join("s", ("p", "x"), "s", "Add"), nodes[3]))
    for other in (both, swapped):
        rejected(both, other, match="forms")
    rejected(swapped, both, match="forms")


def test_units_that_are_repeated() -> None:
    """A unit is not spread over several: not in either model, though shapes would allow it."""
    wide = parted("Add", a=linear("a", "x", "a", [[1, 1]]))
    for one, other in ((wide, wide), (wide, parted("Add")), (parted("Add"), wide)):
        rejected(one, other, match="units of each operand")


def test_another_axis() -> None:
    """Side by side along another axis than that of the units is no region."""
    square = dict.fromkeys("xapbqy", (2, 2)) | {"s": (4, 2)}
    names = [linear("a", "x", "a", [[1, 0], [0, 1]]), Pointwise("p", "a", "p", RELU)]

    def along(axis: int, last: int) -> Network:
        end = linear("y", "s", "y", [[1, 0, 2, 0], [0, 1, 0, 3]], axis=last)
        shapes = square | {"s": (4, 2) if axis == -2 else (2, 4)}
        return graph(*names, Join("s", ("p", "x"), "s", "Concat", axis), end, **shapes)

    right = along(-1, -1)
    accepted(right, right)
    turned = replace(along(-2, -2), nodes=(linear("a", "x", "a", [[1, 0], [0, 1]], axis=-2),
                                           *along(-2, -2).nodes[1:]))  # fmt: skip
    accepted(turned, turned)
    for wrong in (along(-2, -2), turned):
        rejected(right, wrong)
        rejected(wrong, right)
    assert between(along(-2, -2), "x", "y") is None


def test_only_a_concat_says_the_axis() -> None:
    """Where nothing else has one; along another it is another function."""
    shapes = dict.fromkeys("xp", (2, 2))

    def doubled(axis: int) -> Network:
        shape = (2, 4) if axis == -1 else (4, 2)
        nodes = Pointwise("p", "x", "p", RELU), Join("y", ("p", "x"), "y", "Concat", axis)
        return graph(*nodes, **shapes, y=shape)

    accepted(doubled(-1), doubled(-1))
    accepted(doubled(-2), doubled(-2))
    rejected(doubled(-1), doubled(-2))


def test_what_is_read_beside() -> None:
    """A tensor in a branch that something else reads, or that is an output, is not inside."""
    right = parted()
    z = replace(right.outputs[0], name="z")
    nodes = (*right.nodes, linear("z", "q", "z", [[1, 1]]))
    beside = replace(
        right, nodes=nodes, outputs=(*right.outputs, z), tensors={**right.tensors, "z": z}
    )
    rejected(beside, beside, match="read by nothing else")
    seen = replace(right, outputs=(*right.outputs, right.tensors["q"]))
    rejected(seen, seen, match="read by nothing else")


def test_nodes_that_lead_nowhere() -> None:
    """Every node of the reduced network is one of the region, or has a counterpart."""
    right = parted()
    tensors = {**right.tensors, "z": replace(right.tensors["p"], name="z")}
    nodes = (*right.nodes, Join("z", ("p", "q"), "z", "Sub"))
    extra = replace(right, nodes=nodes, tensors=tensors)
    rejected(PAIR, extra, match="unpaired")


def window(pads: int) -> Window:
    """Three taps, with so many positions of padding on either side."""
    return Window((3,), (1,), (1,), (pads,), (pads,))


def convolved(one: Window, other: Window, *names: str, length: int = 6) -> Network:
    """The ReLUs of two convolutions of the input, added up."""
    nodes = (
        Linear("a", "x", "a", Kernel(array([[1.0, 2, 1]]), one), None, -2),
        Pointwise("p", "a", "p", RELU),
        Linear("b", "x", "b", Kernel(array([[-1.0, -2, -1]]), other), None, -2),
        Pointwise("q", "b", "q", RELU),
        Join("y", names or ("p", "q"), "y", "Sub"),
    )
    long = dict.fromkeys("apy", (1, 1, one.lengths((length,))[0]))
    short = dict.fromkeys("bq", (1, 1, other.lengths((length,))[0]))
    return graph(*nodes, x=(1, 1, length), **long, **short)


def test_windows() -> None:
    """All that reads the start does so with one window; else positions are others."""
    padded = convolved(window(1), window(1))
    single = graph(padded.nodes[0], Linear("y", "a", "y", axis=-2), x=(1, 1, 6), a=(1, 1, 6),
                   y=(1, 1, 6))  # fmt: skip
    accepted(padded, single)  # ReLU(t) - ReLU(-t) is t
    rejected(padded, convolved(window(1), window(1), "q", "p"))
    point = Window((1,), (1,), (1,), (0,), (0,))
    for wrong in (convolved(window(1), window(1), "p", "x"), convolved(window(1), point)):
        assert between(wrong, "x", "y") is None
        rejected(padded, wrong)
        rejected(wrong, wrong)
    shifted = replace(window(1), before=(2,), after=(0,))
    rejected(convolved(window(1), shifted), convolved(window(1), shifted), match="forms")


def test_doubling() -> None:
    """A small file that says twice of twice of a tensor is refused before there is too much."""
    nodes: list[Any] = []
    here, width, shapes = "x", 2, {"x": (1, 2)}
    for level in range(18):
        target = f"c{level}"
        nodes.append(Join(target, (here,) * 2, target, "Concat", -1))
        here, width = target, 2 * width
        shapes[target] = (1, width)
    total = linear("y", here, "y", np.ones((1, width)))
    small = graph(*nodes, total, **shapes, y=(1, 1))
    accepted(small, small)
    with pytest.raises(TooLarge):
        joined(Join("j", ("a", "a"), "y", "Concat", -1), [[{0: ONE}] * 9] * 2, Columns(1, room=17))
