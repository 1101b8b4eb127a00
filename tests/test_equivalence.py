"""`prove`: the three answers, each step, and what it refuses."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
import sympy
from equivalence_families import carried
from flint import fmpq
from hypothesis import given
from hypothesis import strategies as st
from small_networks import ONCE, TWICE

import lumpver.proving.asking
from lumpver.claim.domain import Box, Boxes
from lumpver.claim.statement import Claim
from lumpver.errors import Malformed, ShapeMismatch, Unreadable
from lumpver.model.activations import RELU, Activation, activation, leaky
from lumpver.model.network import Network
from lumpver.model.opaque import Opaque
from lumpver.model.tensor import Tensor
from lumpver.proving import Proved, Refuted, SolverDisagreement, Unknown, prove
from lumpver.proving.effort import budget
from lumpver.proving.monolithic import asked
from lumpver.proving.pairing import pair
from lumpver.proving.smt import Answer
from lumpver.proving.sweeping import swept
from lumpver.reducing.reduction import reduce
from lumpver.search.lumping import LUMPING
from lumpver.theory.examples import EXAMPLES
from lumpver.trial.strategies import boxes, equivalents, hard, mutated_networks, networks, planted

chain = Network.from_layers
CLIP = Activation("Clip", (fmpq(-1), fmpq(1)))
FUNCTIONS = (RELU, leaky("1/10"), Activation("Abs"), activation("identity"), CLIP)
ONE = chain([([[1]], None), ([[1]], None)])


def replays(a: Network, b: Network, found: Refuted) -> bool:
    """Whether the two networks really differ as the refutation says."""
    ours, theirs = (
        value if isinstance(value, dict) else {network.outputs[0].name: value}
        for network in (a, b)
        for value in [network(found.counterexample)]
    )
    sides = {name: (ours[name], theirs[name]) for name in ours}
    return sides == found.outputs and ours != theirs


def test_a_network_equals_itself() -> None:
    """The plainest question of all."""
    assert prove(ONE, ONE) == Proved("joint lumping")


def test_nothing_hidden() -> None:
    """Linear networks are equal exactly if their weights are."""
    a, b = chain([([[1, 2]], ["1/3"])]), chain([([[1, 2]], ["1/3"])])
    assert prove(a, b).step == "joint lumping"
    c = chain([([[1, 2]], ["1/2"])])
    found = prove(a, c)
    assert isinstance(found, Refuted)
    assert replays(a, c, found)


def test_constants() -> None:
    """Networks that ignore their input are compared by value."""
    dead = chain([([[0], [0]], [-1, 3]), ([[5, 1]], [0])])
    assert isinstance(prove(dead, chain([([[0]], [3])])), Proved)
    assert isinstance(prove(dead, chain([([[0]], [2])])), Refuted)


def test_huge_and_tiny_weights() -> None:
    """A difference far below float precision is a difference."""
    a = chain([([[2.0**127], [2.0**-149]], None), ([[1, 1]], None)])
    b = chain([([[2.0**127], [2.0**-149]], [0, 2.0**-149]), ([[1, 1]], None)])
    found = prove(a, b)
    assert isinstance(found, Refuted)
    assert replays(a, b, found)


def test_numbers_of_any_length_are_printed() -> None:
    """A counterexample's outputs may have thousands of digits."""
    tiny = f"1/1{'0' * 5000}"
    found = prove(chain([([[tiny]], None)]), chain([([[0]], None)]))
    assert isinstance(found, Refuted)
    assert any(len(value) > 5000 for value in found.as_dict()["outputs"]["y"][0])


@pytest.mark.parametrize("name", EXAMPLES)
def test_reductions_of_all_examples_are_proved(name: str) -> None:
    """Joint lumping follows every reduction of ours, and forms those by a chain made anew."""
    network = EXAMPLES[name].network
    found = reduce(network)
    step = "joint forms" if found.replaced else "joint lumping"
    assert prove(network, found.network).step in {step, "joint lumping"}
    assert prove(network, reduce(network, rules=LUMPING).network) == Proved("joint lumping")


