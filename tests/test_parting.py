"""Units that go apart: some of a run's are tied to other tensors, some are not (C2f, CSP)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import onnx
import pytest
from onnx_models import ints, model, node, run, tensor
from onnx_models import network as read_onnx

from lumpver.checker import check
from lumpver.errors import Rejected
from lumpver.model.activations import RELU, Activation, leaky
from lumpver.model.network import Join, Linear, Network, Pick, Pointwise, Tensor, linear
from lumpver.model.several import Several
from lumpver.proving import Proved, prove
from lumpver.reducing.pipeline import check_files, reduce_file
from lumpver.reducing.reduction import reduce
from lumpver.search.parting import parted

if TYPE_CHECKING:
    from pathlib import Path

PAIRS: Final = [(0, 1), (4, 5), (6, 7)]


def c2f(
    *, slices: bool = False, silu: bool = False, pairs: Any = PAIRS, output: bool = False
) -> Any:
    """A convolution, half of whose channels are added to: Split, a branch, Add, Concat."""
    rng = np.random.default_rng(1)
    stored: list[Any] = [ints("s", 4, 4)]

    def conv(name: str, out: int, read: int, twins: Any = (), size: int = 1) -> None:
        W = rng.integers(-3, 4, (out, read, size, size)).astype(np.float32)
        b = rng.integers(-3, 4, out).astype(np.float32)
        for lead, other in twins:
            W[other], b[other] = W[lead], b[lead]
        stored.extend([tensor(name, W), tensor(f"{name}b", b)])

    conv("A", 8, 3, pairs)
    conv("B", 4, 4, (), 3)
    conv("C", 4, 4, [(0, 1), (2, 3)], 3)
    conv("D", 16, 12)

    def bent(x: str, y: str) -> list[Any]:
        if silu:
            return [node("Sigmoid", x, f"{x}s"), node("Mul", f"{x} {x}s", y)]
        return [node("Relu", x, y)]

    if slices:
        stored += [ints("zero", 0), ints("four", 4), ints("eight", 8), ints("one", 1)]
        halves = [node("Slice", "a zero four one", "h1"), node("Slice", "a four eight one", "h2")]
    else:
        halves = [node("Split", "a s", "h1 h2", axis=1)]
    nodes = [
        node("Conv", "x A Ab", "p"), *bent("p", "a"), *halves,
        node("Conv", "h2 B Bb", "q", pads=[1, 1, 1, 1]), *bent("q", "r"),
        node("Conv", "r C Cb", "u", pads=[1, 1, 1, 1]), *bent("u", "v"),
        node("Add", "h2 v", "w"), node("Concat", "h1 h2 w", "k", axis=1),
        node("Conv", "k D Db", "y"),
    ]  # fmt: skip
    shape: Any = [None] * 4
    outputs = [("y", shape), *([("w", shape)] if output else [])]
    return model(nodes, stored, inputs=[("x", ("N", 3, 4, 4))], outputs=outputs)


@pytest.mark.parametrize("slices", [False, True])
@pytest.mark.parametrize("silu", [False, True])
def test_both_halves_lose_their_twins(tmp_path: Path, slices: bool, silu: bool) -> None:
    """Two of the half that is added to, one of the other, in a smaller file."""
    made = c2f(slices=slices, silu=silu)
    before, after = tmp_path / "a.onnx", tmp_path / "b.onnx"
    before.write_bytes(made.SerializeToString())
    outcome = reduce_file(before, after)
    check_files(before, after, outcome.certificate)
    width = outcome.reduction.network.width
    assert [width[name] for name in ("p", "u", "h1", "h2", "w", "k")] == [5, 2, 3, 2, 2, 7]
    assert after.stat().st_size < before.stat().st_size
    onnx.checker.check_model(onnx.load(after))
    x = np.random.default_rng(0).integers(-3, 4, (2, 3, 4, 4)).astype(np.float32)
    ours, theirs = (run(str(path), {"x": x})["y"] for path in (before, after))
    assert np.abs(ours - theirs).max() <= 1e-4 * np.abs(ours).max()


def test_twins_of_one_summand_alone_stay() -> None:
    """Where the branch tells two channels apart, or the sum is an output, they stay."""
    for made in (c2f(pairs=[(0, 1), (4, 6)]), c2f(output=True)):
        found = reduce(read_onnx(made))
        check(found.original, found.network, found.certificate)
        assert found.network.width["u"] == 4
        assert found.network.width["h2"] == 4
        assert found.network.width["h1"] == 3


@dataclass(slots=True)
class _Drawing:
    """Nodes so far, all along the last axis."""

    rng: np.random.Generator
    shapes: dict[str, Any]
    nodes: list[Any] = field(default_factory=list)

    def add(self, made: Any, width: int) -> str:
        self.nodes.append(made)
        self.shapes[made.output] = ("N", width)
        return str(made.output)

    @property
    def name(self) -> str:
        return f"t{len(self.nodes)}"

    def width(self, name: str) -> int:
        return int(self.shapes[name][-1])

    def dense(self, x: str, lead: Any, scale: Any) -> str:
        """A layer whose units are multiples of their leads, as planned."""
        rows = self.rng.integers(-2, 3, (len(lead), self.width(x) + 1))
        W = rows[lead] * scale[:, None]
        name = self.name
        return self.add(linear(name, x, name, W[:, :-1].tolist(), W[:, -1].tolist()), len(lead))

    def bent(self, x: str, lead: Any) -> str:
        """An activation, sometimes with slopes of units' own, as their leads have them."""
        function: Activation | Several = RELU
        if self.rng.random() < 0.3:
            slopes = self.rng.choice(["0", "1/2", "2"], len(lead))[lead].tolist()
            function = Several(tuple(map(leaky, slopes)), -1)
        return self.add(Pointwise(self.name, x, self.name, function), self.width(x))

    def plan(self, sizes: list[int]) -> tuple[Any, Any]:
        """Leads and scales of units, within parts."""
        lead, start = [], 0
        for size in sizes:
            own = np.array([int(self.rng.integers(v + 1)) for v in range(size)])
            lead.append(own[own] + start)
            start += size
        leads = np.concatenate(lead)
        scale = np.where(
            leads == np.arange(leads.size), 1, self.rng.choice([0, 1, 2, 3], leads.size)
        )
        return leads, scale

    def block(self, x: str) -> str:
        """A layer in parts, some with sums, put side by side."""
        sizes = [int(n) for n in self.rng.integers(1, 5, int(self.rng.integers(2, 4)))]
        lead, scale = self.plan(sizes)
        whole = self.dense(x, lead, scale)
        if self.rng.random() < 0.8:
            whole = self.bent(whole, lead)
        parts, start = [], 0
        for size in sizes:
            places = tuple(range(start, start + size))
            part = self.add(Pick(self.name, whole, self.name, ((-1, places),)), size)
            parts.append(part)
            own = slice(start, start + size)
            if self.rng.random() < 0.7:
                inner = self.dense(part, np.arange(3), np.ones(3, dtype=int))
                inner = self.bent(inner, np.arange(3))
                inner = self.dense(inner, lead[own] - start, scale[own])
                if self.rng.random() < 0.5:
                    inner = self.add(Pointwise(self.name, inner, self.name, RELU), size)
                operator: Any = self.rng.choice(["Add", "Sub"])
                parts.append(self.add(Join(self.name, (part, inner), self.name, operator), size))
            start += size
        order = [parts[i] for i in self.rng.permutation(len(parts))]
        wide = sum(map(self.width, order))
        return self.add(Join(self.name, tuple(order), self.name, "Concat", -1), wide)


