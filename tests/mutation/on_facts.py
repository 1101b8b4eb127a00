"""Mutators of one fact of a certificate of version 3: rows, columns, sizes, what it uses."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from lumpver.exact.scalar import number, text
from mutation.on_certificates import GARBAGE, NAMES, SCALES, SPELT
from mutation.versions import rule_of

if TYPE_CHECKING:
    import random
    from collections.abc import Callable

    from mutation.draft import Draft, Mutator

    Fact = dict[str, Any]
    Row = list[tuple[int, str]]


def _rows(fact: Fact) -> list[Row]:
    """The rows with their entries."""
    column, made = fact["rows"]["column"], []
    entry = fact["rows"].get("entry", ["1"] * len(column))
    start = 0
    for length in fact["rows"].get("length", [1] * len(column)):
        end = start + length
        made.append(list(zip(column[start:end], entry[start:end], strict=True)))
        start = end
    return made


def _settle(rng: random.Random, fact: Fact, rows: list[Row]) -> bool:
    """The rows put into the fact, mostly in order, and mostly with the rule that they need."""
    ordered = [sorted(row, key=lambda one: one[0]) for row in rows]
    flat = [one for row in (ordered if rng.random() < 0.97 else rows) for one in row]
    made: dict[str, Any] = {"column": [j for j, _ in flat]}
    if any(len(row) != 1 for row in rows):
        made["length"] = [len(row) for row in rows]
    if any(s != "1" for _, s in flat):
        made["entry"] = [s for _, s in flat]
    fact["rows"] = made
    _named(rng, fact)
    return True


def _named(rng: random.Random, fact: Fact) -> None:
    if rng.random() < 0.95 and fact.get("rule") in ("relabelling", "signs"):
        fact["rule"] = rule_of(fact)


def _columns(fact: Fact) -> int:
    return int(fact["held"]) + int(fact.get("extra", {}).get("ghosts", 0))


def _number(rng: random.Random) -> Any:
    return rng.choice(SCALES if rng.random() < 0.9 else SPELT)


def column(rng: random.Random, fact: Fact) -> bool:
    """One entry in another column, or in none that there is."""
    listed = fact["rows"]["column"]
    listed[rng.randrange(len(listed))] = (
        rng.randrange(_columns(fact) + 1) if rng.random() < 0.9 else rng.choice(GARBAGE)
    )
    return True


def entry(rng: random.Random, fact: Fact) -> bool:
    """One entry another number."""
    rows = _rows(fact)
    row = rng.choice([row for row in rows if row])
    i = rng.randrange(len(row))
    j, old = row[i]
    other = rng.choice((text(-number(old)), text(2 * number(old)), "1", _number(rng)))
    row[i] = j, other
    return _settle(rng, fact, rows)


def block(rng: random.Random, fact: Fact) -> bool:
    """All entries of a column times a number."""
    rows = _rows(fact)
    chosen, factor = rng.randrange(_columns(fact)), number(rng.choice(("2", "1/2", "-1", "3")))
    changed = [
        [(j, text(number(s) * factor) if j == chosen else s) for j, s in row] for row in rows
    ]
    return _settle(rng, fact, changed)


def length(rng: random.Random, fact: Fact) -> bool:
    """The rows parted at another place, or lengths that do not add up."""
    listed = fact["rows"].setdefault("length", [1] * len(fact["rows"]["column"]))
    v, w = rng.randrange(len(listed)), rng.randrange(len(listed))
    listed[v] += 1
    listed[w] -= rng.random() < 0.8
    _named(rng, fact)
    return True


def exchanged(rng: random.Random, fact: Fact) -> bool:
    """Two rows exchanged."""
    rows = _rows(fact)
    v, w = rng.sample(range(len(rows)), 2)
    rows[v], rows[w] = rows[w], rows[v]
    return _settle(rng, fact, rows)


def permuted(rng: random.Random, fact: Fact) -> bool:
    """Two columns exchanged, whoever holds them."""
    i, j = rng.sample(range(_columns(fact)), 2)
    turn = {i: j, j: i}
    return _settle(rng, fact, [[(turn.get(c, c), s) for c, s in row] for row in _rows(fact)])


def emptied(rng: random.Random, fact: Fact) -> bool:
    """A row without entries, or all of them and no counterpart."""
    rows = _rows(fact)
    rows[rng.randrange(len(rows))] = []
    if rng.random() < 0.2:
        rows = [[] for _ in rows]
        fact |= {"counterpart": None, "held": 0}
        fact.pop("extra", None)
    return _settle(rng, fact, rows)


def extended(rng: random.Random, fact: Fact) -> bool:
    """An entry more in a row."""
    rows = _rows(fact)
    row = rng.choice(rows)
    free = [j for j in range(_columns(fact)) if j not in [c for c, _ in row]]
    row.append((rng.choice(free), str(_number(rng))))
    return _settle(rng, fact, rows)


def shortened(rng: random.Random, fact: Fact) -> bool:
    """An entry less in a row that has several."""
    rows = _rows(fact)
    row = rng.choice([row for row in rows if len(row) > 1])
    del row[rng.randrange(len(row))]
    return _settle(rng, fact, rows)


def grown(rng: random.Random, fact: Fact) -> bool:
    """A row more or less."""
    rows = _rows(fact)
    if rng.random() < 0.5:
        rows.append([(rng.randrange(_columns(fact)), "1")])
    else:
        rows.pop(rng.randrange(len(rows)))
    return _settle(rng, fact, rows)


def held(rng: random.Random, fact: Fact) -> bool:
    """Other sizes: a column more or less, or one that goes from held to ghosts."""
    step, kind = rng.choice((-1, 1)), rng.randrange(5)
    if kind == 4:
        fact["held"] = rng.choice(GARBAGE)
        return True
    fact["held"] += step if kind < 3 else 0
    if kind >= 2:
        ghosts = fact.setdefault("extra", {"ghosts": 0})
        ghosts["ghosts"] += -step if kind == 2 else step
        if not ghosts["ghosts"] and rng.random() < 0.9:
            del fact["extra"]
    return True


def haunted(rng: random.Random, fact: Fact) -> bool:
    """A column that is held made a ghost."""
    chosen, last = rng.randrange(fact["held"]), _columns(fact) - 1
    turn = {j: j - 1 for j in range(chosen + 1, last + 1)} | {chosen: last}
    fact["held"] -= 1
    extra = fact.setdefault("extra", {"ghosts": 0})
    extra["ghosts"] += 1
    if "off" in extra:
        extra["off"] = [j - 1 for j in extra["off"]]
    return _settle(rng, fact, [[(turn.get(c, c), s) for c, s in row] for row in _rows(fact)])


def off(rng: random.Random, fact: Fact) -> bool:
    """A ghost off or no longer off; also what is no ghost, or twice."""
    extra, columns = fact.setdefault("extra", {"ghosts": 0}), _columns(fact)
    listed = list(extra.get("off", []))
    if listed and rng.random() < 0.6:
        listed.remove(rng.choice(listed))
    elif extra["ghosts"] and rng.random() < 0.8:
        listed.append(rng.randrange(fact["held"], columns))
    else:
        listed.append(rng.randrange(columns + 1))
    extra["off"] = sorted(listed) if rng.random() < 0.95 else listed
    if not listed and rng.random() < 0.9:
        del extra["off"]
    if not extra["ghosts"] and rng.random() < 0.5:
        extra["ghosts"] = 1
    _named(rng, fact)
    return True


def constant(rng: random.Random, fact: Fact) -> bool:
    """Another constant, beside an entry or not."""
    listed = fact.setdefault("constant", ["0"] * len(_rows(fact)))
    v = rng.randrange(len(listed))
    listed[v] = rng.choice((text(number(listed[v]) + 1), text(-number(listed[v])), _number(rng)))
    if all(k == "0" for k in listed) and rng.random() < 0.9:
        del fact["constant"]
    _named(rng, fact)
    return True


def uses(rng: random.Random, fact: Fact) -> bool:
    """Another fact of the operand."""
    old = fact.pop("uses", 0)
    other = rng.choice((0, 1, 2, 3, *GARBAGE)) if rng.random() < 0.2 else rng.choice((0, 1, 1, 2))
    if other != 0 or rng.random() < 0.05:
        fact["uses"] = other
    return bool(other != old)


def rule(rng: random.Random, fact: Fact) -> bool:
    """Another rule; with `derived` mostly without the rest."""
    fact["rule"] = rng.choice(("derived", "derived", "relabelling", "signs", "lumping", "", None))
    if fact["rule"] == "derived" and rng.random() < 0.8:
        for name in ("held", "rows", "extra", "constant"):
            fact.pop(name, None)
    return True


def counterpart(rng: random.Random, fact: Fact) -> bool:
    """Another counterpart."""
    old, fact["counterpart"] = fact.get("counterpart"), rng.choice(NAMES)
    return bool(fact["counterpart"] != old)


def member(rng: random.Random, fact: Fact) -> bool:
    """A member left out, of another type, or unheard of."""
    here = rng.choice([part for part in (fact, fact.get("rows"), fact.get("extra")) if part])
    name = rng.choice([*here, "unheard of"])
    if rng.random() < 0.4:
        here.pop(name, None)
    else:
        here[name] = rng.choice(GARBAGE)
    return True


CHANGES: Final = (
    column, column, column, entry, entry, entry, block, length, exchanged, exchanged, permuted,
    emptied, extended, shortened, grown, held, held, haunted, off, constant, constant, uses, uses,
    rule, counterpart, member,
)  # fmt: skip


def sized(fact: Fact) -> bool:
    """Whether no earlier change left sizes of another type, or absurd ones."""
    extra = fact.get("extra", {})
    sizes = fact.get("held", 0), extra.get("ghosts", 0) if isinstance(extra, dict) else None
    return all(type(size) is int and size < 100 for size in sizes)


def _on_fact(change: Callable[[random.Random, Fact], bool]) -> Mutator:
    def mutate(rng: random.Random, draft: Draft) -> bool:
        facts = [fact for fact in draft.facts if sized(fact)]
        return bool(facts) and change(rng, rng.choice(facts))

    mutate.__name__ = f"fact {change.__name__}"
    return mutate


MUTATORS: Final[tuple[Mutator, ...]] = tuple(map(_on_fact, CHANGES))
