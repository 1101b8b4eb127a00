"""Why a unit went: one unit of a certificate, in words and numbers.

Read from the certificate alone; what it says is what the checker checks.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lumpver.errors import Malformed
from lumpver.exact.array import entry
from lumpver.exact.scalar import text

if TYPE_CHECKING:
    from lumpver.certificate import Certificate


@dataclass(frozen=True, slots=True)
class Explanation:
    """What became of one unit: its fate, its numbers, and a sentence that says it.

    `fate` is kept, merged, combined, constant or unused; `block` and `scale` belong to the
    reduced tensor `counterpart`, `partners` are the other members of the block, `combination`
    has the blocks and scales of a unit that is a sum of several.
    """

    unit: str
    fate: str
    sentence: str
    counterpart: str | None = None
    block: int | None = None
    scale: str | None = None
    constant: str | None = None
    partners: tuple[int, ...] = ()
    combination: tuple[tuple[int, str], ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """What `lumpver explain --json` prints."""
        return {
            "unit": self.unit,
            "fate": self.fate,
            "sentence": self.sentence,
            "counterpart": self.counterpart,
            "block": self.block,
            "scale": self.scale,
            "constant": self.constant,
            "partners": list(self.partners),
            "combination": [list(pair) for pair in self.combination],
        }

    def _repr_html_(self) -> str:
        from lumpver.report.notebook import explanation_html  # noqa: PLC0415 display only

        return explanation_html(self)


def explain(certificate: Certificate, unit: str) -> Explanation:
    """What the certificate says about `tensor[index]`.

    Raises
    ------
    Malformed
        If that names no unit of a tensor that the certificate knows.

    Examples
    --------
    >>> from lumpver.network import Network
    >>> from lumpver.reduction import reduce
    >>> twins = Network.from_layers([([[1], [2]], None), ([[1, 1]], None)])
    >>> print(explain(reduce(twins).certificate, "h1.pre[1]").sentence)
    For every input, h1.pre[1] = 2 * reduced h1.pre[0]; merged with unit 0.
    """
    name, index = _split(certificate, unit)
    claim = certificate.tensors[name]
    found = claim.relabelling
    if found is None or index >= found.units:
        count = 0 if found is None else found.units
        raise Malformed("unit", expected=f"an index below {count} in {name}", got=unit[:60])
    label, j = f"{name}[{index}]", int(found.block[index])
    constant = text(entry(found.constant, index))
    if j in found.off:
        return Explanation(label, "constant", _off(label))
    if found.fixed[index]:
        sentence = (
            f"For every input, {label} = {constant}: no varying input reaches it; its constant"
            " was folded into the biases that read it."
        )
        return Explanation(label, "constant", sentence, constant=constant)
    if j < 0:
        row = tuple((column, text(value)) for column, value in found.row(index))
        return _combination(label, claim.counterpart, row, constant)
    partners = tuple(int(v) for v in found.members(j) if v != index)
    scale = text(entry(found.scale, index))
    if j >= found.width:
        with_whom = f", nor on its multiples {_listed(partners)}" if partners else ""
        sentence = (
            f"No output depends on {label}{with_whom}: after merging, every weight that reads"
            " it is 0."
        )
        return Explanation(label, "unused", sentence, scale=scale, partners=partners)
    image = f"reduced {claim.counterpart}[{j}]"
    equation = image if scale == "1" else f"{scale} * {image}"
    equation += "" if constant == "0" else f" + {constant}"
    fate = "merged" if partners else "kept"
    tail = f"; merged with unit{'s' * (len(partners) > 1)} {_listed(partners)}" if partners else ""
    return Explanation(
        label,
        fate,
        f"For every input, {label} = {equation}{tail}.",
        claim.counterpart,
        j,
        scale,
        None if constant == "0" else constant,
        partners,
    )


def _off(label: str) -> str:
    return (
        f"For every input, {label} <= 0: what it reads is never negative, and its weights and"
        " bias are all <= 0. Its ReLU makes it 0."
    )


def _combination(
    label: str, counterpart: str | None, row: tuple[tuple[int, str], ...], constant: str
) -> Explanation:
    """A unit that never switches and is a sum of others that never do."""
    images = [(scale, f"reduced {counterpart}[{j}]") for j, scale in row[:8]]
    parts = [image if scale == "1" else f"{scale} * {image}" for scale, image in images]
    parts += [f"{len(row) - 8} more"] if len(row) > 8 else []
    parts += [] if constant == "0" else [constant]
    sentence = (
        f"For every input, {label} = {' + '.join(parts)}; neither it nor any of those ever goes"
        " below 0, so ReLU leaves them as they are."
    )
    held = None if constant == "0" else constant
    return Explanation(label, "combined", sentence, counterpart, constant=held, combination=row)


def _split(certificate: Certificate, unit: str) -> tuple[str, int]:
    name, _, index = unit.rpartition("[")
    digits = index.removesuffix("]")
    if name in certificate.tensors and digits != index and digits.isdecimal() and len(digits) < 19:
        return name, int(digits)
    known = ", ".join(list(certificate.tensors)[:5]) or "none: every unit was kept as it is"
    raise Malformed("unit", expected=f"tensor[index] of a changed tensor ({known})", got=unit[:60])


def _listed(units: tuple[int, ...]) -> str:
    shown = ", ".join(str(u) for u in units[:8])
    return shown if len(units) <= 8 else f"{shown} and {len(units) - 8} more"
