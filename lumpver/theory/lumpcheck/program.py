"""The program `lumpcheck`: where it is, what it says, whether the Python checker agrees.

It is extracted from a Rocq proof (`proofs/rocq/checker`), so that its answer trusts Python
only to read the models and to translate them.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final

from lumpver.checker import Checked, check
from lumpver.claim.statement import EVERYTHING, Claim
from lumpver.errors import LumpverError, Malformed, Missing, Rejected, Unrepresentable
from lumpver.theory.lumpcheck.hints import needs_forms
from lumpver.theory.lumpcheck.text import export, export_certificate

if TYPE_CHECKING:
    from lumpver.claim.certificate import Certificate
    from lumpver.model.network import Network

EVIDENCE: Final = "verified-certificate"
_UNSEEN: Final = frozenset(
    {"claim", "environment", "element type", "graph inputs", "graph outputs", "limits"}
)
BUILT: Final = Path(__file__).parents[3] / "proofs" / "rocq" / "checker" / "_build" / "lumpcheck"
INSIDE: Final = Path(__file__).with_name("lumpcheck")  # in a wheel that `make wheel` builds
_HOW: Final = "`make proofs` builds it; give its path, or set LUMPCHECK"


class Disagreement(LumpverError, RuntimeError):
    """One checker accepts what the other rejects: a bug in one of them."""

    kind = "disagreement"


def find(path: Path | str | None = None) -> Path:
    """The program: `path`, else `$LUMPCHECK`, else the wheel's or build folder's, else the PATH's.

    Raises
    ------
    Missing
        If there is none there, saying how to get it.
    """
    named = path or os.environ.get("LUMPCHECK")
    if named:
        found = shutil.which(str(named))
        if found is None:
            raise Missing(str(named), expected=f"lumpcheck ({_HOW})", got="no program")
        return Path(found)
    for place in (str(INSIDE), str(BUILT), "lumpcheck"):
        found = shutil.which(place)
        if found is not None:
            return Path(found)
    raise Missing("lumpcheck", expected=f"the verified checker ({_HOW})", got="none")


def verify(original: Network, reduced: Network, certificate: Certificate, program: Path) -> str:
    """The kind of evidence, if the verified checker accepts.

    Raises
    ------
    Rejected
        If it does not.
    Unrepresentable
        If one of the networks is no dense chain.
    Malformed
        If `program` cannot read its input or fails.
    """
    _has_facts(certificate)
    texts = {
        "original": export(original),
        "reduced": export(reduced),
        "certificate": export_certificate(original, reduced, certificate),
    }
    with tempfile.TemporaryDirectory(prefix="lumpcheck-") as folder:
        places = [Path(folder, name) for name in texts]
        for place, text in zip(places, texts.values(), strict=True):
            place.write_text(text, encoding="ascii", newline="\n")
        command = [str(program), *map(str, places)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
    answer = done.stdout.strip()
    if (done.returncode, answer) == (0, "valid"):
        return EVIDENCE
    if (done.returncode, answer) == (1, "rejected"):
        raise Rejected("lumpcheck", layer="certificate", expected="a valid one", got="another")
    got = done.stderr.strip()[:200] or f"exit code {done.returncode}"
    raise Malformed(f"{program.name}", expected="an answer", got=got)


def _has_facts(certificate: Certificate) -> None:
    """Lumpcheck reads nothing else."""
    if certificate.covering is not None:
        expected, got = "facts, which lumpcheck reads", str(certificate.covering)
        raise Unrepresentable("certificate", expected=expected, got=got)


def check_both(
    original: Network,
    reduced: Network,
    certificate: Certificate,
    program: Path,
    *,
    claim: Claim = EVERYTHING,
) -> Checked:
    """What `check` says, the verified checker having accepted too.

    What is rejected for the claim, element types, operator sets or NNet limits, which the
    exact text does not have, is no disagreement. Nor is it one where lumpcheck shows by forms
    that networks are equal, and a certificate says something else of units between; or where it
    cannot show by forms what `check` shows by the facts of a certificate.

    Raises
    ------
    Rejected
        As `check` says it, if both reject.
    Disagreement
        If only one of them does.
    Unrepresentable, Malformed
        As for `verify`; and if lumpcheck cannot follow what it is asked to compare by forms.
    """
    _has_facts(certificate)
    first = second = None
    checked: Checked | None = None
    try:
        checked = check(original, reduced, certificate, claim=claim)
    except Rejected as error:
        first = error
    try:
        verify(original, reduced, certificate, program)
    except Rejected as error:
        second = error
    beside = first is not None and (first.rule in _UNSEEN or needs_forms(certificate))
    if first is not None and (second is not None or beside):
        raise first
    if checked is not None and second is not None and needs_forms(certificate):
        expected, got = "forms in which lumpcheck sees that they are equal", "others"
        raise Unrepresentable("certificate", expected=expected, got=got)
    if checked is None or second is not None:
        got = f"check: {first or 'valid'}; lumpcheck: {second or 'valid'}"
        raise Disagreement("check and lumpcheck", expected="one answer", got=got)
    return checked