def drawn(seed: int) -> Network:
    """One to three such blocks, and an output."""
    drawing = _Drawing(np.random.default_rng(seed), {"x": ("N", 2)})
    stream = "x"
    for _ in range(int(drawing.rng.integers(1, 4))):
        stream = drawing.block(stream)
    end = drawing.dense(stream, np.arange(2), np.ones(2, dtype=int))
    tensors = {name: Tensor(name, shape=shape) for name, shape in drawing.shapes.items()}
    return Network((tensors["x"],), (tensors[end],), tuple(drawing.nodes), tensors)


def _at(network: Network, point: Any) -> list[str]:
    (found,) = network.evaluate({"x": np.array([point], dtype=float)}).values()
    return [str(value) for value in found.ravel().tolist()]


@pytest.mark.parametrize("seed", range(80))
def test_random_blocks_compute_the_same(seed: int) -> None:
    """Reduced, checked, evaluated exactly."""
    network = drawn(seed)
    found = reduce(network)
    check(network, found.network, found.certificate)
    rng = np.random.default_rng(seed)
    for _ in range(4):
        point = rng.integers(-5, 6, 2).tolist()
        assert _at(network, point) == _at(found.network, point)


@pytest.mark.parametrize("seed", range(30))
def test_what_was_planted_goes(seed: int) -> None:
    """Of each layer in parts no more than one unit of each lead is left."""
    network = drawn(seed)
    apart = parted(network)
    if apart is None:
        return
    found = reduce(network)
    for name, pieces in apart.pieces.items():
        if name in network.ends and name in found.network.width:
            assert found.network.width[name] <= sum(apart.network.width[x] for x in pieces)
    assert prove(network, found.network).answer != "refuted"


