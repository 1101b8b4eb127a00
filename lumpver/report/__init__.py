"""Answers for people: pictures, pages, and what a notebook shows.

>>> from lumpver.examples import EXAMPLES
>>> print(network_picture(EXAMPLES["d1"].network).title)
Network from x to y: 4 units
"""

from lumpver.report.examination import Examined, examine
from lumpver.report.page import render
from lumpver.report.pictures import (
    Picture,
    before_after,
    blocks_picture,
    network_picture,
    unit_bars,
)

__all__ = [
    "Examined",
    "Picture",
    "before_after",
    "blocks_picture",
    "examine",
    "network_picture",
    "render",
    "unit_bars",
]
