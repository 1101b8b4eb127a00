"""What a reducer's process says, as data: nothing of it is ever run or unpickled.

returned: a network, a path, or the name of the type of anything else
words: text that came from the reducer, cut to a few lines of printable characters
"""

from __future__ import annotations

from typing import Final, Literal

import msgspec

from lumpver.errors import Malformed
from lumpver.trial.auditing.carried import Parts  # noqa: TC001 msgspec reads the annotations

RETURNED, CRASHED, HUNG = "returned", "crash", "hang"
_LINES: Final = 12
_LENGTH: Final = 200
_PATH: Final = 4096


class Answer(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What became of one call, or of loading the reducer.

    `words` say how it crashed, or what else than a network it returned; `fields` are those
    of the error where it was not found; `name` and `module` are what it calls itself.
    """

    kind: Literal["returned", "crash", "ready", "unreadable", "malformed", "no reducer"]
    words: str = ""
    path: str | None = None
    network: Parts | None = None
    wrapped: bool = False
    name: str = ""
    module: str = ""
    fields: list[str] = []


def plain(words: str) -> str:
    r"""The last lines of a text, none of them long, all of them printable.

    Examples
    --------
    >>> plain("a\x1b[31m" + "b" * 999)[:9], len(plain("b" * 999))
    ('a?[31mbbb', 200)
    """
    lines = words.strip().splitlines()[-_LINES:]
    return "\n".join(_printable(line) for line in lines)


def _printable(line: str) -> str:
    shown = line if len(line) <= _LENGTH else f"{line[: _LENGTH - 3]}..."
    return "".join(c if c.isprintable() else "?" for c in shown)


def encoded(answer: Answer) -> bytes:
    """The answer as bytes."""
    return msgspec.json.encode(answer)


def decoded(data: bytes) -> Answer:
    """The answer that `data` spells.

    Raises
    ------
    Malformed
        If it spells none.
    """
    try:
        answer = msgspec.json.decode(data, type=Answer)
    except (msgspec.MsgspecError, UnicodeError, RecursionError, MemoryError) as error:
        raise Malformed("answer", expected="data", got=plain(str(error))) from error
    if answer.path is not None and (len(answer.path) > _PATH or "\0" in answer.path):
        raise Malformed("answer", expected="a path", got=f"{len(answer.path)} characters")
    return msgspec.structs.replace(
        answer,
        words=plain(answer.words),
        name=_word(answer.name),
        module=_word(answer.module),
        fields=[plain(word) for word in answer.fields[:4]],
    )


def _word(name: str) -> str:
    """A dotted name, or nothing."""
    parts = name[:_LENGTH].split(".")
    return ".".join(parts) if all(part.isidentifier() for part in parts) else ""
