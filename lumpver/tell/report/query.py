"""The question of equivalence as one SMT-LIB file, for whoever has a solver of their own.

If it is unsatisfiable, the two models give the same outputs for every input that was asked
about. If it is satisfiable, they do not, but where a curve stands for any function. Only for
models that are modelled throughout and small; else it says why not.
"""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from lumpver.claim.closeness import Equal
from lumpver.errors import LumpverError
from lumpver.exact.array import nonzero
from lumpver.model.network import Linear, Pointwise
from lumpver.model.several import kinds
from lumpver.proving.pairing import pair
from lumpver.proving.smt import encode, inputs, number, smtlib
from lumpver.tell.report.examination import ACCEPTED, PROVED, REFUTED
from lumpver.tell.report.words import count
from lumpver.tell.visible import visible

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lumpver.claim.domain import Box, Boxes
    from lumpver.model.network import Network
    from lumpver.proving.pairing import Pair
    from lumpver.tell.report.examination import Examined

MOST: Final = 20_000
FIRST: Final = "model."
SECOND: Final = "reduced."
_STATUS: Final = {ACCEPTED: "unsat", PROVED: "unsat", REFUTED: "sat"}


def query(examined: Examined) -> tuple[str, str]:
    """The SMT-LIB text and an empty reason, or no text and the reason for that."""
    if not isinstance(examined.asked.closeness, Equal):
        return "", "the claim is that the models are near, not that they are equal"
    networks = (examined.original.network, examined.reduced.network)
    operators = sorted({node.operator for network in networks for node in network.opaque})
    if operators:
        return "", f"nodes that lumpver does not model are in the way ({', '.join(operators)})"
    size = sum(map(_size, networks))
    if size > MOST:
        return "", f"it would hold {count(size)} numbers, and {count(MOST)} is the limit"
    try:
        found = pair(*networks)
        if not found.general:
            return "", "inputs have axes whose lengths are open"
        question = _question(found, examined.domain)
    except LumpverError as error:
        return "", str(error)
    status = _STATUS.get(examined.verdict)
    return smtlib(question, comment=_comment(examined), status=status), ""


def _size(network: Network) -> int:
    """How many weights other than 0 there are, and how many numbers go in."""
    weights = sum(
        int(np.count_nonzero(nonzero(node.W)))
        for node in network.nodes
        if isinstance(node, Linear) and node.W is not None
    )
    known = [[n for n in tensor.shape or () if isinstance(n, int)] for tensor in network.inputs]
    return weights + sum(map(prod, known))


def _question(found: Pair, domain: Boxes | None) -> list[Any]:
    """Equal inputs in the domain, and an output that differs; the two networks share no term."""
    import z3  # noqa: PLC0415 heavy: only where terms are built

    ours, theirs = inputs(found.a, prefix=FIRST), inputs(found.b, prefix=SECOND)
    first, second = encode(found.a, ours), encode(found.b, theirs)
    same = [
        x == y
        for one, other in found.inputs
        for x, y in zip(ours[one].ravel(), theirs[other].ravel(), strict=True)
    ]
    differ = [
        x != y
        for output in found.outputs
        for x, y in zip(first[output.ours].ravel(), second[output.theirs].ravel(), strict=True)
    ]
    within = [] if domain is None else [z3.Or([_in_box(ours, box) for box in domain.boxes])]
    return [*within, *same, z3.Or(differ)]


def _in_box(terms: Mapping[str, Any], box: Box) -> Any:
    """That all entries are within their bounds."""
    import z3  # noqa: PLC0415 heavy: only where terms are built

    found = []
    for name, ranges in box.ranges:
        for x, (low, high) in zip(terms[name].ravel(), ranges, strict=True):
            found += [] if low is None else [x >= number(low)]
            found += [] if high is None else [x <= number(high)]
    return z3.And(found)


def _open_functions(examined: Examined) -> list[str]:
    """The activations of both networks of which the question knows no more than some laws."""
    networks = (examined.original.network, examined.reduced.network)
    nodes = (node for network in networks for node in network.nodes)
    functions = {f for n in nodes if isinstance(n, Pointwise) for f in kinds(n.activation)}
    return sorted({f.operator for f in functions if not f.rational})


def _comment(examined: Examined) -> str:
    where = "" if examined.domain is None else f" in {visible(examined.claim.covered)}"
    lines = [
        f"Is there an input{where} on which these two models differ, in exact real arithmetic?",
        f"unsat: none, they compute the same function{' there' if where else ''}.",
    ]
    if curves := _open_functions(examined):
        stand = "stands here for any function" if len(curves) == 1 else "stand for any functions"
        lines.append(f"sat: nothing, for {' and '.join(curves)} {stand} with the same symmetry.")
    else:
        lines.append("sat: the model is such an input.")
    models = (examined.original, examined.reduced)
    lines += [f"{visible(model.path.name)}: SHA-256 {model.digest.sha256}" for model in models]
    return "\n".join(lines)
