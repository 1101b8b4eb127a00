"""How long `prove` takes, and what it answers, against other ways to ask.

Run by hand: `python tests/benchmarks/equivalence_bench.py [real] [families] [multiples]`.

real: every real network without opaque nodes and of at most 1,000 units, against its
    reduction, and against reductions with one weight moved by 2^-20
families: sweeping against one query for everything, on pairs that no lumping relates
multiples: one query for everything, one per unit, sweeping, and Marabou where its wheel is
    installed, on pairs with every unit split into scaled copies; Marabou's answers are
    replayed exactly
"""

from __future__ import annotations

import os
import sys
import time
from collections import Counter
from dataclasses import replace
from functools import partial
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any

from flint import fmpq

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from equivalence_families import FAMILIES, multiples  # the folder above

from lumpver.errors import LumpverError
from lumpver.exact.array import compact, rationals
from lumpver.io.files import load
from lumpver.model.network import Linear, Network, Pointwise
from lumpver.model.weights import weights_of
from lumpver.proving import Refuted, prove
from lumpver.proving.boxes import read_boxes
from lumpver.proving.comparison import compare
from lumpver.proving.effort import budget
from lumpver.proving.monolithic import asked
from lumpver.proving.pairing import pair
from lumpver.proving.smt import activate, ask, combination
from lumpver.proving.sweeping import swept
from lumpver.proving.values import forms
from lumpver.reducing.reduction import reduce

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

NETS = Path(os.environ.get("LUMPVER_NETS", "../shared/nets"))
LIMIT = 60.0
ENDLESS = 4 * 10**9
MUTANTS = 3
EPS = 1e-6


def timed(work: Callable[..., Any], *given: Any, **options: Any) -> tuple[Any, float]:
    """What the work gives, and the seconds it took."""
    start = time.perf_counter()
    found = work(*given, **options)
    return found, time.perf_counter() - start


def said(answer: Any) -> str:
    """An answer in a word or two."""
    step = getattr(answer, "step", "")
    return type(answer).__name__.lower() + (f" ({step})" if step else "")


def networks() -> Iterator[tuple[str, Network]]:
    """The real networks that count, by name."""
    for path in sorted(NETS.rglob("*")):
        if not path.name.endswith((".onnx", ".onnx.gz", ".nnet")):
            continue
        try:
            network = load(path).network
        except LumpverError as error:
            print(f"{path.name}: {error}")
            continue
        if not network.opaque and network.units <= 1000:
            yield str(path.relative_to(NETS)), network


def moved(network: Network, seed: str) -> Network | None:
    """The network with one random weight moved by 2^-20; None if it has no weights."""
    random = Random(seed)
    nodes = [node for node in network.nodes if isinstance(node, Linear) and node.W is not None]
    sizes = [0 if node.W is None else node.W.size for node in nodes]
    if not any(sizes):
        return None
    chosen = random.choices(nodes, sizes)[0]
    W = rationals(chosen.W).copy()
    W[tuple(random.randrange(size) for size in W.shape)] += fmpq(1, 2**20)
    other = replace(chosen, weights=weights_of(compact(W)))
    return replace(network, nodes=tuple(other if n is chosen else n for n in network.nodes))


def real() -> None:
    """Reductions proved, moved weights refuted."""
    plain: list[tuple[float, str]] = []
    moves: list[tuple[float, str]] = []
    for name, network in networks():
        reduced = reduce(network, floats_only=True).network
        answer, seconds = timed(prove, network, reduced, timeout=LIMIT)
        plain.append((seconds, said(answer)))
        for seed in range(MUTANTS):
            other = moved(reduced, f"{name}{seed}")
            if other is None:
                break
            answer, seconds = timed(prove, network, other, timeout=LIMIT)
            moves.append((seconds, said(answer)))
            if not isinstance(answer, Refuted):
                print(f"{name}, weight {seed}: {said(answer)}, {seconds:.1f} s")
    for title, rows in (("reductions", plain), ("one weight moved by 2^-20", moves)):
        count = dict(Counter(word for _, word in rows))
        quick = sum(seconds < 2 for seconds, _ in rows)
        print(f"{title}: {len(rows)}, {count}, {quick} under 2 s, at most {max(rows)[0]:.1f} s")


def families() -> None:
    """Each family at the size that the tests use."""
    print(f"{'family':10} {'units':>9}   sweeping                    one query")
    for name, family in FAMILIES.items():
        found = family()
        both = pair(found.a, found.b)
        box = read_boxes(both.a, found.box)[0]
        answer, seconds = timed(prove, found.a, found.b, box=found.box)
        whole, longer = timed(asked, both, box, "z3", budget(timeout=LIMIT, effort=ENDLESS))
        units = f"{found.a.units}/{found.b.units}"
        print(f"{name:10} {units:>9}   {said(answer):19} {seconds:5.1f} s   ", end="")
        print(f"{said(whole)} {longer:.1f} s")


