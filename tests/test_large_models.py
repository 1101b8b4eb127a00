"""Models with external data, small here: what is written has it, too, and memory is bounded."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import onnx
import pytest

sys.path.insert(0, str(Path(__file__).with_name("benchmarks")))

from large_models import DATA, FAMILIES, Drawn, beside, measured

from lumpver.model.network import Network
from lumpver.reducing.pipeline import reduce_file
from lumpver.reducing.reduction import reduce
from lumpver.reducing.verification import check_files
from lumpver.search.lumping import LUMPING
from lumpver.search.reflections import reflects

LEAST = 1_000_000  # bytes


def drawn(folder: Path, family: str, planted: float) -> Path:
    """A model of that family, as large as the test needs."""
    return FAMILIES[family](Drawn(folder, planted=planted, width=256), LEAST)


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("planted", [0.25, 0.0])
def test_external_data_is_written_again(family: str, planted: float, tmp_path: Path) -> None:
    """Less of it where units went, and all of it where nothing changes, but for small vectors."""
    model = drawn(tmp_path, family, planted)
    before = beside(model)
    target = tmp_path / "out" / "r.onnx"
    target.parent.mkdir()
    outcome = reduce_file(model, target)
    assert check_files(model, target, outcome.certificate)
    after = beside(target)
    assert before >= LEAST
    assert target.with_name("r.onnx.data").stat().st_size == after
    assert (after < before) if planted else (0.95 * before < after <= before)
    assert target.stat().st_size < before / 4
    onnx.checker.check_model(str(target))
    assert outcome.reduction.network.units < outcome.original.network.units or not planted


@pytest.mark.long
@pytest.mark.parametrize("family", ["transformer", "convolutions"])
def test_memory_is_bounded(family: str, tmp_path: Path) -> None:
    """Reducing a model of 200 MB takes what design promises, generously."""
    made = Drawn(tmp_path)
    model = FAMILIES[family](made, 200 * 10**6)
    idle = measured("-c", "import onnx, lumpver.cli.models, lumpver.reducing.pipeline")[1]
    words = ("-m", "lumpver", "reduce", model, "-o", tmp_path / "r.onnx", "--no-trial")
    _, peak, code = measured(*words)
    assert code == 0
    assert peak - idle <= max(1.5 * made.end, 3 * made.largest) / 1e6 + 500
    assert (tmp_path / DATA).stat().st_size == made.end


@pytest.mark.parametrize("sign", [1, -1])
def test_forms_of_large_layers_are_had_where_units_reflect_each_other(sign: int) -> None:
    """Else that would cost much more than reading them; what reflects goes in large ones, too."""
    rng = np.random.default_rng(0)
    W = rng.integers(1, 99, (300, 240)).astype(float)
    W[1] = sign * 2 * W[0]
    network = Network.from_layers([(W, None), (np.ones((1, 300)), None)])
    lumped = reduce(network, rules=LUMPING).network
    assert reflects(lumped.segments[:1]) == (sign < 0)
