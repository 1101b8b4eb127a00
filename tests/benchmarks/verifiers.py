"""What other verifiers answer on original and reduced models, and how long they take.

Run by hand, with a Python for each verifier that is to be asked (`pip install maraboupy
onnx onnxruntime`; `pip install vibecheck-nn`):

    python tests/benchmarks/verifiers.py NETS --marabou M/bin/python --vibecheck V/bin/python

Each model is reduced; Marabou gets it with `--dtype float64`, since it reads no `Cast`. Models
are asked one after the other, up to three times round while all answer soon; what is kept is
the middle of the seconds of processor time of the whole process, on one thread. Every `sat` is
replayed in exact arithmetic in all models; where its witness misses by what floats lose, one is
sought that keeps a margin, out of the time that counts. Answers that contradict each other are
told on stderr, and the exit code is 1.
"""

from __future__ import annotations

import argparse
import gzip
import json
import re
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from functools import partial
from itertools import chain
from math import prod
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any, Final

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from verifier_answers import DECIDED, SAT, WALL, Answer, ask, confirmed, contradictions, shapes
from verifier_instances import INSTANCES
from verifier_tables import KINDS, ORIGINAL, table, tally
from vnnlib_properties import ranges, read_property

from lumpver.io.files import load

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from vnnlib_properties import Disjunct

    from lumpver.model.network import Network

SOON: Final = 5.0
ROUNDS: Final = 3
MARGINS: Final = (1e-6, 1e-3)
MARABOU: Final = Path(__file__).parent / "ask_marabou.py"


