"""Tests for `model.shapes` and `model.rearrange`: answers hold for all lengths, by brute force."""

from __future__ import annotations

from itertools import permutations, product
from typing import Any

import numpy as np
import pytest

from lumpver.errors import ShapeMismatch
from lumpver.model.evaluation import apply
from lumpver.model.network import Network, Pointwise, Rearrange, Shape, Tensor, linear
from lumpver.model.rearrange import moved_axis, permutation, rearranged, spread_axis
from lumpver.model.shapes import behind, top, unit_axes
from lumpver.model.spread import ALONE, Spread

RNG = np.random.default_rng(0)
DIMENSIONS = (1, 2, 3, "N")
SHAPES = [shape for rank in (1, 2, 3) for shape in product(DIMENSIONS, repeat=rank)]


def node(operator: str, *parameters: int, zero_copies: bool = True) -> Rearrange:
    """A rearrangement; without parameters, by default."""
    return Rearrange("r", "x", "y", operator, parameters or None, zero_copies)


def _label(value: Any) -> str:
    return f"{value.operator}{value.parameters}" if isinstance(value, Rearrange) else str(value)


def _reshapes(count: int) -> list[tuple[Rearrange, Shape]]:
    targets = [t for rank in (1, 2, 3) for t in product((-1, 0, 1, 2, 3, 6), repeat=rank)]
    chosen = [(targets[RNG.integers(len(targets))], bool(RNG.integers(4))) for _ in range(count)]
    return [
        (node("Reshape", *target, zero_copies=copies), SHAPES[RNG.integers(len(SHAPES))])
        for target, copies in chosen
    ]


def _others() -> list[tuple[Rearrange, Shape]]:
    found: list[tuple[Rearrange, Shape]] = []
    for shape in SHAPES:
        rank = len(shape)
        nodes = [node("Flatten", axis) for axis in range(-rank, rank + 1)]
        nodes += [node("Transpose", *order) for order in permutations(range(rank))]
        nodes += [node("Transpose"), node("Squeeze")]
        nodes += [node("Squeeze", axis) for axis in range(-rank, rank)]
        nodes += [node("Unsqueeze", axis) for axis in range(-rank - 1, rank + 1)]
        nodes += [node("Unsqueeze", 0, -1), node("Unsqueeze", 1, 0)]
        found += [(one, shape) for one in nodes]
    return found


def _instance(shape: Shape, length: int) -> tuple[int, ...]:
    return tuple(length if size == "N" else int(size or 0) for size in shape or ())


def _along(matrix: Any, x: Any, axis: int) -> Any:
    return np.moveaxis(np.tensordot(matrix, np.moveaxis(x, axis, 0), 1), 0, axis)


def _numpy(one: Rearrange, x: Any) -> Any:
    """What the operator means, said in numpy, or None where it means nothing."""
    values = one.parameters
    try:
        if one.operator == "Flatten":
            split = values[0] % x.ndim if values[0] < 0 else values[0]
            return x.reshape(int(np.prod(x.shape[:split])), int(np.prod(x.shape[split:])))
        if one.operator == "Transpose":
            return np.transpose(x, values)
        if one.operator == "Squeeze":
            return np.squeeze(x, values)
        if one.operator == "Unsqueeze":
            return np.expand_dims(x, values)
        copied = [x.shape[i] if v == 0 and one.zero_copies else v for i, v in enumerate(values)]
        return x.reshape(copied)
    except (ValueError, IndexError):
        return None


@pytest.mark.parametrize("cases", [_reshapes(4000), _others()], ids=["reshape", "others"])
def test_shapes_and_axes_for_all_lengths(cases: Any) -> None:
    """Shape and moved axis, where given, are right for every length of the symbolic axes."""
    answers = 0
    for one, shape in cases:
        results = {n: _numpy(one, RNG.random(_instance(shape, n))) for n in (1, 2, 4)}
        try:
            target = rearranged(one, shape)
        except ShapeMismatch:
            assert all(result is None for result in results.values()), (one, shape)
            continue
        axes = [moved_axis(one, shape, axis) for axis in range(-len(shape), 0)]
        spreads = [spread_axis(one, shape, axis) for axis in range(-len(shape), 0)]
        for n, result in results.items():
            if result is None:
                continue
            known = _instance(target, n) if target is not None and None not in target else None
            assert known is None or known == result.shape, (one, shape, n)
            for axis, moved in zip(range(-len(shape), 0), axes, strict=True):
                if moved is not None:
                    answers += 1
                    _same_axis(one, _instance(shape, n), axis, moved)
            for axis, place in zip(range(-len(shape), 0), spreads, strict=True):
                if place is not None:
                    _same_entries(one, _instance(shape, n), axis, *place)
    assert answers > 500


def _same_entries(
    one: Rearrange, shape: tuple[int, ...], axis: int, moved: int, over: Spread
) -> None:
    """Mixing units before is mixing all that they have become after."""
    x, matrix = RNG.integers(-9, 10, shape), RNG.integers(-9, 10, (shape[axis], shape[axis]))
    before = _numpy(one, _along(matrix, x, axis))
    after = np.kron(np.eye(over.copies), np.kron(matrix, np.eye(over.parts)))
    assert (before == _along(after, _numpy(one, x), moved)).all(), (one, shape, axis, moved)


