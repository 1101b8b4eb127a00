"""Certificates in files."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lumpver.claim.certificate import MOST_BYTES, decode
from lumpver.io.reading import read_bytes

if TYPE_CHECKING:
    from pathlib import Path

    from lumpver.claim.certificate import Certificate


def load_certificate(path: Path) -> Certificate:
    """The certificate in a file.

    Raises
    ------
    Unreadable, Malformed
        If there is none; the message says what and where.
    """
    return decode(read_bytes(path, most=MOST_BYTES), where=str(path))
