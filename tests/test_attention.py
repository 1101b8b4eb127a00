"""Attention and dense layers: what goes from whole blocks, and what must not be accepted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from onnx_models import run
from small_networks import graph
from transformer_models import Blocks, block

from lumpver.checker import check
from lumpver.claim.certificate import Certificate
from lumpver.claim.facts import Fact
from lumpver.errors import Rejected
from lumpver.exact.array import array, zeros
from lumpver.model.join import Join
from lumpver.model.network import Network, Rearrange, linear
from lumpver.model.relabelling import Relabelling
from lumpver.reducing.pipeline import reduce_file
from lumpver.reducing.reduction import reduce
from lumpver.reducing.verification import check_files

if TYPE_CHECKING:
    from pathlib import Path

HEADS: Any = [[1, 0, 2, 0], [1, 0, 2, 0], [0, 3, 0, 1], [0, 3, 0, 1]]
"""Values of two heads of two channels: in each head both channels are the same."""


def attention(
    W: Any = HEADS,
    b: Any = None,
    *,
    out: Any = None,
    sizes: tuple[int, ...] = (0, 0, 2, 2),
    order: tuple[int, ...] = (0, 2, 1, 3),
    factors: tuple[str, str] = ("p", "t"),
) -> Network:
    """Weights p times values in two heads, side by side again, and projected."""
    width, size = len(W), sizes[-1]
    n, t = "N", "T"
    nodes = (
        linear("v", "x", "v", W, b),
        Rearrange("s", "v", "s", "Reshape", sizes),
        Rearrange("t", "s", "t", "Transpose", order),
        Join("m", factors, "m", "MatMul"),
        Rearrange("u", "m", "u", "Transpose", (0, 2, 1, 3)),
        Rearrange("c", "u", "c", "Reshape", (0, 0, width)),
        linear("y", "c", "y", np.ones((2, width)).tolist() if out is None else out),
    )
    shapes: Any = dict.fromkeys("su", (n, t, sizes[2], size))
    shapes |= dict.fromkeys("tm", (n, sizes[2], t, size))
    shapes |= dict.fromkeys("pq", (n, 2, t, t))
    return graph(
        *nodes, inputs="x p q", **shapes, x=(n, t, 4), v=(n, t, width), c=(n, t, width), y=(n, t, 2)
    )


def test_channels_that_are_alike_in_all_heads_merge() -> None:
    """One of two is left in each; the product reads as many as are left."""
    found = reduce(attention())
    assert [found.lumping.relabellings[name].width for name in "vstmuc"] == [2, 1, 1, 1, 1, 2]
    assert check(attention(), found.network, found.certificate)
    rng = np.random.default_rng(1)
    point = [rng.integers(-5, 6, shape) for shape in ((2, 3, 4), (2, 2, 3, 3), (2, 2, 3, 3))]
    assert found.network(*point) == attention()(*point)


KEPT: Any = {
    "alike in one head only": {"W": [*HEADS[:2], [1, 1, 1, 1], [0, 3, 0, 1]]},
    "by two scales": {"W": [*HEADS[:2], HEADS[2], [0, 6, 0, 2]]},
    "across heads": {"W": [HEADS[0], HEADS[2], HEADS[0], HEADS[2]]},
    "zero in one head": {"W": [HEADS[0], [0, 0, 0, 0], HEADS[2], [1, 1, 1, 1]]},
    "a constant": {"W": [HEADS[0], [0, 0, 0, 0], HEADS[2], [0, 0, 0, 0]], "b": [0, 1, 0, 1]},
    "unread in one head": {
        "W": [[1, 2, 3, 4], [4, 3, 2, 1], [1, 0, 0, 1], [0, 1, 1, 0]],
        "out": [[1, 0, 1, 1], [1, 0, 1, 1]],
    },
}


@pytest.mark.parametrize("name", KEPT)
def test_channels_that_are_not_alike_stay(name: str) -> None:
    """All heads keep as many channels, each the same ones."""
    found = reduce(attention(**KEPT[name]))
    assert "v" not in found.lumping.relabellings
    assert check(attention(**KEPT[name]), found.network, found.certificate)


GONE: Any = {
    "multiples": {"W": [[1, 0, 2, 0], [3, 0, 6, 0], [0, 3, 0, 1], [0, 9, 0, 3]]},
    "zero": {"W": [HEADS[0], [0, 0, 0, 0], HEADS[2], [0, 0, 0, 0]]},
    "unread": {
        "W": [[1, 2, 3, 4], [4, 3, 2, 1], [1, 0, 0, 1], [0, 1, 1, 0]],
        "out": [[1, 0, 1, 0], [2, 0, 5, 0]],
    },
    "biases": {"b": [1, 1, 2, 2]},
    "a head of zeros": {"W": [*HEADS[:2], [0, 0, 0, 0], [0, 0, 0, 0]]},
}


@pytest.mark.parametrize("name", GONE)
def test_channels_that_are_alike_go(name: str) -> None:
    """Multiples by one scale, zeros, what nobody reads; biases are values as well."""
    found = reduce(attention(**GONE[name]))
    assert found.lumping.relabellings["v"].width == 2
    assert check(attention(**GONE[name]), found.network, found.certificate)


def test_everything_may_be_zero() -> None:
    """A channel is left for the product to multiply."""
    found = reduce(attention(np.zeros((4, 4)).tolist()))
    assert check(attention(np.zeros((4, 4)).tolist()), found.network, found.certificate)


def merged(block: Any = (0, 0, 1, 1), scale: Any = (1, 1, 1, 1), k: Any = (0, 0, 0, 0)) -> Any:
    """A certificate that says this of the values, and nothing else."""
    width = max(block) + 1
    found = Relabelling(np.array(block), array(scale), array(k), width)
    return Certificate({"v": (Fact("v", found),)})


SMALL: Any = {"W": [HEADS[0], HEADS[2]], "sizes": (0, 0, 2, 1), "out": [[2, 2], [2, 2]]}


def test_the_honest_certificate_is_accepted() -> None:
    """Two copies of one relabelling."""
    assert check(attention(), attention(**SMALL), merged())


SPOILT: Any = {
    "other weights": {"factors": ("q", "t")},
    "the factors the other way round": {"factors": ("t", "p")},
    "other values": {"factors": ("p", "s")},
    "values of another order": {"order": (0, 1, 2, 3)},
    "another number of heads": {"sizes": (0, 0, 1, 2)},
    "another projection": {"out": [[2, 2], [2, 3]]},
    "other rows": {"W": [HEADS[2], HEADS[0]]},
}


@pytest.mark.parametrize("name", SPOILT)
def test_a_model_that_is_otherwise_is_rejected(name: str) -> None:
    """In its wiring, in its layout, and in its numbers."""
    with pytest.raises(Rejected):
        check(attention(), attention(**(SMALL | SPOILT[name])), merged())


def test_relabellings_that_differ_between_heads_are_rejected() -> None:
    """As many units in each are not enough."""
    W = [*HEADS[:2], [0, 3, 0, 1], [0, 6, 0, 2]]
    small = {"W": [HEADS[0], HEADS[2]], "sizes": (0, 0, 2, 1), "out": [[2, 3], [2, 3]]}
    with pytest.raises(Rejected, match="one relabelling in each of 2 heads"):
        check(attention(W), attention(**small), merged(scale=(1, 1, 1, 2)))


def test_a_constant_is_not_multiplied() -> None:
    """The sums of the weights' rows are not known to be 1."""
    W, b = [HEADS[0], [0, 0, 0, 0], HEADS[2], [0, 0, 0, 0]], [0, 1, 0, 1]
    small = SMALL | {"out": [[1, 1], [1, 1]]}
    facts = merged(block=(0, -1, 1, -1), k=(0, 1, 0, 1))
    with pytest.raises(Rejected, match="no constant to multiply"):
        check(attention(W, b), attention(**small), facts)
    facts = merged(block=(0, -1, 1, -1))
    with pytest.raises(Rejected):
        check(attention(W, b), attention(**small), facts)
    assert check(attention(W), attention(**small), facts)