def _same_axis(one: Rearrange, shape: tuple[int, ...], axis: int, moved: int) -> None:
    """Mixing units before is mixing units after: the permutation is M x I."""
    x, matrix = RNG.integers(-9, 10, shape), RNG.integers(-9, 10, (shape[axis], shape[axis]))
    before = _numpy(one, _along(matrix, x, axis))
    assert (before == _along(matrix, _numpy(one, x), moved)).all(), (one, shape, axis, moved)


@pytest.mark.parametrize("cases", [_reshapes(500), _others()], ids=["reshape", "others"])
def test_evaluation_agrees(cases: Any) -> None:
    """Exact evaluation moves entries as numpy does, or refuses where numpy does."""
    for one, shape in cases:
        x = RNG.random(_instance(shape, 2))
        expected = _numpy(one, x)
        if expected is None:
            with pytest.raises(ShapeMismatch):
                apply(one, x)
        else:
            assert apply(one, x).shape == expected.shape
            assert (apply(one, x) == expected).all()


@pytest.mark.parametrize("batch", [0, 1])
def test_an_empty_batch(batch: int) -> None:
    """No rows are flattened, transposed and reshaped to no rows."""
    x = np.zeros((batch, 2, 3))
    assert apply(node("Flatten", 1), x).shape == (batch, 6)
    assert apply(node("Transpose", 0, 2, 1), x).shape == (batch, 3, 2)
    assert apply(node("Reshape", 0, 6), x).shape == (batch, 6)


@pytest.mark.parametrize(
    ("one", "shape"),
    [
        (node("Flatten", 3), (2, 3)),
        (node("Flatten", -3), (2, 3)),
        (node("Transpose", 0), (2, 3)),
        (node("Transpose", 0, 0), (2, 3)),
        (node("Transpose", 0, 2), (2, 3)),
        (node("Squeeze", 0), (2, 3)),
        (node("Squeeze", 2), (1, 1)),
        (node("Squeeze", 0, -2), (1, 1)),
        (node("Unsqueeze", 4), (2, 3)),
        (node("Unsqueeze", 0, 0), (2, 3)),
        (node("Unsqueeze", 0, -3), (2,)),
        (node("Reshape", 5), (2, 3)),
        (node("Reshape", 4, -1), (2, 3)),
        (node("Reshape", -1, -1), (2, 3)),
        (node("Reshape", -2, 3), (2, 3)),
        (node("Reshape", 2, 3, 0), (2, 3)),
        (node("Reshape", 0, zero_copies=False), (2,)),
    ],
    ids=_label,
)
def test_definite_mismatches(one: Rearrange, shape: tuple[int, ...]) -> None:
    """What applies to no tensor of the shape is refused, naming the node."""
    with pytest.raises(ShapeMismatch) as caught:
        rearranged(one, shape)
    assert caught.value.where == "node r"


@pytest.mark.parametrize(
    ("one", "shape", "expected"),
    [
        (node("Reshape", -1, 6), ("N", 2, 3), ("N", 6)),
        (node("Reshape", -1, 3), ("N", 2, 3), (None, 3)),
        (node("Reshape", 0, -1), ("N", 2, 3), ("N", 6)),
        (node("Reshape", 0, -1), ("N", "M", 3), ("N", None)),
        (node("Reshape", 1, -1), ("N", 3), (1, None)),
        (node("Reshape", -1, 6), (None, 2, 3), (None, 6)),
        (node("Flatten", 1), ("N", 2, 3), ("N", 6)),
        (node("Flatten", 2), ("N", 1, 3), ("N", 3)),
        (node("Flatten", 0), ("N", 2), (1, None)),
        (node("Squeeze"), ("N", 1), None),
        (node("Squeeze", 1), ("N", 1), ("N",)),
        (node("Squeeze", 0), ("N", 1), (1,)),
    ],
    ids=_label,
)
def test_symbolic_shapes(one: Rearrange, shape: Shape, expected: Shape) -> None:
    """A symbol stays where that is certain; what is not certain is unknown."""
    assert rearranged(one, shape) == expected


def test_unknown_rank() -> None:
    """Of a tensor of unknown rank, little is known; never an axis."""
    assert rearranged(node("Flatten", 1), None) == (None, None)
    assert rearranged(node("Transpose"), None) is None
    assert rearranged(node("Reshape", 0, 6), None) == (None, 6)
    assert moved_axis(node("Reshape", 0, 6), None, -1) is None
    assert moved_axis(node("Transpose", 1, 0), ("N", 5), -3) is None


