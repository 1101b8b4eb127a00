"""The smallest network that is found within eps of another on a box, and how near it is.

Several courses of steps are tried; of each as many steps are kept as a covering allows.

References
----------
Prabhakar: *Bisimulations for Neural Network Reduction* (VMCAI 2022): multiples of scale 1.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from lumpver.claim.certificate import Certificate
from lumpver.claim.closeness import Within, not_negative
from lumpver.claim.statement import Claim
from lumpver.compressing.building import Built, built
from lumpver.compressing.greedy import KINDS
from lumpver.compressing.narrowing import narrowed
from lumpver.compressing.searching import Search
from lumpver.errors import Malformed
from lumpver.exact.outward import as_float
from lumpver.exact.scalar import ZERO
from lumpver.exact.unit import require_exact_unit
from lumpver.reducing.boxing import bounded
from lumpver.reducing.reduction import reduce
from lumpver.version import __version__

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence

    from flint import fmpq

    from lumpver.claim.domain import Boxes
    from lumpver.compressing.confirming import Asked, Shown
    from lumpver.compressing.numbers import Numbers
    from lumpver.model.network import Network
    from lumpver.proving.effort import Budget
    from lumpver.reducing.reduction import Reduction

COURSES: Final = (KINDS, ("constant", "multiple"))
DEFINITION: Final = "nearly: a quotient of a network that is near the original on a box"


@dataclass(frozen=True, slots=True, eq=False)
class Compressed:
    """A smaller network that is near another on a domain, and the certificate that says so.

    Outputs are within `bound` of each other there, which is at most the `eps` that was asked; at a
    point they are `sampled` apart. `steps` counts what was done by kind. Where an `exact` reduction
    leaves as few units, it is that, and the bound is 0.
    """

    original: Network
    network: Network
    certificate: Certificate
    eps: fmpq
    bound: fmpq
    sampled: fmpq
    steps: Mapping[str, int]
    exact: Reduction | None = None

    def __repr__(self) -> str:
        units = f"{self.original.units} units to {self.network.units}"
        return f"<Compressed: {units}, within {as_float(self.bound):.3g}>"


def compress(
    network: Network,
    domain: Boxes,
    eps: Any,
    limits: Budget,
    *,
    courses: Sequence[Collection[str]] = COURSES,
    rounding: str | None = None,
    floats_only: bool = False,
    progress: Callable[[str], None] = lambda _: None,
) -> Compressed:
    """The smallest network found whose outputs are within eps of the network's on a domain.

    With eps 0 it is the exact reduction on the domain. The same is found each time, unless the
    limits are of time. With a `rounding`, float32, float16 or bfloat16, weights and biases are of
    that type where theirs is wider, and eps may be None: then they are only rounded.

    Raises
    ------
    Malformed
        If eps is negative or no number, the network has no weights, or the domain leaves an
        entry of an input without ends; or rounding alone does not show to be within eps.

    Examples
    --------
    >>> from lumpver.claim.domain import Box, Boxes
    >>> from lumpver.model.network import Network
    >>> from lumpver.proving.effort import budget
    >>> network = Network.from_layers([([[1, 2], [2, "4.01"]], [1, 2]), ([[1, 1]], None)])
    >>> unit = Boxes((Box.of({"x": [(-1, 1), (-1, 1)]}),))
    >>> compress(network, unit, 0, budget())
    <Compressed: 2 units to 2, within 0>
    >>> found = compress(network, unit, "1/10", budget())
    >>> found.network.units, found.bound <= found.eps
    (1, True)
    """
    require_exact_unit()
    most = None if eps is None else not_negative(eps, where="eps")
    start = narrowed(network, rounding)
    if network.parameters == 0:
        raise Malformed("model", expected="layers with weights", got="none")
    if rounding is not None:
        return _rounded(start, domain, most, limits, courses, progress)
    if most is None:
        raise Malformed("eps", expected="a number, or a rounding", got="neither")
    known = bounded(network, domain, progress, limits.left)
    exact = reduce(network, known=known, floats_only=floats_only)
    least = Compressed(network, exact.network, exact.certificate, most, ZERO, ZERO, {}, exact)
    if most == 0:
        return least
    search = Search.of(start, domain, known, limits)
    best = _best(search, most, courses, least.network.units, progress)
    return least if best is None else certified(search.asked, most, *best)


def _best(
    search: Search,
    eps: fmpq,
    courses: Sequence[Collection[str]],
    units: int,
    progress: Callable[[str], None],
) -> tuple[Built, Shown] | None:
    """What leaves the fewest units, fewer than so many, and is within eps; None if nothing."""
    best: tuple[Built, Shown] | None = None
    for kinds in courses if search.sites else ():
        progress("compressing")
        found = search.best(search.steps(kinds, eps), eps, progress)
        if found is not None and found[0].network.units < units:
            best, units = found, found[0].network.units
    return best


def _rounded(
    start: Numbers,
    domain: Boxes,
    eps: fmpq | None,
    limits: Budget,
    courses: Sequence[Collection[str]],
    progress: Callable[[str], None],
) -> Compressed:
    """The network with narrower numbers, and fewer units where eps leaves room for that."""
    network = start.network
    search = Search.of(start, domain, bounded(network, domain, progress, limits.left), limits)
    progress("proving")
    plain = built(start, search.sites, ())
    found = search.asked.nearest(plain.network, plain.facts, None)
    if found is None:
        raise Malformed("rounding", expected="a bound of what it changes", got="none was found")
    if eps is None:
        return certified(search.asked, found.bound, plain, found)
    if found.bound > eps:
        got = f"one of {as_float(found.bound):.4g} that shows for rounding alone"
        raise Malformed("eps", expected="a larger number", got=got)
    best = _best(search, eps, courses, network.units, progress)
    return certified(search.asked, eps, *((plain, found) if best is None else best))


def certified(asked: Asked, eps: fmpq, made: Built, shown: Shown) -> Compressed:
    """A network that is near another, how near it is, and the certificate."""
    found = asked.nearest(made.network, made.facts, shown) or shown
    certificate = Certificate(
        made.facts,
        provenance={"tool": f"lumpver {__version__}", "definition": DEFINITION},
        claim=Claim(asked.domain, Within(found.bound)),
        covering=found.covering,
    )
    steps = dict(sorted(Counter(step.kind for step in made.steps).items()))
    return Compressed(
        asked.original, made.network, certificate, eps, found.bound, found.sampled, steps
    )
