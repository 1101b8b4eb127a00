"""Exact JSON: canonical writing, strict reading."""

from __future__ import annotations

import json
from copy import deepcopy
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from flint import fmpq
from hypothesis import given
from hypothesis import strategies as st

from lumpver.errors import LumpverError, Malformed, ShapeMismatch, Unreadable, Unrepresentable
from lumpver.exact.array import array
from lumpver.io.json.reading import read as read_json
from lumpver.io.json.schema import shallow, unique
from lumpver.io.json.writing import write as write_json
from lumpver.model.activations import RELU, Activation, leaky
from lumpver.model.network import Linear, Network, Opaque, Pointwise, Rearrange, Tensor
from lumpver.model.weights import Identity, weights_of

if TYPE_CHECKING:
    from lumpver.model.network import Node, Shape

THIRD = Network.from_layers([([["1/3"], [2]], ["-1/2", 0]), ([[1, 0]], None)])
TEXT = (
    b'{"format":"lumpver-network","inputs":[{"dtype":"real","name":"x","shape":[1]}],"nodes":['
    b'{"axis":-1,"bias":["-1/2","0"],"input":"x","kind":"affine","name":"layer 1",'
    b'"output":"h1.pre","weights":{"columns":1,"kind":"matrix","rows":[["1/3"],["2"]]}},'
    b'{"input":"h1.pre","kind":"activation","name":"activation 1","operator":"Relu",'
    b'"output":"h1","parameters":[]},'
    b'{"axis":-1,"bias":null,"input":"h1","kind":"affine","name":"layer 2","output":"y",'
    b'"weights":{"columns":2,"kind":"matrix","rows":[["1","0"]]}}],'
    b'"outputs":[{"dtype":"real","name":"y","shape":[1]}],"tensors":{'
    b'"h1":{"dtype":"real","shape":[2]},"h1.pre":{"dtype":"real","shape":[2]},'
    b'"x":{"dtype":"real","shape":[1]},"y":{"dtype":"real","shape":[1]}},"version":1}\n'
)


def network(*nodes: Node, shapes: tuple[Shape, ...], environment: bytes = b"") -> Network:
    """The network of these nodes in a row; the tensors in order have these shapes."""
    names = ["x", *(node.outputs[0] for node in nodes)]
    kinds = [Tensor(name, "float32", shape) for name, shape in zip(names, shapes, strict=True)]
    tensors = {tensor.name: tensor for tensor in kinds}
    return Network((kinds[0],), (kinds[-1],), nodes, tensors, environment)


EXTREMES = np.array([5e-324, -1.7976931348623157e308, -0.0, 0.1])
NETWORKS = {
    "nothing": Network((), (), (), {}),
    "no node": network(shapes=((1,),)),
    "twins": THIRD,
    "no rows": network(
        Linear("a", "x", "y", weights_of(np.zeros((0, 3))), np.zeros(0)), shapes=((3,), (0,))
    ),
    "no columns": network(Linear("a", "x", "y", weights_of(np.zeros((3, 0)))), shapes=((0,), (3,))),
    "no entries": network(Linear("a", "x", "y", weights_of(np.zeros(0))), shapes=((0,), (0,))),
    "identity": network(Linear("a", "x", "y"), shapes=(None, None)),
    "diagonal": network(Linear("a", "x", "y", weights_of(array(["1/3", 2]))), shapes=((2,), (2,))),
    "bias": network(Linear("a", "x", "y", Identity(), EXTREMES), shapes=(("N", 4), ("N", 4))),
    "float32": network(
        Linear("a", "x", "y", weights_of(np.array([[0.1, 3]], dtype=np.float32)), axis=-2),
        shapes=((None, 2, "N"), (None, 1, "N")),
    ),
    "huge": network(
        Linear("a", "x", "y", weights_of(np.array([[fmpq(10) ** 9000 / 7]]))), shapes=((1,), (1,))
    ),
    "parameters": network(
        Pointwise("a", "x", "b", leaky("1/100")),
        Pointwise("b", "b", "y", Activation("Clip", (fmpq(-1), fmpq(1, 3)))),
        shapes=(None, (2, 3), ("N", 3)),
    ),
    "rearranged": network(
        Rearrange("a", "x", "b", "Reshape", (0, -1), zero_copies=False),
        Rearrange("", "b", "c", "Transpose", None),
        Rearrange("c", "c", "d", "Unsqueeze", (0,)),
        Rearrange("d", "d", "e", "Squeeze", None),
        Rearrange("e", "e", "y", "Flatten", (-1,)),
        shapes=((0, 5), (0, 1), (1, 0), (1, 1, 0), (0,), (1, 0)),
    ),
    "environment": network(shapes=((1,),), environment=b"\x00\xffopset"),
    "names": network(
        Pointwise('\x00"\\', "x", "\u00e9\U0001f600\u2028", RELU), shapes=(None, None)
    ),
}


