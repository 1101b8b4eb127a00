"""Words for a page: names that anyone may have chosen, numbers of any length, commands.

Names come from files and are not trusted: what they show is what they hold.
"""

from __future__ import annotations

import os
import shlex
from typing import Final

_MOST: Final = 80


def word(name: str) -> str:
    r"""The name as one word of a shell command, never an option.

    Examples
    --------
    >>> word("small.onnx"), word("a b.onnx"), word("-o"), word("a" + chr(10))
    ('small.onnx', "'a b.onnx'", './-o', "$'a\\n'")
    """
    name = f"./{name}" if name.startswith("-") else name
    if name.isprintable():
        return shlex.quote(name)
    plain = {ord("\n"): "\\n", ord("'"): "\\'", ord("\\"): "\\\\"}
    return "$'" + "".join(
        plain.get(byte) or (chr(byte) if 32 <= byte < 127 else f"\\x{byte:02x}")
        for byte in os.fsencode(name)
    ) + "'"  # fmt: skip


def command(program: str, *names: str) -> str:
    """A command line: the program with its options, then names, each quoted as it needs.

    Examples
    --------
    >>> command("lumpver check", "my model.onnx")
    "lumpver check 'my model.onnx'"
    """
    return " ".join([program, *map(word, names)])


def brief(number: str) -> str:
    """A number as it is, or, where it is long, its ends and how long it is.

    Examples
    --------
    >>> brief("-1/3"), brief("1" * 100)
    ('-1/3', '11111111…11111111 (100 characters)')
    """
    if len(number) <= _MOST:
        return number
    return f"{number[:8]}…{number[-8:]} ({len(number)} characters)"


def count(number: int) -> str:
    """A whole number with its thousands apart.

    Examples
    --------
    >>> count(1234567), count(999)
    ('1,234,567', '999')
    """
    return f"{number:,}"


def counted(number: int, what: str) -> str:
    """So many of something.

    Examples
    --------
    >>> counted(1, "unit"), counted(2, "unit")
    ('1 unit', '2 units')
    """
    return f"{count(number)} {what}{'' if number == 1 else 's'}"


def share(part: int, whole: int) -> str:
    """A share in percent to one decimal; nothing where there is no whole.

    Examples
    --------
    >>> share(1, 3), share(1, 2), share(0, 0)
    ('33.3%', '50%', '')
    """
    if whole == 0:
        return ""
    tenths = (2000 * part + whole) // (2 * whole)
    return f"{tenths // 10}{f'.{tenths % 10}' if tenths % 10 else ''}%"
