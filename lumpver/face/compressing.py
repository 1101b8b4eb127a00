"""What the package offers of networks that are near: `reduce` with eps."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lumpver.errors import Malformed
from lumpver.face.given import network_of
from lumpver.search.lumping import RULES

if TYPE_CHECKING:
    from lumpver.compressing import Compressed
    from lumpver.face.given import Given


def compressed(
    network: Given,
    box: Any,
    eps: Any,
    timeout: float | None,
    exact: tuple[Any, ...],
    *,
    floats_only: bool,
) -> Compressed:
    """The smallest network found that is near on a box; `exact` are options of that reduction.

    Raises
    ------
    Malformed
        If there is no box, or there are options that it has no use for; or as for `compress`.

    Examples
    --------
    >>> from lumpver import Network, reduce
    >>> nearly = Network.from_layers([([[1, 2], [2, "4.01"]], [1, 2]), ([[1, 1]], None)])
    >>> reduce(nearly, box="[-1, 1]", eps="1/10").network.units
    1
    """
    from lumpver.compressing import compress  # noqa: PLC0415 only what is needed
    from lumpver.io.domains import read  # noqa: PLC0415
    from lumpver.proving.effort import budget  # noqa: PLC0415

    if box is None:
        raise Malformed("eps", expected="a box beside it, on which outputs are near", got="none")
    if exact != (RULES, frozenset(), "auto", 1):
        got = "rules, keep, types or align"
        raise Malformed("eps", expected="no more than box, timeout, floats_only", got=got)
    whole = network_of(network, "network")
    domain = read(box, whole).domain
    return compress(whole, domain, eps, budget(timeout=timeout), floats_only=floats_only)
