"""Hints for `lumpcheck`: of which columns the units of two dense chains are, in exact text.

All that is in them is found again from the networks and the signs in a certificate; `lumpcheck`
believes none of it. `proofs/rocq/checker/README.md` has the grammar.

hint: how an activated unit is to be written, a line or a few
why: multipliers of sides, by column and whether it is r - a h, or r - h
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, assert_never

from lumpver.errors import Unrepresentable
from lumpver.exact.array import negative
from lumpver.exact.scalar import ONE, ZERO
from lumpver.model.forms import CONSTANT, Columns, Form, add, is_multiple, scaled, starting
from lumpver.model.network import Linear, Pick, Pointwise, Pool, Rearrange
from lumpver.model.regions import behind, slopes
from lumpver.theory.lumpcheck import known_signs
from lumpver.theory.lumpcheck.chains import Chain, chain

if TYPE_CHECKING:
    from collections.abc import Sequence

    from flint import fmpq

    from lumpver.claim.certificate import Certificate
    from lumpver.claim.signs import Leaf, Sign
    from lumpver.model.network import Network
    from lumpver.theory.lumpcheck.known_signs import Known, Signs, Why


def needs_forms(certificate: Certificate) -> bool:
    """Whether a certificate says what relabellings of single units cannot."""
    facts = [fact for facts in certificate.tensors.values() for fact in facts]
    if len(facts) > len(certificate.tensors) or any(fact.uses for fact in facts):
        return True
    claims = [fact.relabelling for fact in facts if fact.relabelling is not None]
    beyond = any(not claim.is_plain or negative(claim.scale).any() for claim in claims)
    return bool(certificate.signs or beyond or any(fact.since is not None for fact in facts))


def export_hints(original: Network, reduced: Network, certificate: Certificate) -> str:
    """The text by which `lumpcheck` writes two dense chains as forms over the same columns.

    Raises
    ------
    Unrepresentable
        If one of the networks is no dense chain, or signs are of forms that begin elsewhere than
        at its input.
    ShapeMismatch, TooLarge
        As `lumpver.model.regions.follow`.

    Examples
    --------
    >>> from lumpver.model.network import Network
    >>> from lumpver.reducing.reduction import reduce
    >>> found = reduce(Network.from_layers([([[1], [-1], [2]], [0, 0, 1]), ([[1, -1, 1]], None)]))
    >>> print(export_hints(found.original, found.network, found.certificate), end="")
    lumpver-forms 1
    original
    units 3
    new
    on 1
    new
    reduced
    units 2
    on 2
    on 2
    end
    """
    ours, theirs = chain(original), chain(reduced)
    for name, signs in certificate.signs.items():
        if ours.places.get(signs.since) != 0:
            where, got = f"certificate: signs of {name}", f"forms that begin with {signs.since}"
            raise Unrepresentable(where, expected="forms that begin with the input", got=got)
    shown = {name: signs.units for name, signs in certificate.signs.items()}
    columns = Recorded(ours.inputs, counted=bool(shown))
    lines = ["lumpver-forms 1", "original", *_through(ours, columns, shown)]
    return "\n".join([*lines, "reduced", *_through(theirs, columns, {}), "end", ""])


def _through(found: Chain, columns: Recorded, shown: dict[str, tuple[Sign, ...]]) -> list[str]:
    """The hints of all layers of a chain whose activation is none but the identity."""
    forms = starting(found.inputs)
    signs: Signs = [None] * found.inputs
    lines: list[str] = []
    for node, _ in found.items:
        match node:
            case Linear():
                forms, signs = behind(node, forms, columns), known_signs.behind(node, signs)
            case Pointwise():
                bends = slopes(node, len(forms))
                if all(slope == 1 for slope in bends):
                    continue
                for sign in shown.get(node.input, ()):
                    if sign.unit < len(forms):
                        columns.learn(forms[sign.unit], sign)
                noted = columns.noted(forms, bends, signs)
                forms, signs = [unit.form for unit in noted], [unit.known for unit in noted]
                lines += [f"units {len(forms)}", *(unit.hint for unit in noted)]
            case Rearrange() | Pool() | Pick():
                pass
            case _:
                assert_never(node)
    return lines


@dataclass(frozen=True, slots=True)
class Noted:
    """An activated unit: its form, its hint, and what is known of its sign."""

    form: Form
    hint: str
    known: Known | None


@dataclass(slots=True)
class Recorded(Columns):
    """Columns that note down of each unit what became of it, and why.

    `counted` says that a certificate counts on the columns that forms alone lead to.
    """

    counted: bool = False
    reasons: list[tuple[Form, Sign]] = field(default_factory=list)

    def learn(self, form: Form, sign: Sign) -> None:
        """Take it that a unit of this form has the sign that a certificate shows."""
        self.tell(form, up=sign.up)
        self.reasons.append((scaled(form, ONE if sign.up else -ONE), sign))

    def noted(self, forms: list[Form], slopes: list[fmpq], signs: Signs) -> list[Noted]:
        """What an activation makes of units; those that share a form share what that is."""
        made: dict[int, Noted] = {}
        found: list[Noted] = []
        for form, slope, known in zip(forms, slopes, signs, strict=True):
            if id(form) not in made:
                unit = self._noted(form, slope, known)
                found.append(unit)
                if unit.hint == "new":
                    unit = replace(unit, hint=f"on {self.inputs + len(self.behind) - 1}")
                made[id(form)] = unit
            else:
                found.append(made[id(form)])
        return found

    def _noted(self, form: Form, slope: fmpq, known: Known | None) -> Noted:
        sign = self._sign(form)
        if known is not None and known.number < 0:
            known = None
        if known is not None and sign is None and not self.counted:
            made = form if known.up else scaled(form, slope)
            return Noted(made, _steady([_adds(known.why)], up=known.up), _passed(known, slope))
        if sign is not None:
            made, _ = self._activated(form, slope)
            hint = _steady(self._why(form, up=sign), up=sign)
            return Noted(made, hint, known and _passed(known, slope))
        bend = self._bent(form) or self._met(form)
        made, _ = self._activated(form, slope)
        if bend is None:
            column = self.inputs + len(self.behind) - 1
            return Noted(made, "new", known_signs.bent(column, ONE, slope, slope))
        place, above, below = bend
        above = above if above >= 0 else slope * above
        below = slope * below if below >= 0 else below
        column = self.inputs + place
        passed = known_signs.bent(column, above, below, self.slopes[place])
        return Noted(made, f"on {column}", passed)

    def _why(self, form: Form, *, up: bool) -> list[str]:
        """Why a form is never negative, or never positive: what a certificate shows, or steps."""
        aim = scaled(form, ONE if up else -ONE)
        last = max(aim, default=CONSTANT)
        for other, sign in self.reasons:
            factor = aim[last] / other[last] if last in other and last != CONSTANT else ZERO
            if factor > 0 and is_multiple(aim, factor, other):
                return _cases(sign.split, sign.leaves, factor)
        why: Why = {}
        while (wrong := self._first_wrong(aim, up=True)) is not None:
            taken = self._that_takes_away(wrong, aim, up=True)
            if taken is None:
                break
            column, side = taken
            aim = self._without(aim, column, side, why)
        for column in [*aim]:
            if column >= self.inputs:
                aim = self._without(aim, column, ZERO, why)
        return [_adds(why)]

    def _without(self, form: Form, column: int, side: fmpq, why: Why) -> Form:
        """What is left of a form without its multiple of r - side h, that is of both sides."""
        factor, slope = form[column], self.slopes[column - self.inputs]
        share = (side - slope) / (1 - slope)
        for sloped, part in ((False, share), (True, 1 - share)):
            if part != 0:
                why[column, sloped] = why.get((column, sloped), ZERO) + factor * part
        rest = dict(form)
        del rest[column]
        if side != 0:
            add(rest, factor * side, self.behind[column - self.inputs])
        return rest


def _cases(split: tuple[int, ...], leaves: Sequence[Leaf], factor: fmpq) -> list[str]:
    """A certificate's cases, times a number, the first column's split outermost."""
    if not split or len(leaves) < 2:
        leaf = leaves[0] if leaves else ()
        why: Why = {}
        for generator, times in leaf:
            column, sloped = divmod(generator, 2)
            why[column, bool(sloped)] = why.get((column, bool(sloped)), ZERO) + factor * times
        return [_adds(why)]
    half, rest = len(leaves) // 2, split[1:]
    above, below = (_cases(rest, part, factor) for part in (leaves[:half], leaves[half:]))
    return [f"split {split[0]}", *above, *below]


def _adds(why: Why) -> str:
    parts = [f" {column} {int(sloped)} {v.p} {v.q}" for (column, sloped), v in sorted(why.items())]
    return f"adds {len(parts)}{''.join(parts)}"


def _steady(why: list[str], *, up: bool) -> str:
    return "\n".join(["up" if up else "down", *why])


def _passed(known: Known, slope: fmpq) -> Known:
    """What is known behind an activation of what never switches."""
    return known if known.up else known.times(slope)
