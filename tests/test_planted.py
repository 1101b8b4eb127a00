"""Planted structure is found: multiples, duplicates, constants, unused units, in every layer."""

from __future__ import annotations

import json
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from nasty import fractions
from onnx_models import feeds, model, node, run, tensor
from planting import Planted, planted

from lumpver.checker import check
from lumpver.io.files import load
from lumpver.io.json.writing import write
from lumpver.io.onnx.write.fresh import fresh
from lumpver.model.network import Network
from lumpver.reducing.pipeline import reduce_file
from lumpver.reducing.reduction import reduce
from lumpver.search.lumping import LUMPING
from lumpver.tell.summary import as_document, layers

if TYPE_CHECKING:
    from pathlib import Path

    from lumpver.reducing.reduction import Reduction

SEEDS = range(12)
SHAPES = [(2, 3, 1), (3, 4, 3, 2), (1, 2, 2, 2, 2, 1), (4, 1, 5, 3)]
POINT = ("1/3", -2, "5/7", 3)


def left(found: Reduction) -> tuple[int, ...]:
    """Units left of every hidden layer, 0 where it vanished."""
    return tuple(layer.units_after for layer in layers(found))


def at_most(found: tuple[int, ...], before: tuple[int, ...]) -> bool:
    """Whether no layer is larger than before planting."""
    return len(found) == len(before) and all(a <= b for a, b in zip(found, before, strict=True))


@pytest.mark.parametrize("widths", SHAPES, ids=str)
@pytest.mark.parametrize("seed", SEEDS)
def test_rational(seed: int, widths: tuple[int, ...]) -> None:
    """Rational factors, thirds among them, hidden behind what cancels: all is found again."""
    case = planted(seed, widths, multiples=4, constants=2, unused=2)
    found = reduce(case.network, rules=LUMPING)
    assert left(found) == left(reduce(case.base, rules=LUMPING))
    assert at_most(left(found), case.widths)
    point = POINT[: widths[0]]
    for every in (found, reduce(case.network)):
        check(case.network, every.network, every.certificate)
        assert every.network.units <= found.network.units
        assert every.network(point) == case.network(point) == case.base(point)


@pytest.mark.parametrize("kind", ["multiples", "constants", "unused"])
@pytest.mark.parametrize("seed", range(4))
def test_one_kind_at_a_time(seed: int, kind: str) -> None:
    """Each kind is found by itself, however many there are."""
    nothing = dict.fromkeys(("multiples", "constants", "unused"), 0)
    case = planted(seed, (2, 3, 3, 1), **nothing | {kind: 9})
    assert case.network.units >= case.base.units + 18
    assert at_most(left(reduce(case.network)), case.widths)


@pytest.mark.parametrize("scale", [Fraction(1, 3), Fraction(2) ** 900, Fraction(1, 7**40)])
def test_scale_does_not_matter(scale: Fraction) -> None:
    """Neither thirds nor magnitudes beyond every float change what is found."""
    case = planted(1, (3, 4, 4, 2), scales=[scale, scale, 1 / scale])
    assert at_most(left(reduce(case.network)), case.widths)


@pytest.mark.parametrize("dtype", ["f2", "f4", "f8"])
@pytest.mark.parametrize("seed", SEEDS)
def test_few_bits(seed: int, dtype: str) -> None:
    """Where the planted numbers are exact floats, a file that holds floats keeps nothing."""
    widths = (2, 3, 1) if dtype == "f2" else (3, 4, 3, 2)
    case = planted(seed, widths, dtype=dtype, constants=0 if dtype == "f2" else 1)
    found = reduce(case.network, floats_only=True)
    check(case.network, found.network, found.certificate)
    assert at_most(left(found), case.widths)
    assert not found.withheld


