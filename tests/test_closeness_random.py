"""Closeness of many pairs: no bound is below a difference that some point shows exactly."""

from __future__ import annotations

import json
import random as chances
from dataclasses import replace
from itertools import product
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pytest
from box_points import box_of, exact, values
from canonical import text
from flint import fmpq
from joined_graphs import joined_graph
from kernel_networks import conv, network, window
from near_models import WHOLE, holds, largest, near, nearest, points, tree
from random_convolutions import convolutional
from random_graphs import random_graph
from residual_graphs import residual
from small_networks import chain
from test_nearness import layers, moved, twins

from lumpver import Network, check
from lumpver.claim.certificate import Digest, decode, encode
from lumpver.claim.closeness import SameClass, Within
from lumpver.claim.covering import Covering
from lumpver.claim.domain import Box, Boxes
from lumpver.claim.statement import Claim
from lumpver.errors import LumpverError, Malformed, Rejected, ShapeMismatch
from lumpver.exact.array import rationals
from lumpver.exact.scalar import number
from lumpver.io.onnx.read.reading import read
from lumpver.model.activations import ABS, RELU, SIGMOID, TANH, clip, leaky
from lumpver.model.network import Linear, Pointwise, Pool
from lumpver.model.weights import Diagonal, Kernel, Matrix
from lumpver.nearness.covering import covered
from lumpver.nearness.judging import alike, judge
from lumpver.nearness.questions import question
from lumpver.nearness.questions import values as found_values
from lumpver.nearness.trees import inputs
from lumpver.search.beside import beside

if TYPE_CHECKING:
    from collections.abc import Callable

Given = dict[str, tuple[Any, Any]]
DIGESTS: Final[dict[str, Any]] = {"original": Digest("a" * 64), "reduced": Digest("b" * 64)}


def shifted(found: Network, seed: int) -> Network:
    """The same network with numbers of its linear nodes moved a little."""
    random = np.random.default_rng(seed)
    return replace(found, nodes=tuple(_shifted(node, random) for node in found.nodes))


def _shifted(node: Any, random: np.random.Generator) -> Any:
    if not isinstance(node, Linear):
        return node
    match node.weights:
        case Matrix(numbers) | Kernel(numbers):
            return replace(node, weights=replace(node.weights, numbers=_moved(numbers, random)))
        case Diagonal(factors):
            return replace(node, weights=Diagonal(_moved(factors, random)))
        case _:
            return node


def _moved(numbers: Any, random: np.random.Generator) -> Any:
    some = rationals(numbers).copy()
    for i in np.flatnonzero(random.random(some.size) < 0.5).tolist():
        some.flat[i] = some.flat[i] + fmpq(int(random.integers(-3, 4)), 64)
    return some


def bound(one: Network, other: Network, box: Given, pairs: Any = None) -> fmpq | None:
    """The least bound that shows without a cut; the judge accepts it, and nothing less."""
    ranges = {
        name: [
            (exact(a), exact(b))
            for a, b in zip(low.ravel().tolist(), high.ravel().tolist(), strict=True)
        ]
        for name, (low, high) in box.items()
    }
    domain = Boxes((Box.of(ranges),))
    if pairs is None:
        pairs = beside(one, other, domain.sizes, domain.sizes)
    twin = alike(one, other, domain, pairs)
    known = {n: (np.ravel(low), np.ravel(high)) for n, (low, high) in box.items()}
    low, high = (np.concatenate([known[n][i] for n in twin.inputs]) for i in (0, 1))
    try:
        leaves = covered(twin, inputs(twin, low[None], high[None]))
        least = found_values(leaves, question(twin, Within(0))).least
    except Malformed:  # no outputs
        return None
    covering = Covering((tree(0),), pairs)
    if not np.isfinite(least).all():
        with pytest.raises(Rejected, match="closeness"):
            judge(one, other, Claim(domain, Within(fmpq(2) ** 1000)), covering)
        return None
    eps = max(fmpq(0), -exact(least.min()))
    judge(one, other, Claim(domain, Within(eps)), covering)
    if eps > 0:
        less = Within(max(fmpq(0), exact(np.nextafter(-least.min(), -np.inf))))
        with pytest.raises(Rejected, match="closeness"):
            judge(one, other, Claim(domain, less), covering)
    return eps


