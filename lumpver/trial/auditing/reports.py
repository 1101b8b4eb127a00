"""What an audit found, as data, as text, as JSON and as JUnit XML.

A finding is something wrong with the reducer; a missed merge is not, and stands apart.

kind: wrong (another function), interface (other names or shapes), crash, hang
origin: the generated network's number, or the model's name
proved, unrefuted: how many results were proved equal, or merely not refuted
unknown: how many were neither proved to be within the tolerance that was asked, nor refuted
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

from lumpver.exact.array import Exact, rationals
from lumpver.exact.scalar import text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lumpver.model.network import Network
    from lumpver.trial.auditing.nearby import Tolerance
    from lumpver.trial.auditing.witnesses import Witness

GENERATED = "generated networks"


@dataclass(frozen=True, slots=True, eq=False)
class Finding:
    """One failure, on the smallest network found that shows it.

    `units` of `units_before` were left by shrinking; `test` can be pasted into a test
    file, `witness` is there if the result computes another function.
    """

    kind: str
    origin: str
    detail: str
    network: Network
    units_before: int
    witness: Witness | None = None
    test: str = ""

    @property
    def units(self) -> int:
        """How many units the smallest network has."""
        return self.network.units

    def as_dict(self) -> dict[str, Any]:
        """The finding as JSON has it; numbers are `"p/q"`."""
        found: dict[str, Any] = {
            "kind": self.kind,
            "origin": self.origin,
            "detail": self.detail,
            "units": self.units,
            "units_before": self.units_before,
            "test": self.test,
        }
        if self.witness is not None:
            found["input"] = {name: texts(x) for name, x in self.witness.point.items()}
            found["outputs"] = {
                name: [texts(value), texts(self.witness.reduced[name])]
                for name, value in self.witness.original.items()
            }
        return found

    def text(self) -> str:
        """The finding for a person."""
        size = f"{self.units} units"
        if self.units < self.units_before:
            size = f"shrunk from {self.units_before} to {size}"
        lines = [f"{self.kind}: {self.origin}, {size}"]
        if self.witness is not None:
            lines += [f"  input {n} = {shown(x)}" for n, x in self.witness.point.items()]
            for name, value in self.witness.original.items():
                got = self.witness.reduced[name]
                lines.append(f"  output {name}: expected {shown(value)}, got {shown(got)}")
        else:
            lines += [f"  {line}" for line in self.detail.splitlines()]
        return "\n".join([*lines, *([f"\n{self.test}"] if self.test else [])])


@dataclass(frozen=True, slots=True, eq=False)
class Missed:
    """A correct result with more units than the coarsest lumping leaves."""

    origin: str
    network: Network
    units: int
    possible: int
    test: str = ""

    def as_dict(self) -> dict[str, Any]:
        """The missed merge as JSON has it."""
        return {
            "origin": self.origin,
            "units": self.units,
            "possible": self.possible,
            "test": self.test,
        }


def _counted(count: int, kind: str) -> str:
    return "1 network" if (count, kind) == (1, "networks") else f"{count} {kind}"


@dataclass(frozen=True, slots=True, eq=False)
class Report:
    """What became of one reducer.

    `counts` says how many results there were of each kind, `models` which models were
    tried; `missed` holds the smallest of the `counts["missed"]` networks on which merges
    were missed. `complete` is false if time ran out before all networks had been tried.
    """

    subject: str
    seed: int
    findings: tuple[Finding, ...] = ()
    missed: tuple[Missed, ...] = ()
    counts: Mapping[str, int] = field(default_factory=dict)
    models: tuple[str, ...] = ()
    complete: bool = True
    seconds: float = 0.0
    within: Tolerance | None = None

    @property
    def sound(self) -> bool:
        """Whether nothing wrong was found; that is no proof for other networks.

        Of a reducer that promises a tolerance each result has to be proved to be so near.
        """
        return not self.findings and not self.unknown

    @property
    def unknown(self) -> int:
        """How many results are not known to be as near as was asked."""
        return self.counts.get("unknown", 0)

    def as_dict(self) -> dict[str, Any]:
        """The report as JSON has it."""
        return {
            "subject": self.subject,
            "sound": self.sound,
            "seed": self.seed,
            "counts": dict(self.counts),
            "models": list(self.models),
            "complete": self.complete,
            "findings": [finding.as_dict() for finding in self.findings],
            "missed": [missed.as_dict() for missed in self.missed],
            "semantics": "real",
            "seconds": round(self.seconds, 3),
            **({} if self.within is None else {"within": self.within.as_dict()}),
        }

    def text(self) -> str:
        """The report for a person."""
        head = "FAULTY" if self.findings else "unknown" if self.unknown else "nothing wrong found"
        asked = "" if self.within is None else f", {self.within}"
        tried = ", ".join(_counted(count, kind) for kind, count in self.counts.items() if count)
        lines = [f"{self.subject}: {head}{asked} (seed {self.seed}: {tried or 'nothing tried'})"]
        if not self.complete:
            lines.append("time ran out before all networks were tried")
        lines += [finding.text() for finding in self.findings]
        for missed in self.missed:
            lines.append(
                f"merges missed: {missed.origin}: {missed.units} units, {missed.possible} possible"
            )
            lines += [missed.test] if missed.test else []
        return "\n".join(lines)

    def as_junit(self) -> str:
        """The report as JUnit XML: one case for the generated networks, one per model.

        Examples
        --------
        >>> Report("mine:shrink", 0).as_junit().splitlines()[1].split(" time")[0]
        '<testsuite name="lumpver audit mine:shrink" tests="1" failures="0" errors="0"'
        """
        broken = [f for f in self.findings if f.kind in {"crash", "hang"}]
        cases = [GENERATED, *dict.fromkeys(self.models)]
        suite = ET.Element(
            "testsuite",
            name=_legal(f"lumpver audit {self.subject}"),
            tests=str(len(cases)),
            failures=str(len(self.findings) - len(broken)),
            errors=str(len(broken)),
            time=f"{self.seconds:.3f}",
        )
        for name in cases:
            case = ET.SubElement(
                suite, "testcase", classname=_legal(self.subject), name=_legal(name)
            )
            for finding in self.findings:
                if finding.origin == name or (
                    name == GENERATED and finding.origin.startswith("generated")
                ):
                    tag = "error" if finding in broken else "failure"
                    ET.SubElement(
                        case, tag, type=finding.kind, message=_legal(finding.detail)
                    ).text = _legal(finding.text())
        if self.missed or self.unknown:
            ET.SubElement(suite, "system-out").text = _legal(self.text())
        ET.indent(suite)
        body = ET.tostring(suite, encoding="unicode")
        return f'<?xml version="1.0" encoding="utf-8"?>\n{body}\n'


def _legal(words: str) -> str:
    """The words without characters that XML has no way to write."""
    return "".join(c if c in "\t\n" or " " <= c < "\ufffe" else "?" for c in words)


def texts(value: Exact) -> Any:
    """An exact array as nested lists of `"p/q"`.

    Examples
    --------
    >>> from lumpver.exact.array import array
    >>> texts(array([["1/2"], [3]]))
    [['1/2'], ['3']]
    """
    return _nested(rationals(value).tolist())


def _nested(value: Any) -> Any:
    return [_nested(part) for part in value] if isinstance(value, list) else text(value)


def shown(value: Exact) -> str:
    """An exact array for a person.

    Examples
    --------
    >>> from lumpver.exact.array import array
    >>> shown(array([1, "1/3"]))
    '[1, 1/3]'
    """
    return str(texts(value)).replace("'", "")
