"""Units of one run that activations make constants on a domain, wherever they are read.

Those that joins tie to others are asked about in `search.join`, by the same rule.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from lumpver.search.bundles import dark, let_go
from lumpver.search.families import alone as family
from lumpver.search.readers import held
from lumpver.search.shared import Bundle
from lumpver.search.withheld import units_of

if TYPE_CHECKING:
    from lumpver.model.relabelling import Mask
    from lumpver.search.sweeps import Forward


def gone(sweep: Forward, name: str) -> Mask:
    """The units that are constants on the domain behind activations, wherever they are read."""
    network, flat = sweep.network, sweep.flat()
    found = np.zeros(network.width[name], dtype=bool)
    if not flat or name in sweep.pinned:
        return found
    alone = Bundle((name,), (name,), family(network, name), found.size, {})
    kept = {*units_of(sweep.withheld.unused | sweep.withheld.constants, name)}
    for v in dark(network, alone, flat).tolist():
        found[v] = v not in kept and let_go(network, alone, {}, v, flat)
    return found


def with_one_left(sweep: Forward, name: str, constant: Mask, off: Mask) -> Mask:
    """The units that are off, but for one in each tensor that could not vanish as a whole."""
    found = off & np.ones(constant.size, dtype=bool)
    if not found.any():
        return found
    for units in held(sweep.network, name, family(sweep.network, name)):
        if (constant | found)[units].all():
            found[units[found[units]][:1]] = False
    return found
