"""Tests for `search.lumping` (and `blocks`): the coarsest lumping is the paper's maximum."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from flint import fmpq
from nasty import fractions
from planting import mixed
from small_networks import chain, graph

from lumpver.errors import Malformed
from lumpver.model.activations import RELU, activation
from lumpver.model.network import Network, Opaque, Pointwise, Rearrange, linear
from lumpver.model.relabelling import Relabelling, identity
from lumpver.quotient.building import quotient
from lumpver.search import sweeps
from lumpver.search.lumping import LUMPING, coarsest
from lumpver.search.observation import pinned
from lumpver.search.withheld import Withheld
from lumpver.theory import paper
from lumpver.theory.examples import EXAMPLES, Example

FORWARD = ("merges", "constants", "compose")


def _classes(network: Network) -> list[tuple[Any, Any]]:
    """Blocks and constants of each hidden layer, by the fast path."""
    found = coarsest(network, rules=FORWARD)
    result = []
    for name in network.layers:
        if name.startswith("y"):
            continue
        relabelling = found.of(name) or identity(network.width[name])
        blocks = {tuple(relabelling.members(j).tolist()) for j in range(relabelling.columns)}
        result.append((blocks, set(np.flatnonzero(relabelling.block < 0).tolist())))
    return result


@pytest.mark.parametrize("example", EXAMPLES.values(), ids=lambda e: e.name)
def test_examples_have_the_papers_classes(example: Example) -> None:
    """On every example the blocks are those of Definition 6*."""
    _same_as_the_paper(example.network)


@pytest.mark.parametrize("seed", range(80))
def test_random_chains_have_the_papers_classes(seed: int) -> None:
    """On chains with any numbers and activations the blocks are those of Definition 6*."""
    _same_as_the_paper(mixed(seed))


def _same_as_the_paper(network: Network) -> None:
    nn = paper.from_network(network)
    M = paper.coarsest(nn)
    ours = _classes(network)
    for ell, (blocks, folded) in enumerate(ours, start=1):
        assert folded == set(M.constants[ell])
        assert blocks == {tuple(sorted(S)) for S in M.live(ell)}


@pytest.mark.parametrize("seed", range(40))
def test_class_sums_need_not_be_kept(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where only their zeros are, the lumping and the quotient are the same."""
    network = mixed(seed)
    found = coarsest(network)
    result = quotient(network, found)
    monkeypatch.setattr(sweeps, "_ROOM", 0)
    again = coarsest(network)
    assert repr(again.relabellings) == repr(found.relabellings)
    assert [repr(node) for node in quotient(network, again).nodes] == [
        repr(node) for node in result.nodes
    ]


@pytest.mark.parametrize("seed", range(40))
def test_rho(seed: int) -> None:
    """rho is the paper's, up to one factor per block."""
    network = mixed(seed)
    found = coarsest(network, rules=FORWARD)
    for name, relabelling in found.relabellings.items():
        rho = found.rho(name)
        for v in range(relabelling.units):
            if relabelling.block[v] < 0:
                assert rho[v] is None
            else:
                scale = fractions(relabelling.scale)[v]
                assert Fraction(int(rho[v].p), int(rho[v].q)) * scale == 1


def test_scales_of_floats_are_dyadic() -> None:
    """1, 3 and a third of dyadic rows: every scale is a power of two times a whole number."""
    found = coarsest(chain([[3.0], [1.0], [9.0], [15.0]], [[1.0, 1.0, 1.0, 1.0]])).of("h1.pre")
    assert found is not None
    assert all(x.denominator.bit_count() == 1 for x in fractions(found.scale))
    assert found.scale.tolist() == [1.5, 0.5, 4.5, 7.5]


def test_a_lone_unit_keeps_its_scale() -> None:
    """A unit that merges with no other has scale 1: its weights stay as they are."""
    found = coarsest(chain([[3.0, 1.0], [1.0, 0.0], [2.0, 0.0]], [[1.0, 1.0, 1.0]])).of("h1.pre")
    assert found is not None
    assert found.scale[0] == 1


def test_nothing_to_find() -> None:
    """A network without structure gets no relabelling at all."""
    assert not coarsest(chain([[1], [-1]], [[1, 1]])).relabellings
    assert not coarsest(chain([[1, 2]])).relabellings


@pytest.mark.parametrize("rows", [0, 1])
def test_degenerate_layers(rows: int) -> None:
    """Layers of no units or one do no harm."""
    network = chain(np.ones((rows, 2)), np.ones((2, rows)), [[1, 1]])
    found = coarsest(network)
    assert found.of("h2.pre") is not None
    if rows == 0:
        assert found.blocks("h2.pre") == ()
    else:
        assert found.blocks("h2.pre") == ((0, 1),)


