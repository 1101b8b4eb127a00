"""Mutators of lists of facts, and of what stands around them, in certificates of version 3."""

from __future__ import annotations

from copy import deepcopy
from typing import TYPE_CHECKING, Any, Final

from mutation.on_certificates import GARBAGE, NAMES
from mutation.on_facts import CHANGES, sized
from mutation.versions import CLAIM

if TYPE_CHECKING:
    import random

    from mutation.draft import Draft, Mutator
    from mutation.on_facts import Fact

CLAIMS: Final[tuple[dict[str, Any], ...]] = (
    {"domain": {"boxes": [{"x": {"low": ["0"], "high": ["1"]}}]}},
    {"domain": {"boxes": [{"x": {"low": ["1"], "high": ["0"]}}]}},
    {"domain": "some inputs"},
    {"closeness": {"within": "1"}},
    {"closeness": {"within": "-1"}},
    {"closeness": {"class": "max", "delta": "0"}},
    {"semantics": "float32"},
    {"semantics": "float64"},
    {"limits": "the original"},
)


def _lists(draft: Draft) -> dict[str, list[Fact]]:
    """The facts of each tensor."""
    if not draft.facts:
        return {}
    found = draft.document["tensors"]
    return {
        name: facts
        for name, facts in found.items()
        if isinstance(facts, list) and facts and all(isinstance(fact, dict) for fact in facts)
    }


def _follow(draft: Draft, turned: dict[int, int], changed: list[Fact]) -> None:
    """Facts that use others follow to where these went; of other tensors, too, by chance."""
    for fact in draft.facts:
        if not any(fact is one for one in changed) and type(fact.get("uses", 0)) is int:
            place = turned.get(fact.get("uses", 0), fact.get("uses", 0))
            fact.pop("uses", None)
            if place:
                fact["uses"] = place


def added(rng: random.Random, draft: Draft) -> bool:
    """One fact more: the same again, the identity, another tensor's, or one that is spoilt."""
    lists = _lists(draft)
    facts = rng.choice(list(lists.values()))
    other = deepcopy(rng.choice(facts))
    kind = rng.randrange(5)
    if kind == 0:
        other = {"counterpart": other.get("counterpart"), "rule": "derived"}
    elif kind == 1:
        other = deepcopy(rng.choice(rng.choice(list(lists.values()))))
    elif kind == 2 and sized(other):
        rng.choice(CHANGES)(rng, other)
    facts.insert(rng.randrange(len(facts) + 1) if rng.random() < 0.3 else len(facts), other)
    return True


def told(rng: random.Random, draft: Draft) -> bool:
    """Facts about a tensor of which nothing was said."""
    names = [n for n in NAMES if isinstance(n, str) and n not in draft.document["tensors"]]
    name = rng.choice(names)
    facts = [{"counterpart": name, "rule": "derived"} for _ in range(rng.choice((1, 1, 2)))]
    if rng.random() < 0.5:
        facts[-1]["uses"] = rng.choice((1, 1, 2))  # type: ignore[assignment]
    if not draft.facts and draft.version != 3:
        return False
    draft.document["tensors"][name] = facts
    return True


def doubled(rng: random.Random, draft: Draft) -> bool:
    """Every fact told twice, the second from the second; wrong where a tensor has but one."""
    for facts in _lists(draft).values():
        again = deepcopy(facts)
        for fact in again:
            if rng.random() < 0.5:
                fact["uses"] = fact.get("uses", 0) + 1
        facts.extend(again)
    return bool(_lists(draft))


def left_out(rng: random.Random, draft: Draft) -> bool:
    """A fact left out, where there are several or not."""
    lists = _lists(draft)
    several = [facts for facts in lists.values() if len(facts) > 1]
    facts = rng.choice(several or list(lists.values()))
    place = rng.randrange(len(facts))
    del facts[place]
    if rng.random() < 0.5:
        _follow(draft, {i: i - 1 for i in range(place + 1, 9)}, facts)
    return True


def turned(rng: random.Random, draft: Draft) -> bool:
    """Two facts of a tensor exchanged, mostly with those that use them."""
    several = [facts for facts in _lists(draft).values() if len(facts) > 1]
    facts = rng.choice(several)
    i, j = rng.sample(range(len(facts)), 2)
    facts[i], facts[j] = facts[j], facts[i]
    if rng.random() < 0.7:
        _follow(draft, {i: j, j: i}, facts)
    return True


def renamed(rng: random.Random, draft: Draft) -> bool:
    """The facts of two tensors exchanged, or given to another name."""
    tensors = draft.document["tensors"]
    a, b = rng.choice(list(_lists(draft))), rng.choice([*tensors, *filter(None, map(str, NAMES))])
    tensors[a], tensors[b] = tensors.get(b, tensors[a]), tensors[a]
    return bool(a != b)


def claim(rng: random.Random, draft: Draft) -> bool:
    """Another claim: less, of another kind, or none."""
    if draft.version != 3:
        return False
    draft.facts  # noqa: B018 the document becomes one of version 3
    draft.document["claim"] = rng.choice((CLAIM | rng.choice(CLAIMS), rng.choice(GARBAGE)))
    return True


def spelled(rng: random.Random, draft: Draft) -> bool:
    """The same text spelled otherwise; most spellings are not allowed."""
    if draft.version != 3:
        return False
    draft.edits.append(rng.choice(_SPELLINGS))
    return True


_SPELLINGS: Final = tuple(
    (lambda data, old=old, new=new: data.replace(old, new))
    for old, new in (
        (b'"rows"', b'"\\u0072ows"'),
        (b",", b" ,\n "),
        (b'"version":3', b'"version":3.0'),
        (b'"version":3', b'"version":4'),
        (b'"version":3', b'"version":3,"version":3'),
        (b'"column":[', b'"column":[0],"column":['),
        (b'"column":[0', b'"column":[00'),
        (b'"column":[0', b'"column":[-0'),
        (b'"column":[0', b'"column":[' + b"9" * 5000),
        (b'"length":[1', b'"length":[1.0'),
        (b'"held":1', b'"held":1e0'),
        (b'"entry":["1"', b'"entry":["1/1"'),
        (b'"rule":"signs"', b'"rule":"signs","rule":"signs"'),
        (b'"equal"', b'"Equal"'),
        (b'"tensors":{', b'"tensors":{"t":' + b"[" * 5000),
    )
)


def _on_draft(change: Mutator) -> Mutator:
    def mutate(rng: random.Random, draft: Draft) -> bool:
        return change(rng, draft)

    mutate.__name__ = f"facts {change.__name__}"
    return mutate


MUTATORS: Final[tuple[Mutator, ...]] = tuple(
    map(_on_draft, (added, added, added, told, told, doubled, doubled, left_out, turned, turned,
                    renamed, claim, spelled))
)  # fmt: skip
