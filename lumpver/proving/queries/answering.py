"""The answer to a query, as the standard words it: `unsat`, or `sat` with an assignment.

assignment: by declared tensor its elements, at a point that satisfies all that is asserted
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from lumpver.claim.domain import within
from lumpver.errors import Unrepresentable
from lumpver.exact.floats import FORMATS
from lumpver.exact.neighbours import above, below, largest
from lumpver.exact.scalar import decimal_text, text, to_sympy
from lumpver.io.nnet.limits import limits_of
from lumpver.io.vnnlib.declarations import INPUT
from lumpver.model.slicing import sliced
from lumpver.proving.answers import Answer, Proved, Refuted, Unknown
from lumpver.proving.pairing import Output, Pair, matched
from lumpver.proving.replaying import replay

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from flint import fmpq

    from lumpver.io.vnnlib.declarations import Declared
    from lumpver.model.network import Network
    from lumpver.proving.queries.asking import Query

SAT, UNSAT, UNKNOWN, LATE = "sat", "unsat", "unknown", "timed-out"
_DIGITS: Final = 1000
_ABOUT: Final = 30
_LESS: Final = (
    "the models are not as near as was asked, which is more than the query needs; a point that"
    " satisfies it was not found"
)
_LIMITS: Final = "it was shown within the limits of a .nnet file only"

Values = dict[str, "list[fmpq]"]


@dataclass(frozen=True, slots=True)
class Verdict:
    """The standard's word; why it is unknown; and the assignment, replayed, where it is `sat`."""

    word: str
    reason: str = ""
    assignment: Mapping[str, Sequence[fmpq]] = field(default_factory=dict, repr=False)

    def as_dict(self) -> dict[str, object]:
        """The fields, as `--json` prints them: numbers exactly, as p/q."""
        found: dict[str, object] = {"answer": self.word}
        if self.reason:
            found["reason"] = self.reason
        if self.assignment:
            found["assignment"] = {n: [*map(text, of)] for n, of in self.assignment.items()}
        return found


def verdict(query: Query, answer: Answer, a: Network, b: Network) -> Verdict:
    """What the answer about a query's closeness says of the query.

    Whatever was proved, it is `unsat` only where closeness holds for all inputs asked about;
    it is `sat` only where both networks, evaluated exactly, satisfy every assertion.
    """
    match answer:
        case Proved(claim=claim) if claim.limits is None:
            return Verdict(UNSAT)
        case Proved():
            return Verdict(UNKNOWN, _LIMITS)
        case Unknown(reason=reason):
            return Verdict(UNKNOWN, reason)
        case Refuted(replayed=None, reason=reason):
            return Verdict(UNKNOWN, reason or _LESS)
        case Refuted():
            for point in _points(query, answer, a):
                values = _evaluated(query, point, answer.step, a, b)
                if values is not None and query.satisfied(values):
                    return Verdict(SAT, assignment=values)
            return Verdict(UNKNOWN, _LESS)


def _points(query: Query, answer: Refuted, a: Network) -> Iterator[Values]:
    """The point that refutes, first rounded to numbers that the model's inputs can be."""
    if answer.replayed is None:
        return
    found = {name: x.ravel().tolist() for name, x in answer.replayed.inputs.items()}
    types = {tensor.name: tensor.dtype for tensor in a.inputs}
    yield {
        name: [_rounded(query, name, place, x, types[name]) for place, x in enumerate(entries)]
        for name, entries in found.items()
    }
    yield found


def _rounded(query: Query, name: str, place: int, value: fmpq, dtype: str) -> fmpq:
    """The next number of the type, where some box has it."""
    if dtype not in FORMATS or abs(value) > largest(dtype):
        return value
    ranges = [dict(box.ranges)[name][place] for box in query.stated.boxes]
    for near_by in (below(value, dtype), above(value, dtype)):
        if near_by is not None and any(within(near_by, bounds) for bounds in ranges):
            return near_by
    return value


def _evaluated(
    query: Query, point: Values, step: str, a: Network, b: Network
) -> dict[str, list[fmpq]] | None:
    """Both networks' values at the point, by declared names; None where outputs are equal.

    Nor is anything said beyond the limits to which programs clip the inputs of .nnet files.
    """
    one, other = sliced(a) or a, sliced(b) or b
    inputs = tuple((x.name, y.name) for x, y in matched(one.inputs, other.inputs))
    outputs = tuple((x.name, y.name) for x, y in matched(one.outputs, other.outputs))
    if not all(_unclipped(network, point[inputs[0][0]]) for network in (a, b)):
        return None
    pair = Pair(one, other, inputs, tuple(Output(x, x, y) for x, y in outputs), general=True)
    found = replay(pair, point, step=step)
    if found is None or found.replayed is None:
        return None
    known: dict[tuple[int, str], list[fmpq]] = {}
    for x, y in inputs:
        known[0, x] = known[1, y] = point[x]
    for x, y in outputs:
        ours, theirs, _ = found.replayed.outputs[x]
        known[0, x], known[1, y] = ours.ravel().tolist(), theirs.ravel().tolist()
    return {name: known[place] for name, place in query.names.items()}


def _unclipped(network: Network, values: Sequence[fmpq]) -> bool:
    limits = limits_of(network)
    return limits is None or all(map(within, values, limits))


def assignment(query: Query, values: Mapping[str, Sequence[fmpq]]) -> Iterator[str]:
    """The lines that say it, tensors as they are declared, elements in row-major order.

    Inputs are decimals, exactly; outputs are where they have at most so many digits, and else
    about.
    """
    for tensor in query.text.tensors:
        yield f"{tensor.name} {tensor.dtype} [{','.join(map(str, tensor.shape))}]"
        for value in values[tensor.name]:
            yield _decimal(value, tensor)


def _decimal(value: fmpq, tensor: Declared) -> str:
    exact = tensor.kind == INPUT
    try:
        found = decimal_text(value)
    except Unrepresentable:
        return text(value) if exact else _about(value)
    return found if exact or len(found) <= _DIGITS else _about(value)


def _about(value: fmpq) -> str:
    """A decimal near the number, with an exponent where that is shorter."""
    return str(to_sympy(value).evalf(_ABOUT))
