"""The plain facts of a report: files with digests, sizes before and after, layers.

Nothing here decides anything; it is what was read, counted.

Names: what the files are called in the report and in its commands, never where they are
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lumpver.proving.pairing import choices
from lumpver.tell.remade import remade
from lumpver.tell.report.blocks import fates
from lumpver.tell.report.words import count, share
from lumpver.tell.summary import activation_of, writer_of

if TYPE_CHECKING:
    from lumpver.model.network import Network
    from lumpver.model.relabelling import Relabelling
    from lumpver.tell.report.examination import Examined


@dataclass(frozen=True, slots=True)
class Names:
    """What each file is called, from the folder in which the commands are run."""

    original: str
    reduced: str
    certificate: str = ""

    @property
    def given(self) -> tuple[str, ...]:
        """The names that commands take, in their order."""
        return tuple(name for name in (self.original, self.reduced, self.certificate) if name)


@dataclass(frozen=True, slots=True)
class File:
    """A file: its part, its name, how many bytes it has where that is known, its digest."""

    part: str
    name: str
    size: str
    sha256: str


@dataclass(frozen=True, slots=True)
class Size:
    """A quantity before and after, and what that means."""

    what: str
    before: str
    after: str
    change: str


@dataclass(frozen=True, slots=True)
class Table:
    """A table: a heading, its kind (`text` or `number`) for each column; rows; totals."""

    columns: tuple[tuple[str, str], ...]
    rows: tuple[tuple[str, ...], ...]
    totals: tuple[str, ...]


def names(examined: Examined) -> Names:
    """The files' own names, as `names_of` has them."""
    proof, ours, theirs = examined.proof, examined.original, examined.reduced
    certificate = "" if proof is None else proof.path.name
    return names_of(ours.path.name, theirs.path.name, certificate, same=same_files(examined))


def same_files(examined: Examined) -> bool:
    """Whether the two models are the same bytes."""
    ours, theirs = examined.original.digest, examined.reduced.digest
    return (ours.sha256, dict(ours.external)) == (theirs.sha256, dict(theirs.external))


def names_of(original: str, reduced: str, certificate: str = "", *, same: bool = False) -> Names:
    """The names; in a folder each where two files of one name are not the same.

    Examples
    --------
    >>> names_of("m.onnx", "m.onnx", "c.json")
    Names(original='original/m.onnx', reduced='reduced/m.onnx', certificate='c.json')
    >>> names_of("m.onnx", "m.onnx", same=True)
    Names(original='m.onnx', reduced='m.onnx', certificate='')
    """
    placed = [original, reduced, certificate]
    if original.casefold() == reduced.casefold() and not (same and original == reduced):
        placed[:2] = f"original/{original}", f"reduced/{reduced}"
    if placed[2].casefold() in {name.casefold() for name in placed[:2]}:
        placed[2] = f"certificate/{placed[2]}"
    return Names(*placed)


def files(examined: Examined, found: Names) -> tuple[File, ...]:
    """Every file that the answers rest on."""
    first, second = ("First model", "Second model")
    if examined.proof is not None:
        first, second = ("Model", "Reduced model")
    rows = []
    for part, name, model in (
        (first, found.original, examined.original),
        (second, found.reduced, examined.reduced),
    ):
        rows.append(File(part, name, _bytes(len(model.data)), model.digest.sha256))
        rows += [
            File(f"{part}, external data", location, "", digest)
            for location, digest in sorted(model.digest.external.items())
        ]
    if examined.proof is not None:
        size = _bytes(len(examined.proof.data))
        rows.append(File("Certificate", found.certificate, size, examined.proof.sha256))
    return tuple(rows)


def _bytes(size: int) -> str:
    return f"{count(size)} B"


def sizes(examined: Examined) -> tuple[Size, ...]:
    """Units and parameters of both models."""
    ours, theirs = examined.original.network, examined.reduced.network
    return (
        _size("Units", ours.units, theirs.units),
        _size("Parameters", ours.parameters, theirs.parameters),
        _size("Bytes", len(examined.original.data), len(examined.reduced.data)),
    )


