"""What units that never switch on a domain allow beyond lumping: fewer activations, and numbers."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from lumpver.io.storage import Storage
from lumpver.quotient.carrying import carried
from lumpver.quotient.multiplying import Multiplied, multiplied_out
from lumpver.quotient.straight import Straight, straightened

if TYPE_CHECKING:
    from collections.abc import Collection

    from lumpver.bounds.knowing import Known
    from lumpver.model.network import Network
    from lumpver.search.lumping import Lumping


@dataclass(frozen=True, slots=True, eq=False)
class Decided:
    """A reduced network without activations that leave all alone, and its lumping.

    `made` are the tensors whose activations count as lines, `gone` all without a counterpart.
    """

    network: Network
    lumping: Lumping
    straight: Straight = field(default_factory=Straight)
    made: frozenset[str] = frozenset()
    gone: frozenset[str] = frozenset()


def decided(
    original: Network,
    reduced: Network,
    lumping: Lumping,
    known: Known,
    *,
    fixed: Collection[str],
    composes: bool,
    floats_only: bool,
) -> Decided:
    """Layers without an undecided unit lose their activation, and are multiplied out if it pays.

    Of others, units that are on are carried by what they read, where that is fewer. Tensors in
    `fixed` stay as they are.
    """
    result, straight = straightened(original, reduced, lumping, known, fixed=fixed)
    storage = Storage(original, everywhere=False) if floats_only else None
    products = Multiplied(result)
    if composes:
        products = multiplied_out(original, result, straight, storage)
        result = products.network

    def operand(name: str) -> tuple[str, str]:
        source = original.ends[name].input
        while source in products.made:
            source = original.ends[original.producers[source].inputs[0]].input
        return source, straight.instead.get(source, source)

    if not fixed:
        result, lumping = carried(original, result, lumping, known, operand, storage)
    return Decided(result, lumping, straight, products.made, products.gone)
