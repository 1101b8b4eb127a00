"""Wrong numbers, wiring and axes, by name, each beside an honest twin.

The honest twin is accepted; the attack differs in one thing and is rejected by the rule
that is about it, or refused because it is no model at all.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import pytest
from attack_cases import CHAIN, MERGE, PAIR, REFUSED, Case, V, W, f, lumped, merged, pair
from onnx import helper
from onnx_models import ints, tensor, whole

from lumpver.claim.facts import Fact

ODD = float(np.nextafter(np.float32(7), np.float32(8)))
SCALED = {"h": lumped(0, 0, 1, scale=[1, 2, 1])}
SHIFTED = "MatMul x W m; Add m b h; Tanh h r; MatMul r V y"
FIRST, TWICE = f("W", [1, 0], [1, 0]), f("V", [1], [1])
NUMBERS = {
    "a weight one bit off": pair("affine", merged(v=([ODD, 10], [5, 6]))),
    "a subnormal instead of zero": Case(
        "affine",
        whole("MatMul x W y", f("W", [0], [1])),
        whole("MatMul x W y", f("W", [1e-45], [1])),
        honest=whole("MatMul x W y", f("W", [-0.0], [1])),
    ),
    "two units swapped": pair("affine", merged(w=([3, 1], [1, -1]))),
    "a unit too many": pair("affine", PAIR),
    "another scale": pair("affine", lies={"h": lumped(0, 0, 1, scale=[1, 3, 1])}),
    "unlike units in one block": pair("affine", lies={"h": lumped(0, 1, 1)}),
    "too few units": pair("affine", lies={"h": lumped(0, 1)}),
    "a moving unit as a constant": pair("constant", lies={"h": lumped(0, 0, -1, scale=[1, 2, 1])}),
    "a constant beside an entry": Case(
        "activation",
        whole(SHIFTED.replace("Tanh", "Relu"), f("W", [1, 1], [2, 2]), f("b", 0, 1), TWICE),
        whole(CHAIN, f("W", [1], [2]), f("V", [2])),
        lies={"h": lumped(0, 0, constant=[0, 1])},
    ),
    "a negative multiple through Relu": Case(
        "activation",
        whole(CHAIN, f("W", [1, -1], [2, -2]), TWICE),
        whole(CHAIN, f("W", [1], [2]), f("V", [0])),
        lies={"h": lumped(0, 0, scale=[1, -1])},
    ),
    "a multiple through Sigmoid": Case(
        "activation",
        whole(CHAIN.replace("Relu", "Sigmoid"), W, V),
        merged(CHAIN.replace("Relu", "Sigmoid")),
        lies=SCALED,
    ),
    "an irrational constant": Case(
        "activation",
        whole(SHIFTED, FIRST, f("b", 0, 1), TWICE),
        whole(SHIFTED, f("W", [1], [1]), f("b", 0), f("V", [1])),
        lies={"h": lumped(0, -1, constant=[0, 1])},
    ),
    "a constant that is another": Case(
        "constant",
        whole(SHIFTED.replace("Tanh", "Relu"), FIRST, f("b", 0, 1), TWICE),
        honest=whole(
            f"{SHIFTED.replace('Tanh', 'Relu')[:-1]}n; Add n c y",
            f("W", [1], [1]),
            f("b", 0),
            f("V", [1]),
            f("c", 1),
        ),
        claims={"h": lumped(0, -1, constant=[0, 1])},
        lies={"h": lumped(0, -1, constant=[0, 2])},
    ),
    "a ghost that is read": Case(
        "ghost",
        whole(CHAIN, W, f("V", [1, 2], [0, 0], [5, 6])),
        honest=whole(CHAIN, f("W", [1, 3], [-1, 1]), f("V", [1, 2], [5, 6])),
        claims={"h": lumped(0, 2, 1, width=2)},
        wrong=whole(CHAIN, f("W", [1, 2], [-1, -2]), f("V", [1, 2], [0, 0])),
        lies={"h": lumped(0, 1, 2, width=2)},
    ),
    "two random nodes in one": Case(
        "affine",
        whole(CHAIN, f("W", [1, 3], [2, 5]), V_ := f("V", [1], [1])),
        whole(CHAIN, f("W", [1], [2]), f("V", [2])),
        lies={"h": lumped(0, 0)},
    ),
}

SPLIT = "MatMul x W h; Relu h r; MatMul x U g; Relu g s; MatMul {} V y; MatMul {} V z"
TWO = [("y", [None, None]), ("z", [None, None])]


def split(first: str, second: str, text: str = SPLIT) -> Any:
    """Two hidden layers, and which of them y and z are made of."""
    return whole(text.format(first, second), W, V, f("U", [1, 1, 1], [2, 2, 2]), outputs=TWO)


RENAMED, NAMES = (
    whole("MatMul x W a; Relu a b; MatMul b V y", W, V),
    {"h": (Fact("a"),), "r": (Fact("b"),)},
)
WIRING = {
    "the right names on other wires": Case("affine", split("r", "s"), split("s", "r")),
    "an activation of another tensor": Case(
        "activation", split("r", "s"), split("r", "s", SPLIT.replace("Relu h", "Relu g"))
    ),
    "a counterpart that is another": Case(
        "affine", PAIR, honest=RENAMED, claims=NAMES, lies={**NAMES, "h": (Fact("b"),)}
    ),
    "a counterpart that is missing": Case("affine", PAIR, honest=RENAMED, claims=NAMES, lies={}),
    "a counterpart that is none": pair(
        "counterpart", lies={"h": (Fact(None, MERGE["h"][0].relabelling),)}
    ),
    "a claim about no tensor": pair("tensor", lies={**MERGE, "q": (Fact("q"),)}),
    "a claim about an input": pair("tensor", lies={**MERGE, "x": (Fact("x"),)}),
    "a relabelling of what follows": pair("tensor", lies={**MERGE, "r": MERGE["h"]}),
    "an unpaired node": pair("unpaired node", merged(f"{CHAIN}; Abs x q")),
    "a skipped activation": pair("activation", merged(CHAIN.replace("Relu", "Identity"))),
    "another activation": pair("activation", merged(CHAIN.replace("Relu", "Abs"))),
    "another slope": Case(
        "activation", whole("LeakyRelu x y alpha=0.25"), whole("LeakyRelu x y alpha=0.5")
    ),
    "another bound": Case(
        "activation",
        whole("Clip x l h y", f("l", 0), f("h", 6)),
        whole("Clip x l h y", f("l", 0), f("h", 7)),
    ),
}

CUBE: Final = (1, 2, 2, 2)
FOUR, GONE = [("y", [None] * 4)], {"h": lumped(-1, -1)}
TURN = "MatMul x W h; Relu h r; Transpose r t; MatMul t V y"
SPREAD = "MatMul x W h; Relu h r; MatMul r V m; Add m c y"


def turned(*perm: int, units: int) -> Any:
    """Equal units, and two other axes of equal length that may be exchanged."""
    w, v = ([[1, 1], [2, 2]], [[1], [1]]) if units == 2 else ([[1], [2]], [[2]])
    made = whole(TURN, f("W", *w), f("V", *v), x=CUBE, outputs=FOUR)
    made.graph.node[2].attribute.append(helper.make_attribute("perm", perm))
    return made


def crossed(columns: Any, rows: Any) -> Any:
    """Units along the last axis, read along the first."""
    return whole("MatMul x W h; Relu h r; MatMul A r y", f("W", *columns), f("A", *rows), x=(2, 2))


def below(base: str, *shape: int) -> Any:
    """A constant y spread over what `base` is, beside k with units along another axis."""
    zero = tensor("Z", np.zeros(shape, dtype=np.float32))
    text = f"MatMul A x g; Relu g k; MatMul {base} Z m; Add m c y"
    rows = [("k", [1, 5]), ("y", [None, 3])]
    return whole(text, f("A", [1, 2, 3, 4]), zero, f("c", 1, 2, 3), x=(4, 5), outputs=rows)


ZEROS = tensor("W", np.zeros((5, 2), dtype=np.float32))
BESIDE = whole(
    f"{SPREAD}; MatMul A x g; Relu g k",
    ZEROS,
    f("V", [1, 1, 1], [1, 1, 1]),
    f("c", 1, 2, 3),
    f("A", [1, 2, 3, 4]),
    x=(4, 5),
    outputs=[("k", [1, 5]), ("y", [None, 3])],
)
ADDED = "MatMul A x z; Add x c y"
BOTH = [("z", [1, 5]), ("y", [2, 5])]


def added(*c: float) -> Any:
    """Units along one axis first, a bias along the other then."""
    return whole(ADDED, f("A", [1, 2]), f("c", *c), x=(2, 5), outputs=BOTH)


def widened(*nodes: str, dtype: type = np.float64) -> Any:
    """One layer between Casts."""
    return whole("; ".join(nodes), tensor("W", np.array([[1, 2], [3, 4]], dtype=dtype)))


CAST = ("Cast x d to=11", "MatMul d W m", "Cast m y to=1")
NARROW = ("Cast x d to=10", "Cast d e to=1", "MatMul e W y")
EQUAL = whole(CHAIN, f("W", [1, 1, 1], [2, 2, 2]), V, x=("N", 2))
AXES = {
    "an exchange of equally long axes": Case(
        "rearrangement",
        turned(0, 2, 1, 3, units=2),
        turned(0, 1, 2, 3, units=1),
        honest=turned(0, 2, 1, 3, units=1),
        claims={"h": lumped(0, 0)},
    ),
    "units permuted along another axis": Case(
        "unit axis",
        crossed([[1, 2], [3, 4]], [[1, 2], [3, 5]]),
        crossed([[2, 1], [4, 3]], [[2, 1], [5, 3]]),
        lies={"h": lumped(1, 0)},
    ),
    "a constant spread over a shorter tensor": Case(
        "affine",
        BESIDE,
        below("k", 5, 3),
        honest=below("x", 5, 3),
        claims=GONE,
    ),
    "a bias beyond the other axis' length": Case(
        "affine", added(1, 2, 3, 4, 5), added(1, 2, 3, 4, 9)
    ),
    "a Reshape to other lengths": Case(
        "rearrangement",
        whole("Relu x r; Reshape r s y", ints("s", -1, 4)),
        whole("Relu x r; Reshape r s y", ints("s", -1, 2)),
    ),
    "another reading of zeros": Case(
        "rearrangement",
        whole("Reshape x s y", ints("s", 0, 2)),
        whole("Reshape x s y allowzero=1", ints("s", 0, 2)),
    ),
    "a bias that widens": Case(
        "affine",
        whole("MatMul x W m; Add m b y", f("W", [1], [1]), f("b", 1)),
        whole("MatMul x W m; Add m b y", f("W", [1], [1]), f("b", 1, 1, 1)),
    ),
    "a leftover bias on a merged layer": Case(
        REFUSED,
        EQUAL,
        whole(
            "Gemm x W b h; Relu h r; MatMul r V y",
            f("W", [1], [2]),
            f("b", 0, 0, 0),
            f("V", [9, 12]),
        ),
        honest=whole(CHAIN, f("W", [1], [2]), f("V", [9, 12])),
        claims={"h": lumped(0, 0, 0)},
    ),
    "a narrowing Cast": Case(
        "affine",
        whole("MatMul x W y", f("W", [1, 2], [3, 4])),
        widened(*NARROW, dtype=np.float32),
        honest=widened(*CAST),
    ),
    "a narrowing Cast left out": Case(
        "opaque node", widened(*NARROW, dtype=np.float32), widened("MatMul x W y", dtype=np.float32)
    ),
    "another element type": Case(
        "element type", widened(*CAST), widened(*CAST[:2], "Identity m y")
    ),
}

CASES = NUMBERS | WIRING | AXES


@pytest.mark.parametrize("name", CASES)
def test_the_honest_twin_is_accepted(name: str) -> None:
    """What the attack imitates is right."""
    assert CASES[name].verdict(attack=False) == "accepted"


@pytest.mark.parametrize("name", CASES)
def test_the_attack_is_rejected_by_its_rule(name: str) -> None:
    """By the rule that is about it, or refused because it is no model."""
    assert CASES[name].verdict(attack=True) == CASES[name].rule
