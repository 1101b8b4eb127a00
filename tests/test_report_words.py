"""Tests for `tell.report.words`, `tell.visible`, `proving.decimals`: odd numbers and names."""

from __future__ import annotations

import os

import sympy

from lumpver.proving.decimals import near as aid
from lumpver.tell.report.words import brief, share, word
from lumpver.tell.visible import visible


def test_words() -> None:
    """Numbers and names in every shape."""
    assert visible("") == ""
    assert visible("\u2066x\t") == "\\u{2066}x\\u{9}"
    assert word(os.fsdecode(b"\xff'\\.onnx")) == "$'\\xff\\'\\\\.onnx'"
    assert word("$(reboot)") == "'$(reboot)'"
    assert brief("1" * 80) == "1" * 80
    assert share(1, 2000) == "0.1%"
    assert aid(sympy.Rational(-1, 10**400)) == "-1e-400"
    assert aid(sympy.Rational(10**400)) == "1e+400"
