"""The table and joint lumping: equal units get one number, others never do."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from flint import fmpq
from hypothesis import given
from hypothesis import strategies as st

from lumpver.checker import check
from lumpver.claim.certificate import Certificate
from lumpver.errors import Rejected
from lumpver.exact.array import array
from lumpver.exact.scalar import ONE, ZERO
from lumpver.model.activations import RELU, Activation, leaky
from lumpver.model.network import Linear, Network, Rearrange
from lumpver.model.opaque import Constant, Opaque
from lumpver.model.tensor import Tensor
from lumpver.model.weights import weights_of
from lumpver.proving.comparison import Comparison, compare, rows
from lumpver.proving.joint import Sweep, swept
from lumpver.proving.joint.rearrange import transposition
from lumpver.proving.layouts import sizes
from lumpver.proving.pairing import pair
from lumpver.proving.table import Applied, Table, read, row
from lumpver.proving.values import Units, combined, fingerprint, forms, single
from lumpver.trial.strategies import multiples

chain = Network.from_layers
ATOMS = np.array([0, 1])


def table(width: int = 2) -> Table:
    """A table with one spine of that width."""
    found = Table()
    found.spine("root", width)
    return found


def compared(a: Network, b: Network) -> Comparison:
    """The two networks in one table."""
    return compare(pair(a, b), {})


def test_empty_table() -> None:
    """Rows that read nothing have no direction."""
    found, _ = table(0).directions(0, np.array([], dtype=np.int64), np.zeros((2, 0)), np.ones(2))
    assert found.tolist() == [-1, -1]


def test_keys_are_numbered_once() -> None:
    """Equal keys, equal numbers; equal spines, equal roots."""
    found = table()
    assert found.number("a") == found.number("a") != found.number("b")
    assert found.spine("root", 2) == 0
    assert found.spine("other", 2) == 1
    assert found.roots[1].tolist() == [2, 3]


def test_multiples_share_a_direction() -> None:
    """Positive and negative multiples, with their biases, in units of the first."""
    R = np.array([[1.0, 2.0], [3.0, 6.0], [-1.0, -2.0], [1.0, 2.0], [1.0, 0.0], [0.0, 0.0]])
    b = np.array([1.0, 3.0, -1.0, 2.0, 1.0, 5.0])
    found, factor = table().directions(0, ATOMS, R, b)
    assert found.tolist()[:3] == [found[0]] * 3
    assert factor[:3] == [1, 3, -1]
    assert len(set(found.tolist())) == 4
    assert found[5] == -1


def test_directions_of_different_tensors_meet() -> None:
    """Rows met before are found again, stored as floats or not, over more atoms or fewer."""
    known = table()
    first, _ = known.directions(0, ATOMS, np.array([[1.0, 2.0], [0.0, 3.0]]), np.zeros(2))
    again, factor = known.directions(0, ATOMS, array([["1/3", "2/3"]]), array([0]))
    assert (again[0], factor[0]) == (first[0], fmpq(1, 3))
    alone, factor = known.directions(0, ATOMS[1:], np.array([[-1.0]]), np.zeros(1))
    assert (alone[0], factor[0]) == (first[1], fmpq(-1, 3))
    assert row(known, int(first[1])) == ({1: fmpq(3)}, ZERO)


@given(multiples(), st.integers(0, 2))
def test_adversarial_multiples(
    found: tuple[tuple[fmpq, ...], fmpq, tuple[fmpq, ...]], place: int
) -> None:
    """Multiples share a direction, with the exact ratio; one entry off, and they do not."""
    first, ratio, second = found
    off = list(second)
    off[place] += 1
    R = array([first, second, off])
    directions, factor = table(3).directions(0, np.arange(3), R, array([0, 0, 0]))
    assert directions[0] == directions[1]
    assert directions[0] < 0 or factor[1] == factor[0] * ratio
    others = [i for i in range(3) if i != place]
    if any(second[i] != 0 for i in others):
        assert directions[2] != directions[0]


def test_atoms_and_what_they_read() -> None:
    """A root reads nothing, an activation what its direction does."""
    known = table()
    found, _ = known.directions(0, ATOMS, np.array([[0.0, 2.0]]), np.zeros(1))
    atom = known.atom(Applied(0, RELU, int(found[0])))
    assert known.atom(Applied(0, RELU, int(found[0]))) == atom
    assert read(known, atom) == [1]
    assert read(known, 0) == []


def test_fingerprints_forget_storage() -> None:
    """Equal forms have equal fingerprints, whatever holds them."""
    like = Units(0, -1, None, ATOMS, None, np.eye(2), np.zeros(2))
    lumped = single(like, [1, 0], array([ONE, ONE]), array([ZERO, ZERO]))
    dense = replace(like, M=array([[0, 1], [1, 0]]))
    wide = Units(0, -1, None, np.array([0, 1, 5]), None, np.eye(3)[[1, 0]], np.zeros(2))
    assert fingerprint(lumped) == fingerprint(dense) == fingerprint(wide)
    assert fingerprint(dense) != fingerprint(like)
    assert forms(combined(like, forms(dense))) == forms(dense)


def test_forms_of_no_units() -> None:
    """No units, no forms."""
    empty = combined(Units(0, -1, None, ATOMS, None), [])
    assert forms(empty) == []
    assert empty.width == 0


@pytest.mark.parametrize("function", [RELU, leaky("1/3")])
@pytest.mark.parametrize(
    ("factor", "bias", "same"), [(2, 2, True), (2, 1, False), (-1, -1, False), (1, 1, True)]
)
def test_scaled_units(function: Activation, factor: int, bias: int, *, same: bool) -> None:
    """Positive multiples of weights and bias alike are the same unit, others are not."""
    a = chain([([[1]], [1], function), ([[1]], None)])
    b = chain([([[factor]], [bias], function), ([[fmpq(1, factor)]], None)])
    assert (not compared(a, b).open) == same


def test_absolute_values_of_mirror_images() -> None:
    """|y| and |-y| are one atom."""
    a = chain([([[1], [-2]], [3, -6], "abs"), ([[2, 1]], None)])
    assert not compared(a, chain([([[4]], [12], "abs"), ([[1]], None)])).open


def test_clipped_multiples_are_apart() -> None:
    """Clip is not positively homogeneous."""
    clip = Activation("Clip", (fmpq(-1), fmpq(1)))
    a = chain([([[1]], None, clip), ([[2]], None)])
    b = chain([([[2]], None, clip), ([[1]], None)])
    assert compared(a, b).open
    assert not compared(a, chain([([[1], [1]], None, clip), ([[1, 1]], None)])).open


def test_irrational_constants_are_atoms() -> None:
    """The sigmoid of 1 is a number without a name, equal to itself."""
    a = chain([([[0], [0]], [1, 0], "sigmoid"), ([[1, 2]], None)])
    b = chain([([[0]], [1], "sigmoid"), ([[1]], [1])])
    c = chain([([[0]], [2], "sigmoid"), ([[1]], [1])])
    assert not compared(a, b).open
    assert compared(a, c).open


def test_gap_holds_what_differs() -> None:
    """What both share is no part of the difference."""
    a = chain([([[1], [0]], [0, 1]), ([[1, 1], [1, 0]], None)])
    b = chain([([[1], [-1]], [0, 0]), ([[1, 1], [1, 0]], None)])
    comparison = compared(a, b)
    (output,) = comparison.open
    gap = comparison.gap(output)
    assert gap is not None
    assert len(gap.atoms) == 1
    assert [constant for _, constant in rows(gap)] == [1]


def opaque(operator: str, operand: object = "x", content: bytes = b"") -> Network:
    """One opaque node between two affine ones."""
    node = Opaque("o", operator, (operand,), ("h",), content)  # type: ignore[arg-type]
    tensors = {name: Tensor(name, shape=(2,)) for name in ("x", "h")}
    tensors["y"] = Tensor("y", shape=(1,))
    last = Linear("a", "h", "y", weights_of(np.array([[1.0, 2.0]])))
    return Network((tensors["x"],), (tensors["y"],), (node, last), tensors)


def test_opaque_nodes_are_equal_with_all_they_depend_on() -> None:
    """Operator, content, constants and environment."""
    one = opaque("ai.onnx:Erf")
    assert not compared(one, opaque("ai.onnx:Erf")).open
    assert compared(one, opaque("ai.onnx:Sin")).open
    assert compared(one, opaque("ai.onnx:Erf", content=b"1")).open
    assert compared(one, replace(one, environment=b"other")).open
    data = Constant("FLOAT", (2,), bytes(8))
    stored = opaque("ai.onnx:Erf", data)
    assert not compared(stored, opaque("ai.onnx:Erf", replace(data))).open
    assert compared(stored, opaque("ai.onnx:Erf", replace(data, data=b"\1" * 8))).open


def test_what_a_node_makes_depends_on_how_much_it_makes() -> None:
    """Split divides an axis by its number of outputs, whether anything reads them or not."""
    one = opaque("ai.onnx:Split")
    assert isinstance(one.nodes[0], Opaque)
    for outputs in (("h", "k"), ("h", "")):
        nodes = replace(one.nodes[0], outputs=outputs), one.nodes[1]
        more = replace(one, nodes=nodes, tensors={**one.tensors, "k": Tensor("k")})
        assert compared(one, more).open
        assert not compared(more, more).open
        with pytest.raises(Rejected, match="opaque node"):
            check(one, more, Certificate({}))


def test_random_nodes_equal_nothing() -> None:
    """Two draws need not be the same, not even in one network."""
    one = opaque("ai.onnx:RandomNormalLike")
    assert isinstance(one.nodes[0], Opaque)
    drawn = replace(one.nodes[0], draws="RandomNormalLike")
    one = replace(one, nodes=(drawn, one.nodes[1]))
    assert compared(one, one).open


def test_reshaping_keeps_units() -> None:
    """Flattening a row changes nothing; the same units are met behind it."""
    W = np.array([[1.0, 2.0]])
    plain = Network(
        (Tensor("x", shape=(1, 2)),),
        (Tensor("y", shape=(1, 1)),),
        (Linear("a", "x", "y", weights_of(W)),),
        {"x": Tensor("x", shape=(1, 2)), "y": Tensor("y", shape=(1, 1))},
    )
    nodes = (Rearrange("f", "x", "h", "Flatten", (1,)), Linear("a", "h", "y", weights_of(W)))
    shaped = Tensor("x", shape=(1, 2, 1))
    tensors = {"x": shaped, "h": Tensor("h", shape=(1, 2)), "y": Tensor("y", shape=(1, 1))}
    flat = Network((shaped,), plain.outputs, nodes, tensors)
    assert not compared(plain, flat).open


def test_layouts() -> None:
    """At most one unknown length; transpositions only where they move something."""
    assert sizes(None) is None
    assert sizes(()) == ()
    node = Rearrange("t", "x", "y", "Transpose", None)
    assert transposition(node, (2, 3)) == (1, 0)
    assert transposition(node, (2, 1)) is None
    assert transposition(node, None) is not None
    assert transposition(replace(node, operator="Flatten", parameters=(1,)), None) is None


@given(st.integers(0, 3), st.integers(0, 3))
def test_merged_atoms_are_replaced(i: int, j: int) -> None:
    """An atom that is merged never shows again: what it stands for does."""
    network = chain([([[1], [2], [5], [-1]], [0, 1, 2, 3]), (np.ones((2, 4)), None)])
    known = Table()
    merged: dict[int, tuple[dict[int, fmpq], fmpq]] = {}

    def relate(atoms: list[int]) -> None:
        merged[atoms[i]] = ({} if i == j else {atoms[j]: fmpq(2)}, fmpq(7))

    sweep = Sweep(known, network, "a", merged, relate)
    values = swept(sweep, {"x": known.number("x")})
    units = values["y"]
    assert isinstance(units, Units)
    (index,) = merged
    assert index not in units.atoms.tolist()
    assert units.dense[1].tolist() == [7, 7]
