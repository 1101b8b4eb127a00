"""The whole question at once: both networks as terms, one query per output entry.

Nothing is cut; this is what is left where everything else has given up.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from lumpver.errors import LumpverError, ShapeMismatch
from lumpver.exact.scalar import ZERO
from lumpver.proving.answers import MONOLITHIC, Proved, Refuted, Unknown
from lumpver.proving.asking import ask
from lumpver.proving.imaging import work
from lumpver.proving.replaying import replay
from lumpver.proving.smt import ShapeUnknown, encode, inputs, number, smtlib

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from lumpver.exact.array import Exact
    from lumpver.proving.boxes import Box
    from lumpver.proving.effort import Budget
    from lumpver.proving.pairing import Pair
    from lumpver.proving.smt import Answer, Solver


MOST: Final = 2**25  # products or entries in a question, which take some minutes to write down
NOT_REPLAYED: Final = "the solver's model does not replay"


def asked(pair: Pair, box: Box, solver: Solver, budget: Budget) -> Proved | Refuted | Unknown:
    """The answer to one query per output entry that is not the same term on both sides."""
    budget.watch(MONOLITHIC, 0, 1)
    size = sum(max(work(network)) for network in (pair.a, pair.b))
    if size > MOST:
        said = (
            "no difference was found at the points tried, and the question is too large for a"
            f" solver: about {size:,} products or entries, of at most {MOST:,}"
        )
        return Unknown(MONOLITHIC, said)
    try:
        variables, differences = _differences(pair)
    except ShapeUnknown:
        return Unknown(MONOLITHIC, "")  # that its node is not modelled is said for all steps
    except LumpverError as error:
        return Unknown(MONOLITHIC, str(error))
    bounds = list(_bounds(variables, box))
    for place, difference in enumerate(differences):
        budget.watch(MONOLITHIC, place, len(differences))
        text = smtlib([*bounds, difference])
        budget.question(text)
        answer = ask(text, solver, budget, effort=budget.effort)
        if answer.status == "unsat":
            continue
        if answer.status == "sat":
            found = _replayed(pair, variables, answer)
            if found is not None:
                return found
            reason = NOT_REPLAYED
        else:
            reason = answer.reason
        return Unknown(MONOLITHIC, f"{answer.solver}: {reason}", answer.text)
    if not pair.general:
        query = smtlib(bounds + differences[:1])
        return Unknown(MONOLITHIC, "shown for unknown lengths of 1 only", query)
    return Proved(MONOLITHIC)


def _differences(pair: Pair) -> tuple[dict[str, Exact], list[Any]]:
    """The inputs' variables by the first network's names, and what must not hold."""
    variables = inputs(pair.a)
    shapes = {name: value.shape for name, value in inputs(pair.b).items()}
    ours = encode(pair.a, variables)
    theirs = encode(
        pair.b,
        {name: variables[one].reshape(shapes[name]) for one, name in pair.inputs},
    )
    found = []
    for output in pair.outputs:
        one, other = ours[output.ours].ravel(), theirs[output.theirs].ravel()
        if one.size != other.size:
            raise ShapeMismatch(
                f"output {output.name}", expected=f"{one.size} entries", got=f"{other.size}"
            )
        found += [x != y for x, y in zip(one, other, strict=True) if not x.eq(y)]
    return variables, found


def _bounds(variables: Mapping[str, Exact], box: Box) -> Iterator[Any]:
    for name, entries in variables.items():
        for variable, (low, high) in zip(entries.ravel(), box.get(name, ()), strict=False):
            if low is not None:
                yield number(low) <= variable
            if high is not None:
                yield variable <= number(high)


def _replayed(pair: Pair, variables: Mapping[str, Exact], answer: Answer) -> Refuted | None:
    for model in answer.models:
        point = {
            name: [model.get(entry.decl().name(), ZERO) for entry in entries.ravel()]
            for name, entries in variables.items()
        }
        found = replay(pair, point, step=MONOLITHIC)
        if found is not None:
            return found
    return None
