"""A smaller model and its certificate as files, which the checker has accepted as written."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from lumpver.claim.certificate import MOST_BYTES, encode
from lumpver.errors import Malformed, Rejected, SelfCheckFailed, ShapeMismatch
from lumpver.io.reading import read_bytes, read_parts
from lumpver.io.saving import data_of
from lumpver.io.writing import spare, staged
from lumpver.reducing.verification import again, check_models

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from lumpver.checker import Checked
    from lumpver.claim.certificate import Certificate, Digest
    from lumpver.io.files import Model
    from lumpver.io.saving import Layout


@dataclass(frozen=True, slots=True)
class Place:
    """The model that files are about, where they go, and who is told of each step."""

    original: Model
    target: Path
    proof: Path
    progress: Callable[[str], None]


def filed(
    place: Place, layouts: list[Layout], certificate: Certificate
) -> tuple[Model, Certificate, Checked]:
    """The model as written, the certificate for it, and the checker's answer.

    The one layout is taken out of its list, so that nobody holds its numbers for longer.

    Raises
    ------
    SelfCheckFailed
        If the checker does not accept them, or the certificate is too large; nothing is written.
    """
    target, layout = place.target, layouts.pop()
    place.progress("writing")
    beside = [] if layout.data is None else [data_of(target)]
    with staged((*beside, target, place.proof)) as (*data_places, model_place, proof_place):
        moved = _write(layout, place, model_place, data_places)
        del layout  # and with it the numbers, which from now on are those of the files
        place.progress("checking")
        data = _read_back(model_place, place)
        written, claim, checked = _self_checked(place, data, moved, certificate)
        text = encode(claim)
        if len(text) > MOST_BYTES:
            most, got = f"at most {MOST_BYTES} bytes", str(len(text))
            raise SelfCheckFailed(f"certificate for {target}", expected=most, got=got)
        proof_place.write_bytes(text)
    return written, claim, checked


def size(path: Path, digest: Digest | None) -> int:
    """Bytes of a model file and of the external data that it names."""
    data = () if digest is None else digest.external
    return sum(place.stat().st_size for place in (path, *(path.parent / name for name in data)))


def _write(
    layout: Layout, place: Place, target: Path, data_places: Sequence[Path]
) -> dict[str, Path]:
    """Write the files; where external data is for now, by the name that it is to have."""
    if layout.data is not None:
        beside = data_of(place.target)
        purpose = "the reduced model's external data"
        targets = {"the reduced model": place.target, "the certificate": place.proof}
        spare({**targets, purpose: beside}, place.original.files)
        layout.data.write(data_places[0])
    layout.model.write(target)
    return {data_of(place.target).name: data_place for data_place in data_places}


def _read_back(written: Path, place: Place) -> bytes:
    """What is in the file as written; the original's bytes, if it is those."""
    before, count = place.original.data, written.stat().st_size
    if count != len(before):
        return read_bytes(written, where=str(place.target))
    _, _, (data,) = read_parts(written, [(0, count)], [before], where=str(place.target))
    return data if isinstance(data, bytes) else bytes(data)


def _self_checked(
    place: Place, data: bytes, moved: Mapping[str, Path], claim: Certificate
) -> tuple[Model, Certificate, Checked]:
    """The model that the bytes hold, the certificate for it, and the checker's answer."""
    original, target = place.original, place.target
    try:
        written = again(target, data, original, moved=moved)
        bound = replace(claim, original=original.digest, reduced=written.digest)
        return written, bound, check_models(original, written, bound, claim=bound.claim)
    except (Rejected, ShapeMismatch, Malformed) as error:
        raise SelfCheckFailed(
            f"self-check of {target}: {error.where}", expected=error.expected, got=error.got
        ) from error
