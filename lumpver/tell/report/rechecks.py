"""The commands that ask everything again that a report answers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, assert_never

from lumpver.claim.closeness import Equal, Relative, SameClass, Within
from lumpver.claim.domain import FREE, Boxes
from lumpver.errors import LumpverError
from lumpver.exact.scalar import text
from lumpver.io.domains import read
from lumpver.model.network import Join, Linear, Node, Opaque, Pick, Pointwise, Pool, Rearrange
from lumpver.model.several import common
from lumpver.tell.report.words import command, word

if TYPE_CHECKING:
    from lumpver.claim.closeness import Closeness
    from lumpver.model.network import Network
    from lumpver.tell.report.examination import Examined
    from lumpver.tell.report.facts import Names


_MOST: Final = 80  # characters of a range in a command


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
                command("lumpver check", *found.given) + options(examined, found, exact=True),
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
            command("lumpver prove", *models) + options(examined, found),
        )
    )
    return tuple(asked)


def options(examined: Examined, found: Names, *, exact: bool = False) -> str:
    """The options that ask about as many inputs as the certificate, or as was asked without one.

    `exact` says that the command would widen bounds otherwise.
    """
    if examined.proof is None:
        given = zip(examined.options[::2], examined.options[1::2], strict=True)
        return "".join(f" {option} {word(value)}" for option, value in given)
    domain, how = examined.proof.claim.claim.domain, _near(examined.asked.closeness)
    if not isinstance(domain, Boxes):
        return how
    alike = _alike(examined.original.network, domain)
    if alike:
        return f" --box {word(alike)}" + " --exact-box" * exact + how
    return f" --box {word(found.certificate)}{how}"


def _near(closeness: Closeness) -> str:
    """The options that ask how near the models are; of outputs' own bounds the largest."""
    match closeness:
        case Equal():
            return ""
        case Within():
            return f" --eps {text(closeness.largest)}"
        case SameClass(by, delta):
            return f" --same-class {by}" + (f" --delta {text(delta)}" if delta else "")
        case Relative(eps):
            return f" --eps {text(eps)} --relative"
        case _:
            assert_never(closeness)


def _alike(network: Network, domain: Boxes) -> str:
    """The range of all entries alike, as --box takes it; nothing where there is no such range."""
    low, high = next((ends for _, ranges in domain.boxes[0].ranges for ends in ranges), FREE)
    if low is None or high is None:
        return ""
    shown = f"[{text(low)}, {text(high)}]"
    try:
        same = read(shown, network, exact=True).domain == domain
    except LumpverError:
        return ""
    return shown if same and len(shown) <= _MOST else ""


def _for_lumpcheck(examined: Examined) -> bool:
    """Whether lumpcheck has words for all of this: dense layers, two slopes, no signs or forms."""
    if examined.domain is not None:
        return False
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
            function = common(node.activation)
            return function is not None and function.slope is not None
        case Pool() | Pick() | Join() | Opaque():
            return False
        case _:
            assert_never(node)


def _folder(name: str) -> str:
    return name[: name.rfind("/") + 1]
