"""The kinds of nodes and of weights: a file for each, and no pass that forgets one."""

from __future__ import annotations

import ast
import re
import shutil
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final, get_args

import pytest

from lumpver.model.nodes import Modelled, Node
from lumpver.model.weights import Weights

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT: Final = Path(__file__).resolve().parents[1]
PACKAGE: Final = ROOT / "lumpver"
KINDS: Final = frozenset(kind.__name__ for kind in get_args(Node))
MODELLED: Final = frozenset(kind.__name__ for kind in get_args(Modelled))
WEIGHTS: Final = frozenset(weights.__name__ for weights in get_args(Weights))

# The packages in which each kind has a file of its own.
TREATING: Final = (
    "bounds",
    "checker",
    "model",
    "proving/joint",
    "proving/smt",
    "quotient",
    "search",
)

# What is planted: in which file, into which union, by which name.
PLANTS: Final = {
    "PlantedNode": ("model/nodes.py", "Modelled", MODELLED),
    "PlantedWeights": ("model/weights.py", "Weights", WEIGHTS),
}
PLANT: Final = """\
@dataclass(frozen=True, slots=True)
class {name}:
    name: str
    input: str
    output: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]


{union} = """
FORGOTTEN: Final = re.compile(
    r'^(\S+?):(\d+): error: Argument 1 to "assert_never" has incompatible type "(\w+)"',
    re.MULTILINE,
)


def treated(folder: Path) -> set[str]:
    """The kinds that have a file of their name in a folder."""
    return {kind for kind in KINDS if (folder / f"{kind.lower()}.py").is_file()}


@pytest.mark.parametrize("package", TREATING)
def test_each_kind_has_its_file(package: str) -> None:
    """A package that treats kinds has a file of the same name for each."""
    assert treated(PACKAGE / package) == KINDS


def test_whoever_treats_two_kinds_treats_all() -> None:
    """No other package has a file for some kinds and none for others."""
    several = {path for path in PACKAGE.rglob("*") if path.is_dir() and len(treated(path)) > 1}
    assert several == {PACKAGE / package for package in TREATING}


def matches(tree: ast.Module, kinds: frozenset[str]) -> Iterator[ast.Match]:
    """The matches in which all of `kinds` have a case."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Match):
            cases = [pattern for case in node.cases for pattern in ast.walk(case.pattern)]
            classes = [case.cls for case in cases if isinstance(case, ast.MatchClass)]
            if kinds <= {cls.id for cls in classes if isinstance(cls, ast.Name)}:
                yield node


def last_line(match: ast.Match) -> int:
    """Where a match says that nothing is left, else where it starts."""
    last = match.cases[-1].body[0]
    return last.lineno if ast.unparse(last).startswith("assert_never(") else match.lineno


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the package with one more kind, and one more sort of weights."""
    root = tmp_path_factory.mktemp("planted")
    shutil.copytree(PACKAGE, root / "lumpver", ignore=shutil.ignore_patterns("__pycache__"))
    for name, (file, union, _) in PLANTS.items():
        path = root / "lumpver" / file
        head, rest = path.read_text(encoding="utf-8").split(f"\n{union} = ")
        line, tail = rest.split("\n", maxsplit=1)
        plant = PLANT.format(name=name, union=union)
        path.write_text(f"{head}\n{plant}{line} | {name}\n{tail}", encoding="utf-8")
    return root


@pytest.fixture(scope="module")
def missed(planted: Path) -> set[tuple[str, str, int]]:
    """Where mypy says that a case is missing, and which."""
    pytest.importorskip("mypy")
    with suppress(OSError, shutil.Error):  # it only saves time, and others may be writing it
        shutil.copytree(ROOT / ".mypy_cache", planted / "cache")
    command = [sys.executable, "-m", "mypy", "--cache-dir", "cache"]
    command += ["--config-file", str(ROOT / "pyproject.toml"), "lumpver"]
    done = subprocess.run(command, cwd=planted, capture_output=True, text=True, check=False)
    assert done.returncode == 1, done.stdout + done.stderr
    return {(name, file, int(line)) for file, line, name in FORGOTTEN.findall(done.stdout)}


@pytest.mark.parametrize("name", PLANTS)
def test_a_planted_kind_is_missed_everywhere(
    name: str, planted: Path, missed: set[tuple[str, str, int]]
) -> None:
    """A new kind, or new weights: mypy lists every pass that has a case for each of the old."""
    _, _, kinds = PLANTS[name]
    expected = {
        (name, path.relative_to(planted).as_posix(), last_line(match))
        for path in (planted / "lumpver").rglob("*.py")
        for match in matches(ast.parse(path.read_text(encoding="utf-8")), kinds)
    }
    assert {found for found in missed if found[0] == name} == expected
    assert len(expected) > 10


def questions(function: ast.AST) -> dict[str, set[str]]:
    """Of which kinds a function asks, by what it asks that of."""
    found: dict[str, set[str]] = {}
    for node in ast.walk(function):
        match node:
            case ast.Call(func=ast.Name(id="isinstance"), args=[asked, kinds]):
                names = {part.id for part in ast.walk(kinds) if isinstance(part, ast.Name)}
                found.setdefault(ast.unparse(asked), set()).update(names & KINDS)
            case _:
                pass
    return found


@pytest.mark.parametrize(
    "module", [path.relative_to(PACKAGE).as_posix() for path in sorted(PACKAGE.rglob("*.py"))]
)
def test_kinds_are_told_apart_by_matching(module: str) -> None:
    """Nothing is asked whether it is of one kind, and then whether of another."""
    tree = ast.parse((PACKAGE / module).read_text(encoding="utf-8"))
    for function in ast.walk(tree):
        if isinstance(function, ast.FunctionDef):
            for asked, kinds in questions(function).items():
                assert len(kinds) < 2, f"line {function.lineno}: {asked}"
