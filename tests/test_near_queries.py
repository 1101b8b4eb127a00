"""Queries of VNN-LIB 2 about two networks: read as closeness, answered, written, or refused."""

from __future__ import annotations

import json
from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from flint import fmpq
from hypothesis import given
from hypothesis import strategies as st
from vnnlib_oracle import tokens, tree

from lumpver.claim.closeness import Equal, SameClass, Within
from lumpver.claim.document import domain_document
from lumpver.claim.domain import AllInputs, Box, Boxes
from lumpver.errors import LumpverError, Malformed, ShapeMismatch, Unreadable
from lumpver.exact.scalar import number
from lumpver.io.json.writing import write
from lumpver.model.network import Network
from lumpver.proving import prove
from lumpver.proving.queries import outputs as outputs_of_queries
from lumpver.proving.queries.answering import SAT, UNKNOWN, UNSAT, Verdict, assignment, verdict
from lumpver.proving.queries.asking import Query, read_query
from lumpver.proving.queries.writing import written

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from conftest import Run

    from lumpver.claim.closeness import Closeness

EYE = ([[1, 0], [0, 1]], None)
ONE = Network.from_layers([EYE, EYE])
OFF = Network.from_layers([EYE, ([[1, 0], [0, 1]], [0, "1/20"])])  # y[1] is 0.05 more
BOX = Boxes((Box.of({"x": [(-1, 1), (0, 1)]}),))
HEAD = """(vnnlib-version <2.0>)
(declare-network f (declare-input X real [2]) (declare-output Y real [2]))
(declare-network g (declare-input V real [2]) (declare-output W real [2]))
"""
TIED = "(assert (== X[0] V[0]))\n(assert (== X[1] V[1]))\n"
BOUNDED = "(assert (and (<= X[0] 1.0) (>= X[0] -1.0) (<= X[1] 1.0) (>= X[1] 0.0)))\n"
APART = """(assert (or
 (or (> Y[0] (+ W[0] 0.05)) (< Y[0] (- W[0] 0.05)))
 (or (> Y[1] (+ W[1] 0.05)) (< Y[1] (- W[1] 0.05)))))
"""


def read(folder: Path, text: str, a: Network = ONE, b: Network = OFF) -> Query:
    """The query of a text."""
    path = folder / "q.vnnlib"
    path.write_text(text, encoding="utf-8")
    return read_query(path, a, b)


def answered(query: Query, a: Network, b: Network) -> Verdict:
    """What is said of it."""
    return verdict(query, prove(a, b, box=query.stated, closeness=query.closeness), a, b)


FIRST = "(> Y[0] (+ W[0] 0.05))"
SPELLED = [
    "(< (+ W[0] 0.05) Y[0])",
    "(> (- Y[0] 0.05) W[0])",
    "(> (- Y[0] W[0]) 0.05)",
    "(< -0.05 (- Y[0] W[0] 0.1))",
    "(< (- W[0] Y[0]) -0.05)",
    "(> (+ Y[0] (* -1.0 W[0])) 0.05)",
    "(> (* 20.0 Y[0]) (+ (* W[0] 20.0) 1.0))",
    "(> (- (+ Y[0] X[0]) (+ W[0] V[0])) 0.05)",
    "(and (> Y[0] (+ W[0] 0.05)))",
    "(and (or (> Y[0] (+ W[0] 0.05)) (> 1.0 2.0)) (< 1.0 2.0))",
    "(or (> Y[0] (+ W[0] 0.05)) (> Y[0] (+ W[0] 0.07)))",
]


@pytest.mark.parametrize("spelled", SPELLED)
def test_one_distance_in_many_spellings(tmp_path: Path, spelled: str) -> None:
    """All of these say that the first output is 0.05 above the other network's."""
    query = read(tmp_path, HEAD + TIED + BOUNDED + APART.replace(FIRST, spelled))
    assert query.closeness == Within("1/20")
    assert query.notes == ()
    assert query.stated.boxes == BOX.boxes


