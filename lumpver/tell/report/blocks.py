"""What became of every unit, as counts and as compact data that a page unfolds on demand.

The data is for a script to read: JSON that is safe inside HTML, each number brief.

left: units of the counterpart
off: units that stay where their activation is constant, as ReLU is below 0
combined: units that are sums over several blocks
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from lumpver.exact.array import entry, equal, nonzero
from lumpver.exact.scalar import text
from lumpver.tell.report.words import brief

if TYPE_CHECKING:
    from lumpver.claim.certificate import Certificate
    from lumpver.exact.array import Exact
    from lumpver.model.relabelling import Relabelling


@dataclass(frozen=True, slots=True)
class Fates:
    """How many units went which way; together they are all units of the original."""

    left: int
    merged: int
    combined: int
    constant: int
    off: int
    unused: int


@dataclass(frozen=True, slots=True)
class Changed:
    """A tensor that changed: its counterpart, units before and after, fates, and data."""

    name: str
    counterpart: str
    units: int
    width: int
    fates: Fates
    data: str


def fates(found: Relabelling) -> Fates:
    """What became of the units that a relabelling is for.

    Examples
    --------
    >>> from lumpver.exact.array import array, zeros
    >>> from lumpver.model.relabelling import Relabelling
    >>> fates(Relabelling(np.array([0, 0, -1, 1]), array([1, 2, 1, 1]), zeros(4), 1, 1))
    Fates(left=1, merged=1, combined=0, constant=1, off=0, unused=1)
    """
    live = found.block[(found.block >= 0) & (found.block < found.width)]
    left = np.unique(live).size
    combined = np.unique(found.mixed.unit)
    hidden = np.unique(found.mixed.unit[found.mixed.block >= found.width])
    off = int(np.isin(found.block, found.off).sum())
    ghosts = int((found.block >= found.width).sum())
    return Fates(
        left,
        live.size - left,
        combined.size - hidden.size,
        int(found.fixed.sum()),
        off,
        ghosts - off + hidden.size,
    )


def changed(certificate: Certificate) -> tuple[Changed, ...]:
    """The tensors that a certificate relabels, in its order."""
    return tuple(
        Changed(
            name,
            claim.counterpart or "",
            found.units,
            found.width,
            fates(found),
            embedded(_document(found)),
        )
        for name, claim in certificate.leads.items()
        if (found := claim.relabelling) is not None and not found.is_identity
    )


def renamed(certificate: Certificate) -> tuple[tuple[str, str], ...]:
    """The tensors of which the certificate says nothing but their counterpart's name."""
    return tuple(
        (name, claim.counterpart or "none")
        for name, claim in certificate.leads.items()
        if claim.relabelling is None and claim.since is None
    )


def embedded(document: Any) -> str:
    r"""JSON in ASCII that ends no element of a page it stands in.

    Examples
    --------
    >>> print(embedded({"</script>": "\u2028&"}))
    {"\u003c/script\u003e":"\u2028\u0026"}
    """
    shown = json.dumps(document, ensure_ascii=True, separators=(",", ":"), sort_keys=True)
    for letter in "<>&":
        shown = shown.replace(letter, f"\\u{ord(letter):04x}")
    return shown


def _document(found: Relabelling) -> dict[str, Any]:
    """The relabelling, numbers that are not the usual ones only: scale 1, constant 0."""
    used = found.block >= 0
    scaled = used & ~equal(found.scale, np.ones(found.units))
    shifted = nonzero(found.constant)
    mixed: dict[int, list[Any]] = {}
    for i, (unit, column) in enumerate(zip(found.mixed.unit, found.mixed.block, strict=True)):
        number = brief(text(entry(found.mixed.scale, i)))
        mixed.setdefault(int(unit), []).append([int(column), number])
    return {
        "width": found.width,
        "block": found.block.tolist(),
        "scale": _sparse(found.scale, scaled),
        "constant": _sparse(found.constant, shifted),
        "mixed": mixed,
        "off": found.off.tolist(),
    }


def _sparse(numbers: Exact, chosen: np.ndarray[Any, Any]) -> dict[int, str]:
    return {int(v): brief(text(entry(numbers, int(v)))) for v in np.flatnonzero(chosen)}
