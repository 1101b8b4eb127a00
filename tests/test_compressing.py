"""`reduce` with eps: smaller networks that are near, and never further off than is certified."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pytest
from click.testing import CliRunner
from flint import fmpq
from onnx import helper
from onnx_models import tensor, whole

import lumpver
from lumpver import Claim, Compressed, Network, Within, leaky
from lumpver.bounds.plan import planned
from lumpver.claim.domain import Box, Boxes
from lumpver.cli import cli
from lumpver.compressing.compressing import compress
from lumpver.compressing.filing import compress_file
from lumpver.compressing.numbers import Numbers, Step, rounded
from lumpver.compressing.sites import sites
from lumpver.errors import Malformed, ShapeMismatch
from lumpver.exact.array import array, rationals
from lumpver.exact.neighbours import above, below
from lumpver.exact.scalar import number
from lumpver.io.domains import read
from lumpver.io.onnx.read import read as read_onnx
from lumpver.model.network import Linear, Pointwise
from lumpver.proving.effort import budget

if TYPE_CHECKING:
    from pathlib import Path

BOX: Final = Boxes((Box.of({"x": [(-1, 1), (-1, 1)]}),))


def drawn(seed: int, *, activation: Any = "Relu", widths: tuple[int, ...] = (8, 8)) -> Network:
    """A network of which some units nearly are multiples, constants, or of little weight."""
    random = np.random.default_rng(seed)
    layers, read_ = [], 2
    for width in (*widths, 1):
        W = random.normal(size=(width, read_)).astype(np.float32)
        b = random.normal(size=width).astype(np.float32)
        if width > 4:
            W[1], b[1] = 2 * W[0] + np.float32(0.003), 2 * b[0]
            W[2], b[2] = np.float32(0.01) * W[2], 1
            W[3], b[3] = W[3] / 8, -3
        layers.append((W.astype(float).tolist(), b.astype(float).tolist()))
        read_ = width
    return Network.from_layers(layers, activation=activation)


def largest(one: Network, other: Network, seed: int) -> fmpq:
    """The largest difference at points, exactly."""
    random = np.random.default_rng(seed)
    points = np.concatenate([random.choice([-1.0, 1.0], (20, 2)), random.uniform(-1, 1, (60, 2))])
    found = fmpq(0)
    for x in points:
        ours, theirs = (rationals(net.evaluate({"x": array(x)})["y"]) for net in (one, other))
        found = max(found, *(abs(a - b) for a, b in zip(ours, theirs, strict=True)))
    return found


@pytest.mark.parametrize("eps", ["1/50", "1/5"])
@pytest.mark.parametrize("seed", range(3))
def test_it_is_as_near_as_is_certified(seed: int, eps: str) -> None:
    """The certificate is accepted, and no point is further off than it says."""
    network = drawn(seed)
    found = compress(network, BOX, eps, budget())
    exact = lumpver.reduce(network, box={"x": [(-1, 1), (-1, 1)]})
    assert found.network.units <= exact.network.units
    assert found.bound <= found.eps == number(eps)
    claim = Claim(BOX, Within(found.bound))
    assert lumpver.check(network, found.network, found.certificate, claim=claim).units_after
    assert largest(network, found.network, seed) <= found.bound
    assert found.sampled <= found.bound


def test_more_goes_for_more() -> None:
    """And every kind of step is found."""
    network = drawn(1)
    before = network.units + 1
    kinds: set[str] = set()
    for eps in ("1/10", "1"):
        found = compress(network, BOX, eps, budget())
        assert found.network.units <= before
        before = found.network.units
        kinds |= set(found.steps)
    assert {"constant", "multiple"} <= kinds
    assert before < network.units // 2


def test_it_is_the_same_each_time() -> None:
    """Nothing depends on time or chance."""
    one, other = (compress(drawn(2), BOX, "1/10", budget()) for _ in range(2))
    assert one.network.digest == other.network.digest
    assert one.bound == other.bound
    assert one.certificate.covering is not None
    assert other.certificate.covering is not None
    for ours, theirs in zip(
        one.certificate.covering.trees, other.certificate.covering.trees, strict=True
    ):
        assert ours.tolist() == theirs.tolist()


def test_without_a_price_it_is_the_exact_reduction() -> None:
    """Eps 0, and where no price buys anything."""
    network = drawn(0)
    found = compress(network, BOX, 0, budget())
    assert found.exact is not None
    assert found.certificate.covering is None
    assert (found.bound, found.sampled, found.steps) == (0, 0, {})
    assert lumpver.check(network, found.network, found.certificate, claim=Claim(BOX))
    tiny = compress(network, BOX, "1/1000000000000", budget())
    assert tiny.network.units == found.network.units


@pytest.mark.parametrize("activation", [leaky("1/10"), "Tanh"], ids=str)
def test_other_activations(activation: Any) -> None:
    """Multiples are of scale 1 where the activation asks for that."""
    network = drawn(4, activation=activation, widths=(5,))
    found = compress(network, BOX, 2, budget())
    assert found.network.units < network.units
    claim = Claim(BOX, Within(2))
    assert lumpver.check(network, found.network, found.certificate, claim=claim)


@pytest.mark.parametrize("eps", [-1, "-1/2", "nan", float("nan"), float("inf"), "x"], ids=repr)
def test_no_price(eps: Any) -> None:
    """Negative numbers, and what is none."""
    with pytest.raises(Malformed):
        lumpver.reduce(drawn(0), box="[-1, 1]", eps=eps)


def test_what_it_needs() -> None:
    """A box with ends that fits, weights, and no options of another reduction."""
    network = drawn(0)
    with pytest.raises(Malformed, match="box"):
        lumpver.reduce(network, eps=1, box=None)
    with pytest.raises(Malformed, match="ends"):
        lumpver.reduce(network, eps=1, box={"x": [(0, 1), (None, 1)]})
    with pytest.raises((Malformed, ShapeMismatch)):
        lumpver.reduce(network, eps=1, box={"x": [(0, 1)]})
    with pytest.raises(Malformed, match="eps"):
        lumpver.reduce(network, eps=1, box="[0, 1]", align=4)  # type: ignore[call-overload]
    bare = Network(
        network.inputs[:1],
        (network.tensors["x"],),
        (),
        {"x": network.tensors["x"]},
    )
    with pytest.raises(Malformed, match="weights"):
        lumpver.reduce(bare, eps=1, box="[0, 1]")


def test_a_convolution() -> None:
    """Channels go, from a dense layer behind a Flatten as well, and from behind padding."""
    random = np.random.default_rng(3)
    first = random.normal(size=(6, 1, 3, 3)).astype(np.float32)
    first[1], first[2] = 2 * first[0] + np.float32(1e-3), first[2] / 1000
    second = random.normal(size=(4, 6, 3, 3)).astype(np.float32) / 4
    second[3] = 0
    last = random.normal(size=(2, 4 * 4 * 4)).astype(np.float32) / 8
    made = whole(
        "Conv x W1 c1; Relu c1 r1; Conv r1 W2 b2 c2; Relu c2 r2; Flatten r2 f; Gemm f W3 y",
        tensor("W1", first),
        tensor("W2", second),
        tensor("b2", [0, 0, 0, 1]),
        tensor("W3", last),
        x=(1, 1, 4, 4),
    )
    for node in made.graph.node:
        if node.op_type == "Conv":
            node.attribute.append(helper.make_attribute("pads", [1, 1, 1, 1]))
        if node.op_type == "Gemm":
            node.attribute.append(helper.make_attribute("transB", 1))
    model = read_onnx(made.SerializeToString(), where="model")
    domain = read({"x": [(0, 1)] * 3 + [("1/2", "1/2")] * 13}, model).domain
    found = compress(model, domain, "1/2", budget(), floats_only=True)
    assert found.exact is None
    assert found.network.units < model.units
    claim = Claim(domain, Within("1/2"))
    assert lumpver.check(model, found.network, found.certificate, claim=claim)


def test_from_file_to_file(tmp_path: Path) -> None:
    """What is written is what the certificate is for; where nothing is gained, the exact one."""
    source, target = tmp_path / "model.onnx", tmp_path / "small.onnx"
    lumpver.save(drawn(1), source)
    filed = compress_file(source, target, eps="1/5", box=lambda net: read("[-1, 1]", net))
    assert filed.found.exact is None
    assert filed.bytes_after < filed.bytes_before
    claim = Claim(BOX, Within("1/5"))
    checked = lumpver.check(source, target, f"{target}.cert.json", claim=claim)
    assert checked.units_after == filed.found.network.units
    with pytest.raises(lumpver.Rejected):
        lumpver.check(source, target, f"{target}.cert.json")
    filed = compress_file(source, target, eps=0, box=lambda net: read("[-1, 1]", net))
    assert filed.found.exact is not None
    assert lumpver.check(source, target, f"{target}.cert.json", claim=Claim(BOX))


def test_numbers_are_rounded_to_nearest() -> None:
    """Ties to even, in each type."""
    random = np.random.default_rng(0)
    values = np.concatenate([random.normal(size=60), [0.0, -0.0, 1.0, 2.0**-20, 1 + 2.0**-9]])
    for dtype in ("float16", "bfloat16", "float32"):
        for value, found in zip(values, rounded(values, dtype), strict=True):
            exact = number(float(value))
            near = [x for x in (below(exact, dtype), above(exact, dtype)) if x is not None]
            least = min(abs(exact - x) for x in near)
            assert abs(exact - number(float(found))) == least
    assert rounded(values, "real") is values


def test_a_step_moves_what_reads_a_unit() -> None:
    """Its column goes to others, times a factor, and to the bias."""
    network = Network.from_layers([([[1], [2]], None), ([[3, 5]], [1])])
    (site,) = sites(network, planned(network, {"x": 1}))
    numbers = Numbers(network)
    numbers.take(site, Step(0, 1, ((0, 2.0),), 0.5, 0, 2.0))
    nodes = [node for node in numbers.built().nodes if isinstance(node, Linear)]
    assert rationals(nodes[1].W).tolist() == [[13, 0]]  # type: ignore[arg-type]
    assert rationals(nodes[1].b).tolist() == [fmpq(7, 2)]  # type: ignore[arg-type]


def test_layers_that_may_not_lose_units() -> None:
    """One that is an output, or is read by what is no layer."""
    network = drawn(0)
    plan = planned(network, {"x": 2})
    assert [site.name for site in sites(network, plan)] == ["h1.pre", "h2.pre"]
    shown = Network(
        network.inputs,
        (*network.outputs, network.tensors["h1"]),
        network.nodes,
        network.tensors,
    )
    assert [site.name for site in sites(shown, plan)] == ["h2.pre"]
    assert isinstance(network.nodes[1], Pointwise)


def test_scale_one_alone() -> None:
    """Prabhakar's setting: a unit goes only where it nearly is another."""
    random = np.random.default_rng(0)
    W = random.normal(size=(6, 2)).astype(np.float32).astype(float)
    W[1] = W[0] + 2.0**-12
    network = Network.from_layers([(W.tolist(), [0] * 6), (random.integers(1, 4, (1, 6)), [0])])
    found = compress(network, BOX, "1/100", budget(), courses=(("twin",),))
    assert found.steps == {"multiple": 1}
    assert all(
        fact.relabelling is not None and rationals(fact.relabelling.scale).tolist() == [1] * 6
        for (fact,) in found.certificate.tensors.values()
    )


