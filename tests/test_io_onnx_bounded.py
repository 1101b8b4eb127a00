"""What a small file asks for beyond what it holds is left unmodelled, before it is made."""

from __future__ import annotations

import resource
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from onnx_models import agree, ints, model, network, node, tensor, whole

from lumpver import inspect, prove, reduce
from lumpver.checker import check
from lumpver.errors import Malformed, TooLarge
from lumpver.io.onnx.read.walk import ROOM, Walk
from lumpver.proving import Proved

LONG = 2**61
ROW, COLUMN = (np.ones(shape, np.float32) for shape in ((1, 30_000), (30_000, 1)))
ONE = tensor("c", [1.0])
A_HUNDRED = ints("s", *range(100))


def chained(operator: str, count: int, length: int) -> Any:
    """A model of many nodes with one number each on an axis of that length."""
    names = ["x", *(f"h{i}" for i in range(count - 1)), "y"]
    nodes = [node(operator, f"{a} c", b) for a, b in pairwise(names)]
    return model(nodes, [ONE], inputs=[("x", ["N", length])], outputs=[("y", ["N", length])])


def doubled(count: int) -> Any:
    """A model whose constants would double, again and again."""
    names = [f"c{i}" for i in range(count)]
    nodes = [node("MatMul", f"{c} r", f"w{i}") for i, c in enumerate(["c", *names[:-1]])]
    nodes += [node("Reshape", f"w{i} s", c) for i, c in enumerate(names)]
    stored = [tensor("c", [[1.0], [1.0]]), tensor("r", [[1.0, 1.0]]), ints("s", -1, 1)]
    return model([*nodes, node("Add", f"x {names[-1]}", "y")], stored)


ASKING = {
    "a number along a long axis": whole("Add x c r; Relu r y", ONE, x=("N", LONG)),
    "a factor along a long axis": whole("Mul x c r; Relu r y", ONE, x=("N", LONG)),
    "nothing along a long axis": whole("Identity x r; Relu r y", x=("N", LONG)),
    "nothing along two long axes": whole("Identity x r; Relu r y", x=(LONG, LONG)),
    "a long axis made by a Reshape": whole(
        "Reshape x s r; Identity r t; Relu t y", ints("s", -1, LONG), x=("N", 2)
    ),
    "a number along many axes": chained("Mul", 200, 2**19),
    "a constant of 101 axes": whole("Unsqueeze c s d; Add x d y", ONE, A_HUNDRED),
    "a tensor of 102 axes": whole("Unsqueeze x s y", A_HUNDRED, outputs=[("y", None)]),
    "a shape of 100 axes": whole(
        "Reshape x s y", ints("s", *[1] * 100), x=(1, 1), outputs=[("y", None)]
    ),
    "a product of constants": whole(
        "MatMul u v W; MatMul x W y", tensor("u", COLUMN), tensor("v", ROW), x=("N", 30_000)
    ),
    "a sum of constants": whole(
        "Add u v W; MatMul x W y", tensor("u", COLUMN), tensor("v", ROW), x=("N", 30_000)
    ),
    "a difference of constants": whole(
        "Sub v u W; MatMul x W y", tensor("u", COLUMN), tensor("v", ROW), x=("N", 30_000)
    ),
    "constants that double": doubled(60),
    "no entries in a long shape": whole(
        "Reshape e s d; Add x d y",
        tensor("e", np.zeros((0,), np.float32)),
        ints("s", LONG, LONG, 0),
        outputs=[("y", None)],
    ),
}


@pytest.fixture(autouse=True)
def _little_memory() -> Any:
    """At most 2 GiB more than there is now."""
    before = resource.getrlimit(resource.RLIMIT_AS)
    pages = Path("/proc/self/statm").read_text(encoding="ascii").split()[0]
    used = int(pages) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (used + 2**31, before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_AS, before)


@pytest.mark.parametrize("name", ASKING)
def test_small_files_do_not_ask_for_much(name: str) -> None:
    """They are read, looked at, reduced and checked within little memory."""
    found = network(ASKING[name])
    inspect(found)
    outcome = reduce(found)
    check(found, outcome.network, outcome.certificate)
    assert isinstance(prove(found, found), Proved)


@pytest.mark.parametrize("shape", [("N", LONG), (2, 2**21), (1,) * 70, (1,) * 33])
def test_inputs_may_be_too_large_to_ask_about(shape: tuple[Any, ...]) -> None:
    """Whether two models differ there is not asked, and why is said; with a limit too."""
    y = [("y", shape)]
    one, other = (network(whole(f"{f} x y", x=shape, outputs=y)) for f in ("Relu", "Abs"))
    for limit in (None, 60):
        with pytest.raises(TooLarge, match="input x: expected at most"):
            prove(one, other, timeout=limit)


def test_axes_without_a_length_are_counted() -> None:
    """Where an input has too many, all are."""
    shape = ("N",) * 33
    one, other = (
        network(whole(f"{f} x y", x=shape, outputs=[("y", shape)])) for f in ("Relu", "Abs")
    )
    with pytest.raises(TooLarge, match="at most 32 axes, got 33"):
        prove(one, other)


@pytest.mark.parametrize("operator", ["Relu", "Abs"])
def test_what_changes_nothing_twice_is_seen_at_any_size(operator: str) -> None:
    """The same activation again, of more entries than can be told apart."""
    y = [("y", (2, LONG))]
    once = network(whole(f"{operator} x y", x=(2, LONG), outputs=y))
    twice = network(whole(f"{operator} x h; {operator} h y", x=(2, LONG), outputs=y))
    assert isinstance(prove(once, twice), Proved)
    leaky = [whole(f"{text} y", x=(2, LONG), outputs=y) for text in ("Tanh x", "Tanh x h; Tanh h")]
    with pytest.raises(TooLarge):
        prove(*map(network, leaky))


@pytest.mark.parametrize("shape", [(2**60,), (2**40, 2**40, 0), (-1,)])
def test_absurd_shapes_of_constants_are_refused(shape: tuple[int, ...]) -> None:
    """A shape that no array can have is malformed, also where it has no entries."""
    stored = tensor("c", np.zeros(0, np.float32))
    stored.dims[:] = shape
    with pytest.raises(Malformed, match="a shape"):
        network(whole("Add x c y", stored))


def test_what_a_file_holds_may_be_made_again() -> None:
    """Constants about as large as their operands are folded, and scalars are repeated."""
    W = np.arange(12, dtype=np.float32).reshape(3, 4)
    made = whole(
        "Transpose V W; Add W b U; MatMul x U m; Mul m c y",
        tensor("V", W.T),
        tensor("b", [1.0, 2.0, 3.0, 4.0]),
        ONE,
        x=("N", 3),
    )
    assert not network(made).opaque
    agree(made)


def test_room_is_taken_once() -> None:
    """What was made leaves less for the rest."""
    walk = Walk(17, {}, {})
    assert walk.makes(ROOM - 1)
    assert not walk.makes(2)
    assert walk.makes(1)
    assert not walk.makes(1)
    assert walk.makes(0)
