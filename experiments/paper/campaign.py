"""The whole experiment: per seed one training, then every variant retrained, pruned, judged.

Training and judging are separate steps: trained weights are kept in a folder and never
trained again, and a seed whose results are there already is not run again.

weights: the folder with `SEED-base.npz` and `SEED-FAMILY-TERMS.npz`
"""

from __future__ import annotations

from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass, replace
from multiprocessing import get_context
from typing import TYPE_CHECKING, Any

from experiments.paper import live, training
from experiments.paper.certifying import COVERED, certified, left
from experiments.paper.convolving import flattened
from experiments.paper.datasets import scaled
from experiments.paper.heads import Trained, restore, save
from experiments.paper.judging import judged
from experiments.paper.measuring import curve, equal_logits, right
from experiments.paper.pruning import confirmed
from experiments.paper.results import Outcome, Variant, decode, encode
from experiments.paper.synthetic import Plan, overwritten, plan
from lumpver.errors import Malformed
from lumpver.io.reading import read_bytes
from lumpver.io.writing import write_file

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from experiments.paper.datasets import Images
    from experiments.paper.settings import Settings
    from lumpver.exact.array import Exact

    Progress = Callable[[str], None]


def silent(step: str) -> None:
    """Progress for nobody."""


@dataclass(frozen=True, slots=True, eq=False)
class Campaign:
    """Images, settings, and the folder that keeps trained weights.

    Raises
    ------
    Malformed
        If the images are not those of the settings, or the model is unknown.
    """

    images: Images
    settings: Settings
    weights: Path
    progress: Progress = silent

    def __post_init__(self) -> None:
        if self.images.name != self.settings.dataset:
            expected = f"images of {self.settings.dataset}"
            raise Malformed("settings", expected=expected, got=self.images.name)
        if self.settings.model not in ("cnn", "mlp"):
            raise Malformed("model", expected="cnn or mlp", got=repr(self.settings.model))

    @property
    def _trainer(self) -> Any:
        return training if self.settings.model == "cnn" else live

    def base(self, seed: int) -> Trained:
        """The network of this seed as trained.

        Raises
        ------
        Missing
            If the package that trains is not installed.
        """
        return self._kept(
            f"{seed}-base", lambda: self._trainer.base(self.images, self.settings, 1000 * seed)
        )

    def synthetic(self, seed: int, family: str, terms: int) -> tuple[Plan, Trained]:
        """A plan and the network retrained around the synthetic layer made by it.

        Raises
        ------
        Missing
            If the package that trains is not installed.
        Malformed
            If the layer is not exactly the plan's.
        """
        settings = self.settings
        made = plan(family, terms, width=settings.hidden[1], fixed=settings.fixed, seed=seed)

        def make() -> Any:
            layers = self.base(seed).layers
            number = 1 + settings.variants.index((family, terms))
            return self._trainer.refitted(
                layers,
                overwritten(*layers[-2], made),
                self.images,
                settings,
                seed=1000 * seed + number,
            )

        found = self._kept(f"{seed}-{family}-{terms}", make)
        confirmed(found.head, made)
        return made, found

    def _kept(self, name: str, make: Callable[[], Any]) -> Trained:
        """What the folder has under that name, or what is made and then kept there."""
        place = self.weights / f"{name}.npz"
        if place.exists():
            return restore(place)
        self.progress(f"training {name}")
        layers = make()
        features = self._trainer.features(layers, self.images.testing, self.images, self.settings)
        found = Trained(layers, features)
        self.weights.mkdir(parents=True, exist_ok=True)
        save(found, place)
        return found

    def variant(self, seed: int, family: str, terms: int) -> Variant:
        """One synthetic layer: its accuracies and its verdicts.

        Raises
        ------
        Missing
            If the package that trains is not installed.
        """
        made, found = self.synthetic(seed, family, terms)
        self.progress(f"pruning {seed}-{family}-{terms}")
        counts = curve(found.head, made, found.features, self.images.testing_labels)
        few = found.features[: self.settings.exact_images]
        equal = equal_logits(found.head, made, few)
        self.progress(f"judging {seed}-{family}-{terms}")

        def flatten(image: int) -> Exact:
            pixels = scaled(self.images.testing[image], self.images.scale)
            return flattened(found.convolutions, pixels, padding=self.settings.padding)

        verdicts = judged(found.head, made, found.features, flatten)
        reasons = {v.node: v.reason for v in verdicts if v.reason in COVERED}
        claimed = {one: reasons[one.node] for one in made.combined if one.node in reasons}
        return Variant(
            family,
            terms,
            counts.right,
            counts.changed,
            equal,
            len(few),
            certified(found.head, claimed),
            left(found.head),
            verdicts,
        )

    def outcome(self, seed: int) -> Outcome:
        """Everything about one seed.

        Raises
        ------
        Missing
            If the package that trains is not installed.
        """
        found = self.base(seed)
        labels = self.images.testing_labels
        variants = tuple(self.variant(seed, *one) for one in self.settings.variants)
        trained = right(found.head, found.features, labels)
        return Outcome(self.settings, seed, len(labels), trained, variants)

    def stored(self, seed: int, out: Path) -> Outcome:
        """The outcome of a seed in its file `seed-SEED.json`, found there or made now.

        Raises
        ------
        Malformed
            If the file holds the results of other settings.
        Missing
            If the package that trains is not installed.
        """
        place = out / f"seed-{seed}.json"
        if place.exists():
            found = decode(read_bytes(place), where=str(place))
            if (found.settings, found.seed) != (self.settings, seed):
                raise Malformed(str(place), expected="results of these settings", got="others")
            return found
        found = self.outcome(seed)
        out.mkdir(parents=True, exist_ok=True)
        write_file(place, encode(found))
        self.progress(f"seed {seed}: done")
        return found

    def run(self, seeds: Sequence[int], out: Path, *, jobs: int = 1) -> tuple[Outcome, ...]:
        """One outcome per seed, in order, each in its file as soon as it is there.

        With several `jobs`, seeds run in processes of their own; the numbers are the same.

        Raises
        ------
        Malformed
            If a file of `out` holds the results of other settings.
        Missing
            If the package that trains is not installed.
        """
        if jobs == 1:
            return tuple(self.stored(seed, out) for seed in seeds)
        alone = replace(self, progress=silent)
        with ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as pool:
            pending = [pool.submit(alone.stored, seed, out) for seed in seeds]
            for number, _ in enumerate(as_completed(pending), start=1):
                self.progress(f"{number} of {len(pending)} seeds done")
            return tuple(one.result() for one in pending)
