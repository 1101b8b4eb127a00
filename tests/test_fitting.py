"""Tests for `lumpver.quotient.fitting`: types are kept or widened, whichever takes fewer bytes."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import onnx
import pytest
from onnx_models import model, steps, tensor

from lumpver.checker import check
from lumpver.io.files import load
from lumpver.io.json.writing import write as write_json
from lumpver.io.onnx.read import read
from lumpver.io.onnx.write import write
from lumpver.io.onnx.write.fresh import fresh
from lumpver.model.network import Network
from lumpver.reducing.pipeline import reduce_file
from lumpver.reducing.reduction import Reduction, reduce
from lumpver.search.lumping import LUMPING
from lumpver.tell.summary import layers

if TYPE_CHECKING:
    from pathlib import Path

    from lumpver.io.storage import Types
    from lumpver.reducing.pipeline import Outcome

FINE = 2.0**-25


def typed(*parts: Any, dtype: str = "f4") -> Network:
    """A chain as it is read from an ONNX model; the parts are weights, or pairs with biases."""
    pairs = [part if isinstance(part, tuple) else (part, None) for part in parts]
    given = [tuple(None if a is None else np.array(a, dtype) for a in pair) for pair in pairs]
    return read(fresh(Network.from_layers(given)), where="a test")


def with_twins(widths: list[int], *, pairs: int, seed: int = 0) -> Network:
    """Random float32 layers, in each hidden one of which so many units are there twice."""
    rng = np.random.default_rng(seed)
    parts = []
    for n, m in pairwise(widths):
        W = rng.standard_normal((m, n)).astype("f4")
        b = rng.standard_normal(m).astype("f4")
        if len(parts) < len(widths) - 2:
            W[m - pairs :], b[m - pairs :] = W[:pairs], b[:pairs]
        parts.append((W, b))
    return typed(*parts)


def fitted(network: Network, types: Types = "auto") -> Reduction:
    """The reduction, which the checker accepts."""
    found = reduce(network, floats_only=True, types=types, rules=LUMPING)
    check(network, found.network, found.certificate)
    return found


def filed(folder: Path, data: bytes, **options: Any) -> Outcome:
    """What `reduce_file` makes of a model by lumping, without chains made anew."""
    options = {"rules": LUMPING} | options
    (folder / "m.onnx").write_bytes(data)
    return reduce_file(folder / "m.onnx", folder / "r.onnx", **options)


def types_in(path: Path) -> set[int]:
    """The element types of the stored tensors and of what Casts make."""
    graph = onnx.load(path).graph
    casts = {a.i for node in graph.node if node.op_type == "Cast" for a in node.attribute}
    return {stored.data_type for stored in graph.initializer} | casts


def test_exact_networks_have_no_types_to_keep() -> None:
    """Without a model there are no bytes: float64 is the limit, whatever is asked."""
    network = Network.from_layers([([[1], [1]], None), ([[1.0, FINE]], None)])
    for types in ("auto", "keep", "widen"):
        found = fitted(network, types)  # type: ignore[arg-type]
        assert found.network.units == 1
        assert found.spared is None


def test_a_few_twins_are_not_worth_float64() -> None:
    """They stay, counted and with their price; `widen` lets them go at that price."""
    network = with_twins([3, 12, 12, 2], pairs=1)
    kept, wide = fitted(network), fitted(network, "widen")
    assert kept.network.units == 24
    assert wide.network.units == 22
    assert [layer.kept_unrepresentable for layer in layers(kept)] == [1, 1]
    assert kept.spared is not None
    assert kept.spared.units == 2
    assert kept.spared.bytes > 4 * 100
    assert wide.spared is None
    assert fitted(network, "keep").network.units == 24


def test_many_twins_are(tmp_path: Path) -> None:
    """Where most units go, float64 takes fewer bytes in spite of its Casts."""
    rng = np.random.default_rng(1)
    twins = np.repeat(rng.standard_normal((4, 5)).astype("f4"), 16, axis=0)
    network = typed(twins, rng.standard_normal((8, 64)).astype("f4"), np.ones((1, 8)))
    outcome = filed(tmp_path, write(network, network))
    assert outcome.reduction.network.units == fitted(network, "widen").network.units == 11
    assert outcome.reduction.spared is None
    assert outcome.bytes_after < outcome.bytes_before
    assert types_in(tmp_path / "r.onnx") == {onnx.TensorProto.FLOAT, onnx.TensorProto.DOUBLE}
    kept = fitted(network, "keep")
    assert kept.network.units > 11
    assert kept.spared is not None
    assert kept.spared.bytes < 0


def test_each_layer_chooses_for_itself() -> None:
    """One layer is worth it and is stored in float64, the other is not and keeps its twins."""
    rng = np.random.default_rng(4)  # by which no unit is dead
    many = np.repeat(rng.standard_normal((9, 3)).astype("f4"), 5, axis=0)
    few = rng.standard_normal((30, 45)).astype("f4")
    few[29] = few[0]
    network = typed(many, few, rng.standard_normal((30, 30)).astype("f4"), np.ones((1, 30)))
    found = fitted(network)
    assert [layer.units_after for layer in layers(found)] == [9, 30, 30]


@pytest.mark.parametrize(
    ("outgoing", "left"),
    [
        ([1, 2, 4], 1),
        ([1, 2, FINE], 2),
        ([1, FINE, 2], 2),
        ([FINE, FINE, 1], 2),
        ([1, FINE, FINE], 3),
        ([1, FINE, FINE / 2], 3),
        ([FINE, FINE, FINE], 1),
        ([1, -1, FINE], 1),
        ([FINE, 1, -1], 1),
    ],
)
def test_only_the_members_that_do_not_fit_leave_a_block(outgoing: list[float], left: int) -> None:
    """The smallest step is undone: members whose sum the type holds stay together."""
    network = typed(np.ones((3, 40)), [outgoing] * 30, np.ones((1, 30)))
    assert layers(fitted(network, "keep"))[0].units_after == left


@pytest.mark.parametrize("scale", [1, 3, 0.5, 7])
def test_multiples_that_fit_keep_their_type(scale: float) -> None:
    """Odd scales and powers of two are absorbed where few bits are needed."""
    network = typed(np.array([[1, 2], [scale, 2 * scale]]), [[3, 5], [7, 1]], [[1, 2]])
    found = fitted(network, "keep")
    assert layers(found)[0].units_after == 1
    assert found.spared is None


def test_constants_that_do_not_fit_a_bias() -> None:
    """One that not even four float32 add to the bias stays; others are folded."""
    first = np.zeros((6, 20)), [0, 1.5, 2.0**-26, 2.0**-52, 2.0**-78, 2.0**-104]
    first[0][0] = 1
    network = typed(first, (np.ones((9, 6)) + np.eye(9, 6), np.ones(9)), np.ones((1, 9)))
    found = fitted(network, "keep")
    assert 2 <= layers(found)[0].units_after < 6
    assert {name for name, _ in found.withheld.constants} == {"h1.pre"}


def test_products_need_fewer_bytes(tmp_path: Path) -> None:
    """Linear layers are multiplied out where fewer bytes hold the product."""
    rng = np.random.default_rng(4)
    for fine in (False, True):
        left = rng.standard_normal((3, 4)) if fine else rng.integers(-3, 4, (3, 4))
        stored = (
            tensor("A", left.astype("f4")),
            tensor("B", left.T.astype("f4")),
            tensor("C", (np.eye(4) - np.ones(4)).astype("f4")),
        )
        made = model(
            steps("MatMul x B s; MatMul s A h; Relu h r; MatMul r C y"),
            stored,
            inputs=[("x", ["N", 4])],
            outputs=[("y", ["N", 4])],
        )
        outcome = filed(tmp_path, made.SerializeToString())
        assert outcome.is_copy is fine
        assert types_in(tmp_path / "r.onnx") == {onnx.TensorProto.FLOAT}


def test_what_would_grow_is_a_copy(tmp_path: Path) -> None:
    """Two layers share their weights; apart they take more bytes, so that nothing changes."""
    rng = np.random.default_rng(3)
    W = rng.integers(1, 5, (40, 40)).astype("f4")
    W[:, 39] = W[:, 0]
    V = W.copy()
    made = model(
        steps(
            "MatMul x V a; Relu a b; MatMul b W c; Relu c d; MatMul d W e; Relu e f; MatMul f V y"
        ),
        [tensor("W", W), tensor("V", V)],
        inputs=[("x", ["N", 40])],
        outputs=[("y", ["N", 40])],
    )
    outcome = filed(tmp_path, made.SerializeToString())
    assert outcome.is_copy
    assert outcome.reduction.spared is not None
    assert outcome.reduction.spared.units == 3
    assert sum(layer.kept_unrepresentable for layer in layers(outcome.reduction)) == 3
    asked = filed(tmp_path, made.SerializeToString(), types="widen")
    assert asked.bytes_after == outcome.bytes_before + outcome.reduction.spared.bytes


def test_exact_files_hold_whatever_there_is(tmp_path: Path) -> None:
    """A .json may need more digits for fewer units; a .nnet may not, and is a copy then."""
    layers_ = [([[1], [1]], None), ([[f"1/{10**9 + 7}", f"1/{10**9 + 9}"]], None)]
    network = Network.from_layers(layers_)
    (tmp_path / "m.json").write_bytes(write_json(network))
    outcome = reduce_file(tmp_path / "m.json", tmp_path / "r.json")
    assert outcome.reduction.network.units == 1
    head = "2,1,1,2,\n1,2,1,\n0,\n-1,\n1,\n0,0,\n1,1,\n1,\n1,\n0,\n0,\n"
    digits = "1e-99,1e-1,\n"
    (tmp_path / "m.nnet").write_text(head + digits + "0,\n")
    outcome = reduce_file(tmp_path / "m.nnet", tmp_path / "r.nnet")
    assert outcome.is_copy


def test_three_wide_layers_with_a_twin_each_keep_their_type(tmp_path: Path) -> None:
    """3 x 128 units, float32: no Cast, no float64, no more bytes."""
    network = with_twins([20, 128, 128, 128, 5], pairs=1)
    outcome = filed(tmp_path, write(network, network))
    assert outcome.bytes_after <= outcome.bytes_before
    assert types_in(tmp_path / "r.onnx") == {onnx.TensorProto.FLOAT}
    assert outcome.reduction.network.units >= 3 * 127


def drawn(seed: int) -> bytes:
    """A random model: any type, few or many bits, with twins, multiples, constants and zeros."""
    rng = np.random.default_rng(seed)
    dtype, widths = ("f2", "f4", "f8")[seed % 3], rng.integers(1, 9, rng.integers(3, 6))
    parts = []
    for n, m in pairwise(int(width) for width in widths):
        rows = rng.integers(-4, 5, (m, n + 1)) * rng.choice([1, 0.1, 2.0**-9, 1 / 3])
        for v in range(1, m):
            if rng.random() < 0.5:
                rows[v] = rows[rng.integers(v)] * rng.choice([1, 2, 3])
        rows[rng.random(m) < 0.2, :-1] = 0
        rows[:, :-1][:, rng.random(n) < 0.2] = 0
        parts.append((rows[:, :-1], rows[:, -1] if rng.random() < 0.7 else None))
    made = typed(*parts, dtype=dtype)
    return write(made, made)


@pytest.mark.parametrize("seed", range(40))
def test_no_file_grows(tmp_path: Path, seed: int) -> None:
    """Whatever is planted: no more bytes, and what is said of the result is so."""
    data = drawn(seed)
    outcome = filed(tmp_path, data)
    written = (tmp_path / "r.onnx").read_bytes()
    assert (outcome.bytes_before, outcome.bytes_after) == (len(data), len(written))
    assert len(written) <= len(data)
    assert outcome.is_copy is (written == data)
    again = load(tmp_path / "r.onnx").network
    assert again.units == outcome.reduction.network.units <= outcome.original.network.units
    wide = filed(tmp_path, data, types="widen").reduction.network
    spared = outcome.reduction.spared
    assert again.units - wide.units == (0 if spared is None else spared.units)


@pytest.mark.parametrize("types", ["auto", "keep"])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_what_leads_nowhere_does_not_grow(tmp_path: Path, types: Types, dtype: str) -> None:
    """A product in place of a sum that nothing reads takes more bytes, and no unit goes."""
    given = [("x", dtype, [2, 1])]
    stored = [tensor("c", np.array([[5], [5]]), dtype)]
    nodes = steps("Identity x e; Sub x c d; Softmax e y axis=0")
    made = model(nodes, stored, inputs=given, outputs=[("y", dtype, None)])
    outcome = filed(tmp_path, made.SerializeToString(), types=types)
    assert outcome.bytes_after <= outcome.bytes_before
    assert outcome.reduction.spared is None


def test_deep_networks_in_linear_time() -> None:
    """100 layers, each with a twin that does not fit: all stay, with one price."""
    network = with_twins([8] * 102, pairs=1)
    found = fitted(network)
    assert found.spared is not None
    assert network.units - 40 < found.network.units <= network.units
    assert found.spared.units > 60
