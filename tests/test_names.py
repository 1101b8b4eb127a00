"""Made-up names: equal to no text, and spelled so that no two names are spelled alike."""

from __future__ import annotations

import operator
import pickle
from itertools import combinations

import pytest

from lumpver.errors import Malformed
from lumpver.model.names import Derived, spelled, unspelled

TEXTS = ("", "x", "~", "~~", "~ ", "~ x", "~~ x", "~x", " ", " x", "Derived('x')")
NAMES = (*TEXTS, *(Derived(text) for text in TEXTS))


@pytest.mark.parametrize("text", TEXTS)
def test_a_derived_name_equals_no_text(text: str) -> None:
    """Neither side's comparison, nor a set or a dict, takes one for the other."""
    name = Derived(text)
    assert name != text
    assert text != name
    assert not operator.eq(name, text)
    assert not operator.eq(text, name)
    assert {name, text} == {text, name}
    assert len({name, text}) == 2
    assert name not in {text: 1}
    assert (text,) != (name,)


def test_derived_in_the_same_words_is_the_same() -> None:
    """Equality, hash and a trip through a pipe keep what a name is."""
    name = Derived("x")
    assert name == Derived("x")
    assert not operator.ne(name, Derived("x"))
    assert name != Derived("y")
    assert {name: 1}[Derived("x")] == 1
    assert pickle.loads(pickle.dumps(name)) == name
    assert repr(name) == "Derived('x')"


def test_spellings_tell_names_apart() -> None:
    """`spelled` is one to one, and `unspelled` goes back."""
    for one, other in combinations(NAMES, 2):
        assert spelled(one) != spelled(other)
    for name in NAMES:
        assert unspelled(spelled(name), where="test") == name
        assert type(spelled(name)) is str


@pytest.mark.parametrize("text", ["~", "~x"])
def test_what_nothing_is_spelled_as_is_refused(text: str) -> None:
    """A mark that `spelled` would not have put there is no name."""
    with pytest.raises(Malformed, match="a tensor's name"):
        unspelled(text, where="test")
