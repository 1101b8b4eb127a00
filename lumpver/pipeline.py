"""From a model file to a smaller one and its certificate, checked as written.

Success is reported only after the checker has accepted the files on disk.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from lumpver.certificate import encode
from lumpver.errors import Malformed
from lumpver.io.files import Model, format_of, load, staged, stored
from lumpver.lumping import RULES
from lumpver.reduction import Reduction, reduce
from lumpver.representable import root
from lumpver.verification import check_files, check_models, load_again

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from lumpver.certificate import Certificate
    from lumpver.checker import Checked
    from lumpver.network import Network

__all__ = ["Outcome", "check_files", "reduce_file", "units_named"]


@dataclass(frozen=True, slots=True, eq=False)
class Outcome:
    """What `reduce_file` did: the reduction, where it is, and the checker's answer."""

    original: Model
    reduction: Reduction
    reduced: Path
    certificate: Path
    checked: Checked
    seconds: float


def reduce_file(
    model: Path | str,
    output: Path | str,
    *,
    certificate: Path | str | None = None,
    rules: Iterable[str] = RULES,
    keep: Iterable[str] = (),
    progress: Callable[[str], None] = lambda _: None,
) -> Outcome:
    """Write the reduced model and its certificate; both were read back and checked.

    `keep` names units to leave alone, as `tensor[3]` or, for all of its units, `tensor`.
    The certificate goes to `OUTPUT.cert.json` unless another place is given. `progress` is
    called with the name of each step.

    Raises
    ------
    Unreadable, Malformed, Unrepresentable
        If the model cannot be read, or the output's format cannot hold the result.
    """
    started = time.perf_counter()
    target = Path(output)
    proof = Path(certificate) if certificate is not None else Path(f"{target}.cert.json")
    if target == proof:
        raise Malformed(str(target), expected="another name for the certificate", got="the same")
    floats_only = ".onnx" in format_of(target)
    progress("reading")
    original = load(model)
    progress("lumping")
    found = reduce(
        original.network,
        rules=rules,
        keep=frozenset(unit for name in keep for unit in units_named(original.network, name)),
        floats_only=floats_only,
    )
    progress("writing")
    with staged([target, proof]) as (model_place, proof_place):
        data = stored(found.network, original, target)
        model_place.write_bytes(data)
        claim, written = _bound(found.certificate, original, model_place, target)
        proof_place.write_bytes(encode(claim))
        progress("checking")
        checked = check_models(original, written, claim)
    complete = replace(found, certificate=claim)
    return Outcome(original, complete, target, proof, checked, time.perf_counter() - started)


def _bound(
    claim: Certificate, original: Model, place: Path, target: Path
) -> tuple[Certificate, Model]:
    """The certificate with both digests, and the reduced model as read back from disk."""
    written = _read_back(place, target, original)
    return replace(claim, original=original.digest, reduced=written.digest), written


def _read_back(place: Path, target: Path, original: Model) -> Model:
    named = place.with_name(place.name + format_of(target))
    place.rename(named)
    try:
        return replace(load_again(named, original), path=target)
    finally:
        named.rename(place)


def units_named(network: Network, name: str) -> list[tuple[str, int]]:
    """The units that `tensor[3]` or `tensor` means, at the segment that makes them.

    Raises
    ------
    Malformed
        If there is no such tensor or unit.
    """
    tensor, bracket, index = name.partition("[")
    if name in network.tensors:
        tensor, bracket = name, ""
    place = root(network, tensor) if tensor in network.tensors else None
    if place is None or place not in network.width:
        raise Malformed("unit", expected="a tensor with units, or tensor[index]", got=name)
    count = network.width[place]
    if not bracket:
        return [(place, unit) for unit in range(count)]
    digits = index.rstrip("]")
    if not digits.isdecimal() or int(digits) >= count:
        raise Malformed("unit", expected=f"an index below {count} in {tensor}", got=name)
    return [(place, int(digits))]
