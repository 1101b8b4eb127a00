"""Tests of `lumpver.trial.strategies`: what is drawn is what the name says, and it shrinks well."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from flint import fmpq
from hypothesis import Phase, find, given, settings
from hypothesis import strategies as st
from small_networks import TWINS

from lumpver.checker import check
from lumpver.claim.certificate import Certificate
from lumpver.errors import LumpverError, Malformed, Rejected
from lumpver.exact.scalar import number, to_float
from lumpver.model.activations import IDENTITY, RELU, Activation, leaky
from lumpver.model.network import Network, Opaque, Pointwise, Tensor, linear
from lumpver.quotient.building import quotient
from lumpver.reducing.reduction import reduce
from lumpver.search.lumping import Lumping, coarsest, stated
from lumpver.trial.strategies import (
    INPUT,
    RATIONAL,
    Draft,
    Layer,
    Planted,
    boxes,
    draft,
    drafts,
    dyadics,
    equivalents,
    factors,
    hard,
    lumpings,
    multiples,
    mutated_certificates,
    mutated_networks,
    networks,
    planted,
    points,
    rationals,
    small,
    traps,
)

ANY = networks(depth=(0, 3), activations=RATIONAL, numbers=hard(), branches=True)


def same_at(a: Network, b: Network, values: dict) -> bool:
    """Whether two networks agree at a point, exactly."""
    ours, theirs = a.evaluate(values), b.evaluate(values)
    return all((value == theirs[name]).all() for name, value in ours.items())


def first(strategy: st.SearchStrategy, wanted: object) -> Any:
    """The first value drawn that is wanted, not shrunk."""
    only = settings(max_examples=2000, phases=(Phase.generate,))
    return find(strategy, wanted, settings=only)  # type: ignore[arg-type]


def accepted(network: Network, lumping: Lumping) -> bool:
    """Whether the checker takes the quotient by this lumping."""
    reduced = quotient(network, lumping)
    certificate = Certificate(stated(network, lumping))
    return check(network, reduced, certificate).units_after == reduced.units


# Numbers


@pytest.mark.parametrize(
    "strategy",
    [small(), rationals(), dyadics(), hard(), factors(hard())],
    ids=["small", "rationals", "dyadics", "hard", "factors"],
)
def test_numbers_shrink_to_small_integers(strategy: st.SearchStrategy) -> None:
    """The simplest number of every kind is 0 or 1."""
    assert find(strategy, lambda _: True) in {0, 1}


@pytest.mark.parametrize(
    ("kind", "wanted"),
    [
        ("a third", lambda x: number(x).q == 3),
        ("2^127", lambda x: number(x) == fmpq(2) ** 127),
        ("a float32 subnormal", lambda x: 0 < abs(number(x)) < fmpq(2) ** -126),
        ("a float64 subnormal", lambda x: 0 < abs(number(x)) < fmpq(2) ** -1022),
        ("24 bits", lambda x: abs(int(number(x).p)).bit_length() == 24),
        ("53 bits", lambda x: abs(int(number(x).p)).bit_length() == 53),
        ("the other zero", lambda x: isinstance(x, float) and np.signbit(x)),
    ],
)
def test_hard_numbers_are_found(kind: str, wanted: object) -> None:
    """Every kind of number that shortcuts get wrong is drawn."""
    assert wanted(first(hard(), wanted)), kind  # type: ignore[operator]


@given(dyadics())
def test_dyadics_are_float32(x: fmpq) -> None:
    """A drawn dyadic is a number of float32, subnormals included."""
    assert number(float(np.float32(to_float(x)))) == x


@given(st.one_of(factors(), factors(hard())))
def test_factors_are_positive(x: fmpq) -> None:
    """Scales of lumpings are positive."""
    assert x > 0


@given(multiples(width=4))
def test_multiples_are_exact(found: tuple) -> None:
    """The second row is the first times the factor, over the rationals."""
    row, factor, other = found
    ours, theirs = ([Fraction(int(x.p), int(x.q)) for x in side] for side in (row, other))
    assert [x * int(factor.p) / int(factor.q) for x in ours] == theirs


# Drafts and networks


def test_smallest_network_is_one_unit() -> None:
    """Nothing asked, nothing drawn: one layer of one unit with weight 0."""
    least = find(networks(), lambda _: True)
    assert least.widths == (1, 1, 1)
    assert [float(node.W.sum()) for node in least.nodes if hasattr(node, "W")] == [0, 0]


def test_networks_without_hidden_layers() -> None:
    """Depth 0 is a single affine layer."""
    assert find(networks(depth=(0, 0)), lambda _: True).units == 0


def test_networks_shrink() -> None:
    """A network that computes 5 at 1 shrinks to one unit and small integers."""
    found = draft(find(networks(), lambda network: network([1] * network.widths[0])[0] == 5))
    assert found.units == 1
    assert found.inputs == 1


@given(drafts(depth=(2, 3), width=(2, 3), inputs=(3, 3), outputs=(1, 1), activations=RATIONAL))
def test_sizes_are_as_asked(found: Draft) -> None:
    """Depth, width, inputs and outputs stay in their ranges."""
    assert found.inputs == 3
    assert found.is_chain
    assert 2 <= len(found.hidden) <= 3
    assert all(2 <= found.width(i) <= 3 for i in found.hidden)
    assert [found.width(i) for i in found.outputs] == [1]
    assert all(found.layers[i].activation in RATIONAL for i in found.hidden)


@given(ANY)
def test_draft_reads_what_it_wrote(network: Network) -> None:
    """A network is the network of its draft: names, wiring, numbers."""
    assert draft(network).network().digest == network.digest


@given(drafts(activations=(RELU, leaky("1/3")), numbers=rationals()))
def test_chains_are_those_of_from_layers(found: Draft) -> None:
    """A chain's network is what `Network.from_layers` makes."""
    layers = [(list(map(list, a.W)), list(a.b), a.activation) for a in found.layers]
    assert Network.from_layers(layers).digest == found.network().digest


