"""What `--help` says beyond options: rules, formats, exit codes and an example.

Every command's first line is a whole sentence, and the list of commands has all of it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import click

if TYPE_CHECKING:
    from collections.abc import Iterable

RULES: Final = {
    "merges": "units whose weights and bias are positive multiples become one",
    "symmetries": "so do units whose activation turns what they are into the same, as tanh's signs",
    "constants": "units that no input reaches go into the biases behind them",
    "stable": "units that never switch: always 0, or a sum of others like them",
    "unused": "units that no output depends on, after all other rules",
    "compose": "affine maps that follow each other become one where that is smaller",
    "reflect": "layers go whose units reflect each other, so that what is not affine cancels",
    "kinks": "a chain of units that reflect each other becomes a smaller one, made anew",
    "skip": "only if named: one unit for each kink, which later layers read past those between",
}
METHODS: Final = {
    "ecp": "by what all outputs change by after the bias has made up for it; needs --data",
    "ecp-loss": "the same of a loss; needs --data and --targets",
    "ecp-layer": "the same of each layer by itself; needs --data",
    "box": "by what may change on a box, bias made up for; needs --box, no data",
    "tried": "by what outputs change by, each weight tried, bias made up for; slow; needs --data",
    "gradient": "by gradient times weight, over all outputs; needs --data",
    "obd": "by weight squared times the loss's curvature; needs --data",
    "magnitude": "by how large they are",
    "random": "by lot",
}
FORMATS: Final = {
    ".onnx": "an ONNX model, its external data beside it",
    ".onnx.gz": "the same, gzipped",
    ".nnet": "the format of ACAS Xu",
    ".json": "lumpver's own: every number exactly, as p/q",
}
CODES: Final = {
    "reduce": {0: "written and checked; of several models, each"},
    "check": {0: "valid for what is asked", 1: "rejected: rule and place, or less is claimed"},
    "inspect": {0: "shown"},
    "explain": {0: "explained"},
    "export": {0: "written, exactly"},
    "demo": {0: "all steps went as they should"},
    "prune": {0: "written"},
    "report": {0: "accepted or proved", 1: "rejected or refuted", 3: "neither"},
    "bundle": {0: "accepted or proved", 1: "rejected or refuted", 3: "neither"},
    "audit": {
        0: "sound on all that was tried",
        1: "a wrong result",
        3: "nothing was tried, or with --eps a result is unknown",
    },
    "prove": {0: "proved", 1: "refuted, by an input", 3: "unknown"},
    "theorems": {0: "each was proved or refuted", 3: "one or more are unknown"},
}
ALWAYS: Final = {
    2: "no answer: the input, the options, or an interruption",
    4: "a bug in lumpver",
}
EXAMPLES: Final = {
    "reduce": (
        "lumpver reduce model.onnx -o small.onnx",
        "lumpver reduce a.onnx b.onnx c.nnet -o smaller/",
        "lumpver reduce model.onnx -o small.onnx --box inputs.vnnlib --vnnlib-out small.vnnlib",
        "lumpver reduce model.onnx -o small.onnx --box inputs.vnnlib --eps 0.05 --curve curve.png",
        "lumpver reduce model.onnx -o narrow.onnx --box inputs.vnnlib --round float16",
        "lumpver reduce model.onnx -o small.onnx --rules merges,unused --keep 'h1[0:2]'",
    ),
    "check": (
        "lumpver check model.onnx small.onnx small.onnx.cert.json",
        "lumpver check model.onnx small.onnx small.onnx.cert.json --box inputs.vnnlib --eps 1/100",
    ),
    "inspect": ("lumpver inspect model.onnx",),
    "explain": (
        "lumpver explain small.onnx.cert.json",
        "lumpver explain small.onnx.cert.json --unit 'hidden1.pre[3]'",
    ),
    "export": (
        "lumpver export model.nnet -o model.onnx",
        "lumpver export model.onnx pruned.onnx --vnnlib -o near.vnnlib --box '[0, 1]' --eps 0.05",
    ),
    "demo": ("lumpver demo --keep files/",),
    "prune": (
        "lumpver prune model.onnx --ratio 0.5 --data samples.npy -o pruned.onnx",
        "lumpver prune model.onnx --ratio 0.1 --method box --box '[0, 1]' -o pruned.onnx",
    ),
    "report": ("lumpver report model.onnx small.onnx small.onnx.cert.json -o report.html",),
    "bundle": ("lumpver bundle model.onnx small.onnx small.onnx.cert.json -o evidence.zip",),
    "audit": (
        "lumpver audit my_package:my_reducer --examples 200",
        "lumpver audit my_package:my_quantiser --eps 0.01 --box '[0, 1]'",
    ),
    "prove": (
        "lumpver prove model.onnx small.onnx",
        "lumpver prove model.onnx small.onnx --box inputs.vnnlib --timeout 60",
        "lumpver prove model.onnx small.onnx --box '[0, 1]'",
        "lumpver prove model.onnx pruned.onnx --vnnlib near.vnnlib",
        "lumpver prove --pairs pairs.csv --eps 0.05 --timeout 100 --json",
    ),
    "theorems": ("lumpver theorems",),
}
_READ_MODELS: Final = {"reduce", "check", "inspect", "export", "report", "bundle", "prove", "prune"}
_BOUNDS: Final = {
    ".vnnlib": "for --box: bounds on the inputs, VNN-LIB 1 or 2",
    ".npy": "for --lower and --upper: an array of the input's shape",
    ".npz": "for --lower and --upper: arrays by the names of the inputs",
}
_ALSO: Final = {
    "export": {
        ".lumpcheck": "written only: what the verified checker reads",
        ".vnnlib": "with --vnnlib, written: a query of VNN-LIB 2; for --box, read: bounds",
    },
    "check": _BOUNDS,
    "prune": _BOUNDS
    | {
        ".npy": "for --data and --targets: a row for each sample; for --lower, --upper: bounds",
        ".npz": "the same, by the names of the inputs",
    },
    "prove": _BOUNDS
    | {
        ".vnnlib": "for --box: bounds; for --vnnlib: a query about both models",
        ".csv": "for --pairs: a row for each pair, whose largest exit code counts",
    },
    "report": {".html": "the report"},
    "bundle": {".zip": "the archive"},
    "explain": {".cert.json": "a certificate, as reduce writes it"},
}


class Whole(click.Group):
    """A group that lists every command with its whole first sentence."""

    def format_commands(
        self,
        ctx: click.Context,  # noqa: ARG002 click's own signature
        formatter: click.HelpFormatter,
    ) -> None:
        """Write the commands in the order in which they were added."""
        rows = [
            (name, sentence(command))
            for name, command in self.commands.items()
            if not command.hidden
        ]
        with formatter.section("Commands"):
            formatter.write_dl(rows)

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 click's own
        """Their names, in that order."""
        return list(self.commands)


def sentence(command: click.Command) -> str:
    """The first paragraph of a command's help, in one line."""
    return " ".join((command.help or "").partition("\n\n")[0].split())