def test_the_command(tmp_path: Path) -> None:
    """First how near and where; the same in JSON; what it has no use for is refused."""
    source, target = str(tmp_path / "model.onnx"), str(tmp_path / "small.onnx")
    lumpver.save(drawn(1), source)

    def ran(*words: str) -> tuple[int, str]:
        done = CliRunner().invoke(cli, ["reduce", source, "-o", target, *words], obj=0.0)
        return done.exit_code, done.output

    code, said = ran("--box", "[-1, 1]", "--eps", "0.2")
    assert code == 0
    assert said.startswith("Within 0.")
    assert "on the box of [-1, 1] in every entry (asked: 0.2): 16 units became " in said
    code, said = ran("--box", "[-1, 1]", "--eps", "0.2", "--json")
    found = json.loads(said)
    assert code == 0
    assert found["units"]["after"] < found["units"]["before"] == 16
    assert found["sampled"]["decimal"] <= found["bound"]["decimal"] <= 0.2
    assert (found["exact"], found["evidence"], found["eps"]) == (False, "certificate", "1/5")
    assert sum(found["steps"].values()) == 16 - found["units"]["after"]
    code, said = ran("--box", "[-1, 1]", "--eps", "0", "--json")
    assert json.loads(said)["exact"] is True
    for wrong in (
        ["--eps", "1"],
        ["--eps", "-1", "--box", "[-1, 1]"],
        ["--eps", "nan", "--box", "[-1, 1]"],
        ["--eps", "1", "--box", "[-1, 1]", "--align", "4"],
        ["--eps", "1", "--box", "[-1, 1]", "--keep", "h1"],
    ):
        with pytest.raises(Malformed):
            CliRunner().invoke(
                cli, ["reduce", source, "-o", target, *wrong], obj=0.0,
                standalone_mode=False, catch_exceptions=False,
            )  # fmt: skip


def test_what_it_says() -> None:
    """Units before and after, and how near."""
    found = compress(drawn(1), BOX, "1/5", budget())
    assert isinstance(found, Compressed)
    assert repr(found).startswith("<Compressed: 16 units to ")