Figures = dict[str, dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Question:
    """A model's property, in the file and as it was read."""

    path: Path
    disjuncts: tuple[Disjunct, ...]

    def numbers(self, inputs: int, margin: float) -> list[dict[str, Any]]:
        """The disjuncts in floats, what they ask of outputs made harder by the margin."""
        return [
            {
                "ranges": [
                    [None if end is None else float(end) for end in both]
                    for both in ranges(disjunct, inputs)
                ],
                "rows": [
                    [{n: float(f) for n, f in row.factors},
                     float(row.limit) - margin * row.of_outputs]
                    for row in disjunct if row.of_outputs or len(row.factors) > 1
                ],
            }
            for disjunct in self.disjuncts
        ]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Verifier:
    """A verifier's package, what `reduce` is told for it, and how it is asked.

    `question` gives the command and what it reads; None where it takes no margin.
    """

    package: str
    reducing: tuple[str, ...]
    question: Callable[..., tuple[list[str], str] | None]


def marabou(
    python: str, model: Path, question: Question, *, inputs: int, limit: int, margin: float
) -> tuple[list[str], str]:
    """The command that asks Marabou."""
    del limit
    asked = {"model": str(model), "disjuncts": question.numbers(inputs, margin)}
    return [python, str(MARABOU)], json.dumps(asked)


def vibecheck(
    python: str, model: Path, question: Question, *, inputs: int, limit: int, margin: float
) -> tuple[list[str], str] | None:
    """The command that asks vibecheck."""
    del inputs
    command = [python, "-m", "vibecheck", "verify", str(question.path), "--network", f"N={model}"]
    return None if margin else ([*command, "--timeout", str(WALL * limit)], "")


VERIFIERS: Final = {
    "Marabou": Verifier("maraboupy", ("--dtype", "float64"), marabou),
    "vibecheck": Verifier("vibecheck-nn", (), vibecheck),
}


@dataclass(frozen=True, slots=True)
class Asking:
    """One instance, one verifier, and how long it may take."""

    verifier: str
    python: str
    limit: int
    question: Question

    def models(self, original: Path, kinds: Sequence[str]) -> tuple[dict[str, Path], Figures]:
        """The models to be asked by kind, with the units of every kind.

        A kind that has as many units as the original is not asked.
        """
        paths, told = {ORIGINAL: original}, {}
        for kind in kinds[1:]:
            out = original.with_name(f"{kind}.onnx")
            said = reduced(original, out, VERIFIERS[self.verifier].reducing)
            told[ORIGINAL] = {"units": said["units"]["before"]}
            told[kind] = {"units": said["units"]["after"], "reducing": round(said["seconds"], 2)}
            if said["units"]["after"] < said["units"]["before"]:
                paths[kind] = out
        return paths, told

    def answer(self, model: Path, inputs: int, margin: float = 0.0) -> Answer | None:
        """The verifier's answer; None where it takes no margin."""
        asked = VERIFIERS[self.verifier].question(
            self.python, model, self.question, inputs=inputs, limit=self.limit, margin=margin
        )
        return None if asked is None else ask(asked[0], limit=self.limit, given=asked[1])

    def answers(self, original: Path, kinds: Sequence[str]) -> Figures:
        """What was found for each kind."""
        paths, told = self.models(original, kinds)
        networks = {kind: load(path).network for kind, path in paths.items()}
        inputs = sum(map(prod, shapes(networks[ORIGINAL]).values()))
        for kind, found in rounds(
            {kind: partial(self.answer, path, inputs) for kind, path in paths.items()}
        ).items():
            told[kind] |= {
                "word": found[0].word,
                "words": sorted({answer.word for answer in found}),
                "seconds": round(median(answer.seconds for answer in found), 2),
            }
            if found[0].said:
                told[kind]["said"] = found[0].said
            if found[0].word == SAT:
                again = (self.answer(paths[kind], inputs, margin) for margin in MARGINS)
                told[kind]["confirmed"] = any(
                    answer is not None and self.replays(networks, answer)
                    for answer in chain(found, again)
                )
        return told

    def replays(self, networks: Mapping[str, Network], answer: Answer) -> bool:
        """Whether the answer has a witness that is one in exact arithmetic, in all networks."""
        if answer.witness is None:
            return False
        return confirmed(networks, self.question.disjuncts, answer.witness) is not None


def reduced(model: Path, out: Path, options: Sequence[str]) -> Any:
    """What `lumpver reduce` says, as it writes `out`."""
    command = [sys.executable, "-m", "lumpver", "reduce", str(model), "-o", str(out), "--json"]
    done = subprocess.run([*command, *options], check=False, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"{' '.join(command)}: {done.stderr}{done.stdout}")
    return json.loads(done.stdout)


def rounds(questions: Mapping[str, Callable[[], Answer | None]]) -> dict[str, list[Answer]]:
    """The answers of each kind, one kind after the other, again while all answer soon."""
    found: dict[str, list[Answer]] = {kind: [] for kind in questions}
    for _ in range(ROUNDS):
        for kind, question in questions.items():
            if (answer := question()) is not None:
                found[kind].append(answer)
        last = [answers[-1] for answers in found.values()]
        if any(answer.word not in DECIDED or answer.seconds > SOON for answer in last):
            break
    return found


def instance(
    name: str,
    model: Path,
    question: Question,
    pythons: Mapping[str, str],
    kinds: Sequence[str],
    limit: int,
) -> tuple[dict[str, Any], list[str]]:
    """What all verifiers answer on one instance, and a sentence for each contradiction."""
    answers: dict[str, Figures] = {}
    for verifier, python in pythons.items():
        with tempfile.TemporaryDirectory() as folder:
            original = Path(folder) / "original.onnx"
            data = model.read_bytes()
            original.write_bytes(gzip.decompress(data) if model.suffix == ".gz" else data)
            asking = Asking(verifier, python, limit, question)
            answers[verifier] = asking.answers(original, kinds)
        print(f"{name}: {verifier}: {answers[verifier]}", flush=True)
    words = [
        (f"{verifier} ({kind})", word)
        for verifier, found in answers.items()
        for kind, answer in found.items()
        for word in answer.pop("words", ())
    ]
    wrong = [f"{name}: {sentence}" for sentence in contradictions(words)]
    return {"name": name, "answers": answers}, wrong


def version(python: str, package: str) -> str:
    """The version of a package that a Python has."""
    ask_for = f"import importlib.metadata as m; print(m.version({package!r}))"
    return subprocess.run(
        [python, "-c", ask_for], check=True, capture_output=True, text=True
    ).stdout.strip()


def options() -> argparse.Namespace:
    """What was asked for on the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("nets", type=Path, help="the folder of real networks")
    for verifier in VERIFIERS:
        words = f"a Python that has {verifier}"
        parser.add_argument(f"--{verifier.lower()}", metavar="PYTHON", help=words)
    parser.add_argument("--limit", type=int, default=60, help="seconds for one answer")
    parser.add_argument("--only", default="", help="a pattern of names of instances")
    parser.add_argument("-o", "--output", type=Path, help="where the figures go, as JSON")
    return parser.parse_args()


def main() -> int:
    """Print the tables, and write all figures."""
    given = options()
    pythons = {v: getattr(given, v.lower()) for v in VERIFIERS if getattr(given, v.lower())}
    measured: dict[str, Any] = {
        "limit": given.limit,
        "kinds": list(KINDS),
        "verifiers": {v: version(p, VERIFIERS[v].package) for v, p in pythons.items()},
        "instances": [],
        "contradictions": [],
    }
    for name, model, asked in INSTANCES:
        if re.search(given.only, name):
            path = given.nets / asked
            question = Question(path, read_property(path.read_text(encoding="utf-8")))
            found, wrong = instance(
                name, given.nets / model, question, pythons, measured["kinds"], given.limit
            )
            measured["instances"].append(found)
            measured["contradictions"] += wrong
    print(table(measured), tally(measured), sep="\n")
    if given.output:
        given.output.write_text(json.dumps(measured, indent=1) + "\n", encoding="utf-8")
    for sentence in measured["contradictions"]:
        print(f"CONTRADICTION: {sentence}", file=sys.stderr)
    return int(bool(measured["contradictions"]))


if __name__ == "__main__":
    sys.exit(main())
