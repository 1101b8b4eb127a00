"""Rows of the table: functions that are linear between their bends.

References
----------
ONNX operator specification, domain ai.onnx, opsets 1 to 25.
"""

from __future__ import annotations

from math import inf
from typing import Final

from flint import fmpq

from lumpver.exact.scalar import ONE, ZERO
from lumpver.model.functions import (
    UNCHANGED,
    Attribute,
    Function,
    Line,
    Module,
    Operand,
    Pieces,
    Spelling,
    Step,
)
from lumpver.model.laws import EVEN, MULTIPLES, NO_LAW, ODD, STRAIGHT, Law

HINTS: Final = ("consumed_inputs",)  # of opsets 1 to 5, how to execute a node
_FLAT: Final = Line(ZERO)
_MOST: Final = 3.4028234663852886e38


def _two_slopes(below: fmpq) -> Pieces:
    return Pieces((Line(below), UNCHANGED), (ZERO,))


def _leaky_law(slope: fmpq) -> Law:
    return Law(degree=1, reflection=EVEN if slope == -ONE else None)


def _clip(low: fmpq, high: fmpq) -> Pieces:
    return Pieces((Line(ZERO, low), UNCHANGED, Line(ZERO, high)), (low, high))


def _about_a_half(alpha: fmpq, beta: fmpq) -> Pieces:
    ends = -beta / alpha, (1 - beta) / alpha
    return Pieces((_FLAT, Line(alpha, beta), Line(ZERO, ONE)), ends)


def _shrunk(limit: fmpq, bias: fmpq) -> Pieces:
    if limit == bias == 0:
        return Pieces((UNCHANGED,))
    lines = Line(ONE, bias), _FLAT, Line(ONE, -bias)
    if limit == 0 != bias:  # nothing between, and 0 at 0
        return Pieces((lines[0], lines[2]), (ZERO,), (ZERO,))
    return Pieces(lines, (-limit, limit), () if limit == bias else (ZERO, ZERO))


def _over(alpha: fmpq) -> Pieces:
    return Pieces((_FLAT, UNCHANGED), (alpha,), () if alpha == 0 else (ZERO,))


