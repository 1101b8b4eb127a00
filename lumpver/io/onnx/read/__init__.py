"""From ONNX models to networks: bytes, constants, one file per family of operators.

Whoever trusts an answer about a model trusts this; nothing here knows how models are written.
"""

from lumpver.io.onnx.read.reading import read
from lumpver.io.onnx.read.source import Source

__all__ = ["Source", "read"]
