"""A claim of closeness as a query of VNN-LIB 2 about two networks: satisfiable where it fails."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, assert_never

from lumpver.claim.closeness import Closeness, Equal, Relative, SameClass, Within
from lumpver.claim.domain import AllInputs, Boxes, Unread
from lumpver.errors import Malformed, ShapeMismatch, Unrepresentable
from lumpver.exact.scalar import ZERO, decimal_text
from lumpver.io.vnnlib.declarations import INPUT, OUTPUT, Declared
from lumpver.model.slicing import one_position
from lumpver.proving.interface import inferred
from lumpver.proving.pairing import matched

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from flint import fmpq

    from lumpver.claim.domain import Box, Domain
    from lumpver.model.network import Network
    from lumpver.model.tensor import Shape, Tensor


def written(a: Network, b: Network, domain: Domain, closeness: Closeness) -> str:
    """The query that asks for an input of the domain at which the models are not so near.

    Networks are f and g, their tensors X_f, Y_f, X_g, Y_g, over real numbers. To be within 0 of
    each other is to be equal, and is read as that.

    Raises
    ------
    Malformed
        If they have not as many inputs or outputs, or nobody has read the domain.
    ShapeMismatch
        If the size of one is not known, or that of two that are compared is not the same.

    Examples
    --------
    >>> from lumpver.model.network import Network
    >>> one, other = (Network.from_layers([([[k]], None)]) for k in (1, 2))
    >>> from lumpver.claim.domain import Box
    >>> box = Boxes((Box.of({"x": [(0, "1/3")]}),))
    >>> print(written(one, other, box, Within("0.1")))
    (vnnlib-version <2.0>)
    (declare-network f
      (declare-input X_f real [1])
      (declare-output Y_f real [1]))
    (declare-network g
      (declare-input X_g real [1])
      (declare-output Y_g real [1]))
    (assert (== X_f[0] X_g[0]))
    (assert (or
      (and (>= X_f[0] 0.0) (<= (* 3.0 X_f[0]) 1.0))))
    (assert (or
      (> (- Y_f[0] Y_g[0]) 0.1)
      (> (- Y_g[0] Y_f[0]) 0.1)))
    <BLANKLINE>
    """
    one, other = one_position(a), one_position(b)
    for what, here, there in (("inputs", a.inputs, b.inputs), ("outputs", a.outputs, b.outputs)):
        if len(here) != len(there):
            raise Malformed(what, expected=str(len(here)), got=str(len(there)))
    ours, theirs = _declared(one, "f"), _declared(other, "g")
    inputs = [(ours[x.name], theirs[y.name]) for x, y in matched(one.inputs, other.inputs)]
    outputs = [(ours[x.name], theirs[y.name]) for x, y in matched(one.outputs, other.outputs)]
    _alike([*inputs, *outputs])
    boxes = _boxes(domain)
    names = {tensor.name: ours[tensor.name] for tensor in one.inputs}
    ways = _all_apart(one, outputs, closeness)
    if not ways:
        raise Malformed("outputs", expected="two entries, so that classes can differ", got="one")
    tied = (
        f"(assert (== {x.element(i)} {y.element(i)}))" for x, y in inputs for i in range(x.size)
    )
    lines = [
        "(vnnlib-version <2.0>)",
        *_network("f", ours.values()),
        *_network("g", theirs.values()),
        *tied,
        *_either([_inside(box, names) for box in boxes]),
        *_either(ways),
    ]
    return "\n".join(lines) + "\n"


def _alike(pairs: Sequence[tuple[Declared, Declared]]) -> None:
    for x, y in pairs:
        if x.size != y.size:
            expected = f"{x.size} entries, as {x.name} has"
            raise ShapeMismatch(y.name, expected=expected, got=str(y.size))


def _all_apart(
    network: Network, outputs: Sequence[tuple[Declared, Declared]], closeness: Closeness
) -> list[str]:
    """The ways in which outputs are not as near as that."""
    shapes = inferred(network)
    found: list[str] = []
    for tensor, (x, y) in zip(network.outputs, outputs, strict=True):
        shape = shapes[tensor.name]
        row = shape[-1] if shape else 1
        found += _apart(x, y, int(row or 1), _eps(closeness, tensor.name))
    return found


def _declared(network: Network, side: str) -> dict[str, Declared]:
    """What each input and output is declared as."""
    shapes = inferred(network)
    found: dict[str, Declared] = {}
    for letter, kind, tensors in (
        ("X", INPUT, network.inputs),
        ("Y", OUTPUT, network.outputs),
    ):
        for i, tensor in enumerate(tensors):
            if tensor.name in found:
                got = f"{tensor.name} as both"
                raise Malformed(side, expected="inputs and outputs with other names", got=got)
            name = f"{letter}_{side}{f'_{i}' if len(tensors) > 1 else ''}"
            shape = _shape(tensor, shapes.get(tensor.name))
            found[tensor.name] = Declared(kind, name, "real", shape, None, 0)
    return found


def _shape(tensor: Tensor, shape: Shape) -> tuple[int, ...]:
    lengths = tuple(length for length in shape or () if isinstance(length, int))
    if shape is None or len(lengths) < len(shape) or prod(lengths) == 0:
        raise ShapeMismatch(tensor.name, expected="a known size above 0", got=str(shape))
    return lengths


def _network(name: str, tensors: Iterable[Declared]) -> list[str]:
    found = [
        f"  ({one.kind} {one.name} {one.dtype} [{', '.join(map(str, one.shape))}])"
        for one in tensors
    ]
    return [f"(declare-network {name}", *found[:-1], f"{found[-1]})"]


def _boxes(domain: Domain) -> tuple[Box, ...]:
    """The boxes, if all of them bound something."""
    match domain:
        case AllInputs():
            return ()
        case Boxes(boxes):
            return boxes if all(box.bounded for box in boxes) else ()
        case Unread(source):
            raise Malformed(source, expected="a box that was read", got="its name alone")
        case _:
            assert_never(domain)


def _inside(box: Box, names: dict[str, Declared]) -> str:
    """That the first network's inputs are in the box."""
    found: list[str] = []
    for name, ranges in box.ranges:
        for place, (low, high) in enumerate(ranges):
            element = names[name].element(place)
            if low is not None:
                found.append(_compared(">=", element, low))
            if high is not None:
                found.append(_compared("<=", element, high))
    return f"(and {' '.join(found)})"


