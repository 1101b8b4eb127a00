"""From a model file to a smaller one and its certificate, checked as written.

Success is reported only after the checker has accepted the files on disk.
"""

from __future__ import annotations

import gzip
import re
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

from lumpver.certificate import MOST_BYTES, encode
from lumpver.errors import (
    LumpverError,
    Malformed,
    Rejected,
    SelfCheckFailed,
    ShapeMismatch,
    Unreadable,
    Unrepresentable,
)
from lumpver.fitting import Spared
from lumpver.io.files import Model, format_of, load, stored
from lumpver.io.writing import spare, staged
from lumpver.lumping import RULES
from lumpver.reduction import Reduction, reduce
from lumpver.representable import root
from lumpver.verification import again, check_files, check_models

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from lumpver.certificate import Certificate, Digest
    from lumpver.checker import Checked
    from lumpver.network import Network
    from lumpver.storage import Types
    from lumpver.withheld import Units

__all__ = ["Outcome", "check_files", "reduce_file", "units_named"]


_LEFT_OUT: Final = ((), ("compose",), ("compose", "constants"))  # what may take more bytes
_PIECE: Final = 2**20
_INDEX: Final = re.compile(r"(?P<first>\d{0,18})(?::(?P<end>\d{0,18}))?\]", re.ASCII)
WITHOUT_SIGNS: Final = (
    "units that never switch were left alone: with them the certificate was too large, or not"
    " accepted"
)
FELL_BACK: Final = (
    "the checker did not accept what lumpver made of this model, so nothing was removed;"
    " that is a bug, please report the model"
)


@dataclass(frozen=True, slots=True, eq=False)
class Outcome:
    """What `reduce_file` did: the reduction, where it is, and the checker's answer.

    `bytes_before` and `bytes_after` are the files' sizes, with external data.
    """

    original: Model
    reduction: Reduction
    reduced: Path
    certificate: Path
    checked: Checked
    seconds: float
    bytes_before: int
    bytes_after: int

    @property
    def is_copy(self) -> bool:
        """Whether the reduced file is byte for byte the model."""
        claim = self.reduction.certificate
        return claim.original == claim.reduced


def reduce_file(
    model: Path | str,
    output: Path | str,
    *,
    certificate: Path | str | None = None,
    rules: Iterable[str] = RULES,
    keep: Iterable[str] = (),
    types: Types = "auto",
    dtype: Literal["float64"] | None = None,
    progress: Callable[[str], None] = lambda _: None,
) -> Outcome:
    """Write the reduced model and its certificate, the one accepted by the checker for the other.

    `keep` names units to leave alone, as `tensor[3]` or, for all of its units, `tensor`.
    `types` says what becomes of a layer whose new numbers its type does not hold: whatever
    takes the fewest bytes, so that no model grows ("auto"), it stays as it is ("keep"), or
    it is stored in float64 ("widen"). With a `dtype` all of the model, inputs and outputs too,
    is in that type, without a Cast. The certificate goes to `OUTPUT.cert.json` unless another
    place is given. `progress` is called with the name of each step.

    Raises
    ------
    Unreadable, Malformed, Unrepresentable
        If the model cannot be read, the output's format cannot hold the result, or a file
        would be written over one that was read: the model or its external data.
    SelfCheckFailed
        If the checker rejects even a copy, which is a bug; nothing is written. Where it
        rejects a smaller model, also a bug, nothing is removed and the answer's notes say so.
    """
    started = time.perf_counter()
    target = Path(output)
    proof = Path(certificate) if certificate is not None else Path(f"{target}.cert.json")
    targets = {"the reduced model": target, "the certificate": proof}
    spare(targets, [(Path(model), "the model")])
    if format_of(target) == ".nnet" != format_of(Path(model)):
        wish = "a .nnet model to make one of (`lumpver export` writes it)"
        raise Malformed(str(target), expected=wish, got=str(model))
    progress("reading")
    original = load(model)
    spare(targets, original.files)
    kept = frozenset(unit for name in keep for unit in units_named(original.network, name))
    base = original if dtype is None else _in_float64(original, target)
    task = _Task(original, base, target, proof, tuple(rules), kept, types, progress)
    found, checked = _first_written(task)
    claim = found.certificate
    before, after = _size(original.path, claim.original), _size(target, claim.reduced)
    seconds = time.perf_counter() - started
    return Outcome(original, found, target, proof, checked, seconds, before, after)


