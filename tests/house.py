"""The picture of the house in README: its floors, and one weight's way through them."""

from __future__ import annotations

from typing import Final
from xml.sax.saxutils import escape

FLOORS: Final = {
    "version": "the number of the version",
    "errors": "what can go wrong, with fields",
    "exact": "numbers: stored floats as exact ones, rationals beyond",
    "model": "networks as data: kinds of nodes, shapes, exact values",
    "claim": "what is claimed, facts, the certificate's format",
    "bounds": "between which numbers tensors are, on a box",
    "nearness": "how far two networks are apart on a box",
    "roundoff": "how far float32 may be from reals, on a box",
    "io": "readers (trusted) and writers (not)",
    "checker": "facts of each node from those before it, by rules",
    "processes": "child processes and their end",
    "search": "what could go; nothing here is believed",
    "quotient": "the smaller network, and what its number types hold",
    "reducing": "reduce: search, quotient, certificate, self-check",
    "pruning": "prune: weights that go at a price; no evidence",
    "proving": "prove: two models, no certificate; solvers",
    "compressing": "reduce --eps: units that nearly go, as a covering allows",
    "theory": "the paper word for word, its theorems, lumpcheck",
    "trial": "random networks, float trials, audit",
    "tell": "summaries, explanations, reports, the demo",
    "face": "what `import lumpver` offers",
    "cli": "what the command `lumpver` offers",
}
TRUSTED: Final = (
    "errors",
    "exact",
    "model",
    "claim",
    "bounds",
    "nearness",
    "roundoff",
    "io",
    "checker",
)
# The way of a weight 2 in a row that is twice another: floor and what happens there.
WAY: Final = (
    ("io", "read: four bytes of a file become the number 2"),
    ("model", "an entry of W in a Linear node"),
    ("search", "its row is 2 times row 0: one block, scale 2"),
    ("quotient", "row gone; 2 times its reader's column joins column 0"),
    ("io", "write: what is left becomes bytes again"),
    ("claim", "the certificate says: column 0, entry 2"),
    ("checker", "W M is multiplied out again and must be M' W'"),
)
_ROW, _LEFT, _MIDDLE, _WIDTH = 30, 10, 470, 900


def house() -> str:
    """The picture as SVG: floors from the first to the last, the way beside them."""
    height = 46 + _ROW * len(FLOORS)
    return "\n".join([
        (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" role="img"'
        ' font-family="sans-serif" font-size="12">'),
        "<title>The floors of lumpver and one weight's way through them</title>",
        f'<rect width="{_WIDTH}" height="{height}" fill="#ffffff"/>',
        _text(_LEFT, 20, "each floor imports only from those above it; shaded floors are trusted"),
        _text(_MIDDLE + 24, 20, "one weight's way from file to certificate, and its check"),
        *(_floor(i, name, words) for i, (name, words) in enumerate(FLOORS.items())),
        *_way(),
        "</svg>", "",
    ])  # fmt: skip


def _floor(place: int, name: str, words: str) -> str:
    y, shade = 32 + _ROW * place, "#dbe9f6" if name in TRUSTED else "#f4f4f4"
    box = (
        f'<rect x="{_LEFT}" y="{y}" width="{_MIDDLE - _LEFT}" height="{_ROW - 4}" fill="{shade}"'
        ' stroke="#555555"/>'
    )
    return "\n".join([
        box,
        _text(_LEFT + 8, y + 17, name, weight="bold"),
        _text(_LEFT + 92, y + 17, words),
    ])  # fmt: skip


def _way() -> list[str]:
    names = list(FLOORS)
    passed: dict[str, int] = {}
    parts = []
    for number, (floor, words) in enumerate(WAY, start=1):
        y = 32 + _ROW * names.index(floor) + 13 + 13 * passed.get(floor, 0) - 6 * _again(floor)
        passed[floor] = passed.get(floor, 0) + 1
        parts += [
            f'<circle cx="{_MIDDLE + 14}" cy="{y}" r="6" fill="#0072b2"/>',
            (
                f'<text x="{_MIDDLE + 14}" y="{y + 4}" fill="#ffffff" text-anchor="middle"'
                f' font-size="9">{number}</text>'
            ),
            _text(_MIDDLE + 28, y + 4, words),
        ]
    return parts


def _again(floor: str) -> bool:
    return sum(name == floor for name, _ in WAY) > 1


def _text(x: int, y: int, words: str, *, weight: str = "normal") -> str:
    return f'<text x="{x}" y="{y}" fill="#111111" font-weight="{weight}">{escape(words)}</text>'