@pytest.mark.parametrize(
    ("dtype", "exponents"),
    [
        ("f4", (-149, 0)),
        ("f4", (-149, 120)),
        ("f4", (110, 0)),
        ("f4", (118, -149)),
        ("f8", (-1074, 0)),
        ("f8", (-1074, 1000)),
        ("f8", (600, -600)),
        ("f8", (1000, -1000)),
        ("f8", (500, 500)),
    ],
)
@pytest.mark.parametrize("seed", range(4))
def test_at_the_ends_of_the_floats(seed: int, dtype: str, exponents: tuple[int, int]) -> None:
    """Subnormals and 2^127 or 2^1000, where float products overflow or vanish."""
    scales = [Fraction(2) ** k for k in exponents]
    case = planted(seed, (2, 3, 1), scales=scales, dtype=dtype, constants=0)
    found = reduce(case.network, floats_only=True)
    check(case.network, found.network, found.certificate)
    assert at_most(left(found), case.widths)


def mantissas(seed: int, dtype: str) -> tuple[Network, tuple[int, ...]]:
    """Full mantissas: copies by powers of two, duplicates, constants, unused; sums do not fit."""
    rng = np.random.default_rng(seed)
    spread = 80 if dtype == "f8" else 20
    widths, copies, made, columns = (3, 5, 4), (4, 3), [], 3
    for base, extra in zip(widths[1:], copies, strict=True):
        W = rng.standard_normal((base, columns))
        b = rng.standard_normal(base)
        picks = rng.integers(0, base, extra)
        factors = 2.0 ** rng.integers(-spread, spread, extra)
        W = np.concatenate([W, factors[:, None] * W[picks], np.zeros((1, columns))]).astype(dtype)
        b = np.concatenate([b, factors * b[picks], [0.3]]).astype(dtype)
        W[base : base + extra] = (factors[:, None] * W[picks].astype("f8")).astype(dtype)
        b[base : base + extra] = (factors * b[picks].astype("f8")).astype(dtype)
        made.append((W, b))
        columns = base + extra + 1
    last = rng.standard_normal((2, columns)).astype(dtype)
    last[:, 0] = 0
    return Network.from_layers([*made, (last, None)]), widths[1:]


@pytest.mark.parametrize("dtype", ["f4", "f8"])
@pytest.mark.parametrize("seed", SEEDS)
def test_full_mantissas(seed: int, dtype: str) -> None:
    """Exactly everything is found; a float file keeps what it says, and no more."""
    network, before = mantissas(seed, dtype)
    exact, floats = reduce(network), reduce(network, floats_only=True)
    assert exact.network.widths[1] <= before[0]
    assert all(layer.kept_unrepresentable == 0 for layer in layers(exact))
    for ours, theirs in zip(layers(floats), layers(exact), strict=True):
        assert ours.units_after == theirs.units_after + ours.kept_unrepresentable
        assert ours.kept_unrepresentable >= 0
    for found in (exact, floats):
        check(network, found.network, found.certificate)
        assert found.network([1, 2, 3]) == network([1, 2, 3])


def gemms(case: Planted) -> Any:
    """The planted chain as an ONNX model of Gemm and Relu nodes, float32."""
    nodes, tensors, x, last = [], [], "x", len(case.layers) - 1
    for i, (W, b) in enumerate(case.layers):
        y = "y" if i == last else f"h{i}"
        nodes.append(node("Gemm", f"{x} W{i} b{i}", y, f"gemm{i}", transB=i % 2))
        tensors += [tensor(f"W{i}", W if i % 2 else W.T), tensor(f"b{i}", b)]
        if i != last:
            nodes.append(node("Relu", y, f"r{i}", f"relu{i}"))
        x = f"r{i}"
    ends = [("x", ["N", case.layers[0][0].shape[1]])], [("y", ["N", case.layers[-1][0].shape[0]])]
    return model(nodes, tensors, inputs=ends[0], outputs=ends[1])


@pytest.mark.parametrize("target", ["reduced.onnx", "reduced.onnx.gz", "reduced.json"])
@pytest.mark.parametrize("seed", range(6))
def test_through_onnx_files(tmp_path: Path, seed: int, target: str) -> None:
    """From an ONNX file of float32 Gemms to a file of any format: nothing is kept."""
    case = planted(seed, (3, 4, 3, 2), dtype="f4")
    source = tmp_path / "model.onnx"
    source.write_bytes(gemms(case).SerializeToString())
    outcome = reduce_file(source, tmp_path / target)
    document = as_document(outcome)
    assert [layer["kept_unrepresentable"] for layer in document["layers"]] == [0, 0]
    written = load(tmp_path / target).network
    assert at_most(tuple(written.width[name] for name in written.layers), case.widths)
    point = {"x": [list(POINT[:3])]}
    assert (written.evaluate(point)["y"] == load(source).network.evaluate(point)["y"]).all()