def require_near(one: Network, other: Network, box: Given, *, seed: int, pairs: Any = None) -> None:
    """No exact difference at corners and other points is above the bound."""
    eps = bound(one, other, box, pairs)
    if eps is None:
        return
    draw = chances.Random(seed)
    for _ in range(6):
        given = {}
        for tensor in one.inputs:
            low, high = (np.ravel(x) for x in box[tensor.name])
            x = [
                draw.choice((a, b, a + (b - a) * draw.random()))
                for a, b in zip(low.tolist(), high.tolist(), strict=True)
            ]
            shape = tuple(n if isinstance(n, int) else 1 for n in tensor.shape or ())
            given[tensor.name] = np.clip(np.array(x), low, high).reshape(shape)
        ours, theirs = values(one, given), values(other, given)
        for tensor in one.outputs:
            if tensor.name in ours and tensor.name in theirs:
                a, b = (rationals(x[tensor.name]).ravel() for x in (ours, theirs))
                for p, q in zip(a.tolist(), b.tolist(), strict=True):
                    assert abs(p - q) <= eps, (float(p.p) / float(p.q), float(q.p) / float(q.q))


def fits(found: Network) -> bool:
    """Whether both apply to inputs of lengths 1 where they are not given, and give something."""
    if any(tensor.shape is None for tensor in (*found.inputs, *found.outputs)):
        return False
    try:
        box = {name: low.size for name, (low, _) in box_of(found, 0).items()}
        alike(found, found, Boxes((Box.of({n: [(0, 1)] * size for n, size in box.items()}),)), ())
    except (ShapeMismatch, Malformed):
        return False
    return True


@pytest.mark.parametrize("seed", range(25))
@pytest.mark.parametrize("kind", [random_graph, residual, joined_graph])
def test_random_graphs(kind: Any, seed: int) -> None:
    """Branches, joins, other axes, opaque nodes, several inputs and outputs."""
    found = kind(seed)
    if fits(found):
        other = shifted(found, seed)
        for wide in (0.0, 0.3):
            require_near(found, other, box_of(found, seed, wide=wide), seed=seed)
        require_near(found, other, box_of(found, seed), seed=seed, pairs=())


@pytest.mark.parametrize("seed", range(12))
def test_random_convolutions(seed: int) -> None:
    """Kernels, pools, joins, as files have them."""
    made = convolutional(seed, pools=True, joins=True, ups=True, groups=bool(seed % 2), whole=False)
    found = read(made.SerializeToString(), where="model")
    if fits(found):
        require_near(found, shifted(found, seed), box_of(found, seed, wide=0.2), seed=seed)


SIZES: Final = [2.0**60, 2.0**-60, 2.0**300, 1e300, 5e-324, 0.0]


@pytest.mark.parametrize("sizes", list(product(SIZES, repeat=2)))
def test_numbers_of_any_size(sizes: tuple[float, float]) -> None:
    """And sums of them that cancel, in one network or between both."""
    a, b = (exact(x) for x in sizes)
    third = fmpq(1, 3)
    for function in (RELU, leaky("1/3"), ABS, clip(-1, 6)):
        made = [
            chain(
                ([[a, -a], [b, a]], [b, 0], function),
                ([[b, a], [-a, 1 + off]], None, function),
                ([[a, -1]], [a]),
            )
            for off in (fmpq(0), third)
        ]
        for end in (1.0, *sizes):
            low, high = np.array([-end, 0.0]), np.array([end, end])
            box = {"x": (np.minimum(low, high), np.maximum(low, high))}
            require_near(made[0], made[1], box, seed=1)
            require_near(made[0], made[0], box, seed=1)


def test_odd_networks() -> None:
    """No hidden layer, no extent, constants, outputs that are inputs, two of each."""
    random = np.random.default_rng(0)
    point = {"x": (np.array([0.25, -3.0]), np.array([0.25, -3.0]))}
    wide = {"x": (np.array([-1.0, 0.0]), np.array([2.0, 0.0]))}
    for widths in ((2, 1), (2, 3, 1), (2, 4, 3, 2)):
        found = layers(random, widths)
        for other in (moved(found, random), [(W, [5] * len(W)) for W, _ in found],
                      [([[0] * len(W[0])] * len(W), b) for W, b in found]):  # fmt: skip
            both = [Network.from_layers(x) for x in (found, other)]
            for box in (point, wide):
                require_near(both[0], both[1], box, seed=3)
    one = Network.from_layers([([[1, 0], [0, 1]], None)])
    (x,) = one.inputs
    through = replace(one, outputs=(x,), nodes=())
    for other in (through, replace(one, outputs=(x,))):
        eps = bound(through, other, wide)
        assert eps is not None
        assert eps < fmpq(1, 2**500)