def test_other_widths_depths_and_order() -> None:
    """Layers need not correspond."""
    shallow = chain([([[1, 2], [3, 4]], [5, 6]), ([[1, 1]], None)])
    turned = chain([([[9, 12], [1, 2], [2, 4]], [18, 5, 10]), ([["1/3", 0, "1/2"]], None)])
    assert prove(shallow, turned).step == "joint lumping"
    deep = chain(
        [
            ([[3, 4], [1, 2]], [6, 5], "identity"),
            ([[0, 1], [1, 0]], None),
            ([[1, 0], [0, 1]], None, "identity"),
            ([[1, 1]], None),
        ]
    )
    assert prove(shallow, deep).step == "joint lumping"


def test_refuted_by_sweeping_or_not_at_all() -> None:
    """A unit that is active on a small part of the line only is found all the same."""
    bump = [([[1], [1], [1]], [0, "-1/1048576", "-1/524288"]), ([[1, -2, 1]], None)]
    far = chain([([[1]], [-123456]), *bump])
    found = prove(far, chain([([[0]], [0])]))
    assert isinstance(found, Refuted)
    assert replays(far, chain([([[0]], [0])]), found)


def test_curves_at_the_end_are_looked_behind() -> None:
    """A sigmoid is injective: its arguments are compared, its values shown as such."""
    a = chain([([[1]], None), ([[2]], None, "sigmoid")])
    b = chain([([[1]], None), ([[3]], None, "sigmoid")])
    assert prove(a, a).step == "joint lumping"
    found = prove(a, b)
    assert isinstance(found, Refuted)
    (value,) = found.counterexample["x"]
    ours, theirs = found.outputs["y"]
    assert ours == (1 / (1 + sympy.exp(-2 * value)),)
    assert theirs == (1 / (1 + sympy.exp(-3 * value)),)


def test_curves_inside() -> None:
    """Equal curves of equal or opposite arguments are told; others where bounds tell them apart."""
    a = chain([([[1], [1]], None, "tanh"), ([[1, 1]], None)])
    b = chain([([[1]], None, "tanh"), ([[2]], None)])
    assert prove(a, b).step == "joint lumping"
    c = chain([([[-1]], None, "tanh"), ([[-2]], None)])
    assert prove(b, c).step == "joint lumping"
    d = chain([([[-1]], None, "tanh"), ([[2]], None)])
    apart = prove(b, d)
    assert isinstance(apart, Refuted)
    assert apart.evidence == "enclosure"
    near = chain([([[1]], None, "tanh"), ([[f"{2 * 10**40 + 1}/{10**40}"]], None)])
    found = prove(b, near, effort=100_000)
    assert isinstance(found, Unknown)
    assert "Tanh" in found.query


def test_no_input_at_all_that_reaches() -> None:
    """Two outputs: one is equal, the other is not."""
    a = chain([([[1], [2]], None)])
    b = chain([([[1], [3]], None)])
    found = prove(a, b)
    assert isinstance(found, Refuted)
    assert replays(a, b, found)


@given(st.data())
def test_never_contradicts_the_whole_query(data: st.DataObject) -> None:
    """Whatever step answers, the monolithic query does not say otherwise."""
    a = data.draw(networks(depth=(1, 3), width=(1, 3), activations=FUNCTIONS, branches=True))
    b = data.draw(mutated_networks(a))
    box = data.draw(st.one_of(st.none(), boxes(a)))
    found = prove(a, b, box=box)
    whole = asked(pair(a, b), _plain(box), "z3", budget(effort=5_000_000))
    assert isinstance(whole, Unknown) or type(whole) is type(found)
    if isinstance(found, Refuted):
        assert replays(a, b, found)
        _inside(found, box)


def _plain(box: dict[str, Any] | None) -> dict[str, Any]:
    return {name: tuple(ranges) for name, ranges in (box or {}).items()}


def _inside(found: Refuted, box: dict[str, Any] | None) -> None:
    for name, ranges in (box or {}).items():
        for value, (low, high) in zip(found.counterexample[name], ranges, strict=True):
            assert low <= fmpq(int(value.p), int(value.q)) <= high


