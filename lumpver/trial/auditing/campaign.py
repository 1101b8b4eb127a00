"""`audit`: a reducer runs on many networks, and every result is judged.

Models come first, each failing one a finding of its own; then generated networks, of which
the first that fails ends the search. Every other one is a whole model, with convolutions and the
like; a reducer that refuses some of these, by NotImplementedError or an error of lumpver's, gets
no more. What fails is shrunk.

reducer: a callable from Network to Network, or to something with a `network`; or from the
    path of an ONNX file to the path of another
patience: seconds that one call may take
allowance: seconds that the first call may take, which is of a network of two units
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Any, Final

from lumpver.errors import Malformed
from lumpver.exact.unit import require_exact_unit
from lumpver.trial.auditing.nearby import promised
from lumpver.trial.auditing.printing import Subject
from lumpver.trial.auditing.reports import Report
from lumpver.trial.auditing.running import PATIENCE, Run
from lumpver.trial.auditing.serving import GIB
from lumpver.trial.auditing.trials import Trials
from lumpver.trial.auditing.workers import ALLOWANCE, Worker

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from lumpver.model.network import Network


_FIRST: Final = 0.8  # of the whole time, for the first call
_GRACE: Final = 0.5
_MOST: Final = 2**20  # GiB


def audit(  # noqa: PLR0913 each is an option of its own
    function: Callable[[Any], Any] | str,
    *,
    examples: int = 1000,
    seed: int = 0,
    models: Iterable[Network | Path | str] = (),
    seconds: float = 30,
    patience: float | None = None,
    memory: float = 4,
    onnx: bool = False,
    eps: Any = None,
    box: str | None = None,
) -> Report:
    """What is wrong with a reducer, judged on `models` and `examples` generated networks.

    Results are compared exactly: one that rounds is wrong. With `eps` outputs may differ by so
    much, for inputs in `box`, a range for every entry ("[-1, 1]" if nothing is said); what is
    neither proved to be so near nor refuted is unknown, and then the report is not sound.

    About `seconds` are spent, a third of them on shrinking; `patience` on one call, if nothing
    else is said two of them on a generated network and all that is left on a model. The function,
    or the one that `MODULE:FUNCTION` names, runs in a process of its own with `memory` GiB, and
    what comes back from there is data. No finding says that none was found, not that all is well.

    Raises
    ------
    Malformed
        If `examples` is negative, a time is not positive, or the name names no function; if `eps`
        is no number, or `box` no range, or there without `eps`.
    Unreadable, Unrepresentable
        If a model cannot be read, or not be written for a reducer of files, or the module
        cannot be imported.
    InexactUnit
        If floats are not exact in this process.

    Examples
    --------
    >>> from lumpver.reducing.reduction import reduce
    >>> audit(reduce, examples=20).sound
    True
    """
    _possible(examples, seconds=seconds, memory=memory, limit=patience)
    within = promised(eps, box)
    require_exact_unit()
    started = monotonic()
    subject = Subject.of(function, onnx=onnx)
    worker = Worker(
        function, memory=int(min(memory, _MOST) * GIB), until=started + seconds + _GRACE
    )
    worker.allowance = max(2 * (patience or PATIENCE), min(_FIRST * seconds, ALLOWANCE))
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder, worker:
        trials = Trials(worker, Path(folder), seed, onnx, within=within)
        run = Run(subject, trials, patience, started, seconds)
        complete = run.everything(models, examples)
    return _reported(run, complete=complete)


def _reported(run: Run, *, complete: bool) -> Report:
    return Report(
        str(run.subject),
        run.trials.seed,
        tuple(run.findings),
        tuple(run.missed),
        dict(sorted(run.counts.items())),
        tuple(run.models),
        complete,
        monotonic() - run.started,
        run.trials.within,
    )


def _possible(examples: int, **numbers: float | None) -> None:
    if not examples >= 0:
        raise Malformed("examples", expected="0 or more", got=str(examples))
    for name, x in numbers.items():
        if x is not None and not x > 0:
            raise Malformed(name, expected="more than 0", got=f"{x:g}")


def assert_sound(function: Callable[[Any], Any] | str, **options: Any) -> Report:
    """The report of `audit`, if it has no finding and anything was tried: a test's one line.

    Raises
    ------
    AssertionError
        With the report's text, the smallest failing network among it.

    Examples
    --------
    >>> from lumpver.reducing.reduction import reduce
    >>> assert_sound(reduce, examples=5, seed=1).counts["networks"]
    5
    """
    __tracebackhide__ = True
    report = audit(function, **options)
    if not report.sound:
        raise AssertionError(f"\n{report.text()}")
    if not report.counts.get("networks"):
        raise AssertionError(f"{report.subject}: no network was tried")
    return report
