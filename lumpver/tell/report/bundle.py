"""One piece of evidence for an archive: report, certificate, digests, query, answers, how to.

The zip has neither times nor compression: same input, same bytes, on every machine.

plain: a file's name without what some system cannot have in one
"""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Final

from lumpver.errors import Malformed, Unreadable
from lumpver.io.reading import read_bytes
from lumpver.proving import Unknown
from lumpver.tell.report.facts import Names, names_of, same_files
from lumpver.tell.report.page import render
from lumpver.tell.report.query import query
from lumpver.tell.report.readme import readme

if TYPE_CHECKING:
    from lumpver.io.files import Model
    from lumpver.tell.report.examination import Examined

README: Final = "README.txt"
REPORT: Final = "report.html"
QUERY: Final = "equivalence.smt2"
OPEN: Final = "unknown.smt2"
ANSWERS: Final = "answers.json"
SUMS: Final = "SHA256SUMS"
_FOLDERS: Final = ("original", "reduced", "certificate")
_TAKEN: Final = frozenset(
    name.casefold() for name in (README, REPORT, QUERY, OPEN, ANSWERS, SUMS, *_FOLDERS)
)
_EPOCH: Final = (1980, 1, 1, 0, 0, 0)
_FILE: Final = 0o100644 << 16
_UNIX: Final = 3


def bundle(examined: Examined, *, models: bool = False) -> bytes:
    """The bytes of a zip archive of everything that these answers are; see `README.txt` in it.

    `models` puts the model files in as well, else their digests only. The certificate is in
    it byte for byte.

    Raises
    ------
    Malformed
        If there is no certificate, or external data lies where no archive can have it.
    Unreadable
        If external data is not what it was when the model was read.
    """
    if examined.proof is None:
        raise Malformed("bundle", expected="a certificate", got="none")
    called = _called(examined)
    text, reason = query(examined)
    entries = {
        REPORT: render(examined, called).encode(),
        called.certificate: examined.proof.data,
        ANSWERS: (json.dumps(examined.answers, sort_keys=True, indent=2) + "\n").encode(),
    }
    if text:
        entries[QUERY] = text.encode()
    if isinstance(examined.answer, Unknown) and examined.answer.query:
        entries[OPEN] = examined.answer.query.encode()
    if models:
        entries |= _stored(examined.original, called.original)
        entries |= _stored(examined.reduced, called.reduced)
    told = readme(examined, called, tuple(entries), no_query=reason, models=models)
    entries = {README: told.encode(), **entries}
    digests = {name: hashlib.sha256(data).hexdigest() for name, data in entries.items()}
    for model, name in ((examined.original, called.original), (examined.reduced, called.reduced)):
        digests |= {name: model.digest.sha256, **_external(model, name)}
    entries[SUMS] = "".join(f"{digests[name]}  {name}\n" for name in sorted(digests)).encode()
    return _zipped(entries)


def plain(name: str) -> str:
    r"""The name with `_` for each character that does not print or that some system forbids.

    Examples
    --------
    >>> plain('a<b>:"c".onnx'), plain("x\ny"), plain("..")
    ('a_b___c_.onnx', 'x_y', '__')
    """
    found = "".join(c if c.isprintable() and c not in '\\/:*?"<>|' else "_" for c in name)
    return found if found.strip(". ") else "_" * max(1, len(found))


def _called(examined: Examined) -> Names:
    """What the files are called in the archive: as they are, or in folders of their own."""
    proof = "" if examined.proof is None else examined.proof.path.name
    models = (examined.original, examined.reduced)
    ends = [plain(model.path.name) for model in models]
    proof = plain(proof)
    found = names_of(ends[0], ends[1], proof, same=same_files(examined))
    if any(end.casefold() in _TAKEN for end in ends) or any(m.digest.external for m in models):
        found = Names(f"original/{ends[0]}", f"reduced/{ends[1]}", found.certificate)
    if found.certificate.casefold() in _TAKEN:
        found = Names(found.original, found.reduced, f"certificate/{proof}")
    return found


def _external(model: Model, name: str) -> dict[str, str]:
    """The digest of each external data file, by its name in the archive."""
    folder = PurePosixPath(name).parent
    found = {}
    for location, digest in model.digest.external.items():
        parts = PurePosixPath(location).parts
        if location.startswith("/") or any(plain(part) != part for part in parts):
            raise Malformed(
                f"external data {location!r}", expected="a plain relative name", got="another"
            )
        found[str(folder.joinpath(*parts))] = digest
    return found


def _stored(model: Model, name: str) -> dict[str, bytes]:
    """The model's file and its external data, as they were when they were read."""
    found = {name: model.data}
    folder = PurePosixPath(name).parent
    for place, digest in _external(model, name).items():
        location = PurePosixPath(place).relative_to(folder)
        data = read_bytes(Path(model.path.parent, location))
        if hashlib.sha256(data).hexdigest() != digest or place in found:
            raise Unreadable(str(location), expected="what was read before", got="other bytes")
        found[place] = data
    return found


def _zipped(entries: dict[str, bytes]) -> bytes:
    """The zip of these entries in this order."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for name, data in entries.items():
            info = zipfile.ZipInfo(name, _EPOCH)
            info.external_attr, info.create_system = _FILE, _UNIX
            archive.writestr(info, data)
    return buffer.getvalue()