@given(st.data())
def test_sweeping_alone_agrees_with_the_whole_query(data: st.DataObject) -> None:
    """Without evaluation before it, sweeping proves nothing wrong and refutes nothing right."""
    a = data.draw(networks(depth=(1, 3), width=(1, 3), activations=FUNCTIONS))
    b = data.draw(st.one_of(mutated_networks(a), equivalents(a)))
    both = pair(a, b)
    found = swept(both, {}, "z3", budget(), expected=30)
    whole = asked(both, {}, "z3", budget(effort=5_000_000))
    assert found is None or isinstance(whole, Unknown) or type(whole) is type(found)


@given(st.data())
def test_permuted_and_rescaled_units(data: st.DataObject) -> None:
    """Joint lumping sees through order and scale, with adversarial numbers too."""
    numbers = data.draw(st.sampled_from([None, hard()]))
    a = data.draw(networks(depth=(1, 3), width=(1, 4), activations=FUNCTIONS, numbers=numbers))
    assert prove(a, data.draw(equivalents(a))) == Proved("joint lumping")


@given(planted(activations=FUNCTIONS))
def test_planted_lumpings(found: Any) -> None:
    """What was blown up equals what it was blown up from."""
    assert prove(found.network, found.base) == Proved("joint lumping")


def test_inputs_and_outputs_have_to_match() -> None:
    """Another number or another shape of inputs or outputs is a difference without a point."""
    wide, tall = chain([([[1, 2]], None)]), chain([([[1], [2]], None)])
    two = replace(ONE, outputs=(*ONE.outputs, ONE.tensors["h1"]))
    for other in (wide, tall, two):
        assert prove(ONE, other).evidence == "interface"


@pytest.mark.parametrize(
    "options", [{"solver": "z4"}, {"timeout": -1}, {"timeout": float("nan")}, {"effort": 0}]
)
def test_options_are_checked(options: dict[str, Any]) -> None:
    """A bad option is refused before anything is done."""
    with pytest.raises(Malformed):
        prove(ONE, ONE, **options)


@pytest.mark.parametrize("box", [7, {"z": [(0, 1)]}, {"x": [(1, 0)]}, {"x": [0]}])
def test_boxes_are_checked(box: Any) -> None:
    """A box that is none is refused."""
    with pytest.raises(Malformed):
        prove(ONE, ONE, box=box)


def test_box_of_another_size() -> None:
    """As many ranges as entries."""
    with pytest.raises(ShapeMismatch):
        prove(ONE, ONE, box={"x": [(0, 1), (0, 1)]})


def test_box_file_that_is_not_there() -> None:
    """A missing file is unreadable."""
    with pytest.raises(Unreadable):
        prove(ONE, ONE, box="nowhere.vnnlib")


def test_a_box_decides() -> None:
    """Equal on the box, different outside; a counterexample stays inside."""
    a, b = chain([([[1]], [1]), ([[1]], None)]), chain([([[1]], [1])])
    box = {"x": [(-1, 5)]}
    claim = Claim(Boxes((Box.of(box),), "the given ranges"))
    assert prove(a, b, box=box) == Proved("sweeping", "joint", claim=claim)
    found = prove(a, b, box={"x": [("-3/2", 5)]})
    assert isinstance(found, Refuted)
    assert fmpq(-3, 2) <= fmpq(str(found.counterexample["x"][0])) < -1


def test_a_box_of_one_point() -> None:
    """On a single point only the values there count."""
    a, b = chain([([[1, 1]], None)]), chain([([[2, 0]], None)])
    assert isinstance(prove(a, b, box={"x": [(3, 3), (3, 3)]}), Proved)
    assert isinstance(prove(a, b, box={"x": [(3, 3), (4, 4)]}), Refuted)