def along(axis: int, *, first: bool = False, W: Any = ((1, 0), (1, 0))) -> Network:
    """A product with units along that axis of one factor: rows, or what is summed over."""
    made = linear("v", "x", "v", [*map(list, W)], axis=axis)
    operands = ("v", "p") if first else ("p", "v")
    width = len(W)
    shape = (width, 2) if axis == -2 else (2, width)
    product = Join("m", operands, "m", "MatMul")
    if axis == -1:
        other, whole = (width, 2) if first else (2, 2), (2, 2) if first else (2, width)
    else:
        other, whole = (2, 2) if first else (2, width), (width, 2) if first else (2, 2)
    last = linear("y", "m", "y", np.ones((1, whole[axis])).tolist(), axis=axis)
    ends = (1, whole[1]) if axis == -2 else (whole[0], 1)
    return graph(made, product, last, inputs="x p", x=(2, 2), p=other, v=shape, m=whole, y=ends)


@pytest.mark.parametrize(("axis", "first"), [(-2, False), (-1, True), (-2, True)])
def test_other_units_than_columns_of_the_second_stay(axis: int, first: bool) -> None:
    """What is summed over, and rows of the first."""
    ours, theirs = along(axis, first=first), along(axis, first=first, W=((1, 0),))
    assert "v" not in reduce(ours).lumping.relabellings
    facts = Relabelling(np.array([0, 0]), np.ones(2), zeros(2), 1)
    with pytest.raises(Rejected):
        check(ours, theirs, Certificate({"v": (Fact("v", facts),)}))
    assert "v" in reduce(along(-1)).lumping.relabellings


