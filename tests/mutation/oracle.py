"""Says whether an accepted pair is right, slowly, and without the checker.

Both networks are evaluated exactly at rational points, kinks among them. An opaque node is
a function of its operands that is made up as it goes, and so is an activation where its
value is irrational: what is right is right for every such function. Then the claimed
relabelling of every tensor is held against the values, the paper's own words against the
claim, and onnxruntime against both models.

point: a value for every input
world: the values that made-up functions have taken so far
"""

from __future__ import annotations

import hashlib
import random
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from lumpver.claim.facts import Fact
from lumpver.errors import LumpverError, NotRational
from lumpver.exact.array import rationals
from lumpver.exact.scalar import number
from lumpver.model.evaluation import apply
from lumpver.model.join import value as joined
from lumpver.model.linear import mixes, window_of
from lumpver.model.names import Derived
from lumpver.model.network import Constant, Join, Linear, Network, Node, Opaque, Pointwise
from lumpver.model.regions import between
from lumpver.model.several import Several
from lumpver.theory import paper
from mutation.networks import numbers, shapes_of
from mutation.runtime import opaque_shapes

if TYPE_CHECKING:
    from lumpver.claim.certificate import Certificate
    from lumpver.model.relabelling import Relabelling
    from lumpver.model.several import Activations

Values = dict[str, Any]
SIZES: Final = (1, 2, 3, 2, 1, 2, 3, 1)
_MOST_REMEMBERED: Final = 64
_REMEMBERED: Final[dict[tuple[bytes, int], list[tuple[Values, World, Values]]]] = {}


class Unjudged(Exception):
    """The original could be evaluated nowhere."""


@dataclass(slots=True)
class World:
    """Made-up functions: the same operands, the same values."""

    shapes: dict[str, tuple[int, ...]]
    seen: dict[bytes, list[Any]] = field(default_factory=dict)

    def opaque(self, network: Network, node: Opaque, values: Values, *, known: bool) -> list[Any]:
        """Values of the node's outputs; with `known`, only for operands seen before."""
        world = (network.environment, node.operator, node.content)
        state = hashlib.sha256(repr(world).encode())
        captured = [name if constant is None else constant for name, constant in node.captured]
        shape: tuple[int, ...] = ()
        for operand in (*node.operands, *captured):
            state.update(b"|")
            if isinstance(operand, Constant):
                state.update(repr((operand.dtype, operand.shape, operand.data)).encode())
            elif operand is not None:
                dtype = network.tensors[operand].dtype
                value = np.asarray(values[operand], dtype=object)  # a scalar may be no array
                state.update(repr((dtype, value.shape, value.tolist())).encode())
                shape = shape or value.shape
        key = state.digest()
        if key not in self.seen:
            if known:
                raise KeyError(f"{node.operator} {node.name} reads what it never read before")
            rng = random.Random(key)
            self.seen[key] = [
                numbers(rng, self.shapes.get(name, shape), "whole") for name in node.outputs
            ]
        return self.seen[key]


@lru_cache(maxsize=4096)
def _made_up(function: str, value: str) -> Any:
    """An activation's value where it is irrational: whatever, but always the same."""
    return number(f"{random.Random(f'{function} {value}').randint(1, 999)}/1000")


def _activated(function: Activations, x: Any) -> Any:
    if isinstance(function, Several):
        axis = function.axis if x.ndim > 1 else 0  # one number for each unit
        units = np.moveaxis(x, axis, 0)
        rows = [units[i : i + 1] for i in range(units.shape[0])]
        parts = [_activated(one, row) for one, row in zip(function.functions, rows, strict=True)]
        return np.moveaxis(np.concatenate(parts), 0, axis)
    flat = []
    for value in rationals(x).ravel().tolist():
        try:
            flat.append(function(value))
        except NotRational:
            flat.append(_made_up(str(function), str(value)))
    result = np.empty(len(flat), dtype=object)
    result[:] = flat
    return result.reshape(x.shape)


