"""Certificates: the relabelling of every tensor that changed, as a small strict file.

What the checker can recompute is not stored; the size grows with the units. Version 2 of
the format adds what units that never switch need, and is written only where they are:
every certificate without them is of version 1.
"""

from lumpver.claim.certificate.claims import Certificate, Digest, Entry
from lumpver.claim.certificate.reading import (
    MOST_BRACKETS,
    MOST_BYTES,
    MOST_DEPTH,
    decode,
)
from lumpver.claim.certificate.writing import encode
from lumpver.claim.strict import MOST_DIGITS

__all__ = [
    "MOST_BRACKETS",
    "MOST_BYTES",
    "MOST_DEPTH",
    "MOST_DIGITS",
    "Certificate",
    "Digest",
    "Entry",
    "decode",
    "encode",
]
