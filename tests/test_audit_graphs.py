"""Audits draw whole models: reducers that are wrong with these are caught, and may refuse them."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Any

import pytest
from draft_reducer import right
from faulty_graph_reducers import FAULTY, epsilon_ignored, of_files, operands_swapped

from lumpver.model.network import Join, Linear, Network, Pool, Rearrange
from lumpver.model.weights import Kernel, Normalization
from lumpver.reducing.reduction import reduce
from lumpver.trial.auditing import audit
from lumpver.trial.auditing.cases import whole_models
from lumpver.trial.auditing.smaller import smaller

if TYPE_CHECKING:
    from collections.abc import Callable


QUICK = {"epsilon_ignored", "operands_swapped"}
EACH = [
    pytest.param(f, id=f.__name__, marks=[] if f.__name__ in QUICK else [pytest.mark.long])
    for f in FAULTY
]


@pytest.mark.parametrize("function", EACH)
def test_faulty_reducers_of_whole_models_are_caught(function: Callable[..., Any]) -> None:
    """Within the examples that an audit tries; shrunk, and printed as a test that fails."""
    (finding,) = audit(function, seconds=150, patience=20).findings
    assert (finding.kind, finding.witness is not None) == ("wrong", True)
    assert finding.units <= finding.units_before
    assert finding.units <= 8
    scope: dict[str, Any] = {}
    exec(finding.test, scope)
    with pytest.raises(AssertionError):
        scope[f"test_{function.__name__}"]()


@pytest.mark.parametrize(
    "function",
    [operands_swapped, pytest.param(epsilon_ignored, marks=pytest.mark.long)],
)
def test_faulty_reducers_of_files_are_caught(function: Callable[..., Any]) -> None:
    """The same where convolutions and joins come as ONNX files."""
    (finding,) = audit(of_files(function), onnx=True, seconds=60, patience=20).findings
    assert finding.kind == "wrong"


def test_right_reducers_of_files_pass() -> None:
    """Ours, which reads and writes every form."""
    report = audit(of_files(ours), onnx=True, examples=40, seconds=120, patience=20)
    assert report.sound
    assert report.complete


def ours(network: Network) -> Network:
    """Right, as far as files hold it."""
    return reduce(network, floats_only=True).network


def test_whole_models_may_be_refused() -> None:
    """A reducer that says that it takes no convolutions is asked no more, and is not faulty."""
    report = audit(right, examples=60, seconds=120, patience=20)
    assert report.sound
    assert report.counts["refused"] == 5
    assert report.counts["networks"] == 60


def crashes(network: Network) -> Network:
    """It does not know what it does not take."""
    if any(isinstance(node, Pool) for node in network.nodes):
        raise KeyError("MaxPool")
    return network


def test_other_exceptions_are_crashes() -> None:
    """Nobody said that a model is not taken."""
    (finding,) = audit(crashes, seconds=60, patience=20).findings
    assert finding.kind == "crash"
    assert "KeyError" in finding.detail


def test_every_kind_of_node_is_drawn() -> None:
    """Within the whole models of a default audit's first minute or so."""
    nodes = [node for network in islice(whole_models(seed=0), 300) for node in network.nodes]
    assert {type(node).__name__ for node in nodes} >= {
        kind.__name__ for kind in (Linear, Join, Pool, Rearrange)
    }
    weights = {type(node.weights) for node in nodes if isinstance(node, Linear)}
    assert weights >= {Kernel, Normalization}
    joins = {node.operator for node in nodes if isinstance(node, Join)}
    assert joins >= {"Add", "Sub", "Mul", "Max", "Mean", "Concat"}


def test_smaller_networks_are_smaller() -> None:
    """Fewer nodes or units, or numbers that are 0 now; all of them can be looked at."""
    for network in islice(whole_models(seed=1), 8):
        for found in islice(smaller(network), 40):
            assert sizes(found) < sizes(network)
            assert {t.name for t in found.inputs} == {t.name for t in network.inputs}


def sizes(network: Network) -> tuple[int, int, int]:
    """Nodes, entries of numbers, and how many of those are not 0."""
    parts = [part for node in network.nodes if isinstance(node, Linear)
             for part in (node.W, node.b) if part is not None]  # fmt: skip
    return (
        len(network.nodes) + len(network.outputs),
        sum(part.size for part in parts),
        sum(int((part != 0).sum()) for part in parts),
    )
