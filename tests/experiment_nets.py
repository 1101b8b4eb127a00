"""Small made-up heads, images and outcomes for the tests of the experiment."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from experiments.paper.datasets import Images
from experiments.paper.heads import Head
from experiments.paper.results import Outcome, Variant, Verdict
from experiments.paper.settings import Settings
from experiments.paper.synthetic import Plan, overwritten, plan

if TYPE_CHECKING:
    from collections.abc import Sequence

SMALL: Final = Settings("few", model="mlp", hidden=(3, 6), fixed=4, terms=(2, 3), epochs=1)


def planned(family: str, terms: int = 2, *, seed: int = 0) -> tuple[Plan, Head]:
    """A head 4-3-8-2 with random float32 weights whose middle layer is synthetic."""
    made = plan(family, terms, width=8, fixed=5, seed=seed)
    random = np.random.default_rng(seed)

    def layer(rows: int, columns: int) -> tuple[np.ndarray, np.ndarray]:
        W = random.normal(size=(rows, columns)).astype(np.float32)
        return W, random.normal(size=rows).astype(np.float32)

    return made, Head(layer(3, 4), overwritten(*layer(8, 3), made), layer(2, 8))


def few(name: str = "few", *, count: int = 40, size: int = 2, seed: int = 0) -> Images:
    """Random images, the same ones to train and to test with, and as random labels."""
    random = np.random.default_rng(seed)
    pixels = random.integers(0, 16, (count, size, size), endpoint=True).astype(np.uint8)
    labels = np.arange(count) % 10
    return Images(name, 16, pixels, labels, pixels, labels)


def outcome(seed: int, *, right: Sequence[int] = (9, 9, 8), settings: Settings = SMALL) -> Outcome:
    """An outcome of ten tests and two nodes: variant by variant, one more answer is lost."""
    found = []
    for number, (family, terms) in enumerate(settings.variants):
        counts = tuple(max(0, count - (number if i else 0)) for i, count in enumerate(right))
        changed = tuple(counts[0] - count for count in counts)
        verdicts = (
            Verdict(4, "exact", "stable"),
            Verdict(5, "counterexample", "image", 7, "0.5")
            if number % 2
            else Verdict(5, "counterexample", "point", change="-1", point=("1/3", "0")),
        )
        found.append(Variant(family, terms, counts, changed, 3, 10, 1, 5, verdicts))
    return Outcome(settings, seed, 10, 9, tuple(found))