def valued(network: Network, point: Values, world: World, *, known: bool = False) -> Values:
    """The value of every tensor, exactly."""
    values = dict(point)
    for node in network.nodes:
        if isinstance(node, Opaque):
            values.update(
                zip(node.outputs, world.opaque(network, node, values, known=known), strict=True)
            )
        elif isinstance(node, Pointwise):
            values[node.output] = _activated(node.activation, values[node.input])
        else:
            given = [values[name] for name in node.inputs]
            values[node.output] = rationals(apply(node, *given))
    return values


def evidence(network: Network, data: bytes, many: int) -> list[tuple[Values, World, Values]]:
    """Points with the original's values there, those that it can be evaluated at.

    The network is what `data` holds; a few are remembered.
    """
    if (data, many) not in _REMEMBERED:
        while len(_REMEMBERED) >= _MOST_REMEMBERED:
            del _REMEMBERED[next(iter(_REMEMBERED))]
        _REMEMBERED[data, many] = _evidence(network, data, many)
    return _REMEMBERED[data, many]


def _evidence(network: Network, data: bytes, many: int) -> list[tuple[Values, World, Values]]:
    rng = random.Random(hashlib.sha256(data).digest())
    found = []
    for place in range(many):
        size = SIZES[place % len(SIZES)]
        shapes = shapes_of(network, size)
        kind = ("whole", "rational")[place % 2]
        point = {name: numbers(rng, shape, kind) for name, shape in shapes.items()}
        if place == 2:
            point = {name: value * 0 for name, value in point.items()}
        if place in (3, 4, 5):
            point = _kinked(network, rng, point)
        world = World(opaque_shapes(data, point) if network.opaque else {})
        try:
            found.append((point, world, valued(network, point, world)))
        except (LumpverError, KeyError, ValueError):
            continue
    return found


def _kinked(network: Network, rng: random.Random, point: Values) -> Values:
    """The point moved onto the hyperplane where a unit of the first layer switches."""
    nodes = [
        node
        for node in network.nodes
        if isinstance(node, Linear)
        and mixes(node)
        and node.input in point
        and window_of([node]) is None
    ]
    if not nodes:
        return point
    node = rng.choice(nodes)
    after = [r.b for r in network.readers.get(node.output, []) if isinstance(r, Linear)]
    b = node.b if node.b is not None else next((b for b in after if b is not None), None)
    W = rationals(node.W)
    v = rng.randrange(W.shape[0]) if W.shape[0] else 0
    length = sum((w * w for w in W[v]), number(0)) if W.size else 0
    if length == 0:
        return point
    shift = rationals(b)[v] if b is not None and b.shape[0] > v else number(0)
    moved = np.moveaxis(point[node.input].copy(), node.axis, 0)
    if moved.shape[0] != W.shape[1]:
        return point
    distance = (np.tensordot(W[v], moved, 1) + shift) / length
    moved = moved - np.multiply.outer(W[v], distance)
    return point | {node.input: np.moveaxis(moved, 0, node.axis)}


def wrong(
    original: Network, reduced: Network, claim: Certificate, data: bytes, many: int = 8
) -> str | None:
    """Why an accepted pair is wrong, or None. `data` is the original's file.

    Raises
    ------
    Unjudged
        If the original cannot be evaluated.
    """
    found = evidence(original, data, many)
    if not found:
        raise Unjudged
    if _interface(original) != _interface(reduced, like=original):
        return "other inputs, outputs or opaque nodes"
    if strangers := set(claim.tensors) - set(original.tensors):
        return f"a claim about nothing: {strangers}"
    for point, world, ours in found:
        try:
            theirs = valued(reduced, point, world, known=True)
        except (LumpverError, KeyError, ValueError) as error:
            return f"the reduced network has no value: {type(error).__name__} {error}"
        for tensor in original.outputs:
            if not _same(ours[tensor.name], theirs[tensor.name]):
                return f"output {tensor.name} differs at {point}"
        reason = _unlike(original, claim, ours, theirs) or _of_another_sign(original, claim, ours)
        if reason is not None:
            return reason
    return None


def _of_another_sign(original: Network, claim: Certificate, ours: Values) -> str | None:
    """The first tensor of which a unit has a sign that the certificate says it never has."""
    for name, signs in claim.signs.items():
        units = np.moveaxis(ours[name], original.axes.get(name, -1), 0)
        for sign in signs.units:
            some = np.asarray(units[sign.unit], dtype=object).ravel().tolist()
            if any((value < 0) is sign.up and value != 0 for value in some):
                return f"tensor {name}: unit {sign.unit} has another sign"
    return None


