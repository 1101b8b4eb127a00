"""Domains: what people give as bounds of inputs, as boxes of exact numbers."""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING, Any
from zipfile import ZIP_DEFLATED, ZipFile

import numpy as np
import pytest
from flint import fmpq

from lumpver.errors import LumpverError, Malformed, NotANumber, ShapeMismatch, Unreadable
from lumpver.io.domains import read
from lumpver.io.nnet.reading import read as read_nnet
from lumpver.model.activations import RELU
from lumpver.model.network import Join, Linear, Network, Pointwise, Tensor
from lumpver.model.weights import Matrix

if TYPE_CHECKING:
    from pathlib import Path

    from lumpver.claim.domain import Range
    from lumpver.model.tensor import Shape

EXACT = Network.from_layers([([[1, 2]], None)])
TENTH = fmpq(1, 10)
BELOW, ABOVE = (
    fmpq(*float(x).as_integer_ratio())
    for x in (np.nextafter(np.float32(0.1), np.float32(0)), np.float32(0.1))
)


def network(dtype: str = "float32", shape: Shape = (1, 2)) -> Network:
    """Two entries of that type through a row and a ReLU."""
    before = (*shape[:-1], 1) if shape else (1,)
    tensors = {
        "x": Tensor("x", dtype, shape),
        "h": Tensor("h", dtype, before),
        "y": Tensor("y", dtype, before),
    }
    nodes = (
        Linear("a", "x", "h", Matrix(np.array([[1.0, 2.0]])), None),
        Pointwise("r", "h", "y", RELU),
    )
    return Network((tensors["x"],), (tensors["y"],), nodes, tensors)


def two_inputs() -> Network:
    """The sum of two inputs of two entries."""
    tensors = {name: Tensor(name, "float32", (1, 2)) for name in ("b", "a", "y")}
    node = Join("s", ("b", "a"), "y", operator="Add")
    return Network((tensors["b"], tensors["a"]), (tensors["y"],), (node,), tensors)


def ranges(found: Any, name: str = "x") -> tuple[Range, ...]:
    """The ranges of an input in the one box."""
    (box,) = found.domain.boxes
    return dict(box.ranges)[name]


def file(tmp_path: Path, text: str, name: str = "p.vnnlib") -> Path:
    """A file with this text."""
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize("given", ["[0,1]", " [ 0 , 1 ] ", "[0.0, 1e0]", "[0/7,3/3]"])
def test_one_range_for_all(given: str) -> None:
    """A range in brackets is that of every entry."""
    found = read(given, network())
    assert ranges(found) == ((fmpq(0), fmpq(1)),) * 2
    assert found.notes == ()
    assert found.domain.source is not None
    assert found.domain.source.endswith("in every entry")
    assert {*dict(read("[0,1]", two_inputs()).domain.boxes[0].ranges)} == {"a", "b"}


@pytest.mark.parametrize(
    "given",
    ["[0,1", "[]", "[0]", "[0,]", "[,1]", "[0,1,2]", "[0;1]", "[a,b]", "[0,nan]", "[0,inf]",
     "[1,0]", "[0,1/0]", "[0,1]]", "[[0,1]]", "[0, 1e99999]", "[0x0,1]", "[" + "1" * 20_000 + ",2]",
     "[0,1]\x00"],
)  # fmt: skip
def test_what_is_no_range(given: str) -> None:
    """Anything else in brackets is refused, in one line."""
    with pytest.raises(Malformed) as caught:
        read(given, network())
    assert len(str(caught.value)) < 300


@pytest.mark.parametrize(
    "given", [7, None, [0, 1], (0, 1), b"[0,1]", {"z": [(0, 1)]}, {"x": [(0, 1)]}]
)
def test_other_things_are_no_domain(given: Any) -> None:
    """What is neither a file, nor a range, nor a mapping of the inputs is refused."""
    with pytest.raises(Malformed):
        read(given, network())


def test_widened_outward() -> None:
    """Bounds become the next numbers of the input's type, and that is said; not if exact."""
    found = read("[-0.1, 0.1]", network())
    assert ranges(found) == ((-ABOVE, ABOVE),) * 2
    assert ABOVE > TENTH > BELOW
    assert found.notes == ("bounds widened outward to float32",)
    assert ranges(read("[0.1, 0.1]", network())) == ((BELOW, ABOVE),) * 2
    exact = read("[-0.1, 0.1]", network(), exact=True)
    assert (ranges(exact), exact.notes) == (((-TENTH, TENTH),) * 2, ())
    for dtype in ("float16", "bfloat16", "float64"):
        low, high = ranges(read("[0.1, 0.1]", network(dtype)))[0]
        assert low is not None
        assert high is not None
        assert low < TENTH < high
    assert ranges(read("[-0.1, 0.1]", EXACT)) == ((-TENTH, TENTH),) * 2
    assert read("[0.1, 0.2]", network("int64")).notes == ()


def test_beyond_the_largest_number() -> None:
    """There is no next number beyond the largest: those bounds stay, and that is said."""
    found = read("[-1e6, 0.1]", network("float16"))
    assert ranges(found)[0][0] == -(10**6)
    widened, beyond = found.notes
    assert "float16" in widened
    assert "stay exact: x[0], x[1]" in beyond


