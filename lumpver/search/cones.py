"""Units that never switch for all inputs, seen from forms: by the cone, or by a few cases.

A few points tell most units apart: what is positive at one and negative at another switches. For
what is left the multipliers are looked for that show it, exactly; columns of the form whose own
factor has the wrong sign have to be split, and one more may be.

suspect: a unit that had one sign at all points that were tried
turned: a factor, as it counts for the columns of slopes above 1

References
----------
Theory F.2: the cone rule, and what it does not see.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, assert_never

import numpy as np

from lumpver.claim.signs import Sign, Signs
from lumpver.errors import TooLarge
from lumpver.exact.array import negative, positive
from lumpver.model.forms import Columns, starting
from lumpver.model.network import Join, Linear, Opaque, Pick, Pointwise, Pool, Rearrange
from lumpver.model.regions import between, follow
from lumpver.model.segments import aggregate
from lumpver.model.several import kinds
from lumpver.search.multipliers import MOST_SPLIT, Look
from lumpver.search.points import values
from lumpver.search.reflections import reflects
from lumpver.search.regions import regions
from lumpver.search.simplex import Effort

if TYPE_CHECKING:
    from lumpver.model.network import Network
    from lumpver.model.relabelling import Mask
    from lumpver.search.regions import Region

Claim = tuple[int, bool]  # a unit, and whether it is never negative, or never positive

_SLACK: Final = 1e-5  # of a unit's largest value, within which floats may have lost a sign
_SUMS: Final = 64  # roundings of a layer's largest value that a unit may have met
_ROOM: Final = 2**20  # entries of forms
_EFFORT: Final = 2**18  # products, some tenths of a second
_FEW, _MORE = 8, 64  # points
_LEAST: Final = 2  # activations: what one layer makes of anything has both signs


def never_switching(network: Network) -> dict[str, Signs]:
    """Units of tensors that activations read which never switch, as far as that is seen.

    Examples
    --------
    >>> from lumpver.model.network import Network
    >>> first, second = [[1, 0], [0, 1], [1, 1]], [[-1, -1, 1], [1, 1, 1]]
    >>> layers = [(first, None), (second, None), ([[1, 1]], None)]
    >>> [found] = never_switching(Network.from_layers(layers)).values()
    >>> [(one.unit, one.up, one.split) for one in found.units]
    [(0, False, (4,))]
    """
    found: dict[str, Signs] = {}
    for region in regions(network):
        bends = [node for node in region.nodes if isinstance(node, Pointwise)]
        if len(bends) >= _LEAST:
            found |= _of_region(network, region)
    return found


def known(found: dict[str, Signs]) -> dict[str, dict[int, bool]]:
    """Of each tensor the units that are never negative, or, with False, never positive."""
    return {name: {one.unit: one.up for one in some.units} for name, some in found.items()}


def _of_region(network: Network, region: Region) -> dict[str, Signs]:
    never = _never_negative(network, region.start)
    doubtful = _doubtful(network, region)
    if doubtful is not None and not any(some.any() for some in doubtful.values()):
        return {}
    suspects = _suspects(region, _FEW, never_negative=never)
    if suspects:
        again = _suspects(region, _MORE, never_negative=never)
        suspects = {name: some & again.get(name, set()) for name, some in suspects.items()}
    suspects = suspects if doubtful is None else _within(suspects, doubtful)
    if not any(suspects.values()):
        return {}
    columns = Columns(region.inputs, room=_ROOM)
    look = Look(columns, Effort(_EFFORT), never)
    forms = {region.start: starting(region.inputs)}
    found: dict[str, Signs] = {}
    try:
        for node in region.nodes:
            shown: dict[int, Sign] = {}
            both = suspects.get(node.input, set())
            if not both or between(network, region.start, node.input) is None:
                both = set[Claim]()  # there is nothing yet that mixes units
            for unit, up in sorted(both - _plain(network, node.input) if both else both):
                if unit not in shown:
                    sign = look.shown(forms[node.input][unit], unit, up=up)
                    shown |= {} if sign is None else {unit: sign}
            if shown:
                found[node.input] = Signs(region.start, tuple(shown.values()))
            follow([node], forms, columns, known(found))
    except TooLarge:
        pass
    return found


def _never_negative(network: Network, name: str) -> bool:
    """Whether a tensor is what an activation makes that is never negative, moved about."""
    while True:
        node = network.producers.get(name)
        match node:
            case Pointwise():
                lows = [function.image(None, None)[0] for function in kinds(node.activation)]
                return all(low is not None and bool(low >= 0) for low in lows)
            case Rearrange():
                name = node.input
            case Pool():
                if node.operator != "max":
                    return False
                name = node.input
            case Linear() | Join() | Pick() | Opaque() | None:
                return False
            case _:
                assert_never(node)


def _doubtful(network: Network, region: Region) -> dict[str, Mask] | None:
    """Units with few weights of one sign, where no two units of a layer share a hyperplane.

    Else each weight is a factor in the unit's form, and more would have to be split than may be.
    None where that is not so, and any unit may be one.
    """
    names = [node.input for node in region.nodes if isinstance(node, Pointwise)]
    segments = [network.ends[name] for name in names if name in network.ends]
    if len(segments) < len(names) or reflects(segments):
        return None
    found: dict[str, Mask] = {}
    for segment in segments[1:]:
        W, _ = aggregate(segment, None, network.width.get(segment.input, 0))
        below, above = (sign(W).sum(axis=1) for sign in (negative, positive))
        found[segment.output] = (np.minimum(below, above) <= MOST_SPLIT) & (below + above > 0)
    return found


def _within(suspects: dict[str, set[Claim]], doubtful: dict[str, Mask]) -> dict[str, set[Claim]]:
    """The suspects that are doubtful; behind the first of them forms reach back, and all are."""
    found: dict[str, set[Claim]] = {}
    for name, some in suspects.items():
        found[name] = (
            some
            if any(found.values())
            else {(unit, up) for unit, up in some if name not in doubtful or doubtful[name][unit]}
        )
    return found


def _suspects(region: Region, count: int, *, never_negative: bool) -> dict[str, set[Claim]]:
    """Units that had one sign at so many points, or were 0, but for the first activation's."""
    found: dict[str, set[Claim]] = {}
    for place, (name, x) in enumerate(values(region, count, never_negative=never_negative)):
        sizes = np.abs(x)
        lost = sizes.max(axis=1, keepdims=True) * _SLACK
        lost = lost + sizes.max(axis=0) * (float(np.finfo(x.dtype).eps) * _SUMS)
        ups, downs = (x >= -lost).all(axis=1), (x <= lost).all(axis=1)
        if place and (ups | downs).any():
            found[name] = {(v, True) for v in np.flatnonzero(ups).tolist()}
            found[name] |= {(v, False) for v in np.flatnonzero(downs).tolist()}
    return found


def _plain(network: Network, name: str) -> set[Claim]:
    """Units of which weights alone tell the sign, where what they read is never negative."""
    if _never_negative(network, name):
        return {(v, up) for v in range(network.width.get(name, 0)) for up in (True, False)}
    segment = network.ends.get(name)
    if segment is None or not _never_negative(network, segment.input):
        return set()
    W, b = aggregate(segment, None, network.width.get(segment.input, 0))
    found = set[Claim]()
    for wrong, up in ((negative, True), (positive, False)):
        some = ~(wrong(W).any(axis=1) | wrong(b))
        found |= {(v, up) for v in np.flatnonzero(some).tolist()}
    return found
