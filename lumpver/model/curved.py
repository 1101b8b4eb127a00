"""Rows of the table: functions that are not piecewise linear.

Most of their values are irrational: they are evaluated where that is known to be rational,
and nowhere else.

References
----------
ONNX operator specification, domain ai.onnx, opsets 1 to 25.
"""

from __future__ import annotations

from typing import Any, Final

from flint import fmpq

from lumpver.exact.scalar import ONE, ZERO
from lumpver.model import curves
from lumpver.model.bent import HINTS
from lumpver.model.functions import Attribute, Function, Module, Spelling, Step, Word
from lumpver.model.laws import EVEN, ODD, Law

_HALF: Final = fmpq(1, 2)


def _both(operator: str, **more: Any) -> tuple[Spelling, ...]:
    return (Spelling(operator=operator, versions=(1, 6, 13), hints=HINTS, **more),)


CURVED: Final = (
    Function(
        name="Tanh",
        mapping=curves.tanh,
        bounds=lambda: (-ONE, ONE),
        law=lambda: Law(reflection=ODD),
        onnx=_both("Tanh"),
        torch=Module("Tanh"),
    ),
    Function(
        name="Sigmoid",
        mapping=curves.sigmoid,
        bounds=lambda: (ZERO, ONE),
        law=lambda: Law(reflection=(-ONE, ONE)),
        onnx=_both("Sigmoid"),
        torch=Module("Sigmoid"),
        aliases=("logistic",),
    ),
    Function(
        name="Erf",
        mapping=curves.erf,
        bounds=lambda: (-ONE, ONE),
        law=lambda: Law(reflection=ODD),
        onnx=(Spelling(operator="Erf", versions=(9, 13), integers=False),),
    ),
    Function(
        name="Softsign",
        mapping=curves.softsign,
        bounds=lambda: (-ONE, ONE),
        law=lambda: Law(reflection=ODD),
        onnx=(Spelling(operator="Softsign", versions=(1, 22)),),
        torch=Module("Softsign"),
    ),
    Function(
        name="Square",
        mapping=curves.square,
        bounds=lambda: (ZERO, None),
        law=lambda: Law(degree=2, reflection=EVEN),
        composed=lambda: (Step("Mul", (0, 0)),),
    ),
    Function(name="Exp", mapping=curves.exp, bounds=lambda: (ZERO, None), onnx=_both("Exp")),
    Function(
        name="Softplus",
        mapping=curves.softplus,
        bounds=lambda: (ZERO, None),
        onnx=(Spelling(operator="Softplus", versions=(1, 22)),),
    ),
    Function(
        name="Elu",
        mapping=curves.elu,
        parameters=("alpha",),
        admits=lambda alpha: bool(alpha > 0),
        needs="alpha > 0",
        bounds=lambda alpha: (-alpha, None),
        onnx=(
            Spelling(
                operator="Elu",
                versions=(1, 6, 22),
                parameters=(Attribute("alpha", 1.0),),
                hints=HINTS,
            ),
        ),
        torch=Module("ELU", ("alpha",)),
        samples=((ONE,), (_HALF,), (fmpq(5, 3),)),
    ),
    Function(
        name="Selu",
        mapping=curves.selu,
        parameters=("alpha", "gamma"),
        admits=lambda alpha, gamma: bool(alpha > 0 and gamma > 0),
        needs="alpha > 0 and gamma > 0",
        bounds=lambda alpha, gamma: (-alpha * gamma, None),
        onnx=(
            Spelling(
                operator="Selu",
                versions=(1,),
                parameters=(Attribute("alpha", 1.6732), Attribute("gamma", 1.0507)),
                hints=HINTS,
            ),
            Spelling(
                operator="Selu",
                versions=(6, 22),
                parameters=(
                    Attribute("alpha", 1.67326319217681884765625),
                    Attribute("gamma", 1.05070102214813232421875),
                ),
            ),
        ),
        samples=((fmpq(3, 2), fmpq(9, 8)), (fmpq(5, 3), fmpq(21, 20))),
    ),
    Function(
        name="Celu",
        mapping=curves.celu,
        parameters=("alpha",),
        admits=lambda alpha: bool(alpha > 0),
        needs="alpha > 0",
        bounds=lambda alpha: (-alpha, None),
        onnx=(Spelling(operator="Celu", versions=(12, 28), parameters=(Attribute("alpha", 1.0),)),),
        torch=Module("CELU", ("alpha",)),
        samples=((ONE,), (_HALF,), (fmpq(5, 3),)),
    ),
    Function(
        name="Gelu",
        mapping=curves.gelu,
        onnx=(
            Spelling(
                operator="Gelu", versions=(20,), word=Word("approximate", "none", default=True)
            ),
        ),
    ),
    Function(
        name="GeluByTanh",
        mapping=curves.gelu_by_tanh,
        onnx=(Spelling(operator="Gelu", versions=(20,), word=Word("approximate", "tanh")),),
    ),
    Function(
        name="Swish",
        mapping=curves.swish,
        parameters=("alpha",),
        onnx=(Spelling(operator="Swish", versions=(24,), parameters=(Attribute("alpha", 1.0),)),),
        composed=lambda alpha: (Step("Sigmoid", (0,)), Step("Mul", (0, 1))) if alpha == 1 else (),
        samples=((ONE,), (fmpq(3, 2),), (fmpq(-1, 3),)),
    ),
    Function(
        name="Mish",
        mapping=curves.mish,
        onnx=(Spelling(operator="Mish", versions=(18, 22)),),
        composed=lambda: (Step("Softplus", (0,)), Step("Tanh", (1,)), Step("Mul", (0, 2))),
        torch=Module("Mish"),
    ),
    Function(
        name="HardSwish",
        mapping=curves.hard_swish,
        onnx=(Spelling(operator="HardSwish", versions=(14, 22)),),
        torch=Module("Hardswish"),
    ),
)
