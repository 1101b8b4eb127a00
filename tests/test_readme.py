"""The README is right: its Python runs, its shell commands exist."""

from __future__ import annotations

import re
import shlex
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path
from typing import Any

import pytest

import lumpver
from lumpver.cli import cli, main

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
PRINTED = re.compile(r"print\(.*\)\s+# (\S.*)$", re.MULTILINE)


@pytest.mark.parametrize("block", BLOCKS, ids=[str(i) for i in range(len(BLOCKS))])
def test_python_blocks_print_what_they_say(
    block: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every block runs, and every print gives what the comment beside it says."""
    monkeypatch.chdir(tmp_path)
    for package in re.findall(r"^from (sklearn)\b", block, re.MULTILINE):
        pytest.importorskip(package)
    out = StringIO()
    with redirect_stdout(out):
        exec(compile(block, "README.md", "exec"), {})
    lines = out.getvalue().splitlines()
    told = PRINTED.findall(block)
    assert len(lines) == len(told)
    for line, comment in zip(lines, told, strict=True):
        assert comment.startswith(line), (line, comment)


def test_the_picture_is_of_the_example() -> None:
    """The network drawn is that of the example, and drawn as it is today."""
    from lumpver.tell.report import before_after

    names: dict[str, Any] = {}
    with redirect_stdout(StringIO()):
        exec(compile(BLOCKS[0], "README.md", "exec"), names)
    network, found = names["network"], names["found"]
    place = re.findall(r"!\[[^]]*\]\(([^)]*)\)", README)[0]
    drawn = before_after(network, found.network, found.lumping.relabellings).svg
    assert (ROOT / place).read_text(encoding="utf-8") == drawn


def test_links_lead_somewhere() -> None:
    """Every file that the README links to is there."""
    links = [link for link in re.findall(r"\]\(([^)]*)\)", README) if "://" not in link]
    assert links
    assert [link for link in links if not (ROOT / link).exists()] == []


LONG = ("audit", "theorems")
SHOWN = re.findall(r"^\$ (lumpver .*)$", README, re.MULTILINE)


def test_commands_work_one_after_the_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Every command that the README shows works as it is written, on the demonstration's files."""
    monkeypatch.chdir(tmp_path)
    ran = []
    for line in SHOWN:
        words = shlex.split(line, comments=True)
        folder = ""
        if "&&" in words:
            words, (_, _, folder) = words[: words.index("&&")], words[words.index("&&") :]
        if words[1] in LONG:
            continue
        with pytest.raises(SystemExit) as left:
            main(words[1:])
        assert left.value.code == 0, (line, capsys.readouterr().err)
        monkeypatch.chdir(Path(folder or "."))
        ran.append(words[1])
    assert set(ran) | {*LONG, "export"} == set(cli.commands)
    assert Path("report.html").exists()
    assert Path("evidence.zip").exists()


def test_torch_in_two_lines(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A torch module is a file with a certificate in the two lines that the README shows."""
    nn = pytest.importorskip("torch.nn")
    from lumpver.io.torch import from_torch

    monkeypatch.chdir(tmp_path)
    lumpver.save(from_torch(nn.Sequential(nn.Linear(1, 3), nn.ReLU(), nn.Linear(3, 1))), "m.onnx")
    assert lumpver.reduce_file("m.onnx", "small.onnx").certificate == Path("small.onnx.cert.json")


def test_commands_exist() -> None:
    """Every `lumpver` command that the README shows is a command."""
    shown = set(re.findall(r"^\$ lumpver (\w+)", README, re.MULTILINE))
    assert shown
    assert shown <= set(cli.commands)
