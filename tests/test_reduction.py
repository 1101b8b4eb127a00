"""Tests for `reducing.reduction`: one call gives a smaller network, the same function, a proof."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import sympy
from nasty import fractions
from paper_examples import ALL
from planting import mixed
from random_graphs import random_graph
from small_networks import THREE

import lumpver
from lumpver.checker import check
from lumpver.errors import LumpverError, Malformed, ShapeMismatch
from lumpver.io.files import load
from lumpver.io.json.reading import read
from lumpver.io.json.writing import write
from lumpver.io.onnx.write.fresh import fresh
from lumpver.model.evaluation import trace
from lumpver.model.network import Network
from lumpver.reducing.reduction import Reduction, reduce
from lumpver.search.lumping import DEFINITION_6, RULES
from lumpver.tell.summary import layers

if TYPE_CHECKING:
    from lumpver.theory.examples import Example

FLOATS = [p for p in ALL if p.id not in {"thirds", "no_hidden", "constant_network", "leaky_twins"}]
POINTS = (0, 1, -1, "-1/3", "7/2", Fraction(10**9, 7))


def points(network: Network) -> list[list[Fraction]]:
    """Some inputs of a chain."""
    width = network.inputs[0].shape[0]  # type: ignore[index]
    return [[Fraction(p) * (-1) ** i + i for i in range(width)] for p in POINTS]  # type: ignore[arg-type]


def hidden(found: Reduction) -> tuple[int, ...]:
    """Units left of every hidden layer."""
    return tuple(layer.units_after for layer in layers(found) if not layer.name.startswith("y"))


@pytest.mark.parametrize("example", ALL)
def test_the_table(example: Example) -> None:
    """Every example comes out with the widths of the table, checked."""
    network = example.network
    found = reduce(network, rules=DEFINITION_6)
    check(network, found.network, found.certificate)
    assert hidden(found) == example.reduced
    signed = reduce(network)
    check(network, signed.network, signed.certificate)
    assert all(n <= most for n, most in zip(hidden(signed), example.reduced, strict=True))
    if example.name != "sigmoid_half":
        for x in points(network):
            assert found.network(x) == network(x)


@pytest.mark.parametrize("example", ALL)
def test_the_table_is_reduced_once(example: Example) -> None:
    """reduce(reduce(N)) is reduce(N), to the byte, and has nothing to say any more."""
    once = reduce(example.network)
    twice = reduce(once.network)
    assert write(twice.network) == write(once.network)
    assert not twice.certificate.tensors


@pytest.mark.parametrize("example", ALL)
def test_the_table_through_json(example: Example) -> None:
    """Written and read again, original and reduced are what they were, and so is the answer."""
    network = read(write(example.network), where="original")
    assert network.digest == example.network.digest
    found, direct = reduce(network), reduce(example.network)
    assert write(found.network) == write(direct.network)
    check(network, read(write(found.network), where="reduced"), direct.certificate)


@pytest.mark.parametrize("example", FLOATS)
def test_the_table_through_onnx(tmp_path: Any, example: Example) -> None:
    """As an ONNX file the example reduces alike, but for what no float64 holds."""
    path = tmp_path / "model.onnx"
    path.write_bytes(fresh(example.network))
    network = load(path).network
    found = reduce(network, rules=DEFINITION_6, floats_only=True)
    check(network, found.network, found.certificate)
    kept = [one.kept_unrepresentable for one in layers(found) if one.name != "y.pre"]
    exact = tuple(n - k for n, k in zip(hidden(found), kept, strict=True))
    assert exact == example.reduced
    assert not any(kept) or example.name == "huge_and_tiny"
    if example.name != "sigmoid_half":
        for x in points(example.network):
            assert found.network(x) == example.network(x)


@pytest.mark.parametrize("seed", range(80))
def test_random_chains(seed: int) -> None:
    """On chains with any numbers and activations: the same function, checked, only once."""
    network = mixed(seed)
    found = reduce(network)
    check(network, found.network, found.certificate)
    for x in points(network):
        assert found.network(x) == network(x)
    again = reduce(found.network)
    assert again.network.digest == found.network.digest
    assert not again.certificate.tensors


@pytest.mark.parametrize("rules", [RULES, ("merges", "constants", "unused")], ids=len)
@pytest.mark.parametrize("seed", range(150))
def test_random_graphs(seed: int, rules: tuple[str, ...]) -> None:
    """The same where there are branches, other axes, rearrangements and opaque nodes."""
    network = random_graph(seed)
    rng = np.random.default_rng(seed)
    inputs = {t.name: rng.integers(-5, 6, t.shape).astype(float) for t in network.inputs}
    ours = trace(network, inputs)
    for floats_only in (False, True):
        found = reduce(network, rules=rules, floats_only=floats_only)
        check(network, found.network, found.certificate)
        theirs = trace(found.network, inputs)
        for output in network.outputs:
            assert (output.name in ours) == (output.name in theirs)
            if output.name in ours:
                assert (fractions(ours[output.name]) == fractions(theirs[output.name])).all()
        for name, value in theirs.items():
            assert found.network.tensors[name].shape == value.shape
        again = reduce(found.network, rules=rules, floats_only=floats_only)
        assert again.network.digest == found.network.digest


@pytest.mark.parametrize("seed", range(40))
def test_recover(seed: int) -> None:
    """The original's hidden values come back from the reduced network's, all but the unread."""
    network = mixed(seed)
    found = reduce(network)
    for x in points(network)[:3]:
        ours, theirs = (trace(n, {"x": x}) for n in (network, found.network))
        ends = {"x", "y", *(segment.output for segment in network.segments)}
        gone = frozenset[str]().union(*(one.inside for one in found.replaced))
        for name in (ends | set(found.lumping.relabellings)) - gone:
            values = found.recover(name, theirs.get(name, []))
            for expected, got in zip(fractions(ours[name]), values, strict=True):
                assert got is None or sympy.Rational(expected) == got


def test_recover_in_words() -> None:
    """Multiples, constants and unread units, as a person sees them."""
    network = Network.from_layers([([[1], [2], [0], [-1]], [0, 0, 7, 0]), ([[1, 1, 1, 0]], None)])
    found = reduce(network)
    assert found.recover("h1", [5]) == [5, 10, 7, None]
    assert found.recover("x", [3]) == [3]
    assert found.recover("y", ["1/3"]) == [sympy.Rational(1, 3)]


@pytest.mark.parametrize(
    ("name", "values", "error"),
    [
        ("zz", [1], Malformed),
        ("h1", [], ShapeMismatch),
        ("h1", [1, 2, 3], ShapeMismatch),
        ("y", [1, 2], ShapeMismatch),
    ],
)
def test_recover_refuses(name: str, values: list[int], error: type[LumpverError]) -> None:
    """Tensors that are not there, and the wrong number of values, are refused."""
    with pytest.raises(error):
        reduce(THREE).recover(name, values)


def test_recover_inside_a_segment() -> None:
    """What was multiplied out is no tensor any more, and cannot be recovered."""
    network = Network.from_layers([(np.ones((5, 1)), None, "identity"), (np.ones((1, 5)), None)])
    found = reduce(network)
    assert found.network([2]) == (10,)
    with pytest.raises(Malformed):
        found.recover("h1", [1] * 5)


@pytest.mark.parametrize("rules", [["magic"], "merges", ["merges", "Constants"]], ids=repr)
def test_unknown_rules(rules: Any) -> None:
    """A rule that does not exist is refused."""
    with pytest.raises(Malformed):
        reduce(THREE, rules=rules)


def test_no_rules() -> None:
    """Without rules a network stays as it is, node for node."""
    found = reduce(THREE, rules=[])
    assert all(a is b for a, b in zip(found.network.nodes, THREE.nodes, strict=True))
    assert not found.certificate.tensors


@pytest.mark.parametrize("seed", range(20))
def test_fewer_rules_leave_more(seed: int) -> None:
    """Every rule only ever helps."""
    network = mixed(seed)
    most = reduce(network).network.units
    for rule in RULES:
        rest = [other for other in RULES if other != rule]
        assert reduce(network, rules=rest).network.units >= most


@pytest.mark.parametrize("unit", range(3))
def test_kept_units(unit: int) -> None:
    """A kept unit is there in the result, with its own weights; everything still adds up."""
    found = reduce(THREE, keep=frozenset({("h1.pre", unit)}))
    check(THREE, found.network, found.certificate)
    relabelling = found.lumping.of("h1.pre")
    assert relabelling is not None
    place = int(relabelling.block[unit])
    ours, theirs = (trace(n, {"x": [3]})["h1.pre"] for n in (THREE, found.network))
    assert fractions(theirs)[place] == fractions(ours)[unit]


def test_kept_units_have_to_exist() -> None:
    """A unit that is not there cannot be kept."""
    with pytest.raises(Malformed):
        reduce(THREE, keep=frozenset({("h1.pre", 3)}))


@pytest.mark.parametrize("seed", range(12))
def test_deterministic(seed: int) -> None:
    """The same network gives the same network and the same claims."""
    one, two = reduce(mixed(seed)), reduce(mixed(seed))
    assert write(one.network) == write(two.network)
    assert list(one.certificate.tensors) == list(two.certificate.tensors)
    assert dict(one.certificate.provenance) == dict(two.certificate.provenance)


@pytest.mark.parametrize(
    "layers_",
    [
        [(np.zeros((0, 2)), None), (np.zeros((1, 0)), [3])],
        [(np.zeros((2, 0)), [1, -1]), ([[1, 1]], None)],
        [([[1], [2]], None), (np.zeros((0, 2)), None)],
        [(np.zeros((0, 0)), None)],
        [([[0]], None), ([[0]], None)],
        [([[1]], None)] * 300,
        [(np.ones((400, 1)), None), (np.ones((1, 400)), None)],
    ],
)
def test_degenerate_shapes(layers_: Any) -> None:
    """No units, no inputs, no outputs, all zeros, very deep, very wide."""
    network = Network.from_layers(layers_)
    found = reduce(network)
    check(network, found.network, found.certificate)
    x = [2] * layers_[0][0].shape[1] if hasattr(layers_[0][0], "shape") else [2]
    assert found.network(x) == network(x)
    assert reduce(found.network).network.digest == found.network.digest


def test_what_the_certificate_says() -> None:
    """Only what changed is listed; the provenance names definition and rules."""
    found = reduce(THREE, rules=["merges"])
    assert set(found.certificate.tensors) == {"h1.pre"}
    assert found.certificate.provenance["rules"] == ["merges"]
    assert "6*" in found.certificate.provenance["definition"]
    assert found.certificate.original is None


def test_from_the_package() -> None:
    """`lumpver.reduce` of a network is this, and its answer is readable."""
    assert repr(lumpver.reduce(THREE)) == "<Reduction: 3 units to 1>"