@pytest.mark.parametrize(
    ("old", "new", "closeness", "notes"),
    [
        ("(> Y[0] (+", "(>= Y[0] (+", Within(fmpq(999999, 20000000)), 1),
        ("W[0] 0.05)) (<", "W[0] 0.04)) (<", Within("1/25"), 1),
        ("0.05", "0.0", Equal(), 0),
        ("0.05", "5", Within(5), 0),
        ("(or (> Y[0] (+ W[0] 0.05)) (< Y[0] (- W[0] 0.05)))", "(!= Y[0] W[0])", Within(0), None),
    ],
)
def test_strict_weak_and_uneven_distances(
    tmp_path: Path, old: str, new: str, closeness: Closeness, notes: int | None
) -> None:
    """What may be reached is asked for with less; of an output the least distance counts."""
    query = read(tmp_path, HEAD + TIED + BOUNDED + APART.replace(old, new))
    if notes is None:  # one entry may not differ at all, so neither may the other
        assert (query.closeness, len(query.notes)) == (Equal(), 1)
    else:
        assert (query.closeness, len(query.notes)) == (closeness, notes)


WHOLE = HEAD + TIED + BOUNDED + APART
REFUSED: list[tuple[str, str, str]] = [
    (TIED, "", "(== X[0] V[0])"),
    ("(assert (== X[1] V[1]))", "", "(== X[1] V[1])"),
    ("(== X[1] V[1])", "(== X[1] V[0])", "(== X[1] V[1])"),
    ("(== X[1] V[1])", "(>= X[1] V[1])", "(== X[1] V[1])"),
    ("(== X[1] V[1])", "(== X[1] (+ V[1] 0.1))", "(== X[1] V[1])"),
    ("(== X[1] V[1])", "(== X[1] (* 2.0 V[1]))", "(== X[1] V[1])"),
    ("(== X[1] V[1])", "(or (== X[1] V[1]) (<= X[0] 0.0))", "(== X[1] V[1])"),
    ("(<= X[0] 1.0)", "(< X[0] 1.0)", "line 6"),
    ("(<= X[0] 1.0)", "(!= X[0] 1.0)", "line 6"),
    ("(<= X[0] 1.0)", "(<= X[0] Y[0])", "line 6"),
    ("(<= X[0] 1.0)", "(<= X[0] -2.0)", "a box with a point"),
    ("(<= X[0] 1.0)", "(<= (* X[0] X[0]) 1.0)", "at most one factor"),
    (APART, "", "an assertion about outputs"),
    ("(or (> Y[0]", "(and (> Y[0]", "distances"),
    ("(assert (or\n", "(assert (and\n", "distances"),
    ("(> Y[0] (+ W[0] 0.05))", "(> Y[0] (- W[0] 0.05))", "not negative"),
    ("(> Y[0] (+ W[0] 0.05))", "(>= Y[0] W[0])", "above 0"),
    ("(> Y[0] (+ W[0] 0.05))", "(> Y[0] (+ W[1] 0.05))", "line 8"),
    ("(> Y[0] (+ W[0] 0.05))", "(> Y[0] (+ (* 2.0 W[0]) 0.05))", "line 8"),
    ("(> Y[0] (+ W[0] 0.05))", "(> Y[0] 0.05)", "line 8"),
    ("(> Y[0] (+ W[0] 0.05))", "(> Y[0] (+ W[0] X[0] 0.05))", "line 8"),
    ("(> Y[0] (+ W[0] 0.05))", "(> X[0] 0.05)", "about inputs"),
    ("(> Y[0] (+ W[0] 0.05))", "(and (> Y[0] (+ W[0] 0.05)) (<= X[0] 0.0))", "about inputs"),
    ("(> Y[0] (+ W[0] 0.05))", "(> Y[0] (+ Y[1] 0.05))", "line 8"),
    ("(or (> Y[0] (+ W[0] 0.05)) (<", "(or (<", "Y[0] may be above W[0]"),
    ("(or (> Y[1] (+ W[1] 0.05)) (< Y[1] (- W[1] 0.05)))", "(> 1.0 2.0)", "Y[1]"),
    ("W real", "W float32", "real arithmetic"),
    ("(declare-network g", "(declare-network f", "f again"),
    ("V real [2]", "Y real [2]", "Y again"),
    ("(declare-network g", "(declare-network g (isomorphic-to h)", "isomorphic-to f"),
    ("(declare-network g", "(declare-network g (equal-to f)", "one model for f and g"),
    ("(declare-network f", "(declare-network f (isomorphic-to g)", "declared before"),
    ("(declare-network g", "(declare-network g (isomorphic-to)", "the name of a network"),
    ("(declare-output W", '(declare-hidden H real [1] "h") (declare-output W', "H"),
    ("W real [2]", "W real [3]", "shape"),
    ("V real [2]", "V real [3]", "shape"),
    (
        "(declare-network g (declare-input V real [2]) (declare-output W real [2]))\n",
        "",
        "two networks, got 1",
    ),
    ("(vnnlib-version <2.0>)", "(vnnlib-version <3.0>)", "<2.0>"),
    (APART, APART * 2, "distances"),
    ("(assert (== X[0] V[0]))", "(assert (or))", "terms behind or"),
    ("(assert (== X[0] V[0]))", "(check-sat)", "check-sat"),
    ("(assert (== X[0] V[0]))", "(assert true)", "something to assert"),
    ("(assert (== X[0] V[0]))", "(assert (== X[2] V[0]))", "X[2]"),
    ("(assert (== X[0] V[0]))", "(assert (not (== X[0] V[0])))", "not"),
]