def test_every_unit_constant() -> None:
    """A layer may consist of constants only; their values are exact."""
    found = coarsest(chain(([[0], [0]], ["1/3", -1]), ([[1, 1]], None))).of("h1")
    assert found is not None
    assert found.width == found.ghosts == 0
    assert fractions(found.constant).tolist() == [Fraction(1, 3), 0]


@pytest.mark.parametrize(
    ("rules", "expected"),
    [
        ((), [3]),
        (("merges",), [2]),
        (("constants",), [2]),
        (("merges", "constants"), [1]),
        (LUMPING, [1]),
    ],
)
def test_rules_can_be_chosen(rules: tuple[str, ...], expected: list[int]) -> None:
    """A rule that is not chosen leaves its units."""
    found = coarsest(chain(([[1], [2], [0]], [0, 0, 7]), [[1, 1, 1]]), rules=rules)
    relabelling = found.of("h1.pre") or identity(3)
    assert [relabelling.width] == expected
    assert set(found.rules) == set(rules)


def test_rules_may_be_any_iterable() -> None:
    """An iterator is read once; order and repetition do not matter."""
    network = chain(([[1], [2], [0]], [0, 0, 7]), [[1, 1, 1]])
    assert coarsest(network, rules=iter(["constants", "merges", "merges"])).rules == FORWARD[:2]


@pytest.mark.parametrize("rules", [["magic"], "merges", ["merges", ""]], ids=repr)
def test_unknown_rules(rules: Any) -> None:
    """A rule that does not exist is refused."""
    with pytest.raises(Malformed):
        coarsest(chain([[1]]), rules=rules)


def test_equal_constants_merge_where_they_may_not_fold() -> None:
    """Without the rule for constants, equal ones are still one block."""
    network = chain(([[0], [0], [0]], [7, 7, 5]), [[1, 1, 1]])
    assert coarsest(network, rules=["merges"]).blocks("h1.pre") == ((0, 1), (2,))


@pytest.mark.parametrize("unit", [0, 1, 2])
def test_kept_units_stay(unit: int) -> None:
    """A kept unit is alone in its block, with scale 1, and is neither constant nor unused."""
    network = chain(([[1], [2], [0], [5]], [0, 0, 7, 1]), [[1, 1, 1, 0]])
    found = coarsest(network, keep=frozenset({("h1.pre", unit)})).of("h1.pre")
    assert found is not None
    assert 0 <= found.block[unit] < found.width
    assert found.members(int(found.block[unit])).tolist() == [unit]
    assert found.scale[unit] == 1


def test_keeping_all_is_the_identity() -> None:
    """Where every unit is kept nothing changes."""
    network = chain(([[1], [2], [0]], [0, 0, 7]), [[1, 1, 0]])
    assert not coarsest(network, keep=frozenset(("h1.pre", v) for v in range(3))).relabellings


@pytest.mark.parametrize("unit", [("h1.pre", 3), ("h1.pre", -1), ("zz", 0), ("y", 1)])
def test_units_that_are_not_there(unit: tuple[str, int]) -> None:
    """A kept unit has to exist."""
    with pytest.raises(Malformed):
        coarsest(chain([[1], [2], [0]], [[1, 1, 1]]), keep=frozenset({unit}))


def test_withheld_is_per_rule() -> None:
    """A unit may be withheld from one rule and open to the others."""
    network = chain(([[1], [2], [0]], [0, 0, 7]), [[1, 1, 1]])
    unit = frozenset({("h1.pre", 2)})
    for withheld, width in ((Withheld(merges=unit), 1), (Withheld(constants=unit), 2)):
        found = coarsest(network, withheld=withheld).of("h1.pre")
        assert found is not None
        assert found.width == width
    assert not Withheld()
    assert Withheld(merges=unit).union(Withheld(unused=unit)) == Withheld(unit, frozenset(), unit)


@pytest.mark.parametrize("function", ["sigmoid", "tanh"])
def test_irrational_constants_stay(function: str) -> None:
    """A constant whose value is not rational is no constant for us; at 0 it is."""
    network = chain(([[0], [0], [1]], [0, 1, 0]), [[1, 1, 1]], activation=function)
    found = coarsest(network).of("h1.pre")
    assert found is not None
    assert found.block.tolist() == [-1, 0, 1]