def _interface(network: Network, *, like: Network | None = None) -> list[Any]:
    """What cannot change: inputs and outputs, types that are `real` taken as in `like`."""
    found: list[Any] = [sorted(node.operator for node in network.opaque)]
    other = network if like is None else like
    for values, others in ((network.inputs, other.inputs), (network.outputs, other.outputs)):
        found.append(len(values))
        for tensor, given in zip(values, others, strict=False):
            exact = "real" in (tensor.dtype, given.dtype)
            found.append((tensor.name, given.dtype if exact else tensor.dtype, tensor.shape))
    return found


def _same(a: Any, b: Any) -> bool:
    return a.shape == b.shape and bool((rationals(a) == rationals(b)).all())


@dataclass(frozen=True, slots=True, eq=False)
class _Believed:
    """One fact: t = M t' + k, and the identity where no relabelling is."""

    counterpart: str | None
    relabelling: Relabelling | None = None
    constant: Any = None

    def behind(self, function: Activations, counterpart: str | None) -> _Believed:
        """The same of what an activation makes of the tensor."""
        found = self.relabelling
        if found is None:
            return _Believed(counterpart)
        constant = np.where(found.fixed, _activated(function, self.constant), self.constant)
        off = np.isin(found.block, found.off)
        scale = rationals(found.scale).copy()
        for v in np.flatnonzero((found.block >= 0) & ~off).tolist():
            one = function.functions[v] if isinstance(function, Several) else function
            row = one.law.row(scale[v], rationals(constant)[v])
            if row is not None:
                constant = rationals(constant).copy()
                scale[v], constant[v] = row
        found = replace(found, scale=scale)
        if not off.any():
            return _Believed(counterpart, found, constant)
        silent = replace(found, block=np.where(off, -1, found.block), off=found.off[:0])
        return _Believed(counterpart, silent, np.where(off, number(0), constant))


def _unlike(original: Network, claim: Certificate, ours: Values, theirs: Values) -> str | None:
    """The first tensor whose values are not as one of its facts says."""
    ends = {segment.output for segment in original.segments}
    inside = {n.output for s in original.segments for n in s.nodes} - ends
    inside |= _within_chains(original, claim)
    believed = {tensor.name: [_Believed(tensor.name)] for tensor in original.inputs}
    for node in original.nodes:
        for name in node.outputs:
            if name in inside or not name:
                continue
            said = claim.tensors.get(name) or (Fact(name),)
            stated = [fact for fact in said if fact.since is None]
            if any(fact.uses >= _known(original, node, believed) for fact in stated):
                return f"tensor {name} uses a fact that is not there"
            believed[name] = [
                _followed(node, fact, believed)
                if fact.since is None
                else _Believed(fact.counterpart)
                for fact in said
            ]
            mine, axis = ours[name], original.axes.get(name, -1)
            for one in believed[name]:
                other = None if one.counterpart is None else theirs.get(one.counterpart)
                if other is None and isinstance(name, Derived):
                    continue  # made up by the reader, and after another node in the other file
                if not _as_claimed(mine, other, one.relabelling, one.constant, axis):
                    return f"tensor {name} is not what the certificate says"
    return None


def _within_chains(original: Network, claim: Certificate) -> set[str]:
    """The tensors of which a certificate says nothing since a chain is compared as a whole."""
    found: set[str] = set()
    for end, facts in claim.tensors.items():
        for fact in facts:
            nodes = between(original, fact.since, end) if fact.since is not None else None
            found |= {node.output for node in nodes or ()} - {end}
    return found


def _known(original: Network, node: Node, believed: dict[str, list[_Believed]]) -> int:
    """How many facts there are that one about a node's output may follow from."""
    if isinstance(node, Opaque | Join):
        return 1
    run = original.ends.get(node.output)
    return len(believed[node.input if run is None else run.input])


