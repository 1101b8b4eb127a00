"""Smaller networks at a price: units that nearly are multiples, constants or sums of others go.

What is proposed here is believed by nobody: a covering shows how far the result is from the
original (`confirming`), and steps are taken back until it is near enough.
"""

from lumpver.compressing.compressing import Compressed, compress

__all__ = ["Compressed", "compress"]
