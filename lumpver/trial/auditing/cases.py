"""What a reducer is tried on: generated networks in a fixed order, and models from files.

The same seed and version of hypothesis give the same networks, whatever the machine.

origin: the words by which a report names a network
"""

from __future__ import annotations

from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar

from flint import fmpq

from lumpver.exact.scalar import ONE, ZERO
from lumpver.io.files import load
from lumpver.model.activations import RELU, Activation
from lumpver.model.network import Network
from lumpver.trial.strategies.drafts import Draft, Layer
from lumpver.trial.strategies.networks import RATIONAL
from lumpver.trial.strategies.traps import traps

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from hypothesis.strategies import SearchStrategy

_BATCH: Final = 50

Drawn = TypeVar("Drawn")

Found = Draft | Network


def network_of(found: Found) -> Network:
    """The network that was found, as whatever it was."""
    return found.network() if isinstance(found, Draft) else found


def _are_dyadic(numbers: Iterable[fmpq]) -> bool:
    return all(int(value.q).bit_count() == 1 for value in numbers)


DYADIC: Final = tuple(
    function
    for function in (
        Activation(function.operator, next(filter(_are_dyadic, function.row.samples)))
        for function in RATIONAL
    )
    if _are_dyadic(function(fmpq(n)) for n in range(-4, 5))
)
"""The activations that ONNX files of any float type hold exactly, and what they make of those."""

WARM: Final = Draft.chain(
    1, [Layer(((ONE,), (-ONE,)), (ZERO, ONE), RELU), Layer(((ONE, ONE),), (ZERO,))]
)
"""What a reducer is called with first, so that it may import what it needs."""


def generated(examples: int, *, seed: int, onnx: bool = False) -> Iterator[Draft]:
    """`examples` drafts, drawn from `traps`; with `onnx` such as a file can hold.

    Examples
    --------
    >>> first, *rest = generated(10, seed=0)
    >>> len(rest), first == next(generated(1, seed=0))
    (9, True)
    """
    for start in range(0, examples, _BATCH):
        drawn = _drawn(_BATCH, seed=1_000_003 * seed + start, onnx=onnx)
        yield from drawn[: examples - start]


def whole_models(*, seed: int) -> Iterator[Network]:
    """Convolutions, joins, normalizations, ...: planted, and half of them with one thing changed.

    Examples
    --------
    >>> len(next(whole_models(seed=0)).nodes) > 1
    True
    """
    from lumpver.trial.strategies.graph_mutations import nearly_planted  # noqa: PLC0415 heavy

    for start in count(0, _BATCH):
        yield from _all(nearly_planted(), _BATCH, seed=1_000_003 * seed + start)


def _drawn(number: int, *, seed: int, onnx: bool) -> list[Draft]:
    """`number` drafts at once."""
    strategy = traps(activations=DYADIC if onnx else RATIONAL, exact=not onnx, batch=onnx)
    return _all(strategy, number, seed=seed)


def _all(strategy: SearchStrategy[Drawn], number: int, *, seed: int) -> list[Drawn]:
    """So many at once: hypothesis has no other way to hand them out."""
    import hypothesis as h  # noqa: PLC0415 heavy: only where networks are drawn

    found: list[Drawn] = []
    quiet = h.settings(
        max_examples=number,
        database=None,
        deadline=None,
        derandomize=False,
        phases=(h.Phase.generate,),
        suppress_health_check=list(h.HealthCheck),
    )

    @h.seed(seed)
    @quiet
    @h.given(strategy)
    def draw(one: Any) -> None:
        found.append(one)

    draw()
    return found


def model(given: Network | Any) -> tuple[str, Network, Path | None]:
    """The origin, network and path of a model: a Network, or a path to a file of one.

    Raises
    ------
    Unreadable, Malformed
        If the file holds no model that lumpver can read.
    """
    if isinstance(given, Network):
        return repr(given), given, None
    return str(given), load(given).network, Path(given)