def _followed(node: Node, fact: Fact, believed: dict[str, list[_Believed]]) -> _Believed:
    """The fact as a certificate states it, with what it leaves out."""
    found = fact.relabelling
    if found is not None:
        if found.is_identity:  # which says no more
            return _Believed(fact.counterpart)
        return _Believed(fact.counterpart, found, rationals(found.constant))
    if isinstance(node, Linear | Opaque):
        return _Believed(fact.counterpart)
    if isinstance(node, Join):
        return _joined(node, fact, believed)
    before = believed[node.input][fact.uses]
    if isinstance(node, Pointwise):
        return before.behind(node.activation, fact.counterpart)
    return replace(before, counterpart=fact.counterpart)


def _joined(node: Join, fact: Fact, believed: dict[str, list[_Believed]]) -> _Believed:
    """The sum or difference: relabelled as both operands are, constants joined."""
    operands = [believed[name][0] for name in node.inputs]
    if any(one.relabelling is None for one in operands):
        return _Believed(fact.counterpart)
    constant = joined(node, *(one.constant for one in operands))
    return _Believed(fact.counterpart, operands[0].relabelling, constant)


def _as_claimed(mine: Any, other: Any, found: Relabelling | None, constant: Any, axis: int) -> bool:
    """Whether t = M t' + k, for all units but ghosts."""
    if found is None:
        return other is not None and _same(mine, other)
    t = np.moveaxis(mine, axis, 0)
    if t.shape[0] != found.units or (other is None and found.width):
        return False
    u = None if other is None or not found.width else np.moveaxis(other, axis, 0)
    if u is not None and (u.shape[0] != found.width or u.shape[1:] != t.shape[1:]):
        return False
    for v in range(found.units):
        row = found.row(v)
        if any(j >= found.width for j, _ in row):
            continue
        expected = constant[v]
        for j, scale in row if u is not None else ():
            expected = expected + scale * u[j]
        if not np.asarray(t[v] == expected).all():
            return False
    return True


def paper_says(original: Network, reduced: Network, claim: Certificate) -> str | None:
    """Why the paper's words contradict the claim, or None; for small chains only."""
    try:
        nn, smaller = paper.from_network(original), paper.from_network(reduced)
    except LumpverError:
        return None
    width = nn.widths[0]
    for seed in range(2):
        rng = random.Random(seed)
        point = [f"{rng.randint(-20, 20)}/{rng.randint(1, 5)}" for _ in range(width)]
        try:
            if nn(point) != smaller(point):
                return f"the paper's semantics differ at {point}"
        except NotRational:
            break
    found = _lumping(original, claim, nn)
    if found is not None and not paper.is_lumpability(nn, *found):
        return f"no lumpability by Definition 6*: {paper.violations(nn, *found)[0]}"
    return None


def _lumping(
    original: Network, claim: Certificate, nn: Any
) -> tuple[list[list[tuple[int, ...]]], list[list[Any]]] | None:
    """Relation and rho of the claim, where it is one in the paper's sense."""
    relation = [[(v,) for v in nn.S(0)]]
    rho: list[list[Any]] = [[1] * len(nn.S(0))]
    ends = {segment.output for segment in original.segments}
    names = [node.input for node in original.nodes if isinstance(node, Pointwise)]
    if len(names) < nn.k:
        names.append(original.outputs[0].name)
    for ell, name in enumerate(names, start=1):
        said = claim.tensors.get(name, ())
        if len(said) > 1:  # nor several facts
            return None
        found = said[0].relabelling if said else None
        units = len(nn.S(ell))
        if found is None:
            relation.append([(v,) for v in range(units)])
            rho.append([1] * units)
            continue
        scale = rationals(found.scale)
        beside = (found.block >= 0) & (rationals(found.constant) != number(0))
        if name not in ends or beside.any() or not (scale > 0).all() or found.units != units:
            return None
        if not found.is_plain:  # the paper has no signs
            return None
        blocks: dict[int, list[int]] = {}
        for v, j in enumerate(found.block.tolist()):
            blocks.setdefault(j if j >= 0 else -1 - v, []).append(v)
        relation.append([tuple(members) for members in blocks.values()])
        rho.append([1 / value for value in scale])
    return (relation, rho) if len(relation) == nn.k + 1 else None
