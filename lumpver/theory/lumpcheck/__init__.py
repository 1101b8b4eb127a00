"""The verified checker: dense chains and certificates as exact text, and its answer."""

from lumpver.theory.lumpcheck.program import EVIDENCE, Disagreement, check_both, find, verify
from lumpver.theory.lumpcheck.text import export, export_certificate

__all__ = [
    "EVIDENCE",
    "Disagreement",
    "check_both",
    "export",
    "export_certificate",
    "find",
    "verify",
]