PLANTED: Any = [(13, "Relu", False), (13, "Tanh", True), (17, "Relu", True), (17, "Tanh", False)]


def planted(opset: int, activation: str, *, fused: bool, seed: int = 0) -> Any:
    """Two blocks: a zero and a duplicate in all heads, four hidden units that can go."""
    draft = Blocks(seed=seed, opset=opset, activation=activation, fused=fused)
    x = "x"
    for _ in range(2):
        wide, inside = draft.width, draft.hidden
        V, c, P = draft.numbers(wide, wide), draft.numbers(wide), draft.numbers(wide, wide)
        V[:, [1, 5]], c[[1, 5]] = 0, 0
        V[:, [2, 6]], c[[2, 6]] = V[:, [0, 4]], c[[0, 4]]
        W, b, out = draft.numbers(wide, inside), draft.numbers(inside), draft.numbers(inside, wide)
        scale = 2 if activation == "Relu" else 1
        W[:, 2], b[2], W[:, 3], b[3] = W[:, 1], b[1], scale * W[:, 0], scale * b[0]
        W[:, 6], b[6], out[5] = 0, 0, 0
        x = block(draft, x, values=(V, c, P), hidden=(W, b, out))
    return draft.finished(draft.normal(x))


@pytest.mark.parametrize(("opset", "activation", "fused"), PLANTED)
def test_whole_blocks_lose_what_was_planted(
    opset: int,
    activation: str,
    fused: bool,
    tmp_path: Path,
) -> None:
    """Hidden units and channels of values; the file is smaller, and computes the same."""
    path, target = tmp_path / "m.onnx", tmp_path / "r.onnx"
    path.write_bytes(planted(opset, activation, fused=fused).SerializeToString())
    outcome = reduce_file(path, target)
    assert check_files(path, target, outcome.certificate)
    assert outcome.original.network.units - outcome.reduction.network.units == 8
    split = [
        n for n in outcome.reduction.network.nodes if getattr(n, "parameters", 0) == (0, 0, 2, 2)
    ]
    assert len(split) == 2  # values, of two blocks
    assert target.stat().st_size < path.stat().st_size
    again = reduce_file(target, tmp_path / "rr.onnx")
    assert not again.reduction.certificate.tensors
    rng = np.random.default_rng(2)
    for batch, length in ((1, 1), (2, 5)):
        x = rng.normal(size=(batch, length, 8)).astype(np.float32)
        ours, theirs = (next(iter(run(p, {"x": x}).values())) for p in (path, target))
        np.testing.assert_allclose(ours, theirs, rtol=1e-4, atol=1e-5)
