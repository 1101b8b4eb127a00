"""What the package offers of files and networks alike: `reduce`, `check` and more.

A network may be a path, a `Model` that `load` has read, or a `Network`; a certificate may be
a path or a `Certificate`. `save` writes a network to a file.
"""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, overload

from lumpver.claim.certificate import Certificate
from lumpver.claim.statement import EVERYTHING, Claim
from lumpver.errors import Malformed, Rejected, Unrepresentable
from lumpver.face.compressing import compressed
from lumpver.face.given import certificate_of, network_of, opened, plain, unfit
from lumpver.io.files import Model, format_of
from lumpver.io.naming import told
from lumpver.io.saving import spelled
from lumpver.io.writing import spare, write_file
from lumpver.model.network import Network
from lumpver.reducing.verification import same_digests
from lumpver.search.lumping import RULES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from lumpver.checker import Checked
    from lumpver.compressing import Compressed
    from lumpver.face.given import Claimed, Given
    from lumpver.io.storage import Types
    from lumpver.reducing.reduction import Reduction
    from lumpver.search.withheld import Units
    from lumpver.tell.explanation import Explanation
    from lumpver.tell.inspection import Facts


@overload
def reduce(
    network: Given,
    *,
    rules: Iterable[str] = RULES,
    keep: Units = frozenset(),
    floats_only: bool = False,
    types: Types = "auto",
    align: int = 1,
    box: Any = None,
    timeout: float | None = None,
    eps: None = None,
) -> Reduction: ...
@overload
def reduce(
    network: Given,
    *,
    floats_only: bool = False,
    box: Any,
    timeout: float | None = None,
    eps: Any,
) -> Compressed: ...
def reduce(  # noqa: PLR0913 each is an option of its own
    network: Given,
    *,
    rules: Iterable[str] = RULES,
    keep: Units = frozenset(),
    floats_only: bool = False,
    types: Types = "auto",
    align: int = 1,
    box: Any = None,
    timeout: float | None = None,
    eps: Any = None,
) -> Reduction | Compressed:
    """The quotient of a network by its coarsest lumping, with its certificate.

    `network` is a path, a Model or a Network. With a `box`, anything that `io.domains.read`
    takes, widened outward to the next number of the input's type, the result computes the same
    there, and its certificate claims that alone, by bounds that are tightened for `timeout`
    seconds at most. With `eps` outputs are within that there (`lumpver.compressing.compress`). The
    rest is as in `reducing.reduction.reduce`.

    Raises
    ------
    TypeError
        If `network` is anything else, or `keep` no pairs (tensor, index).
    Unreadable, Malformed
        If the file cannot be read, a rule, a unit in `keep`, `align` or `timeout` is none.
    Malformed, ShapeMismatch, NotANumber
        If the box is no box, or for other inputs; or eps is no number from 0, or has no box.
    InexactUnit
        If floats round, or lose small numbers, in a mode of this process that proves nothing.

    Examples
    --------
    >>> reduce(Network.from_layers([([[1], ["1/3"]], None), ([[1, 1]], None)]))
    <Reduction: 2 units to 1>
    >>> two = Network.from_layers([([[1, 1], [-1, -1]], [1, -1]), ([[2, 3]], None)])
    >>> found = reduce(two, box="[0, 1]")  # x + y + 1 never is below 0, the other never above
    >>> found, found.network(["1/3", 1]) == two(["1/3", 1]), found.network([-2, 0]) == two([-2, 0])
    (<Reduction: 2 units to 0>, True, False)
    """
    if eps is not None:
        exact = tuple(rules), keep, types, align
        return compressed(network, box, eps, timeout, exact, floats_only=floats_only)
    from lumpver.reducing import reduction  # noqa: PLC0415 only what is needed

    whole, within = network_of(network, "network"), None
    if box is not None:
        from lumpver.io.domains import read  # noqa: PLC0415 only what is needed
        from lumpver.reducing.boxing import bounded  # noqa: PLC0415

        within = bounded(whole, read(box, whole).domain, timeout=timeout)
    return reduction.reduce(
        whole,
        rules=rules,
        keep=keep,
        floats_only=floats_only,
        types=types,
        align=align,
        known=within,
    )


