"""What a run of the experiment is made of, and the three runs that the project knows.

Settings go into the results as they are: the same settings, seed and versions give the
same numbers.

model: `cnn` is the paper's network, trained with torch; `mlp` is scikit-learn's
fixed: how many nodes of the synthetic layer are kept; all others become combinations
terms: how many fixed nodes each combination has, one variant per number
"""

from __future__ import annotations

from typing import Final

import msgspec

FAMILIES: Final = ("same", "mixed", "signed")


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One run: the network, its training, and the variants made of it.

    Examples
    --------
    >>> MNIST.hidden, MNIST.fixed, len(MNIST.variants)
    ((16, 128), 64, 9)
    """

    dataset: str
    model: str = "cnn"
    hidden: tuple[int, int] = (16, 128)
    filters: int = 32
    padding: int = 0
    fixed: int = 64
    families: tuple[str, ...] = FAMILIES
    terms: tuple[int, ...] = (2, 3, 4)
    epochs: int = 3
    retraining: int = 1
    batch: int = 128
    rate: float = 1e-3
    threads: int = 1
    exact_images: int = 1000

    @property
    def variants(self) -> tuple[tuple[str, int], ...]:
        """Every family with every number of terms, in order."""
        return tuple((family, terms) for family in self.families for terms in self.terms)

    @property
    def combined(self) -> int:
        """How many nodes can be pruned."""
        return self.hidden[1] - self.fixed


MNIST: Final = Settings("mnist")
DIGITS: Final = Settings("digits", padding=1, epochs=60, retraining=30, batch=32)
LIVE: Final = Settings(
    "digits",
    model="mlp",
    hidden=(16, 32),
    filters=0,
    fixed=16,
    epochs=60,
    retraining=0,
    batch=32,
)
