"""Mutated NNet files: what is read computes what a second reading says, the rest is refused."""

from __future__ import annotations

from fractions import Fraction
from random import Random

import pytest
from nnet_oracle import TINY, computed, values
from time_limit import time_limit

from lumpver.checker import check
from lumpver.errors import LumpverError, Rejected, Unrepresentable
from lumpver.io.nnet.reading import read as read_nnet
from lumpver.io.nnet.writing import write as write_nnet
from lumpver.reducing.reduction import reduce

SEEDS = (
    TINY.encode(),
    b"""\
3,1,2,3,
1,3,2,2,
0
-65536,
6.5e4,
0,
1,
1,
2,
-1,
0,
0,
1,
1,2,3,
2,4,6,
1,
2,
1,0
0,1
.5,
-5.,
""",
    b"""\
1,3,1,3,
3,1,
flag
-inf,0,0,7,
inf,1,1,8,
1,2,3,9,4,
1,2,4,9,8,
1,1,1,
3,
""".replace(b"\n", b"\r\n"),
)
WORDS = (
    *(b"0", b"1", b"2", b"-1", b"0.5", b"1e2", b"1e-3", b"1e999", b"1e1000", b"nan", b"inf"),
    *(
        b",",
        b",,",
        b"\n",
        b"\r\n",
        b" ",
        b"",
        b"//",
        b"9999999",
        b"x",
        b"\xff",
        b"1/3",
        b"-",
        b"\0",
    ),
)
POINTS = (Fraction(0), Fraction(1), Fraction(-7, 3), Fraction(5, 2), Fraction(99))


def mutant(random: Random) -> bytes:
    """One of the seeds, changed in a few cells, lines or bytes."""
    data = random.choice(SEEDS)
    for _ in range(random.choice((1, 1, 1, 2, 3))):
        lines = data.split(b"\n")
        i, j = (random.randrange(len(lines)) for _ in range(2))
        words = lines[i].split(b",")
        match random.randrange(6):
            case 0:
                del lines[i]
            case 1:
                lines.insert(i, lines[j])
            case 2:
                at = random.randrange(len(data) + 1)
                lines = (data[:at] + random.choice(WORDS) + data[at + 1 :]).split(b"\n")
            case 3:
                words.insert(random.randrange(len(words) + 1), random.choice(WORDS))
                lines[i] = b",".join(words)
            case _:
                words[random.randrange(len(words))] = random.choice(WORDS)
                lines[i] = b",".join(words)
        data = b"\n".join(lines)
    return data


def agrees(data: bytes, random: Random) -> bool:
    """Whether the file was read; then it computes the right values, and is written again."""
    try:
        network = read_nnet(data, where="f")
    except LumpverError as error:
        said = str(error)
    else:
        for _ in range(2):
            x = [random.choice(POINTS) for _ in range(network.inputs[0].shape[0])]
            assert values(network, x) == computed(data, x)
        found = reduce(network)
        try:
            again = read_nnet(write_nnet(found.network), where="again")
        except Unrepresentable:
            return True  # thirds have no decimals
        checked = check(network, found.network, found.certificate)
        assert checked.units_after == found.network.units
        assert values(again, x) == values(network, x)
        return True
    assert said.isprintable()
    assert len(said) < 300
    return False


def campaign(first: int, count: int) -> int:
    """How many of these mutants are read; each is read right, or refused in a sentence."""
    read = 0
    for seed in range(first, first + count):
        random = Random(seed)
        data = mutant(random)
        try:
            with time_limit(20):
                read += agrees(data, random)
        except BaseException as error:
            error.add_note(f"mutant {seed}: {data!r}")
            raise
    return read


def test_seeds_are_read() -> None:
    """What is mutated is read, and as the second reading does."""
    assert all(agrees(data, Random(0)) for data in SEEDS)


def test_some_mutants() -> None:
    """A few hundred mutants; some of them are still networks."""
    assert campaign(0, 200) > 20


@pytest.mark.parametrize("seed", range(20))
def test_other_limits_are_never_accepted(seed: int) -> None:
    """Whatever cell of the limits is changed to another number, the check rejects the file."""
    random = Random(seed)
    lines = SEEDS[0].split(b"\n")
    line, cell = random.choice((4, 5)), random.randrange(2)
    words = lines[line].split(b",")
    words[cell] = random.choice((b"-1.5", b"0", b"1e30", b"-inf", b"inf", b"word"))
    lines[line] = b",".join(words)
    network, other = read_nnet(SEEDS[0], where="f"), read_nnet(b"\n".join(lines), where="f")
    found = reduce(network)
    with pytest.raises(Rejected, match="limits"):
        check(network, other, found.certificate)


@pytest.mark.long
def test_many_mutants() -> None:
    """A hundred thousand."""
    assert campaign(1000, 100_000) > 5_000
