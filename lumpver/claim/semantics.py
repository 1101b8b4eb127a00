"""Semantics: what the numbers of a model are, in the runs that a claim is about."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal, TypeAlias, assert_never

Word: TypeAlias = Literal["real", "float32"]
WORDS: Final[tuple[Word, ...]] = ("real", "float32")


@dataclass(frozen=True, slots=True)
class Real:
    """Real numbers: weights are what their stored numbers are, and nothing is rounded."""


@dataclass(frozen=True, slots=True)
class Float32:
    """Every execution of both models in float32 that is finite, summing in any order."""


Semantics: TypeAlias = Real | Float32


def word_of(semantics: Semantics) -> Word:
    """The word that JSON and options have for it."""
    match semantics:
        case Real():
            return "real"
        case Float32():
            return "float32"
        case _:
            assert_never(semantics)


def semantics_of(word: Word) -> Semantics:
    """What the word means."""
    match word:
        case "real":
            return Real()
        case "float32":
            return Float32()
        case _:
            assert_never(word)


def arithmetic(semantics: Semantics) -> str:
    """It in words, as in "in ..."."""
    match semantics:
        case Real():
            return "exact real arithmetic over the weights as stored"
        case Float32():
            return "float32 arithmetic, summed in any order"
        case _:
            assert_never(semantics)
