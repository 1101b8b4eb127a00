"""Tests for `lumpver.checker`: right relabellings pass, ours or not; wrong ones are named."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from planting import mixed
from small_networks import TWINS, chain, graph

from lumpver.checker import Checked, check
from lumpver.claim.certificate import Certificate
from lumpver.claim.facts import Fact
from lumpver.errors import Rejected
from lumpver.exact.array import array
from lumpver.exact.scalar import number
from lumpver.model.activations import RELU, activation, leaky
from lumpver.model.network import (
    Constant,
    Linear,
    Network,
    Opaque,
    Pointwise,
    Rearrange,
    linear,
)
from lumpver.model.relabelling import Relabelling, identity
from lumpver.reducing.reduction import reduce
from lumpver.search.lumping import RULES
from lumpver.theory.examples import EXAMPLES, Example

NOTHING = Certificate({})


def claim(**entries: Any) -> Certificate:
    """A certificate; each entry `(block, width)` and, if need be, scale, constant, ghosts."""
    tensors = {}
    for name, (block, width, *rest) in entries.items():
        n = len(block)
        scale = array(list(rest[0])) if rest and rest[0] else np.ones(n)
        constant = array(list(rest[1])) if len(rest) > 1 and rest[1] else np.zeros(n)
        ghosts = rest[2] if len(rest) > 2 else 0
        target = f"{name}.pre"
        found = Relabelling(np.array(block), scale, constant, width, ghosts)
        tensors[target] = (Fact(target if width else None, found),)
    return Certificate(tensors)


ONE = chain([[1]], [[3]])


def rejected(original: Network, reduced: Network, certificate: Certificate) -> Rejected:
    """The rejection, which must come."""
    with pytest.raises(Rejected) as caught:
        check(original, reduced, certificate)
    return caught.value


@pytest.mark.parametrize("example", EXAMPLES.values(), ids=lambda e: e.name)
def test_examples(example: Example) -> None:
    """Every example's reduction is accepted, by any single rule too; its evidence is an object."""
    for rules in (RULES, *((rule,) for rule in RULES)):
        found = reduce(example.network, rules=rules)
        answer = check(example.network, found.network, found.certificate)
        assert isinstance(answer, Checked)
        assert (answer.evidence, answer.semantics) == ("certificate", "real")
        assert (answer.units_before, answer.units_after) == (
            example.network.units,
            found.network.units,
        )


@pytest.mark.parametrize("seed", range(40))
def test_a_network_is_itself(seed: int) -> None:
    """No claim at all is right for two equal networks, and wrong for a reduced one."""
    network = mixed(seed)
    check(network, mixed(seed), NOTHING)
    found = reduce(network)
    if found.certificate.tensors:
        rejected(network, found.network, NOTHING)
    if any(fact.relabelling for facts in found.certificate.tensors.values() for fact in facts):
        rejected(network, network, found.certificate)


def test_the_identity_may_be_said() -> None:
    """A certificate may say of every tensor that it stays."""
    said = Certificate({"h1.pre": (Fact("h1.pre", identity(2)),)})
    check(TWINS, TWINS, said)


@pytest.mark.parametrize(
    ("reduced", "certificate"),
    [
        (chain([[1]], [[3]]), claim(h1=([0, 0], 1, [1, 2]))),
        (chain([[2]], [["3/2"]]), claim(h1=([0, 0], 1, ["1/2", 1]))),
        (chain([["1/3"]], [[9]]), claim(h1=([0, 0], 1, [3, 6]))),
        (chain([[2], [1]], [[1, 1]]), claim(h1=([1, 0], 2))),
        (chain([[5], ["1/5"]], [["1/5", 10]]), claim(h1=([0, 1], 2, ["1/5", 10]))),
        (TWINS, NOTHING),
    ],
)
def test_other_right_answers(reduced: Network, certificate: Certificate) -> None:
    """Other representatives, scales and orders, or less than the most, are right as well."""
    check(TWINS, reduced, certificate)


def test_partial_merges() -> None:
    """Some multiples may stay apart, some constants unfolded, some unread units in place."""
    network = chain(([[1], [2], [4], [0], [-1]], [0, 0, 0, 7, 0]), [[1, 1, 1, 1, 0]])
    reduced = chain(([[1], [4], [0], [-1]], [0, 0, 7, 0]), [[3, 1, 1, 0]])
    check(network, reduced, claim(h1=([0, 0, 1, 2, 3], 4, [1, 2, 1, 1, 1])))


