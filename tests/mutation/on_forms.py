"""Mutators of what compares forms, and of multipliers that show signs.

forged: a chain from forms in which one identity is another one; or signs that are not there, and
    units that went because of them
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from lumpver.claim.certificate import Certificate, encode
from lumpver.claim.facts import Fact
from lumpver.claim.signs import Sign, Signs
from lumpver.errors import LumpverError
from lumpver.exact.scalar import ONE, number, text
from lumpver.io.saving import stored
from lumpver.model.forms import CONSTANT, Columns, add, scaled, starting
from lumpver.model.network import Pointwise
from lumpver.model.regions import through
from lumpver.quotient.chains import _with
from lumpver.quotient.levels import nodes_of
from lumpver.reducing.reduction import reduce
from lumpver.search import cones
from lumpver.search.kinks import chained
from lumpver.search.regions import regions
from lumpver.search.skips import plain, skipping
from mutation.networks import opened
from mutation.on_certificates import GARBAGE

if TYPE_CHECKING:
    import random
    from collections.abc import Callable

    from flint import fmpq

    from lumpver.model.forms import Form
    from lumpver.model.network import Network
    from lumpver.search.regions import Region
    from mutation.draft import Draft, Mutator

    Unit = dict[str, Any]


def _stated(draft: Draft) -> dict[str, dict[str, Any]]:
    """The signs of each tensor, as the document has them."""
    found = draft.document.get("signs")
    listed = found.items() if isinstance(found, dict) else ()
    return {name: some for name, some in listed if isinstance(some, dict) and some.get("units")}


def _unit(rng: random.Random, draft: Draft) -> Unit | None:
    stated = _stated(draft)
    return rng.choice(stated[rng.choice(sorted(stated))]["units"]) if stated else None


def times(rng: random.Random, draft: Draft) -> bool:
    """A multiplier another number, also one that is not above 0."""
    unit = _unit(rng, draft)
    if unit is None or not unit["times"]:
        return False
    i = rng.randrange(len(unit["times"]))
    old = number(unit["times"][i])
    values = (text(2 * old), text(old / 2), text(old + 1), text(-old), "0", "1")
    unit["times"][i] = rng.choice(values if rng.random() < 0.9 else GARBAGE)
    return True


def generator(rng: random.Random, draft: Draft) -> bool:
    """Another generator: the other side, that of another column, or one that is not there."""
    unit = _unit(rng, draft)
    if unit is None or not unit["generator"]:
        return False
    listed = unit["generator"]
    i = rng.randrange(len(listed))
    listed[i] = rng.choice((listed[i] ^ 1, listed[i] + 2, max(0, listed[i] - 2), rng.randrange(20)))
    return True


def terms(rng: random.Random, draft: Draft) -> bool:
    """A term more or less, in a case, with lengths that follow or not."""
    unit = _unit(rng, draft)
    if unit is None:
        return False
    lengths = unit["length"]
    case = rng.randrange(len(lengths))
    start = sum(lengths[:case])
    if lengths[case] and rng.random() < 0.5:
        i = start + rng.randrange(lengths[case])
        del unit["generator"][i], unit["times"][i]
        step = -1
    else:
        unit["generator"].insert(start, rng.randrange(20))
        unit["times"].insert(start, rng.choice(("1", "2", "1/2")))
        step = 1
    lengths[case] += step if rng.random() < 0.9 else 0
    return True


def cases(rng: random.Random, draft: Draft) -> bool:
    """Another split, one more or less, the cases exchanged, or one left out."""
    unit = _unit(rng, draft)
    if unit is None:
        return False
    split, kind = unit.get("split", []), rng.randrange(4)
    lengths, parts, start = unit["length"], [], 0
    for length in lengths:
        end = start + length
        parts.append((unit["generator"][start:end], unit["times"][start:end]))
        start = end
    if kind == 0:
        split = sorted({*split, rng.randrange(12)})
        parts = [part for part in parts for _ in (0, 1)]
    elif kind == 1 and split:
        split = [*split[:-1], rng.randrange(12)]
    elif kind == 2 and split:
        split, parts = split[:-1], parts[:: 2 if rng.random() < 0.5 else 1]
    else:
        rng.shuffle(parts)
    unit["generator"] = [g for part, _ in parts for g in part]
    unit["times"] = [t for _, part in parts for t in part]
    unit["length"] = [len(part) for part, _ in parts]
    unit.pop("split", None)
    if split:
        unit["split"] = split
    return True


def turned(rng: random.Random, draft: Draft) -> bool:
    """Another unit, or its other sign."""
    unit = _unit(rng, draft)
    if unit is None:
        return False
    if rng.random() < 0.5:
        unit["never"] = {"negative": "positive"}.get(unit["never"], "negative")
    else:
        unit["unit"] = rng.randrange(6)
    return True


def placed(rng: random.Random, draft: Draft) -> bool:
    """Signs of another tensor, from another on, of fewer units, or of none."""
    stated = _stated(draft)
    if not stated:
        return False
    name = rng.choice(sorted(stated))
    other = rng.choice(("x", "h1", "h1.pre", "h2", "h2.pre", "y", "r", name))
    kind = rng.randrange(4)
    if kind == 0:
        draft.document["signs"][other] = draft.document["signs"].pop(name)
    elif kind == 1:
        stated[name]["since"] = other
    elif kind == 2:
        units = stated[name]["units"]
        units.pop(rng.randrange(len(units)))
    if kind == 3 or not stated[name]["units"]:
        draft.document["signs"].pop(name, None)
        if not draft.document["signs"]:
            del draft.document["signs"]
    return True


def _compared(draft: Draft) -> list[tuple[str, dict[str, Any]]]:
    """The facts that compare forms, by tensor."""
    if draft.version != 3 or not draft.facts:
        return []
    tensors = draft.document["tensors"]
    return [
        (name, fact)
        for name, facts in sorted(tensors.items())
        if isinstance(facts, list)
        for fact in facts
        if isinstance(fact, dict) and "since" in fact
    ]


def since(rng: random.Random, draft: Draft) -> bool:
    """Forms that begin elsewhere, end elsewhere, or are of another counterpart."""
    found = _compared(draft)
    if not found:
        return False
    name, fact = rng.choice(found)
    other = rng.choice(("x", "h1", "h1.pre", "h2", "h2.pre", "y", "r", "s", "t", *("nothing", "")))
    kind = rng.randrange(4)
    if kind == 0:
        fact["since"] = other
    elif kind == 1:
        fact["counterpart"] = other
    elif kind == 2:
        draft.document["tensors"][other] = draft.document["tensors"].pop(name)
    else:
        fact.pop("since")
    return True


def claimed(rng: random.Random, draft: Draft) -> bool:
    """A chain that is compared as a whole, where nothing was compared."""
    if not draft.facts and draft.document.get("tensors"):
        return False
    end, start = rng.choice(("y", "h2", "h2.pre")), rng.choice(("x", "h1", "h1.pre", "r"))
    fact = {"counterpart": end, "rule": "forms", "since": start}
    known = [one for _, one in _compared(draft)]
    if known:
        fact["rule"] = known[0].get("rule", "forms")
    draft.document["tensors"][end] = [fact]
    return draft.version == 3


@dataclass(slots=True)
class Faulty(Columns):
    """Columns with one identity that is another one: what a wrong rule would make of units."""

    fault: str = ""

    def activated(self, form: Form, slope: fmpq) -> Form:
        """The form of A of what has a form, but for the fault."""
        return self.each_activated([form], [slope])[0]

    def each_activated(self, forms: Any, slopes: Any) -> list[Form]:
        """The same of each."""
        return [self._wrongly(*one) for one in zip(forms, slopes, strict=True)]

    def _wrongly(self, form: Form, slope: fmpq) -> Form:
        moving = {column: value for column, value in form.items() if column != CONSTANT}
        if self.fault == "slopes that agree":
            slope = self.slopes[0] if self.slopes else slope
        elif self.fault == "constants left out" and self.behind:
            form = moving or form
        elif self.fault == "a sign at a glance" and form and len(form) > 1:
            return form
        elif self.fault == "never positive" and len(self.behind) > 1 and moving:
            return scaled(form, slope)
        found = Columns.each_activated(self, [form], [slope])[0]
        kinks = [column for column in found if column >= self.inputs]
        if not kinks or found == form or len(found) < 2:
            return found
        behind = self.behind[max(kinks) - self.inputs]
        changed = dict(found)
        if self.fault == "a line forgotten":
            return {column: found[column] for column in kinks}
        if self.fault == "a line turned":
            add(changed, -2 * ONE * found[min(found)] / behind.get(min(found), ONE), behind)
        elif self.fault == "a line of factor 1":
            add(changed, slope, behind)
        elif self.fault == "a kink turned":
            changed[max(kinks)] = -changed[max(kinks)]
        return changed


FAULTS: Final = (
    "slopes that agree", "constants left out", "a sign at a glance", "never positive",
    "a line forgotten", "a line turned", "a line of factor 1", "a kink turned", "",
)  # fmt: skip


def forged_chain(rng: random.Random, draft: Draft) -> bool:
    """A region made anew from forms that are wrong in one way, or right."""
    ours, theirs = draft.case.places
    try:
        original = opened(ours, draft.original)
        found = [*regions(original.network)]
        if not found:
            return False
        region = rng.choice(found)
        changed = _anew(rng, original.network, region)
        if changed is None:
            return False
        draft.reduced = stored(changed, original, theirs)
        claim = Certificate(
            {region.end: (Fact(region.end, since=region.start),)},
            original.digest,
            original.digest,
        )
    except (LumpverError, ArithmeticError):
        return False
    draft.document, draft.version = json.loads(encode(claim)), 3
    return True


def _anew(rng: random.Random, network: Network, region: Region) -> Network | None:
    columns = Faulty(region.inputs, 2**12, fault=rng.choice(FAULTS))
    outputs = through(region.nodes, starting(region.inputs), columns)
    chains = [plain(chain) for chain in chained(outputs, columns)]
    if rng.random() < 0.3:
        chains = [skipping(outputs, columns)]
    if not chains:
        return None
    levels = rng.choice(chains)
    taken = {*network.tensors, *(tensor.name for tensor in network.inputs)}
    return _with(network, region.nodes, nodes_of(levels.levels, region, taken), region)


def forged_sign(rng: random.Random, draft: Draft) -> bool:
    """Units that went since they never switch, with multipliers that are anything."""
    ours, theirs = draft.case.places
    try:
        original = opened(ours, draft.original)
        network = original.network
        wrong = _guessed(rng, network)
        if not wrong:
            return False
        true = cones.never_switching
        cones.never_switching = lambda _: wrong
        try:
            found = reduce(network, rules=("merges", "stable", "unused", "constants"))
        finally:
            cones.never_switching = true
        draft.reduced = stored(found.network, original, theirs)
        claim = replace(found.certificate, original=original.digest, reduced=original.digest)
    except (LumpverError, ArithmeticError):
        return False
    draft.document, draft.version = json.loads(encode(claim)), 3
    return True


def _guessed(rng: random.Random, network: Network) -> dict[str, Signs]:
    """Signs of a few units of what activations read; some are so, most are not."""
    found = dict(cones.never_switching(network))
    for region in regions(network):
        bends = [node.input for node in region.nodes if isinstance(node, Pointwise)]
        if not bends:
            continue
        name = rng.choice(bends)
        width = network.width.get(name, 0)
        units = sorted(rng.sample(range(width), min(width, rng.randint(1, 2))))
        found[name] = Signs(region.start, tuple(_sign(rng, unit) for unit in units))
    return found


def _sign(rng: random.Random, unit: int) -> Sign:
    split = () if rng.random() < 0.7 else (rng.randrange(1, 8),)
    leaves = tuple(
        tuple((g, ONE) for g in sorted(rng.sample(range(16), rng.randint(0, 3))))
        for _ in range(2 ** len(split))
    )
    return Sign(unit, rng.random() < 0.5, split, leaves)


def _named(change: Callable[[random.Random, Draft], bool]) -> Mutator:
    def mutate(rng: random.Random, draft: Draft) -> bool:
        return change(rng, draft)

    mutate.__name__ = f"form {change.__name__}"
    return mutate


MUTATORS: Final[tuple[Mutator, ...]] = tuple(
    _named(change)
    for change in (
        times, times, generator, generator, terms, cases, cases, turned, turned, placed, since,
        claimed, forged_chain, forged_chain, forged_sign,
    )
)  # fmt: skip
