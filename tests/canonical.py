"""JSON as lumpver writes it."""

from __future__ import annotations

import json
from typing import Any


def text(found: Any) -> bytes:
    """JSON in the canonical way."""
    return json.dumps(found, sort_keys=True, separators=(",", ":")).encode() + b"\n"
