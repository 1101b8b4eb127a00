"""Certificates of equal models by facts: where the second is what the first reduces to."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from lumpver.checker import check
from lumpver.errors import LumpverError
from lumpver.reducing.reduction import reduce

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lumpver.claim.certificate import Certificate
    from lumpver.claim.facts import Fact
    from lumpver.model.network import Network


def facts(a: Network, b: Network) -> Certificate | None:
    """A certificate that `b` computes what `a` does, if it is the quotient that `reduce` finds.

    Tensors may have other names; None where it is none, whether both are equal or not.

    Examples
    --------
    >>> from lumpver.model.network import Network
    >>> twins = Network.from_layers([([[1], [2]], None), ([[1, 1]], None)])
    >>> single = Network.from_layers([([[1]], None), ([[3]], None)])
    >>> facts(twins, single), facts(twins, Network.from_layers([([[3]], None), ([[1]], None)]))
    (<Certificate: 1 tensor relabelled, 2 units to 1>, None)
    """
    try:
        found = reduce(a, floats_only=True)
        outputs = zip(found.network.nodes, b.nodes, strict=True)
        pairs = [pair for x, y in outputs for pair in zip(x.outputs, y.outputs, strict=True)]
        certificate = replace(found.certificate, tensors=_renamed(found.certificate, dict(pairs)))
        check(a, b, certificate)
    except (LumpverError, ValueError):  # zip's, too
        return None
    return certificate


def _renamed(certificate: Certificate, names: Mapping[str, str]) -> dict[str, tuple[Fact, ...]]:
    return {
        tensor: tuple(
            replace(fact, counterpart=names.get(fact.counterpart or "", fact.counterpart))
            for fact in stated
        )
        for tensor, stated in certificate.tensors.items()
    }
