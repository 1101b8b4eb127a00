"""The theorems as properties: of the definitions, of the fast path, of the checker.

Every claim is held against `lumpver.theory.paper`, which says the same word for word and slowly;
the printed Definition 6 is put through the same test, and fails it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from lumpver.checker import check
from lumpver.claim.certificate import Certificate
from lumpver.errors import Rejected
from lumpver.exact.array import array, nonzero, rationals, zeros
from lumpver.exact.scalar import number
from lumpver.model.activations import RELU, Activation, leaky
from lumpver.model.network import Network
from lumpver.model.relabelling import Relabelling
from lumpver.model.segments import aggregate
from lumpver.proving import Proved, prove
from lumpver.quotient.building import quotient
from lumpver.reducing.reduction import reduce
from lumpver.search.lumping import DEFINITION_6, Lumping, coarsest, stated
from lumpver.search.pointwise import activated
from lumpver.theory import paper
from lumpver.trial.strategies import (
    RATIONAL,
    Planted,
    equivalents,
    factors,
    hard,
    lumpings,
    mutated_certificates,
    mutated_networks,
    networks,
    planted,
    points,
    small,
)
from lumpver.trial.strategies import rationals as fractions

if TYPE_CHECKING:
    from lumpver.theory.paper import NN, Definition

CLIP = Activation("Clip", (number(-1), number(1)))
TINY = networks(
    depth=(1, 2),
    width=(1, 3),
    inputs=(1, 1),
    outputs=(1, 1),
    activations=(RELU, leaky("1/4"), CLIP),
    numbers=small(2),
)
CHAINS = st.one_of(
    networks(activations=RATIONAL, numbers=fractions()),
    planted(activations=RATIONAL, numbers=fractions()).map(lambda found: found.network),
)
HARD = planted(numbers=hard(), scales=factors(hard()), activations=(RELU, leaky("1/10"), CLIP))
KEEPING = ("merges", "constants", "compose")
CAMPAIGN = pytest.mark.parametrize(
    "campaign", [False, pytest.param(True, marks=pytest.mark.long)], ids=["quick", "long"]
)
AT = st.lists(fractions(), min_size=3, max_size=3)


def at(network: Network, values: list) -> tuple:
    """The outputs where every input cycles through `values`."""
    width = network.widths[0]
    return network([values[i % len(values)] for i in range(width)])


def relation_of(network: Network, lumping: Lumping) -> tuple[list, list]:
    """The lumping as the paper writes one: classes and rho, constants in one class."""
    relation, rho = [_singles(network.widths[0])], [[1] * network.widths[0]]
    for name in network.layers:
        found = lumping.of(name)
        if found is None:
            relation.append(_singles(network.width[name]))
            rho.append([1] * network.width[name])
            continue
        blocks = [list(map(int, found.members(j))) for j in range(found.columns)]
        constants = [int(v) for v in np.flatnonzero(found.block < 0)]
        relation.append(sorted(block for block in [*blocks, constants] if block))
        scales = [1 if v in constants else 1 / s for v, s in enumerate(rationals(found.scale))]
        rho.append(scales)
    last = network.widths[-1]
    return [*relation, _singles(last)], [*rho, [1] * last]


def _singles(units: int) -> list[list[int]]:
    return [[v] for v in range(units)]


def normalised(relation: list, rho: list) -> list:
    """rho with 1 at the smallest member of every class."""
    return [
        [number(rho[v]) / number(rho[min(block)]) for block in layer for v in block]
        for layer, rho in zip(relation, rho, strict=True)
    ]


# Theorem 1


def theorem_1(nn: NN, definition: Definition) -> None:
    """Theorem 1 for every lumpability of a tiny network, at points of either sign."""
    grid = [[-2], [-1], ["-1/3"], [0], ["1/2"], [1], [3]]
    for relation, rho in paper.lumpabilities(nn, definition=definition):
        found = paper.theorem_1(nn, relation, rho, grid, definition=definition)
        assert isinstance(found, paper.Holds), found


@CAMPAIGN
@given(TINY)
def test_theorem_1_holds_repaired(campaign: bool, network: Network) -> None:
    """Every lumpability by Definition 6* keeps the function, for every tiny network."""
    theorem_1(paper.from_network(network), paper.STAR)


def test_theorem_1_fails_as_printed() -> None:
    """The same test catches the printed definition, on a network as small as D1."""
    seen: list[NN] = []

    @settings(
        max_examples=1500,
        phases=(Phase.generate, Phase.shrink),
        suppress_health_check=list(HealthCheck),
    )
    @given(networks(depth=(2, 2), width=(2, 2), inputs=(1, 1), outputs=(1, 1),
                    numbers=st.integers(0, 2)))  # fmt: skip
    def the_same_test(network: Network) -> None:
        seen.append(paper.from_network(network))
        theorem_1(seen[-1], paper.PRINTED)

    with pytest.raises(AssertionError, match="Counterexample"):
        the_same_test()
    assert seen[-1].hidden == (2, 2)
    entries = [w for W in seen[-1].weights for row in W for w in row]
    assert sum(map(abs, entries)) <= 8


@CAMPAIGN
@given(CHAINS, AT)
def test_theorem_1_for_the_coarsest(campaign: bool, network: Network, values: list) -> None:
    """The fast path's result computes what the network does, at random rational points."""
    assert at(reduce(network).network, values) == at(network, values)


