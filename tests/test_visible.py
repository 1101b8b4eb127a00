"""Names that would steer a terminal are shown, not obeyed, wherever a command prints them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from onnx_models import model, node, tensor

from lumpver.tell.visible import visible

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Run

EVIL = "a\x1b[31m\u202eb\x07"


@pytest.mark.parametrize("plain", ["", "h1.pre", "模型", "a b", "é"])
def test_what_prints_stays(plain: str) -> None:
    """A name of printable characters is itself."""
    assert visible(plain) == plain


@pytest.mark.parametrize("odd", ["\x00", "\n", "\x1b[2J", "\u202e", "\ud800", "\x9b"])
def test_what_does_not_print_is_written_out(odd: str) -> None:
    """Whatever steers is spelled, and printable."""
    assert visible(odd).isprintable()
    assert visible(odd) != odd


def evil(weights: Any, operator: str = "Relu") -> bytes:
    """A model whose tensors and operators have names that steer a terminal."""
    made = model(
        [node("MatMul", "x W", "h"), node(operator, "h", "r"), node("MatMul", "r V", "y")],
        [tensor("W", weights), tensor("V", [[1], [2]])],
    )
    made.graph.node[0].output[0] = made.graph.node[1].input[0] = EVIL
    if operator != "Relu":
        made.graph.node[1].domain = EVIL
        made.opset_import.add(domain=EVIL, version=1)
    data: bytes = made.SerializeToString()
    return data


def test_commands_show_names_and_obey_none(tmp_path: Path, run: Run) -> None:
    """Tables, explanations, rejections, refusals and lists of operators: no control character."""
    twins, other, out = tmp_path / "m.onnx", tmp_path / "n.onnx", tmp_path / "o.onnx"
    twins.write_bytes(evil([[1, 2], [2, 4]]))
    other.write_bytes(evil([[1, 2], [3, 5]], "Odd"))
    proof = f"{out}.cert.json"
    for arguments in (
        ("reduce", twins, "-o", out),
        ("explain", proof),
        ("explain", proof, "--unit", f"{EVIL}[1]"),
        ("explain", proof, "--unit", f"{EVIL}x[1]"),
        ("explain", proof, "--unit", EVIL),
        ("inspect", twins),
        ("inspect", other),
        ("reduce", other, "-o", tmp_path / "p.onnx"),
        ("reduce", twins, tmp_path / EVIL, "-o", tmp_path / "several"),
        ("check", other, out, proof),
    ):
        _, out, err = run(*arguments)
        told = out + err
        assert told
        assert all(line.isprintable() for line in told.splitlines()), (arguments, told)
