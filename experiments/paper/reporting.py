"""The files that a run leaves beside its outcomes: table, curves, sentences, figure, models.

All of them follow from outcomes and trained weights, so they can be made again.
"""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version
from platform import python_version
from typing import TYPE_CHECKING, Any, Final

from experiments.paper.exporting import onnx_bytes, pruned_files
from experiments.paper.picture import FORMATS, picture
from experiments.paper.results import alike
from experiments.paper.tables import claims, csv, losses, markdown, variants

if TYPE_CHECKING:
    from collections.abc import Sequence

    from experiments.paper.campaign import Campaign
    from experiments.paper.results import Outcome

PACKAGES: Final = ("numpy", "python-flint", "scikit-learn", "torch", "matplotlib")
EXPORTED: Final = ("same", "mixed")


def files(outcomes: Sequence[Outcome]) -> dict[str, bytes]:
    """Table, curves, sentences and figure, by file name.

    Raises
    ------
    Malformed
        If the outcomes do not belong together.
    """
    texts = {
        "table.md": markdown(outcomes),
        "claims.md": claims(outcomes),
        "curves.csv": csv(outcomes),
    }
    found = {name: text.encode() for name, text in texts.items()}
    return found | {f"figure.{kind}": picture(outcomes, kind) for kind in FORMATS}


def models(campaign: Campaign, seed: int) -> dict[str, bytes]:
    """One network with a same-sign layer and one with a mixed one, as ONNX, by file name.

    The same-sign one also without its combined nodes, with the certificate for that. Only
    convolutional networks; their weights are trained if they are not there.

    Raises
    ------
    Missing
        Without torch, if there is something to train.
    """
    settings = campaign.settings
    if settings.model != "cnn":
        return {}
    found = {}
    for family in EXPORTED:
        if family in settings.families:
            terms = settings.terms[0]
            made, trained = campaign.synthetic(seed, family, terms)
            name = f"cnn-{family}-{terms}.onnx"
            found[name] = onnx_bytes(
                trained,
                campaign.images.size,
                padding=settings.padding,
                facts={
                    "dataset": settings.dataset,
                    "family": family,
                    "input": f"pixels / {campaign.images.scale}",
                    "seed": str(seed),
                    "terms": str(terms),
                },
            )
            if family == "same":
                place = f"pruned-{name}"
                pruned = pruned_files(found[name], name, dict.fromkeys(made.combined, "stable"))
                found[place], found[f"{place}.cert.json"] = pruned
    return found


def document(outcomes: Sequence[Outcome]) -> dict[str, Any]:
    """The results as `--json` prints them: per variant, losses in percentage points.

    Raises
    ------
    Malformed
        If the outcomes do not belong together.
    """
    settings = alike(outcomes)
    return {
        "dataset": settings.dataset,
        "model": settings.model,
        "seeds": [one.seed for one in outcomes],
        "tests": outcomes[0].tests,
        "trained_right": [one.trained for one in outcomes],
        "variants": [_variant(outcomes, *one) for one in settings.variants],
        "semantics": "real",
        "versions": versions(),
    }


def _variant(outcomes: Sequence[Outcome], family: str, terms: int) -> dict[str, Any]:
    found = variants(outcomes, family, terms)
    last = losses(outcomes, family, terms)[-1]
    return {
        "family": family,
        "terms": terms,
        "pruned": len(found[0].verdicts),
        "right": [one.right[0] for one in found],
        "right_pruned": [one.right[-1] for one in found],
        "changed": [one.changed[-1] for one in found],
        "lost": {
            "least": float(last.least),
            "mean": float(last.mean),
            "greatest": float(last.greatest),
        },
        "logits_equal": [[one.equal, one.exact_images] for one in found],
        "exact": sum(one.answered("exact") for one in found),
        "certified": sum(one.certified for one in found),
        "left_by_reduce": [one.left for one in found],
        "refuted_by_image": sum(one.answered("counterexample", "image") for one in found),
        "refuted_by_point": sum(one.answered("counterexample", "point") for one in found),
        "unknown": sum(one.answered("unknown") for one in found),
    }


def versions() -> dict[str, str]:
    """Of Python and of every package that the numbers depend on, where it is installed.

    Examples
    --------
    >>> sorted(set(versions()) & {"python", "numpy"})
    ['numpy', 'python']
    """
    found = {"python": python_version()}
    for name in PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found
