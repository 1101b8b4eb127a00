"""Attention in joint lumping: equal whatever the widths of the heads, and not where it differs."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from onnx import helper
from onnx_models import ints, node, tensor, value
from small_networks import graph
from test_attention import GONE, KEPT, PLANTED, SMALL, SPOILT, attention, planted
from test_attention_random import attention as drawn

from lumpver import prove
from lumpver.exact.array import array, rationals
from lumpver.io.files import load
from lumpver.model.join import Join
from lumpver.model.linear import Linear
from lumpver.model.network import Network, Rearrange, linear
from lumpver.model.weights import Matrix
from lumpver.proving import Proved
from lumpver.proving.comparison import compare
from lumpver.proving.joint import matrices
from lumpver.proving.pairing import pair
from lumpver.reducing.pipeline import reduce_file
from lumpver.reducing.reduction import reduce

if TYPE_CHECKING:
    from pathlib import Path

JOINT = ("proved", "joint lumping", "joint")


def said(a: Network, b: Network) -> tuple[str, str, str]:
    """The answer, its step and its evidence."""
    found = prove(a, b, effort=500)
    return found.answer, found.step, found.evidence or ""


@pytest.mark.parametrize("name", GONE)
def test_a_reduction_is_proved(name: str) -> None:
    """Heads have fewer channels there."""
    network = attention(**GONE[name])
    small = reduce(network).network
    assert small.parameters < network.parameters
    assert said(network, small) == JOINT
    assert said(small, network) == JOINT


@pytest.mark.parametrize("name", KEPT)
def test_what_cannot_be_reduced_is_equal_to_itself(name: str) -> None:
    """Read a second time."""
    assert said(attention(**KEPT[name]), attention(**KEPT[name])) == JOINT


@pytest.mark.parametrize("name", SPOILT)
def test_another_model_is_not_proved(name: str) -> None:
    """In its wiring, in its layout, and in its numbers."""
    assert said(attention(), attention(**SMALL)) == JOINT
    assert compare(pair(attention(), attention(**(SMALL | SPOILT[name]))), {}).open


@pytest.mark.parametrize("cut", [False, True])
@pytest.mark.parametrize("seed", range(40))
def test_random_reductions_are_proved(seed: int, cut: bool, monkeypatch: Any) -> None:
    """However values are made and read, also where there are too many atoms for whole forms."""
    if cut:
        monkeypatch.setattr(matrices, "_ATOMS", 0)
        monkeypatch.setattr(matrices, "_PAIRS", 0)
    network = drawn(seed)
    assert said(network, reduce(network).network) == JOINT


@pytest.mark.parametrize("seed", range(60))
def test_one_changed_weight_is_proved_only_where_it_changes_nothing(seed: int) -> None:
    """Exact evaluation says whether it does."""
    rng = np.random.default_rng(seed)
    network, small = drawn(seed), reduce(drawn(seed)).network
    places = [i for i, n in enumerate(small.nodes) if isinstance(n, Linear) and n.W is not None]
    nodes, place = list(small.nodes), int(rng.choice(places))
    run = nodes[place]
    assert isinstance(run, Linear)
    W = rationals(run.W if run.W is not None else np.empty((0, 0))).copy()
    at = tuple(int(rng.integers(n)) for n in W.shape)
    W[at] = W[at] + 1
    nodes[place] = replace(run, weights=Matrix(array(W.tolist())))
    other = Network(small.inputs, small.outputs, tuple(nodes), small.tensors)
    heads = network.inputs[1].shape[1]  # type: ignore[index]
    same = all(
        network(*point) == other(*point)
        for point in [
            [rng.integers(-4, 5, (2, 3, 3)), rng.integers(-4, 5, (2, heads, 3, 3))]
            for _ in range(3)
        ]
    )
    assert same or not isinstance(prove(network, other, effort=200), Proved)


@pytest.mark.parametrize(("opset", "activation", "fused"), PLANTED)
def test_whole_blocks_are_proved(opset: int, activation: str, fused: bool, tmp_path: Path) -> None:
    """Two blocks with normalisation, spelled out or not, and scores that a number divides."""
    path = tmp_path / "m.onnx"
    path.write_bytes(planted(opset, activation, fused=fused).SerializeToString())
    reduce_file(path, tmp_path / "r.onnx")
    assert said(load(path), load(tmp_path / "r.onnx")) == JOINT


def scores(Q: Any, K: Any, *, bias: Any = None, heads: int = 2, turned: bool = True) -> Network:
    """Queries times keys in heads, a row of Q and K for each channel."""
    n, t, width, size = "N", "T", len(Q), len(Q) // heads
    order = (0, 2, 3, 1) if turned else (0, 2, 1, 3)
    nodes: list[Any] = [
        linear("q", "x", "q", Q, bias),
        linear("k", "x", "k", K),
        Rearrange("r", "q", "r", "Reshape", (0, 0, heads, size)),
        Rearrange("s", "k", "s", "Reshape", (0, 0, heads, size)),
        Rearrange("t", "r", "t", "Transpose", (0, 2, 1, 3)),
        Rearrange("u", "s", "u", "Transpose", order),
        Join("y", ("t", "u") if turned else ("u", "t"), "y", "MatMul"),
    ]
    shapes: Any = {"x": (n, t, 3), **dict.fromkeys("qk", (n, t, width))}
    shapes |= dict.fromkeys("rs", (n, t, heads, size)) | {"t": (n, heads, t, size)}
    return graph(*nodes, inputs="x", **shapes, u=(n, heads, size, t), y=(n, heads, t, t))


Q: Any = [[1, 2, 0], [0, 1, 3], [2, 0, 1], [1, 1, 1]]
K: Any = [[1, 0, 1], [3, 1, 0], [0, 2, 1], [1, 0, 2]]
SAME: Any = {
    "scaled": ([[2 * c for c in row] for row in Q], [[c / 2 for c in row] for row in K], None),
    "swapped": ([Q[1], Q[0], Q[3], Q[2]], [K[1], K[0], K[3], K[2]], None),
    "sheared": (
        [Q[0], [1, 3, 3], Q[2], Q[3]],
        [[-2, -1, 1], K[1], K[2], K[3]],
        [1, 1, 0, 0],
    ),
    "a channel of zeros": ([*Q[:2], [0, 0, 0], *Q[2:], [0, 0, 0]],
                           [*K[:2], [1, 2, 3], *K[2:], [4, 4, 4]], None),
    "a channel twice": ([*Q[:2], Q[1], *Q[2:], Q[2]],
                        [K[0], [1, 1, 1], [2, 0, -1], [0, 1, 1], K[3], [0, 1, 0]], None),
}  # fmt: skip
OTHER: Any = {
    "heads swapped": ([*Q[2:], *Q[:2]], [*K[2:], *K[:2]], None),
    "queries for keys": (K, Q, None),
    "a bias": (Q, K, [1, 0, 0, 0]),
    "one number": ([*Q[:3], [1, 1, 2]], K, None),
}


@pytest.mark.parametrize("name", SAME)
def test_channels_that_are_summed_over_may_be_others(name: str) -> None:
    """Zeros, duplicates, and any other basis of a head's channels."""
    A, B, bias = SAME[name]
    ours = scores(Q, K, bias=None if bias is None else [1, 0, 0, 0])
    point = np.random.default_rng(1).integers(-3, 4, (2, 3, 3))
    assert ours(point) == scores(A, B, bias=bias)(point)
    assert said(ours, scores(A, B, bias=bias)) == JOINT


