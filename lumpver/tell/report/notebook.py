"""What a notebook shows by itself: networks as pictures, answers as small tables.

Each function gives one HTML element without scripts; every name and number in it is
escaped. It is a display, and no part of an answer.
"""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any, Final

from lumpver.claim.semantics import arithmetic
from lumpver.proving.answers import flat
from lumpver.tell.remade import remade, stretches, told
from lumpver.tell.report.evidence import trusts
from lumpver.tell.report.pictures import before_after, blocks_picture, network_picture
from lumpver.tell.report.words import brief, counted
from lumpver.tell.visible import visible

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lumpver.checker import Checked
    from lumpver.claim.certificate import Certificate
    from lumpver.model.network import Network
    from lumpver.model.relabelling import Relabelling
    from lumpver.proving import Proved, Refuted, Unknown
    from lumpver.reducing.reduction import Reduction
    from lumpver.search.lumping import Lumping
    from lumpver.tell.explanation import Explanation

MOST_NUMBERS: Final = 16
MOST_QUERY: Final = 4000


def network_html(network: Network) -> str:
    """The network in a line and as a picture."""
    return _element(_line(repr(network)), network_picture(network).svg)


def lumping_html(lumping: Lumping) -> str:
    """The blocks of every tensor that changed."""
    return _element(blocks_picture(lumping.relabellings).svg)


def relabelling_html(relabelling: Relabelling) -> str:
    """The blocks of one tensor."""
    return _element(blocks_picture({"t": relabelling}).svg)


def reduction_html(reduction: Reduction) -> str:
    """The networks before and after, and what was made anew."""
    ours, theirs = reduction.original, reduction.network
    anew = remade(ours, theirs, reduction.certificate)
    inside = {name for one in anew for name in one.inside}
    kept = {n: one for n, one in reduction.lumping.relabellings.items() if n not in inside}
    lines = map(_line, [repr(reduction), *told(anew)])
    return _element(*lines, before_after(ours, theirs, kept).svg)


def certificate_html(certificate: Certificate) -> str:
    """What the certificate claims of each tensor, and for which models."""
    found = {
        name: entry.relabelling
        for name, entry in certificate.leads.items()
        if entry.relabelling is not None
    }
    rows = [("claims", f"both networks are {certificate.claim}")]
    rows += [
        (f"{which} model", digest.sha256)
        for which, digest in (("original", certificate.original), ("reduced", certificate.reduced))
        if digest is not None
    ]
    said = "A claim; lumpver.check says whether it is right."
    anew = told(
        f"From {start} to {end} all was made anew." for start, end in stretches(certificate)
    )
    lines = map(_line, [repr(certificate), *anew, said])
    picture = blocks_picture(found).svg if found or not anew else ""
    return _element(*lines, _table(rows), picture)


def checked_html(checked: Checked) -> str:
    """What was checked, and what that rests on."""
    rows = [
        ("checked", f"both networks are {checked.claim}"),
        ("units", f"{checked.units_before:,} before, {checked.units_after:,} after"),
        *_basis(checked),
        *(("note", note) for note in checked.notes),
    ]
    return _element(_table(rows))


def proved_html(answer: Proved) -> str:
    """What was proved, by which step, and what that rests on."""
    rows = [
        ("proved", f"both networks are {answer.claim}"),
        ("step", answer.step),
        *_basis(answer),
    ]
    return _element(_table(rows))


def refuted_html(answer: Refuted) -> str:
    """The counterexample and the two outputs there, as exact numbers."""
    rows = [
        ("refuted", answer.reason or "the outputs differ on this input"),
        *((f"input {name}", _numbers(value)) for name, value in answer.counterexample.items()),
    ]
    for name, (first, second) in answer.outputs.items():
        rows += [(f"first {name}", _numbers(first)), (f"second {name}", _numbers(second))]
    return _element(_table([*rows, ("step", answer.step), *_basis(answer)]))


def unknown_html(answer: Unknown) -> str:
    """Why there is no answer, and the beginning of the open question."""
    rows = [("unknown", answer.reason), ("step", answer.step), *_basis(answer)]
    if not answer.query:
        return _element(_table(rows))
    lines = counted(answer.query.count("\n") + 1, "line")
    shown = "\n".join(map(visible, answer.query[:MOST_QUERY].split("\n")))
    shown += "…" * (len(answer.query) > MOST_QUERY)
    query = f"<details><summary>SMT-LIB, {lines}</summary><pre>{escape(shown)}</pre></details>"
    return _element(_table(rows), query)


def explanation_html(explanation: Explanation) -> str:
    """The sentence."""
    return _element(_line(explanation.sentence))


def _basis(answer: Any) -> list[tuple[str, str]]:
    """Rows on the evidence, the semantics, and what is trusted."""
    found = trusts()
    trusted = [found[kind] for kind in answer.evidence.split(", ") if kind in found]
    return [
        ("evidence", answer.evidence),
        ("semantics", arithmetic(answer.claim.semantics)),
        *(("trusted", words) for words in trusted),
    ]


def _numbers(value: Any) -> str:
    """The first few of nested tuples of numbers, exactly.

    Examples
    --------
    >>> _numbers(((1, 2), (3,)))
    '1, 2, 3'
    """
    found = flat(value)
    shown = ", ".join(brief(str(number)) for number in found[:MOST_NUMBERS])
    return shown + f" and {len(found) - MOST_NUMBERS} more" * (len(found) > MOST_NUMBERS)


def _element(*parts: str) -> str:
    return f'<div class="lumpver">{"".join(parts)}</div>'


def _line(text: str) -> str:
    return f"<p>{escape(visible(text))}</p>"


def _table(rows: Iterable[tuple[str, str]]) -> str:
    """Rows of a name and a value; nothing for none."""
    body = "".join(
        f'<tr><th scope="row">{escape(visible(name))}</th><td>{escape(visible(value))}</td></tr>'
        for name, value in rows
    )
    return f"<table>{body}</table>" if body else ""
