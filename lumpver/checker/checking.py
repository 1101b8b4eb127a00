"""The check: a walk over the original network, then what is left over of the reduced one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lumpver.checker.rules import reject
from lumpver.checker.signature import accepted, aligned, answers, same_signature
from lumpver.checker.walk import Walk
from lumpver.claim.statement import EVERYTHING, Claim
from lumpver.exact.unit import require_exact_unit

if TYPE_CHECKING:
    from lumpver.checker.answer import Checked
    from lumpver.claim.certificate import Certificate
    from lumpver.model.network import Network


def check(
    original: Network, reduced: Network, certificate: Certificate, *, claim: Claim = EVERYTHING
) -> Checked:
    """The certificate is right, and says what `claim` does of `original` and `reduced`.

    Digests are compared where files are read, not here.

    Raises
    ------
    ClaimsLess
        If the certificate claims less.
    Rejected
        Naming rule, tensor and unit of the first claim that fails, expected and got.
    InexactUnit
        If floats are not exact in this process, at the start or at the end.

    Examples
    --------
    >>> from lumpver.reducing.reduction import reduce
    >>> from lumpver.model.network import Network
    >>> twins = Network.from_layers([([[1], [2]], None), ([[1, 1]], None)])
    >>> found = reduce(twins)
    >>> check(twins, found.network, found.certificate).units_after
    1
    """
    require_exact_unit()
    answers(certificate.claim, asked=claim)
    notes = same_signature(original, reduced)
    walk = Walk(original, aligned(reduced, original), certificate)
    for name, entry_ in certificate.tensors.items():
        walk.known_tensor(name, entry_)
    walk.counterpart |= {tensor.name: tensor.name for tensor in original.inputs}
    for node in original.nodes:
        walk.node(node)
    for tensor in original.outputs:
        walk.identity(tensor.name, "output")
        if walk.counterpart[tensor.name] != tensor.name:
            reject("output", tensor.name, tensor.name, str(walk.counterpart[tensor.name]))
    for node in walk.reduced.nodes:
        if id(node) not in walk.paired:
            reject("unpaired node", node.name, "a counterpart in the original", "none")
    require_exact_unit()
    return accepted(original, reduced, certificate.claim, asked=claim, notes=notes)
