"""Certificates: the relabelling of every tensor that changed, or a covering, as a strict file.

What the checker can recompute is not stored; the size grows with the units, or with the parts of
a covering. Version 3 of the
format is written; versions 1 and 2 are read for ever.
"""

from lumpver.claim.certificate.claims import Certificate, Digest
from lumpver.claim.certificate.reading import decode
from lumpver.claim.certificate.strict import MOST_BRACKETS, MOST_BYTES, MOST_DEPTH
from lumpver.claim.certificate.writing import encode
from lumpver.claim.strict import MOST_DIGITS

__all__ = [
    "MOST_BRACKETS",
    "MOST_BYTES",
    "MOST_DEPTH",
    "MOST_DIGITS",
    "Certificate",
    "Digest",
    "decode",
    "encode",
]
