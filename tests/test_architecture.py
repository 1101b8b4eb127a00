"""The shape of the package: who imports whom, what loads what, and how long things are.

A module belongs to the floor whose folder it stands in; a new floor gets its row in ORDER.
"""

from __future__ import annotations

import ast
import json
import os
import re
import subprocess
import sys
import tomllib
from dataclasses import dataclass
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest

import lumpver

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

ROOT: Final = Path(__file__).resolve().parents[1]
PACKAGE: Final = ROOT / "lumpver"

# The floors: each imports only from those above it. `__init__` is `lumpver` itself.
ORDER: Final = (
    "version",
    "errors",
    "exact",
    "model",
    "claim",
    "bounds",
    "nearness",
    "roundoff",
    "io",
    "checker",
    "processes",
    "search",
    "quotient",
    "reducing",
    "pruning",
    "proving",
    "compressing",
    "theory",
    "trial",
    "tell",
    "face",
    "__init__",
    "cli",
    "__main__",
)
ROWS: Final = {name: row for row, name in enumerate(ORDER)}
# What is believed, by folder, and how many lines it may have: what a user takes on trust.
READERS: Final = (
    "io.certificates",
    "io.domains",
    "io.files",
    "io.json.reading",
    "io.json.schema",
    "io.json.shapes",
    "io.nnet.header",
    "io.nnet.limits",
    "io.nnet.reading",
    "io.npy",
    "io.onnx.read",
    "io.reading",
    "io.vnnlib",
    "io.widening",
)
WRITERS: Final = (
    "io.json.writing",
    "io.nnet.relu_chain",
    "io.nnet.writing",
    "io.carrying",
    "io.naming",
    "io.onnx.write",
    "io.pieces",
    "io.storage",
    "io.sklearn",
    "io.samples",
    "io.saving",
    "io.torch",
    "io.writing",
)
TRUSTED: Final = {
    "errors": 180,
    "exact": 2150,
    "model": 6375,
    "claim": 2825,
    "bounds": 1900,
    "nearness": 1600,
    "roundoff": 900,
    "checker": 3710,
    "readers": 8950,
}

MODULE_LINES: Final = 300
FUNCTION_LINES: Final = 60
# Imported once where many modules are tried: what most of the time of an import goes to.
FOREIGN: Final = ("click", "flint", "msgspec", "numpy", "onnx", "psutil", "rich", "hypothesis",
                  "jinja2", "sympy", "z3", "matplotlib.figure")  # fmt: skip
HEAVY: Final = ("z3", "sympy", "onnx", "matplotlib", "torch", "hypothesis", "sklearn")
FORBIDDEN: Final = re.compile(r"isclose|allclose|limit_denominator|\bTODO\b|\bFIXME\b")


@dataclass(frozen=True, slots=True)
class Import:
    """One module of lumpver named by another: `lazy` inside a function, `typing` for types."""

    target: str
    line: int
    lazy: bool
    typing: bool


def paths() -> dict[str, Path]:
    """Every module by its name within lumpver, `__init__` spelled out."""
    found = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        found[".".join(path.relative_to(PACKAGE).with_suffix("").parts)] = path
    return found


MODULES: Final = paths()
EVERY_MODULE: Final = pytest.mark.parametrize("module", MODULES)
SLOW: Final = ("trial", "tell")  # their modules import nearly everything


@cache
def tree(module: str) -> ast.Module:
    """The syntax tree of a module."""
    return ast.parse(MODULES[module].read_text(encoding="utf-8"))


def place(module: str) -> str | None:
    """The floor of a module: its folder, or itself where it stands at the top."""
    floor = module.split(".", maxsplit=1)[0]
    return floor if floor in ROWS else None


def imports(module: str) -> list[Import]:
    """What a module imports from lumpver."""
    return list(_imports(tree(module), lazy=False, typing=False))


