"""A refutation for a person: decimals, then fractions where they say more, then floats.

shortened: long numbers by their ends, long lists by their beginning; `--json` has all
"""

from __future__ import annotations

from math import isfinite
from typing import TYPE_CHECKING, Any, Final

from lumpver.cli.output import console

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from lumpver.io.files import Model
    from lumpver.proving import Refuted

_MOST: Final = 12
_LONG: Final = 40
_END: Final = 10
_ROUNDING: Final = (
    "That is as small as the rounding of stored numbers: the same model stored twice, rounded"
    " twice, can differ by as much."
)


def tell_refutation(answer: Refuted, floats: dict[str, Any]) -> None:
    """The input, both outputs and the largest difference, in decimals, then exactly."""
    say = console().print
    if answer.difference is None and answer.enclosed is None:
        return
    from lumpver.proving.answers import flat  # noqa: PLC0415 heavy: sympy
    from lumpver.proving.decimals import near  # noqa: PLC0415

    point = {name: [*map(near, flat(value))] for name, value in answer.counterexample.items()}
    if answer.difference is None:
        for name, words in point.items():
            say(f"  {name} = {_listed(map(_brief, words), len(words))}")
        return
    pairs = {
        name: [[*map(near, flat(side))] for side in pair] for name, pair in answer.outputs.items()
    }
    most, exact = answer.difference, answer.as_dict()
    near_by = list(_lines(point, pairs, most.decimal))
    exactly = list(_lines(exact["counterexample"], exact["outputs"], exact["difference"]["exact"]))
    where = f"{most.output}[{', '.join(map(str, most.place))}]" if most.place else most.output
    for line in near_by:
        say(line, end="\n" if line is not near_by[-1] else f", at {where}\n")
    if most.rounding:
        say(_ROUNDING)
    if near_by != exactly:
        say("Exactly:")
        for line in exactly:
            say(line)
    _tell_floats(floats)


def _lines(
    inputs: Mapping[str, Sequence[str]],
    outputs: Mapping[str, Sequence[Sequence[str]]],
    difference: str,
) -> Iterator[str]:
    """Input, both outputs, and the largest difference, in one kind of numbers."""
    for name, words in inputs.items():
        yield f"  {name} = {_listed(map(_brief, words), len(words))}"
    for name, (ours, theirs) in outputs.items():
        yield f"  {name}: {_listed(map(_brief, ours), len(ours))}"
        yield f"  {'against':>{len(name)}}: {_listed(map(_brief, theirs), len(theirs))}"
    yield f"  largest difference: {_brief(difference)}"


def _tell_floats(floats: dict[str, Any]) -> None:
    say = console().print
    if not floats:
        return
    if not floats["representable"]:
        number, kind = _brief(floats["instance"]), floats["type"]
        say(f"No {kind} is {number}, so no runtime can replay this input exactly.")
        return
    for name, (ours, theirs) in floats.get("outputs", {}).items():
        sides = [_listed(map(_float, side), len(side)) for side in (ours, theirs)]
        say(f"In onnxruntime, in {floats['type']}: {name} is {sides[0]} against {sides[1]}.")


def in_floats(answer: Refuted, models: Sequence[Model], *, seconds: float) -> dict[str, Any]:
    """Whether floats hold the input, and if so what onnxruntime gives there, where it runs.

    It runs for so many seconds at most.
    """
    from lumpver.proving.pairing import matched  # noqa: PLC0415 heavy: sympy
    from lumpver.proving.replaying import shape_of  # noqa: PLC0415
    from lumpver.trial.float_replay import float_replay, unheld  # noqa: PLC0415 only here

    found = answer.replayed
    if found is None:
        return {}
    ours, theirs = (model.network for model in models)
    kind = "float32"
    for tensor in ours.inputs:
        kind = tensor.dtype if tensor.dtype in {"float16", "float64"} else "float32"
        instance = unheld(found.inputs[tensor.name].ravel().tolist(), kind)
        if instance is not None:
            return {"type": kind, "representable": False, "instance": str(instance)}
    document: dict[str, Any] = {"type": kind, "representable": True}
    if any(model.path.suffix != ".onnx" for model in models):
        return document
    feeds = [dict(found.inputs), {}]
    for one, other in matched(ours.inputs, theirs.inputs):
        value, shape = found.inputs[one.name], shape_of(theirs, other.name)
        feeds[1][other.name] = value if shape is None else value.reshape(shape)
    outputs = float_replay([model.path for model in models], feeds, seconds=seconds)
    if outputs is not None:
        places = {tensor.name: i for i, tensor in enumerate(theirs.outputs)}
        document["outputs"] = {
            one.name: [
                [_plain(x) for x in side]
                for side in (outputs[0][i], outputs[1][places[other.name]])
            ]
            for i, (one, other) in enumerate(matched(ours.outputs, theirs.outputs))
        }
    return document


def _plain(value: float) -> float | str:
    """A float as JSON has it: infinity and what is not a number are words there."""
    return value if isfinite(value) else str(value)


def _float(value: float | str) -> str:
    return value if isinstance(value, str) else f"{value:.9g}"


def _listed(words: Iterable[str], count: int) -> str:
    """The first few, and how many more there are.

    Examples
    --------
    >>> _listed(["1", "2"], 2), _listed(map(str, range(20)), 20)
    ('[1, 2]', '[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, and 8 more]')
    """
    shown = [word for word, _ in zip(words, range(_MOST), strict=False)]
    more = [f"and {count - _MOST} more"] * (count > _MOST)
    return f"[{', '.join([*shown, *more])}]"


def _brief(word: str) -> str:
    """A number as it is, or, where it is long, its ends.

    Examples
    --------
    >>> _brief("-1/3"), _brief("1" * 50)
    ('-1/3', '1111111111…1111111111 (50 characters)')
    """
    if len(word) <= _LONG:
        return word
    return f"{word[:_END]}…{word[-_END:]} ({len(word)} characters)"