@CAMPAIGN
@given(CHAINS, st.data(), AT)
def test_theorem_1_for_any_lumping(
    campaign: bool, network: Network, data: st.DataObject, values: list
) -> None:
    """Partial merges, other representatives and scales compute the same."""
    lumping = data.draw(lumpings(network))
    assert at(quotient(network, lumping), values) == at(network, values)


@CAMPAIGN
@given(HARD, st.data())
def test_theorem_1_on_hard_numbers(campaign: bool, found: Planted, data: st.DataObject) -> None:
    """Subnormals, 2^127, long mantissas and thirds merge without a rounding."""
    point = data.draw(points(found.network, numbers=hard()))
    result = reduce(found.network).network
    ours, theirs = found.network.evaluate(point), result.evaluate(point)
    assert all((value == theirs[name]).all() for name, value in ours.items())
    assert result.units <= found.base.units


@settings(max_examples=10)
@given(networks(depth=(1, 2), width=(1, 2), inputs=(1, 1), outputs=(1, 1)))
def test_theorem_1_proved(network: Network) -> None:
    """For small networks the equality is proved for all inputs, from the two alone."""
    assert isinstance(prove(network, reduce(network).network), Proved)


# Theorem 2*


@CAMPAIGN
@given(TINY)
def test_theorem_2_the_coarsest_is_the_maximum(campaign: bool, network: Network) -> None:
    """Every lumpability of a tiny network is finer than the fast path's, which is one."""
    nn = paper.from_network(network)
    relation, rho = relation_of(network, coarsest(network, rules=KEEPING))
    assert paper.is_lumpability(nn, relation, rho)
    every = [found for found, _ in paper.lumpabilities(nn)]
    assert len(paper.maximal(every)) == 1
    assert all(paper.is_finer(found, relation) for found in every)


@CAMPAIGN
@given(CHAINS)
def test_the_fast_path_is_the_paper(campaign: bool, network: Network) -> None:
    """Classes, rho and constants are those of the greedy relation, word for word."""
    best = paper.coarsest(paper.from_network(network))
    relation, rho = relation_of(network, coarsest(network, rules=KEEPING))
    theirs = [sorted(map(list, layer)) for layer in best.relation]
    assert relation == theirs
    live = [
        [1 if v in K else r for v, r in enumerate(layer)]
        for layer, K in zip(best.rho, best.constants, strict=True)
    ]
    assert normalised(relation, rho) == normalised(theirs, live)


@CAMPAIGN
@given(CHAINS)
def test_the_reduced_network_is_the_papers(campaign: bool, network: Network) -> None:
    """Merging, folding and dropping unread units leave as many units as in the paper."""
    ours = reduce(network, rules=DEFINITION_6).network
    theirs = paper.reduced(paper.from_network(network))
    assert tuple(ours.width[name] for name in ours.layers) == tuple(
        width for width in theirs.hidden if width
    )


@CAMPAIGN
@given(CHAINS)
def test_reducing_twice_changes_nothing(campaign: bool, network: Network) -> None:
    """What is left lumps no further."""
    once = reduce(network).network
    again = reduce(once)
    assert again.network.units == once.units
    assert all(found.is_identity for found in again.lumping.relabellings.values())


@CAMPAIGN
@given(CHAINS, st.data())
def test_order_and_scale_of_units_do_not_matter(
    campaign: bool, network: Network, data: st.DataObject
) -> None:
    """Permuting and positively rescaling units leaves as many, in every layer."""
    other = data.draw(equivalents(network))
    ours, theirs = reduce(network).network, reduce(other).network
    assert ours.layers == theirs.layers
    assert [ours.width[name] for name in ours.layers] == [
        theirs.width[name] for name in theirs.layers
    ]


