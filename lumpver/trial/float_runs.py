"""ONNX models in onnxruntime, in a process of its own: what floats show, and no evidence.

No model, whatever its sizes, holds up the caller or takes its memory. The process runs this
file as a program, and so imports nothing of the package.

batch axis: the first of several axes of an input, or any axis without a length
overflowed: an output that is infinite or not a number
"""

from __future__ import annotations

import faulthandler
import json
import os
import subprocess
import sys
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import numpy as np

    Ends = Mapping[str, tuple[Sequence[float], Sequence[float]]]  # by input, least and largest

SAMPLES: Final = 8
_SYMBOLIC: Final = 2
_BATCH: Final = 16
_MOST_ENTRIES: Final = 2**22
_MEMORY: Final = {"compare": 2**30, "replay": 2**31}
_LONGEST: Final = 2**26
_TYPES: Final = {"tensor(double)": "f8", "tensor(float16)": "f2", "tensor(float)": "f4"}


@dataclass(frozen=True, slots=True)
class Trial:
    """The largest difference; None where floats overflowed, or there was no output."""

    largest_difference: float | None
    overflowed: bool
    samples: int

    @property
    def sentence(self) -> str:
        """The trial in words.

        Examples
        --------
        >>> Trial(0.0, overflowed=False, samples=8).sentence
        'Largest float difference in a trial run: 0 (no evidence).'
        >>> Trial(None, overflowed=True, samples=8).sentence
        'Floats overflowed in a trial run, which says nothing about differences (no evidence).'
        """
        if self.overflowed:
            said = "Floats overflowed in a trial run, which says nothing about differences"
        elif self.largest_difference is None:
            said = "A trial run had no outputs to compare"
        else:
            said = f"Largest float difference in a trial run: {self.largest_difference:.3g}"
        return f"{said} (no evidence)."


def last_said(*words: str, seconds: float, given: bytes = b"") -> Any:
    """The last line of what this file prints as a program, as JSON; None where there is none."""
    command = [sys.executable, "-P", __file__, *words]
    try:
        done = subprocess.run(  # noqa: S603 this file, by this Python
            command, input=given, capture_output=True, timeout=seconds, check=False
        )
        *_, last = done.stdout.split(b"\n")[:-1]
        return json.loads(last)
    except (OSError, ValueError, subprocess.TimeoutExpired):
        return None


def compared(
    models: Sequence[Path | bytes], *, samples: int = SAMPLES, ends: Ends | None = None
) -> Iterator[Trial]:
    """What the samples so far have shown, after each.

    Entries of inputs that `ends` names are anywhere between theirs. The batch axis is as long as
    the file says where a shorter one does not run.
    """
    for batch in (_BATCH, _MOST_ENTRIES):
        tried = 0
        with suppress(Exception):
            for found in _runs(models, batch, samples, ends or {}):
                tried += 1
                yield found
        if tried:
            return


def _runs(models: Sequence[Path | bytes], batch: int, samples: int, ends: Ends) -> Iterator[Trial]:
    import numpy as np  # noqa: PLC0415 onnxruntime is optional and heavy

    ours, theirs = (_session(model, batch) for model in models)
    rng = np.random.default_rng(0)
    worst: float | None = None
    overflowed = False
    for sample in range(samples):
        feed = {value.name: _random(rng, value, batch, ends) for value in ours.get_inputs()}
        wide = {v.name: feed[v.name].astype(_TYPES[v.type]) for v in theirs.get_inputs()}
        for a, b in zip(ours.run(None, feed), theirs.run(None, wide), strict=True):
            left, right = (np.asarray(part, dtype=np.float64) for part in (a, b))
            with np.errstate(over="ignore", invalid="ignore"):
                apart = np.abs(left - right)
            overflowed = overflowed or not bool(np.isfinite(apart).all())
            worst = max(worst or 0.0, float(apart.max())) if apart.size else worst
        yield Trial(None if overflowed else worst, overflowed, sample + 1)


