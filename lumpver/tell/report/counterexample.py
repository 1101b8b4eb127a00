"""A counterexample as a page shows it: every number exact, with a decimal as an aid.

Inputs that are 0 are counted, not listed: what is listed and that count are the whole input.

place: an entry's index, axes in order
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lumpver.proving.answers import exactly
from lumpver.proving.decimals import near as aid

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lumpver.proving import Refuted


@dataclass(frozen=True, slots=True)
class Given:
    """An input: its entries other than 0 as (place, exact, decimal), and how many are 0."""

    name: str
    entries: tuple[tuple[str, str, str], ...]
    zeros: int


@dataclass(frozen=True, slots=True)
class Difference:
    """An output's entries as (place, first, second, difference, its decimal, differs)."""

    name: str
    entries: tuple[tuple[str, str, str, str, str, bool], ...]


@dataclass(frozen=True, slots=True)
class Counterexample:
    """An input on which two models differ, and what each of them gives."""

    inputs: tuple[Given, ...]
    outputs: tuple[Difference, ...]


def counterexample(refuted: Refuted) -> Counterexample:
    """What `prove` found, in words and numbers.

    Examples
    --------
    >>> from lumpver.proving import prove
    >>> from lumpver.model.network import Network
    >>> one, two = (Network.from_layers([([[w]], None)]) for w in (1, "1/3"))
    >>> found = counterexample(prove(one, two))
    >>> [[(place, x, _)]] = [given.entries for given in found.inputs]
    >>> [(_, ours, theirs, _, _, differs)] = found.outputs[0].entries
    >>> place, ours == x, theirs == ours, differs
    ('[0]', True, False, True)
    """
    return Counterexample(
        tuple(_given(name, value) for name, value in refuted.counterexample.items()),
        tuple(_difference(name, *pair) for name, pair in refuted.outputs.items()),
    )


def _given(name: str, value: Any) -> Given:
    entries = list(_entries(value))
    shown = tuple((place, exactly(x), aid(x)) for place, x in entries if x != 0)
    return Given(name, shown, len(entries) - len(shown))


def _difference(name: str, ours: Any, theirs: Any) -> Difference:
    sides = zip(_entries(ours), _entries(theirs), strict=True)
    return Difference(
        name,
        tuple(
            (place, exactly(x), exactly(y), exactly(x - y), aid(x - y), bool(x != y))
            for (place, x), (_, y) in sides
        ),
    )


def _entries(value: Any, place: tuple[int, ...] = ()) -> Iterator[tuple[str, Any]]:
    """The entries of nested tuples with their places."""
    if isinstance(value, tuple):
        for i, part in enumerate(value):
            yield from _entries(part, (*place, i))
    else:
        yield f"[{', '.join(map(str, place))}]" if place else "", value