def epilog(name: str) -> str:
    r"""What stands at the end of a command's `--help`.

    Examples
    --------
    >>> print(epilog("demo").replace("\b\n", ""))
    Exit codes:
      0  all steps went as they should
      2  no answer: the input, the options, or an interruption
      4  a bug in lumpver
    <BLANKLINE>
    Example:
      lumpver demo --keep files/
    """
    parts = []
    if name == "reduce":
        parts.append(_table("Rules", RULES.items()))
    if name == "prune":
        parts.append(_table("Methods", METHODS.items()))
    formats = (FORMATS if name in _READ_MODELS else {}) | _ALSO.get(name, {})
    if formats:
        parts.append(_table("Files", formats.items()))
    codes = sorted((CODES[name] | ALWAYS).items())
    parts.append(_table("Exit codes", ((str(code), words) for code, words in codes)))
    examples = EXAMPLES[name]
    title = "Example" if len(examples) == 1 else "Examples"
    parts.append("\n".join([f"{title}:", *(f"  {example}" for example in examples)]))
    return "\n\n".join(f"\b\n{part}" for part in parts)


def _table(title: str, rows: Iterable[tuple[str, str]]) -> str:
    found = list(rows)
    width = max(len(word) for word, _ in found)
    return "\n".join([f"{title}:", *(f"  {word:{width}}  {words}" for word, words in found)])
