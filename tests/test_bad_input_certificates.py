"""Certificates that are bad input, through the command line: of versions 1 and 3."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import older_certificates
import pytest
from gemm_files import reduced_files

from lumpver.claim.certificate import MOST_BYTES, decode
from lumpver.cli import main

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from conftest import Fails


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path, Path]:
    """A model, its reduction and its certificate."""
    return reduced_files(tmp_path)


def _documents() -> dict[str, Any]:
    entry = {"block": ["x", -1, 1.0, True, 10**30, "0", [0]], "scale": [1, 1.5, "2/4", "0", "1e3",
             "-0", None, "1/0"], "constant": [0, "nan", "+1"]}  # fmt: skip
    cases: dict[str, Any] = {}
    for member, values in entry.items():
        for value in values:

            def change(document: Any, member: str = member, value: Any = value) -> None:
                (found,) = document["tensors"].values()
                found[member] = [value, *(found.get(member) or [None, "0"])[1:]]

            cases[f"{member} {value!r}"] = change
    for name in ("width", "ghosts"):
        for number in (-1, 3, 1.0, "1", None, 10**400, True):

            def set_size(document: Any, name: str = name, number: Any = number) -> None:
                (found,) = document["tensors"].values()
                found[name] = number

            cases[f"{name} {str(number)[:9]!r}"] = set_size
    for name in ("format", "version", "semantics", "provenance", "original", "reduced", "tensors"):
        cases[f"no {name}"] = lambda document, name=name: document.pop(name)
        cases[f"{name} of another type"] = lambda document, name=name: document.update({name: 1.5})
    cases["an unknown member"] = lambda document: document.update(more=1)
    cases["a short digest"] = lambda document: document["original"].update(sha256="0" * 63)
    cases["an upper case digest"] = lambda document: document["original"].update(sha256="A" * 64)
    return cases


DOCUMENTS = _documents()


def _facts() -> dict[str, Any]:
    """Changes of the only fact in a document of version 3."""
    values: dict[str, Any] = {
        "counterpart": (1, "", [], "~"),
        "rule": ("lumping", "signs", "derived", None, 3),
        "uses": (0, -1, 64, True, "1"),
        "held": (3, -1, 1.0, "1", None, 10**400, True),
        "extra": (None, {}, {"ghosts": 0}, {"ghosts": 9}, {"ghosts": 1, "off": []}),
        "rows": (None, [], {}, {"column": [0], "length": [1]}, {"column": [0, 0], "row": []}),
        "constant": ([], ["0", "0"], ["1"], [1, 1], ["2/4", "1"], [1.5, "1"]),
    }
    inside: dict[str, Any] = {
        "column": (None, [], [0], [0, 1], [0, -1], [0, 1.0], [0, True], [0, 10**30], [[0], 0]),
        "length": (None, [], [1, 1], [1], [2], [0, 1], [1, -1], ["1", "1"]),
        "entry": (None, [], ["1", "1"], ["0", "2"], ["1", 2], ["1", "4/2"], ["1", "1e3"], ["1"]),
    }
    cases: dict[str, Any] = {}
    for name, others in values.items():
        for value in others:
            cases[f"{name} {str(value)[:24]}"] = lambda fact, name=name, value=value: fact.update(
                {name: value}
            )
        if name in ("counterpart", "rule", "held", "rows"):
            cases[f"no {name}"] = lambda fact, name=name: fact.pop(name)
    for name, others in inside.items():
        for value in others:
            cases[f"{name} {str(value)[:24]}"] = lambda fact, name=name, value=value: fact[
                "rows"
            ].update({name: value})
    return cases


FACTS = _facts()


@pytest.mark.parametrize("case", FACTS)
def test_malformed_facts(files: tuple[Path, ...], fails: Fails, case: str) -> None:
    """The same of version 3."""
    document = json.loads(files[2].read_bytes())
    ((fact,),) = document["tensors"].values()
    FACTS[case](fact)
    _refused(files, document, fails)


CLAIMS: dict[str, Any] = {
    "none": None,
    "words": "equal for all inputs",
    "no domain": {"closeness": "equal", "semantics": "real"},
    "an empty box": {"closeness": "equal", "semantics": "real",
                     "domain": {"boxes": [{"x": {"low": ["1", "1"], "high": ["0", "0"]}}]}},
    "a negative bound": {"closeness": {"within": "-1"}, "semantics": "real",
                         "domain": "all inputs"},
    "another semantics": {"closeness": "equal", "semantics": "float64", "domain": "all inputs"},
}  # fmt: skip


@pytest.mark.parametrize("case", CLAIMS)
def test_malformed_claims(files: tuple[Path, ...], fails: Fails, case: str) -> None:
    """A claim of nothing is no weaker claim."""
    document = json.loads(files[2].read_bytes()) | {"claim": CLAIMS[case]}
    _refused(files, document, fails)


OUTER: dict[str, Any] = {
    "another version": {"version": 4},
    "version 1": {"version": 1},
    "version 2 with its semantics": {"version": 2, "semantics": "real"},
    "an unknown member": {"more": 1},
    "facts that are no list": {"tensors": {"h": {"counterpart": "h", "rule": "derived"}}},
    "no facts": {"tensors": {"h": []}},
    "too many facts": {"tensors": {"h": [{"counterpart": "h", "rule": "derived"}] * 65}},
}


@pytest.mark.parametrize("case", OUTER)
def test_malformed_documents(files: tuple[Path, ...], fails: Fails, case: str) -> None:
    """Around the facts there is one form for each version."""
    _refused(files, json.loads(files[2].read_bytes()) | OUTER[case], fails)


@pytest.mark.parametrize("case", DOCUMENTS)
def test_malformed_certificates(files: tuple[Path, ...], fails: Fails, case: str) -> None:
    """Wrong types, numbers that are not in lowest terms, indices out of range, other members."""
    document = json.loads(older_certificates.encode(decode(files[2].read_bytes())))
    DOCUMENTS[case](document)
    _refused(files, document, fails)


def _refused(files: tuple[Path, ...], document: Any, fails: Fails) -> None:
    files[2].write_text(json.dumps(document))
    error = fails("check", *files)
    assert error["kind"] == "malformed"
    fails("explain", files[2], "--unit", "h[0]")


def _versioned(text: str, version: str) -> str:
    return re.sub('"version":[13]', f'"version":{version}', text)


_LONG = '"scale":["' + "1" * 10**6 + '"'
TEXTS: dict[str, Callable[[str], str | bytes]] = {
    "empty": lambda _: "",
    "a list": lambda _: "[]",
    "NaN": lambda text: _versioned(text, "NaN"),
    "1.0": lambda text: _versioned(text, "1.0"),
    "true": lambda text: _versioned(text, "true"),
    "twice": lambda text: _versioned(text, '3,"version":3'),
    "more behind": lambda text: text + "{}",
    "a mark in front": lambda text: b"\xef\xbb\xbf" + text.encode(),
    "utf-16": lambda text: text.encode("utf-16"),
    "deep": lambda _: "[" * 500_000 + "]" * 500_000,
    "deep provenance": lambda text: text.replace('"provenance":{', '"provenance":{"x":' + "[" * 900
                                                 + "]" * 900 + ","),
    "a long integer": lambda text: re.sub('"(width|held)":1', '"width":' + "1" * 100_000, text),
    "a long number": lambda text: re.sub('"(scale|entry)":."1"', _LONG, text),
}  # fmt: skip


@pytest.mark.parametrize("case", TEXTS)
@pytest.mark.parametrize("version", [1, 3])
def test_texts_that_are_no_certificate(
    files: tuple[Path, ...], fails: Fails, case: str, version: int
) -> None:
    """Other JSON, other encodings, deep nesting and absurd numbers are refused quickly."""
    data = files[2].read_bytes()
    given = (older_certificates.encode(decode(data)) if version == 1 else data).decode()
    text = TEXTS[case](given)
    assert text != given
    files[2].write_bytes(text if isinstance(text, bytes) else text.encode())
    fails("check", *files)
    fails("explain", files[2], "--unit", "h[0]")


def test_a_huge_certificate(files: tuple[Path, ...], tmp_path: Path, fails: Fails) -> None:
    """A file of more bytes than any certificate has is refused for that."""
    with files[2].open("wb") as file:
        file.truncate(MOST_BYTES + 1)
    assert "bytes" in fails("check", *files)["expected"]


def test_a_wrong_certificate_is_another_matter(files: tuple[Path, ...], capsys: Any) -> None:
    """Well-formed and wrong is exit 1, with rule, layer, unit, expected and got."""
    document = json.loads(files[2].read_bytes())
    ((fact,),) = document["tensors"].values()
    fact["rows"]["entry"][1] = "5/2"
    files[2].write_text(json.dumps(document))
    capsys.readouterr()
    with pytest.raises(SystemExit) as left:
        main(["check", *(str(path) for path in files), "--json"])
    out, err = capsys.readouterr()
    assert (left.value.code, err) == (1, "")
    found = json.loads(out)
    assert (found["valid"], found["rule"], found["layer"], found["unit"]) == (
        False, "affine", "h", 1,
    )  # fmt: skip
