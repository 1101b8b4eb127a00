"""The README is right: its Python runs, its shell commands exist."""

from __future__ import annotations

import re
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path

import pytest

from lumpver.cli import cli

README = (Path(__file__).parent.parent / "README.md").read_text()
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


def test_commands_exist() -> None:
    """Every `lumpver` command that the README shows is a command."""
    shown = set(re.findall(r"^\$ lumpver (\w+)", README, re.MULTILINE))
    assert shown
    assert shown <= set(cli.commands)
