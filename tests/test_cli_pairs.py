"""`prove --pairs`: a row each, as it goes; bad rows say why and stop no other."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from test_nearness import twins

import lumpver

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Run


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a pair of models that are near, and one of other inputs."""
    one, other = twins(1)
    (tmp_path / "models").mkdir()
    lumpver.save(one, tmp_path / "models" / "a.json")
    lumpver.save(other, tmp_path / "models" / "b.json")
    lumpver.save(lumpver.Network.from_layers([([[1]], None)]), tmp_path / "wide.json")
    return tmp_path


def listed(folder: Path, *rows: str, head: str = "original,other,box,eps") -> Path:
    """A list of pairs in a folder."""
    path = folder / "pairs.csv"
    path.write_text("\n".join([head, *rows, ""]), encoding="utf-8")
    return path


def said(out: str) -> list[dict[str, Any]]:
    """The objects of lines."""
    return [json.loads(line) for line in out.splitlines()]


PAIR = "models/a.json,models/b.json"


def test_rows_are_answered_each_for_itself(run: Run, folder: Path) -> None:
    """Proved, refuted, and errors of one row; the largest code counts."""
    path = listed(
        folder,
        f'{PAIR},"[0, 1]",4',
        f'{PAIR},"[0, 1]",1/100000',
        "",
        'models/a.json,none.json,"[0, 1]",4',
        'models/a.json,wide.json,"[0, 1]",4',
        f'{PAIR},"[0, 1]",-4',
        f'{PAIR},"[0, 1]",4,more',
        ',models/b.json,"[0, 1]",4',
        f'{PAIR},"[0, 1]",5',
    )
    code, out, _ = run("prove", "--pairs", path, "--workers", "1", "--json")
    rows = said(out)
    assert code == 2
    assert [row["row"] for row in rows] == [2, 3, 5, 6, 7, 8, 9, 10]
    assert [row["code"] for row in rows] == [0, 1, 2, 1, 2, 2, 2, 0]
    assert [row.get("answer") for row in rows if row["code"] < 2] == [
        "proved", "refuted", "refuted", "proved",
    ]  # fmt: skip
    assert rows[0]["claim"]["closeness"] == {"within": "4"}
    assert "none.json" in rows[2]["error"]["message"]
    assert rows[1]["difference"]["decimal"]
    code, out, _ = run("prove", "--pairs", path, "--workers", "1")
    lines = out.splitlines()
    assert code == 2
    assert lines[0].startswith("row 2: proved by splitting, ")
    assert "row 3: refuted by splitting, difference " in out
    assert "models/a.json and none.json: " in lines[2]
    assert lines[-1] == "8 rows: 4 failed, 2 proved, 2 refuted."


def test_what_rows_leave_empty_is_as_the_options_say(run: Run, folder: Path) -> None:
    """Box, closeness and timeout; a row may ask for something else."""
    head = "original,other,question,delta,timeout"
    rows = [
        f"{PAIR},,,",
        f"{PAIR},same-class,100,",
        f"{PAIR},equal,,10",
        f"{PAIR},same-class min,100,9",
    ]
    path = listed(folder, *rows, head=head)
    code, out, _ = run(
        "prove", "--pairs", path, "--json", "--box", "[0, 1]", "--eps", "4", "--workers", "1"
    )
    claims = [row["claim"].get("closeness", "equal") for row in said(out)]
    assert code == 1
    assert claims[0] == {"within": "4"}
    assert [row["answer"] for row in said(out)] == ["proved", "proved", "refuted", "proved"]
    assert claims[1] != claims[3]
    for wrong in ("same-class most,,", "equals,,", ",1,", "same-class,,soon"):
        code, out, _ = run(
            "prove", "--pairs", listed(folder, f"{PAIR},{wrong}", head=head), "--json"
        )
        assert (code, [row["code"] for row in said(out)]) == (2, [2])


def test_a_row_may_be_a_query_and_write_a_certificate(run: Run, folder: Path) -> None:
    """Files are where the list is, wherever the command runs."""
    box = ("--box", "[0, 1]", "--eps", "4")
    paths = [folder / "models" / name for name in ("a.json", "b.json")]
    assert run("export", *paths, "--vnnlib", "-o", folder / "near.vnnlib", *box)[0] == 0
    head = "original,other,box,eps,question,certificate"
    path = listed(folder, f"{PAIR},,,near.vnnlib,", f'{PAIR},"[0, 1]",4,,c.json', head=head)
    code, out, _ = run("prove", "--pairs", path, "--workers", "1", "--json")
    first, second = said(out)
    assert (code, first["vnnlib"]["answer"], second["answer"]) == (0, "unsat", "proved")
    checked = run("check", *paths, folder / "c.json", "--exact-box", *box)
    assert checked[0] == 0
    for wrong in (f"{PAIR},,4,near.vnnlib,", f'{PAIR},"[0, 1]",,near.vnnlib,'):
        assert run("prove", "--pairs", listed(folder, wrong, head=head), "--json")[0] == 2


@pytest.mark.parametrize(
    "text",
    [
        "",
        "original,box\n",
        "original,other\n",
        "original,other,size\na,b,3\n",
        "original,other,other\na,b,c\n",
        'original,other\n"a,b\n',
        "\xff\xfe",
    ],
)
def test_lists_that_are_none(run: Run, tmp_path: Path, text: str) -> None:
    """Other columns, no rows, quotes that stay open, no text."""
    path = tmp_path / "pairs.csv"
    path.write_bytes(text.encode("latin-1"))
    code, out, err = run("prove", "--pairs", path)
    assert (code, out) == (2, "")
    assert "pairs.csv" in err


def test_models_or_a_list(run: Run, folder: Path) -> None:
    """Not both, and not neither."""
    path = listed(folder, f'{PAIR},"[0, 1]",4')
    pair = [folder / "models" / name for name in ("a.json", "b.json")]
    assert run("prove", *pair, "--pairs", path)[0] == 2
    assert run("prove", "--pairs", path, "--certificate", "c.json")[0] == 2
    code, _, err = run("prove", pair[0])
    assert (code, "Missing argument 'B'" in err) == (2, True)
    assert run("prove")[0] == 2