def _size(path: Path, digest: Digest | None) -> int:
    """Bytes of a model file and of the external data that it names."""
    data = () if digest is None else digest.external
    return sum(place.stat().st_size for place in (path, *(path.parent / name for name in data)))


def _in_float64(original: Model, target: Path) -> Model:
    """The model with every number in float64, to be reduced in its place."""
    from lumpver.io.onnx.doubling import doubled, in_float64  # noqa: PLC0415 heavy: onnx
    from lumpver.io.onnx.read import read  # noqa: PLC0415 heavy: onnx

    suffix = format_of(target)
    if ".onnx" not in suffix:
        raise Malformed(str(target), expected="an .onnx model for --dtype float64", got=suffix)
    if ".onnx" not in format_of(original.path):
        return replace(original, network=in_float64(original.network))
    data = doubled(original.network)
    network = read(data, where=str(original.path))
    packed = format_of(original.path) == ".onnx.gz"
    data = gzip.compress(data, mtime=0) if packed else data
    return replace(original, network=network, data=data)


@dataclass(frozen=True, slots=True)
class _Task:
    """What is to be written where: `base` reduced, a certificate for `original` beside it."""

    original: Model
    base: Model
    target: Path
    proof: Path
    rules: tuple[str, ...]
    keep: Units
    types: Types
    progress: Callable[[str], None]

    def reduction(self) -> Reduction:
        """The reduction, with numbers that the target's format holds."""
        floats_only = ".onnx" in format_of(self.target)
        network = self.base.network
        return reduce(
            network, rules=self.rules, keep=self.keep, floats_only=floats_only, types=self.types
        )


def _first_written(task: _Task) -> tuple[Reduction, Checked]:
    """What all rules give, or else all but signs, or else a copy: the first that checks."""
    fewer = tuple(rule for rule in task.rules if rule != "stable")
    attempts: dict[tuple[str, ...], tuple[str, ...]] = {task.rules: ()}
    attempts.setdefault(fewer, (WITHOUT_SIGNS,))
    failed: dict[str, None] = {}
    for chosen, notes in attempts.items():
        try:
            found, checked = _written(replace(task, rules=chosen))
        except (SelfCheckFailed, Unrepresentable) as error:
            failed |= _named(error)
            continue
        return found, replace(checked, notes=(*checked.notes, *notes, *failed))
    found, checked = _written(replace(task, rules=()))
    return found, replace(checked, notes=(*checked.notes, FELL_BACK, *failed))


def _named(error: LumpverError) -> dict[str, None]:
    """The rule that failed, and where; nothing for what was only too large."""
    named = isinstance(error, Unrepresentable) or error.__cause__ is not None
    return {f"what was not accepted: {error}": None} if named else {}


def _smallest(task: _Task) -> tuple[Reduction, bytes]:
    """The reduction and its bytes: no more than the model's, unless that was asked for.

    Exact .json holds whatever there is, in as many digits as that takes.
    """
    found = task.reduction()
    data = stored(found.network, task.base, task.target)
    most = _size(task.original.path, task.original.digest)
    suffix = format_of(task.target)
    counted = suffix == format_of(task.original.path) != ".json" and task.types != "widen"
    counted = counted and task.base is task.original
    excess = len(data) - most if counted and task.rules else 0
    if excess <= 0:
        return found, data
    bare = replace(task, rules=())
    fewer = [tuple(rule for rule in task.rules if rule not in left) for left in _LEFT_OUT]
    for other in (*(replace(task, types="keep", rules=rules) for rules in fewer), bare):
        smaller = other.reduction()
        data = stored(smaller.network, task.base, task.target)
        if len(data) <= most:
            break
    units = smaller.network.units - found.network.units
    spared = Spared(units, excess) if units > 0 else None
    return replace(smaller, exact=found.exact, spared=spared), data


