"""Mutators of the bytes of a file: bits, pieces, lengths, and pieces of another file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import random
    from collections.abc import Callable

    Change = Callable[[random.Random, bytes, bytes], bytes]

_ODD: Final = (b"\x00", b"\xff", b"\x7f", b"\x80", b"\xff" * 9 + b"\x01", b"\xff\xff\xff\xff\x0f")


def bit(rng: random.Random, data: bytes, _: bytes) -> bytes:
    """One bit is another."""
    at = rng.randrange(len(data))
    return data[:at] + bytes([data[at] ^ 1 << rng.randrange(8)]) + data[at + 1 :]


def byte(rng: random.Random, data: bytes, _: bytes) -> bytes:
    """One byte is another, an odd one perhaps, or a longer number."""
    at = rng.randrange(len(data))
    new = rng.choice((*_ODD, bytes([rng.randrange(256)])))
    return data[:at] + new + data[at + 1 :]


def cut(rng: random.Random, data: bytes, _: bytes) -> bytes:
    """A piece is missing."""
    at, size = rng.randrange(len(data)), rng.choice((1, 2, 3, 8, 40))
    return data[:at] + data[at + size :]


def ended(rng: random.Random, data: bytes, _: bytes) -> bytes:
    """The end is missing."""
    return data[: rng.randrange(len(data))]


def doubled(rng: random.Random, data: bytes, _: bytes) -> bytes:
    """A piece is there twice."""
    at, size = rng.randrange(len(data)), rng.choice((1, 2, 8, 40, 200))
    return data[: at + size] + data[at:]


def swapped(rng: random.Random, data: bytes, _: bytes) -> bytes:
    """Two pieces have changed places."""
    a, b = sorted(rng.sample(range(len(data)), 2))
    size = min(rng.choice((1, 4, 16)), b - a)
    return (
        data[:a] + data[b : b + size] + data[a + size : b] + data[a : a + size] + data[b + size :]
    )


def spliced(rng: random.Random, data: bytes, other: bytes) -> bytes:
    """A piece is another file's."""
    at, size = rng.randrange(len(data)), rng.choice((4, 16, 64, 256))
    start = rng.randrange(len(other))
    return data[:at] + other[start : start + size] + data[at + size :]


def joined(_: random.Random, data: bytes, other: bytes) -> bytes:
    """Another file follows: protobuf merges the two."""
    return data + other


def noise(rng: random.Random, data: bytes, _: bytes) -> bytes:
    """Bytes of no meaning stand in between."""
    at = rng.randrange(len(data))
    return data[:at] + rng.randbytes(rng.choice((1, 2, 9, 100))) + data[at:]


CHANGES: Final[tuple[Change, ...]] = (
    bit, bit, bit, byte, byte, byte, cut, ended, doubled, swapped, spliced, joined, noise,
)  # fmt: skip
