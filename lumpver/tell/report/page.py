"""The report as one HTML file: nothing is loaded, nothing is sent, names are never markup.

The page is made of facts alone, so that the same answers give the same bytes; neither time
nor place nor machine is among them.

policy: what a browser may do for the page: its own style and script, by their digests
"""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass, replace
from importlib.resources import files as resources
from typing import TYPE_CHECKING, Any, Final

from lumpver.claim.closeness import Equal
from lumpver.errors import Rejected
from lumpver.proving import Refuted
from lumpver.tell.remade import remade, told
from lumpver.tell.report import evidence, facts
from lumpver.tell.report.apart import Apart, apart
from lumpver.tell.report.blocks import changed, renamed
from lumpver.tell.report.counterexample import Counterexample, counterexample
from lumpver.tell.report.examination import REFUTED, Examined
from lumpver.tell.report.figures import Figure, figures
from lumpver.tell.report.pictures.svg import ALONE
from lumpver.tell.report.place import Place, place
from lumpver.tell.report.rechecks import Recheck, rechecks
from lumpver.tell.report.words import count, counted
from lumpver.tell.visible import visible
from lumpver.version import __version__

if TYPE_CHECKING:
    from collections.abc import Sequence

    from jinja2 import Environment

    from lumpver.tell.report.blocks import Changed

_CLAIMED: Final = "As the certificate has it. These are claims, and not all of them are right."
_AS_CLAIMED: Final = "As claimed: "
_CANCELLED: Final = (
    "No unit in between has a counterpart: units reflect each other, so that their kinks cancel,"
    " and other units make the same of what the first of them read. The layers that are there now"
    " are told beside those that they replace, in order; cancelled is how many units fewer."
)
_FATES: Final = (
    ("merged", "merged"),
    ("combined", "combined"),
    ("constant", "constant"),
    ("off", "switched off"),
    ("unused", "unused"),
)


@dataclass(frozen=True, slots=True)
class Tensor:
    """A changed tensor as the page lists it; `data` is for the script."""

    name: str
    units: int
    summary: str
    data: Any


@dataclass(frozen=True, slots=True)
class Page:
    """Everything that the page says."""

    names: facts.Names
    near: bool
    reduction: bool
    doubtful: bool
    verdict: evidence.Verdict
    place: Place | None
    claim: str
    not_claimed: str
    notes: tuple[str, ...]
    sizes: tuple[facts.Size, ...]
    failure: evidence.Failure | None
    counterexample: Counterexample | None
    apart: Apart | None
    evidence: tuple[evidence.Row, ...]
    figures: tuple[Figure, ...]
    layers: facts.Table
    layers_lead: str
    layers_caption: str
    anew: tuple[str, ...]
    changed: tuple[Tensor, ...]
    renamed: tuple[tuple[str, str], ...]
    units_lead: str
    units_hold: str
    files: tuple[facts.File, ...]
    rechecks: tuple[Recheck, ...]
    provenance: tuple[tuple[str, str], ...]

    @property
    def sections(self) -> tuple[tuple[str, str], ...]:
        """The sections that are there, in order."""
        found = [
            ("place", "Which inputs", self.place),
            ("rejection", "Why it was rejected", self.failure),
            ("counterexample", "Counterexample", self.counterexample),
            ("apart", "How far apart", self.apart),
            ("evidence", "Evidence", True),
            ("layers", "What changed" if self.reduction else "The two models", True),
            ("units", "Unit by unit", self.changed or self.renamed),
            ("files", "Files", True),
            ("again", "Check it again", True),
        ]
        return tuple((place, title) for place, title, there in found if there)


