"""lumpver: exact, proof-carrying reduction of neural networks by lumping.

What is public is named here; everything is loaded when it is first used.

References
----------
Ressi, Romanello, Piazza, Rossi: *Neural Networks Reduction via Lumping*.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lumpver.activations import Activation, leaky
    from lumpver.auditing import assert_sound, audit
    from lumpver.certificate import Certificate
    from lumpver.checker import Checked
    from lumpver.equivalence import Proved, Refuted, Unknown
    from lumpver.errors import LumpverError, Rejected
    from lumpver.explanation import Explanation
    from lumpver.io.files import Model, load
    from lumpver.lumping import Lumping, coarsest
    from lumpver.network import Network
    from lumpver.opening import check, explain, inspect, prove, reduce, save
    from lumpver.pipeline import check_files, reduce_file
    from lumpver.reduction import Reduction, reduce_by
    from lumpver.relabelling import Relabelling

__version__ = "0.1.0"

_PLACES = {
    "Activation": "activations",
    "Certificate": "certificate",
    "Checked": "checker",
    "Explanation": "explanation",
    "Lumping": "lumping",
    "LumpverError": "errors",
    "Model": "io.files",
    "Network": "network",
    "Reduction": "reduction",
    "Rejected": "errors",
    "Relabelling": "relabelling",
    "Proved": "equivalence",
    "Refuted": "equivalence",
    "Unknown": "equivalence",
    "assert_sound": "auditing",
    "audit": "auditing",
    "check": "opening",
    "check_files": "pipeline",
    "coarsest": "lumping",
    "explain": "opening",
    "inspect": "opening",
    "leaky": "activations",
    "load": "io.files",
    "prove": "opening",
    "reduce": "opening",
    "reduce_by": "reduction",
    "reduce_file": "pipeline",
    "save": "opening",
}

__all__ = [
    "Activation",
    "Certificate",
    "Checked",
    "Explanation",
    "Lumping",
    "LumpverError",
    "Model",
    "Network",
    "Proved",
    "Reduction",
    "Refuted",
    "Rejected",
    "Relabelling",
    "Unknown",
    "__version__",
    "assert_sound",
    "audit",
    "check",
    "check_files",
    "coarsest",
    "explain",
    "inspect",
    "leaky",
    "load",
    "prove",
    "reduce",
    "reduce_by",
    "reduce_file",
    "save",
]


def __getattr__(name: str) -> Any:
    """A public name, from the module that holds it."""
    if name not in _PLACES:
        raise AttributeError(f"module 'lumpver' has no attribute {name!r}")
    return getattr(import_module(f"lumpver.{_PLACES[name]}"), name)


def __dir__() -> list[str]:
    """The public names."""
    return __all__
