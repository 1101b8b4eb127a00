"""Certificates with a covering, attacked: what is accepted is true, and each premise counts."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pytest
from flint import fmpq
from near_models import ENDS, PAIRS, WHOLE, largest, near, tree
from onnx_models import ints, whole
from test_nearness import twins

from lumpver import Certificate, Network, check
from lumpver.claim.closeness import Equal, SameClass, Within
from lumpver.claim.covering import Covering
from lumpver.claim.domain import AllInputs, Box, Boxes
from lumpver.claim.implication import ClaimsLess
from lumpver.claim.semantics import Float32
from lumpver.claim.statement import Claim
from lumpver.errors import Rejected
from lumpver.io.nnet.reading import read as read_nnet
from lumpver.io.onnx.read import read as read_onnx
from lumpver.model.activations import RELU
from lumpver.model.network import Pointwise, Tensor, linear

if TYPE_CHECKING:
    from collections.abc import Callable

ONE, OTHER = twins(3)
EPS: Final = largest(ONE, OTHER, WHOLE, np.random.default_rng(3)) * fmpq(5, 4)
FOUND: Final = near(ONE, OTHER, Within(EPS))
BOXES: Final = {
    "larger": [(-1, 1), (0, "5/4")],
    "smaller": [(0, 1), (0, "1/2")],
    "elsewhere": [(5, 6), (0, 1)],
}


def asked(certificate: Certificate, *, one: Network = ONE, other: Network = OTHER) -> Any:
    """The check of what the certificate itself claims."""
    return check(one, other, certificate, claim=certificate.claim)


def covering(trees: Any, pairs: Any = PAIRS) -> Covering:
    """These trees and pairs."""
    return Covering(tuple(tree(*cuts) for cuts in trees), tuple(pairs))


def test_what_it_claims_is_valid_and_what_follows() -> None:
    """Within more, on a smaller box, of the same class where it leads enough."""
    assert FOUND.covering is not None
    assert FOUND.covering.leaves > 1
    checked = asked(FOUND)
    assert (checked.claim, checked.stronger) == (FOUND.claim, None)
    small = Boxes((Box.of({"x": BOXES["smaller"]}),))
    for weaker in (
        Claim(WHOLE, Within(2 * EPS)),
        Claim(small, Within(EPS)),
        Claim(small, SameClass("min", 2 * EPS + fmpq(1, 100))),
        Claim(Boxes((*WHOLE.boxes, *small.boxes)), Within(EPS)),
    ):
        checked = check(ONE, OTHER, FOUND, claim=weaker)
        assert (checked.claim, checked.stronger) == (weaker, FOUND.claim)


@pytest.mark.parametrize(
    "claim",
    [
        Claim(),
        Claim(WHOLE),
        Claim(WHOLE, Within(EPS - fmpq(1, 10**9))),
        Claim(closeness=Within(EPS)),
        Claim(Boxes((Box.of({"x": BOXES["larger"]}),)), Within(EPS)),
        Claim(Boxes((*WHOLE.boxes, Box.of({"x": BOXES["elsewhere"]}))), Within(EPS)),
        Claim(WHOLE, SameClass()),
        Claim(WHOLE, SameClass("max", 2 * EPS)),
        Claim(WHOLE, Within(EPS, (("y", EPS / 2),))),
        Claim(WHOLE, Within(EPS), Float32()),
    ],
    ids=str,
)
def test_it_claims_less(claim: Claim) -> None:
    """Than equality, than a smaller bound, than on a larger box, than in floats."""
    with pytest.raises(ClaimsLess):
        check(ONE, OTHER, FOUND, claim=claim)


CLAIMS: Final[dict[str, Claim]] = {
    "a smaller bound": Claim(WHOLE, Within(EPS / 3)),
    "no bound": Claim(WHOLE, Within(0)),
    "equality": Claim(WHOLE, Equal()),
    "a bound of an output": Claim(WHOLE, Within(EPS, (("y", EPS / 3),))),
    "a larger box": Claim(Boxes((Box.of({"x": [(-9, 9), (0, 9)]}),)), Within(EPS)),
    "another box beside": Claim(
        Boxes((*WHOLE.boxes, Box.of({"x": BOXES["elsewhere"]}))), Within(EPS)
    ),
    "no box": Claim(AllInputs(), Within(EPS)),
    "floats": Claim(WHOLE, Within(EPS), Float32()),
    "a range without an end": Claim(Boxes((Box.of({"x": [(-1, 1), (0, None)]}),)), Within(EPS)),
    "a range beyond floats": Claim(
        Boxes((Box.of({"x": [(-1, 1), (0, fmpq(10) ** 400)]}),)), Within(EPS)
    ),
    "ranges of another input": Claim(Boxes((Box.of({"z": ENDS}),)), Within(EPS)),
    "ranges of another beside": Claim(Boxes((Box.of({"x": ENDS, "z": ENDS}),)), Within(EPS)),
    "too many ranges": Claim(Boxes((Box.of({"x": [*ENDS, (0, 1)]}),)), Within(EPS)),
    "too few ranges": Claim(Boxes((Box.of({"x": ENDS[:1]}),)), Within(EPS)),
}


@pytest.mark.parametrize("claim", CLAIMS.values(), ids=CLAIMS)
def test_another_claim_does_not_show(claim: Claim) -> None:
    """The same covering, and more is claimed than it shows."""
    with pytest.raises(Rejected):
        asked(replace(FOUND, claim=claim))


def test_every_part_counts() -> None:
    """A part that is not cut where it has to be, at any place of the tree."""
    assert FOUND.covering is not None
    (cuts,) = FOUND.covering.trees
    listed, rejected = cuts.tolist(), 0
    for i in np.flatnonzero(cuts).tolist():
        end, waiting = i, 1
        while waiting:
            waiting += 1 if listed[end] else -1
            end += 1
        less = covering([[*listed[:i], 0, *listed[end:]]])
        try:
            asked(replace(FOUND, covering=less))
        except Rejected:
            rejected += 1
    assert rejected > 0
    more = covering([[1, *listed, *listed]])
    assert asked(replace(FOUND, covering=more))
    with pytest.raises(Rejected):
        asked(replace(FOUND, covering=covering([[0]])))


WRONG: Final[dict[str, Callable[[list[int]], Covering]]] = {
    "two trees": lambda cuts: covering([cuts, cuts]),
    "an entry or unit that is not there": lambda _: covering([[99, 0, 0]]),
    "an entry far beyond": lambda _: covering([[999_999_999, 0, 0]]),
    "a pair of nothing": lambda cuts: covering([cuts], [("h1", "nothing")]),
    "nothing of a pair": lambda cuts: covering([cuts], [("nothing", "h1")]),
    "a pair of linear tensors": lambda cuts: covering([cuts], [("h1.pre", "h1.pre")]),
    "a pair of inputs": lambda cuts: covering([cuts], [("x", "x")]),
    "a pair of outputs": lambda cuts: covering([cuts], [("y", "y")]),
    "a tensor in two pairs": lambda cuts: covering([cuts], [("h1", "h1"), ("h1", "h2")]),
    "the other model's own name": lambda cuts: covering([cuts], [("h1'", "h1")]),
    "the other model alone": lambda cuts: covering([cuts], [("h2'", "h1"), ("h1'", "h2")]),
    "no name": lambda cuts: covering([cuts], [("", "")]),
}


@pytest.mark.parametrize("change", WRONG.values(), ids=WRONG)
def test_a_covering_of_something_else(change: Callable[[list[int]], Covering]) -> None:
    """What names nothing is no reason, but a rejection."""
    assert FOUND.covering is not None
    with pytest.raises(Rejected) as caught:
        asked(replace(FOUND, covering=change(FOUND.covering.trees[0].tolist())))
    assert (caught.value.rule, caught.value.layer) == ("covering", "certificate")


@pytest.mark.parametrize("pairs", [(), (("h1", "h2"), ("h2", "h1")), (("h2", "h2"),)])
def test_odd_pairs_only_cost(pairs: Any) -> None:
    """Whatever stands side by side, what is accepted is true; here a finer tree makes up for it."""
    most = largest(ONE, OTHER, WHOLE, np.random.default_rng(0))
    full: list[int] = [0]
    for _ in range(6):
        full = [1, *[2, *full, *full], *[2, *full, *full]] if len(full) < 4000 else full
    for eps, shown in ((fmpq(1000), True), (most * fmpq(99, 100), False)):
        certificate = Certificate(
            {}, claim=Claim(WHOLE, Within(eps)), covering=covering([full], pairs)
        )
        if shown:
            assert asked(certificate)
        else:
            with pytest.raises(Rejected, match="closeness"):
                asked(certificate)


def named(weights: list[list[list[float]]], names: list[str]) -> Network:
    """Layers without biases, whose tensors have these names; ReLU behind all but the last."""
    nodes: list[Any] = []
    here = "x"
    for i, W in enumerate(weights):
        last = i == len(weights) - 1
        target = "y" if last else f"{names[i]}, before"
        nodes.append(linear(f"n{i}", here, target, W, None))
        here = target
        if not last:
            nodes.append(Pointwise(f"r{i}", target, names[i], RELU))
            here = names[i]
    ends = [node.outputs[0] for node in nodes]
    shapes = {"x": (1,)} | {name: (len(weights[i // 2]),) for i, name in enumerate(ends)}
    tensors = {name: Tensor(name, shape=shape) for name, shape in shapes.items()}
    return Network((tensors["x"],), (tensors["y"],), tuple(nodes), tensors)


def test_no_two_tensors_of_the_second_are_taken_for_one() -> None:
    """Whatever they are called: what is made up for one is not another's name."""
    ours = named([[[1]], [[1]], [[1]]], ["h", "g"])
    for names in (["h", "h'"], ["h'", "h"], ["h", "h''"], ["g", "h"], ["h'", "h''"]):
        for first, second in ((100.0, 1.0), (1.0, 100.0)):
            theirs = named([[[1]], [[first]], [[second]]], names)
            box = Boxes((Box.of({"x": [(0, 1)]}),))
            for pairs in ((), (("h", names[0]),), (("h", names[0]), ("g", names[1]))):
                found = Certificate(
                    {}, claim=Claim(box, Within(2)), covering=covering([[0]], pairs)
                )
                with pytest.raises(Rejected, match="closeness"):
                    asked(found, one=ours, other=theirs)
                wide = replace(found, claim=Claim(box, Within(100)))
                assert asked(wide, one=ours, other=theirs)


