"""The NNet format: exact reading and writing, against plain Fractions."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from nnet_oracle import TINY, computed, values

from lumpver.errors import (
    LumpverError,
    Malformed,
    NotANumber,
    ShapeMismatch,
    Unreadable,
    Unrepresentable,
)
from lumpver.io.nnet.header import Header
from lumpver.io.nnet.reading import read as read_nnet
from lumpver.io.nnet.writing import write as write_nnet
from lumpver.model.network import Network

if TYPE_CHECKING:
    from pathlib import Path


def changed(line: int, text: str) -> bytes:
    """TINY with one line, counted from 1, replaced."""
    lines = TINY.split("\n")
    lines[line - 1] = text
    return "\n".join(lines).encode()


def points(inputs: int, seed: int) -> list[list[Fraction]]:
    """Two rational points, one with denominators that are no powers of two."""
    random = np.random.default_rng(seed)
    tops, bottoms = random.integers(-9, 9, (2, inputs)), random.integers(1, 8, (2, inputs))
    return [
        [Fraction(int(a), int(b)) for a, b in zip(*rows, strict=True)]
        for rows in zip(tops, bottoms, strict=True)
    ]


class TestRead:
    """Tests for `read`."""

    def test_structure(self) -> None:
        """Nodes and tensors have the documented names and widths."""
        network = read_nnet(TINY.encode(), where="tiny")
        assert [node.name for node in network.nodes] == [
            "normalize",
            "layer 1",
            "activation 1",
            "layer 2",
            "denormalize",
        ]
        assert [t.name for t in network.tensors.values()] == [
            *("x", "x.normal", "h1.pre", "h1", "y.normal", "y"),
        ]
        assert network.widths == (2, 2, 1)
        assert network.tensors["x"].dtype == "real"

    def test_value(self) -> None:
        """Normalization, layers and denormalization are what the format says."""
        network = read_nnet(TINY.encode(), where="tiny")
        for x in points(2, seed=1):
            assert values(network, x) == computed(TINY.encode(), x)
        assert values(network, [Fraction(1, 2), Fraction(0)]) == [Fraction(7, 2)]

    def test_decimals_are_exact(self) -> None:
        """A tenth is a tenth; an array of floats is stored as one."""
        first = read_nnet(TINY.encode(), where="tiny").nodes[1]
        assert [str(value) for value in first.W.ravel()] == ["1", "-1", "1/10", "1/10"]
        assert (first.b.dtype, first.b.tolist()) == (np.float64, [0.25, -3.0])

    def test_identity_normalization_is_still_a_node(self) -> None:
        """Means 0 and ranges 1 make affine nodes without numbers."""
        data = b"1,1,1,1,\n1,1,\n0\n0,\n1,\n0,0,\n1,1,\n5,\n7,"
        network = read_nnet(data, where="one")
        assert (network.nodes[0].W, network.nodes[0].b) == (None, None)
        assert (network.nodes[-1].W, network.nodes[-1].b) == (None, None)
        assert network([2]) == (17,)

    def test_superfluous_means(self) -> None:
        """Of a longer line the first values are the inputs', the last the outputs'."""
        data = b"1,1,1,1,\n1,1,\n0\n0,9,\n1,9,\n3,9,9,2,\n1,0,9,10,\n1,\n0,"
        assert read_nnet(data, where="long")([5]) == (22,)

    @pytest.mark.parametrize("means", ["3,2,", "3,2,0,", "3 , 2"])
    @pytest.mark.parametrize("ranges", ["5,4,", "5,4,1,"])
    def test_without_means_of_the_outputs(self, means: str, ranges: str) -> None:
        """Where the outputs have no mean it is 0, where they have no range it is 1."""
        lines = TINY.split("\n")
        lines[6:8] = [means, ranges]
        network = read_nnet("\n".join(lines).encode(), where="tiny")
        lines[6:8] = ["3,2,0,", "5,4,1,"]
        whole = read_nnet("\n".join(lines).encode(), where="whole")
        assert network.digest == whole.digest
        assert read_nnet(write_nnet(network), where="again").digest == whole.digest

    @pytest.mark.parametrize(
        "data",
        [
            TINY.replace("\n", "\r\n").encode(),
            TINY.replace("0,\n-1,-1,", "any words, at all\n-1,-1,").encode(),
            TINY.replace(",\n", "\n").encode(),
            TINY.rstrip("\n").encode(),
            TINY.replace("1,-1,", " 1 , -1 ,").encode() + b"\n \n",
            TINY.replace("a comment", "caf\xe9").encode("latin-1"),
            TINY.replace("// a comment\n", "").encode(),
            TINY.replace("2,2,1,2,", "2,2,1,999,").encode(),
        ],
        ids=["crlf", "flag", "open", "no newline", "spaces", "latin-1", "bare", "largest"],
    )
    def test_spellings(self, data: bytes) -> None:
        """Line ends, spaces, comments, the flag and the largest size change nothing."""
        network = read_nnet(data, where="tiny")
        assert network.digest == read_nnet(TINY.encode(), where="tiny").digest

    @pytest.mark.parametrize(
        ("data", "error", "where"),
        [
            (b"", Unreadable, "f"),
            (b"// only a comment\n", Unreadable, "f"),
            (b"\x08\x07\x12\xff\x00onnx", Unreadable, "f line 1"),
            (changed(2, "2,2,1,"), Unreadable, "f line 2"),
            (changed(2, "2,2,1,x,"), Unreadable, "f line 2"),
            (changed(2, "2,2,-1,2,"), Unreadable, "f line 2"),
            (changed(2, "2,0,1,2,"), Unreadable, "f line 2"),
            (changed(2, "2,2,1,2,,"), Unreadable, "f line 2"),
            (changed(2, "3,2,1,2,"), Malformed, "f line 3"),
            (changed(2, "2,3,1,2,"), Malformed, "f line 3"),
            (changed(3, "2,2,2,"), Malformed, "f line 3"),
            (changed(3, "2,0,1,"), Unreadable, "f line 3"),
            (changed(3, "2,99999999,1,"), Unreadable, "f line 15"),
            (changed(5, "-1,"), Malformed, "f line 5"),
            (changed(7, "0,"), Malformed, "f line 7"),
            (changed(8, "1,"), Malformed, "f line 8"),
            (changed(8, "1,0,"), Malformed, "f ranges, value 2"),
            (changed(7, "0,0,a,"), NotANumber, "f means, value 3"),
            (changed(8, "1,0,1,"), Malformed, "f ranges, value 2"),
            (changed(8, "1,1,-0.0,"), Malformed, "f ranges, value 3"),
            (changed(9, "1,-1,2,"), Malformed, "f line 9"),
            (changed(9, "1,"), Malformed, "f line 9"),
            (changed(9, ""), Malformed, "f line 9"),
            (changed(9, "1,nan,"), NotANumber, "f line 9, value 2"),
            (changed(9, "1,inf,"), NotANumber, "f line 9, value 2"),
            (changed(9, "1,1/2,"), NotANumber, "f line 9, value 2"),
            (changed(9, "1,1e1000,"), NotANumber, "f line 9, value 2"),
            (changed(9, "1,1e-999999999999,"), NotANumber, "f line 9, value 2"),
            (changed(9, "1,0." + "3" * 4300 + ","), NotANumber, "f line 9, value 2"),
            (changed(9, "1," + "0" * 10**6 + "1,"), NotANumber, "f line 9, value 2"),
            (changed(10, "0.1,"), Malformed, "f line 10"),
            (changed(11, "1,2,"), Malformed, "f line 11"),
            (changed(15, "1,"), Malformed, "f line 15"),
            (TINY[: TINY.index("1,0.5")].encode(), Unreadable, "f line 13"),
            (changed(14, "0.12345")[:-1], Unreadable, "f line 14"),
        ],
    )
    def test_refused(self, data: bytes, error: type[LumpverError], where: str) -> None:
        """A garbled or truncated file is refused, and the line is named."""
        with pytest.raises(error) as caught:
            read_nnet(data, where="f")
        assert caught.value.where == where

    @given(st.integers(0, len(TINY) - 3))
    def test_every_truncation_is_refused(self, end: int) -> None:
        """No proper prefix of a file is a network, save for its final line end."""
        with pytest.raises(LumpverError):
            read_nnet(TINY[:end].encode(), where="f")

    @given(st.binary(max_size=80), st.integers(0, len(TINY)))
    def test_garbage_raises_only_our_errors(self, noise: bytes, place: int) -> None:
        """Whatever bytes get into a file, the answer is a network or a typed error."""
        data = TINY.encode()[:place] + noise + TINY.encode()[place:]
        message = ""
        try:
            read_nnet(data, where="f")
        except LumpverError as error:
            message = str(error)
        assert message.isprintable()


class TestWrite:
    """Tests for `write`."""

    def test_same_numbers(self) -> None:
        """What is read is written with its header, and read again the same."""
        network = read_nnet(TINY.encode(), where="tiny")
        written = write_nnet(network)
        assert written.decode().split("\n")[:8] == TINY.split("\n")[:8]
        assert read_nnet(written, where="again").digest == network.digest
        assert write_nnet(read_nnet(written, where="again")) == written

    def test_plain_header(self) -> None:
        """A network from elsewhere has no normalization and limits of 1e30."""
        written = write_nnet(Network.from_layers([([[1, 2]], [3])]))
        assert written == (
            b"1,2,1,2,\n2,1,\n0\n-1e30,-1e30,\n1e30,1e30,\n0,0,0,\n1,1,1,\n1,2,\n3,\n"
        )

    def test_header_is_taken_out_again(self) -> None:
        """A constant network of one layer keeps the header and its value."""
        source = read_nnet(TINY.encode(), where="tiny").source
        constant = Network.from_layers([([[0, 0]], ["1/5"])])
        network = Network(
            constant.inputs, constant.outputs, constant.nodes, constant.tensors, source=source
        )
        again = read_nnet(write_nnet(network), where="again")
        assert again.source == source
        assert values(again, [Fraction(7), Fraction(1, 3)]) == [Fraction(1, 5)]

    def test_hidden_layer_without_units(self) -> None:
        """A layer that lost all its units is written as one that is always 0."""
        layers = [(np.zeros((0, 2)), np.zeros(0)), (np.zeros((1, 0)), [5])]
        again = read_nnet(write_nnet(Network.from_layers(layers)), where="again")
        assert again.widths == (2, 1, 1)
        assert again([3, 4]) == (5,)

    @pytest.mark.parametrize(
        ("layers", "error", "where"),
        [
            ([([["1/3"]], [0])], Unrepresentable, "layer 1, row 0, column 0"),
            ([([[1, "1/7"]], [0])], Unrepresentable, "layer 1, row 0, column 1"),
            ([([[1]], [0]), ([[1]], ["1/3"])], Unrepresentable, "layer 2 bias, row 0, column 0"),
            ([([[1]], [0], "tanh"), ([[1]], [0])], Unrepresentable, "node activation 1"),
            ([(np.zeros((1, 0)), [0])], Unrepresentable, "network"),
            ([(np.zeros((0, 1)), np.zeros(0))], Unrepresentable, "network"),
        ],
    )
    def test_refused(self, layers: list, error: type[LumpverError], where: str) -> None:
        """What the format cannot hold is refused, and named."""
        with pytest.raises(error) as caught:
            write_nnet(Network.from_layers(layers))
        assert caught.value.where == where

    def test_wrong_header(self) -> None:
        """A header for fewer inputs is refused."""
        chain = Network.from_layers([([[1, 2]], [3])])
        network = Network(
            chain.inputs, chain.outputs, chain.nodes, chain.tensors, source=Header.plain(1)
        )
        with pytest.raises(ShapeMismatch):
            write_nnet(network)

    @pytest.mark.parametrize("part", ["comments", "flag", "minima", "means"])
    def test_header_holds_lines(self, part: str) -> None:
        """A header whose parts would be read as something else cannot be made."""
        parts = {name: getattr(Header.plain(1), name) for name in Header.__slots__}
        parts[part] = "0\n1" if part == "flag" else ("1\n,2",)
        with pytest.raises(Malformed):
            Header(**parts)


def test_real_files(nets: Path) -> None:
    """Every real file computes what plain Fractions say, and writing keeps every number."""
    files = sorted(nets.rglob("*.nnet"))
    assert files
    for index, file in enumerate(files):
        data = file.read_bytes()
        network = read_nnet(data, where=file.name)
        again = read_nnet(write_nnet(network), where="again")
        assert again.digest == network.digest, file
        assert again.source == network.source, file
        if "coav" not in file.parts or index % 12 == 0:  # 49 files of one shape
            x, _ = points(network.widths[0], seed=7)
            assert values(network, x) == computed(data, x), file