def _session(model: Path | bytes, batch: int) -> Any:
    """The model in onnxruntime, with its batch axes shortened."""
    import onnxruntime  # noqa: PLC0415

    options = _options()
    options.add_session_config_entry("session.disable_prepacking", "1")
    session = onnxruntime.InferenceSession(model, options)
    if all(_shape(value, batch) == _shape(value, None) for value in session.get_inputs()):
        return session
    if isinstance(model, Path):
        folder = os.fspath(model.parent.absolute())
        options.add_session_config_entry(
            "session.model_external_initializers_file_folder_path", folder
        )
    return onnxruntime.InferenceSession(_shortened(model, batch), options)


def _options() -> Any:
    """Quiet, in one thread."""
    import onnxruntime  # noqa: PLC0415

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    return options


def _shape(value: Any, batch: int | None) -> list[int]:
    """An input's shape with its symbolic axes fixed, and its batch axis at most `batch`."""
    shape = [size if isinstance(size, int) and size > 0 else _SYMBOLIC for size in value.shape]
    if batch is not None and len(shape) > 1:
        shape[0] = min(shape[0], batch)
    return shape


def _shortened(model: Path | bytes, batch: int) -> bytes:
    """The model with a first of several axes of at most `batch`, no output's shape said."""
    import onnx  # noqa: PLC0415

    data = model if isinstance(model, bytes) else model.read_bytes()
    found = onnx.load_model_from_string(data)
    for value in found.graph.input:
        axes = value.type.tensor_type.shape.dim
        if len(axes) > 1 and axes[0].dim_value > batch:
            axes[0].dim_value = batch
    for value in found.graph.output:
        value.type.tensor_type.ClearField("shape")
    del found.graph.value_info[:]
    return bytes(found.SerializeToString())


def _random(rng: np.random.Generator, value: Any, batch: int, ends: Ends) -> Any:
    shape = _shape(value, batch)
    entries = 1
    for size in shape:
        entries *= size
    if entries > _MOST_ENTRIES:
        raise MemoryError(value.name)
    if value.name not in ends:
        return rng.standard_normal(shape).astype(_TYPES[value.type])
    low, high = ends[value.name]
    times, over = divmod(entries, len(low))
    if over:
        raise ValueError(value.name)
    drawn = rng.uniform(low, high, (times, len(low)))
    return drawn.reshape(shape).astype(_TYPES[value.type])


def _compare(seconds: str, original: str, reduced: str) -> None:
    """Print what is known after each sample, as JSON, until the time is over; stdin has ends."""
    import onnxruntime  # noqa: F401, PLC0415 before the clock starts

    ends = json.loads(sys.stdin.buffer.read(_LONGEST) or b"{}")
    with Path(os.devnull).open("w", encoding="ascii") as nowhere:
        faulthandler.dump_traceback_later(float(seconds), exit=True, file=nowhere)
        for found in compared([Path(original), Path(reduced)], ends=ends):
            _say(asdict(found))
        faulthandler.cancel_dump_traceback_later()


def _replay() -> None:
    """Print what each model gives at the input that stdin has for it, as JSON."""
    _say([_outputs(**one) for one in json.loads(sys.stdin.buffer.read(_LONGEST))])


def _outputs(model: str, feed: Mapping[str, Any]) -> list[list[float]]:
    import numpy as np  # noqa: PLC0415 onnxruntime is optional and heavy
    import onnxruntime  # noqa: PLC0415

    session = onnxruntime.InferenceSession(model, _options())
    given = {}
    for value in session.get_inputs():
        shape, entries = feed[value.name]
        given[value.name] = np.array(entries, dtype=_TYPES[value.type]).reshape(shape)
    return [np.asarray(y, dtype=np.float64).ravel().tolist() for y in session.run(None, given)]


def _say(found: Any) -> None:
    sys.stdout.write(f"{json.dumps(found)}\n")
    sys.stdout.flush()


def _main(what: str, *words: str) -> None:
    with suppress(ImportError, ValueError, OSError):
        import resource  # noqa: PLC0415 not on every system

        resource.setrlimit(resource.RLIMIT_DATA, (_MEMORY[what], _MEMORY[what]))
    if what == "compare":
        _compare(*words)
    else:
        _replay()


if __name__ == "__main__":
    _main(*sys.argv[1:])
