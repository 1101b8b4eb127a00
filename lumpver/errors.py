"""What can go wrong, as data.

Every error says where it happened, what was expected and what was found, in
fields, so that a person and a program read the same thing.

where: the file, node, tensor or unit that the error is about
said: the whole message, where "expected ..., got ..." would tell too little
kind: the word that `--json` prints for the class of error
"""

from __future__ import annotations

from typing import ClassVar, Final, NoReturn

_MOST_SHOWN: Final = 200


class LumpverError(Exception):
    """Something lumpver cannot go on from.

    Examples
    --------
    >>> error = LumpverError("layer 2", expected="3 columns", got="4")
    >>> str(error)
    'layer 2: expected 3 columns, got 4'
    >>> str(LumpverError("a.onnx", expected="a", got="b", said="a.onnx and b.onnx were swapped"))
    'a.onnx and b.onnx were swapped'
    """

    kind: ClassVar[str] = "error"

    def __init__(self, where: str, *, expected: str, got: str, said: str = "") -> None:
        super().__init__(where, expected, got)
        self.where = where
        self.expected = expected
        self.got = got
        self.said = said

    def __str__(self) -> str:
        return self.said or f"{self.where}: expected {self.expected}, got {self.got}"

    def as_dict(self) -> dict[str, str]:
        """The fields, as `--json` prints them."""
        return {
            "kind": self.kind,
            "where": self.where,
            "expected": self.expected,
            "got": self.got,
            "message": str(self),
        }


class Unreadable(LumpverError, ValueError):
    """A file is not what its name says, or cannot be read or written at all."""

    kind = "unreadable"


class Malformed(LumpverError, ValueError):
    """A model, certificate or argument does not fit its own format."""

    kind = "malformed"


class NotANumber(Malformed):
    """A weight that has to be a number is NaN, infinite or not exact."""

    kind = "not-a-number"


class ShapeMismatch(Malformed):
    """Two shapes that have to fit do not."""

    kind = "shape"


class TooLarge(LumpverError, ValueError):
    """More memory would be needed than there is any sense in asking for."""

    kind = "too-large"


class DigestMismatch(LumpverError, ValueError):
    """A certificate was made for other files than those it was given with."""

    kind = "digest"


class NotRational(LumpverError, ArithmeticError):
    """An exact value was asked for where there is no rational one."""

    kind = "not-rational"


class Unrepresentable(LumpverError, ArithmeticError):
    """A number does not exist in the file format that was asked for."""

    kind = "unrepresentable"


class NotLumpable(LumpverError, ValueError):
    """A relation is not a lumpability of the network."""

    kind = "not-lumpable"


class InexactUnit(LumpverError, ArithmeticError):
    """The floating-point unit of this process is in a mode in which floats prove nothing."""

    kind = "floating-point-unit"


class Missing(LumpverError, ImportError):
    """An optional package is needed and not installed."""

    kind = "missing"


class SelfCheckFailed(LumpverError, RuntimeError):
    """The checker did not accept what the reducer made: a bug here, nothing was written."""

    kind = "self-check"


class Rejected(LumpverError, ValueError):
    """A certificate is well-formed and wrong: the rule that fails, and where.

    Examples
    --------
    >>> error = Rejected("affine", layer="h1", unit=3, expected="1/2", got="1/3")
    >>> str(error)
    'affine: h1[3]: expected 1/2, got 1/3'
    >>> error.rule, error.layer, error.unit
    ('affine', 'h1', 3)
    """

    kind = "rejected"

    def __init__(
        self, rule: str, *, layer: str, unit: int | None = None, expected: str, got: str
    ) -> None:
        place = layer if unit is None else f"{layer}[{unit}]"
        super().__init__(f"{rule}: {place}", expected=expected, got=got)
        self.rule = rule
        self.layer = layer
        self.unit = unit


def reject(rule: str, layer: str, expected: str, got: str, unit: int | None = None) -> NoReturn:
    """Raise `Rejected`, with numbers of any length shown in part."""
    raise Rejected(rule, layer=layer, unit=unit, expected=_shown(expected), got=_shown(got))


def _shown(value: str) -> str:
    return value if len(value) <= _MOST_SHOWN else f"{value[:_MOST_SHOWN]}..."