def test_limited_effort_is_unknown() -> None:
    """A solver that gives up gives no answer, and leaves the question to others."""
    a = chain([([[1, 2], [2, -1]], None, "tanh"), ([[1, 1]], None)])
    near = f"{10**40 + 1}/{10**40}"  # nearer than bounds can tell
    b = chain([([[-1, -2], [-2, near]], None, "tanh"), ([[-1, -1]], None)])
    found = prove(a, b, effort=1)
    assert isinstance(found, Unknown)
    assert found.reason.startswith("z3: ")
    assert "(check-sat)" in found.query
    assert found.as_dict()["answer"] == "unknown"


@pytest.mark.usefixtures("without_forms")
def test_no_time_at_all() -> None:
    """A deadline in the past still lets lumping answer, and nothing slower."""
    family = carried(inputs=2, width=3)
    assert prove(family.a, family.a, timeout=0, apart=False) == Proved("joint lumping")
    found = prove(family.a, family.b, timeout=0, apart=False)
    assert isinstance(found, Unknown)
    assert "deadline" in found.reason
    assert "(check-sat)" in found.query


@pytest.mark.parametrize("solver", ["cvc5", "both"])
def test_other_solvers(solver: Any) -> None:
    """cvc5 proves what z3 proves, alone and beside it."""
    pytest.importorskip("cvc5")
    assert prove(TWICE, ONCE, solver=solver) == Proved("sweeping")
    assert prove(TWICE, ONCE, solver=solver, timeout=600) == Proved("sweeping")


@pytest.mark.usefixtures("without_forms")
def test_disagreement_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two solvers that contradict each other are not outvoted."""

    def liar(text: str, *, solver: str, effort: int, seconds: float | None) -> Answer:
        raise SolverDisagreement("z3 and cvc5", expected="one answer", got="two")

    monkeypatch.setattr(lumpver.proving.asking, "_ask", liar)
    family = carried(inputs=2, width=3)
    with pytest.raises(SolverDisagreement):
        prove(family.a, family.b, solver="both")


@pytest.mark.usefixtures("without_forms")
def test_a_lying_model_is_no_refutation(monkeypatch: pytest.MonkeyPatch) -> None:
    """`sat` without an input that replays is unknown."""

    def liar(text: str, *, solver: str, effort: int, seconds: float | None) -> Answer:
        return Answer("sat", "z3", text, models=({},))

    monkeypatch.setattr(lumpver.proving.asking, "_ask", liar)
    family = carried(inputs=2, width=3)
    found = prove(family.a, family.b)
    assert isinstance(found, Unknown)
    assert "does not replay" in found.reason


def test_opaque_nodes() -> None:
    """Equal nodes on equal operands are equal; what they compute nobody knows."""

    def around(content: bytes, weight: int) -> Network:
        inner = chain([([[weight]], None), ([[2]], None)])
        node = Opaque("soft", "ai.onnx:Softplus", ("y",), ("z",), content)
        out = Tensor("z", shape=(1,))
        return replace(
            inner, nodes=(*inner.nodes, node), outputs=(out,), tensors={**inner.tensors, "z": out}
        )

    assert prove(around(b"", 1), around(b"", 1)).step == "joint lumping"
    assert isinstance(prove(around(b"", 1), around(b"", 2), effort=10_000), Unknown)
    assert isinstance(prove(around(b"", 1), around(b"x", 1), effort=10_000), Unknown)


@pytest.mark.parametrize("kind", ["proved", "refuted", "on a box"])
def test_answers_as_json(kind: str) -> None:
    """Every answer carries its evidence and semantics, and is plain data."""
    line, double = chain([([[1]], None)]), chain([([[2]], None)])
    other = {"proved": ONE, "refuted": double, "on a box": line}[kind]
    found = prove(ONE, other, box={"x": [(-1, 1)]} if kind == "on a box" else None)
    plain = json.loads(json.dumps(found.as_dict()))
    assert plain["semantics"] == "real"
    assert plain["evidence"] == found.evidence
    assert plain["step"] == found.step
    if isinstance(found, Refuted):
        assert plain["evidence"] == "replay"
        assert set(plain["counterexample"]) == {"x"}
        assert len(plain["outputs"]["y"]) == 2
