"""What somebody means by what they pass: a network or a certificate, or the path of its file."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from lumpver.claim.certificate import Certificate
from lumpver.io.certificates import load_certificate
from lumpver.io.files import Model, load
from lumpver.model.network import Network

if TYPE_CHECKING:
    from typing import TypeAlias

    Given: TypeAlias = str | os.PathLike[str] | Model | Network
    Claimed: TypeAlias = str | os.PathLike[str] | Certificate

_MODEL: Final = "a path, a Model (of lumpver.load) or a Network"
_CERTIFICATE: Final = "a path or a Certificate"
_HINTS: Final = {
    "Reduction": "its .network and .certificate are what can be passed",
    "Outcome": "its .reduced and .certificate are paths that can be passed",
    "ModelProto": "save it to a file and pass the path",
    "bytes": "save them to a file and pass the path",
    "sklearn": "lumpver.io.sklearn.from_sklearn makes it a Network",
    "torch": "lumpver.io.torch.from_torch makes it a Network",
}


def network_of(given: Any, what: str) -> Network:
    """The network that a path, a Model or a Network means, `what` in messages."""
    return plain(opened(given, what))


def plain(given: Model | Network) -> Network:
    """The network itself."""
    return given.network if isinstance(given, Model) else given


def opened(given: Any, what: str) -> Model | Network:
    """What a path, a Model or a Network means; a file's digest is kept."""
    if isinstance(given, Model | Network):
        return given
    if isinstance(given, str | os.PathLike):
        return load(Path(given))
    raise unfit(what, _MODEL, given)


def certificate_of(given: Any) -> Certificate:
    """The certificate that a path or a Certificate means."""
    if isinstance(given, Certificate):
        return given
    if isinstance(given, str | os.PathLike):
        return load_certificate(Path(given))
    raise unfit("certificate", _CERTIFICATE, given)


def unfit(what: str, expected: str, got: Any) -> TypeError:
    """The error that says what to pass instead."""
    kind = type(got)
    packages = [part.__module__.partition(".")[0] for part in kind.__mro__]
    hint = next((_HINTS[name] for name in (kind.__name__, *packages) if name in _HINTS), "")
    return TypeError(f"{what}: expected {expected}, got {kind.__name__}{hint and f': {hint}'}")