@CAMPAIGN
@given(st.one_of(CHAINS, HARD.map(lambda found: found.network)), st.data())
def test_no_lumping_leaves_less(campaign: bool, network: Network, data: st.DataObject) -> None:
    """No valid lumping has fewer units than the coarsest."""
    lumping = data.draw(lumpings(network))
    assert quotient(network, lumping).units >= reduce(network).network.units


# The checker


def certified(network: Network, lumping: Lumping) -> tuple[Network, Certificate]:
    """The quotient and the certificate that a lumping stands for."""
    reduced = quotient(network, lumping)
    return reduced, Certificate(stated(network, lumping))


def accepts(network: Network, reduced: Network, certificate: Certificate) -> bool:
    """Whether the checker takes it; it says no in one way only."""
    try:
        check(network, reduced, certificate)
    except Rejected:
        return False
    return True


@given(CHAINS)
def test_the_identity_is_accepted(network: Network) -> None:
    """A network is a reduction of itself, with nothing to say about it."""
    assert accepts(network, network, Certificate({}))


@CAMPAIGN
@given(st.one_of(CHAINS, HARD.map(lambda found: found.network)), st.data())
def test_every_valid_lumping_is_accepted(
    campaign: bool, network: Network, data: st.DataObject
) -> None:
    """The checker asks whether a lumping is right, not whether it is ours."""
    assert accepts(network, *certified(network, data.draw(lumpings(network))))


@st.composite
def guesses(draw: st.DrawFn, network: Network) -> Lumping:
    """Any partition and any positive scales, right or not; what is constant is folded."""
    found: dict[str, Relabelling] = {}
    for segment in network.segments[:-1]:
        name = segment.output
        R, b = aggregate(segment, found.get(segment.input), network.width[segment.input])
        live = nonzero(R).any(axis=1)
        guess = [draw(st.integers(0, v)) if live[v] else -1 for v in range(live.size)]
        used = sorted({j for j in guess if j >= 0})
        block = np.array([used.index(j) if j >= 0 else -1 for j in guess], dtype=np.int64)
        scale = [draw(st.sampled_from([1, 1, 2, "1/2"])) for _ in guess]
        function = network.readers[name][0].activation
        if not function.homogeneous:
            scale = [1 if guess.index(j) == v else scale[v] for v, j in enumerate(guess)]
        constant = np.where(live, rationals(zeros(live.size)), rationals(b))
        found[name] = Relabelling(block, array(scale), array(constant), len(used))
        found[network.readers[name][0].output] = activated(found[name], function)
    return Lumping(found)


def is_right(network: Network, lumping: Lumping) -> bool:
    """The definition's word on a guess."""
    relation, rho = relation_of(network, lumping)
    return paper.is_lumpability(paper.from_network(network), relation, rho)


@CAMPAIGN
@given(
    st.one_of(TINY, planted(inputs=(1, 1), width=(1, 2)).map(lambda found: found.network)),
    st.data(),
)
def test_the_checker_decides_the_definition(
    campaign: bool, network: Network, data: st.DataObject
) -> None:
    """A guess is accepted exactly if Definition 6* says that it is a lumpability."""
    lumping = data.draw(guesses(network))
    assert accepts(network, *certified(network, lumping)) == is_right(network, lumping)


def test_guesses_are_right_and_wrong() -> None:
    """The test above has seen both answers."""
    network = Network.from_layers([([[1], [2], [0]], [0, 0, 1]), ([[1, 1, 1]], None)])
    seen = set()

    @given(guesses(network))
    def look(lumping: Lumping) -> None:
        seen.add(is_right(network, lumping))

    look()
    assert seen == {True, False}


@CAMPAIGN
@given(HARD, st.data())
def test_accepted_mutants_are_right(campaign: bool, found: Planted, data: st.DataObject) -> None:
    """A changed certificate is rejected, or the networks still agree."""
    network, result = found.network, reduce(found.network)
    if result.certificate.tensors:
        mutant = data.draw(mutated_certificates(result.certificate))
        if accepts(network, result.network, mutant):
            point = data.draw(points(network))
            ours, theirs = network.evaluate(point), result.network.evaluate(point)
            assert all((value == theirs[name]).all() for name, value in ours.items())


@CAMPAIGN
@given(planted(activations=RATIONAL, numbers=fractions()), st.data(), AT)
def test_mutated_networks_are_rejected(
    campaign: bool, found: Planted, data: st.DataObject, values: list
) -> None:
    """A changed reduced network is rejected, or computes the same."""
    network, result = found.network, reduce(found.network)
    mutant = data.draw(mutated_networks(result.network))
    if accepts(network, mutant, result.certificate):
        assert at(mutant, values) == at(network, values)
