"""How far two networks are apart at most on all inputs between 0 and 1: an outward bound.

It is the bound that `prove --eps` begins with, of each of a few parts, and no search.
"""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING

import numpy as np

from lumpver.claim.closeness import Within
from lumpver.claim.domain import Box, Boxes
from lumpver.exact.scalar import ZERO
from lumpver.nearness.covering import covered
from lumpver.nearness.judging import alike
from lumpver.nearness.questions import question, values
from lumpver.nearness.trees import inputs
from lumpver.search.beside import beside

if TYPE_CHECKING:
    from lumpver.model.network import Network


def deviation(one: Network, other: Network, entries: int, parts: int) -> float:
    """A number that no output differs by more than, for all inputs between 0 and 1.

    Each input's range is cut into so many parts.
    """
    domain = Boxes((Box.of({"x": [(0, 1)] * entries}),))
    twin = alike(one, other, domain, beside(one, other, domain.sizes, domain.sizes))
    cuts = np.linspace(0.0, 1.0, parts + 1)
    pieces = list(product(range(parts), repeat=entries)) if parts > 1 else [(0,) * entries]
    low, high = (np.array([[cuts[i + end] for i in piece] for piece in pieces]) for end in (0, 1))
    found = values(covered(twin, inputs(twin, low, high)), question(twin, Within(ZERO)))
    return float(max(0.0, -found.least.min()))
