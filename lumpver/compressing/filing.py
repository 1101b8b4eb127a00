"""From a model file to a smaller one that is near it, and the certificate, checked as written."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lumpver.claim.closeness import not_negative
from lumpver.compressing.compressing import Compressed, compress
from lumpver.errors import Malformed
from lumpver.io import saving
from lumpver.io.files import Model, format_of, load
from lumpver.io.naming import named
from lumpver.io.writing import spare
from lumpver.proving.effort import budget
from lumpver.reducing.boxing import told
from lumpver.reducing.filing import Place, filed, size
from lumpver.reducing.pipeline import reduce_file

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from lumpver.checker import Checked
    from lumpver.io.domains import Found as Domain
    from lumpver.model.network import Network


@dataclass(frozen=True, slots=True, eq=False)
class Filed:
    """What `compress_file` did: the smaller network, where it is, and the checker's answer.

    `bytes_before` and `bytes_after` are the files' sizes, with external data.
    """

    original: Model
    found: Compressed
    reduced: Path
    certificate: Path
    checked: Checked
    seconds: float
    bytes_before: int
    bytes_after: int


def compress_file(
    model: Path | str,
    output: Path | str,
    *,
    eps: Any,
    box: Callable[[Network], Domain],
    certificate: Path | str | None = None,
    timeout: float | None = None,
    spared: Iterable[tuple[Path, str]] = (),
    progress: Callable[[str], None] = lambda _: None,
) -> Filed:
    """Write a smaller model that is within eps of another on a box, and its certificate.

    The checker has accepted both as written. `box` says what the inputs are, as for `reduce_file`,
    which does it all where nothing is gained by eps, or eps is 0. The search takes `timeout`
    seconds, about; without a limit it is the same each time.

    Raises
    ------
    Unreadable, Malformed, Unrepresentable
        If the model cannot be read, the output's format cannot hold the result, eps is negative or
        no number, or a file would be written over one that was read.
    SelfCheckFailed
        If the checker rejects the result, which is a bug; nothing is written.
    """
    started = time.perf_counter()
    most = not_negative(eps, where="eps")
    target = Path(output)
    proof = Path(certificate) if certificate is not None else Path(f"{target}.cert.json")
    targets = {"the reduced model": target, "the certificate": proof}
    spare(targets, [(Path(model), "the model"), *spared])
    if format_of(target) == ".nnet" != format_of(Path(model)):
        wish = "a .nnet model to make one of (`lumpver export` writes it)"
        raise Malformed(str(target), expected=wish, got=str(model))
    progress("reading")
    original = load(model)
    spare(targets, original.files)
    domain = box(original.network)
    limits, floats = budget(timeout=timeout), ".onnx" in format_of(target)
    found = compress(
        original.network, domain.domain, most, limits, floats_only=floats, progress=progress
    )
    if found.exact is not None:
        done = reduce_file(model, target, certificate=proof, box=box, spared=spared)
        exact = replace(found, network=done.reduction.network, exact=done.reduction,
                        certificate=done.reduction.certificate)  # fmt: skip
        checked, notes = done.checked, told(done.reduction)
    else:
        name = named(found.certificate.claim, original.digest.sha256)
        layout = saving.laid_out(found.network, original, target, name)
        place = Place(original, target, proof, progress)
        written, claim, checked = filed(place, [layout], found.certificate)
        exact, notes = replace(found, network=written.network, certificate=claim), domain.notes
    notes = tuple(dict.fromkeys((*checked.notes, *notes)))
    claim = exact.certificate
    sizes = size(original.path, claim.original), size(target, claim.reduced)
    seconds = time.perf_counter() - started
    return Filed(original, exact, target, proof, replace(checked, notes=notes), seconds, *sizes)
