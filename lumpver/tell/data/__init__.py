"""A small trained classifier that ships with lumpver, for the demo and the tests.

How it was made, and on what, is in README.md beside this file; `make_digits` makes it.

digits: handwritten digits, 8 by 8 pixels of 0 to 16, row by row
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from importlib.resources import files


@dataclass(frozen=True, slots=True)
class Digit:
    """An image of a handwritten digit that the classifier was not trained on.

    `index` is its place in scikit-learn's `load_digits`, `pixels` its 64 pixels.
    """

    index: int
    label: int
    pixels: tuple[int, ...]


def digits_model() -> bytes:
    """The bytes of `digits.onnx`: a pruned 64-64-32-10 ReLU classifier of digits.

    Raises
    ------
    FileNotFoundError
        If the package was installed without its data.

    Examples
    --------
    >>> import onnx
    >>> model = onnx.load_from_string(digits_model())
    >>> [node.name for node in model.graph.node if node.op_type == "Gemm"]
    ['hidden1', 'hidden2', 'logits']
    """
    return (files("lumpver.tell.data") / "digits.onnx").read_bytes()


def digits_sample() -> tuple[Digit, ...]:
    """The first test image of each digit, 0 to 9.

    Raises
    ------
    FileNotFoundError
        If the package was installed without its data.

    Examples
    --------
    >>> sample = digits_sample()
    >>> [digit.label for digit in sample] == list(range(10))
    True
    >>> {len(digit.pixels) for digit in sample}
    {64}
    """
    text = (files("lumpver.tell.data") / "digits_sample.json").read_text(encoding="ascii")
    return tuple(
        Digit(entry["index"], entry["label"], tuple(entry["pixels"])) for entry in json.loads(text)
    )
