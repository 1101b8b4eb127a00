"""A reduction's files, which say what they are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lumpver.io import saving
from lumpver.io.files import format_of
from lumpver.io.naming import named

if TYPE_CHECKING:
    from pathlib import Path

    from lumpver.io.files import Model
    from lumpver.io.saving import Layout
    from lumpver.reducing.reduction import Reduction


def laid_out(
    found: Reduction, original: Model, base: Model, target: Path, most: int | None
) -> tuple[Layout, int]:
    """The files of a reduction of `base`, and how many bytes more than `most` they are, if any.

    An ONNX file that holds for all inputs of the `original` says so where that keeps it within
    `most` bytes; one that holds on a domain only says so in any case, and what that takes does not
    count.

    Raises
    ------
    Unrepresentable, Unreadable
        As for `io.saving.laid_out`.
    """
    name = named(found.certificate.claim, original.digest.sha256)
    copied = base is original
    layout = saving.laid_out(found.network, base, target, name, copied=copied)
    if most is None or layout.size <= most:
        return layout, 0
    if name.limited:
        spent = name.size if ".onnx" in format_of(target) else 0
        return layout, layout.size - most if layout.size > most + spent else 0
    bare = saving.laid_out(found.network, base, target, copied=copied)
    return (bare, 0) if bare.size <= most else (layout, layout.size - most)