def test_swapped_models_are_another_claim() -> None:
    """A bound is the same the other way round, which shows or not; a class is not."""
    plain = Network.from_layers([([[1, 0], [0, 1]], None), ([[1, 0], [0, 1]], None)])
    ahead = Network.from_layers([([[1, 0], [0, 1]], None), ([[1, 0], [0, 1]], [fmpq(1, 4), 0])])
    claim = Claim(Boxes((Box.of({"x": [(0, 1), (0, "1/8")]}),)), SameClass("max", fmpq(1, 16)))
    found = Certificate({}, claim=claim, covering=covering([[0]], PAIRS[:1]))
    with pytest.raises(Rejected):
        asked(found, one=plain, other=ahead)
    low = replace(found, claim=replace(claim, closeness=SameClass("max", fmpq(1, 4))))
    assert asked(low, one=plain, other=ahead)
    assert asked(replace(low, claim=Claim(WHOLE, Within("1/3"))), one=ahead, other=plain)


def test_other_interfaces() -> None:
    """Names, types and shapes of inputs and outputs are compared as they are and as they come."""
    wide = Network.from_layers([([[1, 0, 0]], None), ([[1]], None)])
    with pytest.raises(Rejected, match="graph inputs"):
        asked(FOUND, other=wide)
    more = Network.from_layers([([[1, 0]], None), ([[1]] * 3, None)])
    with pytest.raises(Rejected, match="graph outputs"):
        asked(FOUND, other=more)
    single, half = (
        replace(ONE, inputs=(replace(ONE.inputs[0], dtype=dtype),))
        for dtype in ("float32", "float16")
    )
    with pytest.raises(Rejected, match="graph inputs"):
        asked(FOUND, one=single, other=half)
    models = [
        read_onnx(
            whole(
                "Reshape x s y", ints("s", *to), x=(2, 6), outputs=[("y", None)]
            ).SerializeToString(),
            where="f",
        )
        for to in ((3, 4), (4, 3))
    ]
    box = Boxes((Box.of({"x": [(0, 1)] * 12}),))
    found = Certificate({}, claim=Claim(box, Within(1)), covering=covering([[0]], ()))
    assert asked(found, one=models[0], other=models[0])
    with pytest.raises(Rejected, match="graph outputs"):
        asked(found, one=models[0], other=models[1])


