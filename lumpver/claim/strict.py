"""Strict reading of parsed JSON: what is not as it would be written is refused."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from lumpver.errors import Malformed
from lumpver.exact.scalar import parse

if TYPE_CHECKING:
    from collections.abc import Set as AbstractSet

    from flint import fmpq

MOST_DIGITS: Final = 2**17


def an_object(value: Any, where: str) -> dict[str, Any]:
    """The value, which is an object."""
    if not isinstance(value, dict):
        raise Malformed(where, expected="an object", got=short(value))
    return value


def a_list(value: Any, where: str, length: int | None = None) -> list[Any]:
    """The value, which is a list, of that length where one is given."""
    if not isinstance(value, list) or (length is not None and len(value) != length):
        expected = "a list" if length is None else f"a list of {length}"
        raise Malformed(where, expected=expected, got=short(value))
    return value


def members(
    value: dict[str, Any],
    where: str,
    required: AbstractSet[str],
    optional: AbstractSet[str] = frozenset(),
) -> None:
    """The object has all members that are required, and none that is unknown."""
    missing = sorted(required - set(value))
    if missing:
        raise Malformed(where, expected=f"a member {missing[0]!r}", got="none")
    extra = sorted(set(value) - required - optional)
    if extra:
        raise Malformed(where, expected="known members only", got=repr(extra[0][:40]))


def rational(value: Any, where: str) -> fmpq:
    """The number that is written as `"p"` or `"p/q"`, of not too many digits."""
    if isinstance(value, str) and len(value) > MOST_DIGITS:
        raise Malformed(where, expected=f"at most {MOST_DIGITS} digits", got=str(len(value)))
    return parse(value, where=where)


def short(value: Any) -> str:
    """The value, as much of it as a message can hold."""
    shown = repr(value) if not isinstance(value, list | dict) else type(value).__name__
    return shown if len(shown) <= 60 else shown[:57] + "..."