@pytest.mark.parametrize(
    ("reduced", "certificate", "rule", "unit"),
    [
        (chain([[1]], [[2]]), claim(h1=([0, 0], 1, [1, 2])), "affine", 0),
        (ONE, claim(h1=([0, 0], 1)), "affine", 1),
        (ONE, claim(h1=([0, 0], 1, [1, 3])), "affine", 1),
        (ONE, claim(h1=([0, 0], 1, [1, -2])), "affine", 1),
        (chain(([[1]], [1]), [[3]]), claim(h1=([0, 0], 1, [1, 2])), "affine", 0),
        (chain([[1]], ([[3]], [1])), claim(h1=([0, 0], 1, [1, 2])), "affine", 0),
        (chain([[1]], [[1]]), claim(h1=([0, -1], 1)), "constant", 1),
        (chain([[1]], [[1]]), claim(h1=([0, 1], 1, [], [], 1)), "ghost", 0),
        (chain([[1], [2]], [[1, 1]]), claim(h1=([0, 0, 1], 2)), "affine", None),
        (ONE, claim(h1=([0, 0], 1, [1, 2], [0, 5])), "affine", 1),
    ],
)
def test_wrong_numbers(
    reduced: Network, certificate: Certificate, rule: str, unit: int | None
) -> None:
    """A wrong weight, bias, scale, constant or ghost is rejected at its unit."""
    error = rejected(TWINS, reduced, certificate)
    assert (error.rule, error.unit) == (rule, unit)
    assert error.expected != error.got


def test_words_for_constants() -> None:
    """What is left of a claimed constant, or of a ghost's, is not called a bias."""
    unread = chain(([[1], [1]], [0, 1]), ([[0, 0]], [3]))
    gone = rejected(unread, unread, claim(h1=([0, 0], 0, [], [], 1)))
    assert str(gone) == "ghost: h1.pre[1]: expected the same multiple, got another"
    still = chain(([[1], [0]], [0, 2]), [[1, 1]])
    more = rejected(still, chain([[1]], ([[1]], [2])), claim(h1=([0, -1], 1, [], [0, 5])))
    assert str(more) == "constant: h1.pre[1]: expected the constant, got -3 more"


@pytest.mark.parametrize("delta", [2.0**-1074, 2.0**-52, 1e300])
def test_no_tolerance(delta: float) -> None:
    """The last bit counts, at any magnitude."""
    near = chain(np.array([[1.0]]), np.array([[3.0 + max(delta, 2.0**-51)]]))
    rejected(TWINS, near, claim(h1=([0, 0], 1, [1, 2])))
    shifted = chain(np.array([[1.0]]), (np.array([[3.0]]), np.array([delta])))
    rejected(TWINS, shifted, claim(h1=([0, 0], 1, [1, 2])))


def test_constants_and_ghosts() -> None:
    """A constant must be the constant, a ghost must be a multiple that nothing reads."""
    network = chain(([[0], [1], [-1], [-2]], [3, 0, 0, 0]), [[2, 1, 2, -1]])
    reduced = chain(([[1]], [0]), ([[1]], [6]))
    right = claim(h1=([-1, 0, 1, 1], 1, [1, 1, 1, 2], [3, 0, 0, 0], 1))
    check(network, reduced, right)
    for wrong in (
        claim(h1=([-1, 0, 1, 1], 1, [1, 1, 1, 2], [4, 0, 0, 0], 1)),
        claim(h1=([-1, 0, 1, 1], 1, [1, 1, 1, 3], [3, 0, 0, 0], 1)),
        claim(h1=([-1, 0, 1, 2], 1, [1, 1, 1, 2], [3, 0, 0, 0], 2)),
        claim(h1=([1, 0, 2, 2], 1, [1, 1, 1, 2], [0, 0, 0, 0], 2)),
    ):
        rejected(network, reduced, wrong)


