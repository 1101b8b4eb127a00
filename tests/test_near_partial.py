"""Searches for coverings that stop and go on: the same tree, however often, with any workers."""

from __future__ import annotations

import json
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from flint import fmpq

import lumpver
from lumpver.claim.certificate import Digest
from lumpver.claim.closeness import SameClass, Within
from lumpver.errors import Malformed
from lumpver.exact.scalar import number
from lumpver.proving import Proved, Unknown, prove
from lumpver.proving.partial import Course, Partial, read, written
from lumpver.search.splitting import Growth, Weighed, grow

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Run

BOX = {"x": [(-1, 1), (0, 1)]}


def networks() -> tuple[lumpver.Network, lumpver.Network]:
    """Two that bounds tell apart in many parts only."""
    draw = np.random.default_rng(0)
    sizes = (2, 10, 10, 2)
    layers = [
        (draw.integers(-8, 9, (n, m)) / 8, draw.integers(-8, 9, n) / 8) for m, n in pairwise(sizes)
    ]
    moved = [(W + draw.integers(-1, 2, W.shape) / 16, b) for W, b in layers]
    return lumpver.Network.from_layers(layers), lumpver.Network.from_layers(moved)


ONE, OTHER = networks()
DIGESTS = Digest("0" * 64, {}), Digest("1" * 64, {})


def whole() -> Proved:
    """The answer without a stop, for a little more than the largest difference that is met."""
    eps = fmpq(0)
    while True:
        found = prove(ONE, OTHER, box=BOX, closeness=Within(eps))
        if isinstance(found, Proved):
            assert found.covering is not None
            assert found.covering.leaves > 8
            return found
        sides = (map(number, side) for side in found.outputs["y"])
        eps = max(abs(p - q) for p, q in zip(*sides, strict=True)) * fmpq(101, 100)


WHOLE = whole()
NEAR = WHOLE.claim.closeness


def stopped(parts: int, **options: Any) -> tuple[Any, list[Partial]]:
    """The answer after so many parts, and what was kept."""
    kept: list[Partial] = []
    course = Course(parts, keep=kept.append, **options)
    return prove(ONE, OTHER, box=BOX, closeness=NEAR, course=course), kept


def same(a: Any, b: Any) -> bool:
    """Whether coverings are the same."""
    return len(a.trees) == len(b.trees) and all(
        np.array_equal(x, y) for x, y in zip(a.trees, b.trees, strict=True)
    )


@pytest.mark.parametrize("parts", [1, 2, 5, 7])
def test_going_on_again_and_again_gives_the_same_tree(parts: int) -> None:
    """As many stops as it takes; each time more is shown."""
    found, kept = stopped(parts)
    before = 0
    while isinstance(found, Unknown):
        (left,) = kept
        assert left.claim == WHOLE.claim
        assert left.waiting > 0
        shown = left.covering.leaves - left.waiting
        assert shown >= before
        before = shown
        again = read(written(left, *DIGESTS), *DIGESTS, where="left")
        assert same(again.covering, left.covering)
        assert (again.open, again.claim) == (left.open, left.claim)
        found, kept = stopped(parts, begun=again)
    assert isinstance(found, Proved)
    assert not kept
    assert same(found.covering, WHOLE.covering)


