"""The words of an SMT-LIB text: brackets and symbols as lists, each with its line.

The lexis of SMT-LIB 2: comments end with the line, `|X_0|` is the symbol X_0, strings and
keywords are words of their own; and that of VNN-LIB 2, which has elements of tensors besides,
but neither bars nor keywords. Nothing else is let through, and nothing is recursive here.

symbol: a name or a number, as VNN-LIB writes them: -1.5 and 1e-3 are symbols in SMT-LIB
quoted: a symbol between bars; never a number or the name of a command
element: a name with numbers in square brackets behind it, `X[0, 1]`, or `float32 [1, 5]`; its
    text has no spaces
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, Literal, NamedTuple, TypeAlias

from lumpver.errors import Malformed

if TYPE_CHECKING:
    from collections.abc import Iterator

Kind = Literal["symbol", "quoted", "string", "keyword", "element"]

DEPTH: Final = 64
_SHOWN: Final = 60
_SIMPLE: Final = r"[A-Za-z0-9~!@$%^&*_+=<>.?/-]+"
_SPACE: Final = re.compile(r"(?:[ \t\n]+|;[^\n]*)*")
_GAP: Final = r"[ \t\n]*"
_END: Final = r"(?=[ \t\n();]|\Z)"
_TOKEN: Final = re.compile(
    rf"{_SPACE.pattern}"
    r"(?:([()]|\Z)"
    rf"|(?:({_SIMPLE})|\|([^|\\]*)\|"
    rf'|"((?:[^"]|"")*)"|:({_SIMPLE})){_END})'
)
_TENSORS: Final = re.compile(
    rf"{_SPACE.pattern}"
    r"(?:([()]|\Z)"
    rf"|(?:([A-Za-z][A-Za-z0-9_]*{_GAP}\[{_GAP}(?:[0-9]+(?:{_GAP},{_GAP}[0-9]+)*{_GAP})?\])"
    rf'|({_SIMPLE})|"([^"\\\n]*)"){_END})'
)
_KINDS: Final[tuple[Kind, ...]] = ("symbol", "quoted", "string", "keyword")
_KINDS_2: Final[tuple[Kind, ...]] = ("element", "symbol", "string")
_SPACES: Final = re.compile(r"[ \t\n]+")


class Word(NamedTuple):
    """One word, without bars, quotes or colon."""

    text: str
    line: int
    kind: Kind = "symbol"

    @property
    def symbol(self) -> bool:
        """Whether it is a symbol, quoted or not."""
        return self.kind in {"symbol", "quoted"}

    def fits(self, pattern: re.Pattern[str]) -> bool:
        """Whether it is a symbol of that spelling."""
        return self.symbol and pattern.fullmatch(self.text) is not None

    def __str__(self) -> str:
        match self.kind:
            case "quoted":
                return f"|{self.text}|"
            case "string":
                return f'"{self.text}"'
            case "keyword":
                return f":{self.text}"
            case "symbol" | "element":
                return self.text


class List(NamedTuple):
    """What stands between two brackets; the line is that of the first one."""

    parts: tuple[Expression, ...]
    line: int


Expression: TypeAlias = Word | List


def expressions(text: str, *, where: str, tensors: bool = False) -> list[Expression]:
    r"""The expressions of a text, in order; with `tensors` those of VNN-LIB 2.

    Raises
    ------
    Malformed
        If brackets, bars or quotes are not closed, a character belongs to no word, or
        brackets are nested deeper than `DEPTH`; the line is named.

    Examples
    --------
    >>> found = expressions("; all\n(<= |X_0| 1)", where="f")
    >>> shown(found[0]), found[0].line
    ('(<= |X_0| 1)', 2)
    >>> expressions("(< X [0, 1] 2)", where="f", tensors=True)[0].parts[1]
    Word(text='X[0,1]', line=1, kind='element')
    >>> expressions("(a\n b", where="f")
    Traceback (most recent call last):
        ...
    lumpver.errors.Malformed: f line 1: expected a closing bracket, got the end of the file
    """
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    top: list[Expression] = []
    stack: list[tuple[list[Expression], int]] = [(top, 0)]
    token, kinds = (_TENSORS, _KINDS_2) if tensors else (_TOKEN, _KINDS)
    at, line = 0, 1
    while at < len(text):
        found = token.match(text, at)
        if found is None:
            raise _no_word(text, at, line, where)
        group = found.lastindex or 0
        start = found.start(group)
        line += text.count("\n", at, start)
        if group > 1:
            kind = kinds[group - 2]
            word = _SPACES.sub("", found[group]) if kind == "element" else found[group]
            stack[-1][0].append(Word(word, line, kind))
        elif found[1] == "(":
            stack.append(([], line))
            if len(stack) > DEPTH + 1:
                expected = f"at most {DEPTH} brackets around one another"
                raise Malformed(_place(where, line), expected=expected, got="more")
        elif found[1]:
            if len(stack) == 1:
                raise Malformed(_place(where, line), expected="an opening bracket", got=")")
            parts, opened = stack.pop()
            stack[-1][0].append(List(tuple(parts), opened))
        at = found.end()
        line += text.count("\n", start, at)
    if len(stack) > 1:
        expected, got = "a closing bracket", "the end of the file"
        raise Malformed(_place(where, stack[-1][1]), expected=expected, got=got)
    return top


def _no_word(text: str, at: int, line: int, where: str) -> Malformed:
    """The error about the first characters that are neither space nor a word."""
    space = _SPACE.match(text, at)
    start = at if space is None else space.end()
    line += text.count("\n", at, start)
    return Malformed(_place(where, line), expected="a word", got=_rest(text, start))


def _place(where: str, line: int) -> str:
    return f"{where} line {line}"


def _rest(text: str, at: int) -> str:
    """What stands at a place, up to the end of its line."""
    return repr(text[at : at + 20].partition("\n")[0])


def shown(term: Expression, *, most: int = _SHOWN) -> str:
    """The expression on one line, or as much of it as fits."""
    words: list[str] = []
    length, stack = 0, [term]
    closing = Word(")", 0)
    while stack and length <= most:
        part = stack.pop()
        if isinstance(part, List):
            words.append("(")
            stack += [closing, *reversed(part.parts)]
        else:
            words.append(str(part))
        length += len(words[-1]) + 1
    text = " ".join(words).replace("( ", "(").replace(" )", ")")
    text = "".join(c if c.isprintable() else "?" for c in text)
    return text if len(text) <= most and not stack else f"{text[:most]}..."


def words(term: Expression) -> Iterator[Word]:
    """The words in an expression, in no order."""
    stack = [term]
    while stack:
        part = stack.pop()
        if isinstance(part, List):
            stack += part.parts
        else:
            yield part
