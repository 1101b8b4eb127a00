"""Other names for inner tensors: the same function, and text where text is needed."""

from __future__ import annotations

from dataclasses import replace

import pytest
from onnx_models import feeds, network, run, tensor, whole

from lumpver.errors import Malformed
from lumpver.exact.array import equal
from lumpver.io.json.reading import read
from lumpver.io.json.writing import write
from lumpver.io.onnx.write.fresh import fresh
from lumpver.model.names import Derived
from lumpver.model.network import Network
from lumpver.model.renaming import in_words, renamed

TURNED = "operand of y, transposed"
MODEL = whole(
    "Relu x r; Gemm r W y transA=1",
    tensor("W", [[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]),
    x=(3, None),
    outputs=[("y", [None, 2])],
)


def same(one: Network, other: Network) -> None:
    """Both give the same outputs for a few inputs."""
    for seed in range(3):
        given = {name: x.astype(float) for name, x in feeds(MODEL, seed).items()}
        ours, theirs = one.evaluate(given), other.evaluate(given)
        assert all((ours[name] == theirs[name]).all() for name in ours)


def test_nothing_derived_is_left_alone() -> None:
    """A network whose names are all its own is handed back as it is."""
    chain = Network.from_layers([([[1]], None)])
    assert in_words(chain) is chain


def test_renamed_networks_compute_the_same() -> None:
    """Names of tensors and of lengths are no part of a function."""
    found = network(MODEL)
    assert Derived(TURNED) in found.tensors
    other = renamed(found, {Derived(TURNED): "t", "r": Derived("r")})
    assert {"t", Derived("r")} <= set(other.tensors)
    same(found, other)


def test_words_avoid_the_words_that_are_there() -> None:
    """A tensor that has the text of a derived name already keeps it."""
    found = renamed(network(MODEL), {"r": TURNED})
    texts = in_words(found)
    assert {TURNED, f"{TURNED}.2"} <= set(texts.tensors)
    assert not any(isinstance(name, Derived) for name in texts.tensors)
    same(found, texts)


def test_lengths_get_words_too() -> None:
    """An axis without a name is told apart from one that is called as it would be."""
    found = network(MODEL)
    (x,) = found.inputs
    other = replace(x, name="w", shape=("x[1]",))
    both = replace(found, inputs=(x, other), tensors={**found.tensors, "w": other})
    assert [t.shape for t in in_words(both).inputs] == [(3, "x[1].2"), ("x[1]",)]


def test_files_hold_derived_names_as_text() -> None:
    """JSON and a fresh ONNX model have a text for each name, and compute the same."""
    found = renamed(network(MODEL), {"r": TURNED})
    back = read(write(found), where="test")
    assert set(back.tensors) == set(found.tensors)
    assert back.inputs == found.inputs
    same(found, back)
    given = feeds(MODEL)
    ours = found.evaluate({name: x.astype(float) for name, x in given.items()})
    (theirs,) = run(fresh(found), given).values()
    assert equal(ours["y"], theirs.astype(float)).all()


def test_json_refuses_names_that_nothing_is_spelled_as() -> None:
    """A mark that no writer puts there is no name."""
    text = write(renamed(network(MODEL), {"r": "~r"}))
    assert b"~~r" in text
    assert "~r" in read(text, where="test").tensors
    with pytest.raises(Malformed, match="names"):
        read(text.replace(b"~~r", b"~r"), where="test")
