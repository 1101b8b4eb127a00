"""Tests for `model.normalization`, `rules.normalization`, `search.writing`, `search.unmatched`.

Where all squares are those of rationals, everything can be evaluated; with every square doubled
all factors are irrational, and nothing else may change: the same units go.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from onnx_models import agree, model, network, node, operators, run, tensor, written

from lumpver.checker import check
from lumpver.errors import Malformed, NotRational, Rejected, ShapeMismatch
from lumpver.exact.array import array, entry
from lumpver.exact.roots import root
from lumpver.exact.scalar import number
from lumpver.io.json.reading import read as read_json
from lumpver.io.json.writing import write as write_json
from lumpver.model.activations import RELU
from lumpver.model.linear import value as computed
from lumpver.model.network import Linear, Network, Opaque, Pick, Pointwise, Tensor, linear
from lumpver.model.weights import Normalization
from lumpver.reducing.reduction import Reduction, reduce
from lumpver.trial.auditing.parts import put_together, taken_apart

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lumpver.model.network import Node

# Six units of three inputs: unit 1 is 2 x unit 0 by its rows, unit 2 by its gamma and beta, unit 3
# by its variance (and half of beta), unit 4 has gamma 0, unit 5 is like none.
ROWS = [[1, 2, -1], [2, 4, -2], [1, 2, -1], [1, 2, -1], [5, 0, 1], [0, 1, 1]]
GAMMA = [3, 3, 6, 3, 0, 1]
BETA = [2, 4, 4, 1, 7, 1]
MEAN = [1, 2, 1, 1, 0, 2]
SQUARES = [4, 4, 4, 16, 9, 25]
LAST = [[1, 1, 1, 2, 1, 1], [0, 1, -1, 0, 2, 1]]


def normalization(
    gamma: Any = GAMMA, mean: Any = MEAN, squares: Any = SQUARES, epsilon: Any = 0
) -> Normalization:
    """A normalization whose variances are the squares less epsilon."""
    variance = array([number(square) - number(epsilon) for square in squares])
    return Normalization(array(gamma), array(mean), variance, number(epsilon))


def chain(
    weights: Normalization,
    *,
    rows: Any = ROWS,
    b: Any = None,
    beta: Any = BETA,
    last: Any = LAST,
    width: int = 3,
) -> Network:
    """x, a matrix, the normalization, ReLU, a matrix."""
    nodes: tuple[Node, ...] = (
        linear("a", "x", "h", rows, b),
        Linear("n", "h", "z", weights, array(beta)),
        Pointwise("r", "z", "s", RELU),
        linear("l", "s", "y", last),
    )
    shapes = {"x": width, "h": len(rows), "z": len(rows), "s": len(rows), "y": len(last)}
    tensors = {name: Tensor(name, shape=("N", size)) for name, size in shapes.items()}
    return Network((tensors["x"],), (tensors["y"],), nodes, tensors)


def twice(squares: Sequence[Any]) -> list[Any]:
    """Squares of numbers that are irrational if these are of rational ones."""
    return [2 * number(square) for square in squares]


def accepted(original: Network) -> Reduction:
    """The reduction, which the checker accepts; both networks agree where they can be evaluated."""
    found = reduce(original)
    check(original, found.network, found.certificate)
    return found


def left(found: Reduction) -> int:
    """How many units behind the normalization are left."""
    return found.network.width.get("z", 0)


@pytest.mark.parametrize("scale", [1, 2, 3, "1/2", 4, "2/9"])
def test_the_same_units_go_whatever_root_all_have(scale: Any) -> None:
    """Multiples by rows, gamma, beta, mean and variance; gamma 0 is a constant."""
    squares = [number(scale) * square for square in SQUARES]
    original = chain(normalization(squares=squares))
    found = accepted(original)
    assert left(found) == 2
    assert isinstance(found.network.producers["z"].weights, Normalization)  # type: ignore[union-attr]
    if root(number(scale)) is None:
        with pytest.raises(NotRational):
            original([[1, 5, 2]])
        return
    for x in ([1, 5, 2], [0, 0, 0], [-3, 1, 4], ["1/3", 7, "-2/5"]):
        assert original([x]) == found.network([x])


def test_what_is_no_multiple_stays() -> None:
    """One thing that differs, in each place: the unit stays."""
    start = left(accepted(chain(normalization(squares=twice(SQUARES)))))
    for name, at in (("gamma", GAMMA), ("mean", MEAN), ("squares", twice(SQUARES))):
        for unit in (1, 2, 3):
            changed = [*at]
            changed[unit] = number(changed[unit]) * 3 if changed[unit] else 1
            fields = {"squares": twice(SQUARES), name: changed}
            assert left(accepted(chain(normalization(**fields)))) == start + 1, (name, unit)
    for unit in (1, 2, 3):
        beta = [*BETA]
        beta[unit] += 1
        weights = normalization(squares=twice(SQUARES))
        assert left(accepted(chain(weights, beta=beta))) == start + 1


def test_signs_of_gamma_and_rows_cancel() -> None:
    """A negative factor of a negated row is the same; of the same row it is another unit."""
    squares = twice([1, 1, 1])
    rows, last = [[1, 2], [-2, -4], [1, 2]], [[1, 1, 1]]
    weights = normalization([1, -1, -1], [1, -2, 1], squares)
    found = accepted(chain(weights, rows=rows, beta=[3, 6, 3], last=last, width=2))
    assert left(found) == 2


def test_constants_of_an_irrational_sort_stay() -> None:
    """A filter of zeros is beta where its mean is what it is; else no number that can move."""
    fields: Any = {"rows": [[0, 0], [0, 0], [1, 2]], "last": [[1, 1, 1]], "width": 2}
    at_mean = chain(
        normalization([1, 1, 1], [0, 0, 1], [2, 3, 2]),
        beta=[3, 5, 1],
        **fields,
    )
    assert left(accepted(at_mean)) == 1
    beside = chain(
        normalization([1, 1, 1], [1, 0, 1], [2, 3, 2]),
        beta=[3, 5, 1],
        **fields,
    )
    assert left(accepted(beside)) == 2
    rational = chain(
        normalization([1, 1, 1], [1, 0, 1], [4, 3, 2]),
        beta=[3, 5, 1],
        **fields,
    )
    assert left(accepted(rational)) == 1
    alike = chain(
        normalization([1, 2, 1], [1, 1, 1], [2, 2, 2]),
        beta=[3, 6, 1],
        **fields,
    )
    assert left(accepted(alike)) == 2  # one is twice the other, whatever it is


@pytest.mark.parametrize("place", range(3))
@pytest.mark.parametrize("name", ["gamma", "mean", "variance", "beta", "epsilon"])
@pytest.mark.parametrize("squares", [SQUARES, twice(SQUARES)])
def test_every_number_of_the_counterpart_counts(name: str, place: int, squares: Any) -> None:
    """One number of the reduced normalization changed: rejected, whichever it is."""
    original = chain(normalization(squares=squares), last=[[1, 1, 1, 2, 1, 1], [1, 1, 1, 0, 2, 3]])
    found = accepted(original)
    before = found.network.producers["z"]
    assert isinstance(before, Linear)
    assert isinstance(before.weights, Normalization)
    weights, beta, unit = before.weights, before.b, place % 2
    factor = (2, -1, 0)[place]
    if name == "epsilon":
        weights = replace(weights, epsilon=weights.epsilon + number(["1/7", 1, 3][place]))
    elif name == "beta":
        beta = array([entry(before.b, v) + (v == unit) * (1 + place) for v in range(2)])  # type: ignore[arg-type]
    else:
        numbers = getattr(weights, name)
        values = [entry(numbers, v) for v in range(2)]
        changed = values[unit] * factor
        if name == "mean":
            changed = values[unit] + 1 + place
        if name == "variance":
            changed = values[unit] * (2, 4, "1/9")[place] if place < 2 else values[unit] / 9
        values[unit] = changed
        weights = replace(weights, **{name: array(values)})
    if weights.gamma.size and name == "gamma" and entry(before.weights.gamma, unit) == 0:
        pytest.skip("it is 0 already")
    nodes = tuple(
        replace(before, weights=weights, b=beta) if made is before else made
        for made in found.network.nodes
    )
    with pytest.raises(Rejected, match=r"normalization|affine"):
        check(original, replace(found.network, nodes=nodes), found.certificate)


def test_a_normalization_is_no_diagonal() -> None:
    """Without it, or folded in where that is exact, the counterpart is another run."""
    original = chain(normalization())
    found = accepted(original)
    before = found.network.producers["z"]
    idle = linear("n", "h", "z", None, [1, 1])
    nodes = tuple(idle if made is before else made for made in found.network.nodes)
    with pytest.raises(Rejected, match="normalization"):
        check(original, replace(found.network, nodes=nodes), found.certificate)


@pytest.mark.parametrize("squares", [SQUARES, twice(SQUARES)])
def test_merging_what_no_rational_relates(squares: Any) -> None:
    """A certificate that calls unit 5 a multiple of unit 0, whatever the scale."""
    original = chain(normalization(squares=squares))
    found = accepted(original)
    [fact] = found.certificate.tensors["z"]
    assert fact.relabelling is not None
    block = fact.relabelling.block.copy()
    block[3] = block[5]
    wrong = replace(fact, relabelling=replace(fact.relabelling, block=block))
    tensors = {**found.certificate.tensors, "z": (wrong,)}
    with pytest.raises(Rejected):
        check(original, found.network, replace(found.certificate, tensors=tensors))


@st.composite
def networks(draw: st.DrawFn) -> tuple[Network, Network]:
    """A network with rational factors, and the same with every square doubled."""
    small = st.integers(-2, 2)
    width, units = draw(st.integers(1, 2)), draw(st.integers(1, 5))
    rows = draw(st.lists(st.lists(small, min_size=width, max_size=width), min_size=units,
                         max_size=units))  # fmt: skip
    vectors = [draw(st.lists(small, min_size=units, max_size=units)) for _ in range(3)]
    roots = draw(st.lists(st.integers(1, 2), min_size=units, max_size=units))
    squares = [value * value for value in roots]
    last = [draw(st.lists(st.integers(1, 2), min_size=units, max_size=units))]
    gamma, mean, beta = vectors
    kept: Any = {"rows": rows, "beta": beta, "last": last, "width": width}
    pair = [chain(normalization(gamma, mean, found), **kept) for found in (squares, twice(squares))]
    return pair[0], pair[1]


@given(networks(), st.lists(st.lists(st.integers(-5, 5), min_size=2, max_size=2), max_size=5))
def test_random_networks(pair: tuple[Network, Network], points: list[list[int]]) -> None:
    """Reductions are accepted and right; irrational factors let no more units go."""
    plain, irrational = (accepted(found) for found in pair)
    width = pair[0].width["x"]
    for x in points:
        assert pair[0]([x[:width]]) == plain.network([x[:width]])
    assert left(plain) <= left(irrational)
    assert left(irrational) == _brute(pair[1])


def _brute(original: Network) -> int:
    """How many units are left by comparing every two, as (coefficients of the root, beta)."""
    found, scaled = original.producers["h"], original.producers["z"]
    assert isinstance(found, Linear)
    assert isinstance(scaled, Linear)
    weights = scaled.weights
    assert isinstance(weights, Normalization)
    kinds: list[list[Any]] = []
    dead = 0
    for v in range(weights.gamma.size):
        below = root(entry(weights.squares, v) / 2)
        factor = entry(weights.gamma, v) / below  # type: ignore[operator]
        row = [factor * entry(found.W, v, u) for u in range(found.W.shape[1])]  # type: ignore[arg-type, union-attr]
        unit = [*row, -factor * entry(weights.mean, v), entry(scaled.b, v)]  # type: ignore[arg-type]
        if not any(unit[:-1]):
            dead += 1
            continue  # a constant that is rational
        lead = next(abs(value) for value in unit if value)
        unit = [value / lead for value in unit]
        if unit not in kinds:
            kinds.append(unit)
    return len(kinds)


def test_a_normalization_alone_keeps_the_units_it_reads() -> None:
    """Behind ReLU, in front of it: gamma 0 goes only where nobody else reads the unit."""
    rows = [[1, 2], [3, 1], [1, -1]]
    weights = normalization([1, 0, 2], [0, 1, 1], [2, 3, 5])

    def made(*, shared: bool) -> Network:
        nodes: tuple[Node, ...] = (
            linear("a", "x", "h", rows),
            Pointwise("r", "h", "g", RELU),
            Linear("n", "g", "z", weights, array([1, 5, 1])),
            Pointwise("q", "z", "s", RELU),
            linear("l", "s", "y", [[1, 1, 1]]),
            *([linear("k", "g", "w", [[0, 1, 0]])] if shared else []),
        )
        names = {"x": 2, "h": 3, "g": 3, "z": 3, "s": 3, "y": 1} | ({"w": 1} if shared else {})
        tensors = {name: Tensor(name, shape=("N", size)) for name, size in names.items()}
        outputs = tuple(tensors[name] for name in ("y", "w") if name in tensors)
        return Network((tensors["x"],), outputs, nodes, tensors)

    alone, shared = (accepted(made(shared=found)) for found in (False, True))
    assert (alone.network.width["h"], alone.network.width["z"]) == (2, 2)
    assert (shared.network.width["h"], shared.network.width["z"]) == (3, 3)


def test_units_that_merge_ahead_merge_behind_or_not_at_all() -> None:
    """Two equal units that a normalization scales by unrelated roots stay two."""
    rows = [[1, 2], [1, 2], [1, 2]]
    nodes: tuple[Node, ...] = (
        linear("a", "x", "h", rows),
        Pointwise("r", "h", "g", RELU),
        Linear("n", "g", "z", normalization([1, 1, 1], [0, 0, 0], [2, 3, 8]), array([1, 1, 1])),
        Pointwise("q", "z", "s", RELU),
        linear("l", "s", "y", [[1, 1, 1]]),
    )
    names = {"x": 2, "h": 3, "g": 3, "z": 3, "s": 3, "y": 1}
    tensors = {name: Tensor(name, shape=("N", size)) for name, size in names.items()}
    found = accepted(Network((tensors["x"],), (tensors["y"],), nodes, tensors))
    assert found.network.width["z"] == 3


def test_units_that_are_picked_twice_stay_two() -> None:
    """Equal units that unrelated roots scale, where another unit could go ahead of the pick."""
    nodes: tuple[Node, ...] = (
        linear("h", "x", "h", [[1, 2], [3, 1], [0, 0]], [0, 0, 5]),
        Pick("p", "h", "p", ((-1, (1, 1, 0)),)),
        Pointwise("r", "p", "g", RELU),
        Linear("n", "g", "z", normalization([1, 1, 1], [0, 0, 0], [2, 3, 5]), array([1, 1, 1])),
        linear("l", "z", "y", [[1, 1, 1]]),
    )
    names = {"x": 2, "h": 3, "p": 3, "g": 3, "z": 3, "y": 1}
    tensors = {name: Tensor(name, shape=("N", size)) for name, size in names.items()}
    found = accepted(Network((tensors["x"],), (tensors["y"],), nodes, tensors))
    assert found.network.width["z"] == 3


def test_values() -> None:
    """y = (x - mean) gamma / root + beta; zero times an irrational factor is 0."""
    made = Linear("n", "x", "y", normalization([3, 1], [1, 2], [4, 2]), array([1, 7]))
    assert computed(made, array([[5, 2], [1, 2]])).tolist() == [[7, 7], [1, 7]]
    with pytest.raises(NotRational, match="node n"):
        computed(made, array([5, 3]))
    with pytest.raises(ShapeMismatch):
        computed(made, array([5]))
    with pytest.raises(Malformed, match="channel 1"):
        normalization([1, 1], [0, 0], [1, 0])
    with pytest.raises(ShapeMismatch):
        Normalization(array([1, 1]), array([0]), array([1, 1]), number(0))


def test_the_exact_formats_hold_it() -> None:
    """JSON, the way through the audit, and the digest: every number counts."""
    original = chain(normalization(squares=twice(SQUARES), epsilon="1/3"))
    for again in (read_json(write_json(original), where="x"), put_together(taken_apart(original))):
        assert again.digest == original.digest
    for field in ({"epsilon": "1/4"}, {"mean": [9, *MEAN[1:]]}):
        other = chain(normalization(**({"squares": twice(SQUARES), "epsilon": "1/3"} | field)))  # type: ignore[arg-type]
        assert other.digest != original.digest


STORED = [tensor("g", [1, 2]), tensor("b", [3, 1]), tensor("m", [1, 0]), tensor("v", [3, 15])]


def batch(opset: int = 15, outputs: str = "y", x: Any = ("N", 2, 3), **fields: Any) -> Any:
    """A model that is one BatchNormalization."""
    made = node("BatchNormalization", "x g b m v", outputs, **({"epsilon": 1.0} | fields))
    shapes = {"inputs": [("x", x)], "outputs": [(name, x) for name in outputs.split()]}
    return model([made], STORED, opset=opset, **shapes)


@pytest.mark.parametrize("opset", [7, 9, 14, 15])
@pytest.mark.parametrize("x", [("N", 2), ("N", 2, 3), (1, 2, 2, 2)])
def test_batch_normalization(opset: int, x: Any) -> None:
    """Along the second axis, for all ranks and versions, as the runtime computes it."""
    made = batch(opset, x=x)
    found = network(made).producers["y"]
    assert isinstance(found, Linear)
    assert isinstance(found.weights, Normalization)
    agree(made)


@pytest.mark.parametrize(
    "made",
    [
        batch(14, training_mode=1),
        batch(14, outputs="y rm rv"),
        batch(7, spatial=0),
        batch(6),
        batch(x=("N",)),
    ],
    ids=["training", "statistics", "spatial", "training by default", "no channels"],
)
def test_other_batch_normalizations_are_opaque(made: Any) -> None:
    """What trains, or has a mean for each position."""
    assert isinstance(network(made).producers["y"], Opaque)


@pytest.mark.parametrize("opset", [7, 9, 13])
def test_statistics_that_nobody_reads_are_computed(opset: int) -> None:
    """What gives them normalizes by them, of old; no attribute says so."""
    made = batch(opset, outputs="y rm rv sm sv")
    del made.graph.output[1:]
    assert isinstance(network(made).producers["y"], Opaque)


def test_epsilon_has_a_default() -> None:
    """The nearest float32 to 1e-5, spelled out or not."""
    one, other = batch(), batch(epsilon=float(np.float32(1e-5)))
    del one.graph.node[0].attribute[:]
    assert network(one).digest == network(other).digest


def test_a_variance_below_epsilon_is_refused() -> None:
    """Naming the node and the channel."""
    made = batch(epsilon=-3.0)
    with pytest.raises(Malformed, match=r"channel 0.*positive"):
        network(made)


def test_a_reduced_model_runs() -> None:
    """Conv, BatchNormalization, ReLU, Conv: fewer filters, the same outputs."""
    rng = np.random.default_rng(0)
    first, last = (
        rng.integers(-3, 4, shape).astype("f4") for shape in ((6, 2, 3, 3), (2, 6, 3, 3))
    )
    first[1], first[4] = 2 * first[0], 0
    stored = [
        tensor("W", first), tensor("V", last), tensor("g", [1, 1, 1, 0, 1, 2]),
        tensor("b", [1, 2, 3, 4, -1, 1]), tensor("m", [1, 2, 0, 1, 0, 1]),
        tensor("v", [3, 3, 8, 3, 3, 15]),
    ]  # fmt: skip
    nodes = [
        node("Conv", "x W", "h"),
        node("BatchNormalization", "h g b m v", "z", epsilon=1.0),
        node("Relu", "z", "s"),
        node("Conv", "s V", "y"),
    ]
    made = model(nodes, stored, inputs=[("x", (1, 2, 8, 8))], outputs=[("y", (1, 2, 4, 4))])
    found, data = written(made)
    assert found.network.width["z"] == 3
    x = {"x": rng.integers(-3, 4, (1, 2, 8, 8)).astype("f4")}
    before, after = (run(one, x)["y"] for one in (made, data))
    assert np.abs(before - after).max() <= 1e-4 * np.abs(before).max()


def test_a_constant_goes_into_a_mean_and_what_that_leaves_into_a_bias() -> None:
    """Weights with full mantissas, no padding: the constant goes, at most an Add comes."""
    rng = np.random.default_rng(1)
    first, last = (rng.normal(size=shape).astype("f4") for shape in ((5, 2, 1, 1), (4, 5, 3, 3)))
    first[3] = 0
    stored = [
        tensor("W", first), tensor("c", rng.normal(size=5).astype("f4")), tensor("V", last),
        *(tensor(name, rng.uniform(0.5, 2, 4).astype("f4")) for name in "gbmv"),
    ]  # fmt: skip
    stored[1].CopyFrom(tensor("c", np.array([0.1, 0.2, 0.3, 0.7, 0.5], dtype="f4")))
    nodes = [
        node("Conv", "x W c", "h"), node("Relu", "h", "r"), node("Conv", "r V", "k"),
        node("BatchNormalization", "k g b m v", "z"), node("Relu", "z", "y"),
    ]  # fmt: skip
    shapes = {"inputs": [("x", (1, 2, 8, 8))], "outputs": [("y", (1, 4, 6, 6))]}
    made = model(nodes, stored, **shapes)
    found, data = written(made, "keep")
    assert found.network.width["h"] == 4
    assert len(operators(data)) <= len(nodes) + 1
    x = {"x": rng.normal(size=(1, 2, 8, 8)).astype("f4")}
    before, after = (run(one, x)["y"] for one in (made, data))
    assert np.abs(before - after).max() <= 1e-5 * np.abs(before).max()
