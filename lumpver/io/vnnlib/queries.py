"""What a VNN-LIB file asserts, as a formula over bounds on the inputs; version 2.

A query declares the interface of one network, tensors by name with type and shape, then asserts
things of their elements. The X_i of the formula are the elements of the network's inputs in
row-major order, one input after the other.

matched: each declared input is one of the network's, by its ONNX name or else by its place
"""

from __future__ import annotations

import re
from bisect import bisect
from itertools import accumulate
from typing import TYPE_CHECKING, Final

from lumpver.errors import Malformed
from lumpver.io.vnnlib.assertions import Assertions
from lumpver.io.vnnlib.declarations import HIDDEN, INPUT, OUTPUT, commands, dialect
from lumpver.io.vnnlib.formulas import every
from lumpver.io.vnnlib.terms import Reader

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from lumpver.io.vnnlib.declarations import Declared

_SECOND: Final = re.compile(r"(?:[ \t\r\n]|;[^\r\n]*)*\(\s*(?:vnnlib-version|declare-network)\b")


def is_query(text: str) -> bool:
    """Whether a text begins as files of version 2 do."""
    return _SECOND.match(text) is not None


def as_declared(inputs: Sequence[Declared], outputs: Sequence[Declared]) -> Sequence[Declared]:
    """The inputs in their own order, of whatever network."""
    del outputs
    return inputs


def read_query(
    text: str,
    *,
    where: str,
    matched: Callable[[Sequence[Declared], Sequence[Declared]], Sequence[Declared]] = as_declared,
) -> Assertions:
    """What the text asserts of a network, whose inputs `matched` gives in the network's order.

    Raises
    ------
    Malformed
        If a word is not understood or not declared, an element is none of its tensor's, or an
        input is related to an output, naming the line; if there is not one network; or as
        `matched` raises it.

    Examples
    --------
    >>> said = read_query('''
    ... (vnnlib-version <2.0>)
    ... (declare-network f (declare-input X float32 [1, 2]) (declare-output Y float32 [1]))
    ... (assert (and (<= X[0, 1] 0.1) (>= Y[0] 3.0)))
    ... ''', where="f")
    >>> said.formula, said.spelled(1), said.left_out
    (Bound(index=1, low=None, high=1/10), 'X[0,1]', ((4, '(and (<= X[0,1] 0.1) (>= Y[0] 3.0))'),))
    """
    networks, asserted = commands(text, where)
    network = networks[0]
    if len(networks) > 1:
        place = f"{where} line {networks[1].line}"
        raise Malformed(place, expected="one network", got=f"{networks[1].name} beside it")
    if network.relation is not None:
        got = " ".join(network.relation)
        expected = "a network by itself"
        raise Malformed(f"{where} line {network.line}", expected=expected, got=got)
    order = matched(network.of(INPUT), network.of(OUTPUT))
    ends = [0, *accumulate(one.size for one in order)]
    starts = dict(zip((one.name for one in order), ends, strict=False))
    declared = {one.name: one for one in network.tensors}
    reader = Reader(where, dialect(declared, starts, where))
    formula = every([reader.asserted(command) for command in asserted])

    def spelled(index: int) -> str:
        place = bisect(ends, index) - 1
        return order[place].element(index - ends[place])

    sums, inside = tuple(reader.sums), bool(network.of(HIDDEN))
    return Assertions(formula, tuple(reader.left_out), reader.used, sums, spelled, inside)
