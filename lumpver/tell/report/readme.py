"""The page of plain text in a bundle: what it shows, what is in it, how to ask again."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, Final

from lumpver.claim.statement import NOT_CLAIMED
from lumpver.tell.report.evidence import NONE, failure, rows, verdict
from lumpver.tell.report.rechecks import rechecks
from lumpver.tell.report.words import command
from lumpver.tell.visible import visible
from lumpver.version import __version__

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from lumpver.tell.report.examination import Examined
    from lumpver.tell.report.facts import Names

_ABOUT: Final = {
    "report.html": "all of this for people; opens in any browser, loads nothing",
    "answers.json": "what lumpver check --json and lumpver prove --json said",
    "equivalence.smt2": "the question as SMT-LIB 2; its first lines say what the answers mean",
    "unknown.smt2": "what the solver could not answer, as SMT-LIB 2",
    "SHA256SUMS": "the digests of everything, the models among it",
}
_WIDTH: Final = 92


def readme(
    examined: Examined, names: Names, entries: Sequence[str], *, no_query: str, models: bool
) -> str:
    """The text, for a bundle with these entries; `no_query` is why there is no query.

    Names are written out where they do not print.
    """
    parts = (
        _answer(examined),
        _content(names, entries, no_query),
        _again(examined, names, entries, models=models),
    )
    return "\n".join(line for part in parts for line in (*part, "")).rstrip("\n") + "\n"


def _answer(examined: Examined) -> Iterator[str]:
    found = verdict(examined)
    ours, theirs = (visible(m.path.name) for m in (examined.original, examined.reduced))
    yield f"{found.word.upper()}: {ours} and {theirs}"
    yield ""
    yield from _wrapped(" ".join(part for part in (found.where, found.sentence) if part))
    why = failure(examined)
    if why is not None:
        yield from _wrapped(f"{why.sentence} Expected {why.expected}, got {why.got}.")
    yield ""
    yield from _wrapped(f"Claimed: {examined.claim.sentence}")
    yield from _wrapped(NOT_CLAIMED)
    for note in examined.notes:
        yield from _wrapped(f"Note: {note}")
    yield ""
    yield f"Evidence, made by lumpver {__version__}:"
    for row in rows(examined):
        trust = "" if row.said.tone == NONE else f"; covers {row.covers}; trusts {row.trusts}"
        detail = f", {row.said.detail}" if row.said.detail else ""
        yield from _wrapped(f"{row.kind}: {row.said.answer}{detail}{trust}", indent="  ")


def _content(names: Names, entries: Sequence[str], no_query: str) -> Iterator[str]:
    yield "In this archive:"
    about = {**_ABOUT, names.original: "the model", names.reduced: "the reduced model"}
    about[names.certificate] = "the certificate, byte for byte"
    for name in (*entries, "SHA256SUMS"):
        told = about.get(name, "external data of a model")
        yield from _wrapped(f"{name}: {told}", indent="  ")
    if no_query:
        yield from _wrapped(f"There is no equivalence.smt2: {no_query}.")


def _again(
    examined: Examined, names: Names, entries: Sequence[str], *, models: bool
) -> Iterator[str]:
    yield "To check it again, in the folder that holds this file:"
    if not models:
        yield from _wrapped(
            "The models are not in the archive. Put them here, under the names"
            f" {visible(names.original)} and {visible(names.reduced)}; SHA256SUMS tells them."
        )
    asked = [("The digests", "sha256sum --check --ignore-missing SHA256SUMS")]
    asked += [(ask.purpose, ask.line) for ask in rechecks(examined, names)[1:]]
    if "equivalence.smt2" in entries:
        asked.append(("The question put to a solver of your own", "z3 equivalence.smt2"))
    again = f"{command('lumpver report', *names.given)} -o again.html"
    asked.append(("The report itself", again))
    for purpose, line in asked:
        yield ""
        yield f"  # {purpose}"
        yield f"  {line}"


def _wrapped(text: str, indent: str = "") -> list[str]:
    return textwrap.wrap(
        visible(text),
        _WIDTH,
        initial_indent=indent,
        subsequent_indent=f"{indent}  ",
        break_long_words=False,
        break_on_hyphens=False,
    )
