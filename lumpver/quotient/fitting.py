"""The lumping whose quotient a file can hold, in the fewest bytes.

Where new numbers do not fit a layer's type, either the layer is stored in float64 or the
smallest step that does not fit is undone, whichever takes fewer bytes.

widened: with every layer in float64 whose own type is too small: the most that floats hold
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from lumpver.io.storage import Storage, is_changed, item_size, own_type
from lumpver.quotient.building import quotient
from lumpver.quotient.cancelling import cancelling
from lumpver.quotient.representable import blamed, changed, obstacles, obstructed
from lumpver.search.families import roots
from lumpver.search.lumping import Found, found_with_sums
from lumpver.search.withheld import Withheld, by_tensor

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lumpver.bounds.knowing import Known
    from lumpver.io.storage import Types
    from lumpver.model.network import Network, Segment
    from lumpver.search.lumping import Lumping
    from lumpver.search.withheld import Units


@dataclass(frozen=True, slots=True)
class Spared:
    """Units that stay because storing the result without them takes more bytes: about so many."""

    units: int
    bytes: int


@dataclass(frozen=True, slots=True, eq=False)
class Fitted:
    """A lumping, its quotient, what was undone for it, and about how large it is in a file."""

    found: Found
    network: Network
    withheld: Withheld
    storage: Storage

    @property
    def lumping(self) -> Lumping:
        """The lumping."""
        return self.found.lumping

    @property
    def size(self) -> int:
        """About how many bytes the affine nodes take."""
        return self.storage.total(self.network.segments)


@dataclass(frozen=True)
class Fitting:
    """The search for a quotient of `network` that fits."""

    network: Network
    rules: tuple[str, ...]
    keep: Units = field(default_factory=frozenset)
    known: Known | None = None
    signs: Mapping[str, Mapping[int, bool]] = field(default_factory=dict)

    def best(self, exact: Found, types: Types) -> tuple[Fitted, Spared | None]:
        """What fits in the fewest bytes, and what that left out; `exact` has nothing undone."""
        everywhere = Storage(self.network, counted=types != "widen")
        wide = self.fitted(Fitted(exact, self.network, Withheld(), everywhere))
        if types == "widen" or not any(
            is_changed(s, self.network) and (everywhere.tight(s.nodes) or everywhere.apart(s.nodes))
            for s in wide.network.segments
        ):
            return wide, None
        size, units = wide.size, wide.network.units
        wide = replace(wide, network=self.network)  # its numbers may be as many as the model's
        narrow = replace(everywhere, everywhere=False)
        found = self.fitted(replace(wide, storage=narrow), choose=types == "auto")
        if types == "auto" and size < found.size:
            return replace(wide, network=self._quotient(wide.found, wide.storage)), None
        units = found.network.units - units
        return found, Spared(units, size - found.size) if units > 0 else None

    def fitted(self, start: Fitted, *, choose: bool = False) -> Fitted:
        """From a start, undo what does not fit until all does; or `choose` to store it wide."""
        found, withheld, storage = start.found, start.withheld, start.storage
        while True:
            lumping, result = found.lumping, self._quotient(found, storage)
            wide: frozenset[str] = frozenset()
            more = Withheld(merges=cancelling(self.network, lumping))
            if not more and choose:
                wide, more = self._chosen(lumping, result, storage)
            elif not more:
                more = obstacles(self.network, lumping, result, storage)
            undone = withheld.union(more)
            if undone == withheld and not wide:
                return Fitted(found, result, withheld, storage)
            storage = replace(storage, wide=storage.wide | wide)
            if undone != withheld:
                withheld = undone
                found = found_with_sums(
                    self.network,
                    rules=self.rules,
                    keep=self.keep,
                    withheld=withheld,
                    known=self.known,
                    signs=self.signs,
                )

    def _quotient(self, found: Found, storage: Storage) -> Network:
        return quotient(self.network, found.lumping, storage=storage, sums=found.sums)

    def _chosen(
        self, lumping: Lumping, result: Network, storage: Storage
    ) -> tuple[frozenset[str], Withheld]:
        """The layers to store wide, and what to undo for the others."""
        wide, undone = set(), Withheld()
        for ours, theirs in obstructed(self.network, result, storage):
            name, own = ours.output, own_type(self.network, ours.output)
            narrow = blamed(self.network, lumping, (ours, theirs), own)
            opened = replace(storage, wide=frozenset({name}))
            if not opened.stores(theirs.nodes):
                allowed = opened.allowed(theirs.nodes)
                undone = undone.union(blamed(self.network, lumping, (ours, theirs), allowed))
            elif narrow and self._price(lumping, narrow) <= storage.widened(theirs.nodes):
                undone = undone.union(narrow)
            else:
                wide.add(name)
        return frozenset(wide), undone.union(self._too_dear(lumping, result, storage))

    def _too_dear(self, lumping: Lumping, result: Network, storage: Storage) -> Withheld:
        """The constants that take fewer bytes than the parts that biases have because of them."""
        undone = Withheld()
        for ours, theirs in changed(self.network, result):
            more = 0 if storage.tight(theirs.nodes) else storage.apart(theirs.nodes)
            if more:
                own = own_type(self.network, ours.output)
                narrow = blamed(self.network, lumping, (ours, theirs), own)
                if self._price(lumping, narrow) <= more:
                    undone = undone.union(narrow)
        return undone

    def _price(self, lumping: Lumping, undone: Withheld) -> int:
        """About how many bytes the units take that come back."""
        merges, others = by_tensor(undone.merges), by_tensor(undone.constants | undone.unused)
        total = 0
        for name in merges.keys() | others.keys():
            found = lumping.relabellings[name]
            units = merges.get(name, frozenset())
            blocks = found.block[np.array(sorted(units), dtype=np.int64)]
            sizes = np.bincount(found.block[found.block >= 0], minlength=found.columns)
            counts = np.bincount(blocks[blocks >= 0], minlength=found.columns)
            whole = int(((counts == sizes) & (sizes > 0)).sum())  # of which one unit is there
            back = len(units) - whole + len(others.get(name, frozenset()) - units)
            total += back * self._unit(lumping, name)
        return total

    def _unit(self, lumping: Lumping, name: str) -> int:
        """About how many bytes one more unit of a tensor takes: its row and its columns."""
        makers, readers = self.around
        total = 0
        for segment in makers.get(name, []):
            total += item_size(self.network, name) * (1 + self._width(lumping, segment.input))
        for segment in readers.get(name, []):
            item = item_size(self.network, segment.output)
            total += item * self._width(lumping, segment.output)
        return total

    @cached_property
    def around(self) -> tuple[dict[str, list[Segment]], dict[str, list[Segment]]]:
        """The segments that make the units of each tensor, and those that read them."""
        makers: dict[str, list[Segment]] = {}
        readers: dict[str, list[Segment]] = {}
        for segment in self.network.segments:
            makers.setdefault(segment.output, []).append(segment)
            for name in roots(self.network, segment.input):
                readers.setdefault(name, []).append(segment)
        return makers, readers

    def _width(self, lumping: Lumping, name: str) -> int:
        found = lumping.of(name)
        return self.network.width.get(name, 0) if found is None else found.width
