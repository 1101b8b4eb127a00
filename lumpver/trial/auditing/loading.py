"""`MODULE:FUNCTION` as a function: the reducer that a command line names.

MODULE is a dotted name, or the path of a `.py` file.
"""

from __future__ import annotations

import sys
from difflib import get_close_matches
from importlib import import_module
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from lumpver.errors import Malformed, Unreadable

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType

NOTHING: Final = "none"
_MISSING: Final = object()
_WORDS: Final = 200


class NoReducer(Malformed):
    """`MODULE:FUNCTION` names nothing that can be called.

    Examples
    --------
    >>> load_reducer("lumpver.exact.rank:ranks")
    Traceback (most recent call last):
        ...
    lumpver.trial.auditing.loading.NoReducer: lumpver.exact.rank has no ...
    """

    def __init__(self, module: str, function: str, *, got: str, alike: str = "") -> None:
        super().__init__(module, expected=f"a function {function}", got=got)
        self.function = function
        self.alike = alike

    def __str__(self) -> str:
        if self.got != NOTHING:
            return f"{self.where}:{self.function} is no function, but of type {self.got}"
        hint = f": is it `{self.alike}`?" if self.alike else ""
        return f"{self.where} has no function {self.function}{hint}"


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
    >>> load_reducer("lumpver.reducing.reduction:reduce").__name__
    'reduce'
    """
    place, colon, path = name.rpartition(":")
    if not (place and colon and path):
        raise Malformed("reducer", expected="MODULE:FUNCTION", got=repr(name))
    try:
        module = _module(place)
    except LookupError as error:
        raise Unreadable(place, expected="a module", got=str(error)) from error
    except (Exception, SystemExit) as error:  # the module's own code may fail in any way
        got = one_line(error)
        raise Unreadable(place, expected="a module that can be imported", got=got) from error
    return _function(module, place, path)


def _function(module: ModuleType, place: str, path: str) -> Callable[..., Any]:
    found: Any = module
    for part in path.split("."):
        known = getattr(found, "__dict__", {})
        found = getattr(found, part, _MISSING)
        if found is _MISSING:
            public = [key for key in known if isinstance(key, str) and key[:1] != "_"]
            close = get_close_matches(part, public, 1)
            raise NoReducer(place, path, got=NOTHING, alike="".join(close))
    if not callable(found):
        raise NoReducer(place, path, got=type(found).__name__)
    function: Callable[..., Any] = found
    return function


def one_line(error: BaseException) -> str:
    """The type of an exception and the start of its words, printable."""
    try:
        words = f"{type(error).__name__}: {error}"
    except BaseException:  # noqa: BLE001 its own words may fail in any way
        words = type(error).__name__
    return "".join(c if c.isprintable() else " " for c in words[:_WORDS])


def _module(place: str) -> ModuleType:
    if place.endswith(".py"):
        return _file(Path(place))
    here = str(Path.cwd())
    if here not in sys.path and "" not in sys.path:
        sys.path.append(here)
    try:
        return import_module(place)
    except ModuleNotFoundError as error:
        if error.name and f"{place}.".startswith(f"{error.name}."):
            raise LookupError(f"none named {error.name}") from error
        raise


def _file(path: Path) -> ModuleType:
    spec = spec_from_file_location(path.stem, path)
    if spec is None or spec.loader is None or not path.is_file():
        raise LookupError("no such file")
    module = module_from_spec(spec)
    sys.modules[path.stem] = module
    spec.loader.exec_module(module)
    return module
