"""What every test may use: the folder of real networks, hypothesis set up, the command line.

A test that takes `nets` (the folder) or `net` (each file of it in turn) is marked `real`;
where the folder is absent it is skipped, and so is whatever else is marked `real`.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest
from hypothesis import HealthCheck, settings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from lumpver.checker import Checked
    from lumpver.claim.certificate import Certificate
    from lumpver.io.files import Model

    Run = Callable[..., tuple[int, str, str]]
    Fails = Callable[..., dict[str, str]]

ROOT: Final = Path(__file__).resolve().parents[1]
NETS: Final = Path(os.environ.get("LUMPVER_NETS") or ROOT.parent / "shared" / "nets")
SUFFIXES: Final = (".onnx", ".onnx.gz", ".nnet")
ABSENT: Final = pytest.mark.skip(
    reason="the folder of real networks is absent: ../shared/nets, or what LUMPVER_NETS names"
)

collect_ignore = ["benchmarks"]


def networks(folder: Path) -> list[Path]:
    """Every network file under `folder`, in a fixed order."""
    return sorted(path for path in folder.rglob("*") if path.name.endswith(SUFFIXES))


def pytest_configure(config: pytest.Config) -> None:
    """Choose the hypothesis profile; `--hypothesis-profile` still overrides it.

    Neither profile measures time: a slow machine finds the same as a fast one.
    """
    slow = [HealthCheck.too_slow]
    settings.register_profile(
        "quick", derandomize=True, max_examples=50, deadline=None, suppress_health_check=slow
    )
    settings.register_profile(
        "long", max_examples=2000, deadline=None, print_blob=True, suppress_health_check=slow
    )
    chosen = os.environ.get("LUMPVER_PROFILE")
    settings.load_profile(chosen or ("long" if config.option.markexpr == "long" else "quick"))


def pytest_report_header() -> str:
    """Say which real networks the run has."""
    return f"real networks: {len(networks(NETS)) if NETS.is_dir() else 'absent'}"


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run a test that takes `net` once for every real network."""
    if "net" not in metafunc.fixturenames:
        return
    found = [
        pytest.param(path, id=path.relative_to(NETS).as_posix()) for path in networks(NETS)
    ] or [pytest.param(None, id="absent", marks=ABSENT)]
    metafunc.parametrize("net", found)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: Iterable[pytest.Item]) -> None:
    """Mark what uses the real networks, before `-m` selects."""
    for item in items:
        if not {"net", "nets"}.isdisjoint(getattr(item, "fixturenames", ())):
            item.add_marker("real")
        if item.get_closest_marker("real") and not NETS.is_dir():
            item.add_marker(ABSENT)


@pytest.fixture(scope="session")
def nets() -> Path:
    """The folder of real networks."""
    return NETS


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    """Run a command in this process: exit code, stdout, stderr."""
    from lumpver.cli import main

    def command(*arguments: Any) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as left:
            main([str(argument) for argument in arguments])
        out, err = capsys.readouterr()
        code = left.value.code
        assert isinstance(code, int)
        return code, out, err

    return command


@pytest.fixture
def fails(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Fails:
    """The command exits with 2, one line on stderr, or one error object; nothing is written."""
    from lumpver.cli import main

    def check(*arguments: Any) -> dict[str, str]:
        capsys.readouterr()
        before = _contents(tmp_path)
        words = [str(argument) for argument in arguments]
        with pytest.raises(SystemExit) as left:
            main(words)
        out, err = capsys.readouterr()
        assert (left.value.code, out) == (2, "")
        assert err.startswith("lumpver: ")
        assert (err.count("\n"), len(err) < 1000) == (1, True)
        with pytest.raises(SystemExit) as left:
            main([*words, "--json"])
        out, err = capsys.readouterr()
        assert (left.value.code, err, out.count("\n")) == (2, "", 1)
        (error,) = json.loads(out).values()
        assert set(error) == {"kind", "where", "expected", "got", "message"}
        assert _contents(tmp_path) == before
        return dict(error)

    return check


def _contents(folder: Path) -> dict[str, bytes | None]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() if path.is_file() else None
        for path in folder.rglob("*")
    }


@pytest.fixture(scope="session")
def program() -> Path:
    """The verified checker `lumpcheck`, where it has been built."""
    from lumpver.errors import Missing
    from lumpver.theory.lumpcheck import find

    try:
        return find()
    except Missing as error:
        pytest.skip(str(error))


@pytest.fixture
def rejecting(monkeypatch: pytest.MonkeyPatch) -> None:
    """A pipeline whose checker accepts nothing."""
    from lumpver.errors import Rejected
    from lumpver.reducing import filing

    def reject(*_: Any, **__: Any) -> None:
        raise Rejected("affine", layer="h1", unit=0, expected="1", got="2")

    monkeypatch.setattr(filing, "check_models", reject)


@pytest.fixture
def picky(monkeypatch: pytest.MonkeyPatch) -> None:
    """A pipeline whose checker accepts nothing but copies."""
    from lumpver.errors import Rejected
    from lumpver.reducing import filing

    honest = filing.check_models

    def check(original: Model, reduced: Model, found: Certificate, **asked: Any) -> Checked:
        if reduced.data != original.data:
            raise Rejected("affine", layer="h", expected="nothing removed", got="something")
        return honest(original, reduced, found, **asked)

    monkeypatch.setattr(filing, "check_models", check)


@pytest.fixture
def without_forms(monkeypatch: pytest.MonkeyPatch) -> None:
    """`prove` compares no forms, as if no units reflected each other."""
    monkeypatch.setattr("lumpver.proving.searching.reflects", lambda _: False)
