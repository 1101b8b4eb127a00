"""Boxes: a range for every entry of every input, given or read from a VNN-LIB file.

Of a VNN-LIB 1 file the bounds of the X_i are read, with every number exact; what it says
of the Y_i is a property, and no part of the box. Anything else is refused.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from lumpver.claim import domain as claiming
from lumpver.claim.domain import FREE, AllInputs, Boxes, Range, Unread, a_range
from lumpver.claim.filekind import BOX, kind_of, mistaken
from lumpver.claim.statement import Claim
from lumpver.errors import Malformed, ShapeMismatch, Unreadable
from lumpver.io.reading import read_bytes
from lumpver.proving.assertions import Assertions, read_assertions
from lumpver.proving.disjuncts import MOST_RANGES, Disjunct, disjuncts
from lumpver.proving.formulas import TRUE, Formula, holds
from lumpver.proving.pairing import input_size
from lumpver.proving.points import within

if TYPE_CHECKING:
    from collections.abc import Sequence

    from flint import fmpq

    from lumpver.model.network import Network

Box = dict[str, tuple[Range, ...]]

GIVEN: Final = "the given ranges"
_ALL: Final = AllInputs()
_BYTES: Final = 2**25
_NAMED: Final = 5


@dataclass(frozen=True, slots=True)
class Clipped:
    """Boxes in which two models' programs clip their inputs differently, and to what."""

    boxes: tuple[Box, ...]
    limits: tuple[tuple[Range, ...], tuple[Range, ...]]


@dataclass(frozen=True, slots=True)
class Domain:
    """The boxes to be covered, and what else there is to say of where they come from.

    `asked` are the same as a claim has them, before programs clip anything. `remarks` are
    sentences: what a file says that was not looked at, and which entries it leaves without a
    bound. `limits` and `clipped` are what `within_limits` says.
    """

    boxes: tuple[Box, ...]
    asked: AllInputs | Boxes = _ALL
    remarks: tuple[str, ...] = ()
    limits: str | None = None
    clipped: Clipped | None = None
    _formula: Formula = TRUE
    _sizes: tuple[tuple[str, int], ...] = field(default=(), repr=False)

    @property
    def claim(self) -> Claim:
        """The claim about this domain."""
        return Claim(self.asked, limits=self.limits, remarks=self.remarks)

    def holds(self, point: Mapping[str, Sequence[fmpq]]) -> bool:
        """Whether a point is within one of the boxes and satisfies what the file asserts.

        Examples
        --------
        >>> from lumpver.exact.scalar import number
        >>> from lumpver.model.network import Network
        >>> domain = read_domain(Network.from_layers([([[1]], None)]), {"x": [(0, 1)]})
        >>> domain.holds({"x": [number("1/2")]}), domain.holds({"x": [number(2)]})
        (True, False)
        """
        values = [value for name, _ in self._sizes for value in point[name]]
        return holds(self._formula, values.__getitem__) and any(
            all(all(map(within, point[name], ranges)) for name, ranges in box.items())
            for box in self.boxes
        )


def read_domain(network: Network, box: Any) -> Domain:
    """The boxes to be covered: of a mapping one, of a VNN-LIB file one per disjunct.

    A mapping gives per input a sequence of (low, high), one for each entry in row-major
    order; None, for either or for a pair, is no bound.

    Raises
    ------
    Malformed
        If a bound is no number, no point is left, or the file says more than bounds.
    ShapeMismatch
        If there are not as many ranges as entries.
    Unreadable
        If the file cannot be read.
    """
    if box is None:
        return Domain(({},))
    if isinstance(box, Mapping):
        given = (_from_mapping(network, box),)
        return Domain(given, _asked(given, GIVEN))
    if not isinstance(box, str | Path):
        raise Malformed("box", expected="a mapping or a VNN-LIB file", got=type(box).__name__)
    where = str(box)
    said = _assertions(Path(box), where)
    sizes = _sizes(network, said, where)
    found = disjuncts(said, where)
    total = sum(size for _, size in sizes)
    if total * len(found) > MOST_RANGES:
        got = f"{len(found)} boxes of {total}"
        raise Malformed(where, expected=f"at most {MOST_RANGES} ranges", got=got)
    boxes = tuple(_spread(one, sizes) for one in found)
    remarks = (*_left_out(said, where), *_unbounded(found, total, where))
    return Domain(boxes, _asked(boxes, where), remarks, _formula=said.formula, _sizes=sizes)


def unread(box: Any) -> AllInputs | Unread:
    """What `read_domain` would read, as far as it is known without reading."""
    if box is None:
        return _ALL
    return Unread(GIVEN if isinstance(box, Mapping) else str(box))