@pytest.mark.parametrize("seed", range(20))
def test_spoilt_blocks_are_rejected_or_the_same(seed: int) -> None:
    """Picks of other units, and sums the other way round, under the same certificate."""
    network = drawn(seed)
    found = reduce(network)
    for i, made in enumerate(found.network.nodes):
        other: Any = None
        if isinstance(made, Pick):
            (axis, places), *_ = made.places
            other = Pick(made.name, made.input, made.output, ((axis, places[::-1]),))
            if places == places[::-1]:
                continue
        elif isinstance(made, Join):
            other = Join(made.name, made.operands[::-1], made.output, made.operator, made.axis)
        if other is None:
            continue
        nodes = (*found.network.nodes[:i], other, *found.network.nodes[i + 1 :])
        try:
            spoilt = Network(
                found.network.inputs, found.network.outputs, nodes, found.network.tensors
            )
            check(network, spoilt, found.certificate)
        except Rejected:
            continue
        for point in ([5, -3], [-2, 1], [7, 8]):
            assert _at(network, point) == _at(spoilt, point)


def test_what_is_not_parted() -> None:
    """Nothing is tied; units are picked twice, or not at all; something reads all of them."""
    assert parted(drawn(0)) is not None or parted(drawn(1)) is not None
    first = linear("a", "x", "a", [[1, 0], [0, 1], [1, 1], [2, 1]])
    second = linear("b", "x", "b", [[1, 3], [2, 1]])

    def made(*picks: tuple[int, ...], whole: bool = False) -> Network:
        nodes: list[Any] = [first, second]
        nodes += [Pick(f"p{i}", "a", f"p{i}", ((-1, places),)) for i, places in enumerate(picks)]
        nodes.append(Join("s", ("p0", "b"), "s", "Add"))
        nodes.append(linear("y", "s", "y", [[1, 2]]))
        nodes.append(
            linear("z", "a" if whole else "p1", "z", [[1] * (4 if whole else len(picks[1]))])
        )
        shapes = {"x": 2, "a": 4, "b": 2, "s": 2, "y": 1, "z": 1}
        shapes |= {f"p{i}": len(places) for i, places in enumerate(picks)}
        tensors = {name: Tensor(name, shape=("N", n)) for name, n in shapes.items()}
        return Network((tensors["x"],), (tensors["y"], tensors["z"]), tuple(nodes), tensors)

    assert parted(made((0, 1), (2, 3))) is not None
    assert parted(made((2, 3), (0, 1))) is not None
    for other in (
        made((0, 1), (1, 2, 3)), made((0, 1), (2,)), made((1, 0), (2, 3)), made((0, 2), (1, 3)),
        made((0, 1), (2, 3), whole=True),
    ):  # fmt: skip
        assert parted(other) is None
        found = reduce(other)
        check(other, found.network, found.certificate)


def test_units_to_keep_are_those_of_the_whole() -> None:
    """By their places in the run, wherever its parts begin."""
    network = read_onnx(c2f())
    free = reduce(network)
    assert free.network.width["h2"] == 2
    kept = reduce(network, keep=frozenset({("p", 5)}))
    check(network, kept.network, kept.certificate)
    assert kept.network.width["h2"] == 3
    assert kept.network.width["h1"] == 3
    assert isinstance(prove(network, free.network), Proved)
    assert isinstance(free.network.nodes[0], Linear)
