"""The table of activations: one row per function, all that is said of it.

Nothing else knows a name: whoever asks about an activation asks its row. A function is
added by adding its row, to `bent` where it is linear between bends, else to `curved`.

References
----------
ONNX operator specification, domain ai.onnx, opsets 1 to 25.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from lumpver.model.bent import BENT
from lumpver.model.curved import CURVED

if TYPE_CHECKING:
    from lumpver.model.functions import Function, Spelling

FUNCTIONS: Final = {row.name: row for row in (*BENT, *CURVED)}


def spelled(operator: str, opset: int) -> list[tuple[Function, Spelling]]:
    """The functions that an ONNX operator of that opset may compute, and how; often one.

    Several differ in a word that they have as an attribute.

    Examples
    --------
    >>> [(row, spelling)] = spelled("PRelu", 13)
    >>> row.name, [parameter.name for parameter in spelling.parameters]
    ('LeakyRelu', ['slope'])
    """
    found: dict[str, tuple[Function, Spelling]] = {}
    for row in FUNCTIONS.values():
        for spelling in row.onnx:
            if spelling.operator == operator and spelling.versions[0] <= opset:
                found[row.name] = row, spelling
    return list(found.values())


def versions() -> dict[str, tuple[int, ...]]:
    """The versions of every operator that computes a function, in order.

    Examples
    --------
    >>> versions()["Clip"]
    (1, 6, 11, 12, 13)
    """
    found: dict[str, tuple[int, ...]] = {}
    for row in FUNCTIONS.values():
        for spelling in row.onnx:
            known = found.get(spelling.operator, ())
            more = (version for version in spelling.versions if version not in known)
            found[spelling.operator] = (*known, *more)
    return found
