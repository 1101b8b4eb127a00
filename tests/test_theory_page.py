"""The page `proofs/theory.md` is right: what it names exists, and its smallest claims hold."""

from __future__ import annotations

import re
from fractions import Fraction
from itertools import product
from pathlib import Path
from typing import Final

import pytest
from paper_examples import example
from test_forms import value

from lumpver.exact.scalar import ONE, ZERO
from lumpver.model.activations import IDENTITY, RELU
from lumpver.model.forms import CONSTANT, Columns
from lumpver.theory.paper import (
    NN,
    PRINTED,
    Holds,
    is_lumpability_as_printed,
    is_lumpability_weighted,
    theorem_1,
)

ROOT: Final = Path(__file__).resolve().parents[1]
PAGE: Final = ROOT / "proofs" / "theory.md"
TEXT: Final = PAGE.read_text(encoding="utf-8")
LINES: Final = re.findall(
    r"^(\d+)\. (.*?)(?=^\d+\. |^#|^\*\*Def|^\Z)", TEXT, re.MULTILINE | re.DOTALL
)
LINKS: Final = re.findall(r"\[([^\]]+)\]\(([^)#]+)(?:#[^)]*)?\)", TEXT)
THEOREMS: Final = re.findall(
    r"^Theorem (\w+)", (ROOT / "proofs/rocq/statements.v").read_text(), re.MULTILINE
)


def test_lines_are_numbered() -> None:
    """From one on, each once."""
    assert [int(number) for number, _ in LINES] == list(range(1, len(LINES) + 1))


@pytest.mark.parametrize(("number", "text"), LINES)
def test_each_line_says_where(number: str, text: str) -> None:
    """A theorem, a query, a script, or an argument in the line itself; slips of prose name none."""
    assert "](" in text or "*On paper" in text or int(number) == 9


@pytest.mark.parametrize(("name", "target"), sorted(set(LINKS)))
def test_what_is_named_exists(name: str, target: str) -> None:
    """Files, and theorems in the statements."""
    assert (PAGE.parent / target).exists()
    if target.endswith("statements.v") and name.startswith("`") and "." not in name:
        assert name.strip("`") in THEOREMS


def test_all_main_statements_are_told() -> None:
    """No theorem is missing but one of which another, on the page, says more."""
    assert set(THEOREMS) - set(re.findall(r"\w+", TEXT)) <= {"sign_lemma_two_slopes"}


def relu_sums(weights: tuple[int, ...]) -> NN:
    """1-2-2-1 without biases: two, four and two weights."""
    first, second, third = weights[:2], weights[2:6], weights[6:]
    return NN.of(
        [[first], [second[:2], second[2:]], [[third[0]], [third[1]]]],
        [[0, 0], [0, 0], [0]],
        [RELU, RELU, IDENTITY],
    )


BOTH: Final = [[[0]], [[0, 1]], [[0, 1]], [[0]]]


def test_nothing_smaller_fails() -> None:
    """Line 7. All weights -1, 0, 1, and all ratios that such weights can have, and others."""
    accepted = 0
    for weights in product((-1, 0, 1), repeat=6):
        network = relu_sums((*weights, 1, 1))
        for first, second in product((1, 2, Fraction(1, 2)), repeat=2):
            rho = [[1], [1, first], [1, second], [1]]
            if is_lumpability_as_printed(network, BOTH, rho):
                accepted += 1
                found = theorem_1(network, BOTH, rho, [[1], [-1]], definition=PRINTED)
                assert isinstance(found, Holds)
    assert accepted > 50


def test_the_smallest_that_fails() -> None:
    """Line 5. Printed sums accept it, weighted ones do not."""
    network, rho = example("d1"), [[1], [2, 1], [1, 1], [1]]
    assert is_lumpability_as_printed(network, BOTH, rho)
    assert not is_lumpability_weighted(network, BOTH, rho)


def test_forms_are_not_complete_in_depth() -> None:
    """Line 28. One function, two forms."""
    columns = Columns(1)
    first = columns.activated({0: ONE}, ZERO)
    deep = columns.activated({**first, CONSTANT: -ONE}, ZERO)
    flat = columns.activated({0: ONE, CONSTANT: -ONE}, ZERO)
    assert deep != flat
    for x in range(-3, 4):
        deeper, flatter = (value([form], columns, [x * ONE])[0] for form in (deep, flat))
        assert deeper == flatter


def convolved(signal: list[int], taps: list[int]) -> list[int]:
    """A convolution of three taps with padding 1."""
    padded = [0, *signal, 0]
    return [sum(t * padded[i + k] for k, t in enumerate(taps)) for i in range(len(signal))]


def test_padded_filters_do_not_collapse() -> None:
    """Line 31. ReLU(c) - ReLU(-c) = c, but two convolutions in one see other borders."""
    signal, first, second = [1, 2, 3, 4], [1, 1, 1], [1, 1, 1]
    through = convolved(convolved(signal, first), second)
    composed = [1, 2, 3, 2, 1]
    padded = [0, 0, *signal, 0, 0]
    at_once = [sum(t * padded[i + k] for k, t in enumerate(composed)) for i in range(4)]
    assert through != at_once
    assert through[1:-1] == at_once[1:-1]
