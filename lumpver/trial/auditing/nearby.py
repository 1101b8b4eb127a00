"""Reducers that promise a tolerance: what is asked of results, and points that show otherwise.

Generated networks take inputs of any size, so a box is one range for every entry.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice, product
from math import prod
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from flint import fmpq

from lumpver.claim.closeness import Within, not_negative
from lumpver.errors import Malformed, NotRational
from lumpver.exact.array import compact, rationals
from lumpver.exact.scalar import ZERO, text
from lumpver.io.domains import stated
from lumpver.model.evaluation import evaluate
from lumpver.model.network import Network
from lumpver.trial.auditing.witnesses import Witness, lengths

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from random import Random

    from lumpver.exact.array import Exact
    from lumpver.trial.auditing.witnesses import Point

BOX: Final = "[-1, 1]"
_CORNERS: Final = 64
_DRAWN: Final = 16
_STEPS: Final = 2**10
_LARGE: Final = 20_000
_MOST_ENTRIES: Final = 2**16
_ONE: Final = Network.from_layers([([[1]], None)])


@dataclass(frozen=True, slots=True)
class Tolerance:
    """Outputs may differ by `eps` where each entry of each input is from `low` to `high`.

    Examples
    --------
    >>> asked = Tolerance.of("0.01", "[0, 1]")
    >>> print(asked, asked.closeness.eps)
    within 1/100 for inputs in [0, 1] 1/100
    """

    eps: fmpq
    low: fmpq
    high: fmpq

    @classmethod
    def of(cls, eps: Any, box: str | None = None) -> Tolerance:
        """What somebody means by these.

        Raises
        ------
        Malformed
            If eps is no number or negative, or the box is no range with ends.
        """
        given = BOX if box is None else box
        expected = f"a range for every entry, as {BOX!r}: networks have inputs of any size"
        if not isinstance(given, str) or not given.lstrip().startswith("["):
            raise Malformed("box", expected=expected, got=str(given)[:60])
        ((_, ((low, high),)),) = stated(given, _ONE).domain.boxes[0].ranges
        if low is None or high is None:
            raise Malformed("box", expected=expected, got=given[:60])
        return cls(not_negative(eps, where="eps"), low, high)

    def __str__(self) -> str:
        return f"within {text(self.eps)} for inputs in {self.box}"

    @property
    def box(self) -> str:
        """The range, as `prove` takes it."""
        return f"[{text(self.low)}, {text(self.high)}]"

    @property
    def closeness(self) -> Within:
        """How near outputs have to be."""
        return Within(self.eps)

    def broken(self, ours: Mapping[str, Exact], theirs: Mapping[str, Exact]) -> bool:
        """Whether some entries of outputs of the same names differ by more than that."""
        return any(
            abs(x - y) > self.eps
            for name, value in ours.items()
            for x, y in zip(_entries(value), _entries(theirs[name]), strict=True)
        )

    def as_dict(self) -> dict[str, str]:
        """The numbers, as JSON has them."""
        return {"eps": text(self.eps), "box": self.box}


def promised(eps: Any, box: str | None) -> Tolerance | None:
    """The tolerance that is asked, if there is one.

    Raises
    ------
    Malformed
        As for `Tolerance.of`, or if there is a box alone.
    """
    if eps is None and box is not None:
        raise Malformed("box", expected="eps beside it", got="none")
    return None if eps is None else Tolerance.of(eps, box)


def beyond(
    a: Network, b: Network, asked: Tolerance, *, random: Random, hints: Sequence[Point] = ()
) -> Witness | None:
    """The first of many points of the box where outputs are not so near, if there is one.

    Hints are tried first, moved into the box; then corners, then others.

    Raises
    ------
    NotRational
        If an output has no rational value that is known.
    """
    if a.opaque or b.opaque:
        raise NotRational("outputs", expected="modelled nodes only", got="opaque ones")
    sizes = [prod(lengths(tensor)) for tensor in a.inputs]
    if sum(sizes) > _MOST_ENTRIES:
        return None
    large = a.parameters + b.parameters > _LARGE
    rows = [_moved(hint, a, asked) for hint in hints]
    for row in (*rows, *islice(_rows(sum(sizes), asked, random), 4 if large else None)):
        point = _point(a, row)
        ours, theirs = evaluate(a, point), evaluate(b, point)
        if asked.broken(ours, theirs):
            return Witness(point, ours, theirs)
    return None


def _rows(count: int, asked: Tolerance, random: Random) -> Iterator[list[fmpq]]:
    """Corners, all of them where these are few, the middle, and points anywhere."""
    ends = (asked.high, asked.low)
    if 2**count <= _CORNERS:
        yield from (list(row) for row in product(ends, repeat=count))
    else:
        yield from ([random.choice(ends) for _ in range(count)] for _ in range(_DRAWN))
    width = asked.high - asked.low
    yield [asked.low + width / 2] * count
    for _ in range(_DRAWN):
        yield [asked.low + width * fmpq(random.randint(0, _STEPS), _STEPS) for _ in range(count)]


def _moved(hint: Point, network: Network, asked: Tolerance) -> list[fmpq]:
    """A point of another network's inputs as one of this one's, within the box."""
    row: list[fmpq] = []
    for tensor in network.inputs:
        size = prod(lengths(tensor))
        values = _entries(hint[tensor.name])[:size] if tensor.name in hint else []
        row += [*values, *[ZERO] * (size - len(values))]
    return [min(max(value, asked.low), asked.high) for value in row]


def _point(network: Network, row: list[fmpq]) -> Point:
    found, start = {}, 0
    for tensor in network.inputs:
        shape = lengths(tensor)
        numbers = np.empty(prod(shape), dtype=object)
        numbers[:] = row[start : start + numbers.size]
        start += numbers.size
        found[tensor.name] = compact(numbers.reshape(shape))
    return found


def _entries(value: Exact) -> list[fmpq]:
    return list(rationals(value).ravel().tolist())
