"""The pages in `docs/` are right: examples are made again, names exist, nothing is missing."""

from __future__ import annotations

import ast
import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import pytest
from certificate_tables import A, B
from several_facts import STAYS, smaller, twins

from lumpver.checker import check
from lumpver.claim.certificate import (
    MOST_BRACKETS,
    MOST_BYTES,
    MOST_DEPTH,
    MOST_DIGITS,
    Certificate,
    decode,
    encode,
)
from lumpver.claim.certificate.current import MOST_FACTS
from lumpver.model.network import Network
from lumpver.reducing.reduction import reduce
from lumpver.reducing.verification import check_files

ROOT: Final = Path(__file__).resolve().parents[1]
CHECKER: Final = ROOT / "lumpver" / "checker"
PAGES: Final = sorted((ROOT / "docs").glob("*.md"))
TEXT: Final = {path.name: path.read_text(encoding="utf-8") for path in PAGES}
CERTIFICATE, RULES = TEXT["certificate.md"], TEXT["rules.md"]
RULE_FILES: Final = sorted(path for path in (CHECKER / "rules").glob("*.py") if path.stem[0] != "_")
THEOREMS: Final = re.findall(
    r"^Theorem (\w+)", (ROOT / "proofs/rocq/statements.v").read_text(), re.MULTILINE
)


def blocks(language: str) -> list[str]:
    """The page's blocks in a language."""
    return re.findall(rf"```{language}\n(.*?)```", CERTIFICATE, re.DOTALL)


def test_the_example_is_what_the_program_makes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every member, the digests too; and it checks."""
    monkeypatch.chdir(tmp_path)
    (program,) = blocks("python")
    exec(compile(program, "certificate.md", "exec"), {})
    shown = json.loads(blocks("json")[0])
    made = Path("small.json.cert.json").read_bytes()
    assert json.loads(made) == shown
    assert check_files(Path("net.json"), Path("small.json"), Path("small.json.cert.json"))
    relabelling = decode(made).leads["h2.pre"].relabelling
    assert relabelling is not None
    assert relabelling.row(2) == [(0, 2), (1, 1)]


def test_the_example_of_several_facts_is_right() -> None:
    """It checks, and is what the certificate of these facts says."""
    shown = json.loads(blocks("json")[1])
    assert shown == json.loads(encode(Certificate(STAYS, A, B)))["tensors"]
    check(twins(), smaller(), Certificate(STAYS))


def test_the_example_of_signs_is_right() -> None:
    """What the page shows of a unit that never switches is what is found, and checked."""
    first, second = [[1, 0], [0, 1], [1, 1]], [[-1, -1, 1], [1, 1, 1]]
    network = Network.from_layers([(first, None), (second, None), ([[1, 1]], None)])
    found = replace(reduce(network).certificate, original=A, reduced=B)
    assert json.loads(blocks("json")[3]) == json.loads(encode(found))["signs"]


@pytest.mark.parametrize("schema", ["schema.json", "older.schema.json"])
def test_every_member_is_on_the_page(schema: str) -> None:
    """Of version 3, and of those before."""
    path = ROOT / "lumpver" / "claim" / "certificate" / schema
    found = names(json.loads(path.read_text(encoding="utf-8")))
    assert len(found) > 15
    assert [name for name in sorted(found) if not re.search(rf"\b{name}\b", CERTIFICATE)] == []


def names(schema: Any) -> set[str]:
    """The names of all members that a schema speaks of."""
    if isinstance(schema, list):
        return {name for part in schema for name in names(part)}
    if not isinstance(schema, dict):
        return set()
    own = schema.get("properties", {})
    return (set(own) if isinstance(own, dict) else set()) | {
        name for part in schema.values() for name in names(part)
    }


def test_limits_are_those_of_the_reader() -> None:
    """Bytes, brackets, levels, digits and facts."""
    said = (f"{MOST_BYTES} bytes", f"{MOST_BRACKETS} brackets", f"{MOST_DEPTH} levels",
            f"{MOST_DIGITS} digits", f"{MOST_FACTS} facts")  # fmt: skip
    page = " ".join(CERTIFICATE.split())
    assert [words for words in said if words not in page] == []


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_links_lead_somewhere(path: Path) -> None:
    """Every file that a page links to is there."""
    links = [link for link in re.findall(r"\]\(([^)#]*)", TEXT[path.name]) if "://" not in link]
    assert links
    assert [link for link in links if not (path.parent / link).exists()] == []


@pytest.mark.parametrize("page", ["README.md", "proofs/README.md"])
@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_pages_are_found(path: Path, page: str) -> None:
    """From the front page, and from the proofs."""
    assert f"docs/{path.name})" in (ROOT / page).read_text(encoding="utf-8")


def test_theorems_exist() -> None:
    """Whatever the page calls a theorem is one of the statements."""
    named = re.findall(r"\[`(\w+)`\]\(\.\./proofs/rocq/statements\.v\)", RULES)
    assert len(set(named)) > 6
    assert [name for name in named if name not in THEOREMS] == []


@pytest.mark.parametrize("path", RULE_FILES, ids=lambda path: path.stem)
def test_every_rule_has_its_row(path: Path) -> None:
    """With the theorems that its docstring names; what it says, needs and stops is in the file."""
    (row,) = re.findall(rf"^\| \[`rules/{path.name}`\].*$", RULES, re.MULTILINE)
    docstring = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
    if path.stem == "residual":
        return
    for word in ("Statement.", "Premises.", "Why.", "Attacks."):
        assert f"\n{word} " in docstring, word
    named = [name for name in THEOREMS if f"`{name}`" in docstring]
    assert named
    assert [name for name in named if f"`{name}`" not in row] == []
    assert path.stem in (CHECKER / "rules" / "__init__.py").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "path", sorted(CHECKER.glob("[!_]*.py")), ids=lambda path: path.stem
)  # fmt: skip
def test_every_module_of_the_checker_is_named(path: Path) -> None:
    """What there is to read beside the rules."""
    walk = path.stem == "checking"  # which is the walk itself: the page is about nothing else
    assert walk or f"[`{path.name}`](../lumpver/checker/{path.name})" in RULES


def test_five_questions_are_answered() -> None:
    """What object, what is untrusted, what is recomputed, by which theorem, what stays outside."""
    for question in ("What object", "What data is untrusted", "Which predicate is recomputed",
                     "Which theorem lifts it", "What stays outside"):  # fmt: skip
        assert re.search(rf"^\*\*{question}.*\?\*\* \S", RULES, re.MULTILINE), question
