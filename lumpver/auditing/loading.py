"""`MODULE:FUNCTION` as a function: the reducer that a command line names.

MODULE is a dotted name, or the path of a `.py` file.
"""

from __future__ import annotations

import sys
from importlib import import_module
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lumpver.errors import Malformed, Unreadable

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType


def load_reducer(name: str) -> Callable[..., Any]:
    """The function that `MODULE:FUNCTION` names; the current folder is looked in last.

    Raises
    ------
    Malformed
        If `name` has another form, or names nothing that can be called.
    Unreadable
        If the module cannot be imported.

    Examples
    --------
    >>> load_reducer("lumpver.reduction:reduce").__name__
    'reduce'
    """
    place, colon, path = name.rpartition(":")
    if not (place and colon and path):
        raise Malformed("reducer", expected="MODULE:FUNCTION", got=repr(name))
    try:
        found: Any = _module(place)
    except LookupError as error:
        raise Unreadable(place, expected="a module", got=str(error)) from error
    except Exception as error:  # the module's own code may fail in any way
        got = f"{type(error).__name__}: {error}"
        raise Unreadable(place, expected="a module that can be imported", got=got) from error
    for part in path.split("."):
        found = getattr(found, part, None)
    if not callable(found):
        raise Malformed(name, expected="something to call", got=type(found).__name__)
    function: Callable[..., Any] = found
    return function


def _module(place: str) -> ModuleType:
    if not place.endswith(".py"):
        here = str(Path.cwd())
        if here not in sys.path and "" not in sys.path:
            sys.path.append(here)
        return import_module(place)
    path = Path(place)
    spec = spec_from_file_location(path.stem, path)
    if spec is None or spec.loader is None or not path.is_file():
        raise LookupError("no such file")
    module = module_from_spec(spec)
    sys.modules[path.stem] = module
    spec.loader.exec_module(module)
    return module
