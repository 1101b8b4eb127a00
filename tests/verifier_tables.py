"""The tables of `benchmarks/verifiers.py`, made from what it measured.

kind: which model was asked: the original, or reduced for all inputs
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from verifier_answers import DECIDED, SAT, TIMEOUT

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

ORIGINAL: Final = "original"
KINDS: Final = {ORIGINAL: "original", "reduced": "reduced"}

Measured = dict[str, Any]


def table(measured: Measured) -> str:
    """A row for each instance and verifier; `=` where nothing went, so that nothing is asked."""
    kinds = measured["kinds"]
    heads = ["network, property", "verifier"]
    for kind in kinds:
        heads += [f"{KINDS[kind]}: units", "answer", "s"]
    lines = [_line(heads), _line(["---", "---", *["--:", "---", "--:"] * len(kinds)])]
    for found in measured["instances"]:
        for verifier, answers in found["answers"].items():
            cells = [c for kind in kinds for c in _cells(answers[kind], measured["limit"])]
            lines.append(_line([found["name"], verifier, *cells]))
    return "".join(lines)


def tally(measured: Measured) -> str:
    """For each verifier and kind: what is decided, gained and lost against the original.

    Counted are the instances whose model became smaller; seconds are those of all of them.
    """
    heads = ["verifier", "model", "instances", "decided on the original", "decided", "gained"]
    heads += ["lost", "s on the original", "s"]
    lines = [_line(heads), _line(["---", "---", *["--:"] * 7])]
    for verifier in measured["verifiers"]:
        for kind in measured["kinds"][1:]:
            both = list(_both(measured, verifier, kind))
            decided = [(a["word"] in DECIDED, b["word"] in DECIDED) for a, b in both]
            numbers = [
                len(both),
                sum(a for a, _ in decided),
                sum(b for _, b in decided),
                sum(b and not a for a, b in decided),
                sum(a and not b for a, b in decided),
                round(sum(a["seconds"] for a, _ in both)),
                round(sum(b["seconds"] for _, b in both)),
            ]
            lines.append(_line([verifier, KINDS[kind], *map(str, numbers)]))
    return "".join(lines)


def _both(
    measured: Measured, verifier: str, kind: str
) -> Iterator[tuple[Mapping[str, Any], Mapping[str, Any]]]:
    """The answers on the original and on the kind, where both were asked."""
    for found in measured["instances"]:
        answers = found["answers"].get(verifier, {})
        if "word" in answers.get(kind, {}):
            yield answers[ORIGINAL], answers[kind]


def _cells(answer: Mapping[str, Any], limit: int) -> tuple[str, str, str]:
    """Units, answer and seconds."""
    word = answer.get("word", "=")
    if word == "=":
        return str(answer["units"]), word, ""
    doubt = "?" if word == SAT and not answer["confirmed"] else ""
    seconds = f"> {limit}" if word == TIMEOUT else f"{answer['seconds']:.1f}"
    return str(answer["units"]), word + doubt, seconds


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |\n"
