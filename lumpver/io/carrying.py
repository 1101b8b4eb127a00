"""Properties of a model as properties of its reduction: a verifier's file beside the new model.

A reduction has its model's inputs and outputs, so that a property of those is the same text. What
a file says of tensors in between has no meaning for it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lumpver.errors import Malformed, ShapeMismatch
from lumpver.io.vnnlib.properties import read_property
from lumpver.io.writing import spare, write_file
from lumpver.model.slicing import one_position

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from lumpver.model.network import Network


def carried(given: Path, original: Network, reduced: Network) -> bytes:
    """The bytes of a VNN-LIB file that says of `reduced` what the file `given` says of `original`.

    Both are read from it, and mean the same boxes.

    Raises
    ------
    Malformed, ShapeMismatch
        If inputs or outputs differ in number, order or name, the file is not about one of the
        two (one of version 2 has the models' types, which `--dtype` changes), or it speaks of
        tensors between inputs and outputs.
    Unreadable
        If it is no VNN-LIB file.
    """
    for what, ours, theirs in (
        ("inputs", original.inputs, reduced.inputs),
        ("outputs", original.outputs, reduced.outputs),
    ):
        names = [[tensor.name for tensor in side] for side in (ours, theirs)]
        if names[0] != names[1]:
            expected, got = (", ".join(side)[:100] for side in names)
            raise ShapeMismatch(f"{what} of the reduced model", expected=expected, got=got)
    found = read_property(given, one_position(original))
    if found.inside:
        expected = "a property of inputs and outputs only"
        raise Malformed(str(given), expected=expected, got="hidden tensors, which may be gone")
    again = read_property(given, one_position(reduced))
    if again.data != found.data or again.boxes != found.boxes:
        raise Malformed(str(given), expected="a file that stays as it is", got="another")
    return found.data


def write_property(
    given: Path,
    target: Path,
    original: Network,
    reduced: Network,
    *,
    read: Iterable[tuple[Path, str]] = (),
) -> None:
    """The file `target` says of `reduced` what the VNN-LIB file `given` says of `original`.

    It is written as a whole or not at all. `read` are files that must stay, and what each is.

    Raises
    ------
    Malformed, ShapeMismatch, Unreadable
        As for `carried`, or if the target is a file that was read, or cannot be written.
    """
    spare({"the property": target}, [(given, "the property that was read"), *read])
    write_file(target, carried(given, original, reduced))
