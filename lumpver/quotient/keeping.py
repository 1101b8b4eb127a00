"""Units that are to stay, by the names that people give them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from lumpver.errors import Malformed
from lumpver.search.families import origins

if TYPE_CHECKING:
    from lumpver.model.network import Network

_INDEX: Final = re.compile(r"(?P<first>\d{0,18})(?::(?P<end>\d{0,18}))?\]", re.ASCII)


def units_named(network: Network, name: str) -> list[tuple[str, int]]:
    """The units that `tensor[3]`, `tensor[2:5]` or `tensor` means, at the segment that makes them.

    Raises
    ------
    Malformed
        If there is no such tensor or unit, or a range is empty or leads beyond the last unit.

    Examples
    --------
    >>> from lumpver.model.network import Network
    >>> three = Network.from_layers([([[1], [2], [3]], None), ([[1, 1, 1]], None)])
    >>> units_named(three, "h1[1:]")
    [('h1.pre', 1), ('h1.pre', 2)]
    """
    tensor, bracket, index = (name, "", "") if name in network.tensors else name.rpartition("[")
    tensor = tensor or index  # no bracket at all
    entries = origins(network, tensor) if tensor in network.tensors else []
    if not entries:
        expected = "a tensor with units, tensor[index] or tensor[first:end]"
        raise Malformed("unit", expected=expected, got=name[:60])
    count = len(entries)
    if not bracket:
        return list(dict.fromkeys(entries))
    found = _INDEX.fullmatch(index)
    if found is None or (":" not in index and not found["first"]):
        raise Malformed("unit", expected=f"an index below {count} in {tensor}", got=name[:60])
    first = int(found["first"] or 0)
    end = first + 1 if ":" not in index else int(found["end"] or count)
    if not first < end <= count:
        expected = f"an index below {count}" if ":" not in index else f"a range within 0:{count}"
        raise Malformed("unit", expected=f"{expected} in {tensor}", got=name[:60])
    return sorted(set(entries[first:end]))
