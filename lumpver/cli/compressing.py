"""What `reduce --eps` does: a smaller model that is near, and how near it is."""

from __future__ import annotations

from dataclasses import asdict
from functools import partial
from typing import TYPE_CHECKING, Any, Final, NoReturn

from lumpver.cli.output import console, finish, progress_bar
from lumpver.errors import Malformed
from lumpver.tell.visible import visible

if TYPE_CHECKING:
    from pathlib import Path

    from lumpver.cli.bounding import Bounds
    from lumpver.compressing.filing import Filed

_STEPS: Final = 7  # reading, bounding, compressing and proving twice, writing, checking
_PLURALS: Final = {"constant": "constants", "multiple": "multiples", "sum": "sums of others"}
NO_BOX: Final = "--box beside it, or --lower and --upper: how near models are is shown on boxes"


def compress(
    models: tuple[Path, ...],
    output: Path,
    near: dict[str, Any],
    others: bool,  # noqa: FBT001 whether there are options that this has no use for
    *,
    within: Bounds,
    certificate: Path | None,
    as_json: bool,
) -> NoReturn:
    """Write a smaller model that is within eps of the one, say how near it is, and leave.

    Raises
    ------
    Malformed
        If there is no box, or several models, or `others`: options that this has no use for.
    """
    from lumpver.compressing.filing import compress_file  # noqa: PLC0415 only where needed

    if not within.given:
        option = "--round" if near["eps"] is None else "--eps"
        raise Malformed(option, expected=NO_BOX, got="none")
    if len(models) > 1 or others:
        expected = "one model, and no --rules, --types, --keep, --dtype, --align or --vnnlib-out"
        raise Malformed("--eps", expected=expected, got="more")

    with progress_bar(_STEPS, quiet=as_json) as progress:
        found = compress_file(
            models[0],
            output,
            **near,
            box=within.of,
            certificate=certificate,
            spared=within.files,
            progress=partial(_once, progress, set()),
        )
    if not as_json:
        _tell(found)
    finish(document(found), quiet=not as_json)


def plain(given: dict[str, Any]) -> bool:
    """Whether options of the exact reduction are as they are where nobody gives any."""
    from lumpver.search.lumping import RULES  # noqa: PLC0415 only where needed

    absent: dict[str, Any] = {
        "keep": [],
        "types": "auto",
        "dtype": None,
        "align": 1,
        "vnnlib_out": None,
    }
    return set(given["rules"]) == set(RULES) and given.items() >= absent.items()


def _once(progress: Any, told: set[str], step: str) -> None:
    """Tell of each step when it is first done."""
    if step not in told:
        told.add(step)
        progress(step)


def document(filed: Filed) -> dict[str, Any]:
    """What `reduce --eps --json` prints."""
    from lumpver.exact.scalar import text  # noqa: PLC0415

    found, before, after = filed.found, filed.original.network, filed.found.network
    return {
        "units": {"before": before.units, "after": after.units},
        "parameters": {"before": before.parameters, "after": after.parameters},
        "bytes": {"before": filed.bytes_before, "after": filed.bytes_after},
        "eps": text(found.eps),
        "curve": [asdict(row) for row in filed.rows],
        "bound": {"exact": text(found.bound), "decimal": float(found.bound)},
        "sampled": {"decimal": float(found.sampled), "evidence": "none"},
        "steps": dict(found.steps),
        "claim": filed.checked.claim.as_dict(),
        "exact": found.exact is not None,
        "reduced": str(filed.reduced),
        "certificate": str(filed.certificate),
        "evidence": filed.checked.evidence,
        "notes": list(filed.checked.notes),
        "seconds": round(filed.seconds, 6),
    }


def _tell(filed: Filed) -> None:
    """The same for a person: first how near, and where."""
    from lumpver.claim.statement import claimed  # noqa: PLC0415

    out, found = console(), filed.found
    before, after = filed.original.network, found.network
    where = visible(filed.checked.claim.where)
    near = "Equal" if found.exact is not None else f"Within {float(found.bound):.4g}"
    asked = f" (asked: {float(found.eps):.4g})"
    units = f"{before.units} {'unit' if before.units == 1 else 'units'} became {after.units}"
    parameters = f"{before.parameters} parameters {after.parameters}"
    size = f"{filed.bytes_before} bytes {filed.bytes_after}, in {filed.seconds:.2f} s."
    lines = [f"{near} {where}{asked}: {units}, {parameters}, {size}"]
    if found.exact is None:
        lines.append(
            f"The largest difference that was found at a point is {float(found.sampled):.4g}."
        )
        steps = (
            f"{count} as {_PLURALS[kind] if count > 1 else kind}"
            for kind, count in found.steps.items()
        )
        lines += [f"Units went: {', '.join(steps)}."] if found.steps else []
    else:
        lines.append("Nothing more went for the price: this is the exact reduction on that box.")
    for line in (*lines, *filed.checked.notes):
        out.print(visible(line), markup=False, soft_wrap=True)
    for line in claimed(filed.checked.evidence, filed.checked.claim):
        out.print(line, style="dim", markup=False)
    out.print(f"Wrote {filed.reduced} and {filed.certificate}.", markup=False)