def _either(ways: Sequence[str]) -> list[str]:
    """The assertion that one of these holds; none if there are none."""
    if not ways:
        return []
    return ["(assert (or", *(f"  {way}" for way in ways[:-1]), f"  {ways[-1]}))"]


def _eps(closeness: Closeness, output: str) -> fmpq | SameClass:
    match closeness:
        case Equal():
            return ZERO
        case Within():
            return closeness.of(output)
        case SameClass():
            return closeness
        case Relative():
            raise Malformed("closeness", expected="a number or a class", got="relative to a range")
        case _:
            assert_never(closeness)


def _apart(x: Declared, y: Declared, row: int, wanted: fmpq | SameClass) -> Iterator[str]:
    """The ways in which an output is not as near as that, if one of them holds."""
    if isinstance(wanted, SameClass):
        for start in range(0, x.size, row):
            for p in range(row if row > 1 else 0):
                yield _other_class(x, y, range(start, start + row), p, wanted)
        return
    for place in range(x.size):
        one, other = x.element(place), y.element(place)
        yield _compared(">", f"(- {one} {other})", wanted)
        yield _compared(">", f"(- {other} {one})", wanted)


def _other_class(x: Declared, y: Declared, row: range, p: int, wanted: SameClass) -> str:
    """That p is the class of the first network's row and leads enough, and not the second's."""
    leads, falls = [], []
    for k in range(len(row)):
        if k == p:
            continue
        ours, theirs = ((one.element(row[p]), one.element(row[k])) for one in (x, y))
        if wanted.by == "min":
            ours, theirs = ours[::-1], theirs[::-1]
        first = k < p and wanted.delta == 0
        leads.append(_compared(">" if first else ">=", f"(- {ours[0]} {ours[1]})", wanted.delta))
        falls.append(_compared(">" if k > p else ">=", f"(- {theirs[1]} {theirs[0]})", ZERO))
    return f"(and {' '.join(leads)} (or {' '.join(falls)}))"


def _compared(relation: str, term: str, value: fmpq) -> str:
    """A term against a number, which has finitely many digits, or else both are multiplied."""
    try:
        return f"({relation} {term} {_decimal(value)})"
    except Unrepresentable:
        return f"({relation} (* {value.q}.0 {term}) {value.p}.0)"


def _decimal(value: fmpq) -> str:
    found = decimal_text(value)
    return found if "." in found else f"{found}.0"
