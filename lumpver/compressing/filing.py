"""From a model file to a smaller one that is near it, and the certificate, checked as written."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lumpver.claim.closeness import not_negative
from lumpver.compressing.compressing import Compressed, compress
from lumpver.compressing.trading import STEPS, Row, picture, table
from lumpver.errors import Malformed
from lumpver.exact.outward import as_float
from lumpver.io import saving
from lumpver.io.files import Model, format_of, load
from lumpver.io.naming import named
from lumpver.io.onnx.write.narrowing import narrowed
from lumpver.io.pieces import Pieces, piece
from lumpver.io.saving import Layout
from lumpver.io.writing import spare, write_file
from lumpver.proving.effort import budget
from lumpver.reducing.filing import Place, filed, size
from lumpver.reducing.pipeline import reduce_file

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from flint import fmpq

    from lumpver.checker import Checked
    from lumpver.io.domains import Found as Domain
    from lumpver.model.network import Network


@dataclass(frozen=True, slots=True, eq=False)
class Filed:
    """What `compress_file` did: the smaller network, where it is, and the checker's answer.

    `bytes_before` and `bytes_after` are the files' sizes, with external data; `rows` are those of a
    curve, if one was asked for.
    """

    original: Model
    found: Compressed
    reduced: Path
    certificate: Path
    checked: Checked
    seconds: float
    bytes_before: int
    bytes_after: int
    rows: tuple[Row, ...] = ()


def compress_file(  # noqa: PLR0913 each is an option of its own
    model: Path | str,
    output: Path | str,
    *,
    eps: Any,
    box: Callable[[Network], Domain],
    rounding: str | None = None,
    curves: Sequence[Path] = (),
    certificate: Path | str | None = None,
    timeout: float | None = None,
    spared: Iterable[tuple[Path, str]] = (),
    progress: Callable[[str], None] = lambda _: None,
) -> Filed:
    """Write a smaller model that is within eps of another on a box, and its certificate.

    The checker has accepted both as written. `box` says what the inputs are, as for `reduce_file`,
    which does it all where nothing is gained by eps, or eps is 0. With a `rounding` numbers are of
    that type, and stored in it, where theirs is wider. `curves` are .csv and .png files for what is
    left within eps, a half of it, and so on. The search takes `timeout` seconds, about, for each
    eps; without a limit it is the same each time.

    Raises
    ------
    Unreadable, Malformed, Unrepresentable
        If the model cannot be read, the output's format cannot hold the result, eps is negative or
        no number, or a file would be written over one that was read; or as for `compress`.
    SelfCheckFailed
        If the checker rejects the result, which is a bug; nothing is written.
    """
    started = time.perf_counter()
    most = None if eps is None else not_negative(eps, where="eps")
    target = Path(output)
    proof = Path(certificate) if certificate is not None else Path(f"{target}.cert.json")
    targets = {"the reduced model": target, "the certificate": proof}
    targets |= {f"the curve as {path.suffix}": path for path in _drawable(curves, most)}
    spare(targets, [(Path(model), "the model"), *spared])
    if format_of(target) == ".nnet" != format_of(Path(model)):
        wish = "a .nnet model to make one of (`lumpver export` writes it)"
        raise Malformed(str(target), expected=wish, got=str(model))
    progress("reading")
    original = load(model)
    spare(targets, original.files)
    task = _Task(Place(original, target, proof, progress), box, rounding, timeout)
    found, checked = task.done(most)
    rows = task.rows(found, most) if curves and most is not None else ()
    for path in curves:
        write_file(path, table(rows) if path.suffix == ".csv" else picture(rows))
    claim = found.certificate
    sizes = size(original.path, claim.original), size(target, claim.reduced)
    seconds = time.perf_counter() - started
    return Filed(original, found, target, proof, checked, seconds, *sizes, rows)


def _drawable(curves: Sequence[Path], eps: fmpq | None) -> Sequence[Path]:
    """The files of curves, which can be drawn.

    Raises
    ------
    Malformed
        If one is of another kind, or there is no eps above 0.
    """
    for path in curves:
        if path.suffix not in (".csv", ".png"):
            raise Malformed("--curve", expected="a .csv or .png file", got=str(path))
    if curves and not eps:
        raise Malformed("--curve", expected="an eps above 0 beside it", got="none")
    return curves


@dataclass(frozen=True, slots=True)
class _Task:
    """What is compressed where, on which box."""

    place: Place
    box: Callable[[Network], Domain]
    rounding: str | None
    timeout: float | None

    def done(self, eps: fmpq | None) -> tuple[Compressed, Checked]:
        """What was found, all files having been written, and the checker's answer."""
        place = self.place
        found, domain = self._found(eps)
        if found.exact is not None:
            done = reduce_file(
                place.original.path,
                place.target,
                certificate=place.proof,
                box=self.box,
                timeout=self.timeout,
            )
            made = replace(found, network=done.reduction.network, exact=done.reduction,
                           certificate=done.reduction.certificate)  # fmt: skip
            return made, done.checked
        written, claim, checked = filed(place, [self._laid_out(found)], found.certificate)
        notes = tuple(dict.fromkeys((*checked.notes, *domain.notes)))
        made = replace(found, network=written.network, certificate=claim)
        return made, replace(checked, notes=notes)

    def rows(self, most: Compressed, eps: fmpq) -> tuple[Row, ...]:
        """What is left for less and less."""
        found = [self._row(most, eps)]
        for _ in range(STEPS - 1):
            eps = eps / 2
            found.append(self._row(self._found(eps)[0], eps))
        return tuple(found)

    def _found(self, eps: fmpq | None) -> tuple[Compressed, Domain]:
        network = self.place.original.network
        domain = self.box(network)
        found = compress(
            network,
            domain.domain,
            eps,
            budget(timeout=self.timeout),
            rounding=self.rounding,
            floats_only=".onnx" in format_of(self.place.target),
            progress=self.place.progress,
        )
        return found, domain

    def _laid_out(self, found: Compressed) -> Layout:
        """The files, with narrower tensors where numbers were rounded."""
        place = self.place
        name = named(found.certificate.claim, place.original.digest.sha256)
        layout = saving.laid_out(found.network, place.original, place.target, name)
        if self.rounding is None or layout.data is not None or format_of(place.target) != ".onnx":
            return layout
        return Layout(Pieces((piece(narrowed(layout.model.joined(), self.rounding)),)))

    def _row(self, found: Compressed, eps: fmpq) -> Row:
        after = found.network
        count = self._laid_out(found).size
        numbers = (as_float(x) for x in (found.bound, found.sampled))
        return Row(as_float(eps), after.units, after.parameters, count, *numbers)
