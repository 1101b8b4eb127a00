"""The version of lumpver, in the one place that all others take it from."""

from __future__ import annotations

from typing import Final

__version__: Final = "0.1.0"
