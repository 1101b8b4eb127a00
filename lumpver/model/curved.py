"""Rows of the table: functions that are not piecewise linear.

Most of their values are irrational: they are evaluated where that is known to be rational,
and nowhere else.

References
----------
ONNX operator specification, domain ai.onnx, opsets 1 to 25.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from flint import fmpq

from lumpver.exact.scalar import ONE, ZERO
from lumpver.model.bent import HINTS
from lumpver.model.functions import (
    UNCHANGED,
    Attribute,
    Curve,
    Function,
    Line,
    Module,
    Spelling,
    Step,
    Word,
)
from lumpver.model.laws import EVEN, ODD, Law

if TYPE_CHECKING:
    from collections.abc import Callable

_POSITIVE: Final = (ZERO, None)
_HALF: Final = fmpq(1, 2)
_STEEP: Final = fmpq(5, 4)  # more than GELU, SiLU, Mish and Erf rise anywhere, and HardSwish twice


def _at_zero(value: fmpq) -> Callable[[fmpq], fmpq | None]:
    return lambda y: value if y == 0 else None


def _from_zero(y: fmpq) -> fmpq | None:
    return y if y >= 0 else None


def _ratio(f: Any, value: fmpq) -> Any:
    return f.Rational(int(value.p), int(value.q))


def _tanh() -> Curve:
    return Curve(
        value=_at_zero(ZERO), formula=lambda f, y: f.tanh(y), lipschitz=ONE, increasing=True
    )


def _sigmoid() -> Curve:
    return Curve(
        value=_at_zero(_HALF),
        formula=lambda f, y: 1 / (1 + f.exp(-y)),
        lipschitz=fmpq(1, 4),
        increasing=True,
    )


def _erf() -> Curve:
    return Curve(
        value=_at_zero(ZERO), formula=lambda f, y: f.erf(y), lipschitz=_STEEP, increasing=True
    )


def _softsign() -> Curve:
    return Curve(
        value=lambda y: y / (1 + abs(y)),
        formula=lambda f, y: y / (1 + f.Abs(y)),
        lipschitz=ONE,
        increasing=True,
        rational=True,
    )


def _square() -> Curve:
    return Curve(value=lambda y: y * y, formula=lambda _, y: y * y, lipschitz=None, rational=True)


def _exp() -> Curve:
    return Curve(
        value=_at_zero(ONE), formula=lambda f, y: f.exp(y), lipschitz=None, increasing=True
    )


def _softplus() -> Curve:
    return Curve(
        value=lambda _: None,
        formula=lambda f, y: f.log(1 + f.exp(y)),
        lipschitz=ONE,
        increasing=True,
    )


def _elu(alpha: fmpq) -> Curve:
    return Curve(
        value=_from_zero,
        formula=lambda f, y: f.Max(0, y) + _ratio(f, alpha) * (f.exp(f.Min(0, y)) - 1),
        lipschitz=max(ONE, alpha),
        increasing=True,
        stretches=((_POSITIVE, UNCHANGED),),
    )


def _selu(alpha: fmpq, gamma: fmpq) -> Curve:
    return Curve(
        value=lambda y: gamma * y if y >= 0 else None,
        formula=lambda f, y: (
            _ratio(f, gamma) * (f.Max(0, y) + _ratio(f, alpha) * (f.exp(f.Min(0, y)) - 1))
        ),
        lipschitz=gamma * max(ONE, alpha),
        increasing=True,
        stretches=((_POSITIVE, Line(gamma)),),
    )


def _celu(alpha: fmpq) -> Curve:
    return Curve(
        value=_from_zero,
        formula=lambda f, y: (
            f.Max(0, y) + f.Min(0, _ratio(f, alpha) * (f.exp(y / _ratio(f, alpha)) - 1))
        ),
        lipschitz=ONE,
        increasing=True,
        stretches=((_POSITIVE, UNCHANGED),),
    )


def _gelu() -> Curve:
    return Curve(
        value=_at_zero(ZERO),
        formula=lambda f, y: y * (1 + f.erf(y / f.sqrt(2))) / 2,
        lipschitz=_STEEP,
    )


def _gelu_by_tanh() -> Curve:
    return Curve(
        value=_at_zero(ZERO),
        formula=lambda f, y: (
            y * (1 + f.tanh(f.sqrt(2 / f.pi) * (y + f.Rational(44715, 1000000) * y**3))) / 2
        ),
        lipschitz=_STEEP,
    )


def _swish(alpha: fmpq) -> Curve:
    return Curve(
        value=_at_zero(ZERO),
        formula=lambda f, y: y / (1 + f.exp(-_ratio(f, alpha) * y)),
        lipschitz=_STEEP,
    )


def _mish() -> Curve:
    return Curve(
        value=_at_zero(ZERO),
        formula=lambda f, y: y * f.tanh(f.log(1 + f.exp(y))),
        lipschitz=_STEEP,
    )


def _hard_swish() -> Curve:
    # Between -3 and 3 texts and runtimes differ in what a sixth is: its values there are not known.
    return Curve(
        value=lambda y: max(y, ZERO) if abs(y) >= 3 or y == 0 else None,
        formula=lambda f, y: y * f.Max(0, f.Min(1, y / 6 + f.Rational(1, 2))),
        lipschitz=2 * _STEEP,
        stretches=(((None, fmpq(-3)), Line(ZERO)), ((fmpq(3), None), UNCHANGED)),
    )


def _both(operator: str, **more: Any) -> tuple[Spelling, ...]:
    return (Spelling(operator=operator, versions=(1, 6, 13), hints=HINTS, **more),)


CURVED: Final = (
    Function(
        name="Tanh",
        mapping=_tanh,
        bounds=lambda: (-ONE, ONE),
        law=lambda: Law(reflection=ODD),
        onnx=_both("Tanh"),
        torch=Module("Tanh"),
    ),
    Function(
        name="Sigmoid",
        mapping=_sigmoid,
        bounds=lambda: (ZERO, ONE),
        law=lambda: Law(reflection=(-ONE, ONE)),
        onnx=_both("Sigmoid"),
        torch=Module("Sigmoid"),
        aliases=("logistic",),
    ),
    Function(
        name="Erf",
        mapping=_erf,
        bounds=lambda: (-ONE, ONE),
        law=lambda: Law(reflection=ODD),
        onnx=(Spelling(operator="Erf", versions=(9, 13), integers=False),),
    ),
    Function(
        name="Softsign",
        mapping=_softsign,
        bounds=lambda: (-ONE, ONE),
        law=lambda: Law(reflection=ODD),
        onnx=(Spelling(operator="Softsign", versions=(1, 22)),),
        torch=Module("Softsign"),
    ),
    Function(
        name="Square",
        mapping=_square,
        bounds=lambda: (ZERO, None),
        law=lambda: Law(degree=2, reflection=EVEN),
        composed=lambda: (Step("Mul", (0, 0)),),
    ),
    Function(name="Exp", mapping=_exp, bounds=lambda: (ZERO, None), onnx=_both("Exp")),
    Function(
        name="Softplus",
        mapping=_softplus,
        bounds=lambda: (ZERO, None),
        onnx=(Spelling(operator="Softplus", versions=(1, 22)),),
    ),
    Function(
        name="Elu",
        mapping=_elu,
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
        mapping=_selu,
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
        mapping=_celu,
        parameters=("alpha",),
        admits=lambda alpha: bool(alpha > 0),
        needs="alpha > 0",
        bounds=lambda alpha: (-alpha, None),
        onnx=(Spelling(operator="Celu", versions=(12,), parameters=(Attribute("alpha", 1.0),)),),
        torch=Module("CELU", ("alpha",)),
        samples=((ONE,), (_HALF,), (fmpq(5, 3),)),
    ),
    Function(
        name="Gelu",
        mapping=_gelu,
        onnx=(
            Spelling(
                operator="Gelu", versions=(20,), word=Word("approximate", "none", default=True)
            ),
        ),
    ),
    Function(
        name="GeluByTanh",
        mapping=_gelu_by_tanh,
        onnx=(Spelling(operator="Gelu", versions=(20,), word=Word("approximate", "tanh")),),
    ),
    Function(
        name="Swish",
        mapping=_swish,
        parameters=("alpha",),
        onnx=(Spelling(operator="Swish", versions=(24,), parameters=(Attribute("alpha", 1.0),)),),
        composed=lambda alpha: (Step("Sigmoid", (0,)), Step("Mul", (0, 1))) if alpha == 1 else (),
        samples=((ONE,), (fmpq(3, 2),), (fmpq(-1, 3),)),
    ),
    Function(
        name="Mish",
        mapping=_mish,
        onnx=(Spelling(operator="Mish", versions=(18, 22)),),
        composed=lambda: (Step("Softplus", (0,)), Step("Tanh", (1,)), Step("Mul", (0, 2))),
        torch=Module("Mish"),
    ),
    Function(
        name="HardSwish",
        mapping=_hard_swish,
        onnx=(Spelling(operator="HardSwish", versions=(14, 22)),),
        torch=Module("Hardswish"),
    ),
)