def edited(path: str, value: Any) -> bytes:
    """TEXT with the field at a dotted path replaced, or removed if `value` is `...`."""
    document = json.loads(TEXT)
    here = document
    *front, last = [int(key) if key.lstrip("-").isdigit() else key for key in path.split("/")]
    for key in front:
        here = here[key]
    if value is ...:
        del here[last]
    else:
        here[last] = deepcopy(value)
    return json.dumps(document).encode()


class TestRoundTrip:
    """Whatever can be written is read back the same."""

    @pytest.mark.parametrize("original", NETWORKS.values(), ids=NETWORKS)
    def test_same_network(self, original: Network) -> None:
        """Names, types, wiring and numbers survive; the text is reproduced."""
        text = write_json(original)
        again = read_json(text, where="f")
        assert again.digest == original.digest
        assert (again.tensors, again.environment) == (original.tensors, original.environment)
        assert write_json(again) == text

    def test_golden(self) -> None:
        """Version 1 is this text, for ever."""
        assert write_json(THIRD) == TEXT
        assert read_json(TEXT, where="f")([3]) == THIRD([3])

    def test_storage_does_not_show(self) -> None:
        """Equal numbers make equal text, however they are stored."""
        texts = set()
        for W in (
            np.array([[0.5, -0.0]], dtype=np.float16),
            np.array([[0.5, 0.0]]),
            np.array([[fmpq(1, 2), fmpq(0)]], dtype=object),
        ):
            node = Linear("a", "x", "y", weights_of(W))
            texts.add(write_json(network(node, shapes=((2,), (1,)))))
        assert len(texts) == 1

    def test_storage_is_float64_where_it_can_be(self) -> None:
        """Arrays of dyadic numbers come back as float64, others as rationals."""
        first, _, last = read_json(TEXT, where="f").nodes
        assert (first.W.dtype, first.b.dtype, last.W.dtype) == (object, np.float64, np.float64)

    def test_spacing_and_order_are_free(self) -> None:
        """A reformatted text is the same network."""
        document = json.loads(TEXT)
        turned = {key: document[key] for key in reversed(document)}
        text = json.dumps(turned, indent=4, ensure_ascii=True).encode()
        assert write_json(read_json(text, where="f")) == TEXT

    def test_real_networks(self, nets: Any) -> None:
        """An NNet file's network survives with every number."""
        from lumpver.io.nnet.reading import read as read_nnet

        for name in ("ACASXU_run2a_1_1_tiny_4", "mnist_1000", "spiky_nnet"):
            data = (nets / "sisl-nv" / "test" / "networks" / f"{name}.nnet").read_bytes()
            original = read_nnet(data, where=name)
            again = read_json(write_json(original), where=name)
            assert again.digest == original.digest


class TestWrite:
    """What cannot be written."""

    def test_opaque(self) -> None:
        """An opaque node is refused by name."""
        with pytest.raises(Unrepresentable) as caught:
            write_json(network(Opaque("soft", "Softmax", ("x",), ("y",)), shapes=(None, None)))
        assert (caught.value.where, caught.value.got) == ("node soft", "Softmax")

    def test_long_axis(self) -> None:
        """What the reader would refuse for its size is not written."""
        with pytest.raises(Unrepresentable):
            write_json(network(shapes=((2**24,),)))

    def test_name_that_is_no_text(self) -> None:
        """A lone surrogate has no UTF-8."""
        with pytest.raises(Malformed):
            write_json(network(Pointwise("a", "x", "\ud800", RELU), shapes=(None, None)))


