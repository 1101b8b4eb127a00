"""Tests for `lumpver.theory.paper`, Definitions 6 and 7, and what they make of the theorems."""

from __future__ import annotations

import random
from fractions import Fraction
from itertools import pairwise, product
from typing import Any

import pytest
from paper_examples import HALF, THIRD, example

from lumpver.errors import LumpverError, Malformed, NotLumpable
from lumpver.exact.scalar import number
from lumpver.model.activations import IDENTITY, RELU, Activation, leaky
from lumpver.theory import paper
from lumpver.theory.paper import NN, PRINTED, STAR, WEIGHTED, Counterexample, Holds
from lumpver.theory.paper.maximum import partitions

CLIP = Activation("Clip", (number(-1), number(1)))
POINTS = [[1], [-1], ["1/3"], ["-7/2"], [0]]
D1_RELATION = [[[0]], [[0, 1]], [[0, 1]], [[0]]]
D1_RHO = [[1], [2, 1], [1, 1], [1]]
RIGHT_RHO = [[1], [2, 1], [2, 1], [1]]


def one_hidden(rows: Any, bias: Any, out: Any, function: Any = RELU) -> NN:
    """A network with one hidden layer, weights by u, no output bias."""
    return NN.of([rows, out], [bias, [0] * len(out[0])], [function, IDENTITY])


TWINS = one_hidden([[1, 2]], [0, 0], [[1], [1]])
MERGED = ([[[0]], [[0, 1]], [[0]]], [[1], [2, 1], [1]])


def random_network(
    draw: random.Random, widths: tuple[int, ...], *, low: int = -1, high: int = 2, **options: Any
) -> NN:
    """A network of small integers, many of them zero; hidden activation `function`."""
    function = options.get("function", RELU)

    def entry() -> int:
        return draw.choice([0, draw.randint(low, high)])

    pairs = list(pairwise(widths))
    return NN.of(
        [[[entry() for _ in range(n)] for _ in range(m)] for m, n in pairs],
        [[entry() for _ in range(n)] for _, n in pairs],
        [function] * (len(pairs) - 1) + [IDENTITY],
    )


class TestDefinition6:
    """The three readings, and what each says of a relation."""

    def test_identity_is_always_one(self) -> None:
        """The identity relation is a lumpability by every definition, for any rho."""
        network = example("d1")
        relation = [[[v] for v in network.S(ell)] for ell in range(4)]
        rho = [["1/3"], [5, 1], [1, "2/7"], [9]]
        for definition in (PRINTED, WEIGHTED, STAR):
            assert paper.violations(network, relation, rho, definition=definition) == ()

    @pytest.mark.parametrize("definition", [PRINTED, WEIGHTED, STAR])
    def test_input_and_output_stay(self, definition: paper.Definition) -> None:
        """R_0 and R_k are identities, even on equal nodes."""
        network = NN.of([[[1, 1], [1, 1]]], [[0, 0]], [RELU])
        for relation in ([[[0, 1]], [[0], [1]]], [[[0], [1]], [[0, 1]]]):
            failed = paper.violations(network, relation, [[1, 1]] * 2, definition=definition)
            assert len(failed) == 1
            assert "identity" in failed[0].equation

    @pytest.mark.parametrize(
        ("relation", "rho"),
        [
            ([[[0]], [[0, 1]]], [[1], [1, 1]]),
            ([[[0]], [[0]], [[0]]], [[1], [1, 1], [1]]),
            ([[[0]], [[0], [0, 1]], [[0]]], [[1], [1, 1], [1]]),
            ([[[0]], [[0, 1], []], [[0]]], [[1], [1, 1], [1]]),
            ([[[0]], [[0, 1]], [[0]]], [[1], [1], [1]]),
            ([[[0]], [[0, 1]], [[0]]], [[1], [1, 0], [1]]),
            ([[[0]], [[0, 1]], [[0]]], [[1], [1, -1], [1]]),
        ],
    )
    def test_malformed(self, relation: Any, rho: Any) -> None:
        """What is no partition of every layer, or no positive rho, is refused."""
        with pytest.raises(Malformed):
            paper.is_lumpability(TWINS, relation, rho)

    def test_violation_names_the_equation(self) -> None:
        """A violation carries layer, class, pair, equation and both sides."""
        (failed,) = paper.violations(TWINS, MERGED[0], [[1], [1, 1], [1]])
        assert (failed.layer, failed.block, failed.pair) == (1, (0, 1), (0, 1))
        assert (failed.left, failed.right) == (1, 2)
        assert str(failed) == (
            "layer 1, class (0, 1), v=0, t=1: rho(v) sigma(0,)(v) = rho(t) sigma(0,)(t): 1 is not 2"
        )

    def test_activations(self) -> None:
        """6w and 6* want equal activations, and rho constant unless homogeneous."""
        mixed = one_hidden([[1, 2]], [0, 0], [[1], [1]], [RELU, IDENTITY])
        assert paper.is_lumpability_as_printed(mixed, *MERGED)
        clipped = example("hardtanh_twins")
        for network in (mixed, clipped):
            assert not paper.is_lumpability_weighted(network, *MERGED)
            assert not paper.is_lumpability(network, *MERGED)
        equal = one_hidden([[2, 2]], [1, 1], [[1], [1]], CLIP)
        assert paper.is_lumpability(equal, MERGED[0], [[1], [1, 1], [1]])

    def test_constants_and_others_do_not_mix(self) -> None:
        """Under 6* a class is inside K or disjoint from it."""
        network = one_hidden([[0, 1]], [0, 0], [[1], [1]])
        (failed,) = paper.violations(network, MERGED[0], MERGED[1])
        assert (failed.left, failed.right) == (True, False)
        constant = one_hidden([[0, 0]], [3, -1], [[1], [1]])
        assert paper.is_lumpability(constant, *MERGED)
        assert not paper.is_lumpability_weighted(constant, *MERGED)

    def test_irrational_constants_stay(self) -> None:
        """K takes a node only if its value is rational."""
        best = paper.coarsest(example("sigmoid_half"))
        assert best.constants[1] == {0: HALF}