def test_interrupted_anywhere_it_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    """After any number of steps that a tree takes, the same tree comes of what is kept."""
    linked, calls, stop = Growth._linked, 0, 0

    def step(*given: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls == stop:
            raise KeyboardInterrupt
        return linked(*given)

    for stop in range(1, 40, 3):  # noqa: B007 `step` looks at it
        kept: list[Partial] = []
        calls = 0
        with monkeypatch.context() as patch:
            patch.setattr(Growth, "_linked", step)
            try:
                prove(ONE, OTHER, box=BOX, closeness=NEAR, course=Course(keep=kept.append))
            except KeyboardInterrupt:
                pass
            else:
                break
        (left,) = kept
        found = prove(ONE, OTHER, box=BOX, closeness=NEAR, course=Course(begun=left))
        assert isinstance(found, Proved)
        assert same(found.covering, WHOLE.covering)
    assert stop > 3


def test_two_boxes(tmp_path: Path) -> None:
    """A box that no one came to is open as a whole, or as it was."""
    path = tmp_path / "two.vnnlib"
    names = "".join(f"(declare-const X_{i} Real)\n" for i in range(2))
    path.write_text(
        f"{names}(assert (or (and (<= X_0 0) (>= X_0 -1) (>= X_1 0) (<= X_1 1))"
        " (and (<= X_0 1) (>= X_0 0) (>= X_1 0) (<= X_1 1))))\n"
    )
    last = prove(ONE, OTHER, box=path, closeness=NEAR)
    assert isinstance(last, Proved)
    found, left = None, None
    for _ in range(200):
        kept: list[Partial] = []
        course = Course(3, left, kept.append)
        found = prove(ONE, OTHER, box=path, closeness=NEAR, course=course)
        if isinstance(found, Proved):
            break
        left = kept[0]
        assert len(left.open) == 2
    assert isinstance(found, Proved)
    assert same(found.covering, last.covering)


def test_what_is_gone_on_from_has_to_fit() -> None:
    """Another question, other files, a file that is none, open parts that are not there."""
    _, (left,) = stopped(5)
    for other in (SameClass(), Within("1/1024")):
        with pytest.raises(Malformed):
            prove(ONE, OTHER, box=BOX, closeness=other, course=Course(begun=left))
    text = written(left, *DIGESTS)
    with pytest.raises(Malformed):
        read(text, *reversed(DIGESTS), where="left")
    document = json.loads(text)
    parts = left.covering.leaves
    for wrong in ([], [[]] * 2, [[parts]], [[-1]], [[1, 0]], [[0, 0]], [["0"]], [[True]], 0, None):
        with pytest.raises(Malformed):
            read(json.dumps(document | {"open": wrong}).encode(), *DIGESTS, where="left")
    for name in document:
        less = {key: value for key, value in document.items() if key != name}
        with pytest.raises(Malformed):
            read(json.dumps(less).encode(), *DIGESTS, where="left")
    with pytest.raises(Malformed):
        read(b"[]", *DIGESTS, where="left")


def test_what_differs_is_said(run: Run, tmp_path: Path) -> None:
    """Which file is another, which part of the claim; each leaves with 2."""
    paths, cert, some = files(run, tmp_path)
    assert run("prove", *paths, *some, "--parts", "3")[0] == 3
    (first, second), again = paths, ("--certificate", cert, "--resume")
    box, eps = some[:2], some[2:4]
    third = tmp_path / "third.json"
    lumpver.save(lumpver.Network.from_layers([([[1, 0], [0, 1]], None)]), third)
    asked = {
        "got one of B and A": (second, first, *box, *eps),
        "covering of A": (third, second, *box, *eps),
        "covering of B": (first, third, *box, *eps),
        "from: domain": (first, second, "--box", "[0, 1]", *eps),
        "from: closeness": (first, second, *box, "--eps", "2"),
        "expected of the same class": (first, second, *box, "--same-class"),
        "no other question, got --resume": (first, second, *box, "--eps", "max"),
    }
    before = cert.read_bytes()
    for words, arguments in asked.items():
        code, _, err = run("prove", *arguments, *again)
        assert (code, words in err) == (2, True), err
        assert cert.read_bytes() == before


def test_it_is_late_after_a_batch() -> None:
    """What was not weighed stays open, and what is gone on with comes to the same."""
    with_many = Growth(np.array([-1.0, 0.0]), np.array([1.0, 1.0]))
    plain = np.ones(2)
    node, part, volume = with_many.open.pop()
    with_many.cut(node, part, volume, plain, 9)
    assert len(with_many.open) == 512
    none = np.full(128, -1)
    weighing = Weighed(np.ones(128, dtype=bool), np.zeros(128), np.ones((128, 2)), none)
    times = iter([False, True])
    assert not grow(
        with_many,
        lambda batches: (weighing for _ in batches),
        scale=1.0,
        most=10**6,
        met=lambda _: False,
        late=lambda: next(times),
    )
    assert (with_many.spent, with_many.leaves, len(with_many.open)) == (256, 256, 256)
    assert with_many.covered == 0.5
    assert len(with_many.preorder()[1]) == 256


def test_a_lie_is_no_certificate(run: Run, tmp_path: Path) -> None:
    """Of a file in which no part is open where some are, nothing is written but the error."""
    paths, cert, some = files(run, tmp_path)
    assert run("prove", *paths, *some, "--parts", "3")[0] == 3
    document = json.loads(cert.read_bytes())
    assert document["open"] != [[]]
    cert.write_text(json.dumps(document | {"open": [[]]}))
    code, _, err = run("prove", *paths, *some, "--resume")
    assert code == 2
    assert "closeness" in err
    assert str(cert) in err
    assert json.loads(cert.read_bytes())["format"] == "lumpver-covering"


def files(run: Run, folder: Path) -> tuple[tuple[Path, Path], Path, tuple[Any, ...]]:
    """Two models, the path of a certificate, and the options that ask for it."""
    paths, cert = (folder / "a.json", folder / "b.json"), folder / "c.json"
    for network, path in zip((ONE, OTHER), paths, strict=True):
        lumpver.save(network, path)
    box = folder / "box.vnnlib"
    box.write_text(
        "(declare-const X_0 Real)\n(declare-const X_1 Real)\n"
        "(assert (<= X_0 1))\n(assert (>= X_0 -1))\n(assert (<= X_1 1))\n(assert (>= X_1 0))\n"
    )
    assert isinstance(NEAR, Within)
    eps = f"{NEAR.eps.p}/{NEAR.eps.q}"
    return paths, cert, ("--box", box, "--eps", eps, "--certificate", cert)


def test_the_same_bytes_for_any_number_of_workers(run: Run, tmp_path: Path) -> None:
    """Of what is left after so many parts, and of the certificate that comes of it."""
    paths, cert, some = files(run, tmp_path)
    left = []
    for workers in (1, 2):
        code, out, _ = run("prove", *paths, *some, "--parts", "9", "--workers", workers)
        assert (code, "no certificate yet" in out) == (3, True)
        left.append(cert.read_bytes())
    assert left[0] == left[1]
    code, _, err = run("check", *paths, cert, *some[:4], "--exact-box")
    assert code == 2
    assert "is a partial covering" in err
    assert run("prove", *paths, *some, "--resume", "--workers", "2")[0] == 0
    last = cert.read_bytes()
    assert run("check", *paths, cert, *some[:4], "--exact-box")[0] == 0
    assert run("prove", *paths, *some, "--workers", "1")[0] == 0
    assert cert.read_bytes() == last


def test_options_that_need_others(run: Run, tmp_path: Path) -> None:
    """A budget without a question of closeness; going on without a file, or from another."""
    paths, cert, some = files(run, tmp_path)
    assert run("prove", *paths, "--parts", "9")[0] == 2
    assert run("prove", *paths, "--resume", "--certificate", cert)[0] == 2
    assert run("prove", *paths, *some[:4], "--resume")[0] == 2
    cert.write_text("{}")
    assert run("prove", *paths, *some, "--resume")[0] == 2
    assert cert.read_text() == "{}"
