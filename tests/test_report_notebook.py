"""Tests for `lumpver.tell.report.notebook`: what a notebook shows of networks and answers."""

from __future__ import annotations

import importlib
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from IPython.core.formatters import HTMLFormatter

from lumpver.checker import Checked, check
from lumpver.claim.certificate import Certificate
from lumpver.model.network import Linear, Network, Tensor
from lumpver.model.relabelling import identity
from lumpver.model.weights import weights_of
from lumpver.proving import Proved, Refuted, Unknown, prove
from lumpver.reducing.reduction import reduce
from lumpver.tell import displays
from lumpver.tell.explanation import explain
from lumpver.tell.report import notebook

TWINS = Network.from_layers([([[1], ["1/3"], [0]], [0, 0, 7]), ([[1, 1, 1]], None)])
FOUND = reduce(TWINS)
EVIL = "<script>alert(1)</script>\x00\u202e"
VOID = {"br", "circle", "rect", "path"}
FORMATTER = HTMLFormatter()
displays.register(FORMATTER)


class Reader(HTMLParser):
    """What is open, what was seen, and all text."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: set[str] = set()
        self.text = ""

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        """One more is open."""
        assert not any(name.startswith("on") for name, _ in attrs)
        self.tags.add(tag)
        self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: Any) -> None:
        """Opened and closed at once."""
        assert tag in VOID
        self.handle_starttag(tag, attrs)
        self.open.pop()

    def handle_endtag(self, tag: str) -> None:
        """The last one is closed."""
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        """Text."""
        self.text += data


def html(shown: Any) -> str:
    """What a notebook gets of an object."""
    found = FORMATTER(shown)
    assert isinstance(found, str)
    return found


def read(shown: Any) -> Reader:
    """What is in it: balanced tags, none of them a script."""
    reader = Reader()
    reader.feed(html(shown))
    assert reader.open == []
    assert reader.tags.isdisjoint({"script", "iframe", "object", "link", "img"})
    return reader


SHOWN = {
    "network": (TWINS, "<Network x -> y: 3 units (3)"),
    "lumping": (FOUND.lumping, "h1.pre: 3 units, 1 left; 0, 1 in one block; constant: 2 is 7."),
    "relabelling": (identity(2), "t: 2 units."),
    "reduction": (FOUND, "After: x: 1 unit. h1.pre (Relu): 1 unit."),
    "certificate": (FOUND.certificate, "A claim; lumpver.check says whether it is right."),
    "checked": (check(TWINS, FOUND.network, FOUND.certificate), "3 before, 1 after"),
    "proved": (
        prove(TWINS, FOUND.network),
        "the prover in exact arithmetic, which asked no solver, the model reader",
    ),
    "refuted": (prove(TWINS, Network.from_layers([([[1]], None)])), "the outputs differ"),
    "unknown": (Unknown("monolithic", "timeout", "(assert <x>)\n"), "SMT-LIB, 2 lines"),
    "explanation": (explain(FOUND.certificate, "h1.pre[2]"), "h1.pre[2] = 7"),
}


@pytest.mark.parametrize("kind", SHOWN)
def test_shown(kind: str) -> None:
    """Each object shows itself, with its numbers."""
    given, expected = SHOWN[kind]
    assert expected in read(given).text


def test_no_tensors() -> None:
    """What is empty is shown too."""
    empty = Network((), (), (), {})
    assert "no tensors" in read(empty).text
    assert "0 tensors relabelled" in read(Certificate({})).text
    assert read(Refuted("evaluation", {}, {})).text


def test_refuted_says_where() -> None:
    """The counterexample and both outputs are exact numbers."""
    answer = prove(
        Network.from_layers([([["1/3"]], ["2/7"])]), Network.from_layers([([[1]], None)])
    )
    assert isinstance(answer, Refuted)
    shown = read(answer).text
    for name, (first, second) in answer.outputs.items():
        assert f"first {name}{first[0]}" in shown
        assert f"second {name}{second[0]}" in shown


def test_much_is_shortened() -> None:
    """Neither a thousand numbers, nor a number of a thousand digits, nor a long query floods it."""
    import sympy

    long = sympy.Rational(10**1000 + 1, 3)
    answer = Refuted("evaluation", {"x": tuple([long] * 1000)}, {"y": ((1,), (2,))})
    shown = read(answer).text
    assert "and 984 more" in shown
    assert len(shown) < 3000
    assert len(read(Unknown("sweeping", "timeout", "x" * 10**6)).text) < 5000


def test_nothing_is_markup() -> None:
    """Names, notes, reasons and queries are text, whatever is in them."""
    tensors = {name: Tensor(name, shape=(2,)) for name in (EVIL, EVIL + "y")}
    node = Linear("a", EVIL, EVIL + "y", weights_of(np.eye(2)))
    network = Network((tensors[EVIL],), (tensors[EVIL + "y"],), (node,), tensors)
    answers: list[Any] = [
        network,
        reduce(network),
        Checked(1, 1, EVIL, (EVIL,)),
        Proved(EVIL),
        Refuted(EVIL, {EVIL: (1,)}, {EVIL: ((1,), (2,))}),
        Unknown(EVIL, EVIL, EVIL + "</pre>"),
    ]
    for shown in answers:
        assert "<script>" in read(shown).text
        assert "\x00" not in html(shown)


@pytest.mark.parametrize(("place", "name"), displays.HTML)
def test_displays_name_what_exists(place: str, name: str) -> None:
    """Each display is for a class that lies where IPython looks for it."""
    found = getattr(importlib.import_module(place), name)
    assert (found.__module__, found.__qualname__) == (place, name)
    assert callable(getattr(notebook, displays.HTML[place, name]))


def printed(*lines: str) -> list[str]:
    """The words that a fresh process prints."""
    root = Path(__file__).resolve().parents[1]
    done = subprocess.run(
        [sys.executable, "-c", "\n".join(lines)],
        cwd=root,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.split()


def test_displays_load_no_matplotlib() -> None:
    """Importing lumpver loads no picture, and showing a network loads no matplotlib."""
    words = printed(
        "import sys, IPython",
        "shell = IPython.InteractiveShell.instance()",
        "already = 'matplotlib' in sys.modules",
        "import lumpver",
        "n = lumpver.Network.from_layers([([[1]], [0])])",
        "print(already, 'lumpver.tell.report' in sys.modules)",
        "print('text/html' in shell.display_formatter.format(n)[0])",
        "print('lumpver.tell.report' in sys.modules, 'matplotlib' in sys.modules)",
    )
    assert words == ["False", "False", "True", "True", "False"]


@pytest.mark.parametrize("before", ["", "import IPython"])
def test_no_displays_outside_a_shell(before: str) -> None:
    """Where IPython does not run, nobody is told how to show networks, and it is not loaded."""
    words = printed(before, "import sys, lumpver", "print('IPython' in sys.modules)")
    assert words == [str(bool(before))]
