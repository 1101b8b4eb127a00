"""Answers for people: pictures, pages, and what a notebook shows.

>>> from lumpver.theory.examples import EXAMPLES
>>> print(network_picture(EXAMPLES["d1"].network).title)
Network from x to y: 4 units
"""

from lumpver.tell.report.examination import Examined, examine
from lumpver.tell.report.page import render
from lumpver.tell.report.pictures import (
    Picture,
    before_after,
    blocks_picture,
    box_bars,
    network_picture,
    switching_bars,
    unit_bars,
)

__all__ = [
    "Examined",
    "Picture",
    "before_after",
    "blocks_picture",
    "box_bars",
    "examine",
    "network_picture",
    "render",
    "switching_bars",
    "unit_bars",
]
