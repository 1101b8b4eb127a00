"""The limits of NNet files: programs that run them clip each input to its limits first.

The network that is read does not clip. What is shown of two networks holds for what such
programs compute if the files have the same limits; if only one has any, then within them.

limits: least and largest value per input, None where there is none
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Final, TypeAlias

from lumpver.claim.domain import Boxes, empty, meet
from lumpver.errors import Malformed, NotANumber, ShapeMismatch
from lumpver.io.nnet.header import LIMIT, Header, decimals

if TYPE_CHECKING:
    from collections.abc import Sequence

    from flint import fmpq

    from lumpver.model.network import Network

Limit = tuple["fmpq | None", "fmpq | None"]
End: TypeAlias = "fmpq | str | None"

_INFINITE: Final = frozenset({"inf", "infinity"})
_NAMED: Final = 3
OURS: Final = "the original"
THEIRS: Final = "the reduced model"


def stated_limits(network: Network) -> tuple[tuple[End, End], ...] | None:
    r"""What the file that the network was read from states; None if it states no limits.

    An end is a number, None for an infinity that means no limit, else the word that stands
    there.

    Raises
    ------
    ShapeMismatch
        If a header made by hand has fewer limits than the network inputs.

    Examples
    --------
    >>> from lumpver.io.nnet.reading import read
    >>> data = b"1,1,1,1,\n1,1,\n0,\n-inf,\n9,\n0,0,\n1,1,\n2,\n0,\n"
    >>> stated_limits(read(data, where="f"))
    ((None, 9),)
    """
    header = network.source
    if not isinstance(header, Header):
        return None
    size = network.inputs[0].shape
    inputs = size[0] if size and isinstance(size[0], int) else len(header.minima)
    found = min(len(header.minima), len(header.maxima))
    if found < inputs:
        raise ShapeMismatch("header", expected=f"{inputs} limits", got=str(found))
    lows = [_end(cell, "-") for cell in header.minima[:inputs]]
    highs = [_end(cell, "") for cell in header.maxima[:inputs]]
    return tuple(zip(lows, highs, strict=True))


def limits_of(network: Network) -> tuple[Limit, ...] | None:
    """The same, as what programs clip to.

    Raises
    ------
    Malformed
        If a limit is no number, or a minimum is above its maximum: programs differ there.
    """
    found = stated_limits(network)
    if found is None:
        return None
    result: list[Limit] = []
    for i, (low, high) in enumerate(found):
        if isinstance(low, str) or isinstance(high, str) or _crossed(low, high):
            raise Malformed(
                f"limits of {network.inputs[0].name}[{i}]",
                expected="a minimum, and a maximum not below it",
                got=f"{low} and {high}"[:80],
            )
        result.append((low, high))
    return tuple(result)


def _crossed(low: fmpq | None, high: fmpq | None) -> bool:
    return low is not None and high is not None and bool(low > high)


def _end(cell: str, sign: str) -> End:
    """The number; None for an infinity of that sign."""
    word = cell.strip().lower().removeprefix("+")
    if word.startswith(sign) and word.removeprefix(sign) in _INFINITE:
        return None
    try:
        return decimals([cell], where="limit")[0]
    except NotANumber:
        return cell.strip()


def beyond(network: Network, domain: Boxes) -> str | None:
    r"""The first entry that a box keeps outside the limits: programs clip it out of the box.

    Where a range meets the limits, what is clipped is in both. None where every range does.

    Examples
    --------
    >>> from lumpver.claim.domain import Box
    >>> from lumpver.io.nnet.reading import read
    >>> network = read(b"1,1,1,1,\n1,1,\n0,\n0,\n1,\n0,0,\n1,1,\n2,\n0,\n", where="f")
    >>> beyond(network, Boxes((Box.of({"x": [(2, 3)]}),)))
    'x[0]'
    """
    limits = limits_of(network) or ()
    name = network.inputs[0].name if network.inputs else ""
    for box in domain.boxes:
        for i, (ours, given) in enumerate(
            zip(limits, dict(box.ranges).get(name, ()), strict=False)
        ):
            if empty(meet(ours, given)):
                return f"{name}[{i}]"
    return None


def limiting(original: Network, reduced: Network) -> str | None:
    """Which of the two clips its inputs, if the other does not, by name."""
    ours, theirs = stated_limits(original), stated_limits(reduced)
    if (ours is None) == (theirs is None):
        return None
    return THEIRS if ours is None else OURS


def limits_note(original: Network, reduced: Network) -> tuple[str, ...]:
    """What a claim that both compute the same for all inputs leaves open, where one clips.

    Nothing where both have the same limits or none; others are not the same function.
    """
    one = limiting(original, reduced)
    if one is None:
        return ()
    other = THEIRS if one == OURS else OURS
    found = stated_limits(original if one == OURS else reduced)
    note = (
        f"programs that run {one}, a .nnet file, clip its inputs to its minima and maxima, and"
        f" {other} does not: the claim is for inputs within them ({told(found or ())})"
    )
    return (note,)


def export_note(network: Network, *, nnet: bool) -> tuple[str, ...]:
    """What changes for programs when a network is written in another format.

    Examples
    --------
    >>> from lumpver.model.network import Network
    >>> export_note(Network.from_layers([([[1]], None)]), nnet=True)
    ('programs clip the inputs of a .nnet file, here to -1e30 and 1e30',)
    """
    found = stated_limits(network)
    if (found is None) != nnet:
        return ()
    if found is None:
        return (f"programs clip the inputs of a .nnet file, here to -{LIMIT} and {LIMIT}",)
    return (f"programs clip the inputs of the .nnet file, and not of this one: {told(found)}",)


def told(found: Sequence[tuple[End, End]]) -> str:
    """The limits in words, as many as are read.

    Examples
    --------
    >>> from flint import fmpq
    >>> told([(fmpq(-1), fmpq(1, 2)), (None, fmpq(3))])
    'x[0] from -1 to 1/2, x[1] up to 3'
    """
    words = [f"x[{i}] {_range(*ends)}" for i, ends in enumerate(found[:_NAMED])]
    rest = len(found) - _NAMED
    return ", ".join(words) + (f" and {rest} more" if rest > 0 else "")


def _range(low: End, high: End) -> str:
    if low is None:
        return "as it is" if high is None else f"up to {_short(high)}"
    return f"from {_short(low)}" + ("" if high is None else f" to {_short(high)}")


def _short(value: fmpq | str) -> str:
    """The number, or about how large it is where it is long; a word as it stands there."""
    if isinstance(value, str):
        return repr(value[:20])
    text = str(value)
    if len(text) <= 20:
        return text
    return f"about {(Decimal(int(value.p)) / int(value.q)).normalize():.6g}"
