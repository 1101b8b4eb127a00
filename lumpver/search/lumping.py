"""The coarsest lumping of Definition 6*, found in one sweep forward and one backward.

Forward: add up the previous layer's blocks, fold constants into the bias, put rows that
are positive multiples of each other into one block. Backward: drop what nobody observes.
On a chain the result is the unique maximum (Theorem 2*, theory D2.3).

block: a class of units, numbered by its smallest member

References
----------
Ressi, Romanello, Piazza, Rossi: *Neural Networks Reduction via Lumping*, Definition 6,
repaired: class sums weighted by 1/rho, constants folded.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

import numpy as np

from lumpver.errors import Malformed
from lumpver.exact.array import Exact, entry
from lumpver.exact.scalar import ONE
from lumpver.model.linear import mixes, normalizes, shifts_only, window_of
from lumpver.search.blocks import representatives
from lumpver.search.forward import carried, swept
from lumpver.search.groups import uneven
from lumpver.search.observation import drop_unobserved
from lumpver.search.parting import parted
from lumpver.search.sweeps import proposal, relabelled
from lumpver.search.unmatched import unmatched
from lumpver.search.withheld import Withheld

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from flint import fmpq

    from lumpver.bounds.knowing import Known
    from lumpver.claim.facts import Fact
    from lumpver.model.network import Network
    from lumpver.model.relabelling import Relabelling
    from lumpver.search.sweeps import Forward
    from lumpver.search.withheld import Units

LUMPING: Final = ("merges", "symmetries", "constants", "stable", "unused", "compose")
KINKS: Final = ("reflect", "kinks")
RULES: Final = (*LUMPING, *KINKS)
ALL: Final = (*RULES, "skip")
DEFINITION_6: Final = ("merges", "constants", "unused", "compose")


@dataclass(frozen=True, eq=False)
class Lumping:
    """Blocks and scales of every tensor that does not simply keep its units.

    `relabellings` has the tensors that segments produce and those that follow from them
    through activations and rearrangements; a tensor that is not there keeps its units.
    """

    relabellings: Mapping[str, Relabelling]
    rules: tuple[str, ...] = LUMPING

    def of(self, name: str) -> Relabelling | None:
        """The relabelling of a tensor, None for the identity."""
        return self.relabellings.get(name)

    def blocks(self, name: str) -> tuple[tuple[int, ...], ...]:
        """The members of each block of a tensor, ghosts last.

        Constants and combinations of several blocks are in none.

        Examples
        --------
        >>> from lumpver.model.network import Network
        >>> network = Network.from_layers([([[1], [2]], None), ([[1, 1]], None)])
        >>> coarsest(network).blocks("h1")
        ((0, 1),)
        """
        found = self.relabellings[name]
        return tuple(
            tuple(int(v) for v in found.members(column)) for column in range(found.columns)
        )

    def rho(self, name: str) -> tuple[fmpq | None, ...]:
        """The paper's rho of each unit, 1 / scale; None where it is in no block."""
        found = self.relabellings[name]
        return tuple(
            None if found.block[v] < 0 else ONE / entry(found.scale, v) for v in range(found.units)
        )


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """A lumping, and what a quotient by it would else compute again.

    `sums` has W M of segments whose only matrix W comes first, by their outputs.
    """

    lumping: Lumping
    sums: Mapping[str, Exact]


def coarsest(
    network: Network,
    *,
    rules: Iterable[str] = RULES,
    keep: Units = frozenset(),
    withheld: Withheld | None = None,
) -> Lumping:
    """The coarsest lumping by `rules` that leaves the units in `keep` as they are.

    `keep` and `withheld` name units as (tensor, index), the tensor being the output of an
    affine segment. The quotient by the result computes the same function (Theorem 1*).

    Raises
    ------
    Malformed
        If a rule is unknown or a kept unit does not exist.

    Examples
    --------
    >>> from lumpver.model.network import Network
    >>> network = Network.from_layers([([[1], [2], [0]], [0, 0, 7]), ([[1, 1, 1]], [0])])
    >>> found = coarsest(network)
    >>> found.blocks("h1"), found.rho("h1")
    (((0, 1),), (1, 1/2, None))
    """
    return found_with_sums(network, rules=rules, keep=keep, withheld=withheld).lumping


