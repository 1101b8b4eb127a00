"""What does nothing between layers, an Identity or a Dropout, takes nothing in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import onnx
import pytest
from onnx_models import feeds, model, run, steps, tensor

from lumpver.reducing.pipeline import check_files, reduce_file

if TYPE_CHECKING:
    from pathlib import Path


def padded(between: str) -> Any:
    """Two convolutions, the second of which pads, and something between that reads r, makes s."""
    rng = np.random.default_rng(0)
    first = rng.integers(-8, 9, (5, 2, 3, 3)) / 8
    first[1] = first[3] = 0
    first[4] = 2 * first[2]
    bias = np.array([0.5, 1, 0.25, 2, 0.5])
    second = rng.integers(-8, 9, (3, 5, 3, 3)) / 8
    numbers = {"W": first, "a": bias, "V": second, "b": np.ones(3)}
    return model(
        steps(f"Conv x W a h; Relu h r; {between}; Conv s V b y"),
        [tensor(name, array.astype("f4")) for name, array in numbers.items()],
        inputs=[("x", ["N", 2, 7, 7])],
        outputs=[("y", ["N", 3, None, None])],
    )


@pytest.mark.parametrize(
    ("between", "left"),
    [
        ("Identity r s", ["Conv", "Relu", "Conv"]),
        ("Dropout r s", ["Conv", "Relu", "Conv"]),
        ("Identity r q; Dropout q s", ["Conv", "Relu", "Conv"]),
        ("Dropout r q; GlobalAveragePool q s", ["Conv", "Relu", "GlobalAveragePool", "Conv"]),
    ],
)
def test_constants_stay_where_they_are_made(tmp_path: Path, between: str, left: list[str]) -> None:
    """Constants that padding reads stay channels of the first layer; nothing makes them anew."""
    made = padded(between)
    made.graph.node[-1].attribute.append(onnx.helper.make_attribute("pads", [1, 1, 1, 1]))
    source, target = tmp_path / "in.onnx", tmp_path / "out.onnx"
    source.write_bytes(made.SerializeToString())
    outcome = reduce_file(source, target)
    check_files(source, target, outcome.certificate)
    written = onnx.load(target)
    operators = [node.op_type for node in written.graph.node]
    assert [name for name in operators if name not in ("Identity", "Dropout")] == left
    assert outcome.reduction.network.width["h"] == 3
    given = feeds(made)
    expected = run(made, given)["y"]
    assert np.abs(run(written, given)["y"] - expected).max() <= 1e-5 * np.abs(expected).max()


def test_multiples_do_not_part_behind_it(tmp_path: Path) -> None:
    """Where an activation further on has no multiples, none are merged before."""
    made = padded("Dropout r q; Sigmoid q s")
    source, target = tmp_path / "in.onnx", tmp_path / "out.onnx"
    source.write_bytes(made.SerializeToString())
    reduce_file(source, target)
    assert {node.op_type for node in onnx.load(target).graph.node} <= {
        "Conv", "Relu", "Dropout", "Identity", "Sigmoid",
    }  # fmt: skip
    assert sum(node.op_type == "Conv" for node in onnx.load(target).graph.node) == 2