def _asked(boxes: Sequence[Box], source: str) -> Boxes:
    """The boxes as a claim has them."""
    return Boxes(tuple(claiming.Box(tuple(sorted(box.items()))) for box in boxes), source)


def read_boxes(network: Network, box: Any) -> tuple[Box, ...]:
    """The boxes of `read_domain`.

    Examples
    --------
    >>> from lumpver.model.network import Network
    >>> network = Network.from_layers([([[1, 2]], None)])
    >>> read_boxes(network, {"x": [(0, "1/2"), (None, 1)]})
    ({'x': ((0, 1/2), (None, 1))},)
    """
    return read_domain(network, box).boxes


def _from_mapping(network: Network, box: Mapping[str, Any]) -> Box:
    names = {tensor.name for tensor in network.inputs}
    unknown = [name for name in box if name not in names]
    if unknown:
        expected = f"inputs {', '.join(sorted(names))}"
        raise Malformed("box", expected=expected, got=repr(unknown[0])[:40])
    found = {}
    for name, given in box.items():
        where = f"box for {name}"
        if not hasattr(given, "__len__") or isinstance(
            given, str | bytes | Mapping | set | frozenset
        ):
            got = type(given).__name__
            raise Malformed(where, expected="a sequence of (low, high)", got=got)
        size, length = input_size(network, name), len(given)
        if size is not None and size != length:
            raise ShapeMismatch(where, expected=f"{size} ranges", got=str(length))
        ranges = tuple(a_range(item, where=f"{where}[{i}]") for i, item in enumerate(given))
        found[name] = ranges
    return found


def _assertions(path: Path, where: str) -> Assertions:
    """What the file says; one of another kind is called what it seems to be."""
    data = read_bytes(path, most=_BYTES)
    if len(data) > _BYTES:
        raise Unreadable(where, expected=f"at most {_BYTES} bytes", got="more")
    try:
        return read_assertions(data.decode("utf-8-sig"), where=where)
    except UnicodeDecodeError as error:
        message = mistaken(where, data, BOX)
        got = kind_of(data) or "bytes that are no text"
        raise Unreadable(where, expected=BOX, got=got, said=message) from error
    except Malformed as error:
        if message := mistaken(where, data, BOX):
            raise Unreadable(where, expected=BOX, got=kind_of(data), said=message) from error
        raise


def _sizes(network: Network, said: Assertions, where: str) -> tuple[tuple[str, int], ...]:
    """The network's inputs with how many of the X_i each has; all that are named exist."""
    sizes = []
    for tensor in network.inputs:
        size = input_size(network, tensor.name)
        if size is None:
            raise ShapeMismatch(where, expected=f"a known size of {tensor.name}", got="none")
        sizes.append((tensor.name, size))
    total = sum(size for _, size in sizes)
    beyond = min((i for i in said.inputs if i >= total), default=None)
    if beyond is not None:
        some = ", ".join(f"X_{i}" for i in range(min(total, 2)))
        some = some if total <= 2 else f"X_0, ..., X_{total - 1}"
        place = f"{where} line {said.inputs[beyond]}"
        raise ShapeMismatch(
            place,
            expected=f"{total} inputs ({some})",
            got=f"X_{beyond}",
            said=f"{place}: the model has {total} inputs ({some}), the file bounds X_{beyond}",
        )
    return tuple(sizes)


def _spread(bounds: Disjunct, sizes: Sequence[tuple[str, int]]) -> Box:
    """The bounds by input."""
    found: Box = {}
    start = 0
    for name, size in sizes:
        found[name] = tuple(bounds.get(start + i, FREE) for i in range(size))
        start += size
    return found


def _left_out(said: Assertions, where: str) -> list[str]:
    """The sentence about what was not looked at."""
    if not said.left_out:
        return []
    some = "; ".join(f"line {line}: {term}" for line, term in said.left_out[:_NAMED])
    rest = len(said.left_out) - _NAMED
    more = f"; and {rest} more" if rest > 0 else ""
    return [f"not looked at: what {where} asserts of outputs ({some}{more})"]


def _unbounded(found: Sequence[Disjunct], total: int, where: str) -> list[str]:
    """The sentence about the entries that some box leaves open, on one side at least."""
    lacking = [i for i in range(total) if any(None in one.get(i, FREE) for one in found)]
    if not lacking:
        return []
    some = ", ".join(f"X_{i}" for i in lacking[:_NAMED])
    rest = len(lacking) - _NAMED
    more = f" and {rest} more" if rest > 0 else ""
    return [f"without a bound, below or above, in {where}: {some}{more}"]