@pytest.mark.parametrize("function", ["clip", "tanh", "sigmoid", "relu", "abs", leaky(-1)])
def test_scales_through_activations(function: Any) -> None:
    """A scale passes where the activation is positively homogeneous, a sign flip by its law."""
    if function == "clip":
        function = next(e.activation for n, e in EXAMPLES.items() if n == "hardtanh_twins")
    options = {"activation": function}
    ours, theirs = chain([[1], [2]], [[1, 1]], **options), chain([[1]], [[3]], **options)
    right = claim(h1=([0, 0], 1, [1, 2]))
    if activation(function).homogeneous:
        check(ours, theirs, right)
    else:
        assert rejected(ours, theirs, right).rule == "activation"
    flipped = chain([[1], [-1]], [[1, 1]], **options)
    row = activation(function).law.row(number(-1), number(0))
    sides = claim(h1=([0, 0], 1, [1, -1]))
    if row is None:
        error = rejected(flipped, chain([[1]], [[0]], **options), sides)
        assert error.rule == "activation"
        return
    s, k = row
    check(flipped, chain([[1]], ([[1 + s]], [k]), **options), sides)
    for wrong in (([[1 - s]], [k]), ([[1 + s]], [k + 1])):
        assert rejected(flipped, chain([[1]], wrong, **options), sides).rule == "affine"


def test_a_constant_beside_an_entry() -> None:
    """t = t' + k does not pass a ReLU."""
    ours, theirs = chain(([[1]], [5]), [[1]]), chain(([[1]], [0]), ([[1]], [5]))
    error = rejected(ours, theirs, claim(h1=([0], 1, [], [5])))
    assert error.rule == "activation"


def test_irrational_constants() -> None:
    """A constant without a rational value behind its activation is rejected."""
    ours = chain(([[0], [1]], [1, 0]), [[1, 1]], activation="sigmoid")
    theirs = chain(([[1]], [0]), [[1]], activation="sigmoid")
    assert rejected(ours, theirs, claim(h1=([-1, 0], 1, [], [1, 0]))).rule == "activation"


def test_outputs_stay() -> None:
    """An output's units can be neither merged nor permuted."""
    ours = chain([[1], [2]])
    for relabelling in ([1, 0], [0, 0]):
        found = Relabelling(np.array(relabelling), np.ones(2), np.zeros(2), max(relabelling) + 1)
        said = Certificate({"y": (Fact("y", found),)})
        rejected(ours, chain([[2], [1]]), said)


@pytest.mark.parametrize("name", ["x", "zz", "h1", "layer 1"])
def test_claims_about_other_tensors(name: str) -> None:
    """A relabelling may be claimed of a segment's output only."""
    said = Certificate({name: (Fact(name, identity(1)),)})
    assert rejected(ONE, ONE, said).rule == "tensor"


@pytest.mark.parametrize("target", [None, "zz", "x", "y", "h1"])
def test_wrong_counterparts(target: str | None) -> None:
    """A counterpart must be made from the counterpart of what the tensor is made from."""
    said = Certificate({"h1.pre": (Fact(target, claim(h1=([0, 0], 1, [1, 2])).leads["h1.pre"]
                                        .relabelling),)})  # fmt: skip
    rejected(TWINS, ONE, said)


def _wired(*, function: Any = RELU, source: str = "q", output: str = "y", **extra: Any) -> Network:
    nodes: list[Any] = [
        linear("a", "x", "p", [[1, 2], [3, 4]]),
        Pointwise("r", "p", "q", function),
        linear("b", source, "s", [[1, 1], [0, 1]]),
        Pointwise("t", "s", output, RELU),
    ]
    if extra.get("spare"):
        nodes.append(linear("c", "x", "z", [[1, 1]]))
    shapes: dict[str, Any] = dict.fromkeys("xpqsyz", (2,))
    return graph(*nodes, outputs=output, environment=extra.get("environment", b"a"), **shapes)


@pytest.mark.parametrize(
    ("reduced", "rule"),
    [
        (_wired(function=leaky("1/2")), "activation"),
        (_wired(source="p"), "affine"),
        (_wired(source="x"), "affine"),
        (_wired(output="z"), "graph outputs"),
        (_wired(spare=True), "unpaired node"),
        (_wired(environment=b"b"), "environment"),
    ],
)
def test_pairing(reduced: Network, rule: str) -> None:
    """Wiring, activations, outputs, spare nodes and operator sets must be the original's."""
    check(_wired(), _wired(), NOTHING)
    assert rejected(_wired(), reduced, NOTHING).rule == rule


