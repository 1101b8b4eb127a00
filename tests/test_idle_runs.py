"""What does nothing between layers, an Identity or a Dropout, takes nothing in."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import onnx
import pytest
from onnx_models import feeds, model, run, steps, tensor
from relabellings import rows
from residual_graphs import residual
from small_networks import graph

from lumpver.checker import check
from lumpver.claim.certificate import Certificate
from lumpver.claim.facts import Fact
from lumpver.errors import NotRational, Rejected
from lumpver.model.activations import RELU
from lumpver.model.network import Join, Linear, Network, Pointwise, linear
from lumpver.model.weights import Diagonal, Identity
from lumpver.reducing.pipeline import check_files, reduce_file
from lumpver.reducing.reduction import reduce
from lumpver.search.lumping import LUMPING

if TYPE_CHECKING:
    from pathlib import Path


def padded(between: str) -> Any:
    """Two convolutions, the second of which pads, and something between that reads r, makes s."""
    rng = np.random.default_rng(0)
    first = rng.integers(-8, 9, (5, 2, 3, 3)) / 8
    first[1] = first[3] = 0
    first[4] = 2 * first[2]
    bias = np.array([0.5, 1, 0.25, 2, 0.5])
    second = rng.integers(-8, 9, (3, 5, 3, 3)) / 8
    numbers = {"W": first, "a": bias, "V": second, "b": np.ones(3)}
    return model(
        steps(f"Conv x W a h; Relu h r; {between}; Conv s V b y"),
        [tensor(name, array.astype("f4")) for name, array in numbers.items()],
        inputs=[("x", ["N", 2, 7, 7])],
        outputs=[("y", ["N", 3, None, None])],
    )


@pytest.mark.parametrize(
    ("between", "left"),
    [
        ("Identity r s", ["Conv", "Relu", "Conv"]),
        ("Dropout r s", ["Conv", "Relu", "Conv"]),
        ("Identity r q; Dropout q s", ["Conv", "Relu", "Conv"]),
        ("Dropout r q; GlobalAveragePool q s", ["Conv", "Relu", "GlobalAveragePool", "Conv"]),
    ],
)
def test_constants_stay_where_they_are_made(tmp_path: Path, between: str, left: list[str]) -> None:
    """Constants that padding reads stay channels of the first layer; nothing makes them anew."""
    made = padded(between)
    made.graph.node[-1].attribute.append(onnx.helper.make_attribute("pads", [1, 1, 1, 1]))
    source, target = tmp_path / "in.onnx", tmp_path / "out.onnx"
    source.write_bytes(made.SerializeToString())
    outcome = reduce_file(source, target)
    check_files(source, target, outcome.certificate)
    written = onnx.load(target)
    operators = [node.op_type for node in written.graph.node]
    assert [name for name in operators if name not in ("Identity", "Dropout")] == left
    assert outcome.reduction.network.width["h"] == 3
    given = feeds(made)
    expected = run(made, given)["y"]
    assert np.abs(run(written, given)["y"] - expected).max() <= 1e-5 * np.abs(expected).max()


def test_multiples_do_not_part_behind_it(tmp_path: Path) -> None:
    """Where an activation further on has no multiples, none are merged before."""
    made = padded("Dropout r q; Sigmoid q s")
    source, target = tmp_path / "in.onnx", tmp_path / "out.onnx"
    source.write_bytes(made.SerializeToString())
    reduce_file(source, target)
    assert {node.op_type for node in onnx.load(target).graph.node} <= {
        "Conv", "Relu", "Dropout", "Identity", "Sigmoid",
    }  # fmt: skip
    assert sum(node.op_type == "Conv" for node in onnx.load(target).graph.node) == 2


def with_idle(network: Network, seed: int) -> Network:
    """The network with nodes that do nothing between some tensors and some that read these."""
    rng, nodes, tensors = np.random.default_rng(seed), [], dict(network.tensors)
    made = {name for node in network.nodes for name in node.outputs}
    for node in network.nodes:
        operands = list(node.inputs)
        for i, name in enumerate(operands):
            for _ in range(int(rng.integers(0, 3)) if name in made else 0):
                idle = f"idle{len(nodes)}"
                nodes.append(Linear(idle, operands[i], idle, Identity()))
                tensors[idle] = replace(network.tensors[name], name=idle)
                operands[i] = idle
        kind = "operands" if hasattr(node, "operands") else "input"
        value: Any = tuple(operands) if kind == "operands" else operands[0]
        nodes.append(replace(node, **{kind: value}))
    return Network(network.inputs, network.outputs, tuple(nodes), tensors)


@pytest.mark.parametrize("seed", range(40))
def test_streams_lose_as_much(seed: int) -> None:
    """Wherever nodes that do nothing stand, as many units go as without them, certified."""
    plain = residual(seed)
    network = with_idle(plain, seed)
    found, least = reduce(network, rules=LUMPING), reduce(plain, rules=LUMPING)
    check(network, found.network, found.certificate)
    for name in plain.layers:
        if name in found.network.width and name in least.network.width:
            assert found.network.width[name] <= least.network.width[name], name
    for point in ([3, -2], [-5, 1]):
        try:
            assert plain(point) == found.network(point)
        except NotRational:
            break


def test_wide_streams() -> None:
    """Between what has 2,048 channels, too."""
    rng = np.random.default_rng(0)
    W, V, L = (rng.integers(-2, 3, size).astype("f4") for size in ((2048, 2), (2048, 3), (1, 2048)))
    W[1::2], V[1::2] = W[::2], V[::2]
    nodes = [
        linear("a", "x", "a", W),
        Pointwise("b", "a", "b", RELU),
        Linear("i", "b", "i", Identity()),
        linear("c", "i", "c", rng.integers(-2, 3, (3, 2048)).astype("f4")),
        Pointwise("d", "c", "d", RELU),
        linear("e", "d", "e", V),
        Linear("j", "e", "j", Identity()),
        Join("t", ("i", "j"), "t", "Add"),
        Linear("k", "t", "k", Identity()),
        Pointwise("u", "k", "u", RELU),
        linear("y", "u", "y", L),
    ]
    wide = dict.fromkeys("abiejtku", ("N", 2048))
    network = graph(*nodes, x=("N", 2), c=("N", 3), d=("N", 3), y=("N", 1), **wide)
    found = reduce(network, floats_only=True)
    check(network, found.network, found.certificate)
    assert {found.network.width[name] for name in "aei"} <= {*range(1025)}


TWO = [[1, 0], [0, 1]]
FIRST = [[1, -1], [2, 1]]


def behind(middle: Any, W: Any, last: Any, *, first: Any = FIRST, bent: bool = True) -> Network:
    """A layer, ReLU if it is bent, a node that is read twice, and another layer behind that."""
    n, m = len(first), len(W)
    nodes = [
        linear("first", "x", "p", first),
        Pointwise("relu", "p", "a", RELU) if bent else Linear("relu", "p", "a", Identity()),
        middle,
        linear("second", "i", "q", W),
        Pointwise("relu 2", "q", "h", RELU),
        linear("last", "h", "y", last),
        linear("other", "i", "z", [[1] * n]),
    ]
    shapes: dict[str, Any] = dict.fromkeys("pai", ("N", n)) | dict.fromkeys("qh", ("N", m))
    return graph(*nodes, outputs="y z", x=("N", 2), y=("N", 1), z=("N", 1), **shapes)


IDLE = Linear("middle", "a", "i", Identity())
SUM = Certificate({"q": (Fact("q", rows([0, 1, -1], 2, mixed={2: {0: 1, 1: 1}})),)})


def test_what_is_never_negative_stays_so() -> None:
    """Behind a node that does nothing a sum of two units passes ReLU, as in front of it."""
    original = behind(IDLE, [*TWO, [1, 1]], [[1, 1, 1]])
    check(original, behind(IDLE, TWO, [[2, 2]]), SUM)
    assert reduce(original).network.width["q"] == 2


def test_what_may_be_negative_is_not_believed() -> None:
    """Where no ReLU is in front, or the node in between scales, a sum may switch."""
    loose = behind(IDLE, [*TWO, [1, 1]], [[1, 1, 1]], bent=False)
    with pytest.raises(Rejected):
        check(loose, behind(IDLE, TWO, [[2, 2]], bent=False), SUM)
    turned = Linear("middle", "a", "i", Diagonal(np.array([-1.0, 1.0])))
    scaled = behind(turned, [*TWO, [1, 1]], [[1, 1, 1]])
    with pytest.raises(Rejected):
        check(scaled, behind(turned, TWO, [[2, 2]]), SUM)
    found = reduce(scaled)
    check(scaled, found.network, found.certificate)


def test_columns_that_are_turned_have_no_such_bound() -> None:
    """The counterpart of what is never negative may be never positive: then no unit is off."""
    original = behind(IDLE, TWO, [[1, 1]])
    turned = Linear("middle", "a", "i", Diagonal(np.array([-1.0, -1.0])))
    reduced = behind(turned, [[0, -1]], [[1]])
    other = next(node for node in original.nodes if node.outputs == ("z",))
    assert isinstance(other, Linear)
    nodes = (*reduced.nodes[:-1], linear("other", "i", "z", [[-1, -1]]))
    reduced = replace(reduced, nodes=nodes)
    said = Certificate(
        {
            "i": (Fact("i", rows([0, 1], 2, scale=[-1, -1])),),
            "q": (Fact("q", rows([1, 0], 1, ghosts=1, off=(1,))),),
        }
    )
    assert original([1, 0]) != reduced([1, 0])
    with pytest.raises(Rejected):
        check(original, reduced, said)
    same = Certificate({"i": said.tensors["i"], "q": (Fact("q", rows([0, 1], 2)),)})
    whole = replace(behind(turned, [[-1, 0], [0, -1]], [[1, 1]]), nodes=(
        *behind(turned, [[-1, 0], [0, -1]], [[1, 1]]).nodes[:-1], nodes[-1]))  # fmt: skip
    check(original, whole, same)


@pytest.mark.parametrize(("scale", "right"), [(1, True), (2, True), (-1, False)])
def test_ghosts_that_are_turned_have_no_such_bound(scale: int, right: bool) -> None:
    """A column that nobody holds may be any multiple: its bounds are not those of what is held."""
    original = behind(IDLE, [[1, 0], [-1, 1]], [[1, 1]])
    original = replace(original, nodes=(*original.nodes[:-1], linear("other", "i", "z", [[1, 0]])))
    reduced = behind(IDLE, [[1]], [[1]], first=[FIRST[0]])
    gone = rows([0, 1], 1, ghosts=1)
    said = {
        "p": (Fact("p", gone),),
        "i": (Fact("i", rows([0, 1], 1, ghosts=1, scale=[1, scale])),),
        "q": (Fact("q", rows([0, 1], 1, ghosts=1, off=(1,))),),
    }
    assert any(original(point) != reduced(point) for point in ([1, 0], [1, -1], [0, 1]))
    with pytest.raises(Rejected):
        check(original, reduced, Certificate(said))
    unread = replace(
        original,
        nodes=tuple(
            linear("last", "h", "y", [[1, 0]]) if node.outputs == ("y",) else node
            for node in original.nodes
        ),
    )
    if right:
        said["q"] = (Fact("q", rows([0, 1], 1, ghosts=1)),)
        check(unread, reduced, Certificate(said))
