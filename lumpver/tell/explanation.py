"""Why a unit went: one unit of a certificate, in words and numbers.

Read from the certificate alone; what it says is what the checker checks.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

from lumpver.errors import Malformed
from lumpver.exact.array import entry
from lumpver.exact.scalar import text
from lumpver.quotient.keeping import units_named
from lumpver.tell.remade import multiplied, stretches, within
from lumpver.tell.summary import gone

if TYPE_CHECKING:
    from lumpver.claim.certificate import Certificate
    from lumpver.model.network import Network
    from lumpver.model.relabelling import Relabelling


@dataclass(frozen=True, slots=True)
class Explanation:
    """What became of one unit: its fate, its numbers, and a sentence that says it.

    `fate` is kept, merged, combined, constant, unused, unchanged (in a layer of which the
    certificate says nothing), derived (it follows from other tensors), remade (what it was part
    of was made anew, and it has no counterpart) or multiplied (its layer was multiplied out into
    what reads it, on a box). `block` and `scale`
    belong to the reduced tensor `counterpart`, `partners` are the other members of the block,
    `combination` has the blocks and scales of a unit that is a sum of several.
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


@dataclass(frozen=True, slots=True)
class Changed:
    """One layer of which a certificate says something: its units, and where they went."""

    name: str
    units: int
    left: int
    merged: int
    constant: int
    unused: int

    def as_dict(self) -> dict[str, Any]:
        """What `lumpver explain --json` prints of it."""
        return asdict(self)


def overview(certificate: Certificate) -> tuple[Changed, ...]:
    """The layers that changed, with the counts that `reduce` shows of them.

    Examples
    --------
    >>> from lumpver.model.network import Network
    >>> from lumpver.reducing.reduction import reduce
    >>> twins = Network.from_layers([([[1], [2]], None), ([[1, 1]], None)])
    >>> overview(reduce(twins).certificate)
    (Changed(name='h1.pre', units=2, left=1, merged=1, constant=0, unused=0),)
    """
    return tuple(
        Changed(name, claim.relabelling.units, claim.relabelling.width, *gone(claim.relabelling))
        for name, claim in certificate.leads.items()
        if claim.relabelling is not None
    )


def explain(certificate: Certificate, unit: str, *, model: Network | None = None) -> Explanation:
    """What the certificate says about `tensor[index]`.

    A unit of a layer that it does not name is unchanged, or part of what was made anew; which
    layers there are only the model says, which has the unit where it is given.

    Raises
    ------
    Malformed
        If that is no `tensor[index]`, or beyond the units of a tensor that changed; or the
        certificate has a covering, which says nothing of units.
    TypeError
        If it is no text at all.

    Examples
    --------
    >>> from lumpver.model.network import Network
    >>> from lumpver.reducing.reduction import reduce
    >>> twins = Network.from_layers([([[1], [2]], None), ([[1, 1]], None)])
    >>> print(explain(reduce(twins).certificate, "h1.pre[1]").sentence)
    For every input, h1.pre[1] = 2 * reduced h1.pre[0]; merged with unit 0.
    """
    if not isinstance(unit, str):
        got = type(unit).__name__
        raise TypeError(f"unit: expected a name such as 'h1[3]', got {got}")
    if certificate.covering is not None:
        got = f"one that has {certificate.covering}"
        raise Malformed("unit", expected="a certificate of a reduction", got=got)
    name, index = _split(certificate, unit)
    holds = f"For {certificate.claim.each}"
    claim = certificate.leads.get(name)
    if claim is None:
        return _unnamed(certificate, name, index, model)
    found = claim.relabelling
    if claim.since is not None:
        return _end(_Place(f"{name}[{index}]", claim.counterpart, holds), index, claim.since, name)
    if found is None:
        said = f"{name}[{index}] follows from what it is computed of, which is explained itself."
        return Explanation(f"{name}[{index}]", "derived", said, claim.counterpart)
    if index >= found.units:
        raise Malformed("unit", expected=f"an index below {found.units} in {name}", got=unit[:60])
    place = _Place(f"{name}[{index}]", claim.counterpart, holds)
    told = _told(place, found, index)
    many = len(certificate.tensors[name])
    if many == 1:
        return told
    more = f"{told.sentence} This is one of {many} facts about {name}: each reader uses its own."
    return replace(told, sentence=more)


@dataclass(frozen=True, slots=True)
class _Place:
    """A unit of a tensor with that counterpart, and where what is said of it holds."""

    label: str
    counterpart: str | None
    holds: str