class TestDefinition7:
    """The quotient and its representatives."""

    def test_formula(self) -> None:
        """W' is rho(u) times the sum of W(w, v) / rho(w); b' is the representative's."""
        network = one_hidden([["1/3", 1]], [2, 6], [["1/2"], ["1/5"]])
        rho = [[1], [3, 1], [1]]
        for node, into, bias, out in ((0, THIRD, 2, "11/10"), (1, 1, 6, "11/30")):
            Q = paper.quotient(network, MERGED[0], rho, representatives=[[0], [node], [0]])
            assert (Q.W(1, 0, 0), Q.b(1, 0)) == (into, bias)
            assert Q.W(2, 0, 0) == paper.rational(out)

    @pytest.mark.parametrize("nodes", [[[0], [2], [0]], [[0], [0]], [[0], [0, 1], [0]]])
    def test_no_representatives(self, nodes: Any) -> None:
        """One node of each class, and nothing else, represents it."""
        with pytest.raises(Malformed):
            paper.quotient(TWINS, *MERGED, representatives=nodes)

    def test_per_node_activations(self) -> None:
        """The quotient and the clean-up keep the activations of the nodes they keep."""
        network = one_hidden([[1, 1, 2]], [0, 0, 0], [[0], [2], [1]], [IDENTITY, RELU, RELU])
        left = paper.reduced(network)
        assert (left.hidden, left.activations) == ((1,), ((RELU,), IDENTITY))
        assert left([3]) == network([3]) == (12,)


