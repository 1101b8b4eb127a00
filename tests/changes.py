"""Changes of parsed JSON, for tests of strict readers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Change = Callable[[Any], object]


def put(*path: Any) -> Change:
    """Sets the value at `path[:-1]` to the last of `path`."""

    def change(found: Any) -> None:
        for key in path[:-2]:
            found = found[key]
        found[path[-2]] = path[-1]

    return change


def drop(*path: Any) -> Change:
    """Leaves out the value at `path`."""

    def change(found: Any) -> None:
        for key in path[:-1]:
            found = found[key]
        del found[path[-1]]

    return change
