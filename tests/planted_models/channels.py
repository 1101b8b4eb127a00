"""Channels of a stream, and which of them were planted.

stream: tensors that carry the same channels: what one layer makes, or all that residual sums tie
lead: the channel that another is a multiple of, wherever the stream is written
constant: a channel that is the same number everywhere, for every input
unread: a channel that no reader of the stream has a weight for

Why each goes exactly: a multiple is merged into its lead, the reader's columns are added up; a
constant goes into the reader's bias, or, where a reader pads, into another constant channel,
since behind ReLU all positive constants are multiples of each other (0 always goes); what
nobody reads is not needed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

KINDS: Final = ("multiple", "duplicate", "zero", "constant", "unread")
"""What may be planted in front of ReLU, or where no activation follows."""

BOUNDED: Final = ("duplicate", "zero", "duplicate", "unread")
"""What may be planted in front of any activation that keeps 0: no multiple, no constant but 0."""

AGAIN: Final = ("multiple", "duplicate", "zero", "unread")
"""What may be planted where readers normalise again: they make irrationals of constants but 0."""

LEVEL: Final = ("duplicate", "duplicate", "unread")
"""What may be planted in front of an activation that keeps nothing: only what is the same."""

KEPT: Final[dict[str, tuple[str, ...]]] = {
    "Relu": KINDS, "LeakyRelu": KINDS, "PRelu": KINDS, "Clip": BOUNDED, "HardSwish": BOUNDED,
    "Elu": BOUNDED, "Gelu": BOUNDED, "Silu": BOUNDED, "Sigmoid": LEVEL,
}  # fmt: skip
"""What may be planted in front of each activation."""

STOPPING: Final = ("Relu", "Clip")
"""Activations that make 0 of a constant below 0."""

_SCALES: Final = (2.0, 0.5, 3.0, 4.0, 0.25)
_VALUES: Final = (0.5, 1.0, 1.5, 2.0)
Array = np.ndarray[Any, Any]


@dataclass(frozen=True, slots=True, eq=False)
class Channels:
    """A stream's channels: each is `scale` times its `lead`, or `value` if it is constant.

    `value` is NaN where a channel is not constant, and what the layer adds where it is, before
    an activation; `by_norm` chooses between the two ways to plant in front of a normalisation.
    `kept` is how many constants have to stay.
    """

    lead: Array
    scale: Array
    value: Array
    unread: Array
    by_norm: Array
    kept: int

    @property
    def width(self) -> int:
        """How many channels there are."""
        return int(self.lead.size)

    @property
    def constant(self) -> Array:
        """Which channels are constant."""
        return ~np.isnan(self.value)

    @property
    def gone(self) -> int:
        """How many channels must go: all that were planted, but for constants that stay."""
        own = (self.lead == np.arange(self.width)) & ~self.constant & ~self.unread
        return self.width - int(own.sum()) - self.kept

    def bound(self, numbers: Array) -> Array:
        """One number for each channel, in step: multiples have their lead's, scaled."""
        return np.asarray(self.scale * numbers[self.lead])

    def same(self) -> Channels:
        """Channels of which those are duplicates that are here, and none constant."""
        ones, none = np.ones(self.width), np.full(self.width, np.nan)
        return Channels(self.lead, ones, none, self.unread, self.by_norm, 0)

    def with_zeros(self, rng: np.random.Generator, count: int, *, stops: bool = True) -> Channels:
        """The same, `count` more of the ordinary ones being constants, 0 but where one `stops`."""
        value, free = self.value.copy(), np.bincount(self.lead, minlength=self.width) == 1
        able = np.flatnonzero(free & ~self.constant & ~self.unread)
        chosen = rng.permutation(able)[: min(count, able.size - 1)]
        value[chosen] = np.resize([-0.5, 1.0, 0.0, 0.5] if stops else [0.0], chosen.size)
        return Channels(self.lead, self.scale, value, self.unread, self.by_norm, self.kept)


def beside(parts: Sequence[Channels]) -> Channels:
    """The channels of several streams, one after the other."""
    starts = np.cumsum([0, *(part.width for part in parts[:-1])])
    return Channels(
        np.concatenate([part.lead + start for part, start in zip(parts, starts, strict=True)]),
        np.concatenate([part.scale for part in parts]),
        np.concatenate([part.value for part in parts]),
        np.concatenate([part.unread for part in parts]),
        np.concatenate([part.by_norm for part in parts]),
        sum(part.kept for part in parts),
    )


def ordinary(width: int) -> Channels:
    """Channels of which none was planted."""
    places, none = np.arange(width), np.zeros(width, dtype=bool)
    return Channels(places, np.ones(width), np.full(width, np.nan), none, none, 0)


def planted(
    rng: np.random.Generator,
    width: int,
    count: int,
    *,
    kinds: Sequence[str] = KINDS,
    pads: bool = False,
    stops: bool = True,
) -> Channels:
    """So many channels, `count` of them planted, of these kinds in turn, at random places.

    `pads` says that some reader pads, or may; `stops` that constants below 0 become 0.
    """
    made = ordinary(width)
    scale, unread, by_norm = made.scale, made.unread.copy(), rng.random(width) < 0.5
    lead, value = made.lead.copy(), made.value
    chosen = rng.permutation(width)[:count]
    leads = np.setdiff1d(np.arange(width), chosen)
    for i, place in enumerate(chosen):
        kind = kinds[i % len(kinds)]
        if kind in ("multiple", "duplicate"):
            lead[place] = leads[i % leads.size]
            scale[place] = _SCALES[i // len(kinds) % len(_SCALES)] if kind == "multiple" else 1
        elif kind == "zero":
            value[place] = -_VALUES[i % len(_VALUES)] if i % 2 and stops else 0
        elif kind == "constant":
            value[place] = _VALUES[i % len(_VALUES)]
        else:
            unread[place] = True
    kept = int(pads and bool((value > 0).any()))
    return Channels(lead, scale, value, unread, by_norm, kept)