AFFINE = "nodes/0"
REFUSED = [
    ("format", "lumpver-certificate", Malformed),
    ("format", ..., Malformed),
    ("version", 2, Malformed),
    ("version", 1.0, Malformed),
    ("version", "1", Malformed),
    ("version", True, Malformed),
    ("environment", "FF", Malformed),
    ("environment", "0", Malformed),
    ("environment", "ff ff", Malformed),
    ("environment", None, Malformed),
    ("extra", 1, Malformed),
    ("nodes", {}, Malformed),
    ("nodes", ..., Malformed),
    ("inputs/0/extra", 1, Malformed),
    ("inputs/0/name", "", Malformed),
    ("inputs/0/name", 3, Malformed),
    ("inputs/0/name", "z", Malformed),
    ("inputs", [], Malformed),
    ("outputs/0/name", "z", Malformed),
    ("tensors/h1", ..., Malformed),
    ("tensors/z", {"dtype": "real", "shape": None}, Malformed),
    ("tensors/x/shape", [1.0], Malformed),
    ("tensors/x/shape", [-1], Malformed),
    ("tensors/x/shape", [True], Malformed),
    ("tensors/x/shape", [2**24], Malformed),
    ("tensors/x/shape", [10**4000], Malformed),
    ("tensors/x/shape", [""], Malformed),
    ("tensors/x/shape", 1, Malformed),
    ("tensors/x/shape", [2], ShapeMismatch),
    ("tensors/x/shape", [], ShapeMismatch),
    ("tensors/x/shape", None, ShapeMismatch),
    ("tensors/h1.pre/shape", [1], ShapeMismatch),
    ("tensors/h1.pre/shape", None, ShapeMismatch),
    ("tensors/h1.pre/shape", ["N"], ShapeMismatch),
    ("tensors/h1/shape", [3], ShapeMismatch),
    ("tensors/h1/shape", [1, 2], ShapeMismatch),
    (f"{AFFINE}/kind", "dense", Malformed),
    (f"{AFFINE}/kind", ..., Malformed),
    (f"{AFFINE}/operator", "Relu", Malformed),
    (f"{AFFINE}/axis", 0, Malformed),
    (f"{AFFINE}/axis", -1.0, Malformed),
    (f"{AFFINE}/axis", -2, ShapeMismatch),
    (f"{AFFINE}/input", "h1", Malformed),
    (f"{AFFINE}/output", "x", Malformed),
    (f"{AFFINE}/bias", ..., Malformed),
    (f"{AFFINE}/bias", ["0"], ShapeMismatch),
    (f"{AFFINE}/bias", ["0", 0], Malformed),
    (f"{AFFINE}/bias", ["0", 0.5], Malformed),
    (f"{AFFINE}/bias", ["0", ["0"]], Malformed),
    (f"{AFFINE}/weights", [["1"], ["2"]], Malformed),
    (f"{AFFINE}/weights/rows", [["1"], ["2", "3"]], ShapeMismatch),
    (f"{AFFINE}/weights/rows", [["1"], []], ShapeMismatch),
    (f"{AFFINE}/weights/rows", [["1"]], ShapeMismatch),
    (f"{AFFINE}/weights/columns", 2, ShapeMismatch),
    (f"{AFFINE}/weights/columns", -1, Malformed),
    (f"{AFFINE}/weights/columns", 2**62, Malformed),
    (f"{AFFINE}/weights", {"kind": "diagonal", "entries": ["1"]}, ShapeMismatch),
    (f"{AFFINE}/weights", {"kind": "matrix", "columns": 2**24 - 1, "rows": []}, ShapeMismatch),
    ("nodes/1/operator", "Softmax", Malformed),
    ("nodes/1/operator", "LeakyRelu", Malformed),
    ("nodes/1/parameters", ["1"], Malformed),
    ("nodes/1/parameters", None, Malformed),
]


