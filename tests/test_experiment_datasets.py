"""Reading idx files: what is one, what is none, and what does not fit together."""

from __future__ import annotations

import gzip
from typing import TYPE_CHECKING

import numpy as np
import pytest

from experiments.paper import datasets
from experiments.paper.datasets import Images, mnist, parse_idx, read_idx, scaled
from lumpver.errors import Malformed, Unreadable

if TYPE_CHECKING:
    from pathlib import Path

NAMES = (
    "train-images-idx3-ubyte",
    "train-labels-idx1-ubyte",
    "t10k-images-idx3-ubyte",
    "t10k-labels-idx1-ubyte",
)


def idx(array: np.ndarray) -> bytes:
    """The array as idx data."""
    sizes = b"".join(size.to_bytes(4, "big") for size in array.shape)
    return bytes([0, 0, 8, array.ndim]) + sizes + array.astype(np.uint8).tobytes()


def folder(where: Path, *, count: int = 3, packed: bool = False, last_label: int = 2) -> Path:
    """A folder with four files of `count` small images and their labels."""
    images = np.arange(count * 4).reshape(count, 2, 2)
    labels = np.arange(count)
    labels[-1] = last_label
    for name in NAMES:
        data = idx(images if "images" in name else labels)
        place = where / (f"{name}.gz" if packed else name)
        place.write_bytes(gzip.compress(data, mtime=0) if packed else data)
    return where


@pytest.mark.parametrize("shape", [(0,), (5,), (1, 1), (2, 3, 4), (0, 3, 4)])
def test_what_was_written_is_read(shape: tuple[int, ...]) -> None:
    """Any array of bytes of rank 1 to 3 survives, an empty one too."""
    array = np.arange(np.prod(shape)).reshape(shape) % 256
    assert (parse_idx(idx(array), where="file") == array).all()
    assert parse_idx(idx(array), where="file").shape == shape


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\0\0\x08",
        b"\0\0\x08\x00",
        b"\0\0\x08\x04" + bytes(16),
        b"\0\0\x0d\x01" + bytes(4),
        b"\x01\0\x08\x01" + bytes(4),
        b"\0\0\x08\x01\0\0",
        idx(np.arange(3))[:-1],
        idx(np.arange(3)) + b"\0",
        b"\0\0\x08\x03" + b"\xff" * 12,
    ],
    ids=["empty", "cut", "scalar", "rank 4", "floats", "magic", "header", "short", "long", "huge"],
)
def test_other_data_is_refused(data: bytes) -> None:
    """Anything that is no idx data of unsigned bytes is malformed, with its place."""
    with pytest.raises(Malformed) as error:
        parse_idx(data, where="file")
    assert error.value.where == "file"


@pytest.mark.parametrize("packed", [False, True])
def test_a_folder_is_read(tmp_path: Path, *, packed: bool) -> None:
    """The four files are found under their usual names, packed or not."""
    found = mnist(folder(tmp_path, packed=packed))
    assert found.size == (2, 2)
    assert found.training.shape == found.testing.shape == (3, 2, 2)
    assert found.testing_labels.tolist() == [0, 1, 2]


def test_names_with_a_dot_are_found(tmp_path: Path) -> None:
    """Some unpackers write a dot in the place of the first dash before idx."""
    folder(tmp_path)
    for name in NAMES:
        (tmp_path / name).rename(tmp_path / name.replace("-idx", ".idx"))
    assert mnist(tmp_path).training.shape == (3, 2, 2)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    """The message says which file a folder lacks."""
    folder(tmp_path)
    (tmp_path / NAMES[2]).unlink()
    with pytest.raises(Unreadable, match="t10k-images-idx3-ubyte"):
        mnist(tmp_path)


def test_a_label_too_many_is_refused(tmp_path: Path) -> None:
    """Labels have to be as many as images."""
    folder(tmp_path)
    (tmp_path / NAMES[3]).write_bytes(idx(np.arange(4)))
    with pytest.raises(Malformed, match="3 labels"):
        mnist(tmp_path)


def test_a_label_that_is_no_digit_is_refused(tmp_path: Path) -> None:
    """Ten classes, from 0 to 9."""
    with pytest.raises(Malformed, match="labels from 0 to 9"):
        mnist(folder(tmp_path, last_label=10))


def test_labels_in_the_place_of_images_are_refused(tmp_path: Path) -> None:
    """Images have three axes."""
    folder(tmp_path)
    (tmp_path / NAMES[0]).write_bytes(idx(np.arange(3)))
    with pytest.raises(Malformed, match="images"):
        mnist(tmp_path)


@pytest.mark.parametrize("cut", [1, 5, 20])
def test_broken_gzip_data_is_refused(tmp_path: Path, cut: int) -> None:
    """Truncated gzip data is unreadable, not short."""
    place = tmp_path / "file.gz"
    place.write_bytes(gzip.compress(idx(np.arange(9)), mtime=0)[:-cut])
    with pytest.raises(Unreadable):
        read_idx(place)


def test_garbage_behind_a_gzip_header_is_refused(tmp_path: Path) -> None:
    """Two right bytes make no gzip file."""
    place = tmp_path / "file.gz"
    place.write_bytes(b"\x1f\x8b" + b"garbage")
    with pytest.raises(Unreadable, match="gzip"):
        read_idx(place)


def test_a_file_too_large_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither a large file nor one that unpacks to much is read."""
    monkeypatch.setattr(datasets, "MOST_BYTES", 100)
    (tmp_path / "plain").write_bytes(idx(np.zeros(200)))
    (tmp_path / "packed").write_bytes(gzip.compress(idx(np.zeros(200)), mtime=0))
    for name in ("plain", "packed"):
        with pytest.raises(Unreadable):
            read_idx(tmp_path / name)


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    """A directory in the place of a file is unreadable."""
    with pytest.raises(Unreadable, match="directory"):
        read_idx(tmp_path)


def test_images_of_two_sizes_are_refused() -> None:
    """What is tested looks like what was trained with."""
    labels = np.arange(3)
    with pytest.raises(Malformed, match="images of"):
        Images(
            "two", 16, np.zeros((3, 2, 2), np.uint8), labels, np.zeros((3, 2, 3), np.uint8), labels
        )


def test_scaling_is_exact() -> None:
    """A pixel divided by a power of two is the same number times that power."""
    pixels = np.arange(256, dtype=np.uint8)
    assert (scaled(pixels, 256) * 256 == pixels).all()


def test_the_digits_are_always_the_same() -> None:
    """1797 images, 500 of them to test with, in a fixed order."""
    pytest.importorskip("sklearn")
    first, second = datasets.digits(), datasets.digits()
    assert (first.training.shape, first.testing.shape) == ((1297, 8, 8), (500, 8, 8))
    assert (first.testing == second.testing).all()
    assert int(first.training.max()) == first.scale
