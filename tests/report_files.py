"""Model files with certificates, right and wrong, that reports are made from."""

from __future__ import annotations

import json
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np

from lumpver.io.json.writing import write
from lumpver.model.network import Network
from lumpver.reducing.pipeline import reduce_file
from lumpver.search.lumping import LUMPING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

HOSTILE: Final = "</script><script>alert(1)</script>&\"'\u2028\u202e"
LAYERS: Final = [([[1], [2], [0], [-1], [-2]], [0, 0, 7, 0, 0]), ([[1, 1, 1, 2, -1]], None)]
FATES: Final = Network.from_layers([*LAYERS])  # merged, merged, constant, unused, unused
ONE: Final = Network.from_layers([([[3, 0]], None), ([["1/3"], [1]], None)])
OTHER: Final = Network.from_layers([([[3, 0]], None), ([["1/2"], [1]], None)])


class Files(NamedTuple):
    """A model, its reduction, and the certificate."""

    model: Path
    reduced: Path
    certificate: Path


def made(
    folder: Path, network: Network = FATES, *, rename: str = "", rules: Iterable[str] = LUMPING
) -> Files:
    """The network, reduced by these rules; with `rename` the hidden layer has that name."""
    folder.mkdir(exist_ok=True)
    data = write(network)
    if rename:
        data = data.replace(b'"h1.pre"', json.dumps(rename).encode())
    found = Files(folder / "model.json", folder / "small.json", folder / "small.json.cert.json")
    found.model.write_bytes(data)
    reduce_file(found.model, found.reduced, rules=rules)
    return found


def pair(folder: Path, a: Network = ONE, b: Network = OTHER) -> tuple[Path, Path]:
    """Two models without a certificate."""
    places = folder / "a.json", folder / "b.json"
    for place, network in zip(places, (a, b), strict=True):
        place.write_bytes(write(network))
    return places


def tampered(files: Files, **members: Any) -> Files:
    """The same with a certificate that is wrong; `members` replace those of the document."""
    document = json.loads(files.certificate.read_bytes()) | members
    if not members:
        next(iter(document["tensors"].values()))[0]["rows"]["entry"][1] = "3"
    files.certificate.write_text(json.dumps(document), encoding="utf-8")
    return files


def large(units: int) -> Network:
    """One hidden layer of so many units, about a third of them merged, from a fixed seed."""
    rng = np.random.default_rng(0)
    W, b = rng.integers(-3, 4, (units, 5)), rng.integers(-1, 2, units)
    return Network.from_layers(
        [(W.astype(float), b.astype(float)), (rng.integers(-2, 3, (2, units)).astype(float), None)]
    )


class Element(NamedTuple):
    """A start tag with its attributes and the text directly behind it."""

    tag: str
    given: dict[str, str | None]


class Page(HTMLParser):
    """What is in a page: start tags in order, and all text by the tag it stands in."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[Element] = []
        self.texts: list[tuple[str, str]] = []
        self._open: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """A tag opens."""
        self.elements.append(Element(tag, dict(attrs)))
        if tag not in {"meta", "input", "br"}:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """A tag opens and closes."""
        self.elements.append(Element(tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        """A tag closes what is open."""
        assert self._open, tag
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        """Text."""
        self.texts.append((self._open[-1] if self._open else "", data))

    def all(self, tag: str) -> list[dict[str, str | None]]:
        """The attributes of every element of that kind."""
        return [element.given for element in self.elements if element.tag == tag]

    @property
    def balanced(self) -> bool:
        """Whether every element was closed."""
        return not self._open

    def inside(self, tag: str) -> list[str]:
        """The texts directly inside elements of that kind."""
        return [text for place, text in self.texts if place == tag]

    @property
    def words(self) -> str:
        """All text of the page for a reader, in one line."""
        read = (text for place, text in self.texts if place not in {"script", "style"})
        return " ".join(" ".join(read).split())