@pytest.mark.parametrize(
    "change",
    [
        {"shape": (3,)},
        {"shape": ("N",)},
        {"shape": None},
        {"dtype": "float32"},
        {"dtype": "7"},
    ],
)
def test_signature(change: dict[str, Any]) -> None:
    """Inputs and outputs agree in type and shape, symbols included."""
    network = graph(linear("a", "x", "y", [[1, 2], [3, 4]]), x=("M", 2), y=("M", 2))
    (end,) = network.outputs
    ours = replace(network, outputs=(replace(end, dtype="float64"),))
    changed = replace(network, outputs=(replace(end, **{"dtype": "float64"} | change),))
    assert rejected(ours, changed, NOTHING).rule == "graph outputs"


def _opaque(**change: Any) -> Network:
    constant = Constant("float32", (1,), b"\0\0\0\0")
    node = Opaque("o", "ai.onnx:Foo", ("x", None, constant), ("s",), b"content")
    return graph(replace(node, **change), linear("b", "s", "y", [[1.0, 1.0]]), x=(2,), s=(2,),
                 y=(1,))  # fmt: skip


@pytest.mark.parametrize(
    "change",
    [
        {"operator": "ai.onnx:Bar"},
        {"operator": "mine:Foo"},
        {"content": b"other"},
        {"operands": ("x", None)},
        {"operands": ("x", "x", Constant("float32", (1,), b"\0\0\0\0"))},
        {"operands": ("x", None, Constant("float32", (1,), b"\0\0\0\x80"))},
        {"operands": ("x", None, Constant("float64", (1,), b"\0\0\0\0"))},
        {"captured": (("x", None),)},
    ],
)
def test_opaque_nodes_are_compared_whole(change: dict[str, Any]) -> None:
    """Operator, content, operands, constants byte for byte, and captured names are the same."""
    check(_opaque(), _opaque(), NOTHING)
    assert rejected(_opaque(), _opaque(**change), NOTHING).rule == "opaque node"


def test_opaque_nodes_read_units_as_they_are() -> None:
    """What an opaque node reads cannot be relabelled."""
    nodes = (linear("a", "x", "p", [[1], [2]]), Opaque("o", "Foo", ("p",), ("y",)))
    theirs = (linear("a", "x", "p", [[2], [1]]), nodes[1])
    said = Certificate(
        {"p": (Fact("p", Relabelling(np.array([1, 0]), np.ones(2), np.zeros(2), 2)),)}
    )
    error = rejected(graph(*nodes, x=(1,)), graph(*theirs, x=(1,)), said)
    assert error.rule == "opaque node"


@pytest.mark.parametrize("target", [(-1, 1), (1, -1), (-1, 2), (0, 1, 1)])
def test_reshapes_of_merged_units(target: tuple[int, ...]) -> None:
    """A reshape behind a merge must keep the unit axis and leave all others alike."""

    def network(rows: Any, weights: Any, shape: tuple[int, ...]) -> Network:
        return graph(
            linear("a", "x", "p", rows),
            Pointwise("r", "p", "q", RELU),
            Rearrange("f", "q", "s", "Reshape", shape),
            linear("b", "s", "y", weights),
            x=("N", 1, 1), p=("N", 1, len(rows)), q=("N", 1, len(rows)),
        )  # fmt: skip

    ours = network([[1], [2]], [[1, 1]], (-1, 2))
    theirs = network([[1]], [[3]], target)
    said = Certificate({"p": (replace(claim(h1=([0, 0], 1, [1, 2])).leads["h1.pre"],
                                      counterpart="p"),)})  # fmt: skip
    if target == (-1, 1):
        check(ours, theirs, said)
    else:
        rejected(ours, theirs, said)


def test_a_wide_bias_is_not_broadcast() -> None:
    """A bias that was left behind on a narrower layer is rejected, not spread."""
    ours = chain(([[1], [1], [1]], [1, 1, 1]), [[1, 1, 1]])
    theirs = chain(([[1]], [1]), [[3]])
    first = theirs.nodes[0]
    assert isinstance(first, Linear)
    wide = replace(theirs, nodes=(replace(first, b=np.ones(3)), *theirs.nodes[1:]))
    said = claim(h1=([0, 0, 0], 1))
    check(ours, theirs, said)
    rejected(ours, wide, said)


def test_it_loads_neither_sympy_nor_z3() -> None:
    """The trusted part stands on little."""
    code = (
        "import sys, lumpver.checker, lumpver.reducing.verification;"
        "print(*sorted({'sympy', 'z3', 'onnx', 'hypothesis', 'lumpver.search.lumping',"
        " 'lumpver.quotient.building'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []
