"""Changes of the reduced network and the certificate together; many leave the pair right.

A unit scaled, two exchanged, one added, one dropped, a tensor renamed, a node split. With
some probability one side is forgotten: then the pair is wrong, and looks right.

reader: an affine node that takes the changed tensor's units together, along any axis
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from lumpver.errors import LumpverError
from lumpver.exact.array import compact, rationals
from lumpver.exact.scalar import ONE, number, text
from lumpver.io.saving import stored
from lumpver.model.network import Linear, Network, Node, Pointwise, Rearrange, Tensor
from lumpver.model.weights import weights_of
from mutation.networks import opened

if TYPE_CHECKING:
    import random
    from collections.abc import Callable

    from mutation.draft import Draft, Mutator

    Change = Callable[[random.Random, Draft, Network, str], Network | None]

FACTORS: Final = ("2", "1/2", "4", "3", "1/3", "-1", "-2", "7/5")
FORGETFUL: Final = 0.12


def _family(network: Network, name: str) -> set[str]:
    found = {name}
    for node in network.readers.get(name, []):
        if isinstance(node, Pointwise | Rearrange):
            found |= _family(network, node.output)
    return found


def entry_of(draft: Draft, name: str, units: int) -> dict[str, Any] | None:
    """The certificate's entry whose counterpart this is, made if there is none."""
    tensors = draft.document["tensors"]
    for entry in tensors.values():
        if isinstance(entry, dict) and entry.get("counterpart") == name:
            return entry if isinstance(entry.get("block"), list) else None
    if name in tensors:
        return None
    tensors[name] = {"counterpart": name, "rule": "lumping", "width": units, "ghosts": 0,
                     "block": list(range(units))}  # fmt: skip
    found: dict[str, Any] = tensors[name]
    return found


def _producing(network: Network, name: str) -> list[Linear]:
    """The affine nodes up to the one that mixes units, from below."""
    found: list[Linear] = []
    while True:
        node = network.producers.get(name)
        if not isinstance(node, Linear):
            return []
        found.append(node)
        if node.W is not None:
            return found
        name = node.input


def _reading(network: Network, names: set[str]) -> list[Linear] | None:
    """The first nodes with weights among the readers; None where a bias comes before."""
    found: list[Linear] = []
    for name in sorted(names):
        for reader in network.readers.get(name, []):
            node: Node = reader
            while isinstance(node, Linear) and node.W is None and node.b is None:
                readers = network.readers.get(node.output, [])
                if len(readers) != 1:
                    return None
                node = readers[0]
            if isinstance(node, Linear):
                if node.W is None:
                    return None
                found.append(node)
    return found


def replaced(network: Network, nodes: dict[int, Node], tensors: dict[str, Tensor]) -> Network:
    """The network with other nodes, by the identity of the old, and other types."""
    return replace(
        network,
        nodes=tuple(nodes.get(id(node), node) for node in network.nodes),
        tensors={**network.tensors, **tensors},
    )


def in_rows(numbers: Any, change: Callable[[Any], Any], axis: int = 0) -> Any:
    """The numbers with `change` applied to their rows or columns."""
    moved = np.moveaxis(rationals(numbers).copy(), axis, 0)
    return compact(np.moveaxis(change(moved), 0, axis).copy())


def _changed(
    rng: random.Random, network: Network, name: str, into: Any, back: Any
) -> dict[int, Node] | None:
    """`into` applied to the units where they are made, `back` where they are read."""
    makers, readers = _producing(network, name), _reading(network, _family(network, name))
    if not makers or readers is None:
        return None
    changed: dict[int, Node] = {}
    for node in makers:
        W = None if node.W is None else in_rows(node.W, into)
        b = None if node.b is None else in_rows(node.b, into)
        changed[id(node)] = replace(node, weights=weights_of(W), b=b)
    for node in readers:
        if rng.random() >= FORGETFUL and id(node) not in changed and node.W is not None:
            changed[id(node)] = replace(
                node, weights=weights_of(in_rows(node.W, back, axis=node.W.ndim - 1))
            )
    return changed


def scaled(rng: random.Random, draft: Draft, network: Network, name: str) -> Network | None:
    """A unit of the reduced network at another scale."""
    units = width_of(network, name)
    entry = entry_of(draft, name, units)
    if entry is None or not units:
        return None
    j, factor = rng.randrange(units), number(rng.choice(FACTORS))

    def times(value: Any) -> Callable[[Any], Any]:
        def change(rows: Any) -> Any:
            if j < len(rows):
                rows[j] = rows[j] * value
            return rows

        return change

    changed = _changed(rng, network, name, times(factor), times(ONE / factor))
    if changed is None:
        return None
    scales = entry.setdefault("scale", ["1"] * len(entry["block"]))
    for v, block in enumerate(entry["block"]):
        if block == j and rng.random() >= FORGETFUL / 2:
            scales[v] = text(number(scales[v]) / factor)
    mixed = entry.get("mixed", {"block": []})
    for i, block in enumerate(mixed["block"]):
        if block == j and rng.random() >= FORGETFUL / 2:
            mixed["scale"][i] = text(number(mixed["scale"][i]) / factor)
    return replaced(network, changed, {})


def width_of(network: Network, name: str) -> int:
    """How many units an affine node gives a tensor; 0 where that is not known."""
    makers = _producing(network, name)
    return 0 if not makers or makers[-1].W is None else int(makers[-1].W.shape[0])


def exchanged(rng: random.Random, draft: Draft, network: Network, name: str) -> Network | None:
    """The units of a tensor in another order, for readers along every axis."""
    units = width_of(network, name)
    entry = entry_of(draft, name, units)
    if entry is None or units < 2:
        return None
    order = list(range(units))
    rng.shuffle(order)

    def change(rows: Any) -> Any:
        return rows[order] if len(rows) == units else rows

    changed = _changed(rng, network, name, change, change)
    if changed is None:
        return None
    place = {old: new for new, old in enumerate(order)}
    if rng.random() >= FORGETFUL:
        entry["block"] = [place.get(b, b) if b is not None else None for b in entry["block"]]
        _reorder(entry, place)
    return replaced(network, changed, {})


def _reorder(entry: dict[str, Any], place: dict[int, int]) -> None:
    """The blocks of rows with several entries, where some have other numbers."""
    if "mixed" in entry:
        names = ("unit", "block", "scale")
        rows = zip(*(entry["mixed"][name] for name in names), strict=True)
        turned = sorted((v, place.get(j, j), scale) for v, j, scale in rows)
        entry["mixed"] = dict(zip(names, map(list, zip(*turned, strict=True)), strict=True))


def shifted(rng: random.Random, draft: Draft, network: Network, name: str) -> Network | None:
    """A unit of the reduced network moved by a constant, which its readers add again."""
    units = width_of(network, name)
    entry = entry_of(draft, name, units)
    readers = _reading(network, _family(network, name))
    if entry is None or not units or not readers:
        return None
    j, step = rng.randrange(units), number(rng.choice((1, -1, 2, "1/2")))
    changed: dict[int, Node] = {}
    maker = network.producers[name]
    if not isinstance(maker, Linear):
        return None
    bias = rationals(np.zeros(units) if maker.b is None else maker.b).copy()
    bias[j] -= step
    changed[id(maker)] = replace(maker, b=compact(bias))
    for node in readers:
        if id(node) in changed or node.W is None or node.W.ndim != 2 or node.W.shape[1] != units:
            return None
        more = rationals(node.W)[:, j] * step
        b = more if node.b is None else rationals(node.b) + more
        changed[id(node)] = replace(node, b=compact(b))
    scales = entry.get("scale", ["1"] * len(entry["block"]))
    listed = entry.setdefault("constant", ["0"] * len(entry["block"]))
    for v, block in enumerate(entry["block"]):
        if block == j:
            listed[v] = text(number(listed[v]) + number(scales[v]) * step)
    return replaced(network, changed, {})


def cancelled(rng: random.Random, draft: Draft, network: Network, name: str) -> Network | None:
    """Two units whose columns cancel made one ghost, as if they were multiples."""
    units = width_of(network, name)
    entry = entry_of(draft, name, units)
    family = _family(network, name)
    readers = _reading(network, family)
    if entry is None or not readers or units < 3 or _rearranged(network, family):
        return None
    pairs = [(i, j, r) for i in range(units) for j in range(i) if (r := _opposite(readers, i, j))]
    if not pairs:
        return None
    i, j, ratio = rng.choice(pairs)
    keep = [u for u in range(units) if u not in (i, j)]

    def change(rows: Any) -> Any:
        return rows[keep] if len(rows) == units else rows

    changed = _changed(rng, network, name, change, change)
    if changed is None:
        return None
    scales = entry.setdefault("scale", ["1"] * len(entry["block"]))
    place = {old: new for new, old in enumerate(keep)}
    last = entry["width"] + entry["ghosts"] - 2
    for v, block in enumerate(entry["block"]):
        if block in (i, j):
            entry["block"][v] = last
            scales[v] = text(number(scales[v]) * (ratio if block == j else ONE))
        elif block is not None:
            entry["block"][v] = place.get(block, block - 2)
    entry["width"] -= 2
    entry["ghosts"] += 1
    return replaced(network, changed, _resized(network, name, family, units - 2))


