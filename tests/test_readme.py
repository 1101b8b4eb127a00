"""The README is right: its Python runs, its shell commands exist."""

from __future__ import annotations

import re
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path
from typing import Any

import pytest

from lumpver.cli import cli

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
PRINTED = re.compile(r"print\(.*\)\s+# (\S.*)$", re.MULTILINE)


@pytest.mark.parametrize("block", BLOCKS, ids=[str(i) for i in range(len(BLOCKS))])
def test_python_blocks_print_what_they_say(block: str) -> None:
    """Every block runs, and every print gives what the comment beside it says."""
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
    from lumpver.report import before_after

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


def test_commands_exist() -> None:
    """Every `lumpver` command that the README shows is a command."""
    shown = set(re.findall(r"^\$ lumpver (\w+)", README, re.MULTILINE))
    assert shown
    assert shown <= set(cli.commands)
