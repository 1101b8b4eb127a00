"""Tests for `proving.reflecting`: equal forms of two networks are a proof, and only those."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from test_forms import MAXIMUM, SPLIT, TWO, chain, reflected

from lumpver.exact.array import array
from lumpver.model.activations import SIGMOID, leaky
from lumpver.model.linear import Linear
from lumpver.model.network import Join, Network, Pick, Pointwise, Rearrange, Tensor
from lumpver.model.weights import Kernel
from lumpver.model.window import Window
from lumpver.proving.pairing import pair
from lumpver.proving.proving import prove
from lumpver.proving.reflecting import alike
from lumpver.reducing.reduction import reduce

if TYPE_CHECKING:
    from lumpver.model.join import Operator
    from lumpver.model.network import Node


@pytest.mark.parametrize("original", [MAXIMUM, SPLIT], ids=["maximum", "split"])
def test_reductions_are_proved(original: Network) -> None:
    """A chain made anew is the same for all inputs; no solver is asked."""
    found = prove(original, reduce(original).network)
    assert (found.answer, found.step, found.evidence) == ("proved", "joint forms", "joint")
    assert prove(SPLIT, TWO).step == "joint forms"


def test_what_differs_is_refuted() -> None:
    """One weight, one bias, one slope: forms differ, and a point shows it."""
    for other in (
        chain(([[1, 2], [3, -1]], [1, 0]), ([[1, 2]], None)),
        chain(([[1, 2], [3, -1]], [1, "1/9"]), ([[1, 1]], None)),
        chain(([[1, 2], [3, -1]], [1, 0]), ([[1, 1]], None), activation=leaky("1/2")),
    ):
        assert not alike(pair(SPLIT, other))
        assert prove(SPLIT, other).answer == "refuted"


def test_what_bends_has_no_forms() -> None:
    """Then nothing is said here."""
    curved = chain(([[1], [-1]], None), ([[1, -1]], None), activation=SIGMOID)
    assert not alike(pair(curved, curved))


def test_lengths_that_are_open() -> None:
    """What is shown for one length of an axis that units mix along is shown for no other."""
    x, y = Tensor("x", shape=("N", 2)), Tensor("y", shape=(None, None))
    flat = Rearrange("f", "x", "z", "Reshape", (1, -1))
    nodes: tuple[Node, ...] = (flat, Pointwise("r", "z", "y", leaky("1/2")))
    tensors = {"x": x, "z": Tensor("z", shape=(1, None)), "y": y}
    network = Network((x,), (y,), nodes, tensors)
    assert not pair(network, network).general
    assert not alike(pair(network, network))


def convolved(numbers: Any, last: Any) -> Network:
    """Two filters, and what reads them, without padding."""
    window = Window((2,), (1,), (1,), (0,), (0,))
    point = Window((1,), (1,), (1,), (0,), (0,))
    nodes: tuple[Node, ...] = (
        Linear("a", "x", "h", Kernel(array(numbers), window), None, -2),
        Pointwise("r", "h", "g", leaky(0)),
        Linear("b", "g", "s", Kernel(array(last), point), None, -2),
        Join("j", ("s", "s"), "y", "Add"),
    )
    shapes = {"x": (1, 1, 4), "h": (1, len(numbers), 3), "g": (1, len(numbers), 3), "s": (1, 1, 3)}
    tensors = {
        name: Tensor(name, shape=shape) for name, shape in {**shapes, "y": (1, 1, 3)}.items()
    }
    return Network((tensors["x"],), (tensors["y"],), nodes, tensors)


def test_filters_that_cancel() -> None:
    """A filter and its negative, read with opposite signs: a convolution alone."""
    pairs = convolved([[1, 2], [-1, -2]], [[1, -1]])
    single = convolved([[2, 4], [-2, -4]], [["1/2", "-1/2"]])
    assert alike(pair(pairs, single))
    assert not alike(pair(pairs, convolved([[1, 2], [-1, -2]], [[1, 1]])))


def doubled(times: int, operator: Operator) -> Network:
    """An activation, joined with itself so many times, and what is picked of it."""
    axis = -1 if operator == "Concat" else None
    nodes: list[Node] = [Pointwise("t0", "x", "t0", leaky(0))]
    shapes = {"x": (1, 2), "t0": (1, 2)}
    for i in range(times):
        nodes.append(Join(f"t{i + 1}", (f"t{i}",) * 2, f"t{i + 1}", operator, axis))
        shapes[f"t{i + 1}"] = (1, shapes[f"t{i}"][1] * (2 if axis else 1))
    nodes.append(Pick("y", f"t{times}", "y", ((-1, (0,)),)))
    tensors = {name: Tensor(name, shape=shape) for name, shape in {**shapes, "y": (1, 1)}.items()}
    return Network((tensors["x"],), (tensors["y"],), tuple(nodes), tensors)


def test_what_is_joined_with_itself() -> None:
    """So many times that nothing holds all of it: no forms, and soon; a sum has them."""
    for operator, times, same in (("Concat", 10, True), ("Concat", 60, False), ("Add", 60, True)):
        network = doubled(times, operator)
        assert alike(pair(network, network)) is same
        assert prove(network, network).answer == "proved"
        fewer = prove(network, doubled(times - 1, operator))
        known = "proved" if times == 10 else "unknown"
        assert fewer.answer == ("refuted" if operator == "Add" else known)


def test_more_than_there_is_room_for() -> None:
    """Nor are there forms of what is given, or picked, more often than there is room for."""
    often = ((-1, (0,) * 2**12),)
    for nodes, x, y in (
        ((Pointwise("r", "x", "y", leaky(0)),), (1, 2**23), (1, 2**23)),
        ((Pick("p", "x", "y", often),), (1, 2**11, 1), (1, 2**11, 2**12)),
    ):
        tensors = {"x": Tensor("x", shape=x), "y": Tensor("y", shape=y)}
        network = Network((tensors["x"],), (tensors["y"],), nodes, tensors)
        assert not alike(pair(network, network))


@given(reflected(), reflected(), st.data())
def test_alike_is_equal(a: Network, b: Network, data: st.DataObject) -> None:
    """Networks whose forms are equal have equal values wherever they are asked."""
    if a.widths[0] != b.widths[0]:
        return
    same = alike(pair(a, b))
    point = data.draw(st.lists(st.fractions(-3, 3), min_size=a.widths[0], max_size=a.widths[0]))
    assert not same or a(point) == b(point)


@given(reflected())
def test_every_chain_made_anew_is_alike(original: Network) -> None:
    """Forms that the checker compares are those that `prove` does."""
    found = reduce(original)
    if found.replaced:
        assert alike(pair(original, found.network))