class TestRead:
    """What is not read."""

    @pytest.mark.parametrize(("path", "value", "error"), REFUSED)
    def test_refused(self, path: str, value: Any, error: type[LumpverError]) -> None:
        """One field that is wrong, missing or too many is refused, with our own error."""
        assert read_json(edited("version", 1), where="f").digest == THIRD.digest
        with pytest.raises(error) as caught:
            read_json(edited(path, value), where="f")
        assert len(str(caught.value)) < 300

    @pytest.mark.parametrize(
        "number", ["", "1.5", "2/4", "+1", "-0", "01", "1/0", "1/-2", " 1", "1e3", "nan", "\u0661"]
    )
    def test_numbers(self, number: str) -> None:
        """Numbers are integers or fractions in lowest terms; the place is named."""
        with pytest.raises(Malformed) as caught:
            read_json(edited(f"{AFFINE}/weights/rows/1/0", number), where="f")
        assert caught.value.where == "node layer 1 weights row 1, value 0"

    @pytest.mark.parametrize(
        ("before", "after"),
        [
            (b'"version":1', b'"version":1,"version":1'),
            (b'"version":1', b'"version":1,"v\\u0065rsion":1'),
            (b'"bias":null', b'"bias":null,"bias":null'),
            (b'"kind":"matrix"', b'"kind":"matrix","kind":"matrix"'),
            (b'"x":{"dtype"', b'"x":{"dtype":"real","shape":[1]},"x":{"dtype"'),
        ],
    )
    def test_duplicate_keys(self, before: bytes, after: bytes) -> None:
        """A key that stands twice is refused, even where both say the same."""
        assert TEXT.count(before) >= 1
        with pytest.raises(Malformed, match="twice"):
            read_json(TEXT.replace(before, after), where="f")

    @pytest.mark.parametrize(
        "data",
        [
            b"",
            b"\n",
            b"{",
            b'{"format":x}',
            TEXT[:-2],
            TEXT + b"x",
            b"\xef\xbb\xbf" + TEXT,
            TEXT.decode().encode("utf-16"),
            TEXT.replace(b"layer 1", b"layer \xff"),
            TEXT.replace(b"layer 1", b"layer \\ud800"),
            TEXT.replace(b"layer 1", b"layer \n"),
            TEXT.replace(b'"version":1', b'"version":01'),
            TEXT.replace(b'"bias":null', b'"bias":NaN'),
        ],
    )
    def test_not_json(self, data: bytes) -> None:
        """What is no JSON text in UTF-8 is unreadable."""
        with pytest.raises(Unreadable):
            read_json(data, where="f")

    @pytest.mark.parametrize("data", [b"[]", b"null", b"1", b'"x"', b"{}"])
    def test_not_a_network(self, data: bytes) -> None:
        """Other JSON is malformed."""
        with pytest.raises(Malformed):
            read_json(data, where="f")

    @pytest.mark.parametrize("opening", [b"[", b'{"a":', b'{"nodes":[{"x":' + b"["])
    def test_deep_nesting(self, opening: bytes) -> None:
        """A million brackets are refused before any parser sees them."""
        for data in (opening * 10**6, TEXT[:-2] + b',"z":' + opening * 10**5):
            with pytest.raises(Malformed, match="deeper nesting"):
                read_json(data, where="f")

    @pytest.mark.parametrize(
        ("operator", "parameters", "shapes"),
        [
            ("Reshape", None, ((6,), (2, 3))),
            ("Reshape", [-1, -1], ((6,), (2, 3))),
            ("Reshape", [-2, 3], ((6,), (2, 3))),
            ("Reshape", [2, 2], ((6,), (2, 2))),
            ("Reshape", [2, 3], ((6,), (3, 2))),
            ("Reshape", [6, 0], ((6,), (6, 1))),
            ("Flatten", None, ((2, 3), (2, 3))),
            ("Flatten", [3], ((2, 3), (6, 1))),
            ("Flatten", [0, 1], ((2, 3), (2, 3))),
            ("Transpose", [0, 0], ((2, 3), (2, 2))),
            ("Transpose", [0], ((2, 3), (3, 2))),
            ("Squeeze", [0], ((2, 3), (3,))),
            ("Squeeze", [2], ((1, 3), (3,))),
            ("Squeeze", [0, -2], ((1, 3), (3,))),
            ("Unsqueeze", None, ((3,), (1, 3))),
            ("Unsqueeze", [0, 0], ((3,), (1, 1, 3))),
            ("Unsqueeze", [3], ((3,), (1, 3))),
            ("Gather", [0], ((3,), (3,))),
        ],
    )
    def test_rearrangements(
        self, operator: str, parameters: list[int] | None, shapes: tuple[Shape, Shape]
    ) -> None:
        """Parameters that ONNX would refuse, or that make another shape, are refused."""
        values = None if parameters is None else tuple(parameters)
        node = Rearrange("r", "x", "y", operator, values)
        with pytest.raises(Malformed):
            read_json(write_json(network(node, shapes=shapes)), where="f")

    @given(st.binary(max_size=12), st.integers(0, len(TEXT)), st.integers(0, 12))
    def test_garbage_raises_only_our_errors(self, noise: bytes, place: int, cut: int) -> None:
        """Whatever bytes replace some of the text, the answer is a network or our error."""
        try:
            found = read_json(TEXT[:place] + noise + TEXT[place + cut :], where="f")
        except LumpverError:
            return
        assert read_json(write_json(found), where="f").digest == found.digest


def test_brackets_in_strings_do_not_count() -> None:
    """Only brackets outside strings are nesting; escapes do not end a string."""
    for text in ["[" * 99, '\\"' * 99 + "[" * 99, "\\\\", '\\\\\\"' + "{" * 99]:
        shallow(b'"' + text.encode() + b'"', where="f")
    with pytest.raises(Malformed):
        shallow(b'"\\\\"' + b"[" * 65, where="f")
    shallow(b"[" * 64 + b"]" * 64, where="f")
    shallow(b"[]" * 1000, where="f")
    shallow(b'"' + b'\\"' * 10**5, where="f")  # open: linear all the same


def test_unique() -> None:
    """Keys may recur in different objects only."""
    unique(b'[{"a": 1}, {"a": {"a": 2.5}}]', where="f")
    for text in (b'{"a": 1, "b": 2, "a": 3}', b'[[{"": 1, "": 1}]]'):
        with pytest.raises(Malformed):
            unique(text, where="f")
    for text in (b"", b"[1,]", b"\xff"):
        with pytest.raises(Unreadable):
            unique(text, where="f")