@pytest.mark.parametrize(
    ("one", "shape", "axis"),
    [
        (node("Flatten", 1), ("N", 5, 2), -2),
        (node("Flatten", 1), ("N", 5, 2), -1),
        (node("Reshape", 10), (2, 5), -1),
        (node("Reshape", 5, 2), (2, 5), -1),
        (node("Reshape", 5, -1), ("N", 5), -1),
        (node("Reshape", -1, 5), ("N", "M"), -1),
        (node("Squeeze", 1), ("N", 1), -1),
        (node("Squeeze"), ("N", 5), -1),
    ],
    ids=_label,
)
def test_no_axis_is_guessed(one: Rearrange, shape: Shape, axis: int) -> None:
    """Where units are mixed with other axes, or only may be, there is no moved axis."""
    assert moved_axis(one, shape, axis) is None


@pytest.mark.parametrize(
    ("one", "shape", "axis", "expected"),
    [
        (node("Flatten", 1), ("N", 5, 2, 3), -3, (-1, Spread(1, 6))),
        (node("Flatten", 1), ("N", 2, 3, 5), -1, (-1, Spread(6, 1))),
        (node("Flatten", 1), ("N", 2, 5, 3), -2, (-1, Spread(2, 3))),
        (node("Flatten", 2), ("N", 2, 5, 3), -2, (-1, Spread(1, 3))),
        (node("Reshape", 10), (2, 5), -1, (-1, Spread(2, 1))),
        (node("Reshape", 0, 10, 3), ("N", 2, 5, 3), -2, (-2, Spread(2, 1))),
        (node("Reshape", 2, 10), (4, 5), -1, (-1, Spread(2, 1))),
        (node("Reshape", -1, 5), ("N", 2, 5), -1, (-1, ALONE)),
        (node("Reshape", 5, 4), (4, 5), -1, None),
        (node("Reshape", 2, 10), (4, 5), -2, None),
        (node("Reshape", 4, 5, 2), (4, 10), -1, None),
        (node("Flatten", 1), ("N", "M", 5), -1, None),
        (node("Flatten", 1), ("N", 5, "M"), -2, None),
        (node("Flatten", 0), ("N", 5, 2), -2, None),
        (node("Flatten", 1), ("N", 0, 2), -2, None),
        (node("Transpose", 1, 0), (2, 5, 3), -4, None),
    ],
    ids=_label,
)
def test_axes_that_take_in_others(
    one: Rearrange, shape: Shape, axis: int, expected: tuple[int, Spread] | None
) -> None:
    """Units lie as whole groups in one axis, or it is not said where."""
    assert spread_axis(one, shape, axis) == expected


def test_a_transpose_needs_the_right_rank() -> None:
    """The default permutation reverses; a given one must fit."""
    assert permutation(node("Transpose"), 3) == (2, 1, 0)
    assert permutation(node("Transpose"), 0) == ()
    with pytest.raises(ShapeMismatch):
        permutation(node("Transpose", 1, 0), 3)


def _network() -> Network:
    shapes = {"x": (2, 3), "u": (2, 3), "t": (3, 2), "v": (3, 4), "w": (5, 4), "y": (5, 4)}
    tensors = {name: Tensor(name, shape=shape) for name, shape in shapes.items()}
    nodes = (
        linear("a", "x", "u", np.ones((3, 3))),
        Rearrange("turn", "u", "t", "Transpose", (1, 0)),
        linear("b", "t", "v", np.ones((4, 2))),
        linear("c", "v", "w", np.ones((5, 3)), axis=-2),
        Pointwise("d", "w", "y", Network.from_layers([([[1]], None, "relu")]).nodes[1].activation),
    )
    return Network((tensors["x"],), (tensors["y"],), nodes, tensors)


def test_unit_axes() -> None:
    """Producers decide; rearrangements move the axis; an input has its first reader's."""
    axes = unit_axes(_network())
    assert axes == {"x": -1, "u": -1, "t": -2, "v": -1, "w": -2, "y": -2}


def test_the_top_is_where_the_axis_changes() -> None:
    """The way up leads through affine nodes along one axis, and activations, only."""
    network = _network()
    assert top(network, "y", -2) == "v"
    assert top(network, "y", -1) == "w"
    assert top(network, "u", -1) == "x"
    assert top(network, "x", -1) == "x"


def test_behind_each_kind() -> None:
    """A matrix gives its axis its rows, what leaves units alone keeps the shape."""
    shape: Shape = ("N", 3, 4)
    assert behind(linear("a", "x", "y", np.ones((5, 4))), {"x": shape}) == ("N", 3, 5)
    assert behind(linear("a", "x", "y", np.ones((5, 3)), axis=-2), {"x": shape}) == ("N", 5, 4)
    assert behind(linear("a", "x", "y", np.ones(4)), {"x": shape}) == shape
    assert behind(linear("a", "x", "y", np.ones((5, 4))), {"x": None}) is None
    assert behind(node("Flatten", 1), {"x": shape}) == ("N", 12)
    for diagonal in (np.ones((5, 4)), np.ones(4), None):
        with pytest.raises(ShapeMismatch, match="axis -2"):
            behind(linear("a", "x", "y", diagonal, axis=-2), {"x": (4,)})