BENT: Final = (
    Function(
        name="Relu",
        mapping=lambda: _two_slopes(ZERO),
        bounds=lambda: (ZERO, None),
        law=lambda: MULTIPLES,
        onnx=(Spelling(operator="Relu", versions=(1, 6, 13, 14), hints=HINTS),),
        torch=Module("ReLU"),
    ),
    Function(
        name="LeakyRelu",
        mapping=_two_slopes,
        parameters=("slope",),
        law=_leaky_law,
        onnx=(
            Spelling(
                operator="LeakyRelu",
                versions=(1, 6, 16),
                parameters=(Attribute("alpha", 0.01),),
                hints=HINTS,
            ),
            Spelling(
                operator="PRelu",
                versions=(1, 6, 7, 9, 16),
                parameters=(Operand("slope", 1, spread=True),),
            ),
        ),
        torch=Module("LeakyReLU", ("negative_slope",)),
        samples=((fmpq(1, 10),), (fmpq(1, 4),), (fmpq(3),), (fmpq(-2),), (-ONE,)),
    ),
    Function(
        name="Abs",
        mapping=lambda: _two_slopes(-ONE),
        bounds=lambda: (ZERO, None),
        law=lambda: Law(degree=1, reflection=EVEN),
        # the least integer has no opposite
        onnx=(Spelling(operator="Abs", versions=(1, 6, 13), hints=HINTS, integers=False),),
    ),
    Function(
        name="Identity",
        mapping=lambda: Pieces((UNCHANGED,)),
        law=lambda: STRAIGHT,
        onnx=(Spelling(operator="Identity", versions=(1, 13, 14, 16, 19, 21, 23, 24, 25)),),
    ),
    Function(
        name="Clip",
        mapping=_clip,
        parameters=("min", "max"),
        admits=lambda low, high: bool(low <= high),
        needs="min <= max",
        bounds=lambda low, high: (low, high),
        law=lambda low, high: Law(centre=(low + high) / 2, reflection=(-ONE, low + high)),
        onnx=(
            Spelling(
                operator="Clip",
                versions=(1,),
                parameters=(Attribute("min", limit=True), Attribute("max", limit=True)),
                hints=HINTS,
            ),
            Spelling(
                operator="Clip",
                versions=(6,),
                parameters=(
                    Attribute("min", -_MOST, limit=True),
                    Attribute("max", _MOST, limit=True),
                ),
            ),
            Spelling(
                operator="Clip",
                versions=(11, 12, 13),
                parameters=(Operand("min", 1, limit=-inf), Operand("max", 2, limit=inf)),
            ),
        ),
        torch=Module("Hardtanh", ("min_val", "max_val")),
        samples=((-ONE, ONE), (ZERO, fmpq(6)), (fmpq(-1, 3), fmpq(5, 7)), (ONE, ONE)),
    ),
    Function(
        name="AtLeast",
        mapping=lambda least: Pieces((Line(ZERO, least), UNCHANGED), (least,)),
        parameters=("least",),
        bounds=lambda least: (least, None),
        law=lambda least: Law(centre=least, degree=1, value=least),
        composed=lambda _: (Step("Max", (0, -1)),),
        samples=((fmpq(1, 2),), (fmpq(-3),)),
    ),
    Function(
        name="AtMost",
        mapping=lambda most: Pieces((UNCHANGED, Line(ZERO, most)), (most,)),
        parameters=("most",),
        bounds=lambda most: (None, most),
        law=lambda most: Law(centre=most, degree=1, value=most),
        composed=lambda _: (Step("Min", (0, -1)),),
        samples=((ZERO,), (fmpq(7, 2),), (fmpq(-1, 3),)),
    ),
    Function(
        name="HardSigmoid",
        mapping=_about_a_half,
        parameters=("alpha", "beta"),
        admits=lambda alpha, _: bool(alpha > 0),
        needs="alpha > 0",
        bounds=lambda _, __: (ZERO, ONE),
        law=lambda alpha, beta: Law(
            centre=(fmpq(1, 2) - beta) / alpha, reflection=(-ONE, ONE)
        ),
        onnx=(
            Spelling(
                operator="HardSigmoid",
                versions=(1, 6, 22),
                parameters=(Attribute("alpha", 0.2), Attribute("beta", 0.5)),
                hints=HINTS,
            ),
        ),
        samples=((fmpq(1, 4), fmpq(1, 2)), (fmpq(1, 5), fmpq(1, 3)), (fmpq(2), fmpq(-1))),
    ),
    Function(
        name="Shrink",
        mapping=_shrunk,
        parameters=("limit", "bias"),
        admits=lambda limit, _: bool(limit >= 0),
        needs="limit >= 0",
        law=lambda limit, bias: STRAIGHT if limit == bias == 0 else Law(reflection=ODD),
        onnx=(
            Spelling(
                operator="Shrink",
                versions=(9,),
                parameters=(Attribute("lambd", 0.5), Attribute("bias", 0.0)),
                integers=False,
            ),
        ),
        samples=(
            (fmpq(1, 2), fmpq(1, 2)), (fmpq(3, 4), ZERO), (ONE, fmpq(1, 3)), (ZERO, ONE),
            (ZERO, ZERO),
        ),
    ),
    Function(
        name="Sign",
        mapping=lambda: Pieces((Line(ZERO, -ONE), Line(ZERO, ONE)), (ZERO,), (ZERO,)),
        bounds=lambda: (-ONE, ONE),
        law=lambda: Law(degree=0, reflection=ODD),
        onnx=(Spelling(operator="Sign", versions=(9, 13)),),
    ),
    Function(
        name="ThresholdedRelu",
        mapping=_over,
        parameters=("alpha",),
        bounds=lambda alpha: (min(alpha, ZERO), None),
        law=lambda alpha: MULTIPLES if alpha == 0 else NO_LAW,
        onnx=(
            Spelling(
                operator="ThresholdedRelu",
                versions=(10, 22),
                parameters=(Attribute("alpha", 1.0),),
            ),
        ),
        samples=((ONE,), (fmpq(-1, 2),), (ZERO,)),
    ),
)  # fmt: skip