class TestTheorem1:
    """Refuted for Definition 6 as printed, true for the repairs."""

    def test_d1(self) -> None:
        """As printed: N(1) = 2, N/R(1) = 1; with t for v the quotient gives 2."""
        network = example("d1")
        assert paper.is_lumpability_as_printed(network, D1_RELATION, D1_RHO)
        found = paper.theorem_1(network, D1_RELATION, D1_RHO, [[-1], [1]], definition=PRINTED)
        assert found == Counterexample(PRINTED, (1,), (2,), (1,))
        by_t = [[0], [0], [1], [0]]
        other = paper.quotient(network, D1_RELATION, D1_RHO, representatives=by_t)
        assert (other.weights, other([1])) == ((((1,),), ((2,),), ((1,),)), (2,))
        by_u2 = [[0], [1], [0], [0]]
        assert paper.quotient(network, D1_RELATION, D1_RHO, representatives=by_u2)([1]) == (1,)

    @pytest.mark.parametrize(
        ("name", "original", "reduced"),
        [("d1_difference", (-1,), (0,)), ("d1_logits", (4, 6), (4, 3))],
    )
    def test_d1_variants(self, name: str, original: Any, reduced: Any) -> None:
        """y = v - t changes sign, and of two logits the arg max flips."""
        network = example(name)
        relation = [*D1_RELATION[:3], [[v] for v in network.S(3)]]
        rho = [*D1_RHO[:3], [1] * len(original)]
        found = paper.theorem_1(network, relation, rho, [[1]], definition=PRINTED)
        assert found == Counterexample(PRINTED, (1,), original, reduced)

    def test_repaired_definitions_reject_d1(self) -> None:
        """Weighted sums are 1/2 and 1, so rho = (1, 1) fails and (2, 1) is right."""
        network = example("d1")
        for definition in (WEIGHTED, STAR):
            with pytest.raises(NotLumpable, match="layer 2"):
                paper.theorem_1(network, D1_RELATION, D1_RHO, POINTS, definition=definition)
            found = paper.theorem_1(network, D1_RELATION, RIGHT_RHO, POINTS, definition=definition)
            assert found == Holds(definition, len(POINTS))

    def test_as_printed_is_incomplete(self) -> None:
        """Equal functions v and t that no rho merges as printed; 6w merges them."""
        network = example("d1_incomplete")
        relation = paper.coarsest(network).relation
        assert paper.find_rho(network, relation, definition=PRINTED) is None
        assert paper.is_lumpability_weighted(network, relation, D1_RHO)
        assert paper.quotient(network, relation, D1_RHO)([1]) == network([1]) == (6,)

    @pytest.mark.parametrize(
        ("scales", "weights", "fails"),
        [((1,), (-1, 0, 1), 0), ((1, 2), (0, 1), 6)],
        ids=["uniform", "doubled"],
    )
    def test_smallest_weights(self, scales: Any, weights: Any, fails: int) -> None:
        """Theorem 1 holds as printed for weights -1, 0, 1; with one 2, six of these refute it."""
        answers = []
        for s, w, y in product(scales, product(weights, repeat=4), ([[1], [0]], [[0], [1]])):
            network = NN.of(
                [[[1, s]], [w[:2], w[2:]], y], [[0, 0], [0, 0], [0]], [RELU, RELU, IDENTITY]
            )
            rho = paper.find_rho(network, D1_BLOCKS, definition=PRINTED)
            if rho is not None:
                answers.append(
                    paper.theorem_1(network, D1_BLOCKS, rho, [[1], [-1]], definition=PRINTED)
                )
        assert sum(isinstance(answer, Counterexample) for answer in answers) == fails
        assert len(answers) > fails

    @pytest.mark.parametrize("function", [RELU, leaky("1/10"), leaky(3), Activation("Abs")])
    def test_repaired_holds_for_every_representative(self, function: Activation) -> None:
        """Planted lumpabilities: 6w and 6* preserve the function, whatever represents."""
        draw = random.Random(str(function))
        for _ in range(12):
            network, relation, rho = planted(draw, function)
            points = [[Fraction(draw.randint(-5, 5), 3) for _ in range(2)] for _ in range(4)]
            nodes = [[draw.choice(S) for S in layer] for layer in relation]
            found = paper.theorem_1(
                network, relation, rho, points, definition=WEIGHTED, representatives=nodes
            )
            assert found == Holds(WEIGHTED, 4)
            best = paper.coarsest(network)
            nodes = [[draw.choice(S) for S in layer] for layer in best.relation]
            found = paper.theorem_1(network, best.relation, best.rho, points, representatives=nodes)
            assert found == Holds(STAR, 4)


D1_BLOCKS = (((0,),), ((0, 1),), ((0, 1),), ((0,),))