def scaled() -> None:
    """Planted multiples: the ways side by side."""
    for widths in ((8,), (16,), (32,), (64,), (8, 8), (32, 32), (64, 64, 64), (256, 256)):
        found = multiples(inputs=4, widths=widths)
        both = pair(found.a, found.b)
        limits = budget(timeout=LIMIT, effort=ENDLESS)
        ways: dict[str, Callable[[], Any]] = {
            "joint lumping": partial(prove, found.a, found.b),
            "sweeping": partial(swept, both, {}, "z3", budget(), expected=600),
            "per unit": partial(per_unit, found.a, found.b),
            "one query": partial(asked, both, {}, "z3", limits),
            "Marabou": partial(marabou, found.a, found.b),
        }
        cells = []
        for name, way in ways.items():
            answer, seconds = timed(way)
            word = answer if isinstance(answer, str) else said(answer).split()[0]
            cells.append(f"{name}: {word} {seconds:.2f} s")
        print(f"{'-'.join(map(str, widths)):9} " + "; ".join(cells))


def per_unit(a: Network, b: Network) -> str:
    """One query per unit, the previous layer's relabelling as hypothesis."""
    import z3

    comparison = compare(pair(a, b), {})
    names: dict[int, Any] = {}
    sides: dict[int, list[Any]] = {}
    for sweep in (comparison.b, comparison.a):
        before = [(fmpq(1), z3.Real(f"x{i}")) for i in range(a.widths[0])]
        for node in sweep.network.nodes:
            if not isinstance(node, Pointwise):
                continue
            value, layer = sweep.values[node.output], sweep.network.producers[node.input]
            after = []
            units = [next(iter(row.items())) for row, _ in forms(value)]
            for (atom, scale), term in zip(units, _rows(layer, before), strict=True):
                unit = combination([1 / scale], [activate(node.activation, term)])
                sides.setdefault(atom, []).append(unit)
                after.append((scale, names.setdefault(atom, z3.Real(f"u{atom}"))))
            before = after
    facts = [variable >= 0 for variable in names.values()]
    claims = [one != other for one, *others in sides.values() for other in others]
    proved = all(ask([*facts, claim], effort=50_000_000).status == "unsat" for claim in claims)
    return "proved" if proved else "unknown"


def _rows(layer: Any, before: list[tuple[fmpq, Any]]) -> list[Any]:
    """The layer's rows as terms, over units that are multiples of variables."""
    variables = [variable for _, variable in before]
    return [
        combination([w * scale for w, (scale, _) in zip(row, before, strict=True)], variables, bias)
        for row, bias in zip(rationals(layer.W), rationals(layer.b), strict=True)
    ]


def marabou(a: Network, b: Network) -> str:
    """Whether Marabou finds outputs that differ by EPS on [-1, 1]; its witness replayed."""
    try:
        from maraboupy import MarabouCore, MarabouUtils
        from maraboupy.MarabouNetwork import MarabouNetwork
    except ImportError:
        return "not installed"
    del MarabouCore
    query = MarabouNetwork()
    inputs = [query.getNewVariable() for _ in range(a.widths[0])]
    for variable in inputs:
        query.setLowerBound(variable, -1)
        query.setUpperBound(variable, 1)
    ours, theirs = (_encoded(query, network, inputs) for network in (a, b))
    apart = MarabouUtils.Equation(MarabouUtils.MarabouCore.Equation.GE)
    apart.addAddend(1, ours[0])
    apart.addAddend(-1, theirs[0])
    apart.setScalar(EPS)
    query.addEquation(apart)
    query.inputVars, query.outputVars = [inputs], [ours]
    options = MarabouUtils.MarabouCore.Options()
    options._timeoutInSeconds = int(LIMIT)
    options._verbosity = 0
    word, values, _ = query.solve(options=options, verbose=False)
    if word != "sat":
        return str(word)
    point = [values[variable] for variable in inputs]
    difference = a(point)[0] - b(point)[0]
    return f"sat by {EPS}, exactly {difference}"


def _encoded(query: Any, network: Network, inputs: list[int]) -> list[int]:
    from maraboupy import MarabouUtils

    known = {network.inputs[0].name: inputs}
    for node in network.nodes:
        if isinstance(node, Linear):
            known[node.output] = []
            for row, bias in zip(rationals(node.W), rationals(node.b), strict=True):
                variable = query.getNewVariable()
                equation = MarabouUtils.Equation()
                for weight, entry in zip(row, known[node.input], strict=True):
                    equation.addAddend(int(weight.p) / int(weight.q), entry)
                equation.addAddend(-1, variable)
                equation.setScalar(-int(bias.p) / int(bias.q))
                query.addEquation(equation)
                known[node.output].append(variable)
        elif isinstance(node, Pointwise):
            known[node.output] = []
            for entry in known[node.input]:
                variable = query.getNewVariable()
                query.addRelu(entry, variable)
                known[node.output].append(variable)
    return known[network.outputs[0].name]


PARTS = {"real": real, "families": families, "multiples": scaled}


if __name__ == "__main__":
    for part in sys.argv[1:] or PARTS:
        print(f"# {part}")
        PARTS[part]()
