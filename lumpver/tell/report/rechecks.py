"""The commands that ask everything again that a report answers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, assert_never

from lumpver.model.network import Join, Linear, Node, Opaque, Pick, Pointwise, Pool, Rearrange
from lumpver.tell.report.words import command

if TYPE_CHECKING:
    from lumpver.tell.report.examination import Examined
    from lumpver.tell.report.facts import Names


@dataclass(frozen=True, slots=True)
class Recheck:
    """A command that answers the same question again, and what it takes on trust."""

    purpose: str
    line: str


def rechecks(examined: Examined, found: Names) -> tuple[Recheck, ...]:
    """The commands that ask everything again."""
    models = (found.original, found.reduced)
    external = [
        folder + location
        for folder, model in (
            (_folder(found.original), examined.original),
            (_folder(found.reduced), examined.reduced),
        )
        for location in sorted(model.digest.external)
    ]
    asked = [
        Recheck(
            "The digests, to compare with those above",
            command("sha256sum", *dict.fromkeys([*found.given, *external])),
        )
    ]
    if found.certificate:
        asked += [
            Recheck(
                "The certificate, in exact arithmetic, without search or solver",
                command("lumpver check", *found.given),
            ),
        ]
        if _for_lumpcheck(examined):
            asked.append(
                Recheck(
                    "The same, and by the checker extracted from a Rocq proof (`make proofs`)",
                    command("lumpver check --verified", *found.given),
                )
            )
    asked.append(
        Recheck(
            "The two models alone: no certificate, any reducer",
            command("lumpver prove", *models),
        )
    )
    return tuple(asked)


def _for_lumpcheck(examined: Examined) -> bool:
    """Whether lumpcheck has words for all of this: dense layers, two slopes, no signs or forms."""
    nodes = [*examined.original.network.nodes, *examined.reduced.network.nodes]
    claims = () if examined.proof is None else examined.proof.claim.leads.values()
    return all(map(_in_its_words, nodes)) and all(
        one.since is None and (one.relabelling is None or one.relabelling.is_plain)
        for one in claims
    )


def _in_its_words(node: Node) -> bool:
    match node:
        case Linear() | Rearrange():
            return True
        case Pointwise():
            return node.activation.slope is not None
        case Pool() | Pick() | Join() | Opaque():
            return False
        case _:
            assert_never(node)


def _folder(name: str) -> str:
    return name[: name.rfind("/") + 1]
