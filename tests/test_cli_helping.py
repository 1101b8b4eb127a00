"""`--help`: whole sentences, rules, files, exit codes, and examples that are commands."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Any

import click
import pytest

from lumpver.cli import cli, helping
from lumpver.io import files
from lumpver.search import lumping

if TYPE_CHECKING:
    from conftest import Run

COMMANDS = pytest.mark.parametrize("name", list(cli.commands))
WIDTHS = (40, 80, 200)


def shown(run: Run, *arguments: str) -> str:
    """What a command prints, which ends with exit code 0."""
    code, out, _ = run(*arguments)
    assert code == 0
    return out


@pytest.mark.parametrize("width", WIDTHS)
def test_no_sentence_is_cut(run: Run, monkeypatch: pytest.MonkeyPatch, width: int) -> None:
    """The list of commands has each one's whole first sentence, however narrow it is."""
    monkeypatch.setenv("COLUMNS", str(width))
    text = " ".join(shown(run, "--help").split())
    assert "..." not in text.removeprefix("Usage: lumpver [OPTIONS] COMMAND [ARGS]...")
    for command in cli.commands.values():
        assert helping.sentence(command) in text


@COMMANDS
def test_first_lines_are_sentences(name: str) -> None:
    """Each begins with a capital, ends with a full stop, and is one sentence."""
    said = helping.sentence(cli.commands[name])
    assert said[0].isupper()
    assert said.endswith(".")
    assert said.count(". ") == 0


@COMMANDS
def test_every_command_has_codes_and_an_example(run: Run, name: str) -> None:
    """`--help` lists the exit codes and shows the command at work."""
    text = shown(run, name, "--help")
    assert "Exit codes:\n" in text
    assert "Example" in text
    codes = text.partition("Exit codes:\n")[2].partition("\n\n")[0].splitlines()
    assert [line.split()[0] for line in codes] == sorted(line.split()[0] for line in codes)
    assert {"0", "2", "4"} <= {line.split()[0] for line in codes}
    for example in helping.EXAMPLES[name]:
        assert example in text


@COMMANDS
def test_examples_are_commands(name: str) -> None:
    """Every example is understood by the command that it is about."""
    for example in helping.EXAMPLES[name]:
        program, command, *arguments = shlex.split(example)
        assert (program, command) == ("lumpver", name)
        context = cli.commands[name].make_context(name, arguments)
        assert isinstance(context, click.Context)


def test_every_rule_and_format_is_explained(run: Run) -> None:
    """`reduce --help` has each rule with its meaning, and each format."""
    assert set(helping.RULES) == set(lumping.ALL)
    assert set(helping.FORMATS) == set(files.FORMATS)
    text = shown(run, "reduce", "--help")
    for word, meaning in (helping.RULES | helping.FORMATS).items():
        assert any(line.split() == [word, *meaning.split()] for line in text.splitlines()), word


def test_options_that_have_no_words() -> None:
    """Every path that a command takes as an option says what it is for."""
    silent: list[Any] = [
        (name, option.name)
        for name, command in cli.commands.items()
        for option in command.params
        if isinstance(option, click.Option)
        and isinstance(option.type, click.Path)
        and not option.help
    ]
    assert silent == []


def test_keep_shows_how_to_quote(run: Run) -> None:
    """`reduce --help` shows a name with a comma, quoted."""
    assert """'"a,0[1]",h2'""" in shown(run, "reduce", "--help")