@pytest.mark.parametrize(("old", "new", "word"), REFUSED)
def test_refused(tmp_path: Path, old: str, new: str, word: str) -> None:
    """What is no claim of closeness on boxes is refused in words, and nothing is skipped."""
    assert old in WHOLE
    with pytest.raises((Malformed, ShapeMismatch)) as caught:
        read(tmp_path, WHOLE.replace(old, new, 1))
    assert word in str(caught.value)
    assert len(str(caught.value)) < 400


def test_three_networks_one_network_and_other_files(tmp_path: Path) -> None:
    """A query is about two networks, in a text of VNN-LIB 2."""
    third = "(declare-network h (declare-input A real [2]) (declare-output B real [2]))\n"
    with pytest.raises(Malformed, match="two networks, got 3"):
        read(tmp_path, HEAD + third + TIED + APART)
    with pytest.raises(Malformed, match="two networks"):
        read(tmp_path, "\n".join(HEAD.splitlines()[:2]) + "(assert (<= X[0] 1.0))")
    with pytest.raises(Malformed, match="VNN-LIB 2"):
        read(tmp_path, "(declare-const X_0 Real)(assert (<= X_0 1.0))")
    path = tmp_path / "bytes.vnnlib"
    path.write_bytes(b"\x80\x04")
    with pytest.raises(Unreadable):
        read_query(path, ONE, OFF)
    with pytest.raises(Unreadable):
        read_query(tmp_path / "none.vnnlib", ONE, OFF)


@pytest.mark.parametrize(
    "asserted",
    [
        "(assert " + "(and " * 100_000,
        "(assert (and " + "(or (> Y[0] W[0]) (> W[0] Y[0])) " * 40 + "))",
        "(assert (and " + "(or (<= X[0] 1.0) (<= X[1] 1.0)) " * 40 + "))" + APART,
        "(assert (> Y[0] (+ W[0] 1e99999)))",
        "(assert (> Y[0] (+ W[0] " + "9" * 5000 + ")))",
        "(assert (> Y[0] (+ W[0] (* " + "1e900 " * 9000 + "))))",
    ],
    ids=["deep", "many ways", "many boxes", "power", "digits", "product"],
)
def test_hostile_texts_are_refused_at_once(tmp_path: Path, asserted: str) -> None:
    """Sizes are found before anything of that size is made."""
    with pytest.raises(Malformed):
        read(tmp_path, HEAD + TIED + BOUNDED + asserted)