def test_batches() -> None:
    """Of a first axis of unknown length one position is meant; other open axes are refused."""
    assert ranges(read("[0,1]", network(shape=("N", 2)))) == ((fmpq(0), fmpq(1)),) * 2
    with pytest.raises(ShapeMismatch, match="known size"):
        read("[0,1]", network(shape=("N", "M", 2)))
    wide = Tensor("x", shape=(2**40,))
    with pytest.raises(Malformed, match="ranges"):
        read("[0,1]", Network((wide,), (wide,), (), {"x": wide}))


def test_half_spaces_are_said(tmp_path: Path) -> None:
    """The box is around half-spaces, which a note names with their lines."""
    text = "(assert (<= 0 X_0 1))(assert (<= 0 X_1 1))\n(assert (<= (+ X_0 X_1) 1))"
    found = read(file(tmp_path, text), network())
    assert ranges(found) == ((fmpq(0), fmpq(1)),) * 2
    (note,) = found.notes
    assert "half-spaces" in note
    assert "line 2: (<= (+ X_0 X_1) 1)" in note
    assert "holds on the box around them" in note


NNET = "1,2,1,2,\n2,1,\n0,\n-1,0,\n1,0.1,\n{means}\n{ranges}\n1,1,\n0,\n"


def test_limits_of_a_nnet_file(tmp_path: Path) -> None:
    """Minima and maxima are a box, for its own network and for others of as many inputs."""
    raw = file(tmp_path, NNET.format(means="0,0,0,", ranges="1,1,1,"), "raw.nnet")
    expected = ((fmpq(-1), fmpq(1)), (fmpq(0), TENTH))
    own = read_nnet(raw.read_bytes(), where="f")
    assert ranges(read(raw, own)) == expected == ranges(read(None, own))
    assert ranges(read(str(raw), network()))[1] == (fmpq(0), ABOVE)
    scaled = file(tmp_path, NNET.format(means="1,0,0,", ranges="1,1,1,"), "scaled.nnet")
    assert "before it normalizes" in read(scaled, network()).notes[0]
    assert read(scaled, own).notes == ()
    with pytest.raises(ShapeMismatch):
        read(raw, network(shape=(1, 3)))
    with pytest.raises(ShapeMismatch):
        read(raw, two_inputs())
    crossed = file(
        tmp_path, NNET.format(means="0,0,0,", ranges="1,1,1,").replace("\n1,0.1", "\n-2,1")
    )
    with pytest.raises(LumpverError):
        read(crossed.rename(tmp_path / "c.nnet"), network())


def npy(tmp_path: Path, values: Any, name: str) -> Path:
    """A file that numpy writes."""
    path = tmp_path / name
    np.save(path, values, allow_pickle=True)
    return path


@pytest.mark.parametrize("dtype", ["<f2", "<f4", ">f4", "<f8", ">f8", "<i4", "|u1", "<i8"])
@pytest.mark.parametrize("shape", [(2,), (1, 2)])
def test_arrays(tmp_path: Path, dtype: str, shape: tuple[int, ...]) -> None:
    """Arrays of the input's shape, or without its batch, are bounds, of any numbers."""
    low = npy(tmp_path, np.zeros(shape, dtype), "low.npy")
    high = npy(tmp_path, np.arange(1, 3).astype(dtype).reshape(shape), "high.npy")
    found = read(None, network(), lower=low, upper=high)
    assert ranges(found) == ((fmpq(0), fmpq(1)), (fmpq(0), fmpq(2)))
    assert found.domain.source == f"{low} and {high}"
    with pytest.raises(Malformed, match="empty"):
        read(None, network(), lower=high, upper=low)


def test_arrays_are_exact_and_in_order(tmp_path: Path) -> None:
    """A float64 is what it is, widened to the input's type; columns first or last."""
    values = np.array([[0.1, 0.2, 0.3], [0.4, 0.5, 0.6]])
    wide = network(shape=(1, 2, 3))
    tensors = {"x": Tensor("x", "float64", (1, 2, 3))}
    wide = Network((tensors["x"],), (tensors["x"],), (), tensors)
    for name, array in (("c.npy", values), ("f.npy", np.asfortranarray(values))):
        path = npy(tmp_path, array, name)
        found = ranges(read(None, wide, lower=path, upper=path))
        assert [low for low, _ in found] == [
            fmpq(*v.as_integer_ratio()) for v in values.ravel().tolist()
        ]


def test_arrays_by_name(tmp_path: Path) -> None:
    """Several inputs have an array each, by name, packed or not."""
    for save in (np.savez, np.savez_compressed):
        low, high = tmp_path / "low.npz", tmp_path / "high.npz"
        save(low, a=np.zeros(2), b=np.ones((1, 2)))
        save(high, b=np.full(2, 4), a=np.full((1, 2), 3))
        found = read(None, two_inputs(), lower=low, upper=high)
        assert ranges(found, "a") == ((fmpq(0), fmpq(3)),) * 2
        assert ranges(found, "b") == ((fmpq(1), fmpq(4)),) * 2
    for arrays in ({"a": np.zeros(2)}, {"a": np.zeros(2), "b": np.zeros(2), "c": np.zeros(2)}, {}):
        np.savez(low, **arrays)
        with pytest.raises(Malformed):
            read(None, two_inputs(), lower=low, upper=high)
    one = npy(tmp_path, np.zeros(2), "one.npy")
    with pytest.raises(Malformed, match="npz"):
        read(None, two_inputs(), lower=one, upper=one)