@pytest.mark.parametrize("name", OTHER)
def test_other_scores_are_not_proved(name: str) -> None:
    """Nothing that decides them is left out of what they are known by."""
    A, B, bias = OTHER[name]
    point = np.random.default_rng(1).integers(-3, 4, (2, 3, 3))
    assert scores(Q, K)(point) != scores(A, B, bias=bias)(point)
    assert not isinstance(prove(scores(Q, K), scores(A, B, bias=bias), effort=200), Proved)


def stacked(
    V: Any, out: Any, *, heads: int = 2, order: Any = (2, 0, 3, 1, 4), pick: int = 2
) -> Any:
    """Queries, keys and values of one product, parted by a Reshape to (N, T, 3, heads, n)."""
    wide = len(V)
    W = np.concatenate([np.ones((wide, 4)), np.eye(wide, 4), V]).astype(np.float32)
    nodes = [
        node("MatMul", "x W", "a"),
        node("Reshape", "a five", "b"),
        node("Transpose", "b", "c", perm=list(order)),
        *(node("Gather", f"c {i}", f"g{i}", axis=0) for i in range(3)),
        node("Transpose", "g1", "k", perm=[0, 1, 3, 2]),
        node("MatMul", "g0 k", "s"),
        node("Softmax", "s", "p", axis=-1),
        node("MatMul", f"p g{pick}", "m"),
        node("Transpose", "m", "n", perm=[0, 2, 1, 3]),
        node("Reshape", "n three", "o"),
        node("MatMul", "o P", "y"),
    ]
    stored = [
        tensor("W", W.T), tensor("P", np.array(out, dtype=np.float32)),
        ints("five", 0, 0, 3, heads, wide // heads), ints("three", 0, 0, wide),
        *(tensor(str(i), np.array(i)) for i in range(3)),
    ]  # fmt: skip
    ends = [value(("x", ["N", "T", 4])), value(("y", ["N", "T", 2]))]
    made = helper.make_graph(nodes, "g", ends[:1], ends[1:], stored)
    return helper.make_model(made, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)


def test_queries_keys_and_values_may_be_one_tensor(tmp_path: Path) -> None:
    """In another basis of each head's channels; not if keys are taken for values."""
    V = np.array([[1, 2, 0, 1], [0, 1, 3, 2], [2, 0, 1, 0], [1, 1, 1, 1]])
    P = np.array([[1, 2], [3, 1], [0, 1], [2, 2]])
    turned, back = V.copy(), P.copy()
    turned[0] += 2 * V[1]
    back[1] -= 2 * P[0]
    models = []
    for i, model in enumerate((stacked(V, P), stacked(turned, back), stacked(V, P, pick=1))):
        (tmp_path / f"{i}.onnx").write_bytes(model.SerializeToString())
        models.append(load(tmp_path / f"{i}.onnx"))
    assert said(models[0], models[1]) == JOINT
    assert not isinstance(prove(models[0], models[2], effort=200), Proved)
