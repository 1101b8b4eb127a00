"""The bytes of a file in pieces, each made when its turn comes.

So a file may be longer than what memory holds beside the numbers in it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class Piece:
    """So many bytes, and how to make them: `make` hands out bytes, or a view of some."""

    size: int
    make: Callable[[], Any]


@dataclass(frozen=True, slots=True)
class Pieces:
    """What is in a file, in order.

    Examples
    --------
    >>> found = Pieces((piece(b"ab"), Piece(3, lambda: memoryview(b"cde"))))
    >>> found.size, found.joined()
    (5, b'abcde')
    """

    parts: tuple[Piece, ...]

    @property
    def size(self) -> int:
        """How many bytes there are."""
        return sum(part.size for part in self.parts)

    def joined(self) -> bytes:
        """All of them."""
        return b"".join(part.make() for part in self.parts)

    def write(self, place: Path) -> None:
        """The file holds them and nothing else, once this has returned."""
        with place.open("wb") as file:
            for part in self.parts:
                file.write(part.make())


def piece(data: bytes) -> Piece:
    """Bytes that are there already."""
    return Piece(len(data), lambda: data)


def spaced(parts: Iterable[Piece], step: int) -> tuple[Pieces, list[int]]:
    r"""The pieces, each at a multiple of `step`, zeros between them; and where each begins.

    Examples
    --------
    >>> found, places = spaced([piece(b"abc"), piece(b"d")], 4)
    >>> found.joined(), places
    (b'abc\x00d', [0, 4])
    """
    found: list[Piece] = []
    places: list[int] = []
    end = 0
    for part in parts:
        gap = -end % step
        if gap:
            found.append(piece(bytes(gap)))
        places.append(end + gap)
        found.append(part)
        end += gap + part.size
    return Pieces(tuple(found)), places