def _imports(node: ast.AST, *, lazy: bool, typing: bool) -> Iterator[Import]:
    if isinstance(node, ast.Import | ast.ImportFrom):
        for name in _named(node):
            if name == "lumpver" or name.startswith("lumpver."):
                yield Import(_resolved(name), node.lineno, lazy, typing)
    lazy = lazy or isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
    children: list[ast.AST] = list(ast.iter_child_nodes(node))
    if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
        for typed in node.body:
            yield from _imports(typed, lazy=lazy, typing=True)
        children = [*node.orelse]
    for child in children:
        yield from _imports(child, lazy=lazy, typing=typing)


def _named(node: ast.Import | ast.ImportFrom) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    return [f"{'.' * node.level}{node.module or ''}.{alias.name}" for alias in node.names]


def _resolved(name: str) -> str:
    """The module that `lumpver.a.b` means: a module, a package, or a name in one of them."""
    parts = name.split(".")[1:]
    for end in range(len(parts), 0, -1):
        module = ".".join(parts[:end])
        for candidate in (module, f"{module}.__init__"):
            if candidate in MODULES:
                return candidate
    return ".".join(parts[:-1]) or "__init__"


def dotted(module: str) -> str:
    """The name under which Python imports a module."""
    return f"lumpver.{module}".removesuffix(".__init__")


def loaded(name: str) -> set[str]:
    """The top-level packages and lumpver's modules that a fresh process has after `import`."""
    code = f"import sys, {name}; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    assert done.stdout.count("\n") == 1, f"{name} prints when it is imported"
    return set(done.stdout.split())


def present(module: str) -> str:
    """The module's own name if it exists already; else the test is skipped."""
    for candidate in (module, f"{module}.__init__"):
        if candidate in MODULES:
            return candidate
    return pytest.skip(f"lumpver.{module} does not exist")


@EVERY_MODULE
def test_every_module_has_a_floor(module: str) -> None:
    """A module without a floor could import anything."""
    assert place(module), (
        f"lumpver/{module.replace('.', '/')}.py stands on no floor: "
        "move it into a folder that tests/test_architecture.py names in ORDER"
    )


@EVERY_MODULE
def test_imports_point_upwards(module: str) -> None:
    """A module imports from its own floor and those above, for types and in functions too."""
    here = place(module)
    assert here is not None
    for found in imports(module):
        there = place(found.target)
        where = f"lumpver.{module}, line {found.line}: imports {dotted(found.target)}"
        assert there is not None, f"{where}, which stands on no floor"
        assert ROWS[there] <= ROWS[here], f"{where}, which comes later"


def circle(needs: Mapping[str, Iterable[str]]) -> str:
    """A circle of modules of which each needs the next; "" if there is none."""
    try:
        TopologicalSorter(needs).prepare()
    except CycleError as error:
        return " needs ".join(reversed(error.args[1]))
    return ""


def test_no_circle_of_imports() -> None:
    """No two modules name each other, by any number of steps, for types or in functions either."""
    assert circle({module: {i.target for i in imports(module)} for module in MODULES}) == ""


@pytest.mark.parametrize("guard", ["", "def late():\n    ", "if TYPE_CHECKING:\n    "])
def test_a_planted_circle_is_found(guard: str) -> None:
    """Two modules that name each other are a circle, however they do it."""
    sources = {
        "errors": f"{guard}from lumpver.exact.scalar import ONE",
        "exact.scalar": "from lumpver.errors import Malformed",
        "model.names": "from lumpver.errors import Malformed",
    }
    needs = {
        module: {i.target for i in _imports(ast.parse(text), lazy=False, typing=False)}
        for module, text in sources.items()
    }
    assert circle(needs) in {
        "errors needs exact.scalar needs errors",
        "exact.scalar needs errors needs exact.scalar",
    }
    assert circle({**needs, "errors": ()}) == ""


@EVERY_MODULE
def test_imports_are_absolute(module: str) -> None:
    """Relative imports would escape the rules above."""
    for node in ast.walk(tree(module)):
        assert not (isinstance(node, ast.ImportFrom) and node.level), f"line {node.lineno}"


def within(module: str, places: tuple[str, ...]) -> bool:
    """Whether a module is one of these, or in a folder of theirs."""
    return any(module == found or module.startswith(f"{found}.") for found in places)