def test_branches_share_a_layer() -> None:
    """A hidden layer that two outputs read is drawn, and an output of the input."""
    strategy = drafts(branches=True)
    assert len(first(strategy, lambda d: len(d.readers(0)) == 2).outputs) > 1
    assert len(first(strategy, lambda d: len(d.readers(INPUT)) == 2).outputs) > 1


def test_both_zeros_are_stored() -> None:
    """-0.0 survives from the draft to the network and back."""
    found = Draft.chain(1, [Layer(((-0.0,), (0.0,)), (0, -0.0))])
    W, b = found.network().nodes[0].W, found.network().nodes[0].b
    assert np.signbit(W).tolist() == [[True], [False]]
    assert np.signbit(b).tolist() == [False, True]
    assert np.signbit(draft(found.network()).layers[0].W[0][0])


@pytest.mark.parametrize(
    ("weight", "dtype", "stored"),
    [(1, "float32", "<f4"), (2**-30 + 1, "float32", "<f8"), ("1/3", "float16", "O")],
)
def test_numbers_are_stored_as_asked(weight: object, dtype: str, stored: str) -> None:
    """The draft's type where it holds the numbers, else a larger one, else rationals."""
    found = Draft.chain(1, [Layer(((weight,),), (0,))], dtype=dtype)
    assert found.network().nodes[0].W.dtype == np.dtype(stored)


@pytest.mark.parametrize(
    "made",
    [
        lambda: Draft(1, (), ()),
        lambda: Draft(1, (Layer(((1,),), (0,), source=0),), (0,)),
        lambda: Draft(2, (Layer(((1,),), (0,)),), (0,)),
        lambda: Draft(1, (Layer(((1,),), (0, 0)),), (0,)),
        lambda: Draft(1, (Layer(((1,),), (0,)),), (1,)),
    ],
    ids=["no outputs", "a cycle", "short rows", "long biases", "no such output"],
)
def test_impossible_drafts_are_refused(made: object) -> None:
    """No outputs, a cycle, rows and biases that do not fit, an output that is not there."""
    with pytest.raises(Malformed):
        made()  # type: ignore[operator]


X = Tensor("x", shape=(1,))
Y = Tensor("y", shape=(1,))


@pytest.mark.parametrize(
    "network",
    [
        Network((X, Y), (X,), (), {"x": X, "y": Y}),
        Network((X,), (Y,), (Opaque("o", "ai.onnx:Erf", ("x",), ("y",)),), {"x": X, "y": Y}),
        Network((Tensor("x"),), (Y,), (linear("a", "x", "y", [[1]]),), {"y": Y}),
        Network((X,), (Y,), (linear("a", "x", "y", [[1]], axis=-2),), {"x": X, "y": Y}),
    ],
    ids=["two inputs", "opaque", "unknown width", "other axis"],
)
def test_other_networks_are_no_drafts(network: Network) -> None:
    """Two inputs, opaque nodes, unknown widths and other axes are refused."""
    with pytest.raises(LumpverError):
        draft(network)


def test_activations_that_stand_alone_become_layers() -> None:
    """An activation of the input or of a shared tensor keeps its meaning."""
    tensors = {name: Tensor(name, shape=(1,)) for name in ("x", "a", "b", "y")}
    nodes = (
        Pointwise("r", "x", "a", RELU),
        linear("d", "a", "b", [3], [1]),
        Pointwise("s", "b", "y", Activation("Abs")),
    )
    network = Network((tensors["x"],), (tensors["y"], tensors["b"]), nodes, tensors)
    again = draft(network).network()
    assert [v for x in (-1, 2) for v in again([x]).values()] == [(1,), (1,), (7,), (7,)]


@given(st.data())
def test_points_and_boxes_fit_the_inputs(data: st.DataObject) -> None:
    """A point has a number, a box a non-empty interval, for every unit of every input."""
    network = data.draw(ANY)
    point, box = data.draw(points(network)), data.draw(boxes(network, numbers=hard()))
    assert network.evaluate(point).keys() == {tensor.name for tensor in network.outputs}
    assert [len(box[t.name]) for t in network.inputs] == [t.shape[-1] for t in network.inputs]
    assert all(low <= high for intervals in box.values() for low, high in intervals)


