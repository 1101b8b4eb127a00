"""The table of activations: one row per function, all that is said of it.

Nothing else knows a name: whoever asks about an activation asks its row. A function is
added by adding its row.

References
----------
ONNX operator specification, domain ai.onnx, opsets 1 to 25.
"""

from __future__ import annotations

from typing import Final

from flint import fmpq

from lumpver.exact.scalar import ONE, ZERO
from lumpver.model.functions import (
    EVEN,
    ODD,
    UNCHANGED,
    Attribute,
    Curve,
    Function,
    Line,
    Module,
    Operand,
    Pieces,
    Spelling,
)


def _two_slopes(below: fmpq) -> Pieces:
    return Pieces((Line(below), UNCHANGED), (ZERO,))


def _clip(low: fmpq, high: fmpq) -> Pieces:
    return Pieces((Line(ZERO, low), UNCHANGED, Line(ZERO, high)), (low, high))


def _tanh() -> Curve:
    return Curve(
        value=lambda y: ZERO if y == 0 else None,
        formula=lambda f, y: f.tanh(y),
        lipschitz=ONE,
        increasing=True,
    )


def _sigmoid() -> Curve:
    return Curve(
        value=lambda y: fmpq(1, 2) if y == 0 else None,
        formula=lambda f, y: 1 / (1 + f.exp(-y)),
        lipschitz=fmpq(1, 4),
        increasing=True,
    )


_HINTS: Final = ("consumed_inputs",)  # of opsets 1 to 5, how to execute a node
_MINIMUM, _MAXIMUM = Attribute("min", limit=True), Attribute("max", limit=True)
_ROWS: Final = (
    Function(
        name="Relu",
        mapping=lambda: _two_slopes(ZERO),
        bounds=lambda: (ZERO, None),
        onnx=(Spelling(operator="Relu", versions=(1, 6, 13, 14), hints=_HINTS),),
        torch=Module("ReLU"),
    ),
    Function(
        name="LeakyRelu",
        mapping=_two_slopes,
        parameters=("slope",),
        onnx=(
            Spelling(
                operator="LeakyRelu",
                versions=(1, 6, 16),
                parameters=(Attribute("alpha", 0.01),),
                hints=_HINTS,
            ),
            Spelling(
                operator="PRelu",
                versions=(1, 6, 7, 9, 16),
                parameters=(Operand("slope", 1, spread=True),),
            ),
        ),
        torch=Module("LeakyReLU", ("negative_slope",)),
        samples=((fmpq(1, 10),), (fmpq(1, 4),), (fmpq(3),), (fmpq(-2),)),
    ),
    Function(
        name="Abs",
        mapping=lambda: _two_slopes(-ONE),
        bounds=lambda: (ZERO, None),
        symmetry=EVEN,
        # the least integer has no opposite
        onnx=(Spelling(operator="Abs", versions=(1, 6, 13), hints=_HINTS, integers=False),),
    ),
    Function(
        name="Identity",
        mapping=lambda: Pieces((UNCHANGED,)),
        symmetry=ODD,
        onnx=(Spelling(operator="Identity", versions=(1, 13, 14, 16, 19, 21, 23, 24, 25)),),
    ),
    Function(
        name="Clip",
        mapping=_clip,
        parameters=("min", "max"),
        admits=lambda low, high: bool(low <= high),
        needs="min <= max",
        bounds=lambda low, high: (low, high),
        onnx=(
            Spelling(operator="Clip", versions=(1, 6), parameters=(_MINIMUM, _MAXIMUM)),
            Spelling(
                operator="Clip",
                versions=(11, 12, 13),
                parameters=(Operand("min", 1, limit=True), Operand("max", 2, limit=True)),
            ),
        ),
        samples=((-ONE, ONE), (ZERO, fmpq(6)), (fmpq(-1, 3), fmpq(5, 7)), (ONE, ONE)),
    ),
    Function(
        name="Tanh",
        mapping=_tanh,
        bounds=lambda: (-ONE, ONE),
        symmetry=ODD,
        onnx=(Spelling(operator="Tanh", versions=(1, 6, 13), hints=_HINTS),),
        torch=Module("Tanh"),
    ),
    Function(
        name="Sigmoid",
        mapping=_sigmoid,
        bounds=lambda: (ZERO, ONE),
        symmetry=(-ONE, ONE),
        onnx=(Spelling(operator="Sigmoid", versions=(1, 6, 13), hints=_HINTS),),
        torch=Module("Sigmoid"),
        aliases=("logistic",),
    ),
)
FUNCTIONS: Final = {row.name: row for row in _ROWS}


def spelled(operator: str, opset: int) -> tuple[Function, Spelling] | None:
    """The function that an ONNX operator of that opset computes, and how; None if another.

    Examples
    --------
    >>> row, spelling = spelled("PRelu", 13)
    >>> row.name, [parameter.name for parameter in spelling.parameters]
    ('LeakyRelu', ['slope'])
    """
    found = [
        (row, spelling)
        for row in FUNCTIONS.values()
        for spelling in row.onnx
        if spelling.operator == operator and spelling.versions[0] <= opset
    ]
    return found[-1] if found else None


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
            found[spelling.operator] = found.get(spelling.operator, ()) + spelling.versions
    return found
