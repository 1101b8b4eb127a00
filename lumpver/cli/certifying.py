"""A certificate of what `prove` has shown by cutting boxes, checked before it is written."""

from __future__ import annotations

import os
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from lumpver.errors import Malformed

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from lumpver.claim.certificate import Certificate
    from lumpver.cli.pairs import Asked
    from lumpver.io.files import Model
    from lumpver.proving import Answer, Proved
    from lumpver.proving.partial import Course, Partial
    from lumpver.search.workers import Hands


def course(asked: Asked, ours: Model, theirs: Model, *, near: bool) -> tuple[Course, list[Partial]]:
    """How far the search for a covering goes, from where, and what it leaves, which is written.

    Raises
    ------
    Malformed
        If options do not go together, or the file is no partial covering of these models.
    Unreadable
        If the file cannot be read.
    """
    from lumpver.claim.certificate import MOST_BYTES  # noqa: PLC0415
    from lumpver.io.reading import read_bytes  # noqa: PLC0415
    from lumpver.io.writing import write_file  # noqa: PLC0415
    from lumpver.proving.partial import Course, read, written  # noqa: PLC0415

    path = asked.certificate
    kept: list[Partial] = []
    if not near and (asked.parts is not None or asked.resume):
        option = "--resume" if asked.resume else "--parts"
        raise Malformed(option, expected="--eps, --same-class or a query beside it", got="none")
    if path is None:
        if asked.resume:
            raise Malformed("--resume", expected="--certificate beside it", got="none")
        return Course(asked.parts), kept
    digests = ours.digest, theirs.digest
    begun = None
    if asked.resume and path.exists():
        begun = read(read_bytes(path, most=MOST_BYTES), *digests, where=str(path))

    def keep(found: Partial) -> None:
        write_file(path, written(found, *digests))
        kept.append(found)

    return Course(asked.parts, begun, keep, wanted=True), kept


@contextmanager
def hands(asked: Asked) -> Iterator[Hands]:
    """Who looks at parts of boxes: so many processes, or a cluster.

    Raises
    ------
    Malformed
        If both are asked for.
    """
    if asked.scheduler is None:
        yield asked.workers or os.cpu_count() or 1
        return
    if asked.workers is not None:
        raise Malformed("--scheduler", expected="no --workers beside it", got="both")
    from lumpver.search.cluster import cluster  # noqa: PLC0415 only where it is asked for

    with cluster(asked.scheduler) as executor:
        yield executor


def certified(
    answer: Answer, ours: Model, theirs: Model, asked: Asked, kept: Sequence[Partial]
) -> str:
    """Write the certificate of a proof that has one; what was done, in a sentence.

    Raises
    ------
    SelfCheckFailed
        If the checker does not find what the proof has shown.
    Malformed
        The same, where the search went on from a file, which says what it likes.
    """
    from lumpver.claim.certificate import encode  # noqa: PLC0415
    from lumpver.errors import Malformed, Rejected, SelfCheckFailed  # noqa: PLC0415
    from lumpver.io.writing import write_file  # noqa: PLC0415
    from lumpver.proving import Proved, Refuted  # noqa: PLC0415
    from lumpver.reducing.verification import check_models  # noqa: PLC0415

    path = asked.certificate
    if path is None:
        return "no certificate was asked for"
    found = _made(answer, ours, theirs) if isinstance(answer, Proved) else None
    if kept and found is None and not isinstance(answer, Refuted):
        left = f"{kept[-1].waiting} parts are open"
        return f"what was shown so far is in {path}, no certificate yet: {left}; --resume goes on"
    if not isinstance(answer, Proved):
        return f"no certificate was written: nothing was proved that {path.name} could show"
    if found is None:
        return (
            f"no certificate was written: it was shown by {answer.step}, by no covering of a box"
            " (--eps or --same-class), and the second is not what the first reduces to"
        )
    text = encode(found)
    try:
        check_models(ours, theirs, found, claim=answer.claim)
    except (Malformed, Rejected) as error:
        if isinstance(error, Rejected) and error.rule == "closeness":
            if asked.resume:
                expected = "parts that are as prove left them"
                raise Malformed(str(path), expected=expected, got=str(error)) from error
            place = f"certificate {path.name}"
            raise SelfCheckFailed(place, expected=error.expected, got=error.got) from error
        return f"no certificate was written: check does not compare these two: {error}"
    write_file(path, text)
    if found.covering is None:
        return f"the certificate, that they are equal, is in {path}; it was checked"
    parts = "1 part" if found.covering.leaves == 1 else f"{found.covering.leaves} parts"
    return f"the certificate, of {parts}, is in {path}; it was checked"


def _made(answer: Proved, ours: Model, theirs: Model) -> Certificate | None:
    """A certificate by the covering, or by facts where models are equal and there is none."""
    from lumpver.claim.certificate import Certificate  # noqa: PLC0415
    from lumpver.proving.facts import facts  # noqa: PLC0415
    from lumpver.version import __version__  # noqa: PLC0415

    if answer.covering is None:
        equal = facts(ours.network, theirs.network)
        if equal is None:
            return None
        return replace(equal, original=ours.digest, reduced=theirs.digest)
    return Certificate(
        {},
        ours.digest,
        theirs.digest,
        {"tool": f"lumpver {__version__}"},
        answer.shown or answer.claim,
        covering=answer.covering,
    )
