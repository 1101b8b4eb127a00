"""`reduce` with a rounding: narrower numbers, what they change, where they stay exact; curves."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import onnx
import pytest
from test_compressing import BOX, drawn, largest

import lumpver
from lumpver import Claim, Network, Within
from lumpver.compressing.compressing import compress
from lumpver.compressing.filing import compress_file
from lumpver.compressing.narrowing import common
from lumpver.errors import Malformed
from lumpver.exact.array import rationals
from lumpver.exact.floats import representable
from lumpver.exact.outward import nearest
from lumpver.io.domains import read
from lumpver.io.onnx.write.narrowing import narrowed
from lumpver.model.network import Linear
from lumpver.proving.effort import budget

if TYPE_CHECKING:
    from pathlib import Path

    from lumpver.io.domains import Found

EVERY: Final = pytest.mark.parametrize("dtype", ["float16", "bfloat16"])


def on(network: Network) -> Found:
    """The box, for files."""
    return read("[-1, 1]", network)


@EVERY
def test_rounded_numbers_are_near(dtype: str) -> None:
    """They are of the type, and no point is further off than is certified."""
    network = drawn(3, widths=(5,))
    found = compress(network, BOX, None, budget(), rounding=dtype)
    assert found.network.units == network.units
    assert 0 < found.sampled <= found.bound == found.eps
    assert largest(network, found.network, 0) <= found.bound
    for node in found.network.nodes:
        if isinstance(node, Linear) and node.W is not None:
            assert representable(nearest(node.W), dtype).all()
    claim = Claim(BOX, Within(found.bound))
    assert lumpver.check(network, found.network, found.certificate, claim=claim)


def test_a_scale_with_which_a_unit_stays_exact() -> None:
    """5 times 1025/1024 has too many digits for float16, 1025/1024 has not."""
    layers: Any = [([[5 * 1025 / 1024, 10], [0.5, 1]], [5, 0]), ([[1, 2]], [0])]
    network = Network.from_layers(layers)
    found = compress(network, BOX, None, budget(), rounding="float16")
    ((fact,),) = found.certificate.tensors.values()
    assert fact.relabelling is not None
    assert rationals(fact.relabelling.scale).tolist() == [5, 1]
    assert found.network(["1/3", "-1/7"]) == network(["1/3", "-1/7"])
    assert (common(np.array([1.5, -0.75, 6.0])), common(np.zeros(2))) == (3, 1)


def test_with_eps_units_go_as_well() -> None:
    """The bound is for both; where rounding alone is too much, that is said."""
    network = drawn(1, widths=(6,))
    found = compress(network, BOX, "1/2", budget(), rounding="bfloat16")
    assert found.network.units < network.units
    claim = Claim(BOX, Within("1/2"))
    assert lumpver.check(network, found.network, found.certificate, claim=claim)
    with pytest.raises(Malformed, match="rounding alone"):
        compress(network, BOX, "1/100000", budget(), rounding="bfloat16")
    with pytest.raises(Malformed, match="rounding"):
        compress(network, BOX, None, budget(), rounding="float8")
    with pytest.raises(Malformed, match="neither"):
        compress(network, BOX, None, budget())


@EVERY
def test_files_hold_the_narrower_type(tmp_path: Path, dtype: str) -> None:
    """With Casts behind, which are read as the same numbers; and it is smaller."""
    source, target = tmp_path / "model.onnx", tmp_path / "narrow.onnx"
    lumpver.save(drawn(1, widths=(40, 20)), source)
    filed = compress_file(source, target, eps=None, box=on, rounding=dtype)
    assert filed.bytes_after < filed.bytes_before
    claim = filed.found.certificate.claim
    assert lumpver.check(source, target, f"{target}.cert.json", claim=claim)
    stored = onnx.load(target)
    onnx.checker.check_model(stored)
    assert any(name.name.endswith(f"/{dtype}") for name in stored.graph.initializer)
    assert narrowed(target.read_bytes(), "float32") == target.read_bytes()


def test_curves(tmp_path: Path) -> None:
    """A row for each eps; fewer units for more; no point beyond the bound, nor that beyond eps."""
    source, target = tmp_path / "model.onnx", tmp_path / "small.onnx"
    lumpver.save(drawn(0, widths=(5,)), source)
    places = [tmp_path / "curve.csv", tmp_path / "curve.png"]
    compress_file(source, target, eps="1/2", box=on, curves=places)
    with places[0].open(encoding="utf-8") as file:
        rows = [{key: float(x) for key, x in row.items()} for row in csv.DictReader(file)]
    assert [row["eps"] for row in rows] == [0.5**k for k in range(1, 7)]
    assert all(row["sampled"] <= row["bound"] <= row["eps"] for row in rows)
    assert rows[0]["units"] <= rows[-1]["units"]
    assert rows[0]["bytes"] == target.stat().st_size
    assert places[1].read_bytes().startswith(b"\x89PNG")
    for eps, place in ((None, "c.csv"), (0, "c.csv"), ("1/2", "c.txt")):
        with pytest.raises(Malformed, match="--curve"):
            compress_file(source, target, eps=eps, box=on, curves=[tmp_path / place])