@pytest.mark.parametrize(
    "values",
    [np.array([np.nan, 0]), np.array([0, np.inf]), np.array([-np.inf, 0], "f2"), np.zeros(3),
     np.zeros((2, 1, 1)), np.zeros((2, 2)), np.zeros(0), np.array(1.0), np.array([None, 1]),
     np.array(["0", "1"]), np.array([True, False]), np.array([1j, 0]), np.zeros(2, "f4,f4"),
     np.array([b"a", b"b"]), np.zeros(2, "M8[s]"), np.zeros(2, "V2")],
    ids=lambda values: f"{values.dtype} {values.tolist()}"[:60],
)  # fmt: skip
def test_arrays_that_are_no_bounds(tmp_path: Path, values: Any) -> None:
    """NaN, infinities, other shapes and other things than real numbers are refused."""
    good, bad = npy(tmp_path, np.zeros(2), "good.npy"), npy(tmp_path, values, "bad.npy")
    for lower, upper in ((good, bad), (bad, good)):
        with pytest.raises((Malformed, Unreadable)) as caught:
            read(None, network(), lower=lower, upper=upper)
        assert len(str(caught.value)) < 300


def test_what_does_not_go_together(tmp_path: Path) -> None:
    """Half of the bounds, or a box beside them, is refused."""
    one = npy(tmp_path, np.zeros(2), "one.npy")
    for given, lower, upper in ((None, one, None), (None, None, one), ("[0,1]", one, one)):
        with pytest.raises(Malformed, match="bounds"):
            read(given, network(), lower=lower, upper=upper)


def damaged(data: bytes) -> list[bytes]:
    """The file cut, with one byte changed, with bytes more; and headers that lie."""
    cuts = [data[:end] for end in (0, 1, 6, 8, 9, 10, 40, len(data) - 1)]
    other = [
        data[:i] + bytes([data[i] ^ bit]) + data[i + 1 :] for i in range(128) for bit in (1, 128)
    ]
    header = b"\x93NUMPY\x01\x00"
    lies = [
        "{'descr': '<f8', 'fortran_order': False, 'shape': (1099511627776,), }",
        "{'descr': '<f8', 'fortran_order': False, 'shape': (-2,), }",
        "{'descr': '|O', 'fortran_order': False, 'shape': (2,), }",
        "{'descr': '<f8', 'fortran_order': False, 'shape': (2,), 'more': 1}",
        "(" * 5000,
        "__import__('os').abort()",
        "{'descr': ('<f8', (2,)), 'fortran_order': False, 'shape': (1,), }",
    ]
    made = [header + len(text).to_bytes(2, "little") + text.encode() + bytes(16) for text in lies]
    return [*cuts, data + b"\0", *other, *made]


def two_numbers_or_refused(path: Path) -> bool:
    """Whether the file is refused, in one line; else it has a number for each entry."""
    try:
        found = read(None, network(), lower=path, upper=path)
    except LumpverError as error:
        said = str(error)
    else:
        assert len(ranges(found)) == 2
        return False
    assert len(said) < 400
    return True


def test_damaged_arrays(tmp_path: Path) -> None:
    """Whatever is wrong with a file, it is refused with a typed error, or is still two numbers."""
    buffer = BytesIO()
    np.save(buffer, np.array([0.25, 0.5]))
    path, refused = tmp_path / "d.npy", 0
    for data in damaged(buffer.getvalue()):
        path.write_bytes(data)
        refused += two_numbers_or_refused(path)
    assert refused > 100


def test_damaged_archives(tmp_path: Path) -> None:
    """The same of archives; one that unpacks to more than an input asks for is not unpacked."""
    buffer = BytesIO()
    np.savez_compressed(buffer, x=np.array([0.25, 0.5]))
    whole, path = buffer.getvalue(), tmp_path / "d.npz"
    for i in range(len(whole)):
        for data in (whole[:i], whole[:i] + bytes([whole[i] ^ 4]) + whole[i + 1 :]):
            path.write_bytes(data)
            two_numbers_or_refused(path)
    with ZipFile(path, "w", ZIP_DEFLATED) as archive:
        archive.writestr("x.npy", bytes(50_000_000))
    with pytest.raises(Malformed, match="more bytes"):
        read(None, network(), lower=path, upper=path)


def test_not_a_number_says_where(tmp_path: Path) -> None:
    """NaN is named with its place."""
    bad = npy(tmp_path, np.array([0, np.nan]), "bad.npy")
    with pytest.raises(NotANumber, match=r"\[1\]"):
        read(None, network(), lower=bad, upper=bad)
