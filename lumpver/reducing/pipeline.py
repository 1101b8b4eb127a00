"""From a model file to a smaller one and its certificate, checked as written.

Success is reported only after the checker has accepted the files on disk.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

from lumpver.errors import (
    Malformed,
    SelfCheckFailed,
    Unrepresentable,
)
from lumpver.io.files import Model, format_of, load
from lumpver.io.writing import spare
from lumpver.model.network import is_unchanged
from lumpver.quotient.fitting import Spared
from lumpver.quotient.keeping import units_named
from lumpver.reducing.boxing import bounded, told
from lumpver.reducing.doubling import in_float64_model
from lumpver.reducing.filing import Place, filed, size
from lumpver.reducing.labelling import laid_out
from lumpver.reducing.reduction import Reduction, reduce
from lumpver.reducing.verification import check_files
from lumpver.search.lumping import KINKS, RULES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from lumpver.bounds.knowing import Known
    from lumpver.checker import Checked
    from lumpver.io.domains import Found as Domain
    from lumpver.io.saving import Layout
    from lumpver.io.storage import Types
    from lumpver.model.network import Network
    from lumpver.search.withheld import Units

__all__ = ["Outcome", "check_files", "reduce_file"]

_ANEW: Final = (*KINKS, "skip")  # regions made anew, which may take more bytes
_LEFT_OUT: Final = ((), _ANEW, (*_ANEW, "compose"), (*_ANEW, "compose", "constants"))
WITHOUT_SIGNS: Final = (
    "units that never switch were left alone: with them the certificate was too large, or not"
    " accepted"
)
WITHOUT_KINKS: Final = "units that reflect each other were left alone: a chain was not accepted"
WITHOUT_SKIPS: Final = (
    "no layer was made that reads past another: the format has no place for that, or it was not"
    " accepted"
)
FELL_BACK: Final = (
    "the checker did not accept what lumpver made of this model, so nothing was removed;"
    " that is a bug, please report the model"
)


@dataclass(frozen=True, slots=True, eq=False)
class Outcome:
    """What `reduce_file` did: the reduction, where it is, and the checker's answer.

    `bytes_before` and `bytes_after` are the files' sizes, with external data.
    """

    original: Model
    reduction: Reduction
    reduced: Path
    certificate: Path
    checked: Checked
    seconds: float
    bytes_before: int
    bytes_after: int

    @property
    def is_copy(self) -> bool:
        """Whether the reduced file is byte for byte the model."""
        claim = self.reduction.certificate
        return claim.original == claim.reduced


def reduce_file(  # noqa: PLR0913 each is an option of its own
    model: Path | str,
    output: Path | str,
    *,
    certificate: Path | str | None = None,
    rules: Iterable[str] = RULES,
    keep: Iterable[str] = (),
    types: Types = "auto",
    dtype: Literal["float64"] | None = None,
    align: int = 1,
    box: Callable[[Network], Domain] | None = None,
    timeout: float | None = None,
    spared: Iterable[tuple[Path, str]] = (),
    progress: Callable[[str], None] = lambda _: None,
) -> Outcome:
    """Write the reduced model and its certificate, the one accepted by the checker for the other.

    `keep` names units to leave alone, as `tensor[3]` or, for all of its units, `tensor`.
    `types` says what becomes of a layer whose new numbers its type does not hold: whatever
    takes the fewest bytes, so that no model grows ("auto"), it stays as it is ("keep"), or
    it is stored in float64 ("widen"). With a `dtype` all of the model, inputs and outputs too,
    is in that type, without a Cast. So many channels that convolutions read stay that
    their number is a multiple of `align`. With a `box`, what that says of the model's inputs is
    their domain, and the result computes the same there, by bounds tightened for `timeout` seconds
    at most. `spared` are more files that must stay, and what each is. The certificate goes to
    `OUTPUT.cert.json` unless another place is given. `progress` is called with each step's name.

    Raises
    ------
    Unreadable, Malformed, Unrepresentable
        If the model cannot be read, the output's format cannot hold the result, or a file
        would be written over one that was read: the model or its external data.
    SelfCheckFailed
        If the checker rejects even a copy, which is a bug; nothing is written. Where it
        rejects a smaller model, also a bug, nothing is removed and the answer's notes say so.
    """
    started = time.perf_counter()
    target = Path(output)
    proof = Path(certificate) if certificate is not None else Path(f"{target}.cert.json")
    targets = {"the reduced model": target, "the certificate": proof}
    spare(targets, [(Path(model), "the model"), *spared])
    if format_of(target) == ".nnet" != format_of(Path(model)):
        wish = "a .nnet model to make one of (`lumpver export` writes it)"
        raise Malformed(str(target), expected=wish, got=str(model))
    progress("reading")
    original = load(model)
    spare(targets, original.files)
    kept = frozenset(unit for name in keep for unit in units_named(original.network, name))
    base = original if dtype is None else in_float64_model(original, target)
    domain = None if box is None else box(original.network)
    on = None if domain is None else bounded(original.network, domain.domain, progress, timeout)
    task = _Task(original, base, target, proof, tuple(rules), kept, types, align, progress, on)
    found, checked = _first_written(task)
    if domain is not None:
        checked = replace(checked, notes=(*checked.notes, *domain.notes, *told(found)))
    claim = found.certificate
    before, after = size(original.path, claim.original), size(target, claim.reduced)
    seconds = time.perf_counter() - started
    return Outcome(original, found, target, proof, checked, seconds, before, after)


@dataclass(frozen=True, slots=True)
class _Task:
    """What is to be written where: `base` reduced, a certificate for `original` beside it."""

    original: Model
    base: Model
    target: Path
    proof: Path
    rules: tuple[str, ...]
    keep: Units
    types: Types
    align: int
    progress: Callable[[str], None]
    known: Known | None = None

    def reduction(self) -> Reduction:
        """The reduction, with numbers that the target's format holds."""
        return reduce(
            self.base.network,
            rules=self.rules,
            keep=self.keep,
            floats_only=".onnx" in format_of(self.target),
            types=self.types,
            align=self.align,
            known=self.known,
            bent=format_of(self.target) == ".nnet",  # which has no layer without one
        )


