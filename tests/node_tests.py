"""ONNX's own node tests, against the exact evaluation of the models as they are read.

Each test is one model with inputs and outputs. Operands of operators that lumpver models are mostly
constants, while tests give all as inputs: so each test is read in several variants.
`python tests/node_tests.py` prints what applies of which operator, and why the rest does not.

variant: all inputs given, all but one stored as initializers, or all stored
applies: in some variant, the model is read without unmodelled nodes
"""

from __future__ import annotations

import sys
import warnings
from collections import Counter
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from onnx import ModelProto, TensorProto, numpy_helper

from lumpver.errors import Malformed, NotRational, ShapeMismatch
from lumpver.io.onnx.read.opsets import SINCE
from lumpver.io.onnx.read.reading import read
from lumpver.io.onnx.read.tensors import CODES, NUMPY
from lumpver.model.evaluation import trace

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lumpver.model.network import Network

ROUNDINGS: Final = 16  # of the largest number there is, that a runtime may have made
EXPANDED: Final = "expanded"
ROUNDED: Final = {"test_averagepool_2d_ceil_last_window_starts_on_pad"}  # by hand, inputs too


@dataclass(slots=True)
class Result:
    """What came of one test: how many variants apply and agree, and what stops the others."""

    name: str
    opset: int
    agree: int = 0
    irrational: int = 0
    wrong: list[str] = field(default_factory=list)
    reasons: Counter[str] = field(default_factory=Counter)

    @property
    def applies(self) -> bool:
        """Whether some variant was read and has no wrong number."""
        return bool(self.agree or self.irrational)


@cache
def cases() -> dict[str, list[Any]]:
    """The tests of tensors by the operator of their only node; of several nodes as `EXPANDED`."""
    from onnx.backend.test.case.node import collect_testcases

    found: dict[str, list[Any]] = {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        collected = collect_testcases(None)
    for case in collected:
        if case.model is None or case.name in ROUNDED:
            continue
        nodes = case.model.graph.node
        values = [value for side in case.data_sets[0] for value in side]
        if all(isinstance(value, np.ndarray) and value.dtype != object for value in values):
            found.setdefault(nodes[0].op_type if len(nodes) == 1 else EXPANDED, []).append(case)
    return found


def operators() -> list[str]:
    """The operators that have a converter, and tests."""
    return sorted(set(SINCE) & set(cases()))


def result(case: Any) -> Result:
    """What comes of a test, in all its variants."""
    found = Result(case.name, case.model.opset_import[0].version)
    inputs, outputs = case.data_sets[0]
    for label, model, given in variants(case.model, inputs):
        try:
            network = read(model.SerializeToString(), where=case.name)
        except (Malformed, ShapeMismatch) as error:
            found.reasons[f"refused: {error}"] += 1
            continue
        if not all(node.is_constant for node in network.opaque):
            found.reasons[_why(network)] += 1
            continue
        _compare(found, label, network, given, outputs)
    return found


def _why(network: Network) -> str:
    """What an unmodelled node has that its operator set has not, or what it reads."""
    node = next(node for node in network.opaque if not node.is_constant)
    types = [network.tensors[name].dtype for name in node.inputs]
    if node.why:
        return node.why
    if types and not any(kind.startswith(("float", "bfloat")) for kind in types):
        return "not of floats"
    return f"not covered, with {len(types)} of {len(node.operands)} operands given"


def variants(model: ModelProto, inputs: Any) -> Iterator[tuple[str, ModelProto, dict[str, Any]]]:
    """The models of a test with all inputs given, all but one stored, or all stored."""
    names = [value.name for value in model.graph.input]
    choices = [set(names), *({name} for name in names if len(names) > 1), set()]
    for chosen in choices if names else [set()]:
        made = ModelProto()
        made.CopyFrom(model)
        for name, value in zip(names, inputs, strict=True):
            if name not in chosen:
                made.graph.initializer.append(numpy_helper.from_array(value, name))
        kept = [value for value in made.graph.input if value.name in chosen]
        del made.graph.input[:]
        made.graph.input.extend(kept)
        given = {
            name: np.asarray(value, dtype=np.float64)
            for name, value in zip(names, inputs, strict=True)
            if name in chosen
        }
        yield f"given {', '.join(sorted(chosen)) or 'nothing'}", made, given


def _compare(
    found: Result, label: str, network: Network, given: dict[str, Any], outputs: Any
) -> None:
    """Count one variant: its numbers are those stored, but for roundings of their type."""
    constants = {node.outputs[0]: _entries(node.operands[0]) for node in network.opaque}
    try:
        known = {**trace(network, given), **constants}
    except NotRational:
        found.irrational += 1
        return
    for tensor, stored in zip(network.outputs, outputs, strict=True):
        value = known[tensor.name]
        if value.shape != stored.shape or not agree(value, stored):
            found.wrong.append(f"{found.name}, {label}")
            return
    found.agree += 1


def _entries(constant: Any) -> Any:
    """The entries of a constant output that are no floats, from its bytes."""
    kind, data = constant.dtype.removeprefix("folded "), constant.data
    if constant.dtype.startswith("typed"):
        return numpy_helper.to_array(TensorProto.FromString(data))
    dtype = np.dtype(NUMPY[CODES.get(kind) or int(kind)])
    size = int(np.prod(constant.shape)) * dtype.itemsize
    return np.frombuffer(data[len(data) - size :], dtype).reshape(constant.shape)


def agree(exact: Any, stored: Any) -> bool:
    """Whether exact numbers differ from a runtime's by some roundings at most."""
    from ml_dtypes import finfo

    numbers = np.array([float(x) for x in exact.reshape(-1)])
    expected = stored.reshape(-1).astype(np.float64)
    unit = float(finfo(stored.dtype).eps) if stored.dtype.kind not in "iub" else 0.0
    largest = max(1.0, float(np.abs(expected).max(initial=0)))
    return bool((np.abs(numbers - expected) <= ROUNDINGS * unit * largest).all())


def main() -> None:
    """Print the table."""
    lines = []
    for operator in [*operators(), EXPANDED]:
        results = [result(case) for case in cases()[operator]]
        reasons: Counter[str] = Counter()
        for one in results:
            if not one.applies:
                reasons.update([next(iter(one.reasons), "")])
        said = "; ".join(f"{count} {why}" for why, count in reasons.most_common(4))
        applying = sum(one.applies for one in results)
        lines.append(f"| {operator} | {len(results)} | {applying} | {said} |")
    out = sys.stdout.write
    out("| operator | tests | apply | the others |\n|---|--:|--:|---|\n")
    out("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
