"""Names that lumpver makes up, and how they are spelled where only text will do.

A file may call a tensor or an axis anything, so a made-up name is no text among others but
of a type of its own; see `spelled` for certificates, which have to write both.
"""

from __future__ import annotations

from typing import Final

from lumpver.errors import Malformed

_MARK: Final = "~"


class Derived(str):
    """A name that no file has: it equals no text, only what was derived in the same words.

    Examples
    --------
    >>> name = Derived("operand of y, transposed")
    >>> name == "operand of y, transposed", name in {"operand of y, transposed": 1}
    (False, False)
    >>> name == Derived("operand of y, transposed")
    True
    """

    __slots__ = ()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Derived) and str.__eq__(self, other)

    def __ne__(self, other: object) -> bool:
        return not self == other

    def __hash__(self) -> int:
        return hash((Derived, str.__str__(self)))

    def __repr__(self) -> str:
        return f"Derived({str.__repr__(self)})"


def spelled(name: str) -> str:
    """A text for a name, another one for each name; most files' names are their own.

    Examples
    --------
    >>> spelled("x"), spelled("~ x"), spelled(Derived("x"))
    ('x', '~~ x', '~ x')
    """
    if isinstance(name, Derived):
        return f"{_MARK} {name}"
    return _MARK + name if name.startswith(_MARK) else name


def unspelled(text: str, *, where: str) -> str:
    """The name that `spelled` gives this text.

    Raises
    ------
    Malformed
        If it gives it to none.
    """
    if not text.startswith(_MARK):
        return text
    if text.startswith(_MARK + _MARK):
        return text[1:]
    if text.startswith(_MARK + " "):
        return Derived(text[2:])
    raise Malformed(where, expected="a tensor's name", got=repr(text[:40]))