def part(module: str) -> str | None:
    """The trusted part that a module belongs to, if to any."""
    floor = place(module)
    if floor == "io":
        packages = module.endswith(".__init__") and not within(module, WRITERS)
        return "readers" if within(module, READERS) or packages else None
    return floor if floor in TRUSTED else None


def test_every_module_of_io_reads_or_writes() -> None:
    """What is trusted of `io` is said by name, and so is what is not."""
    for module in MODULES:
        if place(module) == "io":
            assert (part(module) == "readers") != within(module, WRITERS), f"lumpver.{module}"


def test_readers_know_no_writer() -> None:
    """Nothing that reads a file names what writes one, for types neither."""
    for module in MODULES:
        for found in imports(module) if part(module) == "readers" else ():
            where = f"lumpver.{module}, line {found.line}"
            assert not within(found.target, WRITERS), f"{where}: imports {dotted(found.target)}"


def test_checker_rests_on_the_trusted_modules_only() -> None:
    """Whatever the checker and the readers run lies in the trusted part, by any number of steps."""
    path = {present(root): root for root in ("checker", "io.files", "io.certificates")}
    queue = list(path)
    for module in queue:
        source = MODULES[module].read_text(encoding="utf-8")
        assert not re.search(r"\bimport_module\b|\b__import__\b", source), path[module]
        for found in imports(module):
            for target in () if found.typing else (found.target, *packages(found.target)):
                if target not in path:
                    path[target] = f"{path[module]} -> {target}"
                    assert part(target), path[target]
                    queue.append(target)


def packages(module: str) -> list[str]:
    """What Python runs before it runs a module: the packages around it."""
    parts = module.split(".")[:-1]
    around = (".".join([*parts[:end], "__init__"]) for end in range(1, len(parts) + 1))
    return [package for package in around if package in MODULES]


def test_checker_loads_no_writer() -> None:
    """The same where Python says it: importing the checker and the readers."""
    found = loaded("lumpver.checker, lumpver.io.files, lumpver.io.onnx.read")
    assert not {name for name in found if within(name.removeprefix("lumpver."), WRITERS)}


def test_the_trusted_part_is_small(record_property: Callable[[str, object], None]) -> None:
    """So many lines have to be believed, comments included; `-rP` shows the table."""
    lines = dict.fromkeys(TRUSTED, 0)
    for module, path in MODULES.items():
        if (found := part(module)) is not None:
            lines[found] += len(path.read_text(encoding="utf-8").splitlines())
    table = [f"{name:10}{lines[name]:6} lines, at most {most}" for name, most in TRUSTED.items()]
    sys.stdout.write("\n".join([*table, f"{'together':10}{sum(lines.values()):6} lines\n"]))
    for name, count in lines.items():
        record_property(name, count)
    assert all(lines[name] <= most for name, most in TRUSTED.items()), lines


def test_checker_loads_neither_sympy_nor_z3() -> None:
    """Importing the checker loads no algebra system and no solver."""
    present("checker")
    assert loaded("lumpver.checker").isdisjoint({"sympy", "z3", "cvc5"})


def test_command_line_starts_light() -> None:
    """`lumpver --help` waits for none of the large packages."""
    present("cli")
    assert loaded("lumpver.cli").isdisjoint(HEAVY)


