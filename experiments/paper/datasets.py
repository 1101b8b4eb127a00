"""Images of digits: MNIST from its idx files, scikit-learn's digits, and how they are read.

Nothing is fetched; MNIST is a folder with the four files under their usual names, packed
with gzip or not.

idx: two zero bytes, the type (8: unsigned bytes), the rank, big-endian sizes, the entries
scale: the power of two that pixels are divided by, so that they stay exact in float32
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from math import prod
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt

from lumpver.errors import Malformed, Missing, Unreadable
from lumpver.io.reading import read_bytes

if TYPE_CHECKING:
    from pathlib import Path

Pixels = npt.NDArray[np.uint8]
Labels = npt.NDArray[np.int64]

CLASSES: Final = 10
MOST_BYTES: Final = 2**27
_UNSIGNED: Final = 8
_DIGITS_TESTS: Final = 500
_PARTS: Final = (
    ("train-images", "idx3-ubyte"),
    ("train-labels", "idx1-ubyte"),
    ("t10k-images", "idx3-ubyte"),
    ("t10k-labels", "idx1-ubyte"),
)


@dataclass(frozen=True, slots=True, eq=False)
class Images:
    """Images to train with and images to test with, one label each.

    Pixels have shape (images, height, width); a network reads them divided by `scale`.

    Raises
    ------
    Malformed
        If images and labels do not fit each other, or a label is no digit.
    """

    name: str
    scale: int
    training: Pixels
    training_labels: Labels
    testing: Pixels
    testing_labels: Labels

    def __post_init__(self) -> None:
        for what, pixels, labels in (
            ("training", self.training, self.training_labels),
            ("testing", self.testing, self.testing_labels),
        ):
            where = f"{self.name} {what}"
            if pixels.ndim != 3 or pixels.size == 0:
                raise Malformed(where, expected="images", got=str(pixels.shape))
            if labels.shape != pixels.shape[:1]:
                got = f"{labels.size}"
                raise Malformed(where, expected=f"{pixels.shape[0]} labels", got=got)
            if not 0 <= int(labels.min()) <= int(labels.max()) < CLASSES:
                raise Malformed(where, expected="labels from 0 to 9", got=str(labels.max()))
        if self.training.shape[1:] != self.testing.shape[1:]:
            got = str(self.testing.shape[1:])
            raise Malformed(self.name, expected=f"images of {self.training.shape[1:]}", got=got)

    @property
    def size(self) -> tuple[int, int]:
        """Height and width of an image."""
        _, height, width = self.training.shape
        return height, width


def scaled(pixels: Pixels, scale: int) -> npt.NDArray[np.float32]:
    """What a network reads: pixels / scale, exactly, since scale is a power of two.

    Examples
    --------
    >>> scaled(np.array([3, 16], np.uint8), 16).tolist()
    [0.1875, 1.0]
    """
    return pixels.astype(np.float32) / np.float32(scale)


def parse_idx(data: bytes, *, where: str) -> Pixels:
    """The array of unsigned bytes that idx data holds.

    Raises
    ------
    Malformed
        If the header is another one, or the sizes do not fit the number of entries.

    Examples
    --------
    >>> parse_idx(bytes([0, 0, 8, 1, 0, 0, 0, 2, 5, 7]), where="two").tolist()
    [5, 7]
    """
    expected = "idx data of unsigned bytes (0 0 8 and a rank from 1 to 3)"
    if len(data) < 4 or data[:3] != bytes([0, 0, _UNSIGNED]) or not 1 <= data[3] <= 3:
        raise Malformed(where, expected=expected, got=data[:4].hex(" ") or "nothing")
    rank = data[3]
    start = 4 + 4 * rank
    sizes = [int.from_bytes(data[i : i + 4], "big") for i in range(4, start, 4)]
    if len(data) != start + prod(sizes):
        expected = f"{prod(sizes)} entries for sizes {sizes}"
        raise Malformed(where, expected=expected, got=f"{max(len(data) - start, 0)} bytes")
    return np.frombuffer(data, np.uint8, offset=start).reshape(sizes)


def read_idx(path: Path) -> Pixels:
    """The array in an idx file, gunzipped if it is packed.

    Raises
    ------
    Unreadable
        If there is no such file, or its gzip data is broken or too much.
    Malformed
        If it is no idx file; see `parse_idx`.
    """
    data = read_bytes(path, most=MOST_BYTES)
    if len(data) > MOST_BYTES:
        raise Unreadable(str(path), expected=f"at most {MOST_BYTES} bytes", got="more")
    if data[:2] == b"\x1f\x8b":
        data = _unpacked(data, str(path))
    return parse_idx(data, where=str(path))


def _unpacked(data: bytes, where: str) -> bytes:
    unpacker = zlib.decompressobj(wbits=31)
    try:
        plain = unpacker.decompress(data, MOST_BYTES)
    except zlib.error as error:
        raise Unreadable(where, expected="gzip data", got=str(error)) from error
    if not unpacker.eof:
        raise Unreadable(where, expected="whole gzip data", got="truncated or too much")
    return plain


def mnist(folder: Path) -> Images:
    """MNIST from the four idx files in a folder.

    Raises
    ------
    Unreadable
        If a file is missing or cannot be read.
    Malformed
        If a file is no idx file, or they do not fit each other.
    """
    images, labels, tests, test_labels = (read_idx(_found(folder, *part)) for part in _PARTS)
    return Images(
        "mnist",
        256,
        images,
        labels.astype(np.int64),
        tests,
        test_labels.astype(np.int64),
    )


def _found(folder: Path, stem: str, kind: str) -> Path:
    """The file under one of its usual names."""
    names = [f"{stem}{dot}{kind}{suffix}" for dot in "-." for suffix in ("", ".gz")]
    for name in names:
        if (folder / name).is_file():
            return folder / name
    raise Unreadable(str(folder), expected=f"a file {names[0]} or {names[1]}", got="none")


def digits() -> Images:
    """scikit-learn's 1797 digits; the last 500 of a fixed random order are the tests.

    Raises
    ------
    Missing
        Without scikit-learn.
    """
    try:
        from sklearn.datasets import load_digits  # noqa: PLC0415 optional, heavy
    except ImportError as error:
        raise Missing(
            "scikit-learn", expected="pip install 'lumpver[sklearn]'", got="no such package"
        ) from error
    bunch: Any = load_digits()
    order = np.random.default_rng(0).permutation(len(bunch.target))
    pixels, labels = bunch.images.astype(np.uint8)[order], bunch.target.astype(np.int64)[order]
    return Images(
        "digits",
        16,
        pixels[:-_DIGITS_TESTS],
        labels[:-_DIGITS_TESTS],
        pixels[-_DIGITS_TESTS:],
        labels[-_DIGITS_TESTS:],
    )
