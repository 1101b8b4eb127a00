"""The demonstration: reduce, check, explain, and a tampered certificate, on real digits.

Every step returns what happened; the command line tells it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np

from lumpver.claim.certificate import decode, encode
from lumpver.errors import Rejected
from lumpver.io.files import load
from lumpver.reducing.pipeline import Outcome, check_files, reduce_file
from lumpver.tell.data import digits_model, digits_sample
from lumpver.tell.explanation import explain

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from lumpver.claim.certificate import Certificate
    from lumpver.model.network import Network


_TAMPERED: Final = "tampered.cert.json"


@dataclass(frozen=True, slots=True, eq=False)
class Step:
    """One step: the command that does the same, and what came out."""

    title: str
    command: str
    lines: tuple[str, ...]
    outcome: Outcome | None = None


def steps(folder: Path) -> Iterator[Step]:
    """The steps of the demonstration, done in `folder` as they are asked for."""
    model, reduced = folder / "digits.onnx", folder / "small.onnx"
    model.write_bytes(digits_model())
    outcome = reduce_file(model, reduced)
    yield Step(
        "Reduce a classifier of handwritten digits (trained, then pruned to 90 % zeros)",
        "lumpver reduce digits.onnx -o small.onnx",
        (),
        outcome,
    )
    proof = outcome.certificate
    checked = check_files(model, reduced, proof)
    yield Step(
        "Check the certificate, without trusting the reducer",
        f"lumpver check digits.onnx small.onnx {proof.name}",
        (
            (
                f"valid: {checked.units_before} units and {checked.units_after} compute the same"
                f" function, {checked.claim.where}"
            ),
        ),
    )
    claim = decode(proof.read_bytes())
    units = _examples(claim)
    yield Step(
        "Ask why units went",
        f"lumpver explain {proof.name} --unit '{units[0]}'  # and so on",
        tuple(explain(claim, unit).sentence for unit in units),
    )
    yield Step(
        "Run both networks on ten images, in exact arithmetic",
        "network(pixels) == reduced(pixels)",
        tuple(_exactly_equal(outcome.original.network, load(reduced).network)),
    )
    yield Step(
        "Tamper with a copy: claim that one unit that went is a multiple of another",
        f"lumpver check digits.onnx small.onnx {_TAMPERED}",
        (f"rejected: {_tampered(model, reduced, proof)}",),
    )


def _examples(claim: Certificate) -> list[str]:
    """One unit of every fate in every tensor."""
    found: dict[tuple[str, str], str] = {}
    for name, entry in claim.leads.items():
        if entry.relabelling is not None:
            for unit in range(entry.relabelling.units):
                label = f"{name}[{unit}]"
                found.setdefault((name, explain(claim, label).fate), label)
    return list(found.values())


def _exactly_equal(original: Network, reduced: Network) -> Iterator[str]:
    name = original.inputs[0].name
    output = original.outputs[0].name
    equal, right, sample = 0, 0, digits_sample()
    for digit in sample:
        ours = original.evaluate({name: [list(digit.pixels)]})[output]
        theirs = reduced.evaluate({name: [list(digit.pixels)]})[output]
        equal += bool((ours == theirs).all())
        scores = list(theirs.ravel())
        right += scores.index(max(scores)) == digit.label
    yield f"{equal} of {len(sample)} exactly equal, all ten logits as fractions"
    yield f"{right} of {len(sample)} digits recognised, by both"


def _tampered(model: Path, reduced: Path, proof: Path) -> str:
    claim = decode(proof.read_bytes())
    name, fact, found = next((n, f, f.relabelling) for n, f in claim.leads.items() if f.relabelling)
    block = found.block.copy()
    block[np.flatnonzero((block < 0) | (block >= found.width))[0]] = 0
    wrong = replace(fact, relabelling=replace(found, block=block))
    copy = proof.with_name(_TAMPERED)
    copy.write_bytes(encode(replace(claim, tensors={**claim.tensors, name: (wrong,)})))
    try:
        check_files(model, reduced, copy)
    except Rejected as error:
        return str(error)
    raise Rejected("demo", layer=name, expected="a rejection", got="none")
