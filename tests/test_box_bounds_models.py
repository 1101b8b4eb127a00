"""Whole models on a box: random ones, and ONNX's node tests, whose exact values stay within."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from box_points import box_of, require_within
from joined_graphs import joined_graph
from node_tests import cases, operators, variants
from random_convolutions import convolutional
from random_graphs import random_graph
from random_models import random_model
from residual_graphs import residual

from lumpver.bounds.plan import planned
from lumpver.errors import Malformed, ShapeMismatch
from lumpver.io.onnx.read.reading import read

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lumpver.model.network import Network


def every(made: Any) -> Network:
    """The network of an ONNX model."""
    return read(made.SerializeToString(), where="model")


@pytest.mark.parametrize("seed", range(40))
@pytest.mark.parametrize("kind", [random_graph, residual, joined_graph])
def test_random_graphs_stay_within(kind: Any, seed: int) -> None:
    """Branches, joins, other axes, opaque nodes, several inputs."""
    found = kind(seed)
    require_within(found, box_of(found, seed, wide=0.7), seed=seed)


def fits(found: Network) -> bool:
    """Whether a model applies to inputs whose lengths are 1 where they are not given."""
    if any(tensor.shape is None for tensor in found.inputs):
        return False
    try:
        planned(found, {name: low.size for name, (low, _) in box_of(found, 0).items()})
    except ShapeMismatch:
        return False
    return True


@pytest.mark.parametrize("seed", range(25))
def test_random_models_stay_within(seed: int) -> None:
    """Models as files have them: pools with padding, transposed and grouped kernels, Resize."""
    made = [
        convolutional(seed, pools=True, joins=True, ups=True, groups=bool(seed % 2), whole=False),
        random_model(seed),
    ]
    for found in map(every, made):
        if fits(found):
            require_within(found, box_of(found, seed), seed=seed, points=3)


def node_networks(operator: str) -> Iterator[Network]:
    """The networks of an operator's node tests that have an input of floats."""
    for case in cases()[operator]:
        for _, model, given in variants(case.model, case.data_sets[0][0]):
            if not given or max(x.size for x in given.values()) > 300:
                continue
            try:
                found = read(model.SerializeToString(), where=case.name)
            except (Malformed, ShapeMismatch):
                continue
            if all(node.is_constant for node in found.opaque):
                yield found


@pytest.mark.parametrize("operator", operators())
def test_node_tests_stay_within(operator: str) -> None:
    """What ONNX tries of each operator."""
    for found in node_networks(operator):
        floats = all(tensor.dtype.startswith(("float", "real")) for tensor in found.inputs)
        if floats and fits(found):
            require_within(found, box_of(found, 3), points=2)