def test_limits_of_files() -> None:
    """Programs clip inputs of `.nnet` files: a box beyond is clipped out of itself."""
    text = "1,1,1,1,\n1,1,\n0,\n{low},\n{high},\n0,0,\n1,1,\n2,\n0,\n"
    a, b, c = (
        read_nnet(text.format(low=low, high=high).encode(), where="f")
        for low, high in ((0, 1), (0, 1), (0, 2))
    )
    inside, beyond = (Boxes((Box.of({"x": [ends]}),)) for ends in (("1/2", 3), (2, 3)))
    little = Within("1/1000")
    found = Certificate({}, claim=Claim(inside, little), covering=covering([[0]], ()))
    assert asked(found, one=a, other=b)
    with pytest.raises(Rejected, match="limits"):
        asked(replace(found, claim=Claim(beyond, little)), one=a, other=b)
    with pytest.raises(Rejected, match="limits"):
        asked(found, one=a, other=c)
    plain = Network.from_layers([([[2]], None)])
    checked = asked(found, one=a, other=plain)
    assert checked.claim.limits == "the original"
    assert checked.notes


def test_the_walk_is_not_asked() -> None:
    """A covering is a reason of its own; facts show nothing of what is near."""
    with pytest.raises(Rejected):
        asked(replace(FOUND, covering=None))