@pytest.fixture(scope="module")
def importing() -> Iterator[Callable[[str], dict[str, Any]]]:
    """Asks a process that has imported what is not ours, and forks for each name."""
    if not hasattr(os, "fork"):
        pytest.skip("this platform cannot fork")
    command = [sys.executable, "-W", "error", str(ROOT / "tests" / "importing.py"), *FOREIGN]
    with subprocess.Popen(
        command, cwd=ROOT, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        asked, answered = process.stdin, process.stdout
        assert asked is not None
        assert answered is not None

        def ask(name: str) -> dict[str, Any]:
            asked.write(f"{name}\n")
            asked.flush()
            return dict(json.loads(answered.readline()))

        yield ask


@pytest.mark.parametrize(
    "module",
    [pytest.param(m, marks=[pytest.mark.long] if m.startswith(SLOW) else []) for m in MODULES],
)
def test_module_imports_alone(module: str, importing: Callable[[str], dict[str, Any]]) -> None:
    """Each module can be the first one imported, and says nothing while it is."""
    found = importing(dotted(module))
    assert found["said"] == ""
    assert found["status"] == 0
    assert dotted(module) in found["loaded"]


def test_an_import_that_fails_or_speaks_is_noticed(
    importing: Callable[[str], dict[str, Any]],
) -> None:
    """What the test above rejects: `this` prints, and there is no `lumpver.nothing`."""
    assert "Beautiful" in importing("this")["said"]
    failed = importing("lumpver.nothing")
    assert failed["status"] != 0
    assert "No module named 'lumpver.nothing'" in failed["said"]


def test_version_is_the_projects() -> None:
    """`lumpver.__version__` is what `pyproject.toml` says."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert lumpver.__version__ == project["version"]


@EVERY_MODULE
def test_only_the_command_line_prints(module: str) -> None:
    """A library hands back values."""
    if place(module) == "cli":
        pytest.skip("the command line prints")
    for node in ast.walk(tree(module)):
        if isinstance(node, ast.Name):
            assert node.id != "print", f"lumpver.{module} prints, line {node.lineno}"


@EVERY_MODULE
def test_module_is_short(module: str) -> None:
    """A module can be read in one sitting."""
    lines = len(MODULES[module].read_text(encoding="utf-8").splitlines())
    assert lines <= MODULE_LINES, f"lumpver.{module} has {lines} lines"


@EVERY_MODULE
def test_functions_are_short(module: str) -> None:
    """A function fits on a screen, its documentation included."""
    for node in ast.walk(tree(module)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            lines = (node.end_lineno or node.lineno) - node.lineno + 1
            assert lines <= FUNCTION_LINES, f"{module}.{node.name} has {lines} lines"


@EVERY_MODULE
def test_nothing_approximate_and_nothing_left_to_do(module: str) -> None:
    """No tolerance, no rounding to a nearby fraction, no note to oneself."""
    source = MODULES[module].read_text(encoding="utf-8")
    for line, words in enumerate(source.splitlines(), start=1):
        assert not FORBIDDEN.search(words), f"lumpver.{module}, line {line}: {words.strip()}"


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("import math", []),
        ("import lumpver", [("__init__", False, False)]),
        ("import lumpver.errors", [("errors", False, False)]),
        ("from lumpver import errors", [("errors", False, False)]),
        ("from lumpver import reduce", [("__init__", False, False)]),
        ("from lumpver.errors import Malformed", [("errors", False, False)]),
        ("from lumpver.exact import array", [("exact.array", False, False)]),
        ("from lumpver.version import __version__", [("version", False, False)]),
        ("from lumpver.exact import ONE", [("exact.__init__", False, False)]),
        ("from lumpver.nowhere import x", [("nowhere", False, False)]),
        ("def f():\n    from lumpver.errors import Malformed", [("errors", True, False)]),
        ("if TYPE_CHECKING:\n    import lumpver.errors", [("errors", False, True)]),
        (
            "if TYPE_CHECKING:\n    pass\nelse:\n    import lumpver.errors",
            [("errors", False, False)],
        ),
        ("try:\n    import lumpver.errors\nfinally:\n    pass", [("errors", False, False)]),
        (
            "def _repr_html_(self):\n    import lumpver.tell.report",
            [("tell.report.__init__", True, False)],
        ),
    ],
)
def test_imports_are_read_as_python_does(
    source: str, expected: list[tuple[str, bool, bool]]
) -> None:
    """Every way to write an import leads to the module that Python would load."""
    found = _imports(ast.parse(source), lazy=False, typing=False)
    assert [(i.target, i.lazy, i.typing) for i in found] == expected


def test_places() -> None:
    """A floor holds whatever its folder holds."""
    assert place("io.onnx.read") == "io"
    assert place("exact.scalar") == "exact"
    assert place("unheard_of") is None
