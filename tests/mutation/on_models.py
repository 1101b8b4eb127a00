"""Mutated ONNX models, read, reduced, checked and proved: what became of each.

A mutant is refused with a typed error, or it is a model of its own: then its reduction
checks, both compute the same, and what `prove` says of it and of what it was holds.

refused: by a LumpverError; most mutants of bytes are
kept: read, and the reduction is the same file, or none that its types can hold
right: reduced or proved, and the oracle agrees
wrong, crash, hang: faults
"""

from __future__ import annotations

import hashlib
import random
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from onnx import ModelProto, helper, numpy_helper
from random_graphs import random_graph
from time_limit import Hung, time_limit

from lumpver.claim.certificate import Digest
from lumpver.errors import LumpverError, Rejected, Unrepresentable
from lumpver.io.onnx.write.fresh import fresh
from lumpver.io.saving import stored
from lumpver.proving import Proved, Refuted, prove
from lumpver.reducing.reduction import reduce
from lumpver.reducing.verification import check_models
from lumpver.trial.auditing.cases import generated
from lumpver.trial.strategies import FORMS, as_onnx
from mutation import on_bytes, on_onnx, oracle
from mutation.graphs import MODELS
from mutation.networks import opened
from mutation.steady import STEADIES

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from lumpver.io.files import Model
    from lumpver.model.network import Network

HERE, THERE = Path("original.onnx"), Path("reduced.onnx")
_SECONDS: Final = 20
_POINTS: Final = 3


@dataclass(slots=True)
class Tally:
    """What became of the mutants, and every one that must not be."""

    outcomes: Counter[str] = field(default_factory=Counter)
    refusals: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        rows = [f"{sum(self.outcomes.values())} mutated models"]
        for counter in (self.outcomes, self.refusals):
            rows += [f"  {count:7} {name}" for name, count in counter.most_common()]
        return "\n".join(rows + self.faults)


def bases() -> list[tuple[str, bytes]]:
    """The models that are mutated: of every operator family, of every form of Gemm."""
    found = [(each.__name__, each().SerializeToString()) for each in (*MODELS, *STEADIES)]
    found.append(("flattened", flattened().SerializeToString()))
    for seed in range(12):
        with suppress(Unrepresentable):
            found.append((f"graph {seed}", fresh(random_graph(seed))))
    drafts = generated(2 * len(FORMS), seed=9, onnx=True)
    for form, each in zip(2 * FORMS, drafts, strict=True):
        found.append((f"{form} of {each.units} units", as_onnx(each.network(), form)))
    return found


def flattened() -> ModelProto:
    """Two inputs joined, a batch axis kept by arithmetic on shapes, Max as ReLU, Neg and Div."""
    text = (
        "Concat:axis=1 x z c; Shape c s; Gather:axis=0 s zero n; Unsqueeze n axes one;"
        " Concat:axis=0 one rest target; Reshape c target f; MatMul f W m; Add m b p;"
        " Max p nought r; Div r two h; Neg h g; MatMul g V y"
    )
    nodes = []
    for step in text.split(";"):
        operator, *names = step.split()
        operator, _, attribute = operator.partition(":")
        key, _, number = attribute.partition("=")
        flags = {key: int(number)} if key else {}
        nodes.append(helper.make_node(operator, names[:-1], names[-1:], **flags))
    stored = {
        "zero": np.int64(0), "axes": np.int64([0]), "rest": np.int64([-1]),
        "nought": np.float32(0), "two": np.float32(2), "b": np.float32([0, 0, 1, 0]),
        "W": np.float32([[1, 2, 0, -1], [0, 0, 0, 3], [2, 4, 0, 1]]),
        "V": np.float32([[1, 0], [2, 1], [5, 1], [1, 1]]),
    }  # fmt: skip
    graph = helper.make_graph(
        nodes,
        "flattened",
        [
            helper.make_tensor_value_info("x", 1, ["N", 2]),
            helper.make_tensor_value_info("z", 1, ["N", 1]),
        ],
        [helper.make_tensor_value_info("y", 1, ["N", 2])],
        [numpy_helper.from_array(np.asarray(value), name) for name, value in stored.items()],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)


