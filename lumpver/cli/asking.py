"""What the options of `check` and `prove` ask: a claim, once a model is read."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import wraps
from typing import TYPE_CHECKING, Any, Final, Literal

import click

from lumpver.claim.semantics import WORDS
from lumpver.errors import Malformed

if TYPE_CHECKING:
    from collections.abc import Callable

    from lumpver.claim.closeness import Closeness
    from lumpver.claim.semantics import Word
    from lumpver.claim.statement import Claim
    from lumpver.cli.bounding import Bounds
    from lumpver.io.files import Model

_CLASS: Final = "--same-class"
_CLASSES: Final = ("max", "min")


@dataclass(frozen=True, slots=True)
class Asked:
    """What the options ask of a certificate; of a box only the name, until a model is read."""

    box: Bounds
    closeness: Closeness
    semantics: Word

    def of(self, model: Model) -> Claim:
        """The claim that is asked about a model, whose inputs the box is about."""
        from lumpver.claim.semantics import semantics_of  # noqa: PLC0415 numbers
        from lumpver.claim.statement import Claim  # noqa: PLC0415

        claim = Claim(closeness=self.closeness, semantics=semantics_of(self.semantics))
        if not self.box.given:
            return claim
        found = self.box.of(model.network)
        return replace(claim, domain=found.domain, remarks=found.notes)


class Asking(click.Command):
    """A command whose --same-class takes no file for its value: only a word that it knows."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """The arguments, --same-class having a value."""
        end = args.index("--") if "--" in args else len(args)
        given = [
            f"{_CLASS}={_CLASSES[0]}" if word == _CLASS and after not in _CLASSES else word
            for word, after in zip(args[:end], [*args[1:end], ""], strict=False)
        ]
        return super().parse_args(ctx, given + args[end:])


def nearness(
    eps: str | None, delta: str | None, same_class: str | None, *, relative: bool = False
) -> Closeness:
    """The closeness that --eps, --delta, --same-class and --relative mean together.

    Raises
    ------
    Malformed
        If a number is none or negative, or two options do not go together.
    """
    from lumpver.claim.closeness import (  # noqa: PLC0415
        Equal,
        Relative,
        SameClass,
        Within,
        not_negative,
    )

    if delta is not None and same_class is None:
        raise Malformed("--delta", expected="--same-class beside it", got="none")
    if eps is not None and same_class is not None:
        raise Malformed("--eps", expected="no --same-class beside it", got="both")
    if relative and eps is None:
        raise Malformed("--relative", expected="--eps beside it", got="none")
    if relative:
        return Relative(not_negative(eps, where="--eps"))
    if eps is not None:
        return Within(not_negative(eps, where="--eps"))
    if same_class is not None:
        by: Literal["max", "min"] = "min" if same_class == "min" else "max"
        return SameClass(by, not_negative(delta or "0", where="--delta"))
    return Equal()


def asks_floats(command: Callable[..., Any]) -> Callable[..., Any]:
    """The option that says what the numbers are, of `prove`."""
    option = click.option(
        "--semantics",
        type=click.Choice(WORDS),
        default="real",
        show_default=True,
        help="Ask of exact real arithmetic, or, on a box, of every run in float32 that evaluates"
        " each node by itself: what runs may be off is added.",
    )
    return option(command)


def asks_nearest(command: Callable[..., Any]) -> Callable[..., Any]:
    """Let --eps be `max` too, which a command gets as `smallest`: find eps."""

    @wraps(command)
    def called(*args: Any, **options: Any) -> Any:
        smallest = options["eps"] == "max"
        if smallest:
            options["eps"] = None
            if options["semantics"] != "real":
                got = f"--semantics {options['semantics']}"
                raise Malformed("--eps max", expected="no other question", got=got)
            for name in ("same_class", "vnnlib", "pairs", "parts", "relative", "resume"):
                if options.get(name) is not None and options[name] is not False:
                    got = f"--{name.replace('_', '-')}"
                    raise Malformed("--eps max", expected="no other question", got=got)
        return command(*args, smallest=smallest, **options)

    return called


def asks_near(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options that say how near models are to be, which a command gets as `closeness`."""

    @wraps(command)
    def called(*args: Any, **options: Any) -> Any:
        given = (options.pop(name) for name in ("eps", "delta", "same_class"))
        relative = options.pop("relative")
        return command(*args, closeness=nearness(*given, relative=relative), **options)

    options = (
        click.option("--eps", help="Ask only that outputs differ by at most so much."),
        click.option(
            _CLASS,
            is_flag=False,
            flag_value=_CLASSES[0],
            type=click.Choice(_CLASSES),
            help="Ask only for the same class: the first of the greatest, or of the least.",
        ),
        click.option(
            "--relative",
            is_flag=True,
            help="With --eps: by at most so many times the range, on the box, of what the first"
            " model gives, as far as two points show it.",
        ),
        click.option("--delta", help="With --same-class: only where the class leads by so much."),
    )
    for option in reversed(options):
        called = option(called)
    return called
