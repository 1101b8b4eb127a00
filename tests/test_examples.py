"""Tests for `lumpver.theory.examples`: the table says what the paper's definitions say."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import FrozenInstanceError
from fractions import Fraction

import pytest
from paper_examples import ALL

from lumpver.errors import NotRational
from lumpver.model.network import Network
from lumpver.theory import paper
from lumpver.theory.examples import EXAMPLES, Example

RATIONAL = [param for param in ALL if param.id != "sigmoid_half"]
POINTS = (0, 1, -1, "-1/3", "7/2", -5)


def _points(example: Example) -> list[list[Fraction]]:
    width = example.network.widths[0]
    return [[Fraction(p) * (-1) ** i + i for i in range(width)] for p in POINTS]


REQUIRED = [
    "figure_3",
    "d1",
    "d1_logits",
    "d1_incomplete",
    "d2_zero",
    "d2_live",
    "mixed_sign_triple",
    "abs_value",
    "d4_four",
    "d4_six",
    "hardtanh_twins",
    "constant_network",
    "cancelling",
    "dead_units",
    "leaky_twins",
    "one_unit",
    "thirds",
    "duplicate_rows",
    "deep_chain",
    "identity_hidden",
    "huge_and_tiny",
    "no_hidden",
]


@pytest.mark.parametrize("name", REQUIRED)
def test_the_famous_ones_are_there(name: str) -> None:
    """Every network that the documentation speaks of is in the table under its name."""
    assert EXAMPLES[name].name == name


def test_unknown_names_are_no_examples() -> None:
    """The table is a plain mapping: a name that is not in it is a KeyError."""
    with pytest.raises(KeyError):
        EXAMPLES["no such network"]


def test_the_table_is_read_only() -> None:
    """Neither the mapping nor an example can be changed."""
    with pytest.raises(TypeError):
        EXAMPLES["d1"] = EXAMPLES["d2_zero"]  # type: ignore[index]
    with pytest.raises(FrozenInstanceError):
        EXAMPLES["d1"].note = ""  # type: ignore[misc]


def test_importing_is_light() -> None:
    """The module loads neither sympy nor z3, and builds no network."""
    code = (
        "import sys, lumpver.theory.examples; "
        "print([m for m in ('sympy', 'z3', 'torch', 'onnx') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("example", ALL)
def test_every_example_is_described(example: Example) -> None:
    """Name, note and source are there, and the network is built anew each time."""
    assert example.note
    assert example.source
    first, second = example.network, example.network
    assert isinstance(first, Network)
    assert first is not second
    assert first.digest == second.digest


@pytest.mark.parametrize("example", ALL)
def test_reduced_widths(example: Example) -> None:
    """`reduced` is what Definition 6* and the removal of unobserved units leave."""
    nn = paper.from_network(example.network)
    left = paper.reduced(nn)
    assert left.hidden == example.reduced
    assert len(left.hidden) == len(nn.hidden)
    assert (left.widths[0], left.widths[-1]) == (nn.widths[0], nn.widths[-1])


@pytest.mark.parametrize("example", ALL)
def test_reducing_again_changes_nothing(example: Example) -> None:
    """Reduction is idempotent, numbers included."""
    left = paper.reduced(paper.from_network(example.network))
    assert paper.reduced(left) == left


@pytest.mark.parametrize("example", RATIONAL)
def test_reduction_preserves_the_function(example: Example) -> None:
    """The network, the paper's reading of it and its reduction agree at every point."""
    network = example.network
    nn = paper.from_network(network)
    left = paper.reduced(nn)
    for x in _points(example):
        assert network(x) == nn(x) == left(x)


def test_sigmoid_half_has_no_rational_value() -> None:
    """The one example that cannot be evaluated says so, and still reduces."""
    with pytest.raises(NotRational):
        EXAMPLES["sigmoid_half"].network([1])
    left = paper.reduced(paper.from_network(EXAMPLES["sigmoid_half"].network))
    assert left.b(2, 0) == 1
    assert left.W(2, 0, 0) == 3


@pytest.mark.parametrize(
    ("name", "x", "expected"),
    [
        ("d1", [1], (2,)),
        ("d1_difference", [1], (-1,)),
        ("d1_logits", [1], (4, 6)),
        ("d1_incomplete", [1], (6,)),
        ("d2_zero", [1], (3,)),
        ("d2_live", [3], (9,)),
        ("abs_value", ["-1/3"], (Fraction(1, 3),)),
        ("d4_four", ["5/7"], (1,)),
        ("d4_six", ["5/7", -3], (0,)),
        ("d4_three", [-2], (2,)),
        ("hardtanh_twins", [1], (2,)),
        ("mixed_sign_triple", [1, -1], (1,)),
        ("constant_network", [12], (Fraction(7, 2),)),
    ],
)
def test_values_that_the_notes_promise(
    name: str, x: list[object], expected: tuple[object, ...]
) -> None:
    """The numbers in the notes are the networks' numbers."""
    assert EXAMPLES[name].network(x) == expected


def test_figure_3_updates_the_edge() -> None:
    """Deleting t = 3 v leaves v with its own row and 2 + 3 * 5 towards z."""
    left = paper.reduced(paper.from_network(EXAMPLES["figure_3"].network))
    assert [left.W(1, u, 0) for u in left.S(0)] == [1, -2, 3]
    assert left.W(2, 0, 0) == 17


def test_removing_the_mixed_sign_triple_is_wrong() -> None:
    """Pushing t = v1 + v2 onto v1 and v2 changes the output at (1, -1) only."""
    network = EXAMPLES["mixed_sign_triple"].network
    pushed = Network.from_layers([([[1, 0], [0, 1]], None), ([[0, 0]], None)])
    assert network([1, 1]) == pushed([1, 1])
    assert network([-1, -2]) == pushed([-1, -2])
    assert network([1, -1]) != pushed([1, -1])
