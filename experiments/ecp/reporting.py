"""Results as files: all numbers, and their means as a table."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from experiments.ecp.campaign import Outcome
from experiments.ecp.picture import means, picture
from lumpver.errors import Unreadable

if TYPE_CHECKING:
    from collections.abc import Sequence

_PARTS = ("pruned", "tuned", "seen", "certified")


def files(outcomes: Sequence[Outcome]) -> dict[str, bytes]:
    """What is written of some seeds beside their own files."""
    return {"figure.svg": picture(outcomes), "table.md": table(outcomes).encode()}


def written(outcome: Outcome) -> bytes:
    """All numbers of a seed."""
    return msgspec.json.format(msgspec.json.encode(outcome), indent=1) + b"\n"


def read(data: bytes, where: str) -> Outcome:
    """The numbers of a seed again.

    Raises
    ------
    Unreadable
        If they are none.
    """
    try:
        return msgspec.json.decode(data, type=Outcome)
    except msgspec.DecodeError as error:
        raise Unreadable(where, expected="results of a seed", got=str(error)) from error


def table(outcomes: Sequence[Outcome]) -> str:
    """Geometric means over seeds, a row for each network, method and ratio."""
    settings = outcomes[0].settings
    head = "| hidden | method | ratio | loss, pruned | trained on | most seen | certified |"
    rows = [head, "|---|---|--:|--:|--:|--:|--:|"]
    for hidden in settings.hidden:
        name = "-".join(map(str, hidden))
        for method in settings.methods:
            columns = [means(outcomes, hidden, method, part) for part in _PARTS]
            for ratio, *numbers in zip(settings.ratios, *columns, strict=True):
                told = " | ".join(f"{number:.3g}" for number in numbers)
                rows.append(f"| {name} | {method} | {ratio} | {told} |")
    return "\n".join(rows) + "\n"
