"""lumpver: exact, proof-carrying reduction of neural networks by lumping.

What is public is named here; everything is loaded when it is first used. Where IPython runs,
it is told how to show networks and answers.

References
----------
Ressi, Romanello, Piazza, Rossi: *Neural Networks Reduction via Lumping*.
"""

from __future__ import annotations

import sys
from importlib import import_module
from typing import TYPE_CHECKING, Any

from lumpver.version import __version__

if TYPE_CHECKING:
    from lumpver.checker import Checked
    from lumpver.claim.certificate import Certificate
    from lumpver.claim.closeness import Relative, SameClass, Within
    from lumpver.claim.statement import Claim
    from lumpver.compressing import Compressed
    from lumpver.errors import LumpverError, Rejected
    from lumpver.face.opening import check, explain, inspect, reduce, save
    from lumpver.face.proving import prove
    from lumpver.face.pruning import prune
    from lumpver.face.rounding import FloatError, float_error
    from lumpver.io.files import Model, load
    from lumpver.model.activations import Activation, leaky
    from lumpver.model.network import Network
    from lumpver.model.relabelling import Relabelling
    from lumpver.proving import Proved, Refuted, Unknown
    from lumpver.pruning import Pruned
    from lumpver.reducing.pipeline import check_files, reduce_file
    from lumpver.reducing.reduction import Reduction, reduce_by
    from lumpver.search.lumping import Lumping, coarsest
    from lumpver.tell.explanation import Explanation
    from lumpver.trial.auditing import assert_sound, audit

_PLACES = {
    "Activation": "model.activations",
    "Certificate": "claim.certificate",
    "Checked": "checker",
    "Claim": "claim.statement",
    "Compressed": "compressing",
    "Explanation": "tell.explanation",
    "FloatError": "face.rounding",
    "Lumping": "search.lumping",
    "LumpverError": "errors",
    "Model": "io.files",
    "Network": "model.network",
    "Reduction": "reducing.reduction",
    "Rejected": "errors",
    "SameClass": "claim.closeness",
    "Relative": "claim.closeness",
    "Within": "claim.closeness",
    "Relabelling": "model.relabelling",
    "Proved": "proving",
    "Pruned": "pruning",
    "Refuted": "proving",
    "Unknown": "proving",
    "assert_sound": "trial.auditing",
    "audit": "trial.auditing",
    "check": "face.opening",
    "check_files": "reducing.pipeline",
    "coarsest": "search.lumping",
    "explain": "face.opening",
    "float_error": "face.rounding",
    "inspect": "face.opening",
    "leaky": "model.activations",
    "load": "io.files",
    "prove": "face.proving",
    "prune": "face.pruning",
    "reduce": "face.opening",
    "reduce_by": "reducing.reduction",
    "reduce_file": "reducing.pipeline",
    "save": "face.opening",
}

__all__ = [
    "Activation",
    "Certificate",
    "Checked",
    "Claim",
    "Compressed",
    "Explanation",
    "FloatError",
    "Lumping",
    "LumpverError",
    "Model",
    "Network",
    "Proved",
    "Pruned",
    "Reduction",
    "Refuted",
    "Rejected",
    "Relabelling",
    "Relative",
    "SameClass",
    "Unknown",
    "Within",
    "__version__",
    "assert_sound",
    "audit",
    "check",
    "check_files",
    "coarsest",
    "explain",
    "float_error",
    "inspect",
    "leaky",
    "load",
    "prove",
    "prune",
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


if "IPython" in sys.modules:
    from lumpver.tell.displays import register_in_shell

    register_in_shell(sys.modules["IPython"])