# Planted lumpings

WILD = planted(activations=RATIONAL, numbers=rationals(), scales=factors(hard()), branches=True)


@given(WILD, st.data())
def test_planting_keeps_the_function(found: Planted, data: st.DataObject) -> None:
    """The blown-up network computes what its base does."""
    assert same_at(found.network, found.base, data.draw(points(found.base)))


@given(WILD)
def test_the_planted_lumping_is_valid(found: Planted) -> None:
    """The checker accepts the planted relation, and its quotient is as large as the base."""
    assert accepted(found.network, found.lumping)
    assert quotient(found.network, found.lumping).units == found.base.units


@given(WILD)
def test_the_planted_lumping_is_found(found: Planted) -> None:
    """The coarsest lumping leaves no more units than were there before planting."""
    assert reduce(found.network).network.units <= found.base.units


@pytest.mark.parametrize(
    "wanted",
    [
        lambda found: any(r.ghosts for r in found.lumping.relabellings.values()),
        lambda found: any(r.has_constants for r in found.lumping.relabellings.values()),
        lambda found: any((r.scale == 3).any() for r in found.lumping.relabellings.values()),
    ],
    ids=["unread", "constant", "threefold"],
)
def test_spares_and_scales_are_planted(wanted: object) -> None:
    """Unread units, constants and multiples by 3 all occur."""
    found = first(planted(), wanted)
    assert found.network.units > found.base.units


def test_planted_networks_shrink() -> None:
    """The smallest network with a planted pair has two units and integer weights."""
    found = find(planted(), lambda found: found.network.units > found.base.units)
    assert found.network.widths == (1, 2, 1)
    assert found.base.widths == (1, 1, 1)


# Lumpings, equivalents, mutants, traps


@given(WILD, st.data())
def test_lumpings_are_valid(found: Planted, data: st.DataObject) -> None:
    """Every lumping drawn for a network passes the checker."""
    assert accepted(found.network, data.draw(lumpings(found.network)))


def test_lumpings_go_from_the_identity_to_the_coarsest() -> None:
    """Nothing at all comes first; all that can be merged is found too."""
    least = find(lumpings(TWINS), lambda _: True)
    most = find(lumpings(TWINS), lambda found: quotient(TWINS, found).units == 1)
    assert least.relabellings == {}
    assert most.blocks("h1") == coarsest(TWINS).blocks("h1")


@given(WILD, st.data())
def test_equivalents_compute_the_same(found: Planted, data: st.DataObject) -> None:
    """Permuting and rescaling hidden units changes no output."""
    other = data.draw(equivalents(found.network))
    assert same_at(found.network, other, data.draw(points(other)))


@given(st.data())
def test_mutants_are_networks(data: st.DataObject) -> None:
    """A mutant has the original's inputs and outputs, and can be evaluated."""
    network = data.draw(ANY)
    mutant = data.draw(mutated_networks(network))
    assert (mutant.inputs, mutant.outputs) == (network.inputs, network.outputs)
    assert mutant.evaluate(data.draw(points(network))).keys() == {
        tensor.name for tensor in network.outputs
    }


def test_mutants_shrink_to_one_change() -> None:
    """The smallest mutant with another function differs in one number."""
    mutant = find(mutated_networks(TWINS), lambda found: found([1]) != TWINS([1]))
    changed = [a.W != b.W for a, b in zip(mutant.nodes, TWINS.nodes, strict=True)
               if hasattr(a, "W")]  # fmt: skip
    assert sum(int(part.sum()) for part in changed) <= 1


def test_mutated_certificates_are_rejected() -> None:
    """Some mutant of a right certificate fails, and the checker says where."""
    found = reduce(TWINS)

    def rejected(certificate: Certificate) -> bool:
        try:
            check(TWINS, found.network, certificate)
        except Rejected as error:
            return error.layer.startswith("h1")
        return False

    assert rejected(find(mutated_certificates(found.certificate), rejected))


def test_a_certificate_of_nothing_has_no_mutants() -> None:
    """There is nothing to change in a certificate without relabellings."""
    with pytest.raises(Malformed):
        find(mutated_certificates(Certificate({})), lambda _: True)


@settings(max_examples=20)
@given(traps(exact=False, activations=(RELU, leaky("1/4"), IDENTITY)))
def test_traps_can_be_stored_as_floats(found: Draft) -> None:
    """Without `exact` every number of a trap is a float."""
    assert all(node.W.dtype.kind == "f" for node in found.network().nodes if hasattr(node, "W"))


@settings(max_examples=20)
@given(traps())
def test_traps_are_reduced_rightly(found: Draft) -> None:
    """What looks mergeable and is not does not fool lumpver: the checker agrees."""
    network = found.network()
    result = reduce(network)
    assert check(network, result.network, result.certificate).units_after <= network.units


def test_traps_have_units_that_never_switch() -> None:
    """In some network units combine, or one is off, for their signs alone."""

    def signs(found: Draft) -> bool:
        return not all(r.is_plain for r in coarsest(found.network()).relabellings.values())

    assert signs(first(traps(), signs))