def page(examined: Examined, names: facts.Names | None = None) -> Page:
    """What the report of these answers says; the files are called `names`."""
    called = names or facts.names(examined)
    claim = examined.relabelled
    doubtful = isinstance(examined.checked, Rejected) or examined.verdict == REFUTED
    answer = examined.answer
    each = replace(examined.asked, remarks=()).each
    return Page(
        names=called,
        near=not isinstance(examined.asked.closeness, Equal),
        reduction=claim is not None,
        doubtful=doubtful,
        verdict=evidence.verdict(examined),
        place=place(examined),
        claim=examined.claim.sentence,
        not_claimed=evidence.NOT_CLAIMED,
        notes=(*examined.notes, *facts.pairings(examined)),
        sizes=facts.sizes(examined),
        failure=evidence.failure(examined),
        counterexample=counterexample(answer)
        if isinstance(answer, Refuted) and answer.counterexample
        else None,
        apart=apart(examined),
        evidence=evidence.rows(examined),
        figures=figures(examined),
        layers=facts.layers(examined),
        layers_lead=_CLAIMED if doubtful and claim else "",
        layers_caption="Units per layer, and where they went" if claim else "Units per layer",
        anew=_anew(examined),
        changed=tuple(map(_tensor, changed(claim))) if claim else (),
        renamed=renamed(claim) if claim else (),
        units_lead=f"{_CLAIMED} {_units(each)}" if doubtful else _units(each),
        units_hold=_AS_CLAIMED if doubtful else f"For {each}, ",
        files=facts.files(examined, called),
        rechecks=rechecks(examined, called),
        provenance=facts.provenance(examined),
    )


def _anew(examined: Examined) -> tuple[str, ...]:
    """What was made anew, in sentences, and what that means for its units."""
    ours, theirs, claim = examined.original, examined.reduced, examined.relabelled
    found = () if claim is None else remade(ours.network, theirs.network, claim)
    return (*told(found), _CANCELLED) if found else ()


def _units(each: str) -> str:
    return (
        f"What each unit of a changed tensor is, for {each}, in terms of the blocks that stand"
        " for it in the reduced model. Scales and constants are exact; of numbers with more than"
        " 80 characters the ends are shown, and the certificate holds the rest."
    )


def _tensor(tensor: Changed) -> Tensor:
    from markupsafe import Markup  # noqa: PLC0415 it comes with jinja2

    went = [
        f"{count(number)} {words}"
        for fate, words in _FATES
        if (number := getattr(tensor.fates, fate))
    ]
    became = f"{counted(tensor.units, 'unit')}, {count(tensor.width)} left"
    data = Markup(tensor.data)  # noqa: S704 `embedded` made it safe
    return Tensor(tensor.name, tensor.units, ", ".join([became, *went]), data)


def render(examined: Examined, names: facts.Names | None = None) -> str:
    """The report of these answers as the text of one HTML file.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> from lumpver.tell.data import digits_model
    >>> from lumpver.tell.report.examination import examine
    >>> with TemporaryDirectory() as folder:
    ...     model = Path(folder, "digits.onnx")
    ...     _ = model.write_bytes(digits_model())
    ...     text = render(examine(model, model))
    >>> "<title>Proved: digits.onnx and digits.onnx</title>" in text
    True
    >>> folder in text
    False
    """
    from markupsafe import Markup  # noqa: PLC0415 it comes with jinja2

    environment = _environment()
    css = environment.get_template("report.css.j2").render()
    js = _template("report.js")
    return environment.get_template("report.html.j2").render(
        page=page(examined, names),
        version=__version__,
        policy=policy([css, ALONE], [js]),
        css=Markup(css),  # noqa: S704 both are ours
        js=Markup(js),  # noqa: S704
    )


def policy(styles: Sequence[str], scripts: Sequence[str]) -> str:
    """The content security policy under which these styles and scripts run, and nothing else.

    Examples
    --------
    >>> policy([], [])[:36]
    "default-src 'none'; style-src 'none'"
    """
    style, script = (" ".join(map(_digest, texts)) or "'none'" for texts in (styles, scripts))
    return (
        f"default-src 'none'; style-src {style}; script-src {script};"
        " base-uri 'none'; form-action 'none'"
    )


def _digest(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def _template(name: str) -> str:
    return (resources("lumpver.tell.report") / "templates" / name).read_text(encoding="utf-8")


def _environment() -> Environment:
    """Templates in which every value is escaped, once as text and once as markup."""
    from jinja2 import Environment, FunctionLoader, StrictUndefined  # noqa: PLC0415 heavy
    from markupsafe import Markup  # noqa: PLC0415 it comes with jinja2

    def shown(value: Any) -> Any:
        return visible(value) if isinstance(value, str) and type(value) is not Markup else value

    return Environment(
        loader=FunctionLoader(_template),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=shown,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