def planted(draw: random.Random, function: Activation) -> tuple[NN, Any, Any]:
    """A 2-4-4-1 network with a random lumpability by Definition 6w, by construction."""
    widths = (2, 4, 4, 1)
    relation: list[Any] = [[[0], [1]]]
    rho = [[Fraction(1)] * 2]
    weights, biases = [], []
    for n in widths[1:]:
        blocks = [list(S) for S in draw.choice(list(partitions(range(n))))]
        scale = [Fraction(draw.randint(1, 6), draw.randint(1, 6)) for _ in range(n)]
        W = [[Fraction(draw.randint(-3, 3)) for _ in range(n)] for _ in rho[-1]]
        b = [Fraction(draw.randint(-2, 2)) for _ in range(n)]
        for S, S1 in product(blocks, relation[-1]):
            want = Fraction(draw.randint(-3, 3))
            for v in S:
                b[v] = b[S[0]] * scale[S[0]] / scale[v]
                rest = sum(W[u][v] / rho[-1][u] for u in S1[:-1])
                W[S1[-1]][v] = (want / scale[v] - rest) * rho[-1][S1[-1]]
        weights.append(W)
        biases.append(b)
        relation.append(blocks)
        rho.append(scale)
    return NN.of(weights, biases, [function, function, IDENTITY]), relation, rho