@pytest.mark.parametrize("seed", range(4))
def test_onnxruntime_runs_it(tmp_path: Path, seed: int) -> None:
    """What was written is a model that passes the full check and gives the same numbers."""
    onnx = pytest.importorskip("onnx")
    case = planted(seed, (3, 4, 3, 2), dtype="f4")
    made = gemms(case)
    (tmp_path / "model.onnx").write_bytes(made.SerializeToString())
    reduce_file(tmp_path / "model.onnx", tmp_path / "reduced.onnx")
    reduced = onnx.load(tmp_path / "reduced.onnx")
    onnx.checker.check_model(reduced, full_check=True)
    given = feeds(made)
    network = load(tmp_path / "model.onnx").network
    exact = fractions(network.evaluate({"x": given["x"].astype(float)})["y"]).astype(float)
    for outputs in (run(made, given), run(reduced, given)):
        assert np.abs(outputs["y"] - exact).max() <= 1e-5 * np.abs(exact).max()


@pytest.mark.parametrize("dtype", ["f4", "f8"])
@pytest.mark.parametrize("seed", range(6))
def test_a_float_file_says_what_it_kept(tmp_path: Path, seed: int, dtype: str) -> None:
    """Layers of the .onnx are at most `kept_unrepresentable` larger than those of the .json."""
    network, _ = mantissas(seed, dtype)
    source = tmp_path / "model.onnx"
    source.write_bytes(fresh(network))
    counts = {}
    for target in ("reduced.onnx", "reduced.json"):
        document = as_document(reduce_file(source, tmp_path / target))
        counts[target] = json.loads(json.dumps(document))["layers"]
        written = load(tmp_path / target).network
        assert document["units"]["after"] == written.units
    for kept, exact in zip(counts["reduced.onnx"], counts["reduced.json"], strict=True):
        assert exact["kept_unrepresentable"] == 0
        assert kept["units_after"] <= exact["units_after"] + kept["kept_unrepresentable"]


def test_something_is_kept_somewhere() -> None:
    """The numbers above are hard enough: some sums really do not fit float64."""
    found = [reduce(mantissas(seed, "f8")[0], floats_only=True) for seed in SEEDS]
    assert any(layer.kept_unrepresentable for one in found for layer in layers(one))


@pytest.mark.parametrize("seed", range(6))
def test_reducing_again_changes_nothing(seed: int) -> None:
    """reduce(reduce(N)) is reduce(N), to the last byte."""
    once = reduce(planted(seed, (2, 4, 4, 1), multiples=5).network)
    assert write(reduce(once.network).network) == write(once.network)


@pytest.mark.parametrize("seed", range(6))
def test_the_same_bytes_every_time(seed: int) -> None:
    """Same input, same network and same certificate."""
    one, two = (reduce(planted(seed, (2, 4, 4, 1)).network) for _ in range(2))
    assert write(one.network) == write(two.network)
    assert one.lumping.relabellings.keys() == two.lumping.relabellings.keys()


def test_large_and_sparse() -> None:
    """Thousands of copies of a few sparse rows, sampled columns zero, in two layers."""
    rng = np.random.default_rng(0)
    base = np.zeros((20, 600), dtype="f4")
    base[np.arange(20), 7 + 29 * np.arange(20)] = 1 + np.arange(20) % 3
    picks, factors = rng.integers(0, 20, 3000), 2.0 ** rng.integers(-3, 4, 3000)
    first = (factors[:, None] * base[picks]).astype("f4")
    second = rng.integers(-2, 3, (5, 3000)).astype("f4")
    network = Network.from_layers([(first, None), (second, None), (np.ones((1, 5)), None)])
    found = reduce(network)
    check(network, found.network, found.certificate)
    assert found.network.widths[1] == 20
    assert found.network.widths[2] <= 5