def test_ways_are_counted_before_they_are_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With another limit, what was read is too much."""
    monkeypatch.setattr(outputs_of_queries, "MOST", 3)
    with pytest.raises(Malformed, match="at most 3 relations"):
        read(tmp_path, WHOLE)


@pytest.mark.parametrize(
    ("old", "new", "word"),
    [
        ("0.05", "0.05", UNKNOWN),  # just that, which bounds that are rounded outward cannot show
        ("0.05", "0.049", SAT),
        ("0.05", "0.051", UNSAT),
    ],
)
def test_answers(tmp_path: Path, old: str, new: str, word: str) -> None:
    """Exactly at the distance that there is: strict relations are not satisfied."""
    query = read(tmp_path, WHOLE.replace(old, new))
    found = answered(query, ONE, OFF)
    assert found.word == word
    if word == SAT:
        assert query.satisfied(found.assignment)
        assert found.assignment["X"] == found.assignment["V"]
        w, y = found.assignment["W"], found.assignment["Y"]
        assert w[1] - y[1] == fmpq(1, 20)


def test_a_distance_that_is_just_reached(tmp_path: Path) -> None:
    """A weak relation is satisfied there; just above it neither is shown, and that is said."""
    weak = WHOLE.replace("(> ", "(>= ").replace("(< ", "(<= ")
    assert answered(read(tmp_path, weak), ONE, OFF).word == SAT
    found = answered(read(tmp_path, weak.replace("0.05", "0.05000001")), ONE, OFF)
    assert (found.word, "more than the query needs" in found.reason) == (UNKNOWN, True)
    assert answered(read(tmp_path, weak.replace("0.05", "0.0501")), ONE, OFF).word == UNSAT


def test_half_spaces_are_satisfied_too(tmp_path: Path) -> None:
    """A point on the box that is beyond them is no assignment; what holds on the box does."""
    off = Network.from_layers([EYE, ([[2, 0], [0, 1]], None)])  # y[0] differs where x[0] > 0
    beyond = WHOLE + "(assert (<= (+ X[0] V[1]) -0.5))"
    query = read(tmp_path, beyond, ONE, off)
    found = answered(query, ONE, off)
    assert found.word == UNKNOWN
    assert answered(read(tmp_path, beyond.replace("0.05", "1.5"), ONE, off), ONE, off).word == UNSAT


def test_two_inputs_and_outputs_in_another_order(tmp_path: Path) -> None:
    """Tensors are paired as the models' are, and elements with theirs."""
    swapped = TIED.replace("V[0]", "V[2]").replace("V[1]", "V[0]").replace("V[2]", "V[1]")
    with pytest.raises(Malformed, match=r"== X\[0\] V\[0\]"):
        read(tmp_path, HEAD + swapped + BOUNDED + APART)


def test_the_model_twice(tmp_path: Path) -> None:
    """One model for both, as equal-to has it, is at no distance."""
    text = WHOLE.replace("(declare-network g", "(declare-network g (equal-to f)")
    query = read(tmp_path, text, ONE, ONE)
    assert answered(query, ONE, ONE).word == UNSAT
    iso = WHOLE.replace("(declare-network g", "(declare-network g (isomorphic-to f)")
    assert read(tmp_path, iso).closeness == Within("1/20")


# a second reading of what is written: slow, plain, and by itself


def value(term: Any, known: Mapping[str, fmpq]) -> fmpq:
    """What an arithmetic term is."""
    if isinstance(term, tuple):
        return known[term[1]] if term[1] in known else number(term[1])
    (_, head), *rest = term
    parts = [value(part, known) for part in rest]
    if head == "*":
        return parts[0] * parts[1]
    if head == "+":
        return sum(parts, fmpq(0))
    return parts[0] - parts[1] if len(parts) > 1 else -parts[0]


def true(term: Any, known: Mapping[str, fmpq]) -> bool:
    """Whether a term holds."""
    (_, head), *rest = term
    if head in {"and", "or"}:
        return (all if head == "and" else any)([true(part, known) for part in rest])
    x, y = (value(part, known) for part in rest)
    return {">": x > y, "<": x < y, ">=": x >= y, "<=": x <= y, "==": x == y, "!=": x != y}[head]