class TestTheorem2:
    """The maximum: it exists as printed and under 6*, not under 6w."""

    def test_d2_zero(self) -> None:
        """Under 6w exactly four lumpabilities, of which two are maximal."""
        found = dict(paper.lumpabilities(example("d2_zero"), definition=WEIGHTED))
        apart, together = ((0,), (1,)), ((0, 1),)
        alone = ((0,), (1,), (2,))
        hidden = {relation[1:3] for relation in found}
        assert hidden == {
            (apart, alone),
            (together, alone),
            (together, ((0, 1), (2,))),
            (together, ((0, 2), (1,))),
        }
        best = {relation[1:3] for relation in paper.maximal(found)}
        assert best == {(together, ((0, 1), (2,))), (together, ((0, 2), (1,)))}
        rho = found[((0,),), together, ((0, 2), (1,)), ((0,),)]
        assert rho[1][1] == 2 * rho[1][0]

    def test_d2_live(self) -> None:
        """Also with a live neuron for the biases; 6* merges all three."""
        network = example("d2_live")
        found = dict(paper.lumpabilities(network, definition=WEIGHTED))
        best = {relation[1:3] for relation in paper.maximal(found)}
        zeros = ((0, 1), (2,))
        assert len(found) == 4
        assert best == {(zeros, ((0, 1), (2,))), (zeros, ((0, 2), (1,)))}
        assert paper.coarsest(network).relation[1:3] == (zeros, ((0, 1, 2),))

    def test_two_successors_always_have_a_maximum(self) -> None:
        """Two zero neurons and two successors never leave two maxima under 6w."""
        draw = random.Random(2)
        for _ in range(12):
            rows = [[draw.randint(-2, 2) for _ in range(2)] for _ in range(2)]
            bias = [draw.randint(0, 1) for _ in range(2)]
            network = NN.of(
                [[[0, 0]], rows, [[1], [1]]], [[0, 0], bias, [0]], [RELU, RELU, IDENTITY]
            )
            found = dict(paper.lumpabilities(network, definition=WEIGHTED))
            assert len(paper.maximal(found)) == 1

    def test_no_rho(self) -> None:
        """The solver's no is None, and activations that differ are a no of their own."""
        opposite = one_hidden([[1, -1]], [0, 0], [[1], [1]])
        unequal = one_hidden([[1, 1]], [0, 0], [[1], [1]], [RELU, CLIP])
        clipped = one_hidden([[1, 2]], [0, 0], [[1], [1]], CLIP)
        relation = (((0,),), ((0, 1),), ((0,),))
        for network, definition in product((opposite, unequal, clipped), (WEIGHTED, STAR)):
            assert paper.find_rho(network, relation, definition=definition) is None
        assert paper.find_rho(TWINS, relation, definition=WEIGHTED) is not None

    def test_rho_may_be_irrational(self) -> None:
        """Four zero neurons under 6w: q1 q4 = 2 q2 q3 and q1 q3 = q2 q4 want a root of 2."""
        rows = [[1, 0, 1, 0], [0, 2, 0, 1], [1, 0, 0, 1], [0, 1, 1, 0]]
        network = NN.of(
            [[[0] * 4], rows, [[1]] * 4], [[0] * 4, [0] * 4, [0]], [RELU, RELU, IDENTITY]
        )
        relation = (((0,),), ((0, 1), (2, 3)), ((0, 1), (2, 3)), ((0,),))
        with pytest.raises(LumpverError, match="rational rho"):
            paper.find_rho(network, relation, definition=WEIGHTED)

    def test_solver_gives_up(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Without an answer from the solver there is none from `find_rho`."""
        monkeypatch.setattr("lumpver.theory.paper.maximum._EFFORT", 1)
        with pytest.raises(LumpverError, match="an answer"):
            paper.find_rho(TWINS, (((0,),), ((0, 1),), ((0,),)), definition=WEIGHTED)

    @pytest.mark.parametrize(
        "function", [RELU, leaky("1/4"), Activation("Abs"), CLIP, IDENTITY], ids=str
    )
    def test_coarsest_is_the_maximum(self, function: Activation) -> None:
        """Every lumpability by 6* is finer than `coarsest`, which is one; all preserve N."""
        draw = random.Random(7)
        sizes = set()
        for _ in range(10):
            network = random_network(draw, (1, 3, 3, 1), function=function)
            best = paper.coarsest(network)
            assert paper.is_lumpability(network, best.relation, best.rho)
            found = paper.lumpabilities(network)
            assert paper.maximal(R for R, _ in found) == (best.relation,)
            assert all(paper.is_finer(R, best.relation) for R, _ in found)
            points = [[draw.randint(-3, 3)], ["1/3"]]
            for relation, rho in found:
                assert paper.theorem_1(network, relation, rho, points) == Holds(STAR, 2)
            sizes.add(len(found))
        assert len(sizes) > 1

    def test_as_printed_there_is_one_maximum(self) -> None:
        """Theorem 2 is true as printed."""
        draw = random.Random(11)
        for _ in range(15):
            network = random_network(draw, (1, 2, 3, 1))
            found = paper.lumpabilities(network, definition=PRINTED)
            assert len(paper.maximal(R for R, _ in found)) == 1

    def test_coarsest_is_canonical(self) -> None:
        """Classes by smallest member, which has rho 1; constants are one class."""
        best = paper.coarsest(one_hidden([[0, 2, 1, 0, 4]], [1, 2, 1, -1, 4], [[1]] * 5))
        assert best.relation[1] == ((0, 3), (1, 2, 4))
        assert best.rho[1] == (1, 1, 2, 1, HALF)
        assert best.constants == ({}, {0: 1, 3: 0}, {})

    def test_nothing_hidden(self) -> None:
        """A single layer has the identity only, and stays as it is."""
        network = example("no_hidden")
        assert len(paper.lumpabilities(network)) == 1
        assert paper.reduced(network) == network


class TestCleanUp:
    """`without_unobserved` and `reduced`."""

    def test_backwards(self) -> None:
        """One backward pass removes what only unread nodes read."""
        left = paper.without_unobserved(example("unread"))
        assert left.hidden == (1, 1)
        assert left([3]) == example("unread")([3])

    def test_inputs_and_outputs_stay(self) -> None:
        """Unread inputs and constant outputs are no hidden nodes."""
        network = NN.of([[[0, 0]], [[0], [0]]], [[1, 1], [5]], [RELU, IDENTITY])
        left = paper.without_unobserved(network)
        assert (left.widths, left([8])) == ((1, 0, 1), (5,))

    def test_reducing_is_idempotent(self) -> None:
        """One forward and one backward sweep leave nothing for a second."""
        draw = random.Random(3)
        for _ in range(40):
            network = random_network(draw, (2, 4, 4, 3, 1))
            left = paper.reduced(network)
            assert paper.reduced(left) == left
            for x in ([1, -2], ["1/3", 5], [-1, -1]):
                assert left(x) == network(x)
