"""The floating-point unit's mode is named, and nothing is answered in another than the default.

Modes are set through the C library, in a process of its own, and only where that is known how.
"""

from __future__ import annotations

import json
import platform
import subprocess
import sys
from functools import cache
from timeit import repeat
from typing import TYPE_CHECKING, Any

import pytest
from onnx_models import model, node, tensor

from lumpver.exact.unit import require_exact_unit

if TYPE_CHECKING:
    from pathlib import Path

X86 = platform.machine() in {"x86_64", "AMD64"} and platform.libc_ver()[0] == "glibc"
pytestmark = pytest.mark.skipif(not X86, reason="how to set the mode is known for x86-64 and glibc")

# MXCSR: bit 15 flushes results, bit 6 operands, bits 13 and 14 say how to round.
MODES = {
    "flush-to-zero": 0x8000,
    "denormals-are-zero": 0x40,
    "rounding downward": 0x2000,
    "rounding upward": 0x4000,
    "rounding toward zero": 0x6000,
    "denormals-are-zero and flush-to-zero": 0x8040,
    "flush-to-zero and rounding upward": 0xC000,
    "denormals-are-zero and rounding toward zero": 0x6040,
}
SETTING = """
import ctypes, json, sys, threading
libm = ctypes.CDLL("libm.so.6")
def set_mode(bits):
    environment = (ctypes.c_uint32 * 8)()
    assert libm.fegetenv(environment) == 0
    environment[7] = environment[7] & ~0xE040 | bits
    assert libm.fesetenv(environment) == 0
"""
NAMING = """
from lumpver.errors import InexactUnit
from lumpver.exact.unit import require_exact_unit
def named(bits, answer=require_exact_unit):
    set_mode(bits)
    try:
        answer()
    except InexactUnit as error:
        return error.got
    finally:
        set_mode(0)
"""


def python(code: str, *arguments: Any) -> Any:
    """What a fresh process that runs the code prints as JSON."""
    words = [sys.executable, "-W", "error", "-c", code, *map(str, arguments)]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@cache
def found() -> dict[str, Any]:
    """What is said under each mode, after import and in a thread that has a mode of its own."""
    return dict(
        python(
            SETTING + NAMING + f"modes = {MODES}\n"
            "print(json.dumps({'before': named(0), **{k: named(v) for k, v in modes.items()}}))"
        )
    )


@pytest.mark.parametrize("mode", MODES)
def test_every_mode_is_named(mode: str) -> None:
    """Alone and together."""
    assert found()[mode] == f"{mode}, which something else in this process has set"


def test_the_default_is_exact() -> None:
    """Nothing is said of it, in well below a millisecond, and nothing remembered."""
    assert found()["before"] is None
    require_exact_unit()
    assert min(repeat(require_exact_unit, number=10, repeat=5)) < 0.05


def test_each_thread_has_its_own_mode() -> None:
    """A mode counts in the thread that set it, and in those that thread starts."""
    said = python(
        SETTING
        + NAMING
        + """
said = []
def inner():
    said.append(named(0x8040, lambda: require_exact_unit()))
    set_mode(0x4000)
    heir = threading.Thread(target=lambda: said.append(named_as_is()))
    heir.start()
    heir.join()
def named_as_is():
    try:
        require_exact_unit()
    except InexactUnit as error:
        return error.got
thread = threading.Thread(target=inner)
thread.start()
thread.join()
print(json.dumps([*said, named_as_is()]))
"""
    )
    assert ["flush-to-zero" in said[0], "upward" in said[1], said[2]] == [True, True, None]


ANSWERS = """
from lumpver import Certificate, Network, check, load, prove, reduce
from lumpver.reducing.pipeline import reduce_file
from lumpver.reducing.verification import check_files
a, b, certificate, out = sys.argv[1:]
ours, theirs = load(a), load(b)
twins = Network.from_layers([([[1], [2]], None), ([[1, 1]], None)])
answers = {
    "check": lambda: check(ours, theirs, Certificate({})),
    "check_files": lambda: check_files(a, b, certificate),
    "prove": lambda: prove(ours, theirs),
    "reduce": lambda: reduce(twins),
    "reduce_file": lambda: reduce_file(a, out),
    "load": lambda: load(a),
}
bits = (0x8040, 0x40, 0x6000)
print(json.dumps({k: [named(b, v) for b in bits] for k, v in answers.items()}))
"""


@pytest.fixture
def pair(tmp_path: Path) -> list[Path]:
    """Two models of which one has a subnormal weight where the other has 0, and a claim."""
    paths = [tmp_path / "a.onnx", tmp_path / "b.onnx"]
    for path, weight in zip(paths, (3e-310, 0.0), strict=True):
        made = model([node("MatMul", "x W", "y")], [tensor("W", [[weight], [1.0]], "float64")])
        for value in (*made.graph.input, *made.graph.output):
            value.type.tensor_type.elem_type = 11
        path.write_bytes(made.SerializeToString())
    claim = tmp_path / "cert.json"
    claim.write_text("{}")
    return [*paths, claim, tmp_path / "out.onnx"]


def test_nothing_is_answered_in_another_mode(pair: list[Path]) -> None:
    """Neither of models that were read before the mode was set, nor of files."""
    said = python(SETTING + NAMING + ANSWERS, *pair)
    assert len(said) == 6
    for names in said.values():
        modes = ("denormals-are-zero and flush-to-zero", "denormals-are-zero", "toward zero")
        assert all(mode in (name or "") for name, mode in zip(names, modes, strict=True)), said
    assert not pair[3].exists()


def test_a_mode_that_is_set_on_the_way_is_noticed(pair: list[Path]) -> None:
    """A library that is loaded during the check may set it."""
    code = """
from lumpver import Certificate, Network, check
from lumpver.checker import checking
twins = Network.from_layers([([[1], [2]], None), ([[1, 1]], None)])
before = checking.same_signature
checking.same_signature = lambda a, b: (set_mode(0x8040), before(a, b))
print(json.dumps(named(0, lambda: check(twins, twins, Certificate({})))))
"""
    assert "flush-to-zero" in python(SETTING + NAMING + code)


@pytest.mark.parametrize("command", ["check", "prove"])
def test_the_command_line_says_it_in_one_line(pair: list[Path], command: str) -> None:
    """Exit 2, also where the mode was set before anything was imported."""
    a, b, claim, _ = pair
    arguments = [command, str(a), str(b), *([str(claim)] if command == "check" else [])]
    code = f"{SETTING}\nset_mode(0x8040)\nfrom lumpver.cli import main\nmain({arguments})"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert "flush-to-zero" in done.stderr
