"""Tests for `lumpver.model.activations`: exact values, and which scales commute."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest
from flint import fmpq
from hypothesis import given
from hypothesis import strategies as st

from lumpver.errors import Malformed, NotANumber, NotRational
from lumpver.exact.scalar import number
from lumpver.model.activations import IDENTITY, RELU, Activation, activation, leaky

RATIONALS = st.fractions(max_denominator=1000).map(number)
POSITIVE = RATIONALS.filter(lambda q: q > 0)
CLIP = Activation("Clip", (fmpq(-1), fmpq(6)))
HOMOGENEOUS = [RELU, IDENTITY, Activation("Abs"), leaky("1/10"), leaky(0), leaky(3), leaky(-2)]
OTHERS = [CLIP, Activation("Tanh"), Activation("Sigmoid")]


@pytest.mark.parametrize("function", HOMOGENEOUS, ids=str)
@given(y=RATIONALS, r=POSITIVE)
def test_homogeneous(function: Activation, y: fmpq, r: fmpq) -> None:
    """A(r y) = r A(y) for every r > 0, and A(y) = y from 0 on."""
    assert function.homogeneous
    assert function(r * y) == r * function(y)
    assert function(abs(y)) == abs(y)


@pytest.mark.parametrize("function", OTHERS, ids=str)
def test_not_homogeneous(function: Activation) -> None:
    """What is not two slopes has none."""
    assert not function.homogeneous
    assert function.slope is None


@pytest.mark.parametrize(
    ("function", "value", "expected"),
    [
        (RELU, -1, 0),
        (RELU, "1/3", "1/3"),
        (RELU, 0, 0),
        (IDENTITY, "-1/3", "-1/3"),
        (Activation("Abs"), "-1/3", "1/3"),
        (leaky("1/3"), -1, "-1/3"),
        (leaky(0.01), -1, Fraction(-0.01)),
        (CLIP, -7, -1),
        (CLIP, 7, 6),
        (CLIP, "1/2", "1/2"),
        (Activation("Clip", (fmpq(2), fmpq(2))), 0, 2),
        (Activation("Tanh"), 0, 0),
        (Activation("Sigmoid"), 0, "1/2"),
    ],
)
def test_values(function: Activation, value: Any, expected: Any) -> None:
    """Values are exact."""
    assert function(number(value)) == number(expected)


@pytest.mark.parametrize("name", ["tanh", "sigmoid"])
@given(y=RATIONALS.filter(bool))
def test_irrational_values_are_not_rounded(name: str, y: fmpq) -> None:
    """Away from 0 tanh and the sigmoid have no rational value, and say so."""
    with pytest.raises(NotRational):
        activation(name)(y)


@pytest.mark.parametrize(
    ("name", "operator"),
    [("relu", "Relu"), ("RELU", "Relu"), ("identity", "Identity"), ("abs", "Abs"),
     ("logistic", "Sigmoid"), ("Tanh", "Tanh")],
)  # fmt: skip
def test_by_name(name: str, operator: str) -> None:
    """Names are read in any case, and so are other libraries' names."""
    assert activation(name) == Activation(operator)


@pytest.mark.parametrize("name", ["", "swish", "leakyrelu", "clip", "relu6", "Relu "])
def test_unknown_or_incomplete_names(name: str) -> None:
    """Names that are not modelled, or that need parameters, are refused."""
    with pytest.raises(Malformed):
        activation(name)


@pytest.mark.parametrize(
    ("operator", "parameters"),
    [("Relu", (fmpq(1),)), ("LeakyRelu", ()), ("Clip", (fmpq(0),)), ("Clip", (fmpq(1), fmpq(0))),
     ("Softmax", ())],
)  # fmt: skip
def test_wrong_parameters(operator: str, parameters: tuple[fmpq, ...]) -> None:
    """As many parameters as the operator has, and a Clip's in order."""
    with pytest.raises(Malformed):
        Activation(operator, parameters)


@pytest.mark.parametrize("slope", ["nan", float("nan"), None, "x"], ids=repr)
def test_slopes_are_numbers(slope: Any) -> None:
    """A slope is one rational."""
    with pytest.raises(NotANumber):
        leaky(slope)


def test_equality_is_of_functions_as_written() -> None:
    """Parameters count: 1/100 is not the float 0.01."""
    assert leaky("1/100") != leaky(0.01)
    assert leaky("1/2") == leaky(0.5)
    assert len({leaky("1/2"), leaky(0.5), RELU, Activation("Relu")}) == 2


def test_an_activation_is_its_own_name() -> None:
    """Where a name may stand, an activation may."""
    assert activation(CLIP) is CLIP


def test_text() -> None:
    """Parameters are shown where there are any."""
    assert str(RELU) == "Relu"
    assert str(leaky("1/10")) == "LeakyRelu(1/10)"
    assert str(CLIP) == "Clip(-1, 6)"
