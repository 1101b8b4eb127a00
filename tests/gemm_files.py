"""A small model of two twins and what bad input does to its files."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from onnx_models import model, node, tensor

from lumpver.cli import main

if TYPE_CHECKING:
    from pathlib import Path


def gemm(W: Any, *, bias: Any = (0, 0), **attributes: Any) -> bytes:
    """x -> Gemm with weights W -> Relu -> Gemm -> y."""
    nodes = [node("Gemm", "x W b", "h", "first", transB=1, **attributes), node("Relu", "h", "r"),
             node("Gemm", "r V", "y", transB=1)]  # fmt: skip
    tensors = [tensor("W", W), tensor("b", bias), tensor("V", [[1, 1]])]
    return bytes(model(nodes, tensors).SerializeToString())


GOOD = gemm([[1, 2], [2, 4]])


def reduced_files(folder: Path) -> tuple[Path, Path, Path]:
    """A model, its reduction and its certificate."""
    (folder / "m.onnx").write_bytes(GOOD)
    with pytest.raises(SystemExit) as left:
        main(["reduce", str(folder / "m.onnx"), "-o", str(folder / "r.onnx"), "--json"])
    assert left.value.code == 0
    return folder / "m.onnx", folder / "r.onnx", folder / "r.onnx.cert.json"
