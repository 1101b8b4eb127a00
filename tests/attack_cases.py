"""What attacks are made of: a right answer, a wrong one, and the rule between them."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from onnx_models import network, tensor, whole

from lumpver.checker import check
from lumpver.claim.certificate import Certificate
from lumpver.claim.facts import Fact
from lumpver.errors import Malformed, Rejected
from lumpver.exact.array import array, zeros
from lumpver.model.relabelling import Relabelling

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

REFUSED: Final = "refused"


@dataclass(frozen=True)
class Case:
    """The rule that an attack breaks, an original, and what is claimed of it.

    `honest` and `claims` are the right answer; `wrong` and `lies`, where given, stand in
    for them in the attack.
    """

    rule: str
    original: Any
    wrong: Any = None
    honest: Any = None
    claims: Mapping[str, tuple[Fact, ...]] = field(default_factory=dict)
    lies: Mapping[str, tuple[Fact, ...]] | None = None

    def verdict(self, *, attack: bool) -> str:
        """`accepted`, the rule that rejects, or `refused`."""
        answer = self.original if self.honest is None else self.honest
        answer = self.wrong if attack and self.wrong is not None else answer
        claims = self.lies if attack and self.lies is not None else self.claims
        try:
            check(network(self.original), network(answer), Certificate(claims))
        except Rejected as error:
            return error.rule
        except Malformed:
            return REFUSED
        return "accepted"


def lumped(
    *block: int, scale: Any = None, constant: Any = None, width: int | None = None
) -> tuple[Fact, ...]:
    """A claim about h: the block of each unit, -1 for a constant; from `width` on ghosts."""
    n, blocks = len(block), max(block, default=-1) + 1
    width = blocks if width is None else width
    scales = np.ones(n) if scale is None else array(scale)
    constants = zeros(n) if constant is None else array(constant)
    found = Relabelling(np.array(block), scales, constants, width, blocks - width)
    return (Fact("h" if width else None, found),)


def f(name: str, *rows: Any) -> Any:
    """A float32 tensor."""
    return tensor(name, np.array(rows, dtype=np.float32))


def changed(made: Any, change: Callable[[Any], Any]) -> Any:
    """A copy of a model to which something was done."""
    copy = deepcopy(made)
    change(copy)
    return copy


CHAIN = "MatMul x W h; Relu h r; MatMul r V y"
W, V = f("W", [1, 2, 3], [-1, -2, 1]), f("V", [1, 2], [3, 4], [5, 6])
PAIR = whole(CHAIN, W, V)  # unit 1 is twice unit 0
MERGE = {"h": lumped(0, 0, 1, scale=[1, 2, 1])}


def merged(text: str = CHAIN, *more: Any, w: Any = ([1, 3], [-1, 1]), v: Any = ([7, 10], [5, 6])
           ) -> Any:  # fmt: skip
    """The merged pair, or what is made of it."""
    return whole(text, f("W", *w), f("V", *v), *more)


def pair(rule: str, wrong: Any = None, lies: Any = None) -> Case:
    """Something wrong with the merged pair or its certificate."""
    return Case(rule, PAIR, wrong, merged(), MERGE, lies)
