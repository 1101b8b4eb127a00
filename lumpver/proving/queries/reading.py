"""The text of a query about two networks: what it declares, and what it asserts, all of it.

element: one number of a declared tensor; those of both networks are numbered together
"""

from __future__ import annotations

from bisect import bisect
from dataclasses import dataclass
from itertools import accumulate
from typing import NamedTuple

from lumpver.errors import Malformed
from lumpver.io.vnnlib.declarations import (
    HIDDEN,
    INPUT,
    KINDS,
    OUTPUT,
    REAL,
    Declared,
    Interface,
    commands,
    dialect,
)
from lumpver.io.vnnlib.terms import Reader
from lumpver.proving.queries.literals import Each, Literal, Relation, each, relation

_MOST: int = 2  # networks


class Element(NamedTuple):
    """Where an element is: in which network, and tensor, and in which place of it."""

    side: int
    tensor: Declared
    place: int

    @property
    def input(self) -> bool:
        """Whether it is an input's."""
        return self.tensor.kind == INPUT

    def __str__(self) -> str:
        return self.tensor.element(self.place)


@dataclass(frozen=True, slots=True)
class Text:
    """A query: both networks, and all that is asserted, as a conjunction.

    Tensors of both follow each other as they are declared; `starts` are the numbers of their
    first elements.
    """

    where: str
    networks: tuple[Interface, Interface]
    asserted: tuple[Relation, ...]
    starts: tuple[int, ...]

    @property
    def tensors(self) -> tuple[Declared, ...]:
        """All tensors, as they are declared."""
        return tuple(one for network in self.networks for one in network.tensors)

    def element(self, index: int) -> Element:
        """The element of this number."""
        at = bisect(self.starts, index) - 1
        first = len(self.networks[0].tensors)
        return Element(int(at >= first), self.tensors[at], index - self.starts[at])

    def start(self, tensor: Declared) -> int:
        """The number of a tensor's first element."""
        return self.starts[self.tensors.index(tensor)]

    def refuse(self, found: Literal, expected: str, got: str | None = None) -> Malformed:
        """The error about a literal."""
        return Malformed(
            f"{self.where} line {found.line}", expected=expected, got=got or found.said
        )


def read_text(text: str, where: str) -> Text:
    """What a query says of two networks.

    Raises
    ------
    Malformed
        If a word is not understood or not declared, there are not two networks, or they are
        not declared over real numbers and as the relation between them asks.

    Examples
    --------
    >>> found = read_text('''
    ... (vnnlib-version <2.0>)
    ... (declare-network f (declare-input X real [1]) (declare-output Y real [1]))
    ... (declare-network g (declare-input V real [1]) (declare-output W real [1]))
    ... (assert (and (== X[0] V[0]) (> (+ Y[0] 0.5) W[0])))
    ... ''', "f")
    >>> [str(found.element(i)) for i in range(4)], len(found.asserted)
    (['X[0]', 'Y[0]', 'V[0]', 'W[0]'], 3)
    """
    networks, asserted = commands(text, where)
    if len(networks) != _MOST:
        raise Malformed(where, expected="two networks", got=str(len(networks)))
    _declared_well(networks, where)
    tensors = [one for network in networks for one in network.tensors]
    starts = [0, *accumulate(one.size for one in tensors)]
    by_name = {one.name: one for one in tensors}
    known = dict(zip((one.name for one in tensors), starts, strict=False))
    reader = Reader(where, dialect(by_name, known, where))
    found = each([relation(reader, command.parts[1]) for command in asserted])
    parts = found.parts if isinstance(found, Each) else (found,)
    return Text(where, (networks[0], networks[1]), parts, tuple(starts[:-1]))


def _declared_well(networks: list[Interface], where: str) -> None:
    """Names are declared once, over real numbers, and a relation is to a network like it."""
    names: set[str] = set()
    for network in networks:
        place = f"{where} line {network.line}"
        if network.of(HIDDEN):
            got = network.of(HIDDEN)[0].name
            raise Malformed(place, expected="inputs and outputs only, in a pair", got=got)
        for name in (network.name, *(one.name for one in network.tensors)):
            if name in names:
                raise Malformed(place, expected="each name declared once", got=f"{name} again")
            names.add(name)
        for one in network.tensors:
            if one.dtype not in REAL:
                expected = f"{one.name} to be real: what is answered is about real arithmetic"
                raise Malformed(f"{where} line {one.line}", expected=expected, got=one.dtype)
    first, second = networks
    if first.relation is not None:
        got = " ".join(first.relation)
        expected = "a relation to a network declared before"
        raise Malformed(f"{where} line {first.line}", expected=expected, got=got)
    if second.relation is not None:
        _related(first, second, second.relation, where)


def _related(first: Interface, second: Interface, said: tuple[str, str], where: str) -> None:
    """The second network is said to be like the first, and has tensors of the same shapes."""
    place, (how, name) = f"{where} line {second.line}", said
    if name != first.name:
        raise Malformed(place, expected=f"{how} {first.name}", got=name)
    for kind in KINDS:
        shapes = [[one.shape for one in network.of(kind)] for network in (first, second)]
        if shapes[0] != shapes[1]:
            what = "inputs" if kind == INPUT else "outputs" if kind == OUTPUT else "tensors"
            expected = f"{what} of {second.name} in the shapes of {first.name}'s, as {how} has it"
            raise Malformed(place, expected=expected, got=str(shapes[1])[:60])