def mutant(seed: int, index: int, given: Sequence[tuple[str, bytes]]) -> tuple[int, bytes, str]:
    """The model that was changed, by its place, the changed bytes, and how that was done."""
    rng = random.Random(f"models:{seed}:{index}")
    place = rng.randrange(len(given))
    data, other = given[place][1], rng.choice(given)[1]
    done = []
    for _ in range(rng.choice((1, 1, 2, 3))):
        if rng.random() < 0.5 and data:
            change = rng.choice(on_bytes.CHANGES)
            data = change(rng, data, other) if len(data) > 1 else data
            done.append(change.__name__)
            continue
        model = on_onnx.opened(data)
        structural = rng.choice(on_onnx.CHANGES)
        if model is not None:
            try:
                structural(rng, model)
                data = model.SerializeToString()
                done.append(structural.__name__)
            except (ValueError, TypeError, IndexError, KeyError):
                continue  # an earlier change left nothing of the kind
    return place, data, " + ".join(done)


def outcome(base: bytes, data: bytes, *, proving: bool) -> tuple[str, str]:
    """What became of a mutant, and why."""
    try:
        model = opened(HERE, data)
    except LumpverError as error:
        return "refused", error.kind
    found, why = _reduced(model, data)
    if proving and found in {"kept", "right"}:
        wrong = _proved(opened(HERE, base).network, model.network, base)
        if wrong is not None:
            return wrong, why
    return found, why


def _reduced(model: Model, data: bytes) -> tuple[str, str]:
    try:
        made = reduce(model.network, floats_only=True)
    except LumpverError as error:  # shapes that only the weights show not to fit
        return "refused", f"{error.kind}, when reduced"
    try:
        after = stored(made.network, model, THERE)
    except Unrepresentable as error:
        return "kept", error.kind
    if after == data:
        return "kept", "the same file"
    result = opened(THERE, after)
    claim = replace(
        made.certificate,
        original=Digest(hashlib.sha256(data).hexdigest()),
        reduced=Digest(hashlib.sha256(after).hexdigest()),
    )
    try:
        check_models(model, result, claim)
    except Rejected as error:
        return "wrong", f"self-check: {error}"
    try:
        reason = oracle.wrong(model.network, result.network, claim, data, _POINTS)
    except oracle.Unjudged:
        return "unjudged", ""
    return ("right", "") if reason is None else ("wrong", reason)


def _proved(a: Network, b: Network, base: bytes) -> str | None:
    """What is wrong with what `prove` says of two models, if anything."""
    answer = prove(a, b, timeout=1, effort=20_000, apart=False)
    if isinstance(answer, Refuted):
        return None  # replayed by `prove` itself
    if not isinstance(answer, Proved):
        return None
    for point, world, ours in oracle.evidence(a, base, _POINTS):
        given = dict(
            zip([x.name for x in b.inputs], [point[x.name] for x in a.inputs], strict=True)
        )
        named = point if {x.name for x in b.inputs} == set(point) else given
        try:
            theirs = oracle.valued(b, named, world, known=True)
        except (LumpverError, KeyError, ValueError) as error:
            return f"proved, without a value: {error!r:.200}"
        same_names = {t.name for t in a.outputs} == {t.name for t in b.outputs}
        for x, y in zip(a.outputs, b.outputs, strict=True):
            other = theirs[x.name if same_names else y.name]
            if not _same(ours[x.name], other):
                return f"proved, but {x.name} differs at {point}"
    return None


def _same(a: Any, b: Any) -> bool:
    return a.shape == b.shape and bool((a == b).all())


def run(
    count: int,
    *,
    seed: int,
    given: Sequence[tuple[str, bytes]],
    start: int = 0,
    every: int = 8,
    progress: Callable[[int], None] = lambda _: None,
) -> Tally:
    """The tally of `count` mutants; each `every`th is held against what it was by `prove`."""
    tally = Tally()
    for index in range(start, start + count):
        place, data, history = mutant(seed, index, given)
        name, base = given[place]
        try:
            with time_limit(_SECONDS):
                found, why = outcome(base, data, proving=index % every == 0)
        except Hung:
            found, why = "hang", f"over {_SECONDS} s"
        except Exception as error:  # noqa: BLE001 that there is none is what is tested
            found, why = "crash", repr(error)[:300]
        if found.startswith("proved"):
            found, why = "wrong", found
        tally.outcomes[found] += 1
        if found in {"wrong", "crash", "hang"}:
            tally.faults.append(f"{found}: seed {seed}, mutant {index}, {name}, {history}: {why}")
        elif why:
            tally.refusals[f"{found}: {why}"] += 1
        progress(index)
    return tally
