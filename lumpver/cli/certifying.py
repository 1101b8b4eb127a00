"""A certificate of what `prove` has shown by cutting boxes, checked before it is written."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from lumpver.io.files import Model
    from lumpver.proving import Answer


def certified(answer: Answer, ours: Model, theirs: Model, path: Path) -> str:
    """Write the certificate of a proof that has one; what was done, in a sentence.

    Raises
    ------
    SelfCheckFailed
        If the checker does not find what the proof has shown.
    """
    from lumpver.claim.certificate import Certificate, encode  # noqa: PLC0415
    from lumpver.errors import Malformed, Rejected, SelfCheckFailed  # noqa: PLC0415
    from lumpver.io.writing import write_file  # noqa: PLC0415
    from lumpver.proving import Proved  # noqa: PLC0415
    from lumpver.reducing.verification import check_models  # noqa: PLC0415
    from lumpver.version import __version__  # noqa: PLC0415

    if not isinstance(answer, Proved):
        return f"no certificate was written: nothing was proved that {path.name} could show"
    if answer.covering is None:
        return f"no certificate was written: it was shown by {answer.step}, and no box was cut"
    found = Certificate(
        {},
        ours.digest,
        theirs.digest,
        {"tool": f"lumpver {__version__}"},
        answer.shown or answer.claim,
        covering=answer.covering,
    )
    text = encode(found)
    try:
        check_models(ours, theirs, found, claim=answer.claim)
    except (Malformed, Rejected) as error:
        if isinstance(error, Rejected) and error.rule == "closeness":
            place = f"certificate {path.name}"
            raise SelfCheckFailed(place, expected=error.expected, got=error.got) from error
        return f"no certificate was written: check does not compare these two: {error}"
    write_file(path, text)
    parts = "1 part" if answer.covering.leaves == 1 else f"{answer.covering.leaves} parts"
    return f"the certificate, of {parts}, is in {path}; it was checked"
