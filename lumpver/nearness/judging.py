"""The check of a claim of closeness: every part of every box, by one rule.

Statement. Where nothing is rejected, the models are as close as the claim says on its domain.
Why. The parts cover the boxes (`trees`); in each all goals of the question are reached by numbers
that its rows are never below (`covering`, `questions`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from lumpver.bounds.knowing import intervals_of
from lumpver.claim.closeness import near
from lumpver.claim.domain import Boxes
from lumpver.claim.semantics import Real
from lumpver.errors import Malformed, reject
from lumpver.nearness.covering import covered
from lumpver.nearness.questions import question, values
from lumpver.nearness.trees import ends, inputs, parts
from lumpver.nearness.twin import twinned

if TYPE_CHECKING:
    from lumpver.claim.covering import Covering
    from lumpver.claim.statement import Claim
    from lumpver.model.graph import Graph
    from lumpver.nearness.twin import Twin

AT_ONCE: Final = 128


def judge(first: Graph, second: Graph, claim: Claim, covering: Covering) -> None:
    """Both networks, whose inputs and outputs have the same names, are as the claim says.

    Raises
    ------
    Rejected
        If that does not show in some part.
    Malformed
        If the claim is about no boxes, or the covering is not one of them.
    """
    domain = _boxes(first, claim, covering)
    twin = alike(first, second, domain, covering.pairs)
    for a, b in twin.outputs:
        ours, theirs = (twin.plan.shapes[name] for name in (a, b))
        if ours != theirs:
            reject("graph outputs", a, f"the shape {ours}", str(theirs))
    asked = question(twin, claim.closeness)
    for number, (box, tree) in enumerate(zip(domain.boxes, covering.trees, strict=True)):
        low, high = ends(twin, intervals_of(box, domain.sizes))
        done = 0
        for lower, upper, on in parts(low, high, tree, AT_ONCE, units=twin.unit_count):
            leaves = covered(twin, inputs(twin, lower, upper), on=on)
            found = values(leaves, asked).least
            shown = asked.shown(found)
            if not shown.all():
                leaf = int(np.flatnonzero(~shown)[0])
                short, _ = asked.short(found)
                place = f"leaf {done + leaf} of box {number}"
                got = f"{short[leaf]:.6g} less than needed"
                reject("closeness", place, near(claim.closeness), got)
            done += lower.shape[0]


def _boxes(first: Graph, claim: Claim, covering: Covering) -> Boxes:
    """The boxes of a claim that bounds can show, of which the covering has a tree for each."""
    domain = claim.domain
    if not isinstance(domain, Boxes):
        raise Malformed("claim", expected="boxes, where a covering is the evidence", got="none")
    if not isinstance(claim.semantics, Real) or claim.limits is not None:
        raise Malformed("claim", expected="real arithmetic, without limits", got=str(claim))
    if len(covering.trees) != len(domain.boxes):
        got = str(len(covering.trees))
        raise Malformed("trees", expected=f"one for each of {len(domain.boxes)} boxes", got=got)
    names = {tensor.name for tensor in first.inputs}
    for name in domain.sizes:
        if name not in names:
            raise Malformed(f"box for {name}", expected="an input of the models", got="none such")
    return domain


def alike(first: Graph, second: Graph, domain: Boxes, pairs: tuple[tuple[str, str], ...]) -> Twin:
    """Both networks as one plan, inputs and outputs by name."""
    inputs_ = [(tensor.name, tensor.name) for tensor in first.inputs]
    outputs = [(tensor.name, tensor.name) for tensor in first.outputs]
    return twinned(first, second, domain.sizes, pairs, inputs=inputs_, outputs=outputs)