def _size(what: str, before: int, after: int) -> Size:
    if before == after:
        return Size(what, count(before), count(after), "as many")
    part = share(abs(before - after), before)
    change = f"{count(abs(before - after))} {'fewer' if after < before else 'more'}"
    return Size(what, count(before), count(after), change + (f", {part}" if part else ""))


_FATES = ("merged", "combined", "constant", "unused", "cancelled")
_ALWAYS = ("merged", "constant", "unused")


def layers(examined: Examined) -> Table:
    """The layers before and after, as the certificate has them.

    Without one that relabels units nothing says which layers correspond; each model has its own.
    """
    if examined.relabelled is None:
        return _two_models(examined)
    network, tensors = examined.original.network, examined.relabelled.leads
    anew = remade(network, examined.reduced.network, examined.relabelled)
    levels = {name: units for one in anew for name, units in one.left.items()}
    rows, counts = [], []
    for place, name in enumerate(network.layers, start=1):
        claim = tensors.get(writer_of(network, name))
        before = network.width.get(name, 0)
        found = None if claim is None or name in levels else claim.relabelling
        counts.append(_counts(before, levels.get(name, before), found))
        rows.append((str(place), name, activation_of(network, name)))
    sums = [sum(column) for column in zip(*counts, strict=True)] or [0] * 7
    shown = [0, 1] + [
        i
        for i, fate in enumerate(_FATES, start=2)
        if fate in _ALWAYS or any(numbers[i] for numbers in counts)
    ]
    headings = ("units", "left", *_FATES)
    return Table(
        (
            ("#", "number"),
            ("layer", "text"),
            ("activation", "text"),
            *((headings[i], "number") for i in shown),
        ),
        tuple(
            (*row, *(count(numbers[i]) for i in shown))
            for row, numbers in zip(rows, counts, strict=True)
        ),
        ("", "all layers", "", *(count(sums[i]) for i in shown)),
    )


def _counts(before: int, after: int, found: Relabelling | None) -> tuple[int, ...]:
    """Units before and after, and so many of each fate; what no relabelling explains cancelled."""
    if found is None:
        return before, after, 0, 0, 0, 0, before - after
    went = fates(found)
    constant = went.constant + went.off  # what an activation makes 0 is constant there
    return before, found.width, went.merged, went.combined, constant, went.unused, 0


def _two_models(examined: Examined) -> Table:
    sides = (("first", examined.original.network), ("second", examined.reduced.network))
    rows = [row for side, network in sides for row in _of_one(side, network)]
    total = " and ".join(count(network.units) for _, network in sides)
    return Table(
        (("model", "text"), ("#", "number"), ("layer", "text"), ("activation", "text"),
         ("units", "number")),
        tuple(rows),
        ("both", "", "all layers", "", total),
    )  # fmt: skip


def _of_one(side: str, network: Network) -> list[tuple[str, ...]]:
    return [
        (side, str(place), name, activation_of(network, name), count(network.width.get(name, 0)))
        for place, name in enumerate(network.layers, start=1)
    ]


def pairings(examined: Examined) -> tuple[str, ...]:
    """How inputs and outputs were paired by `prove`, where that was a choice."""
    if examined.answer is None:
        return ()
    return tuple(choices(examined.original.network, examined.reduced.network))


def provenance(examined: Examined) -> tuple[tuple[str, str], ...]:
    """What the certificate says of its making: informational, nothing rests on it."""
    if examined.proof is None:
        return ()
    return tuple(
        (name, _told(value)) for name, value in sorted(examined.proof.claim.provenance.items())
    )


def _told(value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, list) and all(isinstance(part, str) for part in value):
        return ", ".join(value)
    return json.dumps(value, sort_keys=True, ensure_ascii=False)