def _opposite(readers: list[Linear], i: int, j: int) -> Any:
    """r > 0 with column i = -r column j in all readers, if there is one."""
    columns = [rationals(n.W) for n in readers if n.W is not None and n.W.ndim == 2]
    if len(columns) < len(readers) or any(max(i, j) >= W.shape[1] for W in columns):
        return None
    a, b = (np.concatenate([W[:, k] for W in columns]) for k in (i, j))
    used = np.flatnonzero(b != number(0))
    if not used.size:
        return None
    ratio = -a[used[0]] / b[used[0]]
    return ratio if ratio > 0 and bool((a == -ratio * b).all()) else None


def padded(rng: random.Random, draft: Draft, network: Network, name: str) -> Network | None:
    """A unit more than the original needs, which nobody reads."""
    units = width_of(network, name)
    entry = entry_of(draft, name, units)
    family = _family(network, name)
    full = entry is not None and entry["width"] + entry["ghosts"] >= len(entry["block"])
    if entry is None or (full and rng.random() < 0.9) or _rearranged(network, family):
        return None
    extra, read = number(rng.randint(-2, 2)), number(rng.choice((0, 0, 0, 1)))

    def more(value: Any) -> Callable[[Any], Any]:
        def change(rows: Any) -> Any:
            added = np.full((1, *rows.shape[1:]), value, dtype=object)
            return np.concatenate([rows, added])

        return change

    changed = _changed(rng, network, name, more(extra), more(read))
    if changed is None:
        return None
    entry["block"] = [b + 1 if b is not None and b >= entry["width"] else b for b in entry["block"]]
    entry["width"] += 1
    return replaced(network, changed, _resized(network, name, family, units + 1))


def dropped(rng: random.Random, draft: Draft, network: Network, name: str) -> Network | None:
    """A unit gone, its members ghosts or constants."""
    units = width_of(network, name)
    entry = entry_of(draft, name, units)
    family = _family(network, name)
    if entry is None or units < 2 or _rearranged(network, family):
        return None
    j = rng.randrange(units)

    def change(rows: Any) -> Any:
        return np.delete(rows, j, axis=0) if len(rows) == units else rows

    changed = _changed(rng, network, name, change, change)
    if changed is None:
        return None
    last = entry["width"] + entry["ghosts"] - 1
    ghost = rng.random() < 0.7
    entry["block"] = [
        (last if ghost else None) if b == j else b - 1 if b is not None and b > j else b
        for b in entry["block"]
    ]
    entry["width"] -= 1
    entry["ghosts"] += int(ghost)
    return replaced(network, changed, _resized(network, name, family, units - 1))


def _rearranged(network: Network, family: set[str]) -> bool:
    return any(isinstance(network.producers[name], Rearrange) for name in family)


def _resized(network: Network, name: str, family: set[str], units: int) -> dict[str, Tensor]:
    found = {}
    for tensor in family | {node.output for node in _producing(network, name)}:
        before = network.tensors[tensor]
        if before.shape is not None:
            sizes = list(before.shape)
            sizes[network.axes[tensor]] = units
            found[tensor] = replace(before, shape=tuple(sizes))
    return found


def mutator(change: Change) -> Mutator:
    """The change of the reduced network and the certificate, stored again."""

    def mutate(rng: random.Random, draft: Draft) -> bool:
        place = draft.case.places[1]
        try:
            model = opened(place, draft.reduced)
            names = [s.output for s in model.network.segments if s.output in model.network.tensors]
            if not names or not isinstance(draft.document.get("tensors"), dict):
                return False
            changed = change(rng, draft, model.network, rng.choice(names))
            if changed is None:
                return False
            draft.reduced = stored(changed, model, place)
        except (LumpverError, ValueError, TypeError, KeyError, IndexError):
            return False  # an earlier change left nothing that this one can work on
        return True

    mutate.__name__ = f"both {change.__name__}"
    return mutate


CHANGES: Final[tuple[Change, ...]] = (
    scaled, scaled, exchanged, exchanged, shifted, cancelled, padded, padded, dropped,
)  # fmt: skip
MUTATORS: Final[tuple[Mutator, ...]] = tuple(mutator(change) for change in CHANGES)
