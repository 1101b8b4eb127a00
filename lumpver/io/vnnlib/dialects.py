"""Dialects: which words a version of VNN-LIB has, and what its names are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from lumpver.errors import Malformed
from lumpver.io.vnnlib.words import Expression, Word, shown

if TYPE_CHECKING:
    from collections.abc import Callable

_HEADS: Final = ("and", "or", "not", "<=", ">=", "=", "==")


@dataclass(frozen=True, slots=True)
class Dialect:
    """A version's words, and what its names are.

    `index` says which input a word is, if it is one; `observed` whether it is an output, or
    something between outputs and inputs. `binary` is whether relations have two terms, and
    connectives one at least; else they have any number that means something.
    """

    connectives: frozenset[str]
    constants: frozenset[str]
    relations: frozenset[str]
    arithmetic: frozenset[str]
    binary: bool
    index: Callable[[Word], int | None]
    observed: Callable[[Word], bool]

    @property
    def heads(self) -> str:
        """The words that assert something, as an error lists them."""
        found = [word for word in _HEADS if word in self.connectives | self.relations]
        return f"{', '.join(found[:-1])} or {found[-1]}"


def refused(where: str, at: Expression, expected: str, got: str | None = None) -> Malformed:
    """The error about an expression, with its line."""
    place = f"{where} line {at.line}"
    return Malformed(place, expected=expected, got=shown(at) if got is None else got)
