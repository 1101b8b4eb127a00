"""What IPython shows of networks and answers, registered above them: data has no looks.

IPython finds a type by its name once it meets one, so that nothing is loaded for this.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from types import ModuleType

# The module and the name of each type, and the function of `report.notebook` that shows it.
HTML: Final = {
    ("lumpver.claim.answer", "Checked"): "checked_html",
    ("lumpver.claim.certificate.claims", "Certificate"): "certificate_html",
    ("lumpver.model.network", "Network"): "network_html",
    ("lumpver.model.relabelling", "Relabelling"): "relabelling_html",
    ("lumpver.proving.answers", "Proved"): "proved_html",
    ("lumpver.proving.answers", "Refuted"): "refuted_html",
    ("lumpver.proving.answers", "Unknown"): "unknown_html",
    ("lumpver.reducing.reduction", "Reduction"): "reduction_html",
    ("lumpver.search.lumping", "Lumping"): "lumping_html",
    ("lumpver.tell.explanation", "Explanation"): "explanation_html",
}


def register(formatter: Any) -> None:
    """From now on IPython's formatter for HTML shows values of the types in `HTML`."""
    for (module, name), function in HTML.items():
        formatter.for_type_by_name(module, name, partial(_shown, function))


def register_in_shell(ipython: ModuleType) -> None:
    """From now on the shell that runs, if any, shows values of the types in `HTML`."""
    shell = ipython.get_ipython()
    if shell is not None:
        register(shell.display_formatter.formatters["text/html"])


def _shown(function: str, value: Any) -> str:
    from lumpver.tell.report import notebook  # noqa: PLC0415 only where something is shown

    return str(getattr(notebook, function)(value))