def test_largest_of_windows() -> None:
    """A pool takes another entry in either network."""
    for seed in range(6):
        random = np.random.default_rng(seed)
        W = [[[int(n) for n in random.integers(-2, 3, 3)]] for _ in range(2)]
        pool = Pool("p", "t", "h", "max", -2, window(2, 2))
        made = network(conv("x", "t", W), pool, Pointwise("r", "h", "y", RELU), shape=(1, 1, 8))
        box = {"x": (-random.random(8), random.random(8))}
        require_near(made, shifted(made, seed), box, seed=seed)


@pytest.mark.parametrize("function", [SIGMOID, TANH], ids=str)
def test_curves(function: Any) -> None:
    """As far as floats say."""
    for seed in range(8):
        one, other = twins(seed, function)
        box = {"x": (np.array([-1.0, 0.0]), np.array([1.0, 1.0]))}
        eps = bound(one, other, box)
        assert eps is not None
        random = np.random.default_rng(seed)
        for _ in range(50):
            x = box["x"][0] + random.random(2) * (box["x"][1] - box["x"][0])
            p, q = (_floats(n, x, function) for n in (one, other))
            assert np.abs(p - q).max() <= float(eps.p) / float(eps.q) + 1e-9


def _floats(found: Network, x: np.ndarray, function: Any) -> np.ndarray:
    curve: Callable[[Any], Any] = np.tanh if function == TANH else lambda v: 1 / (1 + np.exp(-v))
    value = x
    for node in found.nodes:
        if isinstance(node, Linear):
            W, b = (
                np.array([float(v.p) / float(v.q) for v in rationals(n).ravel()]).reshape(n.shape)
                for n in (node.W, node.b)
            )
            value = W @ value + b
        else:
            value = curve(value)
    return value


def differs(one: Network, other: Network, eps: fmpq) -> bool:
    """Whether the outputs differ by more than eps somewhere in the box, as z3 says."""
    import z3

    from lumpver.proving import smt

    solver, x = z3.Solver(), smt.inputs(one)
    for term, (low, high) in zip(x["x"].ravel(), WHOLE.boxes[0].ranges[0][1], strict=True):
        solver.add(term >= smt.number(low), term <= smt.number(high))
    both = zip(smt.encode(one, x)["y"].ravel(), smt.encode(other, x)["y"].ravel(), strict=True)
    bounds = [z3.Or(p - q > smt.number(eps), q - p > smt.number(eps)) for p, q in both]
    solver.add(z3.Or(bounds))
    found = solver.check()
    assert found != z3.unknown
    return bool(found == z3.sat)


@pytest.mark.parametrize("seed", range(6))
def test_both_sides_of_the_largest_difference(seed: int) -> None:
    """What is accepted z3 cannot refute; below the largest difference nothing is accepted."""
    random = np.random.default_rng(seed)
    found = layers(random, (2, 3, 2, 1))
    one, other = (Network.from_layers(x) for x in (found, moved(found, random)))
    low, high = fmpq(0), fmpq(8)
    assert not differs(one, other, high)
    for _ in range(12):
        middle = (low + high) / 2
        low, high = (middle, high) if differs(one, other, middle) else (low, middle)
    if low == 0:
        return
    above = near(one, other, Within(high * fmpq(33, 32)))
    assert check(one, other, above, claim=above.claim)
    assert above.covering is not None
    wrong = replace(above, claim=Claim(WHOLE, Within(low)))
    with pytest.raises(Rejected):
        check(one, other, wrong, claim=wrong.claim)
    full: list[int] = [0]
    for entry in (1, 2) * 4:
        full = [entry, *full, *full]
    fine = replace(
        above,
        claim=Claim(WHOLE, Within(low)),
        covering=Covering((tree(*full),), above.covering.pairs),
    )
    with pytest.raises(Rejected):
        check(one, other, fine, claim=fine.claim)


