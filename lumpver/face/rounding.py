"""What the package offers of executions in float32: how far they may be from real arithmetic."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from lumpver.errors import Malformed
from lumpver.exact.unit import require_exact_unit
from lumpver.face.given import network_of
from lumpver.model.slicing import sliced
from lumpver.roundoff.parts import UNCOVERED, most

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lumpver.exact.floats import Floats
    from lumpver.face.given import Given

_CUTS: Final = 4096


@dataclass(frozen=True, slots=True)
class FloatError:
    """On a box, each output executed in float32 is within these numbers of the real one.

    `outputs` has, by name, a number for each entry, in row-major order; they hold in every
    execution that evaluates each node by itself, whatever its order of sums, with or without
    fused multiply-add. They were found on so many `parts` of the box. `uncovered` says of which
    executions nothing is said.
    """

    outputs: Mapping[str, Floats]
    parts: int
    uncovered: str = UNCOVERED

    @property
    def largest(self) -> float:
        """The largest of them."""
        return max((float(x.max(initial=0.0)) for x in self.outputs.values()), default=0.0)

    def __repr__(self) -> str:
        parts = "1 part" if self.parts == 1 else f"{self.parts} parts"
        return f"<FloatError: at most {self.largest:.3g}, on {parts}>"


def float_error(
    network: Given, *, box: Any, until: float | None = None, cuts: int = _CUTS
) -> FloatError:
    """How far executions of a network in float32 may be from its outputs in real arithmetic.

    `network` is a path, a Model or a Network, `box` anything that `prove` takes. With `until` the
    box is cut, `cuts` times at most, until no error is larger than that.

    Raises
    ------
    TypeError
        If `network` is anything else.
    Unbounded
        If a node is executed in a way that is not known, or something might overflow.
    Unreadable, Malformed, ShapeMismatch, NotANumber
        If a file cannot be read, or the box does not fit.
    InexactUnit
        If this process does not compute with floats as it should.

    Examples
    --------
    >>> from lumpver.model.network import Network
    >>> float_error(Network.from_layers([([[1], [2]], None), ([[1, 1]], None)]), box="[0, 1]")
    <FloatError: at most 5.36e-07, on 1 part>
    """
    from lumpver.claim.domain import Boxes  # noqa: PLC0415 only what is needed
    from lumpver.proving.boxes import read_domain  # noqa: PLC0415 only what is needed

    require_exact_unit()
    whole = network_of(network, "network")
    whole = sliced(whole) or whole
    domain = read_domain(whole, box).asked
    if not isinstance(domain, Boxes):
        raise Malformed("box", expected="ranges with ends", got="none")
    found, parts = most(whole, domain, until=until or 0.0, cuts=0 if until is None else cuts)
    require_exact_unit()
    return FloatError(found, parts)