def holds(text: str, known: Mapping[str, fmpq]) -> bool:
    """Whether all that a text asserts is so."""
    commands = tree(tokens(text))
    return all(true(one[1], known) for one in commands if one[0][1] == "assert")


def near(closeness: Closeness, ours: list[fmpq], theirs: list[fmpq]) -> bool:
    """Whether outputs are so near, by the words of the claim."""
    if isinstance(closeness, SameClass):
        sign = 1 if closeness.by == "max" else -1
        a, b = ([sign * v for v in side] for side in (ours, theirs))
        best = a.index(max(a))
        led = all(a[best] - v >= closeness.delta for j, v in enumerate(a) if j != best)
        return not led or b.index(max(b)) == best
    eps = closeness.of("y") if isinstance(closeness, Within) else fmpq(0)
    return all(abs(p - q) <= eps for p, q in zip(ours, theirs, strict=True))


FRACTIONS = st.fractions(-4, 4, max_denominator=12).map(lambda f: fmpq(f.numerator, f.denominator))
DISTANCES = FRACTIONS.map(abs)
CLOSE = st.one_of(
    DISTANCES.map(Within),
    st.just(Equal()),
    st.builds(SameClass, st.sampled_from(["max", "min"]), st.one_of(st.just(fmpq(0)), DISTANCES)),
)
RANGES = st.one_of(
    st.just((None, None)),
    FRACTIONS.map(lambda v: (v, None)),
    FRACTIONS.map(lambda v: (None, v)),
    st.tuples(FRACTIONS, FRACTIONS).map(lambda ends: (min(ends), max(ends))),
)
BOXES = st.lists(st.tuples(RANGES, RANGES), min_size=1, max_size=3, unique=True)


@given(closeness=CLOSE, ranges=BOXES, seed=st.integers(0, 2**16))
def test_what_is_written_is_read_and_means_that(
    tmp_path_factory: pytest.TempPathFactory, closeness: Closeness, ranges: Any, seed: int
) -> None:
    """Domain and closeness come back, and the text is satisfied just where the claim fails."""
    domain = Boxes(tuple(Box.of({"x": list(one)}) for one in ranges))
    text = written(ONE, OFF, domain, closeness)
    query = read(tmp_path_factory.mktemp("q"), text)
    assert query.closeness == (Equal() if closeness == Within(0) else closeness)
    assert query.notes == ()
    assert domain_document(Boxes(query.stated.boxes)) == domain_document(domain)
    random = np.random.default_rng(seed)
    for _ in range(20):
        x, ours, theirs = ([fmpq(int(v), 4) for v in random.integers(-8, 9, 2)] for _ in range(3))
        values = {"X_f": x, "X_g": x, "Y_f": ours, "Y_g": theirs}
        known = {f"{name}[{i}]": v for name, of in values.items() for i, v in enumerate(of)}
        inside = query.stated.holds({"x": x})
        satisfied = query.satisfied(values)
        assert satisfied == (inside and not near(closeness, ours, theirs)) == holds(text, known)


@given(
    limits=st.lists(st.tuples(DISTANCES, st.booleans()), min_size=4, max_size=4),
    seed=st.integers(0, 2**16),
)
def test_closeness_that_is_asked_leaves_no_way(
    tmp_path_factory: pytest.TempPathFactory, limits: Any, seed: int
) -> None:
    """Whatever distances are asked for: outputs that are as near as is shown satisfy nothing."""
    ways = []
    for (place, (p, q)), (eps, strict) in zip(product(range(2), ("YW", "WY")), limits, strict=True):
        relation = ">" if strict or eps == 0 else ">="
        ways.append(f"({relation} (* {eps.q} (- {p}[{place}] {q}[{place}])) {eps.p})")
    text = HEAD + TIED + BOUNDED + f"(assert (or {' '.join(ways)}))"
    query = read(tmp_path_factory.mktemp("q"), text)
    random = np.random.default_rng(seed)
    x = [fmpq(0), fmpq(0)]
    most = query.closeness.of("y") if isinstance(query.closeness, Within) else fmpq(0)
    for _ in range(10):
        ours = [fmpq(int(v), 4) for v in random.integers(-8, 9, 2)]
        theirs = [v + int(random.integers(-4, 5)) * most / 4 for v in ours]
        assert near(query.closeness, ours, theirs)
        assert not query.satisfied({"X": x, "V": x, "Y": ours, "W": theirs})