def changed(document: dict[str, Any], draw: chances.Random, eps: fmpq) -> dict[str, Any]:
    """The document of a certificate with something else in it, perhaps another bound."""
    found = json.loads(json.dumps(document))
    claim, covering = found["claim"], found["covering"]
    kind = draw.randrange(7)
    spelling = covering["trees"][0]
    at = draw.randrange(max(1, len(spelling)))
    if kind == 0:
        covering["trees"][0] = spelling[:at] + draw.choice("12. ") + spelling[at + 1 :]
    elif kind == 1:
        covering["trees"][0] = draw.choice((spelling[:at], spelling[at:], ".", "1.."))
    elif kind == 2:
        names = ["h1", "h2", "h1.pre", "x", "y", "h1'"]
        covering["pairs"] = [[draw.choice(names), draw.choice(names)] for _ in range(2)]
    elif kind == 3:
        covering.pop("pairs", None)
    elif kind == 4:
        claim["closeness"] = draw.choice((
            {"within": str(eps * fmpq(draw.randrange(1, 20), 10))},
            {"class": draw.choice(("max", "min")), "delta": str(eps * draw.randrange(4))},
            "equal",
        ))  # fmt: skip
    elif kind == 5:
        for side in ("low", "high"):
            ranges = claim["domain"]["boxes"][0]["x"][side]
            ranges[draw.randrange(2)] = str(fmpq(draw.randrange(-8, 9), 4))
    else:
        extra = {"x": {"low": ["0", "0"], "high": [str(draw.randrange(3)), "1/2"]}}
        claim["domain"]["boxes"].append(extra)
        covering["trees"].append(draw.choice((".", spelling)))
    return found


@pytest.mark.parametrize("seed", range(8))
def test_what_is_spoilt_and_accepted_is_true(seed: int) -> None:
    """Trees, pairs, bounds, classes and boxes: no mutant that is accepted is refuted by a point."""
    one, other = twins(seed)
    random, draw = np.random.default_rng(seed), chances.Random(seed)
    document = json.loads(encode(replace(nearest(one, other), **DIGESTS)))
    eps = number(document["claim"]["closeness"]["within"])
    accepted = refused = 0
    for _ in range(60):
        mutant = changed(document, draw, eps)
        if draw.random() < 0.5:
            mutant = changed(mutant, draw, eps)
        try:
            found = decode(text(mutant))
            check(one, other, found, claim=found.claim)
        except LumpverError:
            refused += 1
            continue
        accepted += 1
        assert holds(one, other, found.claim, random)
    assert accepted > 4
    assert refused > 15


@pytest.mark.parametrize("seed", range(3))
def test_any_bytes_are_refused_or_true(seed: int) -> None:
    """Bytes that are changed, left out or doubled anywhere in the text."""
    one, other = twins(seed)
    random, draw = np.random.default_rng(seed), chances.Random(seed)
    data = encode(replace(nearest(one, other), **DIGESTS))
    for _ in range(200):
        spoilt = bytearray(data)
        for _ in range(draw.randrange(1, 4)):
            at = draw.randrange(len(spoilt))
            piece = spoilt[at : at + draw.randrange(1, 9)]
            match draw.randrange(4):
                case 0:
                    spoilt[at] = draw.choice(b'0123456789./ ,[]{}"hxy~-')
                case 1:
                    del spoilt[at : at + len(piece)]
                case 2:
                    spoilt[at:at] = piece
                case _:
                    spoilt[at] ^= 1 << draw.randrange(8)
        try:
            found = decode(bytes(spoilt))
            check(one, other, found, claim=found.claim)
        except LumpverError:
            continue
        assert holds(one, other, found.claim, random)


def test_classes_that_change() -> None:
    """A class is accepted only where no point shows another."""
    accepted = 0
    for seed in range(12):
        one, other = twins(seed)
        random = np.random.default_rng(seed)
        eps = largest(one, other, WHOLE, random)
        for by, delta in product(("max", "min"), (fmpq(0), eps / 2, 2 * eps, 3 * eps)):
            claim = Claim(WHOLE, SameClass(by, delta))  # type: ignore[arg-type]
            full: list[int] = [0]
            for entry in (1, 2) * 3:
                full = [entry, *full, *full]
            try:
                judge(one, other, claim, Covering((tree(*full),), (("h1", "h1"), ("h2", "h2"))))
            except Rejected:
                continue
            accepted += 1
            assert holds(one, other, claim, random, 100)
    assert accepted > 4


def test_points_are_in_the_box() -> None:
    """What the campaigns try is what the claim is about."""
    for x in points(WHOLE, np.random.default_rng(0), 20):
        assert all(low <= v <= high for v, (low, high) in zip(x, ((-1, 1), (0, 1)), strict=True))
    assert not holds(*twins(3), Claim(WHOLE, Within(0)), np.random.default_rng(0))