def _told(place: _Place, found: Relabelling, index: int) -> Explanation:
    """What a relabelling says about one of its units."""
    label, counterpart = place.label, place.counterpart
    j = int(found.block[index])
    constant = text(entry(found.constant, index))
    if j in found.off:
        return Explanation(label, "constant", _off(place))
    if found.fixed[index]:
        sentence = (
            f"{place.holds}, {label} = {constant}: no varying input reaches it; its constant"
            " was folded into the biases that read it."
        )
        return Explanation(label, "constant", sentence, constant=constant)
    if j < 0:
        row = tuple((column, text(value)) for column, value in found.row(index))
        return _combination(place, row, constant)
    partners = tuple(int(v) for v in found.members(j) if v != index)
    scale = text(entry(found.scale, index))
    if j >= found.width:
        with_whom = f", nor on its multiples {_listed(partners)}" if partners else ""
        sentence = (
            f"No output depends on {label}{with_whom}: after merging, every weight that reads"
            " it is 0."
        )
        return Explanation(label, "unused", sentence, scale=scale, partners=partners)
    image = f"reduced {counterpart}[{j}]"
    equation = image if scale == "1" else f"{scale} * {image}"
    equation += "" if constant == "0" else f" + {constant}"
    fate = "merged" if partners else "kept"
    tail = f"; merged with unit{'s' * (len(partners) > 1)} {_listed(partners)}" if partners else ""
    return Explanation(
        label,
        fate,
        f"{place.holds}, {label} = {equation}{tail}.",
        counterpart,
        j,
        scale,
        None if constant == "0" else constant,
        partners,
    )


def _off(place: _Place) -> str:
    return (
        f"{place.holds}, {place.label} stays where its activation is constant, as ReLU is below 0:"
        " bounds of what it reads leave it nothing else."
    )


def _combination(place: _Place, row: tuple[tuple[int, str], ...], constant: str) -> Explanation:
    """A unit that never switches and is a sum of others that never do."""
    counterpart = place.counterpart
    images = [(scale, f"reduced {counterpart}[{j}]") for j, scale in row[:8]]
    parts = [image if scale == "1" else f"{scale} * {image}" for scale, image in images]
    parts += [f"{len(row) - 8} more"] if len(row) > 8 else []
    parts += [] if constant == "0" else [constant]
    sentence = (
        f"{place.holds}, {place.label} = {' + '.join(parts)}; it and all of those stay where their"
        " activation leaves them alone, as ReLU does above 0."
    )
    held = None if constant == "0" else constant
    return Explanation(
        place.label, "combined", sentence, counterpart, constant=held, combination=row
    )


def _end(place: _Place, index: int, start: str, end: str) -> Explanation:
    """A unit of the tensor in which what was made anew ends."""
    sentence = (
        f"{place.holds}, {place.label} = reduced {place.counterpart}[{index}]: all from {start} to"
        f" {end} was made anew, and has the same form in terms of {start}."
    )
    return Explanation(place.label, "kept", sentence, place.counterpart, index, "1")


def _unnamed(certificate: Certificate, name: str, index: int, model: Network | None) -> Explanation:
    """A unit of a layer that the certificate does not name."""
    label, anew = f"{name}[{index}]", stretches(certificate)
    if name in multiplied(certificate, model):
        sentence = (
            f"For {certificate.claim.each}, the activation of {label} is one line: its layer was"
            " multiplied out into what reads it, and it has no counterpart."
        )
        return Explanation(label, "multiplied", sentence)
    for start, end in anew:
        if model is not None and name in within(model, start, end):
            return Explanation(label, "remade", _remade(label, start, end))
    named = list(certificate.tensors)
    if f"{name}.pre" in named:  # what an activation makes of it, as `Network.from_layers` names it
        raise Malformed("unit", expected=f"a unit of {name}.pre, which changed", got=name[:60])
    there = "" if model else f", if the model has a layer {name} (--model looks it up)"
    there += " that was not made anew" if anew and not model else ""
    sentence = f"{label} is unchanged{there}: the certificate changes {_changed(certificate)}."
    return Explanation(label, "unchanged", sentence)


def _remade(label: str, start: str, end: str) -> str:
    return (
        f"{label} has no counterpart: all from {start} to {end} was made anew, and what is there"
        f" now makes the same of {start}."
    )


def _changed(certificate: Certificate) -> str:
    anew = dict.fromkeys(end for _, end in stretches(certificate))
    named = [name for name in certificate.tensors if name not in anew]
    named += [f"all from {start} to {end}" for start, end in stretches(certificate)]
    rest = f" and {len(named) - 5} more" if len(named) > 5 else ""
    return f"{', '.join(named[:5])}{rest}" if named else "nothing"


def unit_of(network: Network, unit: str) -> str:
    """The unit of a layer that `tensor[index]` means in a network: behind an activation, too.

    Raises
    ------
    Malformed
        If the network has no such unit.

    Examples
    --------
    >>> from lumpver.model.network import Network
    >>> unit_of(Network.from_layers([([[1], [2]], None), ([[1, 1]], None)]), "h1[1]")
    'h1.pre[1]'
    """
    found = units_named(network, unit)
    if len(found) != 1 or not unit.endswith("]"):
        raise Malformed("unit", expected="one unit, as tensor[index]", got=unit[:60])
    place, index = found[0]
    return f"{place}[{index}]"


def _split(certificate: Certificate, unit: str) -> tuple[str, int]:
    name, bracket, index = unit.rpartition("[")
    digits = index.removesuffix("]")
    number = digits != index and digits.isascii() and digits.isdecimal() and len(digits) < 19
    if bracket and number and (name or name in certificate.tensors):
        return name, int(digits)
    expected = f"tensor[index]; the certificate changes {_changed(certificate)}"
    raise Malformed("unit", expected=expected, got=unit[:60])


def _listed(units: tuple[int, ...]) -> str:
    shown = ", ".join(str(u) for u in units[:8])
    return shown if len(units) <= 8 else f"{shown} and {len(units) - 8} more"