def test_constants_through_two_activations() -> None:
    """What counts is the value behind all activations: tanh(sigmoid(0)) is not rational."""
    network = graph(
        linear("a", "x", "p", [[0], [1]]),
        Pointwise("s", "p", "q", activation("sigmoid")),
        Pointwise("t", "q", "r", activation("tanh")),
        linear("b", "r", "y", [[1, 1]]),
        x=(1,), p=(2,), q=(2,), r=(2,), y=(1,),
    )  # fmt: skip
    assert not coarsest(network).relabellings


def test_multiples_need_every_activation_homogeneous() -> None:
    """A tensor read by a ReLU and by a sigmoid merges equal units only."""
    nodes = (
        linear("a", "x", "p", [[1], [2], [1]]),
        Pointwise("r", "p", "q", RELU),
        Pointwise("s", "p", "t", activation("sigmoid")),
        linear("b", "q", "y", [[1, 1, 1]]),
        linear("c", "t", "z", [[1, 1, 1]]),
    )
    network = graph(*nodes, outputs="y z", x=(1,), p=(3,), q=(3,), t=(3,), y=(1,), z=(1,))
    assert coarsest(network).blocks("p") == ((0, 2), (1,))


def test_outputs_and_what_opaque_nodes_read_are_pinned() -> None:
    """Units stay where they are outputs, are read by an opaque node, or along another axis."""
    nodes = (
        linear("a", "x", "p", [[1], [2]]),
        Pointwise("r", "p", "q", RELU),
        Opaque("o", "Softmax", ("q",), ("s",)),
        linear("b", "s", "u", [[1, 1], [2, 2]]),
        linear("c", "u", "y", [[1]], axis=-2),
    )
    network = graph(*nodes, x=("N", 1), p=("N", 2), q=("N", 2), s=("N", 2), u=("N", 2), y=(1, 2))
    assert pinned(network) >= {"y", "q", "p", "u"}
    assert not coarsest(network).relabellings


def test_a_hidden_output_is_pinned() -> None:
    """A hidden tensor that is also an output keeps its units, and what makes it too."""
    nodes = (
        linear("a", "x", "p", [[1], [2]]),
        Pointwise("r", "p", "q", RELU),
        linear("b", "q", "y", [[1, 1]]),
    )
    shapes: dict[str, Any] = {"x": (1,), "p": (2,), "q": (2,), "y": (1,)}
    assert coarsest(graph(*nodes, **shapes)).relabellings
    assert not coarsest(graph(*nodes, outputs="y q", **shapes)).relabellings


@pytest.mark.parametrize(
    ("target", "merges"), [((-1, 2), True), ((-1, 4), True), ((-1, 1), False), ((1, -1), False)]
)
def test_through_a_reshape(target: tuple[int, int], *, merges: bool) -> None:
    """Units merge through a reshape only where it provably keeps their axis, or takes in others."""
    nodes = (
        linear("a", "x", "p", [[1], [2]]),
        Pointwise("r", "p", "q", RELU),
        Rearrange("f", "q", "s", "Reshape", target),
        linear("b", "s", "y", [[1] * abs(target[1])]),
    )
    network = graph(*nodes, x=("N", 1, 1), p=("N", 1, 2), q=("N", 1, 2), s=None, y=None)
    assert bool(coarsest(network).relabellings) is merges


def test_blocks_are_numbered_by_smallest_member() -> None:
    """The numbering is canonical, ghosts last."""
    network = chain([[0, 1], [1, 0], [0, 2], [2, 0], [1, 1]], [[1, 0, 1, 0, 1]])
    found = coarsest(network)
    assert found.blocks("h1.pre") == ((0, 2), (4,), (1, 3))
    relabelling = found.of("h1.pre")
    assert isinstance(relabelling, Relabelling)
    assert (relabelling.width, relabelling.ghosts) == (2, 1)


def test_a_deep_stack_of_activations() -> None:
    """Thousands of activations behind one another are no matter."""
    nodes = [linear("a", "x", "t0", [[1], [0], [2]], [1, 2, 2])]
    nodes += [Pointwise(f"r{i}", f"t{i}", f"t{i + 1}", RELU) for i in range(3000)]
    nodes += [linear("b", "t3000", "y", [[1, 1, 1]])]
    network = graph(*nodes, x=(1,), y=(1,), **{f"t{i}": (3,) for i in range(3001)})
    found = coarsest(network).of("t3000")
    assert found is not None
    assert found.width == 1
    assert fractions(found.constant)[1] == 2


def test_rho_of_a_third() -> None:
    """rho is handed out as a rational, also where no float holds it."""
    found = coarsest(chain([["1/3"], [1]], [[1, 1]]))
    assert found.rho("h1.pre") == (fmpq(1), fmpq(1, 3))
