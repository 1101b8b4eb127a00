"""Boxes to be covered: a range for every entry of every input, as they are stated.

Bounds are not widened here, as they are where a network is reduced: on a larger box a proof
would say more, but a refutation could be a point that nobody asked about.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from lumpver.claim.domain import AllInputs, Boxes, Range, Unread, within
from lumpver.claim.statement import Claim
from lumpver.io.domains import source_of, stated

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from flint import fmpq

    from lumpver.io.vnnlib.properties import Property
    from lumpver.model.network import Network

Box = dict[str, tuple[Range, ...]]

_ALL: Final = AllInputs()


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
    _stated: Property | None = field(default=None, repr=False)

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
        return (self._stated is None or self._stated.holds(point)) and any(
            all(all(map(within, point[name], ranges)) for name, ranges in box.items())
            for box in self.boxes
        )

    @property
    def around(self) -> bool:
        """Whether the boxes are around half-spaces: a point in them may not be allowed."""
        return self._stated is not None and self._stated.sums


def read_domain(network: Network, box: Any) -> Domain:
    """The boxes to be covered: of a VNN-LIB file one per disjunct, else one.

    What is given is as for `io.domains.stated`: bounds stay exact, as the property says them.

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
    found = stated(box, network)
    boxes = tuple(dict(one.ranges) for one in found.domain.boxes)
    return Domain(boxes, found.domain, found.notes, _stated=found.stated)


def unread(box: Any) -> AllInputs | Unread:
    """What `read_domain` would read, as far as it is known without reading."""
    if box is None:
        return _ALL
    return Unread(source_of(box))


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