def _written(task: _Task) -> tuple[Reduction, Checked]:
    """The reduction and the checker's answer, both files having been written."""
    original, target, progress = task.original, task.target, task.progress
    progress("lumping")
    found, data = _smallest(task)
    progress("writing")
    places = (target, task.proof)
    with staged(places) as (model_place, proof_place), ThreadPoolExecutor(1) as pool:
        writing = pool.submit(_put, model_place, data, target)  # while the checker works
        found = replace(found, network=original.network)  # until there is the one as written
        progress("checking")
        written, claim, checked = _self_checked(original, target, data, found.certificate)
        text = encode(claim)
        if len(text) > MOST_BYTES:
            most, got = f"at most {MOST_BYTES} bytes", str(len(text))
            raise SelfCheckFailed(f"certificate for {target}", expected=most, got=got)
        proof_place.write_bytes(text)
        writing.result()
    return replace(found, network=written.network, certificate=claim), checked


def _put(place: Path, data: bytes, target: Path) -> None:
    """Write the bytes and read them back, a piece at a time."""
    place.write_bytes(data)
    at = 0
    with place.open("rb") as file:
        while piece := file.read(_PIECE):
            if piece != data[at : at + _PIECE]:
                break
            at += len(piece)
    if at != len(data):
        raise Unreadable(str(target), expected="the bytes that were written", got="others")


def _self_checked(
    original: Model, target: Path, data: bytes, claim: Certificate
) -> tuple[Model, Certificate, Checked]:
    """The model that the bytes hold, the certificate for it, and the checker's answer."""
    try:
        written = again(target, data, original)
        bound = replace(claim, original=original.digest, reduced=written.digest)
        return written, bound, check_models(original, written, bound)
    except (Rejected, ShapeMismatch, Malformed) as error:
        raise SelfCheckFailed(
            f"self-check of {target}: {error.where}", expected=error.expected, got=error.got
        ) from error


def units_named(network: Network, name: str) -> list[tuple[str, int]]:
    """The units that `tensor[3]`, `tensor[2:5]` or `tensor` means, at the segment that makes them.

    Raises
    ------
    Malformed
        If there is no such tensor or unit, or a range is empty or leads beyond the last unit.

    Examples
    --------
    >>> from lumpver.network import Network
    >>> three = Network.from_layers([([[1], [2], [3]], None), ([[1, 1, 1]], None)])
    >>> units_named(three, "h1[1:]")
    [('h1.pre', 1), ('h1.pre', 2)]
    """
    tensor, bracket, index = (name, "", "") if name in network.tensors else name.rpartition("[")
    tensor = tensor or index  # no bracket at all
    place = root(network, tensor) if tensor in network.tensors else None
    if place is None or place not in network.width:
        expected = "a tensor with units, tensor[index] or tensor[first:end]"
        raise Malformed("unit", expected=expected, got=name[:60])
    count = network.width[place]
    if not bracket:
        return [(place, unit) for unit in range(count)]
    found = _INDEX.fullmatch(index)
    if found is None or (":" not in index and not found["first"]):
        raise Malformed("unit", expected=f"an index below {count} in {tensor}", got=name[:60])
    first = int(found["first"] or 0)
    end = first + 1 if ":" not in index else int(found["end"] or count)
    if not first < end <= count:
        expected = f"an index below {count}" if ":" not in index else f"a range within 0:{count}"
        raise Malformed("unit", expected=f"{expected} in {tensor}", got=name[:60])
    return [(place, unit) for unit in range(first, end)]