def _first_written(task: _Task) -> tuple[Reduction, Checked]:
    """What all rules give, or all but skips, kinks or signs, or a copy: the first that checks.

    The notes have each failure: the rule, the unit, what was expected and found there.
    """
    attempts: dict[tuple[str, ...], tuple[str, ...]] = {task.rules: ()}
    attempts.setdefault(_without(task.rules, "skip"), (WITHOUT_SKIPS,))
    attempts.setdefault(_without(task.rules, *_ANEW), (WITHOUT_KINKS,))
    attempts.setdefault(_without(task.rules, "stable", *_ANEW), (WITHOUT_SIGNS,))
    failed: dict[str, None] = {}
    for chosen, notes in attempts.items():
        try:
            found, checked = _written(replace(task, rules=chosen))
        except (SelfCheckFailed, Unrepresentable) as error:
            failed[f"what was not accepted: {error}"] = None
            continue
        return found, replace(checked, notes=(*checked.notes, *notes, *failed))
    found, checked = _written(replace(task, rules=()))
    return found, replace(checked, notes=(*checked.notes, FELL_BACK, *failed))


def _without(rules: tuple[str, ...], *left: str) -> tuple[str, ...]:
    return tuple(rule for rule in rules if rule not in left)


def _smallest(task: _Task) -> tuple[Reduction, Layout]:
    """The reduction and its files: no more bytes than the model's, unless that was asked for.

    Exact .json holds whatever there is, in as many digits as that takes.
    """
    found = task.reduction()
    counted = (
        format_of(task.target) == format_of(task.original.path) != ".json" and task.types != "widen"
    )
    counted = counted and task.base is task.original and task.rules != ()
    most = size(task.original.path, task.original.digest)
    files = (task.original, task.base, task.target)
    layout, excess = laid_out(found, *files, most if counted else None)
    if not excess or is_unchanged(found.network, task.base.network):
        return found, layout
    exact, fewest = found.exact, found.network.units
    del found, layout  # as large as the network
    bare = replace(task, rules=())
    fewer = dict.fromkeys(_without(task.rules, *left) for left in _LEFT_OUT)
    plain = dict.fromkeys(_without(task.rules, *left) for left in (("skip",), _ANEW))
    others = [replace(task, rules=rules) for rules in plain if rules != task.rules]
    others += [replace(task, types="keep", rules=rules) for rules in fewer]
    for other in (*others, bare):
        smaller = other.reduction()
        layout, more = laid_out(smaller, *files, most)
        if not more:
            break
    units = smaller.network.units - fewest
    spared = Spared(units, excess) if units > 0 else None
    return replace(smaller, exact=exact, spared=spared), layout


def _written(task: _Task) -> tuple[Reduction, Checked]:
    """The reduction and the checker's answer, all files having been written."""
    task.progress("lumping")
    found, layout = _smallest(task)
    layouts = [layout]
    del layout
    found = replace(found, network=task.original.network)  # a smaller one would stay in memory
    place = Place(task.original, task.target, task.proof, task.progress)
    written, claim, checked = filed(place, layouts, found.certificate)
    return replace(found, network=written.network, certificate=claim), checked