def found_with_sums(
    network: Network,
    *,
    rules: Iterable[str] = RULES,
    keep: Units = frozenset(),
    withheld: Withheld | None = None,
    known: Known | None = None,
    signs: Mapping[str, Mapping[int, bool]] = MappingProxyType({}),
) -> Found:
    """The same lumping, for whoever takes the quotient by it; on the domain of what is `known`.

    `signs` has units that are shown never to be negative, or with False never positive.

    Raises
    ------
    Malformed
        As for `coarsest`.
    """
    given = frozenset(rules)
    chosen = tuple(rule for rule in LUMPING if rule in given)
    unknown = sorted(given - set(ALL))
    if unknown:
        raise Malformed("rules", expected=f"some of {', '.join(ALL)}", got=unknown[0])
    for name, unit in sorted(keep):
        if not 0 <= unit < network.width.get(name, 0):
            raise Malformed("keep", expected="an existing unit", got=f"{name}[{unit}]")
    left = Withheld(keep, keep, keep).union(withheld or Withheld())
    sweep, found = _settled(network, chosen, left, known, signs)
    apart = parted(network) if known is None else None
    if apart is not None:
        pieces = _settled(apart.network, chosen, apart.withheld(left), None, {})[1]
        other = apart.of_whole(pieces)
        if other is not None and _is_better(network, other, found):
            return Found(Lumping(other, chosen), {})
    return Found(Lumping(found, chosen), _reusable(sweep, found))


def _settled(
    network: Network,
    rules: tuple[str, ...],
    left: Withheld,
    known: Known | None,
    signs: Mapping[str, Mapping[int, bool]],
) -> tuple[Forward, dict[str, Relabelling]]:
    """The sweep and what it finds, once nothing more is to be left."""
    while True:
        sweep = swept(network, rules, left, known, signs)
        found = relabelled(sweep.facts)
        if "unused" in rules:
            kept = left.unused
            found = drop_unobserved(network, found, sweep.sums, pinned=sweep.pinned, kept=kept)
        before, left = left, left.union(uneven(network, found)).union(unmatched(network, found))
        if left == before:
            return sweep, found


def _is_better(
    network: Network, other: Mapping[str, Relabelling], found: Mapping[str, Relabelling]
) -> bool:
    """Whether fewer units are left by another lumping, with which nothing is to be left."""
    fewer = _left(network, other) < _left(network, found)
    return fewer and not uneven(network, other) and not unmatched(network, other)


def _left(network: Network, found: Mapping[str, Relabelling]) -> int:
    """How many units runs have left."""
    ends = ((name, found.get(name)) for name in network.ends)
    return sum(network.width.get(name, 0) if r is None else r.width for name, r in ends)


def given(network: Network, relabellings: Mapping[str, Relabelling]) -> Lumping:
    """Relabellings of segment outputs, and what activations make of them.

    Raises
    ------
    Malformed
        If a tensor is not the output of an affine segment with that many units, or a block
        has no unit that it is a multiple of.
    """
    for name, found in relabellings.items():
        if name not in network.ends or network.width.get(name) != found.units:
            raise Malformed(name, expected="a segment's output of as many units", got="another")
        if (representatives(found, found.units) < 0).any():
            raise Malformed(name, expected="a multiple of every block", got="none of some")
    return Lumping(carried(network, relabellings), ("given",))


def stated(network: Network, lumping: Lumping) -> dict[str, tuple[Fact, ...]]:
    """What there is to state of each tensor that changed; the rest follows."""
    return {
        name: (proposal(name, found),)
        for name, found in sorted(lumping.relabellings.items())
        if name in network.ends and not found.is_identity
    }


def _reusable(sweep: Forward, found: Mapping[str, Relabelling]) -> dict[str, Exact]:
    """W M of every segment whose only matrix comes first, for the blocks that are left."""
    result = {}
    for name, R in sweep.sums.items():
        first, *rest = sweep.network.ends[name].nodes
        source = sweep.network.ends[name].input
        after = found.get(source)
        lost = R.dtype == bool  # of sums as large as this only their zeros were kept
        if (
            lost
            or after is None
            or not mixes(first)
            or window_of([first])
            or not all(shifts_only(node) or normalizes(node) for node in rest)
        ):
            continue
        before = sweep.facts[source].relabelling
        rows = representatives(after, after.units)
        columns = rows if before is None else before.block[rows]
        whole = columns.size == R.shape[1] and bool((columns == np.arange(columns.size)).all())
        result[name] = R if whole else R[:, columns]
    return result