def test_written_for_all_inputs_and_refused(tmp_path: Path) -> None:
    """Without a box no bound is asserted; sizes that nobody knows are refused."""
    query = read(tmp_path, written(ONE, OFF, AllInputs(), Within(1)))
    assert domain_document(Boxes(query.stated.boxes)) == "all inputs"
    three = Network.from_layers([([[1, 0]] * 3, None)])
    with pytest.raises(ShapeMismatch):
        written(ONE, three, AllInputs(), Within(1))
    single = Network.from_layers([([[1, 0]], None)])
    with pytest.raises(Malformed, match="two entries"):
        written(single, single, AllInputs(), SameClass())


@pytest.mark.parametrize("seed", range(6))
def test_small_networks_are_answered_rightly(tmp_path: Path, seed: int) -> None:
    """What is written of random pairs is unsat above what points show, and sat below."""
    random = np.random.default_rng(seed)
    layers = [
        ([[fmpq(int(w), 8) for w in row] for row in random.integers(-8, 9, (m, n))], None)
        for n, m in ((2, 4), (4, 2))
    ]
    moved = [([[w + fmpq(1, 64) for w in row] for row in W], b) for W, b in layers]
    a, b = Network.from_layers(layers), Network.from_layers(moved)
    most = fmpq(0)
    for x in product([fmpq(-1), fmpq(0), fmpq(1)], [fmpq(0), fmpq(1, 2), fmpq(1)]):
        both = zip(a(x), b(x), strict=True)
        most = max([most, *(abs(number(p) - number(q)) for p, q in both)])
    below = read(tmp_path, written(a, b, BOX, Within(most * fmpq(9, 10))), a, b)
    found = answered(below, a, b)
    assert found.word == SAT
    assert below.satisfied(found.assignment)
    for name in "X_f", "X_g":
        assert found.assignment[name] == found.assignment["X_f"]
    for network, x, y in ((a, "X_f", "Y_f"), (b, "X_g", "Y_g")):
        values = [number(v) for v in network(tuple(found.assignment[x]))]
        assert values == list(found.assignment[y])
    far = read(tmp_path, written(a, b, BOX, Within(most * 4)), a, b)
    assert answered(far, a, b).word == UNSAT


# the command line


@pytest.fixture
def files(tmp_path: Path) -> dict[str, Path]:
    """Models and queries."""
    named = {"one": write(ONE), "off": write(OFF)}
    texts = {"whole": WHOLE.replace("0.05", "0.06"), "near": WHOLE.replace("0.05", "0.04")}
    found = {name: tmp_path / f"{name}.json" for name in named}
    found |= {name: tmp_path / f"{name}.vnnlib" for name in texts}
    for name, data in (named | {n: t.encode() for n, t in texts.items()}).items():
        found[name].write_bytes(data)
    return found


def test_answers_in_the_words_of_the_standard(files: dict[str, Path], run: Run) -> None:
    """The first line is the answer, the assignment follows; all else is on stderr."""
    code, text, said = run("prove", files["one"], files["off"], "--vnnlib", files["whole"])
    assert (code, text) == (0, "unsat\n")
    assert "Asked: within 3/50 of each other" in said
    code, text, _ = run("prove", files["one"], files["off"], "--vnnlib", files["near"])
    lines = text.splitlines()
    assert (code, lines[0]) == (1, "sat")
    assert [lines[i] for i in (1, 4, 7, 10)] == [f"{n} real [2]" for n in "XYVW"]
    numbers = [number(line) for line in lines if line[0] not in "sXYVW"]
    assert len(numbers) == 8
    assert numbers[7] - numbers[3] == fmpq(1, 20)


