"""The networks that everybody talks about, for parametrized tests and as the paper writes them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pytest

from lumpver.theory import paper
from lumpver.theory.examples import EXAMPLES

if TYPE_CHECKING:
    from lumpver.theory.paper import NN

ALL: Final = [pytest.param(example, id=name) for name, example in EXAMPLES.items()]
HALF, THIRD = paper.rational("1/2"), paper.rational("1/3")


def example(name: str) -> NN:
    """The example of that name, as the paper writes it."""
    return paper.from_network(EXAMPLES[name].network)
