"""Two networks over the same inputs as one plan, and the activations that stand side by side.

first, second: the tensors of either network; the second's have names that the first's have not
pair: a tensor of each that the same activation makes, entry by entry, of the same size
unit: an entry of what an affine step makes and an activation reads
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, assert_never

from lumpver.bounds.plan import Plan, planned
from lumpver.bounds.steps import Affine, Bent, Between, Blank, Each, Largest
from lumpver.errors import Malformed
from lumpver.model.functions import Pieces

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from collections.abc import Set as AbstractSet

    from lumpver.bounds.pointwise import Given
    from lumpver.bounds.steps import Step
    from lumpver.model.activations import Activation
    from lumpver.model.graph import Graph


@dataclass(frozen=True, slots=True)
class Pair:
    """A tensor of the first, what its activation and the second's read, and the activation."""

    first: str
    operands: tuple[str, str]
    activation: Activation


@dataclass(frozen=True, slots=True, eq=False)
class Twin:
    """A plan of both networks, the first's tensors before the second's.

    `pairs` has tensors of the second; `outputs` names a tensor of each network. `units` has the
    number of each tensor's first unit, counted in the plan's order.
    """

    plan: Plan
    pairs: Mapping[str, Pair]
    outputs: tuple[tuple[str, str], ...]
    inputs: tuple[str, ...]
    units: Mapping[str, int]

    @property
    def entries(self) -> int:
        """How many entries all inputs have."""
        return sum(map(self.plan.size, self.inputs))

    @property
    def unit_count(self) -> int:
        """How many units there are."""
        return sum(map(self.plan.size, self.units))


def twinned(
    first: Graph,
    second: Graph,
    sizes: Mapping[str, int],
    pairs: Sequence[tuple[str, str]],
    *,
    inputs: Sequence[tuple[str, str]],
    outputs: Sequence[tuple[str, str]],
) -> Twin:
    """Both networks for inputs of so many entries, by the first's names.

    `inputs` and `outputs` are the tensors of both that are the same, and that are compared.

    Raises
    ------
    Malformed
        If a pair is none: no such tensors, not made by the same continuous activation, not of the
        same size, or one twice; or if outputs are of different sizes, or of sizes unknown.
    ShapeMismatch
        If an input has not so many entries, or a node does not apply to them.
    """
    ours = planned(first, sizes)
    theirs = planned(second, {b: sizes[a] for a, b in inputs if a in sizes})
    names = {b: a for a, b in inputs}
    taken = {*ours.shapes, *names.values()}
    for name in theirs.shapes:
        if name not in names:
            names[name] = _free(name, taken)
            taken.add(names[name])
    plan = Plan(dict(ours.shapes), dict(ours.steps))
    for name, shape in theirs.shapes.items():
        if name in theirs.steps:
            plan.shapes[names[name]] = shape
            plan.steps[names[name]] = _renamed(theirs.steps[name], names)
    for a, b in outputs:
        found = [plan.size(x) if x in plan.shapes else None for x in (a, names.get(b, ""))]
        if None in found or found[0] != found[1]:
            got = " and ".join("none" if x is None else str(x) for x in found)
            raise Malformed(f"output {a}", expected="as many entries in both models", got=got)
    named = [(a if a in ours.shapes else "", names.get(b, "")) for a, b in pairs]
    if len({b for _, b in named}) < len(named) or len({a for a, _ in named}) < len(named):
        raise Malformed("pairs", expected="each tensor once", got="one twice")
    return Twin(
        plan,
        {b: _pair(plan, a, b) for a, b in named},
        tuple((a, names[b]) for a, b in outputs),
        tuple(name for name in plan.shapes if name not in plan.steps),
        _units(plan),
    )


def _units(plan: Plan) -> dict[str, int]:
    """The number of the first unit of each tensor that has some."""
    read = {step.operand for step in plan.steps.values() if isinstance(step, Bent)}
    found, count = dict[str, int](), 0
    for name in plan.shapes:
        if name in read and isinstance(plan.steps.get(name), Affine):
            found[name] = count
            count += plan.size(name)
    return found


def _free(name: str, taken: AbstractSet[str]) -> str:
    """A name like this one that is not taken."""
    while name in taken:
        name += "'"
    return name


def _renamed(step: Step, names: Mapping[str, str]) -> Step:
    match step:
        case Affine(operands):
            return replace(step, operands=tuple((names[name], made) for name, made in operands))
        case Bent() | Largest():
            return replace(step, operand=names[step.operand])
        case Between(operands):
            return replace(step, operands=tuple(names[name] for name in operands))
        case Blank():
            return step
        case _:
            assert_never(step)


def _pair(plan: Plan, a: str, b: str) -> Pair:
    match plan.steps.get(a), plan.steps.get(b):
        case Bent(one, ours), Bent(other, theirs) if (
            not isinstance(ours, Each)
            and ours == theirs
            and continuous(ours)
            and plan.size(a) == plan.size(b)
        ):
            return Pair(a, (one, other), ours)
        case _:
            expected = "tensors of the same size that the same continuous activation makes"
            raise Malformed(f"pair {a}, {b}", expected=expected, got="others")


def continuous(function: Given) -> bool:
    """Whether a number bounds how much steeper than a line the activation is nowhere.

    False where entries have activations of their own.
    """
    if isinstance(function, Each):
        return False
    mapping = function.mapping
    return mapping.meets if isinstance(mapping, Pieces) else mapping.lipschitz is not None