def test_answers_in_json(files: dict[str, Path], run: Run) -> None:
    """The word and the assignment, exactly, beside the claim."""
    code, text, _ = run("prove", files["one"], files["off"], "--vnnlib", files["near"], "--json")
    document = json.loads(text)
    assert (code, document["vnnlib"]["answer"], document["answer"]) == (1, "sat", "refuted")
    assert set(document["vnnlib"]["assignment"]) == set("XYVW")
    code, text, _ = run("prove", files["one"], files["off"], "--vnnlib", files["whole"], "--json")
    assert (code, json.loads(text)["vnnlib"]) == (0, {"answer": "unsat"})


@pytest.mark.parametrize(
    ("options", "word"),
    [
        (["--eps", "1"], "--eps"),
        (["--box", "[0, 1]"], "--box"),
        (["--same-class"], "--same-class"),
    ],
)
def test_a_query_says_what_is_asked(
    files: dict[str, Path], run: Run, options: list[str], word: str
) -> None:
    """Other options that would say it are refused, and queries that are none."""
    code, text, said = run(
        "prove", files["one"], files["off"], "--vnnlib", files["whole"], *options
    )
    assert (code, text) == (2, "")
    assert word in said


def test_export_writes_what_prove_answers(files: dict[str, Path], run: Run, tmp_path: Path) -> None:
    """As a file that `prove --vnnlib` reads; other options belong to it alone."""
    query = tmp_path / "out.vnnlib"
    options = ["--vnnlib", "-o", query, "--box", "[0, 1]", "--eps", "0.01"]
    code, text, _ = run("export", files["one"], files["off"], *options)
    assert (code, f"Wrote {query}" in text) == (0, True)
    code, text, _ = run("prove", files["one"], files["off"], "--vnnlib", query)
    assert (code, text.splitlines()[0]) == (1, "sat")
    code, _, said = run("export", files["one"], *options)
    assert (code, "two models" in said) == (2, True)
    code, _, said = run("export", files["one"], files["off"], "-o", tmp_path / "out.json")
    assert (code, "without --vnnlib" in said) == (2, True)
    code, _, said = run("export", files["one"], files["off"], "--vnnlib", "-o", files["off"])
    assert code == 2
    query.write_bytes(files["whole"].read_bytes()[:-3])
    code, text, said = run("prove", files["one"], files["off"], "--vnnlib", query)
    assert (code, text, "bracket" in said) == (2, "", True)


def test_long_numbers_in_an_assignment(tmp_path: Path) -> None:
    """Inputs are exact whatever they take; outputs without end are shown about."""
    query = read(tmp_path, WHOLE)
    values = {"X": [fmpq(1, 3), fmpq(1, 8)], "V": [fmpq(1, 3), fmpq(1, 8)]}
    values |= {"Y": [fmpq(1, 3), fmpq(1)], "W": [fmpq(1, 2**2000), fmpq(0)]}
    lines = list(assignment(query, values))
    assert lines[:3] == ["X real [2]", "1/3", "0.125"]
    assert lines[4].startswith("0.3333")
    assert all(len(line) < 1100 for line in lines)


@given(data=st.data())
def test_mutants_are_read_or_refused(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    """No text ends in anything but a query or an error that says so."""
    words = WHOLE.replace("(", " ( ").replace(")", " ) ").split()
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(words) - 1))
        words[at] = data.draw(st.sampled_from([*words, ""]))
    text = " ".join(words)
    try:
        query = read(tmp_path_factory.mktemp("q"), text)
    except LumpverError:
        return
    random = np.random.default_rng(0)
    for _ in range(5):
        x, ours, theirs = ([fmpq(int(v), 32) for v in random.integers(-40, 41, 2)] for _ in "xyz")
        values = {"X": x, "V": x, "Y": ours, "W": theirs}
        known = {f"{name}[{i}]": v for name, of in values.items() for i, v in enumerate(of)}
        satisfied = query.satisfied(values)
        assert satisfied == holds(text, known)
        assert not (satisfied and near(query.closeness, ours, theirs))
