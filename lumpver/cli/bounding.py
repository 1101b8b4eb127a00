"""The options that say which inputs count, for all commands that have them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from lumpver.errors import Malformed

if TYPE_CHECKING:
    from collections.abc import Callable

    from lumpver.io.domains import Found
    from lumpver.model.network import Network

BOX = click.option(
    "--box",
    help="Only inputs within these bounds count: a VNN-LIB file (1 or 2), the minima and maxima of"
    " a .nnet file, those that a certificate (.json) is about, or a range for every entry:"
    " --box '[0, 1]'.",
)
LOWER = click.option(
    "--lower",
    type=click.Path(path_type=Path),
    help="The same, from arrays: a .npy file of the input's shape, or a .npz file with an array by"
    " the inputs' names.",
)
UPPER = click.option(
    "--upper", type=click.Path(path_type=Path), help="The bounds above, beside --lower."
)
EXACT_BOX = click.option(
    "--exact-box",
    is_flag=True,
    help="Leave bounds as they are stated, instead of widening each outward to the next number of"
    " the input's type.",
)
TIMEOUT = click.option(
    "--timeout",
    type=float,
    help="With bounds: look for tighter ones for at most so many seconds, then use what was found"
    "  [default: a fixed amount of work, so that each run gives the same].",
)


@dataclass(frozen=True, slots=True)
class Bounds:
    """What these options say; of files only the names, until a network is read."""

    box: str | None = None
    lower: Path | None = None
    upper: Path | None = None
    exact: bool = False

    @property
    def given(self) -> bool:
        """Whether they say anything."""
        return not (self.box is None and self.lower is None and self.upper is None)

    @property
    def files(self) -> list[tuple[Path, str]]:
        """The files that are read, and what each is."""
        box = self.box
        named = None if box is None or box.lstrip().startswith("[") else Path(box)
        found = ((named, "the box"), (self.lower, "bounds"), (self.upper, "bounds"))
        return [(path, what) for path, what in found if path is not None]

    @property
    def stated(self) -> Any:
        """What is given, in one, or None.

        Raises
        ------
        Malformed
            If it is given twice, or in half.
        """
        from lumpver.io.domains import together  # noqa: PLC0415 only what is needed

        return together(self.box, self.lower, self.upper) if self.given else None

    @property
    def words(self) -> tuple[str, ...]:
        """The same options, from the folder that has their files."""
        files = {str(path): path.name for path, _ in self.files}
        given = (("--box", self.box), ("--lower", self.lower), ("--upper", self.upper))
        said = [(name, str(value)) for name, value in given if value is not None]
        return tuple(part for name, value in said for part in (name, files.get(value, value)))

    def of(self, network: Network) -> Found:
        """The boxes that they mean for a network.

        Raises
        ------
        Malformed, ShapeMismatch, NotANumber, Unreadable
            As for `io.domains.read`.
        """
        from lumpver.io.domains import read  # noqa: PLC0415 only what is needed

        return read(self.box, network, lower=self.lower, upper=self.upper, exact=self.exact)


def bounds(*, widened: bool = True) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """The options, which a command gets as `within`; without --exact-box if never `widened`."""

    def added(command: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(command)
        def called(*args: Any, **options: Any) -> Any:
            names = ("box", "lower", "upper")
            box, lower, upper = (options.pop(name) for name in names)
            exact = options.pop("exact_box", False)
            return command(*args, within=Bounds(box, lower, upper, exact=exact), **options)

        for option in (*((EXACT_BOX,) if widened else ()), UPPER, LOWER, BOX):
            called = option(called)
        return called

    return added


def limited(within: Bounds, timeout: float | None) -> None:
    """A limit for bounds is none without a box.

    Raises
    ------
    Malformed
        If there is one, or it is no number of seconds.
    """
    if timeout is None:
        return
    if not within.given:
        raise Malformed("--timeout", expected="--box, or --lower and --upper", got="none")
    if not timeout >= 0:
        raise Malformed("--timeout", expected="0 or more seconds", got=str(timeout))
