"""Tests for `lumpver.errors`: every error carries its fields and prints them."""

from __future__ import annotations

import inspect
import json
import pickle

import pytest

from lumpver import errors
from lumpver.errors import LumpverError, Malformed, NotANumber, Rejected

ALL = [
    cls
    for _, cls in inspect.getmembers(errors, inspect.isclass)
    if issubclass(cls, LumpverError) and cls is not LumpverError
]
PLAIN = [cls for cls in ALL if cls is not Rejected]


@pytest.mark.parametrize("cls", PLAIN)
def test_fields_and_sentence(cls: type[LumpverError]) -> None:
    """Where, expected and got are attributes, and the sentence is made of them."""
    error = cls("layer 2", expected="3 columns", got="4")
    assert (error.where, error.expected, error.got) == ("layer 2", "3 columns", "4")
    assert str(error) == "layer 2: expected 3 columns, got 4"


@pytest.mark.parametrize("cls", PLAIN)
def test_as_dict_is_json(cls: type[LumpverError]) -> None:
    """What `--json` prints has exactly the five promised members, all strings."""
    document = json.loads(json.dumps(cls("a", expected="b", got="c").as_dict()))
    assert set(document) == {"kind", "where", "expected", "got", "message"}
    assert all(isinstance(value, str) for value in document.values())


def test_kinds_are_distinct() -> None:
    """A program can tell the classes apart by the word alone."""
    kinds = [cls.kind for cls in ALL]
    assert len(set(kinds)) == len(kinds)
    assert LumpverError.kind not in kinds


@pytest.mark.parametrize("cls", ALL)
def test_fitting_builtin(cls: type[LumpverError]) -> None:
    """Each error is also the builtin that fits, so that generic handlers catch it."""
    assert issubclass(cls, ValueError | ArithmeticError | ImportError | RuntimeError)


def test_one_root() -> None:
    """Catching the root catches everything; a Malformed is no Rejected."""
    with pytest.raises(LumpverError):
        raise NotANumber("W", expected="a number", got="nan")
    assert issubclass(NotANumber, Malformed)
    assert not issubclass(Malformed, Rejected)


def test_rejected_names_rule_layer_unit() -> None:
    """A rejection keeps the rule, the layer and the unit apart."""
    error = Rejected("affine", layer="h1", unit=3, expected="1/2", got="1/3")
    assert (error.rule, error.layer, error.unit) == ("affine", "h1", 3)
    assert str(error) == "affine: h1[3]: expected 1/2, got 1/3"


def test_rejected_without_a_unit() -> None:
    """A rejection that concerns a whole layer has no unit."""
    error = Rejected("activation", layer="h1", expected="Relu", got="Abs")
    assert error.unit is None
    assert str(error) == "activation: h1: expected Relu, got Abs"


def test_unit_zero_is_a_unit() -> None:
    """Unit 0 is named like any other."""
    assert "h1[0]" in str(Rejected("affine", layer="h1", unit=0, expected="1", got="2"))


def test_fields_are_keyword_only() -> None:
    """Expected and got cannot be swapped by position."""
    with pytest.raises(TypeError):
        LumpverError("a", "b", "c")  # type: ignore[call-arg, misc]


@pytest.mark.parametrize("text", ["", "\n", "ü€", "[bold]", "%s {0}"])
def test_any_text_is_kept(text: str) -> None:
    """Nothing in a field is interpreted."""
    error = LumpverError(text, expected=text, got=text)
    assert error.as_dict()["where"] == text
    assert str(error) == f"{text}: expected {text}, got {text}"


def test_picklable_enough_for_processes() -> None:
    """The arguments are kept, so that a traceback in a worker process can be shown."""
    error = LumpverError("a", expected="b", got="c")
    assert error.args == ("a", "b", "c")
    assert pickle.loads(pickle.dumps(error.args)) == error.args