def check(
    original: Given, reduced: Given, certificate: Claimed, *, claim: Claim = EVERYTHING
) -> Checked:
    """The certificate is right, and says what `claim` does of `original` and `reduced`.

    That is, unless less is asked: they compute the same. Digests are compared wherever a
    model is a file and the certificate names one; a Network has none.

    Raises
    ------
    ClaimsLess
        If the certificate claims less than `claim`.
    Rejected
        If what it claims fails: rule, tensor and unit, expected and got.
    DigestMismatch
        If the certificate is for other files.
    TypeError
        If something is no path, Model or Network, the certificate no path or Certificate, or
        the claim no Claim.
    Unreadable, Malformed
        If a file cannot be read as what it should be.
    InexactUnit
        If floats round, or lose small numbers, in a mode of this process that proves nothing.

    Examples
    --------
    >>> twins = Network.from_layers([([[1], [2]], None), ([[1, 1]], None)])
    >>> found = reduce(twins)
    >>> check(twins, found.network, found.certificate).units_after
    1
    """
    from lumpver import checker  # noqa: PLC0415 only what is needed

    if not isinstance(claim, Claim):
        raise unfit("claim", "a Claim", claim)
    proof = certificate_of(certificate)
    ours, theirs = opened(original, "original"), opened(reduced, "reduced")
    same_digests(
        ours if isinstance(ours, Model) and proof.original is not None else None,
        theirs if isinstance(theirs, Model) and proof.reduced is not None else None,
        proof,
    )
    checked = checker.check(plain(ours), plain(theirs), proof, claim=claim)
    models = [side for side in (ours, theirs) if isinstance(side, Model)]
    named = told(*models, but=ours.digest.sha256 if isinstance(ours, Model) else "")
    notes = (*checked.notes, *(note for model in models for note in model.notes), *named)
    return replace(checked, notes=tuple(dict.fromkeys(notes)))


def inspect(
    network: Given, *, ranks: bool = False, progress: Callable[[str], None] = lambda _: None
) -> tuple[Facts, ...]:
    """The facts of every affine segment of a path's, Model's or Network's network, in order.

    With `ranks` those of large segments have their rank too, however long it takes.

    Raises
    ------
    TypeError
        If `network` is anything else.
    Unreadable, Malformed
        If the file cannot be read.

    Examples
    --------
    >>> [fact.removable for fact in inspect(Network.from_layers([([[1], [2]], None)]))]
    [0]
    """
    from lumpver.tell import inspection  # noqa: PLC0415 only what is needed

    return inspection.inspect(network_of(network, "network"), ranks=ranks, progress=progress)


def explain(certificate: Claimed, unit: str) -> Explanation:
    """What a certificate, or the one in a file, says about `tensor[index]`.

    Raises
    ------
    TypeError
        If it is neither a path nor a Certificate.
    Unreadable, Malformed
        If the file is no certificate, or no unit has that name.

    Examples
    --------
    >>> twins = Network.from_layers([([[1], [2]], None), ([[1, 1]], None)])
    >>> explain(reduce(twins).certificate, "h1.pre[1]").fate
    'merged'
    """
    from lumpver.tell import explanation  # noqa: PLC0415 only what is needed

    return explanation.explain(certificate_of(certificate), unit)


def save(network: Network | Model, path: str | os.PathLike[str]) -> None:
    """The file at `path` holds the network, every number exactly.

    The suffix chooses the format: .onnx, .onnx.gz, .nnet or .json. What was read from ONNX
    keeps its names, types, metadata and nodes that lumpver does not model.

    Raises
    ------
    Unrepresentable
        If the format cannot hold the network; .json holds all that are modelled.
    TypeError
        If `network` is no Network or Model, or `path` no path.
    Malformed, Unreadable
        If the suffix is another, the file cannot be written, or it holds the Model's weights.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> twins = Network.from_layers([([[1], [2]], None), ([[1, 1]], None)])
    >>> with TemporaryDirectory() as folder:
    ...     save(twins, f"{folder}/twins.onnx")
    ...     reduce(f"{folder}/twins.onnx")
    <Reduction: 2 units to 1>
    """
    if not isinstance(network, Model | Network):
        raise unfit("network", "a Network or a Model (of lumpver.load)", network)
    if not isinstance(path, str | os.PathLike):
        raise unfit("path", "a path", path)
    target = Path(path)
    if isinstance(network, Model):
        spare({"the network": target}, network.files[1:])
    write_file(target, _stored(plain(network), format_of(target)))


def _stored(network: Network, suffix: str) -> bytes:
    try:
        return spelled(network, suffix, lambda: _onnx(network))
    except Unrepresentable as error:
        if ".onnx" not in suffix:
            raise
        raise Unrepresentable(
            error.where,
            expected=f"{error.expected} (.json holds any; reduce(floats_only=True) makes none"
            " that do not fit)",
            got=error.got,
        ) from error


def _onnx(network: Network) -> bytes:
    """An ONNX model of the network, on the pattern of the one it was read from, if any."""
    from lumpver.checker import check as same  # noqa: PLC0415 only what is needed
    from lumpver.io.onnx.read import Source, read  # noqa: PLC0415 only what is needed
    from lumpver.io.onnx.write import write  # noqa: PLC0415 only what is needed
    from lumpver.io.onnx.write.fresh import fresh  # noqa: PLC0415 only what is needed

    if not isinstance(source := network.source, Source):
        return fresh(network)
    data = write(network, replace(network, nodes=source.nodes, tensors=source.tensors))
    try:  # a caller may have changed more than the pattern has room for
        same(network, read(data, where="the network as written"), Certificate({}))
    except (Rejected, Malformed):
        return fresh(network)
    return data
